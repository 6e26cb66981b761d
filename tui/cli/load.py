"""`courtside load`: how a hub bears a crowd.

The clients are bare links, in a tournament of their own with a side for each of them.
Owns the course of the test: everybody connects and joins, points are added at an even rate, the last
deliveries are waited for. Counting is `measuring`'s affair.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core import Link, Unreachable, commands, ids, plan
from tui.cli.exits import Exit, Stopped
from tui.cli.measuring import Client, Measured, percentiles
from tui.cli.output import put, put_json
from tui.cli.parser import Part, above_zero, add_json, count
from tui.cli.progress import progress
from tui.cli.reach import located, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from core import Settings
    from tui.cli.progress import Bar

ENTRY_ROOM = 10.0
"""Seconds for everybody to connect and join, and again for the last deliveries."""
MOST_CLIENTS = 5_000


class Load:
    """All clients of a load test, on one hub.

    Args:
        endpoint: the hub's address.
        settings: how to dial.
        clients: how many.
    """

    def __init__(self, endpoint: str, settings: Settings, clients: int) -> None:
        run_id = secrets.token_hex(4)
        self.tournament = ids.TournamentId(f"load-{run_id}")
        self.measured = Measured()
        self.clients = [
            Client(f"load-{run_id}-{number}", self.tournament, self.measured) for number in range(clients)
        ]
        self._endpoint = endpoint
        self._settings = settings
        self._made = 0

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep every client's link open while the block runs."""
        settings = self._settings
        async with asyncio.TaskGroup() as group:
            links = []
            try:
                for client in self.clients:
                    link = Link(self._endpoint, settings.wire, settings.connection_timeout, client)
                    client.use(link)
                    links.append(link)
                    group.create_task(link.run())
                await self._all(lambda client: client.welcome is not None, "connect")
                yield
            finally:
                for link in links:
                    link.hang_up(1000, "done")

    async def begin(self) -> None:
        """Make the tournament and have everybody join it."""
        await self._one(commands.CreateTournament(self._plan()))
        for client in self.clients:
            client.join()
        await self._all(lambda client: client.position is not None, "join")

    async def press(self, rate: float, span: float, bar: Bar) -> None:
        """Have the clients add points to their own sides, in turns, at an even rate.

        Args:
            rate: entries a second, of all clients together.
            span: for how many seconds.
            bar: told of every entry sent.
        """
        began = time.monotonic()
        for number in range(round(rate * span)):
            wait = began + number / rate - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            elif number % 100 == 0:
                # Behind: those who answer must have their turn all the same.
                await asyncio.sleep(0)
            at = number % len(self.clients)
            self.clients[at].submit(self._entry(at, commands.AddScore(self._match(at), self._team(at), 1)))
            bar.reach(number + 1)

    async def settle(self) -> None:
        """Wait until every answer and every delivery is there, or nothing more comes in time."""
        measured = self.measured
        sent = len(measured.sent_at)

        def done() -> bool:
            if measured.confirmed + len(measured.refused) < sent:
                return False
            return all((client.position or 0) >= measured.last or client.ended for client in self.clients)

        await self._until(done)

    def report(self, before: int, began: float) -> dict[str, object]:
        """Return the figures.

        Args:
            before: the seq before the first point.
            began: the moment of the monotonic clock when the first point was sent.
        """
        measured = self.measured
        last = max(measured.last, *(client.position or 0 for client in self.clients))
        expected = (last - before) * len(self.clients)
        behind = sum(last - (client.position or 0) for client in self.clients)
        return {
            "clients": len(self.clients),
            "seconds": round(time.monotonic() - began, 3),
            "sent": len(measured.sent_at),
            "confirmed": measured.confirmed,
            "refused": len(measured.refused),
            "deliveries": measured.deliveries,
            "expected": expected,
            "lost": behind + sum(client.missing for client in self.clients),
            "duplicated": measured.duplicated,
            "latency_ms": percentiles(measured.latencies),
            "tournament": self.tournament,
        }

    async def _one(self, command: commands.Command) -> None:
        """Have the first client enter something before the measuring, and wait until it counts."""
        measured = self.measured
        self.clients[0].submit(self._entry(0, command))
        await self._until(lambda: measured.confirmed + len(measured.refused) > 0)
        if not measured.confirmed:
            why = measured.refused[0] if measured.refused else "no answer"
            raise Stopped(Exit.REFUSED, f"the hub does not make the tournament: {why}")
        measured.confirmed = 0
        measured.sent_at.clear()

    async def _all(self, ready: Callable[[Client], bool], what: str) -> None:
        """Wait until all clients are ready."""

        def done() -> bool:
            return all(ready(client) or client.ended for client in self.clients)

        await self._until(done)
        failed = [client for client in self.clients if not ready(client)]
        if failed:
            why = failed[0].ended or "no answer"
            raise Unreachable((self._endpoint,), f"{len(failed)} clients could not {what}: {why}")

    async def _until(self, done: Callable[[], bool]) -> None:
        until = time.monotonic() + ENTRY_ROOM
        while not done() and (left := until - time.monotonic()) > 0:
            self.measured.changed.clear()
            try:
                await asyncio.wait_for(self.measured.changed.wait(), left)
            except TimeoutError:
                return

    def _entry(self, at: int, command: commands.Command) -> commands.Entry:
        self._made += 1
        return commands.Entry(
            id=ids.CommandId(f"{self.tournament}-{self._made}"),
            tournament=self.tournament,
            command=command,
            by="load",
            device=self.clients[at].device,
            entered_at=datetime.now(UTC),
        )

    def _team(self, at: int) -> ids.TeamId:
        return ids.TeamId(f"side-{at}")

    def _match(self, at: int) -> ids.MatchId:
        return ids.match_id(self.tournament, f"m{at // 2:04d}")

    def _plan(self) -> plan.Plan:
        """Plan a match for every two clients; the last side stays empty-handed where they are odd."""
        pairs = (len(self.clients) + 1) // 2
        stage = ids.StageId("load")
        return plan.Plan(
            id=self.tournament,
            name="Load test",
            teams=tuple(plan.Team(self._team(at), f"Side {at}") for at in range(2 * pairs)),
            stages=(plan.Stage(stage, "Load", "knockout"),),
            fixtures=tuple(
                plan.Fixture(
                    id=self._match(2 * pair),
                    stage=stage,
                    round="Load",
                    home=plan.Slot(self._team(2 * pair)),
                    away=plan.Slot(self._team(2 * pair + 1)),
                )
                for pair in range(pairs)
            ),
        )


def _clients(text: str) -> int:
    value = count(text)
    if value > MOST_CLIENTS:
        raise argparse.ArgumentTypeError(f"{text} is above {MOST_CLIENTS}: more than one process can measure")
    return value


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clients", metavar="N", type=_clients, default=20, help="subscribed clients (default: 20)"
    )
    parser.add_argument(
        "--rate",
        metavar="R",
        type=above_zero,
        default=50.0,
        help="entries a second, all together (default: 50)",
    )
    parser.add_argument(
        "--for", metavar="S", dest="span", type=above_zero, default=5.0, help="seconds (default: 5)"
    )
    add_json(parser)


async def _load(args: argparse.Namespace, settings: Settings) -> int:
    settings = located(settings)
    test = Load(settings.endpoints[0], settings, args.clients)
    async with test.connected():
        await test.begin()
        before, began = max(client.position or 0 for client in test.clients), time.monotonic()
        with progress("sending", total=round(args.rate * args.span)) as bar:
            await test.press(args.rate, args.span, bar)
        await test.settle()
        report = test.report(before, began)
    if args.json:
        put_json(report)
    else:
        put("\n".join(f"{key}: {value}" for key, value in report.items()))
    whole = report["lost"] == report["duplicated"] == 0 and report["confirmed"] == report["sent"]
    return Exit.DONE if whole else Exit.REFUSED


LOAD = Part(_arguments, lambda args, settings: run(_load(args, settings)))
