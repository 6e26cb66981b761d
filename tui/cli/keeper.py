"""A scorekeeper of the demo: calls the matches of one table, counts, errs, corrects and ends them.

Guarantees that what is entered, and in which order, follows from the seed alone: it waits for what it sees
and hears, and time decides only when.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from core import commands, games, ids, standings
from tui.cli.olympics import ROUNDS
from tui.cli.presses import Count, correction, player, presses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core import Match, Tournament
    from tui.cli.desk import Desk
    from tui.cli.hall import Hall
    from tui.cli.olympics import Contest, Mishap, Mishaps
    from tui.cli.presses import Press

DROPS_AT = 2
"""After so many presses of a match the network goes away, where it does."""


class Keeper:
    """One person at one table.

    Args:
        desk: the device.
        contest: the game.
        order: its matches, but for those that are drawn as it goes on.
        wrong: what goes wrong this evening.
        hall: where everybody is.
        helper: a second person who counts at this table for a match.
        seed: the evening's.
    """

    def __init__(
        self,
        desk: Desk,
        contest: Contest,
        order: Sequence[ids.MatchId],
        wrong: Mishaps,
        hall: Hall,
        helper: Desk,
        seed: int,
    ) -> None:
        self._desk = desk
        self._contest = contest
        self._order = order
        self._wrong = wrong
        self._hall = hall
        self._helper = helper
        self._seed = seed
        self._half = 0
        self._played = 0
        """Matches of this half so far."""
        self._before = Count()
        """What counted before the last press."""
        self.counts: dict[ids.MatchId, Count] = {}
        """What this person means the scores to be, with what was entered so far."""

    async def keep(self) -> None:
        """Keep the scores of the whole evening."""
        if self._contest.way == "swiss":
            for number in range(ROUNDS):
                if number == 1:
                    await self._rest()
                for match_id in await self._draw_round():
                    await self._play(match_id)
        else:
            for number, match_id in enumerate(self._order):
                if number == len(self._order) // 2:
                    await self._rest()
                await self._play(match_id)
        await self._desk.answered()
        await self._hall.close()

    async def _rest(self) -> None:
        """Have half-time: it is over when ops have said on the screen who left."""
        await self._desk.answered()
        await self._hall.rest()
        await self._desk.look(lambda state: state.withdrawal(self._wrong.leaver) is not None)
        self._half, self._played = 1, 0

    async def _draw_round(self) -> list[ids.MatchId]:
        """Draw the next Swiss round and return its matches, once they are on the screen."""
        pool = ids.PoolId(self._contest.id)
        await self._desk.answered()
        before = self._desk.state.drawn.get(pool, 0)
        known = set(self._desk.state.matches)
        self._desk.enter(commands.DrawRound(pool))
        state = await self._desk.look(lambda state: state.drawn.get(pool, 0) > before)
        return [match.id for match in state.matches.values() if match.id not in known and match.pool == pool]

    async def _play(self, match_id: ids.MatchId) -> None:
        match = await self._due(match_id)
        if match is None or match.home.team is None or match.away.team is None:
            return
        mishap = self._wrong.at.get((self._contest.id, self._half)) if self._played == 1 else None
        self._played += 1
        random = Random(f"{self._seed} {match_id}")
        async with self._hall.gather((match.home.team, match.away.team)):
            await self._hall.pause(random.uniform(0.5, 2.0))
            if mishap == "no_show":
                absent = commands.ForfeitMatch(match_id, match.away.team, "no_show")
                self._desk.enter(absent, "called three times")
            else:
                await self._score(match, mishap, random)
        await self._hall.pause(1.0)
        self._desk.enter(commands.ConfirmResult(match_id))
        if mishap == "dropped":
            await self._hall.pause(8.0)
            self._desk.wifi.up()

    async def _due(self, match_id: ids.MatchId) -> Match | None:
        """Wait until a match can be played; `None` if it is lost already, as a team has left."""

        def settled(state: Tournament) -> bool:
            match = state.matches[match_id]
            sides = (match.home.team, match.away.team)
            return match.finished or None not in sides or bool(self._level(state))

        state = await self._desk.look(settled)
        for pool in self._level(state):
            lots = self._desk.enter(commands.DrawLots(pool), "level by all rules")
            await lots.confirmed()
        if self._level(state):
            state = await self._desk.look(lambda state: not self._level(state))
        match = state.matches[match_id]
        if match.finished:
            return None
        if any(team and state.withdrawal(team) for team in (match.home.team, match.away.team)):
            await self._desk.look(lambda state: state.matches[match_id].finished)
            return None
        if None in (match.home.team, match.away.team):
            return await self._due(match_id)
        return match

    def _level(self, state: Tournament) -> list[ids.PoolId]:
        """Return the pools of this table in which nothing but chance can say who is where."""
        if self._contest.way != "pools":
            return []
        tables = [table for table in standings.tables(state) if table.stage == ids.StageId(self._contest.id)]
        return [
            table.pool
            for table in tables
            if table.complete and any(row.decided_by == "undecided" for row in table.rows)
        ]

    async def _score(self, match: Match, mishap: Mishap | None, random: Random) -> None:
        """Enter one match from its first point to its end."""
        if self._contest.way == "swiss":
            self._desk.enter(commands.MoveMatch(match.id, ids.CourtId(self._contest.id), None))
        if mishap == "conflict":
            await self._helper.look(lambda state: match.id in state.matches)
            self._helper.go_offline()
        self._desk.enter(commands.StartMatch(match.id))
        counted = False
        for number, press in enumerate(presses(self._contest, random)):
            await self._hall.pause(press.pause)
            self._press(match, press)
            if mishap == "dropped" and number + 1 == DROPS_AT:
                self._desk.go_offline()
            if mishap == "conflict" and press.kind == "point" and not counted:
                counted = True
                await self._count_twice(match, press)
        await self._hall.pause(1.0)
        self._desk.enter(commands.CompleteMatch(match.id))
        if mishap == "reopened":
            await self._correct(match)
        if mishap == "conflict":
            await self._hall.agreed.wait()

    def _press(self, match: Match, press: Press) -> None:
        """Enter one press, and count along."""
        team = match.slot(press.side).team
        assert team is not None  # looked at before the match began
        rules, before = self._contest.rules, self.counts.get(match.id, Count())
        after = before.plus(rules, press.side, press.delta)
        match press.kind:
            case "time":
                self._desk.enter(commands.SetTime(match.id, team, press.delta))
            case "recount":
                self._desk.enter(commands.SetScore(match.id, after.score), "counted again with both teams")
            case "undo":
                self._desk.enter(commands.Undo(match.id, self._desk.entries[-1].id), "wrong side")
                after = self._before
            case _:
                who = player(team, press)
                self._desk.enter(commands.AddScore(match.id, team, press.delta, press.action, who))
        self._before = before
        self.counts[match.id] = after

    async def _count_twice(self, match: Match, press: Press) -> None:
        """Have the helper, who is offline, count the point that this person has just counted."""
        await self._desk.entries[-1].confirmed()
        team = match.slot(press.side).team
        assert team is not None  # as above
        await self._helper.enter(commands.AddScore(match.id, team, press.delta)).saved()
        self._helper.wifi.up()
        self._hall.call("conflict", match.id)

    async def _correct(self, match: Match) -> None:
        """Have ops reopen the match, set the score right and end it again."""
        count = self.counts[match.id]
        winner = games.leader(self._contest.rules, count.score)
        assert winner is not None  # or it could not have been ended
        await self._desk.answered()
        self._hall.call("reopened", match.id)
        await self._desk.look(lambda state: state.matches[match.id].phase == "live")
        right = correction(count, winner)
        self._desk.enter(commands.SetScore(match.id, right), "both teams agree")
        self.counts[match.id] = Count(right)
        await self._hall.pause(1.0)
        self._desk.enter(commands.CompleteMatch(match.id))
