"""The frames of the legacy dialect: the fixed spelling, the limits, and what is not one of them."""

from __future__ import annotations

import json

import pytest
from msgspec import Raw

from core.errors import Malformed, TooLarge
from core.wire.legacy import (
    MAX_LEGACY_BYTES,
    Complaint,
    Connected,
    GameStart,
    LegacyPing,
    LegacyPong,
    LiveScore,
    MatchComplete,
    Message,
    NamedTeam,
    PlayerAction,
    Subscribe,
    Subscribed,
    TeamJoined,
    Unsubscribe,
    decode_old_client,
    decode_old_server,
    encode_legacy,
    message,
    read_happening,
    tournament_channel,
)

SCORE = {"tournamentId": "t", "matchId": "m1", "teamId": "reds", "score": 3, "delta": 1, "timestamp": 17}


def said(event: str, data: object) -> Message:
    frame = {"type": "message", "channel": "tournament-t", "event": event, "data": data}
    read = decode_old_client(json.dumps(frame))
    assert isinstance(read, Message)
    return read


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"type":"subscribe","channel":"tournament-t"}', Subscribe("tournament-t")),
        ('{"type":"unsubscribe","channel":"c"}', Unsubscribe("c")),
        ('{"type":"ping","timestamp":12.5}', LegacyPing(12.5)),
        ('{"type":"ping"}', LegacyPing(0)),
        ('{"type":"message","channel":"c","event":"e","data":[1]}', Message("c", "e", Raw(b"[1]"))),
    ],
)
def test_what_old_clients_send_is_read(text: str, frame: object) -> None:
    assert decode_old_client(text) == frame


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (Connected("c1"), '{"type":"connected","clientId":"c1"}'),
        (Subscribed("c"), '{"type":"subscribed","channel":"c"}'),
        (LegacyPong(12), '{"type":"pong","timestamp":12}'),
        (Complaint("no"), '{"type":"error","message":"no"}'),
    ],
)
def test_what_servers_send_is_spelt_as_ever(frame: Connected | Subscribed, text: str) -> None:
    assert encode_legacy(frame) == text
    assert decode_old_server(text) == frame


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"type":"shout"}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","channel":7}',
        b"\xff",
        "[" * 9000,
    ],
)
def test_what_is_no_frame_is_malformed(text: str | bytes) -> None:
    with pytest.raises(Malformed):
        decode_old_client(text)


def test_a_frame_above_the_limit_is_not_decoded() -> None:
    with pytest.raises(TooLarge, match="65,536 bytes"):
        decode_old_server(" " * (MAX_LEGACY_BYTES + 1))


def test_scores_keep_their_names_and_the_player() -> None:
    read = read_happening(said("live-score", SCORE | {"playerAction": {"playerId": "p7", "action": "cup"}}))
    assert read == LiveScore("t", "m1", "reds", 3, 1, 17, PlayerAction("p7", "cup"))
    sent = message(tournament_channel("t"), LiveScore("t", "m1", "reds", 3, 1, 17))
    assert sent.channel == "tournament-t"
    assert sent.event == "live-score"
    assert json.loads(bytes(sent.data)) == SCORE


def test_a_null_player_action_is_none() -> None:
    read = read_happening(said("live-score", SCORE | {"playerAction": None}))
    assert isinstance(read, LiveScore)
    assert read.player_action is None


def test_teams_are_named_by_id_alone_or_with_a_name() -> None:
    data = {
        "tournamentId": "t",
        "matchId": "m1",
        "gameType": "cups",
        "teams": ["a", {"id": "b", "name": "B"}],
    }
    assert read_happening(said("game-start", data)) == GameStart(
        "t", "m1", "cups", ("a", NamedTeam("b", "B"))
    )
    joined = read_happening(said("team-joined", {"tournamentId": "t", "team": {"id": "a", "name": "A"}}))
    assert joined == TeamJoined("t", NamedTeam("a", "A"))


def test_an_event_that_is_not_known_is_none() -> None:
    assert read_happening(said("chat", {"text": "hello"})) is None


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("live-score", {}),
        ("live-score", SCORE | {"score": "3"}),
        ("live-score", SCORE | {"score": 10**9}),
        ("live-score", SCORE | {"matchId": "m\x1b[31m"}),
        ("live-score", SCORE | {"matchId": ""}),
        ("match-complete", {"tournamentId": "t", "matchId": "m1", "winner": "a\u202eb"}),
        ("game-start", {"tournamentId": "t", "matchId": "m1", "teams": ["a\n"]}),
        ("game-start", {"tournamentId": "t", "matchId": "m1", "gameType": "darts"}),
    ],
)
def test_data_that_does_not_fit_its_event_is_malformed(event: str, data: object) -> None:
    with pytest.raises(Malformed, match=event):
        read_happening(said(event, data))


def test_a_draw_has_no_winner() -> None:
    data = {"tournamentId": "t", "matchId": "m1"}
    assert read_happening(said("match-complete", data)) == MatchComplete("t", "m1", None)
