"""The ledger: what became of every entry that the hub ever saw, and the states that follow from it.

Owns one effect per command (a known id gets its old answer), the binding judgement and the sequence. Leaves
durability to the shell: nothing that `submit` returns may leave the hub before it is committed, and after a
failed commit the ledger is made anew from the log. Answers that are in the log are asked for there, and not
kept here. Guarantees that the same entries in the same order, with the same times and epochs, give the same
log.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from core.domain.answers import Answer
from core.domain.commands import Broadcast, Entry, Founding, Undo, match_of
from core.domain.ids import CommandId, Epoch, TournamentId
from core.domain.reduce import fold
from core.domain.rules import Accepted, Refused, judge
from core.errors import Malformed
from core.hub.judging.recollection import Witness, adopt, begin, witness
from core.hub.rooms.side import SideHeads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from core.domain.answers import Outcome
    from core.domain.events import Event
    from core.domain.ids import DeviceId
    from core.domain.state import Position, Tournament
    from core.hub.judging.recollection import Filed, Made
    from core.hub.rooms.side import Said, SideHead
    from core.wire.offers import Bring, Offer

MAX_ID = 128
"""Longest id of an entry or a device, in characters."""

_content = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class Known:
    """An id that the ledger has answered."""

    answer: Answer
    digest: bytes
    """Of the entry's content; empty where the id was withdrawn unseen, and any content fits."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """New answers, to be stored together and then given."""

    tournament: TournamentId
    answer: Answer
    digest: bytes
    withdrawn: Answer | None = None
    """The answer that waits for an entry which this one took back before it arrived."""
    said: Said | None = None
    """The broadcast, where the entry is one to a room with a log of its own."""
    begins: bool = False
    """Whether the answer's epoch begins with it."""
    filed: tuple[tuple[Epoch, Event], ...] = ()
    """Events of older epochs that were adopted, to be kept as they were."""

    @property
    def answered(self) -> tuple[Known, ...]:
        """Every id that is answered with it."""
        given = Known(self.answer, self.digest)
        return (given,) if self.withdrawn is None else (given, Known(self.withdrawn, b""))


@dataclass(frozen=True, slots=True)
class Repeated:
    """The entry is known: this is the answer that it got."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The id is known with another content: nothing is applied."""

    id: CommandId
    detail: str


Judgement: TypeAlias = Ruling | Repeated | Contradicted


@dataclass(frozen=True, slots=True)
class Mark:
    """A ledger as it was at a moment."""

    known: int
    """How many ids it had answered that the log did not have yet."""
    copied: int
    """How many ids it knew from copies."""
    states: Mapping[TournamentId, Tournament]
    heads: tuple[SideHead, ...]


def digest(entry: Entry) -> bytes:
    """Return what tells this entry's content from any other's.

    Raises:
        Malformed: the entry cannot stand in a log: an id is empty, too long or unprintable, its time has no
            zone, a number is beyond 64 bits.
    """
    for what, value in (("id", entry.id), ("device", entry.device), ("tournament", entry.tournament)):
        if not value or len(value) > MAX_ID or not value.isprintable():
            raise Malformed(f"an entry's {what} must be 1 to {MAX_ID} printable characters")
    if entry.entered_at.tzinfo is None:
        raise Malformed("an entry's entered_at must name its time zone (end in Z)")
    try:
        return blake2b(_content.encode(entry), digest_size=16).digest()
    except (OverflowError, UnicodeError) as error:
        raise Malformed("an entry holds a number or text that cannot be stored") from error


def _recall_nothing(_: CommandId) -> Known | None:
    """Be the log of a ledger that has none."""
    return None


class Ledger:
    """Judges entries one after the other.

    Args:
        make_epoch: gives the epoch of a tournament that begins.
        states: the tournaments as the log leaves them.
        recall: tells what the log has of an id; `None` for nothing.
        sides: where the rooms with logs of their own stand.
    """

    def __init__(
        self,
        make_epoch: Callable[[], Epoch],
        states: Iterable[Tournament] = (),
        recall: Callable[[CommandId], Known | None] = _recall_nothing,
        sides: Iterable[SideHead] = (),
    ) -> None:
        self._make_epoch = make_epoch
        self._states = {state.id: state for state in states}
        self._recall = recall
        self._known: dict[CommandId, Known] = {}
        """What was answered and may not be in the log yet."""
        self._copied: dict[CommandId, tuple[Epoch, Outcome, str]] = {}
        """What came with a copy: since which epoch, what became of it, and why. What is in the log counts."""
        self._sides = SideHeads(make_epoch, sides)
        for state in self._states.values():
            self._know(state)

    def state(self, tournament: TournamentId) -> Tournament | None:
        """Return a tournament with everything judged so far, committed or not; `None` if there is none."""
        return self._states.get(tournament)

    @property
    def positions(self) -> dict[TournamentId, Position]:
        """Where every tournament stands with everything judged so far."""
        return {id: state.position for id, state in self._states.items()}

    def answer(self, command: CommandId) -> Answer | None:
        """Return the answer that an id got; `None` if it was never seen."""
        known = self._find(command)
        return known.answer if known is not None else None

    def forget(self) -> None:
        """Keep no answers here any longer: those that count are in the log, and asked for there."""
        self._known.clear()

    def submit(self, entry: Entry, at: datetime, deliverer: str = "", objection: str = "") -> Judgement:
        """Judge an entry, once.

        Args:
            entry: what was entered.
            at: when it was received, UTC.
            deliverer: who brought it, `""` when that was the author.
            objection: why rights refuse it, so that it is held for ops; `""` for nothing.

        Raises:
            Malformed: the entry cannot stand in a log.
        """
        content = digest(entry)
        known = self._find(entry.id)
        if known is not None:
            if known.digest in (b"", content):
                return Repeated(known.answer)
            return Contradicted(entry.id, "this id was used for another entry; nothing was changed")
        # Whose rights are gone takes nothing back: the undo itself is held.
        ruling = None if objection else self._take_back(entry, content)
        ruling = ruling or self._judge(entry, content, at, deliverer, objection)
        self._known.update((one.answer.id, one) for one in ruling.answered)
        return ruling

    def _take_back(self, entry: Entry, content: bytes) -> Ruling | None:
        """Answer an undo of an id that was never seen: that entry, should it still arrive, is withdrawn."""
        command = entry.command
        state = self._states.get(entry.tournament)
        if not isinstance(command, Undo) or not command.of or command.of == entry.id:
            return None
        if state is None or command.match not in state.matches or self._find(command.of) is not None:
            return None
        epoch = state.position.epoch
        reason = "taken back before it reached the hub"
        return Ruling(
            entry.tournament,
            Answer(id=entry.id, outcome="accepted", epoch=epoch, reason=reason),
            content,
            Answer(id=command.of, outcome="withdrawn", epoch=epoch, reason=reason),
        )

    def _judge(self, entry: Entry, content: bytes, at: datetime, deliverer: str, objection: str) -> Ruling:
        state = self._states.get(entry.tournament)
        if state is not None:
            epoch = state.position.epoch
        else:
            epoch = self._make_epoch() if isinstance(entry.command, Founding) else Epoch("")
        verdict = judge(state, entry, at, epoch, deliverer, objection)
        if isinstance(verdict, Refused):
            answer = Answer(id=entry.id, outcome="refused", epoch=epoch, reason=verdict.reason)
            return Ruling(entry.tournament, answer, content)
        self._states[entry.tournament] = verdict.state
        if state is None:
            self._know(verdict.state)
        answer = Answer(
            id=entry.id,
            outcome="accepted" if isinstance(verdict, Accepted) else "held",
            epoch=epoch,
            seq=verdict.events[-1].seq if verdict.events else 0,
            version=_version(entry, verdict.events),
            events=verdict.events,
            reason="" if isinstance(verdict, Accepted) else verdict.reason,
        )
        said = None
        if isinstance(entry.command, Broadcast) and not verdict.events:
            said = self._sides.write(entry, entry.command, at, deliverer)
        return Ruling(entry.tournament, answer, content, begins=state is None, said=said)

    def receive_offer(
        self, offer: Offer, at: datetime, bringer: str, device: DeviceId, *, differs: bool
    ) -> Ruling | None:
        """Take note of what a client that may write has seen; `None` where that is nothing new.

        Args:
            offer: what it has.
            at: when it was received, UTC.
            bringer: the person at the client.
            device: the client's device.
            differs: whether this log has another event at the offer's position.
        """
        state = self._states.get(offer.tournament)
        if state is None:
            return None
        made = witness(state, offer, Witness(at, bringer, device), self._make_epoch, differs=differs)
        return None if made is None else self._enter(made)

    def begin_epoch(self, tournament: TournamentId, seen: int, by: Witness, why: str) -> Ruling:
        """Begin a new epoch of a tournament that is here.

        Args:
            tournament: its id.
            seen: the last seq that the epoch so far is known to have had somewhere.
            by: whose doing it is.
            why: why it begins, in words.
        """
        return self._enter(begin(self._states[tournament], seen, by, self._make_epoch, why=why))

    def adopt(self, bring: Bring, filed: Filed, at: datetime, bringer: str) -> list[Ruling]:
        """Adopt events of an older epoch; those that are here already are passed over.

        Args:
            bring: the events.
            filed: the commands of those positions that the log has, by seq.
            at: when they were received, UTC.
            bringer: the person who brings them.
        """
        rulings: list[Ruling] = []
        for _, group in groupby(bring.events, lambda event: event.command):
            state = self._states.get(bring.tournament)
            if state is None:
                break
            events = tuple(group)
            known = self._find(events[0].command)
            made = adopt(
                state, bring.epoch, events, filed, None if known is None else known.answer, at, bringer
            )
            if made is not None:
                rulings.append(self._enter(made))
        return rulings

    def mark(self) -> Mark:
        """Return what `rewind` needs to come back to this moment."""
        return Mark(len(self._known), len(self._copied), dict(self._states), self._sides.heads)

    def rewind(self, mark: Mark) -> None:
        """Forget what was judged since a moment: it is to be judged again, on top of something else."""
        while len(self._known) > mark.known:
            # Until they are forgotten ids are only ever added, so the latest ones are the last ones.
            self._known.popitem()
        while len(self._copied) > mark.copied:
            self._copied.popitem()
        self._states = dict(mark.states)
        self._sides = SideHeads(self._make_epoch, mark.heads)

    def follow(self, rulings: Sequence[Ruling]) -> None:
        """Take what another hub judged, as it was judged.

        Raises:
            BadLog: its events do not go on from the state here.
        """
        for ruling in rulings:
            answer, state = ruling.answer, self._states.get(ruling.tournament)
            if ruling.begins or (
                state is not None and answer.epoch == state.position.epoch and answer.events
            ):
                after = fold(answer.events, answer.epoch, None if ruling.begins else state)
                self._states[ruling.tournament] = after
                if ruling.begins:
                    self._know(after)
            for known in ruling.answered:
                self._add(known)

    def _enter(self, made: Made) -> Ruling:
        """Make what happened to an older epoch part of this ledger."""
        self._states[made.state.id] = made.state
        self._add(Known(made.answer, b""))
        return Ruling(made.state.id, made.answer, b"", begins=made.begins, filed=made.filed)

    def _find(self, command: CommandId) -> Known | None:
        known = self._known.get(command) or self._recall(command)
        if known is not None or command not in self._copied:
            return known
        epoch, outcome, reason = self._copied[command]
        return Known(Answer(id=command, outcome=outcome, epoch=epoch, seq=1, reason=reason), b"")

    def _add(self, known: Known) -> None:
        """Know an answer, unless its id has one: the first one stands."""
        if self._find(known.answer.id) is None:
            self._known[known.answer.id] = known

    def _know(self, state: Tournament) -> None:
        """Know the entries that came with a copy: the answers to them may not have come along."""
        if not state.past:
            return
        epoch = state.position.epoch
        counts: tuple[Epoch, Outcome, str] = (epoch, "accepted", "")
        for match in state.matches.values():
            for counted in match.entries:
                if counted.version == 0:
                    self._copied.setdefault(counted.id, counts)
            for held in match.held:
                if held.version == 0:
                    self._copied.setdefault(held.entry.id, (epoch, "held", held.reason))


def _version(entry: Entry, events: tuple[Event, ...]) -> int:
    """Return the version that the entry's own match reached; 0 where it is on no match."""
    match = match_of(entry.command)
    return 0 if match is None else max(event.version for event in events if event.match == match)
