"""The basic mode: an old server's messages as a hub's, and entries that leave and are never confirmed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import pytest

from core.domain.answers import Answer
from core.domain.commands import (
    AddScore,
    Command,
    CompleteMatch,
    ConfirmResult,
    Entry,
    Notify,
    Score,
    SetScore,
    StartMatch,
)
from core.domain.ids import CommandId, DeviceId, MatchId, RoomId, TeamId, TournamentId
from core.domain.reduce import fold
from core.realtime.oldserver.basic import DOUBTFUL, UNCONFIRMED, Basic, Hear
from core.realtime.oldserver.learning import basic_epoch
from core.wire.legacy import LegacyPing, Message, Subscribe, Unsubscribe
from core.wire.messages import (
    Answers,
    Directory,
    Events,
    Hello,
    Join,
    Leave,
    Ping,
    Pong,
    Problem,
    Replay,
    Snapshot,
    Submit,
    Welcome,
)
from core.wire.presence import Here
from tests.support.tournaments import NOON, entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.domain.state import Tournament
    from core.realtime.oldserver.basic import Step

T = TournamentId("summer")
ROOM = RoomId("tournament:summer")
M1 = MatchId("summer.m1")
EPOCH = basic_epoch("e1")
M = TypeVar("M")


class Desk:
    """A device at an old server: what it says is noted, and leaves at once unless told otherwise."""

    def __init__(self, *followed: TournamentId, copies: tuple[Tournament, ...] = ()) -> None:
        self.basic = Basic(EPOCH, followed, copies)
        self.heard: list[object] = []
        self.said: list[object] = []
        self.leaving: list[CommandId] = []
        self.state: Tournament | None = None
        self.hold = False

    def take(self, steps: list[Step]) -> None:
        for step in steps:
            if isinstance(step, Hear):
                self.heard.append(step.message)
                self._fold(step.message)
                continue
            self.said.append(step.frame)
            if step.last_of is not None:
                self.leaving.append(step.last_of)
        if not self.hold:
            self.flush()

    def _fold(self, message: object) -> None:
        """Fold what a hub's client would: so every event must follow."""
        if isinstance(message, Snapshot):
            self.state = message.state
        elif isinstance(message, Events):
            self.state = fold(message.events, message.epoch, self.state)

    def flush(self) -> None:
        while self.leaving:
            self.take(self.basic.receive_sent(self.leaving.pop(0), NOON))

    def open(self) -> None:
        self.basic.receive_open()
        self.take(self.basic.submit(Hello(DeviceId("laptop-1"), "Ann"), NOON))
        self.hear(type="connected", clientId="c1")

    def follow(self) -> None:
        self.open()
        self.take(self.basic.submit(Join(ROOM), NOON))

    def hear(self, **frame: object) -> None:
        self.take(self.basic.receive_frame(json.dumps(frame), NOON))

    def event(self, name: str, tournament: str = T, **data: object) -> None:
        self.hear(
            type="message",
            channel=f"tournament-{tournament}",
            event=name,
            data={"tournamentId": tournament, **data},
        )

    def score(self, team: str, score: int, delta: int = 1, by: dict[str, str] | None = None) -> None:
        self.event("live-score", matchId="m1", teamId=team, score=score, delta=delta, playerAction=by)

    def enter(self, command: Command, id: str = "x") -> None:
        self.submit(entry(T, command, id=id))

    def submit(self, *entries: Entry) -> None:
        self.take(self.basic.submit(Submit(entries), NOON))

    def all(self, kind: type[M]) -> list[M]:
        return [one for one in self.heard if isinstance(one, kind)]

    @property
    def answers(self) -> list[Answer]:
        return [answer for one in self.all(Answers) for answer in one.answers]

    @property
    def frames(self) -> list[tuple[str, dict[str, object]]]:
        """The events said so far, with their data."""
        return [(one.event, json.loads(bytes(one.data))) for one in self.said if isinstance(one, Message)]

    @property
    def result(self) -> Score:
        assert self.state is not None
        return self.state.matches[M1].score


@pytest.fixture
def desk() -> Desk:
    """A desk that follows a match which stands 2-1."""
    made = Desk(T)
    made.follow()
    made.event("game-start", matchId="m1", gameType="points", teams=[{"id": "r", "name": "Reds"}, "b"])
    made.score("r", 1)
    made.score("r", 2)
    made.score("b", 1)
    made.heard.clear()
    made.said.clear()
    return made


def point(team: str = "r", delta: int = 1) -> AddScore:
    return AddScore(M1, TeamId(team), delta)


@pytest.mark.parametrize("first", ["hello", "connected"])
def test_it_is_welcomed_when_both_have_spoken_and_told_what_is_not_promised(first: str) -> None:
    made = Desk(T)
    steps: list[Callable[[], None]] = [
        lambda: made.take(made.basic.submit(Hello(DeviceId("laptop-1"), "Ann"), NOON)),
        lambda: made.hear(type="connected"),
    ]
    for step in steps if first == "hello" else reversed(steps):
        assert made.heard == []
        step()
    (welcome,) = made.all(Welcome)
    assert [listing.id for listing in welcome.tournaments] == [T]
    (problem,) = made.all(Problem)
    assert "cannot be confirmed" in problem.detail


def test_joining_subscribes_once_and_goes_on_from_what_is_known() -> None:
    made = Desk()
    made.open()
    made.take(made.basic.submit(Join(ROOM), NOON))
    assert made.said == [Subscribe("tournament-summer")]
    assert [listing.id for listing in made.all(Directory)[0].tournaments] == [T]
    (snapshot,) = made.all(Snapshot)
    made.take(made.basic.submit(Join(ROOM, snapshot.state.position), NOON))
    assert made.all(Replay) == [Replay(ROOM, EPOCH)]
    assert len(made.said) == 1
    made.take(made.basic.submit(Leave(ROOM), NOON))
    made.take(made.basic.submit(Leave(ROOM), NOON))
    made.take(made.basic.submit(Leave(RoomId("global")), NOON))
    assert made.said[1:] == [Unsubscribe("tournament-summer")]


@pytest.mark.parametrize("room", ["global", "match:summer.m1", "tournament:Not a slug"])
def test_other_rooms_are_not_there(room: str) -> None:
    made = Desk(T)
    made.take(made.basic.submit(Join(RoomId(room)), NOON))
    assert [(problem.code, problem.room) for problem in made.all(Problem)] == [("no_such_room", room)]


def test_pings_are_answered_with_this_sides_own_time(desk: Desk) -> None:
    desk.take(desk.basic.submit(Ping(7.5), NOON))
    assert isinstance(desk.said[0], LegacyPing)
    desk.hear(type="pong", timestamp=1)
    desk.hear(type="pong", timestamp=2)
    assert desk.heard == [Pong(7.5, NOON)]


def test_what_old_servers_have_no_words_for_is_not_said(desk: Desk) -> None:
    desk.take(desk.basic.submit(Here(idle=True), NOON))
    assert desk.said == []


def test_scores_of_others_are_events_that_fold_to_the_same(desk: Desk) -> None:
    desk.score("b", 3, 2, {"playerId": "p7", "action": "bounce"})
    (events,) = desk.all(Events)
    assert desk.result == Score(2, 3)
    assert (events.events[0].by, events.events[0].why) == ("the old server", "bounce by p7")
    desk.score("b", 3, 2)
    assert desk.all(Events) == [events], "the same score twice changes nothing"
    desk.score("greens", 1)
    assert desk.result == Score(2, 3)


def test_what_is_told_of_tournaments_that_are_not_followed_is_passed_over(desk: Desk) -> None:
    desk.event("live-score", "winter", matchId="m1", teamId="r", score=5, delta=1)
    desk.event("chat", text="hello")
    desk.event("team-joined", team="g")
    desk.hear(type="subscribed", channel="tournament-summer")
    assert [type(one) for one in desk.heard] == [Snapshot]


def test_what_cannot_be_used_is_said(desk: Desk) -> None:
    desk.hear(type="nonsense")
    desk.event("live-score", matchId="m1")
    assert len(desk.all(Problem)) == 2


def test_a_match_ends_and_goes_on_as_the_old_server_says(desk: Desk) -> None:
    desk.event("match-complete", matchId="m1", winner="r")
    desk.event("match-complete", matchId="m1", winner="r")
    assert desk.state is not None
    assert desk.state.matches[M1].phase == "final"
    desk.score("b", 2)
    assert desk.state.matches[M1].phase == "live"
    assert desk.result == Score(2, 2)
    desk.event("match-complete", matchId="m1", winner=None)
    desk.event("game-start", matchId="m1", teams=[])
    assert desk.state.matches[M1].phase == "live"
    desk.event("match-complete", matchId="m9", winner=None)


@pytest.mark.parametrize(("kind", "level"), [("info", "info"), ("error", "warning")])
def test_notifications_are_notices(desk: Desk, kind: str, level: str) -> None:
    desk.event("notification", type=kind, title="Lunch\x1b[31m", message="in the hall")
    assert desk.state is not None
    notice = desk.state.notices[-1]
    assert (notice.title, notice.level) == ("Lunch?[31m", level)


def test_a_point_counts_when_it_has_left_and_is_never_called_confirmed(desk: Desk) -> None:
    desk.hold = True
    desk.enter(point())
    assert desk.frames == [
        (
            "live-score",
            {
                "tournamentId": T,
                "matchId": "m1",
                "teamId": "r",
                "score": 3,
                "delta": 1,
                "timestamp": NOON.timestamp() * 1000,
            },
        )
    ]
    assert desk.heard == []
    desk.hold = False
    desk.flush()
    assert desk.result == Score(3, 1)
    (answer,) = desk.answers
    assert (answer.id, answer.outcome, answer.reason) == ("x", "sent", UNCONFIRMED)
    assert desk.state is not None
    assert (answer.seq, answer.version) == (desk.state.position.seq, desk.state.matches[M1].version)


def test_entries_leave_one_by_one_each_on_top_of_the_one_before(desk: Desk) -> None:
    desk.hold = True
    desk.submit(entry(T, point(), id="a"), entry(T, point(), id="b"))
    desk.submit(entry(T, point("b"), id="c"), entry(T, point(), id="b"))
    assert len(desk.frames) == 1
    desk.hold = False
    desk.flush()
    assert [(data["teamId"], data["score"]) for _, data in desk.frames] == [("r", 3), ("r", 4), ("b", 2)]
    assert [answer.id for answer in desk.answers] == ["a", "b", "c"]


def test_other_entries_are_said_in_old_words(desk: Desk) -> None:
    desk.enter(SetScore(M1, Score(5, 4)), "a")
    desk.enter(CompleteMatch(M1), "b")
    desk.enter(Notify("Lunch", "in the hall"), "c")
    assert [
        (name, data.get("score", data.get("winner", data.get("title")))) for name, data in desk.frames
    ] == [
        ("live-score", 5),
        ("live-score", 4),
        ("match-complete", "r"),
        ("notification", "Lunch"),
    ]
    assert [answer.outcome for answer in desk.answers] == ["sent"] * 3


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (ConfirmResult(M1), "no word for that"),
        (SetScore(M1, Score(2, 1)), "changes nothing"),
        (point("zebras"), "does not play"),
        (point(delta=-9), "below 0"),
        (StartMatch(MatchId("summer.m9")), "no match"),
        (StartMatch(M1), "has started"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(desk: Desk, command: Command, words: str) -> None:
    desk.enter(command)
    (answer,) = desk.answers
    assert answer.outcome == "refused"
    assert words in answer.reason
    assert desk.frames == []


def test_sending_again_by_hand_says_the_score_as_it_stands_and_counts_nothing_twice(desk: Desk) -> None:
    desk.enter(point(), "a")
    desk.score("r", 4)
    desk.said.clear()
    desk.enter(point(), "a")
    assert [(data["score"], data["delta"]) for _, data in desk.frames] == [(4, 1)]
    assert desk.result == Score(4, 1)
    assert [answer.outcome for answer in desk.answers] == ["sent", "sent"]


def test_what_was_on_its_way_when_the_link_broke_is_not_sent_again_by_itself(desk: Desk) -> None:
    desk.hold = True
    desk.submit(entry(T, point(), id="a"), entry(T, point(), id="b"))
    desk.said.clear()
    desk.leaving.clear()
    desk.follow()
    desk.take(desk.basic.receive_sent(CommandId("a"), NOON))
    desk.heard.clear()
    desk.hold = False
    desk.submit(entry(T, point(), id="a"), entry(T, point(), id="b"))
    assert [(answer.id, answer.reason) for answer in desk.answers] == [("a", DOUBTFUL), ("b", UNCONFIRMED)]
    assert [(data["score"], data["delta"]) for _, data in desk.frames] == [(3, 1)]
    desk.enter(point(), "a")
    assert desk.result == Score(4, 1), "by hand it goes"


def test_a_point_that_no_longer_fits_when_it_has_left_counts_nowhere_here(desk: Desk) -> None:
    desk.hold = True
    desk.enter(point(delta=-2), "a")
    desk.score("r", 0, -2)
    desk.hold = False
    desk.flush()
    (answer,) = desk.answers
    assert (answer.outcome, answer.events) == ("sent", ())
    desk.enter(point(delta=-2), "a")
    assert desk.answers[-1].outcome == "refused"


def test_an_end_is_said_again_as_it_was(desk: Desk) -> None:
    desk.enter(CompleteMatch(M1), "a")
    desk.enter(CompleteMatch(M1), "a")
    assert [data["winner"] for _, data in desk.frames] == ["r", "r"]
    assert [answer.outcome for answer in desk.answers] == ["sent", "sent"]


def test_a_restart_knows_what_was_sent_by_the_stored_copy(desk: Desk) -> None:
    desk.enter(point(), "a")
    assert desk.state is not None
    again = Desk(T, copies=(desk.state,))
    again.state = desk.state
    again.follow()
    again.enter(point(), "a")
    assert [(data["score"], data["delta"]) for _, data in again.frames] == [(3, 1)]
    assert again.result == Score(3, 1)


def test_a_stored_copy_of_an_old_server_is_gone_on_from(desk: Desk) -> None:
    assert desk.state is not None
    again = Desk(T, copies=(desk.state,))
    again.open()
    again.take(again.basic.submit(Join(ROOM, desk.state.position), NOON))
    assert again.all(Replay) == [Replay(ROOM, EPOCH)]
    assert again.all(Snapshot) == []
