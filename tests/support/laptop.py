"""A laptop for tests of the engine: engine and store, a journal that commits at once, a clock put by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from core.domain.answers import Answer
from core.domain.commands import Base, CreateTournament, Entry, Notify
from core.domain.ids import CommandId, DeviceId, Epoch, tournament_room
from core.domain.rules import Refused, judge
from core.domain.state import Past, Position
from core.realtime.config import EngineConfig
from core.realtime.effects import (
    Apply,
    Effect,
    LinkId,
    Persist,
    Recollection,
    Send,
    Told,
)
from core.realtime.engine import Engine
from core.realtime.store import Store
from core.realtime.view import View
from core.wire.codec import encode
from core.wire.messages import (
    HubMessage,
    Listing,
    Replay,
    Snapshot,
    Welcome,
)
from tests.support.moments import Fixed, moment
from tests.support.tournaments import EPOCH, NOON, entry, league, match, point, record

if TYPE_CHECKING:
    from core.domain.answers import Outcome
    from core.domain.commands import Command
    from core.domain.state import Tournament
    from core.realtime.view import EntryState
    from core.wire.messages import ClientMessage

PLAN = league()
M1 = match(PLAN, 1)
ROOM = tournament_room(PLAN.id)
LOG, STATE = record(PLAN, [point(PLAN, 1, "a") for _ in range(3)])
LISTING = Listing(PLAN.id, "League", EPOCH, len(LOG))
POINT = point(PLAN, 1, "a")
HUB = "ws://hub"
LINK = LinkId("link-1")
STEP = 5.0
"""Seconds between two looks of a device that is awake."""
E = TypeVar("E")
C = TypeVar("C")


class Laptop:
    """An engine and its store, with a journal that commits at once; time stands where it is put."""

    def __init__(self, *endpoints: str, sends: bool = True, **config: float) -> None:
        self.now = 100.0
        figures = {"outbox_entries": 4} | config
        self.engine = Engine(
            EngineConfig(endpoints=endpoints or (HUB,), **figures),  # type: ignore[arg-type]
            DeviceId("laptop-1"),
            "Ann",
            Fixed(),
        )
        self.store = Store(View(DeviceId("laptop-1"), "Ann"))
        self.done: list[Effect] = []
        """The effects of the newest call."""
        self._rows = 0
        if sends:
            self.do(self.engine.become_sender(moment(self.now)))

    def do(self, effects: list[Effect]) -> list[Effect]:
        """Perform effects and remember them."""
        self.done = effects
        for effect in effects:
            if isinstance(effect, Apply):
                self.store.apply(effect.change, moment(self.now).at)
        return effects

    def start(self, *listings: Listing) -> None:
        """Begin, and be welcomed by a hub with these tournaments."""
        self.do(self.engine.start(moment(self.now)))
        self.open(LINK, *listings)

    def open(self, link: LinkId, *listings: Listing) -> None:
        self.do(self.engine.receive_open(link, moment(self.now)))
        self.hear(Welcome("hub", "s", 5.0, NOON, listings), link)

    def follow(self) -> None:
        """Start with the room joined and live."""
        self.start(LISTING)
        self.do(self.engine.join(ROOM, moment(self.now)))
        self.hear(Replay(ROOM, EPOCH, LOG))

    def hear(self, message: HubMessage, link: LinkId = LINK) -> list[Effect]:
        return self.do(self.engine.receive_frame(link, encode(message, "json"), moment(self.now)))

    def press(self, command: Command, id: str = "x") -> list[Effect]:
        """Enter something, and have it saved; return what follows from that."""
        made = pressed(command, id)
        self.do(self.engine.submit(made, moment(self.now)))
        assert self.all(Persist) == [Persist(made)]
        self._rows += 1
        return self.do(self.engine.receive_saved({made.id: self._rows}, moment(self.now)))

    def wait(self, seconds: float) -> list[Effect]:
        """Let time pass, awake: in steps that no heartbeat is missed in."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + STEP)
            self.do(self.engine.handle_deadline(moment(self.now)))
        return self.done

    def cut(self, link: LinkId = LINK) -> list[Effect]:
        return self.do(self.engine.receive_closed(link, 1006, "cut", moment(self.now)))

    def all(self, kind: type[E]) -> list[E]:
        """Return the newest effects of a kind."""
        return [effect for effect in self.done if isinstance(effect, kind)]

    def changes(self, kind: type[C]) -> list[C]:
        """Return the newest changes of a kind."""
        return [effect.change for effect in self.all(Apply) if isinstance(effect.change, kind)]

    @property
    def sent(self) -> list[ClientMessage]:
        """Return the newest messages to the hub."""
        return [effect.message for effect in self.all(Send)]

    @property
    def told(self) -> list[str]:
        """Return the newest lines of the feed."""
        return [change.line.text for change in self.changes(Told)]

    @property
    def states(self) -> dict[str, EntryState]:
        return {queued.entry.id: queued.state for queued in self.store.view.queue}


def pressed(command: Command, id: str = "x") -> Entry:
    """Return an entry made on top of all that the log holds."""
    base = None if isinstance(command, Notify | CreateTournament) else Base(EPOCH, 4)
    return entry(PLAN.id, command, id=id, base=base)


def answered(made: Entry, outcome: Outcome = "accepted", state: Tournament = STATE) -> Answer:
    """Return the answer that a hub at `state` gives."""
    verdict = judge(state, made, NOON, EPOCH)
    if isinstance(verdict, Refused) or outcome == "refused":
        return Answer(id=made.id, outcome="refused", reason="This match is final")
    last = verdict.events[-1]
    return Answer(
        id=made.id, outcome=outcome, epoch=EPOCH, seq=last.seq, version=last.version, events=verdict.events
    )


def score(laptop: Laptop) -> int:
    """Return the home points that the laptop shows for its first match."""
    return laptop.store.view.tournaments[PLAN.id].projected.matches[M1].score.home


OLDER = Past(EPOCH, 2, STATE.position.seq)
"""The epoch that the laptop followed, as a hub names it that went on from its second event only."""
REVIVED = msgspec.structs.replace(
    STATE, position=Position(Epoch("e2"), 1, CommandId("revive")), past=(OLDER,)
)
"""The state that such a hub shows."""
REMEMBERED = Recollection(PLAN.id, EPOCH, STATE.position, ((1, len(LOG)),), LOG[2:], 2)
"""What the laptop's archive has of that epoch."""


def bereaved() -> Laptop:
    """Return a laptop whose hub lost what it had seen, and goes on in a new epoch."""
    laptop = Laptop()
    laptop.follow()
    laptop.cut()
    laptop.wait(1.0)
    laptop.open(LinkId("link-2"), LISTING)
    laptop.hear(Snapshot(ROOM, REVIVED), LinkId("link-2"))
    return laptop
