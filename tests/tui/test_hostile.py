"""Texts from outside on every screen: whatever a name or a reason holds, only glyphs reach the terminal.

Texts that would act on a terminal or on Textual's markup, and those whose width is hard to tell, stand in
every field that people, hubs and programs fill. Widths are Rich's: what a terminal makes of joined emoji
is its own affair.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING

import msgspec
import pytest
from rich.cells import cell_len

from core.domain.commands import (
    AddScore,
    Broadcast,
    CompleteMatch,
    Notify,
    Score,
    SetScore,
    StartMatch,
)
from core.domain.ids import RoomId
from core.realtime.effects import ConnectionChanged, Told
from core.realtime.view import LocalLine
from tests.support import desks
from tests.support.console import Console, Desk, opened
from tests.support.desks import match
from tests.support.hostile import MARKUP, TEXT
from tui.screens.base import TABS
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from core.domain.plan import Plan

TEXTS = (
    TEXT,
    "[/]",
    "[/" + MARKUP,
    "漢字" * 30,
    "e" + "\u0301" * 30,
    "שלום עולם مرحبا " * 5,
    "👨\u200d👩\u200d👧🏳️\u200d🌈🇸🇪" * 8,
    "a\tb\nc\x85d\u2028e\u2066f\ufeffg\x9b2Jh",
    "x" * 300,
)
DIALOGS = {
    "keys": ("question_mark",),
    "palette": ("ctrl+p",),
    "organise": ("T",),
    "exact score": ("2", "equals_sign"),
    "forfeit": ("2", "X"),
    "final": ("2", "F"),
    "decision": ("6", "m"),
}


def plan() -> Plan:
    """Return the tournament with hostile names everywhere; each differs, as names must."""
    made, text = desks.plan(), cycle(TEXTS)

    def named(number: int, thing: msgspec.Struct) -> msgspec.Struct:
        return msgspec.structs.replace(thing, name=f"{number}{next(text)}")

    return msgspec.structs.replace(
        made,
        name=TEXT,
        venue=TEXTS[3],
        teams=tuple(named(number, team) for number, team in enumerate(made.teams)),
        courts=tuple(named(number, court) for number, court in enumerate(made.courts)),
        stages=tuple(named(number, stage) for number, stage in enumerate(made.stages)),
        fixtures=tuple(msgspec.structs.replace(one, round=next(text)) for one in made.fixtures),
    )


def attacked() -> Desk:
    """Return a desk in which everything that others say is hostile."""
    drawn = plan()
    desk = Desk(drawn, person=TEXT)
    text = cycle(TEXTS)
    for number in range(31, 38):
        of = drawn.fixtures[number - 31]
        assert of.home.team is not None
        desk.others(AddScore(of.id, of.home.team, 1), by=next(text), device=f"d{next(text)}", ago=30)
    desk.others(StartMatch(match(38)), SetScore(match(38), Score(2, 1)), by=TEXTS[4], device=TEXTS[5])
    desk.others(CompleteMatch(match(38)), by=TEXTS[6], device=TEXT)
    desk.others(*(Notify(f"n{one}", one) for one in TEXTS), by=TEXT)
    desk.others(Broadcast(RoomId("tournament:spring"), TEXT[:40], f'"{MARKUP}"'), by=TEXTS[3])
    desk.connect("offline")
    desk.others(SetScore(match(33), Score(7, 7)), by=TEXTS[6], device=TEXTS[7], ago=5)
    desk.submit(SetScore(match(33), Score(8, 8)), why=TEXT)
    desk.connect("live", reason=TEXT)
    desks.company(
        desk, *(desks.member(f"m{one}", f"d{number}{one}", "admin") for number, one in enumerate(TEXTS))
    )
    desks.company(desk, desks.ANA)
    desks.linked(desk)
    links = tuple(replace(one, reason=TEXT) for one in desk.view.connection.links)
    desk.apply(ConnectionChanged(replace(desk.view.connection, links=links)))
    desk.apply(*(Told(LocalLine(desk.at, kind, one)) for one in TEXTS for kind in ("link", "problem")))
    return desk


def in_mode(console: Console, mode: str) -> bool:
    return console.app.current_mode == mode


def assert_clean(console: Console, where: str) -> None:
    """Check that nothing on the screen acts on a terminal, and that every line is as wide as the window."""
    width, height = console.app.size
    strips = console.app.screen._compositor.render_strips()[:height]
    for strip in strips:
        assert strip.text.isprintable(), (where, strip.text)
        assert cell_len(strip.text) == strip.cell_length == width, (where, strip.text)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_only_glyphs_reach_the_terminal_and_lines_stay_in_their_columns(size: tuple[int, int]) -> None:
    desk = attacked()
    assert desk.view.tournaments[desks.SPRING].confirmed.matches[match(33)].held
    async with opened(desk, size) as console:
        console.app.scoring = match(34)
        for tab in TABS:
            console.app.action_go(tab.place)
            await console.wait_for(partial(in_mode, console, tab.place))
            await console.rest()
            console.app.paint()
            await console.rest()
            assert "This screen stopped" not in console.text()
            assert_clean(console, tab.place)
        console.app.action_go("scores")
        await console.wait_for("[All 12]")
        rows = console.app.screen.query_one("#rows", Rows).text.splitlines()
        ends = [cell_len(row[: found.end()]) for row in rows if (found := re.search(r" \d+-\d+(?= )", row))]
        assert len(ends) > 5
        assert len(set(ends)) == 1
        for name, keys in DIALOGS.items() if size == (80, 24) else ():
            await console.press(*keys)
            await console.wait_for(lambda: len(console.app.screen_stack) > 1)
            await console.rest()
            assert_clean(console, name)
            await console.press("escape")
            await console.wait_for(lambda: len(console.app.screen_stack) == 1)
            console.app.action_go("scores")
            await console.wait_for("[All 12]")
