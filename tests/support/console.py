"""A console for tests: the real app over a real store, with a hub of its own that answers when it is told to.

`Desk` stands where the realtime client stands. It judges by the real rules; what it leaves out is the wire
and the disk. Its clocks stand still until a test moves them.
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from textual.events import Key, Resize
from textual.geometry import Size
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key

from core.domain.commands import Command, CreateTournament, Entry, match_of, priority
from core.domain.ids import CommandId, DeviceId, Role, TournamentId
from core.domain.rules import Accepted, Conflicting, judge
from core.realtime.effects import (
    Advanced,
    Change,
    ConnectionChanged,
    QueueChanged,
    RoomLive,
    SavingChanged,
    Told,
)
from core.realtime.outbox.overlay import base_of
from core.realtime.store import Store
from core.realtime.view import Connection, LinkState, LocalLine, Queued, RoomStats, View
from core.settings import Settings
from tests.support.rest import LOOK, rest
from tests.support.stylesheets import parse_once
from tests.support.tournaments import EPOCH
from tui.app import CourtsideApp

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from core.domain.events import Event
    from core.domain.plan import Plan
    from core.domain.state import Match, Tournament
    from tui.doors import Doors

parse_once()

START = datetime(2026, 6, 14, 14, 2, 31, tzinfo=UTC)
DEVICE = DeviceId("laptop-2")
OTHER = DeviceId("laptop-7")
SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What `Desk.withdraw` answers."""

    outcome: Literal["withdrawn", "dismissed", "needs_undo", "impossible"]
    reason: str = ""


class Desk:
    """A laptop with its queue, and a hub that it reaches or not."""

    def __init__(self, *plans: Plan, online: bool = True, person: str = "ana", role: Role = "admin") -> None:
        self.at = START
        self.now = 1_000.0
        self.online = online
        self.role: Role = role
        self.store = Store(View(DEVICE, person))
        self.hub: dict[TournamentId, Tournament] = {}
        self.queue: list[Queued] = []
        self.confirmed = 0
        self.submitted: list[Command] = []
        self.reconnects = 0
        self.drained: set[str] = set()
        self.idle = False
        self._numbers = 0
        self._unseen: list[tuple[TournamentId, tuple[Event, ...]]] = []
        self.connect("live" if online else "offline")
        for plan in plans:
            self.others(CreateTournament(plan), tournament=plan.id, by="desk", device="desk-1", ago=3600)
            self.apply(RoomLive(plan.id, online, START))

    @property
    def view(self) -> View:
        """The newest view."""
        return self.store.view

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        """As the client does."""
        return self.store.subscribe(listener)

    def clock(self) -> datetime:
        """Return the wall clock, which stands still."""
        return self.at

    def monotonic(self) -> float:
        """Return the monotonic clock, which stands still."""
        return self.now

    def tick(self, seconds: float) -> None:
        """Move both clocks."""
        self.at += timedelta(seconds=seconds)
        self.now += seconds
        if self.online:
            self.apply(ConnectionChanged(replace(self.view.connection, last_frame_at=self.now - 1)))

    def apply(self, *changes: Change) -> None:
        """Apply changes and tell the listeners, as the realtime thread does."""
        for change in changes:
            self.store.apply(change, self.at)
        self.store.settle()

    def connect(self, state: LinkState, *, since: float | None = None, **fields: object) -> None:
        """Set how the hub is reached."""
        up = state in ("live", "slow", "catching_up")
        before = self.view.connection
        latency = {"live": 0.042, "slow": 1.8}.get(state)
        made = Connection(
            state=state,
            since=self.now if since is None else since,
            endpoint="ws://hub:8765",
            latency=latency,
            next_try_at=None if up or state == "sign_in" else self.now + 4,
            role=self.role,
            last_frame_at=self.now - 1 if up else before.last_frame_at,
            message_rate_in=12.0 if up else 0.0,
            message_rate_out=0.4 if up else 0.0,
        )
        self.online = up
        self.apply(ConnectionChanged(replace(made, **fields)))  # type: ignore[arg-type]  # names of its fields
        for tournament in self.view.tournaments:
            self.apply(RoomLive(tournament, up, self.at))
        if up:
            self.deliver()

    def match(self, id: str) -> Match:
        """Return a match as it stands at the hub."""
        return next(state.matches[m] for state in self.hub.values() for m in state.matches if m.endswith(id))

    def shown(self, id: str) -> Match:
        """Return a match as this laptop shows it."""
        states = [shown.projected for shown in self.view.tournaments.values()]
        return next(state.matches[m] for state in states for m in state.matches if m.endswith(id))

    def others(
        self,
        *asked: Command,
        tournament: TournamentId | None = None,
        by: str = "kim",
        device: str = OTHER,
        ago: float = 60,
    ) -> None:
        """Have another device enter commands, which reach this laptop only while it is online."""
        for command in asked:
            where = tournament or next(iter(self.hub))
            at = self.at - timedelta(seconds=ago)
            entry = Entry(
                id=CommandId(f"{device}-{len(self.view.feed.lines)}-{self._made()}"),
                tournament=where,
                command=command,
                by=by,
                device=DeviceId(device),
                entered_at=at,
                base=base_of(self.hub.get(where), command),
            )
            self._judge(entry, at)

    def _made(self) -> int:
        self._numbers += 1
        return self._numbers

    def _judge(self, entry: Entry, at: datetime) -> Accepted | Conflicting | str:
        verdict = judge(self.hub.get(entry.tournament), entry, at, EPOCH)
        if not isinstance(verdict, Accepted | Conflicting):
            return verdict.reason
        self.hub[entry.tournament] = verdict.state
        self._unseen.append((entry.tournament, verdict.events))
        if self.online:
            self._catch_up()
        return verdict

    def _catch_up(self) -> None:
        unseen, self._unseen = self._unseen, []
        for tournament, events in unseen:
            self.apply(Advanced(tournament, EPOCH, events))

    def submit(self, command: Command, *, tournament: TournamentId | None = None, why: str = "") -> Queued:
        """Enter a command on this laptop: saved at once, answered while the hub is reached."""
        self.submitted.append(command)
        match = match_of(command)
        if isinstance(command, CreateTournament):
            tournament = command.plan.id
        where = tournament or next(t for t in self.hub if match is None or match.startswith(f"{t}."))
        shown = self.view.tournaments.get(where)
        number = len(self.queue) + 1
        entry = Entry(
            id=CommandId(f"own-{number}"),
            tournament=where,
            command=command,
            by=self.view.person,
            device=DEVICE,
            entered_at=self.at,
            base=base_of(shown.confirmed if shown else None, command),
            why=why,
        )
        self.queue.append(Queued(entry, "saved", priority(command), number))
        self._tell_queue()
        if self.online:
            self.deliver()
        return self.queue[number - 1]

    def deliver(self) -> None:
        """Have the hub answer everything that waits."""
        self._catch_up()
        for number, queued in enumerate(self.queue):
            if queued.waiting:
                verdict = self._judge(queued.entry, self.at)
                self.queue[number] = _answered(queued, verdict)
                self.confirmed += isinstance(verdict, Accepted)
        self._tell_queue()

    def send(self) -> None:
        """Have everything that waits be on its way, without an answer."""
        self.queue = [
            replace(queued, state="sending", attempts=queued.attempts + 1) if queued.waiting else queued
            for queued in self.queue
        ]
        self._tell_queue()

    def _tell_queue(self) -> None:
        listed = tuple(queued for queued in self.queue)
        self.apply(QueueChanged(listed, self.confirmed))

    def withdraw(self, id: CommandId) -> Withdrawn:
        """Take back what never left, dismiss what was refused."""
        for number, queued in enumerate(self.queue):
            if queued.entry.id == id and (
                queued.state == "refused" or (queued.waiting and not queued.attempts)
            ):
                self.queue[number] = replace(queued, state="withdrawn")
                self._tell_queue()
                return Withdrawn("withdrawn")
        return Withdrawn("needs_undo", "it may have left")

    def retry(self, id: CommandId) -> None:
        """Nothing is ever put off here."""

    def reconnect(self) -> None:
        """Count the wish."""
        self.reconnects += 1

    def set_idle(self, idle: bool) -> None:
        """Note whether somebody is at the keys."""
        self.idle = idle

    def drain(self, endpoint: str) -> None:
        """Note which endpoints are drained."""
        self.drained.add(endpoint)

    def undrain(self, endpoint: str) -> None:
        """Use an endpoint again."""
        self.drained.discard(endpoint)

    def room_stats(self, room: str) -> RoomStats | None:
        """Every room of a link is followed once, by two people."""
        rooms = [known for link in self.view.connection.links for known in link.rooms]
        return RoomStats(2, 1, self.now - 3, 60.0, 0.5) if room in rooms else None

    def told(self, text: str, kind: Literal["link", "queue", "problem"] = "link") -> None:
        """Add a line to the feed that is in no log."""
        self.apply(Told(LocalLine(self.at, kind, text)))

    def saving(self, *, can_save: bool) -> None:
        """Say whether this laptop can save."""
        self.apply(SavingChanged(can_save, sends=True))


def _answered(queued: Queued, verdict: Accepted | Conflicting | str) -> Queued:
    if isinstance(verdict, str):
        return replace(queued, state="refused", reason=verdict, attempts=queued.attempts + 1)
    last = verdict.events[-1]
    answered = replace(
        queued, seq=last.seq, version=last.version, latency=0.041, epoch=EPOCH, attempts=queued.attempts + 1
    )
    if isinstance(verdict, Conflicting):
        return replace(answered, state="conflict", reason=verdict.reason)
    return replace(answered, state="confirmed")


@dataclass(frozen=True, slots=True)
class Console:
    """A running app with its desk."""

    app: CourtsideApp
    desk: Desk
    pilot: Pilot[int]

    async def press(self, *keys: str) -> None:
        """Press keys, each one apart from the one before."""
        for key in keys:
            self.type_at_once(key)
            await self.rest()

    def type_at_once(self, *keys: str) -> None:
        """Let keys arrive together, as a paste or a slow terminal brings them."""
        for key in keys:
            self.app.post_message(_event(key))

    async def resize(self, width: int, height: int) -> None:
        """Have the terminal's window be of another size."""
        size = Size(width, height)
        self.app._driver._size = size  # type: ignore[union-attr]  # it runs
        self.app.post_message(Resize(size, size))
        await self.rest()

    async def rest(self) -> None:
        """Wait until all that was set off is done and drawn."""
        await rest(self.app)

    def text(self) -> str:
        """Return what stands on the screen, a line a row."""
        _, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips[:height])

    async def wait_for(self, shown: str | Callable[[], object], within: float = 10.0) -> str:
        """Wait until the screen shows a text, or a condition holds, and is at rest; return the screen.

        Raises:
            AssertionError: it did not in time; the message holds the screen.
        """
        deadline = time.monotonic() + within
        before = None
        while time.monotonic() < deadline:
            self.app.paint()
            await self.rest()
            text = self.text()
            # A text that still changes was drawn before what it was drawn on had its place.
            if text == before and (shown() if callable(shown) else shown in text or shown in _running(text)):
                return text
            before = text
            await asyncio.sleep(LOOK)
        raise AssertionError(f"{within:.0f} s passed without {shown!r} on screen:\n{self.text()}")

    async def wait_without(self, gone: str) -> str:
        """Wait until a text is no longer on the screen."""
        return await self.wait_for(lambda: gone not in self.text())


def _event(key: str) -> Key:
    """Return what a terminal's driver makes of a key, named or given as its character."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    try:
        return Key(name, unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name))))
    except KeyError:
        return Key(name, key if len(key) == 1 else None)


def _running(text: str) -> str:
    """Return the screen as running text: lines that were wrapped are whole again, frames are gone."""
    return " ".join(text.replace("│", " ").split())


def make(
    desk: Desk,
    screen: str | None = None,
    *,
    data: Path | None = None,
    doors: Doors | None = None,
    **own: object,
) -> CourtsideApp:
    """Return the app over a desk, with clocks that stand still; `own` are settings of the console."""
    console = {"ascii": True, "double_press_guard": 0, **own}
    where = {} if data is None else {"data": data}
    settings = Settings(console=console, **where)  # type: ignore[arg-type]  # validated into ConsoleSettings
    return CourtsideApp(
        desk, settings, clock=desk.clock, monotonic=desk.monotonic, screen=screen, doors=doors
    )


@asynccontextmanager
async def opened(
    desk: Desk,
    size: tuple[int, int] = (80, 24),
    screen: str | None = None,
    *,
    data: Path | None = None,
    doors: Doors | None = None,
    **own: object,
) -> AsyncIterator[Console]:
    """Run the app over a desk."""
    app = make(desk, screen, data=data, doors=doors, **own)
    async with app.run_test(size=size) as pilot:
        console = Console(app, desk, pilot)
        await console.wait_for("COURTSIDE")
        yield console
