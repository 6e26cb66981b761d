"""The Board: what the hall sees, at any size of the window and in any state of the link."""

from __future__ import annotations

import pytest

from core.domain.commands import CompleteMatch, SetScore, StartMatch
from core.domain.commands import Score as Points
from core.realtime.effects import RoomLive
from tests.support import desks
from tests.support.console import Desk
from tests.support.desks import match, scene
from tui.selectors import board
from tui.selectors.cells import length, plain
from tui.selectors.figures import figures, width

SIX = board.Look()


def text(desk: Desk, look: board.Look = SIX, columns: int = 80, rows: int = 24) -> str:
    return "\n".join(plain(line).rstrip() for line in board.lines(scene(desk), look, columns, rows))


@pytest.mark.parametrize("columns", [24, 40, 80, 120, 200])
@pytest.mark.parametrize("rows", [8, 12, 24, 40, 60])
@pytest.mark.parametrize("courts", [1, 2, 3, 6, 10])
def test_a_page_fits_its_window(columns: int, rows: int, courts: int) -> None:
    lines = board.lines(scene(desks.lively()), board.Look(courts), columns, rows)
    assert len(lines) == rows
    assert all(length(line) in (0, columns) for line in lines)


def test_live_matches_come_by_court_and_the_next_ones_below() -> None:
    shown = text(desks.lively())
    assert shown.index("COMETS") < shown.index("NORRKÖPING 1 [A]") < shown.index("OTTERS")
    assert "NEXT  14:02  C2 東京ドラゴンズ v Bears" in shown
    assert "LIONS" not in shown.splitlines()[3]


def test_without_a_live_match_results_and_the_next_ones_fill_the_page() -> None:
    desk = Desk(desks.plan())
    desk.others(SetScore(match(31), Points(21, 15)), CompleteMatch(match(31)))
    shown = text(desk)
    assert "COURT 1   final" in shown
    assert "LIONS" in shown
    assert "NEXT" in shown


def test_pages_turn_round() -> None:
    desk = desks.lively()
    assert "page 1/2" in text(desk, board.Look(2))
    assert "page 2/2" in text(desk, board.Look(2, page=1))
    assert text(desk, board.Look(2)) == text(desk, board.Look(2, page=2))
    assert "page" not in text(desk)


def test_a_match_that_does_not_fit_beside_the_others_has_its_own_page() -> None:
    desk = desks.lively()
    for columns, rows in ((40, 12), (60, 16), (80, 24), (120, 40), (200, 60)):
        pages = [text(desk, board.Look(page=page), columns, rows) for page in range(3)]
        for name in ("COMETS", "NORRKÖPING", "OTTERS"):
            assert any(name in page for page in pages), (columns, rows, name)
    assert "page 1/2" in text(desk, SIX, 40, 12)
    assert "page" not in text(desk, SIX, 80, 24)


def test_large_windows_draw_all_matches_large() -> None:
    desk = desks.lively()
    desk.others(*(StartMatch(match(number)) for number in (36, 37, 38)))
    six = figures("0", 7, 3, ascii=True)[0]
    assert text(desk, SIX, 200, 60).count(six) >= 6
    assert "page" not in text(desk, SIX, 120, 40)


def test_the_next_matches_are_named_whole_or_not() -> None:
    assert "C2 東京ドラゴンズ v Bears     14:22" in text(desks.lively(), SIX, 80, 24)
    assert "C2 東京ドラゴンズ v Bears\n" in text(desks.lively(), SIX, 60, 16)


def test_the_public_is_told_that_data_is_not_live_only_after_a_while_and_without_an_address() -> None:
    desk = desks.lively()
    desk.connect("offline", reason="ws://10.0.0.7:8765 refused")
    desk.tick(29)
    assert "NOT LIVE" not in text(desk)
    desk.tick(2)
    assert "NOT LIVE since 14:02" in text(desk)
    assert "10.0.0.7" not in text(desk)
    assert "ana" not in text(desk)


def test_a_hub_that_does_not_hold_the_tournament_is_no_news_of_it() -> None:
    desk = desks.lively()
    desk.apply(RoomLive(desks.SPRING, False, desk.at))
    desk.tick(29)
    assert "NOT LIVE" not in text(desk)
    desk.tick(2)
    assert "NOT LIVE since 14:02" in text(desk)


def test_a_stored_copy_without_a_time_is_not_live_either() -> None:
    desk = Desk(desks.plan())
    desk.connect("offline")
    desk.apply(RoomLive(desks.SPRING, False))
    desk.tick(60)
    assert "NOT LIVE" in text(desk)


def test_nothing_at_all_is_no_error() -> None:
    assert "COURTSIDE" in text(Desk())


def test_points_too_long_for_figures_are_plain_digits() -> None:
    desk = Desk(desks.plan())
    desk.others(StartMatch(match(33)), SetScore(match(33), Points(9999, 0)))
    assert "9999" in text(desk, board.Look(1), 24, 9)


@pytest.mark.parametrize("height", [3, 5, 7])
def test_figures_have_their_height_and_differ(height: int) -> None:
    drawn = [figures(str(digit), height, ascii=True) for digit in range(10)]  # type: ignore[arg-type]
    assert all(len(rows) == height for rows in drawn)
    assert len(set(drawn)) == 10
    assert all(len(row) <= width("0", height) for rows in drawn for row in rows)  # type: ignore[arg-type]
    assert figures("8", 5) == figures("8", 5, ascii=False) != figures("8", 5, ascii=True)


def test_three_rows_of_blocks_are_two_in_one() -> None:
    drawn = figures("1", 3)
    assert [len(row) > 0 for row in drawn] == [True, True, True]
    assert set("".join(drawn)) <= set(" ▀▄█")


def test_a_score_too_long_for_figures_is_written_small() -> None:
    desk = desks.lively()
    desk.others(SetScore(match(33), Points(999_999, 0)))
    assert "999999" in text(desk, columns=56)
    assert "999999" not in text(desk, columns=80)
    lines = board.lines(scene(desk), board.Look(2), 120, 60)
    assert all(length(line) in (0, 120) for line in lines)
