"""Old clients at a real hub: they hear new consoles, their scores count once, mistakes are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest
from websockets.sync.client import connect

from core.domain.commands import CompleteMatch, CreateTournament, Notify, Score, SetScore, Undo
from core.domain.events import EntryHeld, PointsAdded
from core.domain.ids import MatchId, Role, TeamId
from core.domain.plan import Plan
from core.hub.door.access import Pass
from core.hub.door.tokens import Mint
from core.realtime.network.pages import fetch_log
from tests.support.hub import HubProcess
from tests.support.old_client import OldClient
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.domain.answers import Answer
    from core.domain.commands import Command
    from core.domain.events import Event


@dataclass(frozen=True, slots=True)
class Scene:
    """A hub with a tournament for one test alone."""

    hub: HubProcess
    plan: Plan

    @property
    def id(self) -> str:
        return self.plan.id

    @property
    def channel(self) -> str:
        return f"tournament-{self.plan.id}"

    @property
    def first(self) -> MatchId:
        return match(self.plan, 1)

    def enter(self, command: Command) -> Answer:
        """Enter something on a new console."""
        return self.hub.post(entry(self.plan.id, command, id=uuid4().hex))[0]

    def log(self) -> tuple[Event, ...]:
        return fetch_log(quick(self.hub.data, self.hub.url), self.plan.id)[1]

    def points(self) -> list[tuple[str, int]]:
        return [(one.fact.team, one.fact.delta) for one in self.log() if isinstance(one.fact, PointsAdded)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def scene(hub: HubProcess) -> Scene:
    made = Scene(hub, league(name=f"t{uuid4().hex[:8]}"))
    assert made.enter(CreateTournament(made.plan)).outcome == "accepted"
    return made


def test_an_old_client_hears_new_consoles_in_the_old_names(scene: Scene) -> None:
    with OldClient.open(scene.hub.url, scene.channel) as old:
        made = scene.enter(point(scene.plan, 1, "a"))
        assert old.event("tournament-start") == {"tournamentId": scene.id}
        start = old.event("game-start")
        assert [team["id"] for team in start["teams"]] == ["a", "b"]
        score = old.event("live-score")
        assert (score["matchId"], score["teamId"], score["score"], score["delta"]) == (scene.first, "a", 1, 1)
        assert "playerAction" not in score
        scene.enter(SetScore(scene.first, Score(4, 2)))
        assert [(one["teamId"], one["score"], one["delta"]) for one in (old.event("live-score"),)] == [
            ("a", 4, 3)
        ]
        assert old.event("live-score")["teamId"] == "b"
        scene.enter(Undo(scene.first, made.id))
        assert old.event("live-score")["delta"] == -1
        scene.enter(Notify("Lunch", "in the hall", "warning"))
        assert old.event("notification")["title"] == "Lunch"
        scene.enter(CompleteMatch(scene.first))
        assert old.event("match-complete")["winner"] == "a"
        assert old.event("game-end")["finalScores"] == {"a": 3, "b": 2}
        assert old.event("leaderboard-update")["rankings"][0]["teamId"] == "a"


def test_an_old_clients_score_counts_once_and_goes_to_the_others_once(scene: Scene) -> None:
    with (
        OldClient.open(scene.hub.url, scene.channel) as scorer,
        OldClient.open(scene.hub.url, scene.channel) as watcher,
    ):
        scorer.score(scene.id, "m001", "a", 1, 1, playerAction={"playerId": "p7", "action": "cup"})
        score = watcher.event("live-score")
        assert (score["score"], score["delta"]) == (1, 1)
        assert score["playerAction"] == {"playerId": "p7", "action": "cup"}
        scorer.score(scene.id, scene.first, "a", 2, 1)
        scorer.score(scene.id, scene.first, "a", 3, 1)
        assert [watcher.event("live-score")["score"] for _ in range(2)] == [2, 3]
        assert not [one for one in watcher.settle() if one["type"] == "message"]
        assert not [one for one in scorer.settle() if one.get("event") in ("live-score", "score-update")]
    assert scene.points() == [("a", 1)] * 3
    made = next(one for one in scene.log() if isinstance(one.fact, PointsAdded))
    assert made.device.startswith("old-")
    assert made.why == "cup by p7"


def test_a_score_that_does_not_follow_is_held_for_a_person(scene: Scene) -> None:
    scene.enter(point(scene.plan, 1, "a"))
    with OldClient.open(scene.hub.url, scene.channel) as old:
        old.score(scene.id, "m001", "a", 7, 1)
        assert "7 after +1" in old.expect(type="error")["message"]
        correction = old.event("live-score")
        assert (correction["teamId"], correction["score"], correction["delta"]) == ("a", 1, 0)
    assert scene.points() == [("a", 1)]
    held = [one.fact for one in scene.log() if isinstance(one.fact, EntryHeld)]
    assert len(held) == 1
    assert "the score was 1" in held[0].reason


def test_a_match_ends_by_an_old_clients_word_where_the_winner_leads(scene: Scene) -> None:
    scene.enter(point(scene.plan, 1, "a"))
    with (
        OldClient.open(scene.hub.url, scene.channel) as old,
        OldClient.open(scene.hub.url, scene.channel) as other,
    ):
        data = {"tournamentId": scene.id, "matchId": scene.first}
        old.tell(scene.channel, "match-complete", **data, winner="b")
        assert "held" in old.expect(type="error")["message"]
        old.tell(scene.channel, "match-complete", **data, winner="a")
        assert other.event("match-complete")["winner"] == "a"
        old.tell(scene.channel, "match-complete", **data, winner="a")
        assert "final already" in old.expect(type="error")["message"]


def test_other_messages_go_to_the_channels_other_old_clients(scene: Scene) -> None:
    team, game = "private-team-a", "presence-game-" + scene.first
    with OldClient.open(scene.hub.url, team, game) as one, OldClient.open(scene.hub.url, team, game) as two:
        for channel in (team, game):
            one.tell(channel, "chat", text="hello")
            assert two.expect(type="message") == {
                "type": "message",
                "channel": channel,
                "event": "chat",
                "data": {"text": "hello"},
            }
        assert one.settle() == []
        two.say(type="unsubscribe", channel=team)
        assert two.expect(type="unsubscribed", channel=team)
        one.tell(team, "chat", text="gone")
        one.settle()
        assert two.settle() == []


def test_who_subscribes_late_is_told_how_matches_stand(scene: Scene) -> None:
    scene.enter(point(scene.plan, 1, "a", 3))
    with connect(f"{scene.hub.url}/ws", compression=None) as socket:
        old = OldClient(socket)
        old.say(type="subscribe", channel=scene.channel)
        assert not old.event("tournament-status")["isOpen"]
        assert old.event("game-start")["matchId"] == scene.first
        score = old.event("live-score")
        assert (score["score"], score["delta"]) == (3, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "truncated"),
        ("nonsense", "JSON"),
        ('{"type":"shout"}', "shout"),
        ('{"type":"subscribe","channel":"tournament-nowhere"}', "no channel"),
        ('{"type":"subscribe","channel":"anything"}', "no channel"),
        ('{"type":"subscribe","channel":"presence-game-nowhere"}', "no channel"),
        ('{"type":"message","channel":"c","event":"live-score","data":{}}', "tournamentId"),
        ('{"type":"message","channel":"anything","event":"chat","data":{}}', "signed in"),
        (
            '{"type":"message","channel":"c","event":"match-complete",'
            '"data":{"tournamentId":"nowhere","matchId":"m1","winner":null}}',
            "no tournament",
        ),
    ],
)
def test_what_cannot_be_used_is_answered_and_costs_nothing(scene: Scene, text: str, words: str) -> None:
    with OldClient.open(scene.hub.url, scene.channel) as old:
        for _ in range(12):
            old.socket.send(text)
            assert words in old.expect(type="error")["message"]
        old.score(scene.id, "m001", "a", 1, 1)
        old.settle()
    assert scene.points() == [("a", 1)]


def test_a_match_or_team_that_is_not_there_is_named(scene: Scene) -> None:
    with OldClient.open(scene.hub.url, scene.channel) as old:
        old.score(scene.id, "m999", "a", 1, 1)
        assert "m999" in old.expect(type="error")["message"]
        old.score(scene.id, "m001", "zebras", 1, 1)
        assert "zebras" in old.expect(type="error")["message"]
        old.socket.send(b"\x00\x01")
        assert old.expect(type="error")
        old.socket.send("x" * (65 << 10))
        assert "limit" in old.expect(type="error")["message"]
    assert scene.points() == []


AWAY = {"X-Forwarded-For": "192.0.2.7"}
"""What a proxy adds: whoever comes so is not at the hub's own machine."""


def token(hub: HubProcess, role: Role, team: str | None = None) -> dict[str, str]:
    """Return the headers of somebody from elsewhere who has signed in."""
    health = httpx.get(f"{hub.http}/healthz").json()
    mint = Mint((hub.data / "hub" / "secret.key").read_bytes(), health["hub"])
    until = datetime.now(UTC) + timedelta(hours=1)
    signed = mint.sign(
        Pass(uuid4().hex, "Bo", role, team=None if team is None else TeamId(team), expires_at=until)
    )
    return AWAY | {"Authorization": f"Bearer {signed}"}


def test_from_elsewhere_old_clients_read_and_say_nothing_without_a_token(scene: Scene) -> None:
    with OldClient.open(scene.hub.url, scene.channel, headers=AWAY) as old:
        old.score(scene.id, "m001", "a", 1, 1)
        assert "signed in" in old.expect(type="error")["message"]
        old.tell(scene.channel, "chat", text="hello")
        assert "signed in" in old.expect(type="error")["message"]
        old.say(type="subscribe", channel="private-team-a")
        assert "no channel" in old.expect(type="error")["message"]
        scene.enter(point(scene.plan, 1, "a"))
        assert old.event("live-score")["score"] == 1
    assert scene.points() == [("a", 1)]


def test_with_a_token_an_old_client_scores_under_its_persons_name(scene: Scene) -> None:
    with OldClient.open(scene.hub.url, scene.channel, headers=token(scene.hub, "moderator")) as old:
        old.score(scene.id, "m001", "a", 1, 1)
        old.settle()
    made = next(one for one in scene.log() if isinstance(one.fact, PointsAdded))
    assert made.by == "Bo"


def test_a_teams_channel_is_for_its_members(scene: Scene) -> None:
    members = token(scene.hub, "participant", "a")
    with (
        OldClient.open(scene.hub.url, "private-team-a", headers=members) as one,
        OldClient.open(scene.hub.url, "private-team-a", headers=members) as two,
    ):
        one.tell("private-team-a", "chat", text="line up")
        assert two.event("chat") == {"text": "line up"}
        one.say(type="subscribe", channel="private-team-b")
        assert "no channel" in one.expect(type="error")["message"]
        one.score(scene.id, "m001", "a", 1, 1)
        assert "enters nothing" in one.expect(type="error")["message"]


def test_both_say_a_point_on_one_side_and_neither_is_lost(scene: Scene) -> None:
    with OldClient.open(scene.hub.url, scene.channel) as old:
        scene.enter(point(scene.plan, 1, "a"))
        old.score(scene.id, "m001", "a", 1, 1)
        old.expect(type="error")
    assert scene.points() == [("a", 1)]
    assert sum(isinstance(one.fact, EntryHeld) for one in scene.log()) == 1
