"""Frames and what they say: both codecs give back what went in, and anything else is a clear error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.answers import Answer
from core.domain.commands import AddScore, Broadcast, Command, CreateTournament, Notify
from core.domain.ids import GLOBAL_ROOM, CommandId, DeviceId, Epoch, TeamId, presence_room
from core.domain.ids import tournament_room as room_of
from core.domain.state import Position
from core.errors import BadInput, Malformed, TooLarge
from core.wire.codec import SUBPROTOCOLS, Format, check_entry, decode_client, decode_hub, encode
from core.wire.messages import (
    MAX_ENTRY_BYTES,
    Answers,
    ClientMessage,
    Deferred,
    Directory,
    Events,
    Goodbye,
    Heartbeat,
    Hello,
    HubMessage,
    Join,
    Leave,
    Listing,
    Ping,
    Pong,
    Problem,
    Replay,
    Snapshot,
    Submit,
    Welcome,
)
from core.wire.presence import Here, Member, PresenceDiff, PresenceSnapshot
from core.wire.rooms import SideEvent, SideEvents, SideReplay
from tests.support.tournaments import EPOCH, NOON, entry, fold, league, log, match, official, point

PLAN = league(3)
M1 = match(PLAN, 1)
ROOM = room_of(PLAN.id)
LOG = log(PLAN, *official(PLAN, 1, 2, 1), point(PLAN, 2, "a"))
IDS = (CommandId("k1"), CommandId("k2"))
LISTINGS = (Listing(PLAN.id, PLAN.name, EPOCH, 9),)
SAID = SideEvent(
    seq=1,
    id=IDS[0],
    event="lunch",
    data='{"at":12}',
    by="Ann",
    device=DeviceId("laptop"),
    entered_at=NOON,
    received_at=NOON,
)
ANN = Member(device=DeviceId("laptop"), name="Ann", role="moderator", since=NOON)

FROM_CLIENT: list[ClientMessage] = [
    Hello(DeviceId("laptop"), "Ann", token="secret"),
    Join(ROOM, Position(EPOCH, 3, IDS[0]), IDS),
    Join(ROOM),
    Leave(ROOM),
    Submit((entry(PLAN.id, point(PLAN, 1, "a")), entry(PLAN.id, Notify("Lunch", "at noon")))),
    Submit((entry(PLAN.id, Broadcast(GLOBAL_ROOM, "lunch", '{"at":12}')),)),
    Here(True),
    Ping(12.5),
]
FROM_HUB: list[HubMessage] = [
    Welcome("hub", "s1", 5.0, NOON, LISTINGS),
    Directory(LISTINGS),
    Snapshot(ROOM, fold(PLAN, *official(PLAN, 1, 2, 1))),
    Replay(ROOM, EPOCH, LOG, (Answer(id=IDS[0], outcome="accepted", epoch=EPOCH, seq=2, events=LOG[1:2]),)),
    Events(ROOM, EPOCH, LOG),
    SideReplay(GLOBAL_ROOM, EPOCH, 1, (SAID,), recovered=False),
    SideEvents(GLOBAL_ROOM, EPOCH, (SAID,)),
    PresenceSnapshot(presence_room(PLAN.id), EPOCH, 3, (ANN,)),
    PresenceDiff(presence_room(PLAN.id), EPOCH, 4, left=(ANN.who,)),
    Answers((Answer(id=IDS[0], outcome="refused", reason="This match is final."),)),
    Deferred(IDS, "busy", "too many entries at once"),
    Pong(12.5, NOON),
    Heartbeat(NOON, durable=False),
    Problem("no_such_room", "there is no room of that name", room=ROOM),
    Goodbye("the hub stops", endpoint="ws://other"),
]


@pytest.mark.parametrize("form", ["json", "msgpack"])
def test_every_message_comes_back_as_it_went_in(form: Format) -> None:
    assert [decode_client(encode(message, form)) for message in FROM_CLIENT] == FROM_CLIENT
    assert [decode_hub(encode(message, form)) for message in FROM_HUB] == FROM_HUB


def test_binary_is_preferred_and_json_is_text() -> None:
    assert list(SUBPROTOCOLS.values()) == ["msgpack", "json"]
    assert isinstance(encode(Ping(1.0), "json"), str)
    assert isinstance(encode(Ping(1.0), "msgpack"), bytes)


@pytest.mark.parametrize(
    ("frame", "names"),
    [
        ("", "truncated"),
        ("{", "truncated"),
        (b"", "truncated"),
        (b"\xc1\xff", "malformed"),
        ('{"type":"shout"}', "Invalid value 'shout'"),
        ('{"type":"ping"}', "missing required field `sent`"),
        ('{"type":"ping","sent":"now"}', "$.sent"),
        ('{"type":"ping","sent":1,"more":' + "[" * 100_000, "recursion"),
        ('{"type":"ping","sent":1}\ud800', "surrogate"),
    ],
    ids=["no text", "open", "no bytes", "noise", "kind", "lacking", "type", "depth", "surrogate"],
)
def test_anything_else_is_malformed_and_the_error_says_where(frame: str | bytes, names: str) -> None:
    for decode in (decode_client, decode_hub):
        with pytest.raises(Malformed) as caught:
            decode(frame)
        if decode is decode_client:
            assert names in caught.value.detail


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_no_garbage_gets_through_as_anything_but_malformed(frame: str | bytes) -> None:
    for decode in (decode_client, decode_hub):
        with pytest.raises(Malformed):
            decode(frame)


def test_a_frame_above_its_limit_is_not_even_decoded() -> None:
    frame = encode(Ping(1.0), "json")
    assert decode_client(frame, limit_bytes=len(frame)) == Ping(1.0)
    with pytest.raises(TooLarge, match="above the limit of 5 bytes"):
        decode_client(frame, limit_bytes=5)
    with pytest.raises(TooLarge):
        decode_hub(b"{" * 6, limit_bytes=5)


def test_texts_from_outside_arrive_clean() -> None:
    hostile = (
        '{"type":"submit","entries":[{"id":"k","tournament":"t","by":"\\u001b[31mEve\\u202e","device":"d",\
"entered_at":"2026-06-14T12:00:00Z","command":{"type":"notify","title":"a\\u0007b"}}]}'
    )
    message = decode_client(hostile)
    assert isinstance(message, Submit)
    assert message.entries[0].by == "?[31mEve?"
    assert message.entries[0].command == Notify("a?b")
    assert Epoch("x") == "x"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (AddScore(M1, TeamId("a"), 10**16), "<= 9007199254740992"),
        (AddScore(M1, TeamId("a"), 10**30), "serialize|<= 9007199254740992"),
        (AddScore(M1, TeamId("\ud800"), 1), "surrogates"),
        (AddScore(M1, TeamId("a" * MAX_ENTRY_BYTES), 1), "limit"),
    ],
)
def test_what_no_hub_could_read_cannot_be_entered(command: Command, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        check_entry(entry(PLAN.id, command))


def test_entries_and_plans_that_a_hub_can_read_may_be_entered() -> None:
    check_entry(entry(PLAN.id, point(PLAN, 1, "a")))
    large = league(26)
    assert len(encode(Submit((entry(large.id, CreateTournament(large)),)), "msgpack")) > MAX_ENTRY_BYTES
    check_entry(entry(large.id, CreateTournament(large)))
