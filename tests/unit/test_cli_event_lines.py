from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from core.domain.commands import (
    AddScore,
    AssignSlot,
    Base,
    Broadcast,
    Command,
    CompleteMatch,
    CreateTournament,
    Entry,
    Notify,
    Score,
    SetScore,
    Settle,
    Undo,
)
from core.domain.ids import CommandId, DeviceId, MatchId, TeamId, TournamentId, tournament_room
from core.domain.reduce import fold
from core.domain.rules import Refused, judge
from tests.support.tournaments import EPOCH, NOON, cup
from tui.cli.event_lines import event_document, event_text

if TYPE_CHECKING:
    from core.domain.events import Event
    from core.domain.state import Tournament

FINAL = MatchId("cup.m001")
A, B = TeamId("a"), TeamId("b")


class Log:
    """A small cup's log, entry by entry."""

    def __init__(self, teams: int = 2) -> None:
        self.state: Tournament | None = None
        self.events: tuple[Event, ...] = ()
        self.enter(CreateTournament(cup(teams)))

    def enter(
        self, command: Command, device: str = "desk", version: int | None = None, why: str = ""
    ) -> None:
        entry = Entry(
            id=CommandId(f"c{len(self.events)}"),
            tournament=TournamentId("cup"),
            command=command,
            by="ana",
            device=DeviceId(device),
            entered_at=NOON,
            base=None if version is None else Base(EPOCH, version),
            why=why,
        )
        verdict = judge(self.state, entry, NOON, EPOCH)
        assert not isinstance(verdict, Refused), verdict
        self.state, self.events = verdict.state, (*self.events, *verdict.events)

    def document(self, seq: int) -> dict[str, object]:
        """Return an event as a reader of the JSON sees it."""
        state = fold(self.events[:seq], EPOCH)
        read: dict[str, object] = msgspec.json.decode(
            msgspec.json.encode(event_document(state, self.events[seq - 1]))
        )
        return read

    def text(self, seq: int) -> str:
        return event_text(fold(self.events[:seq], EPOCH), self.events[seq - 1])


def test_a_point_names_its_team_and_the_score_after_it() -> None:
    log = Log()
    log.enter(AddScore(FINAL, B, 1))
    assert log.document(3) == {
        "seq": 3,
        "version": 2,
        "type": "points_added",
        "match": "cup.m001",
        "team": "b",
        "delta": 1,
        "scores": {"a": 0, "b": 1},
        "by": "ana",
        "device": "desk",
        "entered_at": "2026-06-14T12:00:00Z",
        "received_at": "2026-06-14T12:00:00Z",
        "id": "c1",
    }
    assert "M001  points added" in log.text(3)
    assert "+1" in log.text(3)
    assert log.text(3).endswith("by ana")


def test_keys_that_do_not_apply_are_left_out() -> None:
    log = Log(4)
    first = log.document(1)
    assert (first["type"], first["tournament"]) == ("tournament_created", "cup")
    assert first.keys().isdisjoint({"match", "version", "team", "delta", "scores", "why", "deliverer"})


def test_an_undo_tells_what_it_took_back() -> None:
    log = Log()
    log.enter(AddScore(FINAL, A, 2))
    log.enter(Undo(FINAL, CommandId("c1")), why="wrong side")
    undone = log.document(4)
    assert (undone["of"], undone["team"], undone["delta"]) == ("c1", "a", -2)
    assert (undone["scores"], undone["why"]) == ({"a": 0, "b": 0}, "wrong side")
    assert "-2" in log.text(4)


def test_an_undo_on_the_other_side_counts_for_that_side() -> None:
    log = Log()
    log.enter(AddScore(FINAL, B, 1))
    log.enter(Undo(FINAL, CommandId("c1")))
    assert (log.document(4)["team"], log.document(4)["delta"]) == ("b", -1)


def test_a_score_that_is_set_has_no_team() -> None:
    log = Log()
    log.enter(SetScore(FINAL, Score(3, 2)))
    assert "team" not in log.document(3)
    assert log.document(3)["scores"] == {"a": 3, "b": 2}


def test_a_result_names_its_winner_and_the_shoot_out() -> None:
    log = Log()
    log.enter(SetScore(FINAL, Score(1, 1)))
    log.enter(CompleteMatch(FINAL, Score(4, 3)))
    assert (log.document(4)["winner"], log.document(4)["shootout"]) == ("a", [4, 3])


def test_a_slot_that_is_filled_names_team_and_side() -> None:
    log = Log(4)
    log.enter(AddScore(MatchId("cup.m001"), A, 1))
    log.enter(CompleteMatch(MatchId("cup.m001")))
    filled = log.document(5)
    assert (filled["type"], filled["match"], filled["team"], filled["side"]) == (
        "slot_filled",
        "cup.m003",
        "a",
        "home",
    )
    assert "scores" not in filled
    assert "?" in log.text(5)
    log.enter(AssignSlot(MatchId("cup.m003"), "away", TeamId("c")))
    assert log.document(6)["team"] == "c"


@pytest.mark.parametrize(
    ("command", "keys"),
    [(AddScore(FINAL, A, 1), {"team": "a", "delta": 1}), (SetScore(FINAL, Score(5, 5)), {})],
)
def test_a_held_entry_tells_what_it_is_against_and_the_decision_what_was_taken(
    command: Command, keys: dict[str, object]
) -> None:
    log = Log()
    log.enter(AddScore(FINAL, A, 1))
    log.enter(command, device="other", version=0)
    held = log.document(4)
    assert (held["type"], held["against"]) == ("entry_held", ["c1"])
    assert {key: held[key] for key in ("team", "delta") if key in held} == keys
    assert held["scores"] == {"a": 1, "b": 0}
    log.enter(Settle(FINAL, (CommandId("c3"),)))
    assert (log.document(5)["held"], log.document(5)["taken"]) == (["c3"], "hub")


def test_a_notice_is_printed_in_words() -> None:
    log = Log()
    log.enter(Notify("Lunch", "Back at two"))
    log.enter(Notify("Rain"))
    assert log.document(2)["title"] == "Lunch"
    assert "Lunch: Back at two by ana" in log.text(2)
    assert "Rain by ana" in log.text(3)


def test_a_broadcast_is_printed_with_its_name_and_data() -> None:
    log = Log()
    log.enter(Broadcast(tournament_room(TournamentId("cup")), "lunch", '{"at":12}'))
    assert (log.document(2)["event"], log.document(2)["data"]) == ("lunch", '{"at":12}')
