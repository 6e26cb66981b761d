"""The selectors of the queue and of decisions: what is listed, and what each choice would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import (
    AddScore,
    CompleteMatch,
    Notify,
    Score,
    SetScore,
    StartMatch,
    Undo,
)
from core.domain.ids import CommandId, TeamId
from tests.support import desks
from tests.support.console import DEVICE, Desk
from tests.support.desks import away, home, match, scene, shown_match
from tui.selectors import decision, history, queue
from tui.selectors.cells import plain
from tui.selectors.scene import Scene

if TYPE_CHECKING:
    from core.domain.state import Tournament


class TestQueue:
    def test_an_entry_that_the_rules_refuse_for_now_says_so_and_stays_saved(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(AddScore(match(31), TeamId("t01"), 1))
        (row,) = queue.listing(scene(desk), "saved").rows
        assert row.cells[6].text.startswith("saved here, no hub yet, but: This match is final")
        at, shown, found = shown_match(desk, 31)
        assert "but: This match is final" in history.history(at, shown, found)[0].state

    def test_an_entry_of_no_match_is_listed(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(Notify("Lunch"))
        (row,) = queue.listing(scene(desk), "saved").rows
        assert [cell.text for cell in row.cells[2:5]] == ["-", "notice: Lunch", "-"]
        gone = scene(desk, view=replace(desk.view, tournaments={}))
        assert len(queue.listing(gone, "saved").rows) == 1

    def test_the_most_serious_tab_comes_first(self) -> None:
        assert queue.serious(scene(desks.conflict())) == "conflicts"
        assert queue.serious(scene(desks.offline())) == "saved"
        assert queue.serious(scene(desks.lively())) == "saved"

    def test_everything_sent_is_said_even_when_the_last_one_is_forgotten(self) -> None:
        desk = desks.lively()
        at = scene(desk, view=replace(desk.view, queue=()))
        assert queue.listing(at, "saved").message == "Everything is sent. 4 entries."

    def test_what_is_gone_is_not_found(self) -> None:
        at = scene(desks.lively())
        assert queue.find(at, "x") is None
        assert queue.queued_at(at, "x") is None


def conflict_of(desk: Desk) -> tuple[Scene, queue.Conflict]:
    at = scene(desk)
    return at, queue.conflicts(at)[0]


def hour_apart() -> Desk:
    """Return a desk that came back after counting forty points of a match that another counted too."""
    desk = desks.lively(online=False)
    for number in range(40):
        desk.submit(home(33) if number % 8 < 5 else away(33))
    for number in range(22):
        desk.others(home(33) if number % 2 else away(33))
    desk.connect("live")
    return desk


def shown_tournament(at: Scene) -> Tournament:
    assert at.shown is not None
    return at.shown.confirmed


class TestDecision:
    def test_an_entry_without_a_base_was_based_on_nothing(self) -> None:
        desk = desks.lively()
        stale = desk.queue[0].entry
        from msgspec.structs import replace as changed

        desk._judge(changed(stale, id=CommandId("x"), device=type(DEVICE)("laptop-9"), base=None), desk.at)
        at, conflict = conflict_of(desk)
        found = desk.match("m034")
        assert decision.before_both(found, conflict) == Score()
        assert len(decision.since(found, conflict)) == 4
        assert "v0" not in plain(decision.panel(at, conflict, 120, 24)[5])
        assert queue.listing(at, "conflicts").rows[0].cells[4].text == "-"

    def test_many_entries_between_are_counted(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(home(33))
        desk.others(*(home(33) for _ in range(6)))
        desk.connect("live")
        at, conflict = conflict_of(desk)
        panel = "\n".join(plain(line) for line in decision.panel(at, conflict, 120, 24))
        assert "between: 6 x Norrköping 1 [A] +1 (kim)" in panel

    def test_an_hour_of_forty_overlapping_points_is_one_decision(self) -> None:
        desk = hour_apart()
        at, conflict = conflict_of(desk)
        assert len(queue.conflicts(at)) == 1
        assert len(conflict.held) == 40
        assert (
            decision.entries_in_words(shown_tournament(at), conflict)
            == "25 x Norrköping 1 [A] +1, 15 x Zebras +1"
        )
        hub, mine = decision.take_hub(at, conflict), decision.send_mine(at, conflict)
        assert hub.consequence == (
            "The hub's 20-22 stays. Your 40 entries (25 x Norrköping 1 [A] +1, 15 x Zebras +1) "
            "will count nowhere, and stay in the history."
        )
        assert not isinstance(mine, str)
        assert "the score becomes 45-37" in mine.consequence
        edited = decision.edited(at, conflict, Score(36, 30))
        assert not isinstance(edited, str)
        assert "becomes 36-30 in place of the hub's 20-22 and of your 34-26" in edited.consequence
        for choice, score in ((hub, Score(20, 22)), (mine, Score(45, 37)), (edited, Score(36, 30))):
            assert len(choice.command.held) == 40
            other = hour_apart()
            other.submit(choice.command)
            found = other.match("m033")
            assert (found.score, found.held) == (score, ()), choice.title

    @pytest.mark.parametrize(("width", "height"), [(60, 16), (80, 24), (120, 40), (200, 60)])
    def test_a_conflict_leaves_room_for_its_row_at_every_size(self, width: int, height: int) -> None:
        at, conflict = conflict_of(hour_apart())
        panel = [plain(line) for line in decision.panel(at, conflict, width, height)]
        text = "\n".join(panel)
        assert len(panel) <= height - 8
        assert all(len(line) <= width for line in panel)
        assert all(key in text for key in ("t take hub's", "m send mine", "e edit", "d "))
        assert ("The hub's 20-22 stays" in text) == (height >= 40)

    def test_many_different_entries_are_named_up_to_five(self) -> None:
        desk = desks.lively(online=False)
        for number in range(1, 8):
            desk.submit(SetScore(match(33), Score(number, 0)))
        desk.others(home(33))
        desk.connect("live")
        at, conflict = conflict_of(desk)
        assert decision.entries_in_words(shown_tournament(at), conflict).endswith("score 5-0, and 2 more")

    def test_mine_below_zero_must_be_edited(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(away(34, -1))
        desk.others(SetScore(match(34), Score(3, 0)))
        desk.connect("live")
        assert decision.send_mine(*conflict_of(desk)) == "That would make the score 3--1: edit it instead"

    def test_what_cannot_be_sent_again_says_so(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(StartMatch(match(36)))
        desk.others(StartMatch(match(36)))
        desk.connect("live")
        assert "'start' cannot be sent again" in str(decision.send_mine(*conflict_of(desk)))

    def test_a_final_of_mine_says_that_it_ends_the_match(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(CompleteMatch(match(33)))
        desk.others(home(33))
        desk.connect("live")
        choice = decision.send_mine(*conflict_of(desk))
        assert isinstance(choice, decision.Choice)
        assert "the score becomes 10-11 and is final" in choice.consequence

    def test_a_finished_match_takes_no_other_score(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(home(33))
        desk.others(home(33), CompleteMatch(match(33)))
        desk.connect("live")
        assert "ops must reopen it" in str(decision.edited(*conflict_of(desk), Score(1, 1)))
        assert "ops must reopen it" in str(decision.send_mine(*conflict_of(desk)))

    def test_a_held_undo_counts_in_mine(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(Undo(match(34), desk.queue[3].entry.id))
        desk.others(away(34))
        desk.connect("live")
        _, conflict = conflict_of(desk)
        assert decision.mine_after(desk.match("m034"), conflict) == Score(3, 0)


class TestDecisionsInWords:
    def test_taking_the_hubs_names_what_will_not_count(self) -> None:
        choice = decision.take_hub(*conflict_of(desks.conflict()))
        assert choice.consequence == (
            "The hub's 10-11 stays. Your 1 entry (Norrköping 1 [A] +1) "
            "will count nowhere, and stay in the history."
        )
        assert choice.command.instead == ()

    def test_sending_mine_names_the_score_that_comes_out(self) -> None:
        choice = decision.send_mine(*conflict_of(desks.conflict()))
        assert isinstance(choice, decision.Choice)
        assert "the score becomes 11-11." in choice.consequence
        assert choice.command.instead == (home(33),)

    def test_editing_names_all_three_scores(self) -> None:
        choice = decision.edited(*conflict_of(desks.conflict()), Score(12, 11))
        assert isinstance(choice, decision.Choice)
        assert choice.consequence.startswith(
            "The score becomes 12-11 in place of the hub's 10-11 and of your 10-11."
        )

    def test_a_held_exact_score_and_undo_go_out_again(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(SetScore(match(34), Score(8, 8)))
        desk.submit(Undo(match(34), desk.queue[3].entry.id))
        desk.others(away(34))
        desk.connect("live")
        choice = decision.send_mine(*conflict_of(desk))
        assert isinstance(choice, decision.Choice)
        assert choice.command.instead == (
            SetScore(match(34), Score(8, 8)),
            AddScore(match(34), TeamId("t08"), -1),
        )

    def test_anothers_conflict_is_called_by_their_name(self) -> None:
        desk = desks.conflict()
        at = scene(desk, view=replace(desk.view, device=type(DEVICE)("desk-9")))
        conflict = queue.conflicts(at)[0]
        assert "ana's 1 entry" in decision.take_hub(at, conflict).consequence
        assert "ana on laptop-2, the hub" in queue.listing(at, "conflicts").rows[0].cells[6].text
        assert "ana on laptop-2" in plain(decision.panel(at, conflict, 80, 24)[1])
