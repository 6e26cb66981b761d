"""An hour without the hub: thousands of entries of every priority wait, then drain in order, each once."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING
from unittest.mock import patch

from core.domain.commands import (
    PRIORITIES,
    AddScore,
    CompleteMatch,
    CreateTournament,
    Notify,
    Score,
    SetScore,
    StartMatch,
    match_of,
    priority,
)
from core.domain.reduce import fold
from core.realtime.outbox.stretches import Laid
from tests.sim.clock import virtual_time
from tests.sim.laptop import Laptop
from tests.sim.network import Road
from tests.sim.site import Site
from tests.support.tournaments import league

if TYPE_CHECKING:
    from core.domain.commands import Command
    from core.domain.ids import CommandId
    from core.realtime.effects import Advanced, JournalRow, Replaced
    from tests.sim.clock import VirtualLoop

PLAN = league(9)
"""36 matches."""
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Drained:
    """How an hour's entries went out."""

    entries: int
    seconds: float
    """Virtual, from the hub's return to the last answer."""
    worked: float
    """Of the processor, in the same time."""
    slowest_key: float
    """Of the processor: the longest that a key press took while thousands waited."""
    judged: int
    """How many judgements of waiting entries it took, in the same time."""
    sent: int
    """Entries on the wire, those that went twice included."""
    by_priority: dict[str, int]


def entered(dice: Random, number: int) -> Command:
    """Return what is entered next: mostly points, the rest of every priority."""
    fixture = PLAN.fixtures[min(dice.randrange(len(PLAN.fixtures)), dice.randrange(len(PLAN.fixtures)))]
    team = dice.choice((fixture.home.team, fixture.away.team))
    assert team is not None
    kind = dice.random()
    if kind < 0.03:
        return Notify(f"notice {number}")
    if kind < 0.06:
        return StartMatch(fixture.id)
    if kind < 0.065:
        return CompleteMatch(fixture.id)
    if kind < 0.08:
        return SetScore(fixture.id, Score(dice.randrange(30), dice.randrange(30)))
    return AddScore(fixture.id, team, 1)


def offline_hour(loop: VirtualLoop, entries: int) -> Drained:
    """Play the hour and the minutes after it."""
    return loop.run_until_complete(_offline_hour(loop, entries))


async def _offline_hour(loop: VirtualLoop, entries: int) -> Drained:
    road, site, dice = Road("ws://hub"), Site(loop, Random(1), mishaps=False), Random(1)
    seen: list[Advanced | Replaced] = []
    laptop = Laptop(loop, site, [road], "ann", 7, lambda _, change: seen.append(change), PLAN, window=64)
    laptop.looks_closely = False
    site.begin()
    laptop.begin()
    laptop.press(CreateTournament(PLAN))
    await asyncio.sleep(5)
    assert laptop.drained
    road.closed_until = loop.now + HOUR
    for wire in tuple(site.wires):
        wire.silent = True
    slowest = 0.0
    for number in range(entries):
        begun = time.process_time()
        laptop.press(entered(dice, number))
        slowest = max(slowest, time.process_time() - begun)
        await asyncio.sleep((HOUR - 60) / entries)
    assert len(laptop.store.view.queue) >= entries, "what waits is listed, all of it"
    await asyncio.sleep(road.closed_until - loop.now)
    returned, begun = loop.now, time.process_time()
    with patch.object(Laid, "judge", autospec=True, side_effect=Laid.judge) as judge:
        while not laptop.drained:
            assert loop.now - returned < 300, (
                f"{sum(row.answer is None for row in laptop.rows.values())} wait"
            )
            await asyncio.sleep(0.1)
    worked, seconds = time.process_time() - begun, loop.now - returned
    await asyncio.sleep(1)
    rows = sorted(laptop.rows.values(), key=lambda row: row.row)
    check(rows, site)
    state = site.log.state(PLAN.id)
    shown = laptop.store.view.tournaments[PLAN.id]
    assert shown.projected is shown.confirmed
    assert shown.confirmed == state
    await site.end()
    return Drained(
        entries,
        seconds,
        worked,
        slowest,
        judge.call_count,
        sum(row.attempts for row in rows),
        {name: sum(priority(row.entry.command) == name for row in rows) for name in PRIORITIES},
    )


def check(rows: list[JournalRow], site: Site) -> None:
    """Each entry counts once or was refused; in each match, and around each notice, as it was entered."""
    events = site.log.events[PLAN.id]
    assert site.log.state(PLAN.id) == fold(events, site.log.epochs[PLAN.id])
    first: dict[CommandId, int] = {}
    for event in events:
        first.setdefault(event.command, event.seq)
    for row in rows:
        assert row.answer is not None
        assert row.answer.outcome in ("accepted", "refused"), row
        assert (row.entry.id in first) is (row.answer.outcome == "accepted")
    last: dict[object, int] = defaultdict(int)
    for row in rows:
        match, seq = match_of(row.entry.command), first.get(row.entry.id)
        if seq is not None:
            assert seq > (max(last.values(), default=0) if match is None else max(last[match], last[None]))
            last[match] = seq


def test_five_thousand_entries_of_an_hour_drain_in_order_and_once() -> None:
    with virtual_time() as loop:
        few = offline_hour(loop, 1_000)
    with virtual_time() as loop:
        many = offline_hour(loop, 5_000)
    for one in (few, many):
        sys.stdout.write(
            f"{one.entries:,} entries {one.by_priority}: drained in {one.seconds:.1f} s,"
            f" {one.worked:.2f} s of the processor, {one.judged:,} judgements,"
            f" {one.sent:,} sent; slowest key {one.slowest_key * 1000:.1f} ms\n"
        )
    assert all(many.by_priority[name] for name in ("critical", "high", "low"))
    assert many.sent <= many.entries + 64, "only what was under way when the hub went away goes twice"
    assert many.seconds < 60
    assert many.judged < many.entries, "what came as foreseen is not judged again"
    # Five times as many cost little more than five times as much; judged anew each time it was 25 times.
    assert many.worked < 15 * few.worked
