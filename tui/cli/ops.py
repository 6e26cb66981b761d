"""The one of ops in the demo: makes the tournament, decides what is disputed, and closes the evening.

What they do has one order, whoever calls first: so it follows from the seed alone, like everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import commands, leaderboard
from tui.cli.olympics import winners

if TYPE_CHECKING:
    from core import Tournament, plan
    from tui.cli.desk import Desk
    from tui.cli.hall import Hall
    from tui.cli.olympics import Mishaps


class Ops:
    """One person of ops.

    Args:
        desk: the device.
        wrong: what goes wrong this evening.
    """

    def __init__(self, desk: Desk, wrong: Mishaps) -> None:
        self._desk = desk
        self._wrong = wrong

    async def begin(self, drawn: plan.Plan, patience: float) -> None:
        """Make the tournament."""
        await self._desk.enter(commands.CreateTournament(drawn)).confirmed(timeout=patience)

    async def decide(self, hall: Hall) -> None:
        """Do what only ops do, all evening."""
        self._desk.enter(commands.Notify("Welcome to the Beer Olympics", "All eight tables are open."))
        await self._settle(hall)
        await self._withdraw(hall)
        await self._reopen(hall)
        await hall.close()
        await self._finish()

    async def _settle(self, hall: Hall) -> None:
        match_id = await hall.called("conflict")
        state = await self._desk.look(lambda state: bool(state.matches[match_id].held))
        held = tuple(one.entry.id for one in state.matches[match_id].held)
        await hall.pause(3.0)
        why = "both had counted the same point"
        await self._desk.enter(commands.Settle(match_id, held), why).confirmed()
        hall.agreed.set()

    async def _withdraw(self, hall: Hall) -> None:
        await hall.rest()
        await hall.pause(3.0)
        self._desk.enter(commands.Notify("Half-time", "We go on in a moment."))
        self._desk.enter(commands.WithdrawTeam(self._wrong.leaver), "the last bus")

    async def _reopen(self, hall: Hall) -> None:
        match_id = await hall.called("reopened")
        await self._desk.look(lambda state: state.matches[match_id].finished)
        await hall.pause(2.0)
        self._desk.enter(commands.ReopenMatch(match_id), "the table miscounted the loser's points")

    async def _finish(self) -> None:
        def over(state: Tournament) -> bool:
            return all(match.finished for match in state.matches.values())

        state = await self._desk.look(over)
        points = leaderboard.leaderboard(state)[0].points
        self._desk.enter(commands.Notify(f"{winners(state)} win the Beer Olympics", f"{points} points"))
        self._desk.enter(commands.ChangeStatus("finished"))
