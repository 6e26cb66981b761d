"""What the undo and redo keys would name, press after press."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import AddScore, Base, Command, CompleteMatch, ReopenMatch, Undo
from core.domain.ids import CommandId, DeviceId, TeamId
from core.domain.rules import Accepted, judge
from core.domain.undo import redoable, undoable
from tests.support.tournaments import EPOCH, NOON, entry, fold, league, match

if TYPE_CHECKING:
    from core.domain.state import Match, Tournament

PLAN = league(2)
M1 = match(PLAN, 1)
MINE, OTHER = DeviceId("mine"), DeviceId("other")


class Desk:
    """A match on which keys are pressed; each entry's id is its number."""

    def __init__(self) -> None:
        self.state: Tournament = fold(PLAN)
        self._presses = 0

    @property
    def match(self) -> Match:
        return self.state.matches[M1]

    def enter(self, command: Command, device: DeviceId = MINE) -> CommandId:
        self._presses += 1
        base = Base(EPOCH, self.match.version)
        made = entry(PLAN.id, command, id=f"k{self._presses}", device=device, base=base)
        verdict = judge(self.state, made, NOON, EPOCH)
        assert isinstance(verdict, Accepted), verdict
        self.state = verdict.state
        return made.id

    def point(self, team: str = "a", device: DeviceId = MINE) -> CommandId:
        return self.enter(AddScore(M1, TeamId(team), 1), device)

    def undo(self) -> CommandId:
        named = undoable(self.match, MINE)
        assert named is not None
        return self.enter(Undo(M1, named.id))

    def redo(self) -> CommandId:
        named = redoable(self.match, MINE)
        assert named is not None
        return self.enter(Undo(M1, named.id))

    def score(self) -> tuple[int, int]:
        return self.match.score.home, self.match.score.away


def test_undo_goes_back_to_the_start_of_the_match_and_redo_comes_forward_again() -> None:
    desk = Desk()
    for team in ("a", "b", "a"):
        desk.point(team)
    seen = [desk.score()]
    while undoable(desk.match, MINE) is not None:
        desk.undo()
        seen.append(desk.score())
    assert seen == [(2, 1), (1, 1), (1, 0), (0, 0)]
    while redoable(desk.match, MINE) is not None:
        desk.redo()
        seen.append(desk.score())
    assert seen[4:] == [(1, 0), (1, 1), (2, 1)]


def test_undo_after_a_redo_takes_the_same_point_back_again() -> None:
    desk = Desk()
    desk.point()
    desk.undo()
    desk.redo()
    desk.undo()
    assert desk.score() == (0, 0)
    assert undoable(desk.match, MINE) is None


def test_a_new_point_ends_what_could_be_redone() -> None:
    desk = Desk()
    desk.point()
    desk.undo()
    desk.point("b")
    assert redoable(desk.match, MINE) is None
    assert desk.score() == (0, 1)


def test_the_points_of_others_and_entries_without_points_are_passed_over() -> None:
    desk = Desk()
    mine = desk.point()
    desk.point("b", OTHER)
    desk.enter(CompleteMatch(M1))
    desk.enter(ReopenMatch(M1))
    named = undoable(desk.match, MINE)
    assert named is not None
    assert named.id == mine


def test_nothing_entered_is_nothing_to_undo_or_redo() -> None:
    desk = Desk()
    desk.point("b", OTHER)
    assert undoable(desk.match, MINE) is None
    assert redoable(desk.match, MINE) is None
