"""JetStream as the backplane: groups published to, and read from, one stream of a NATS cluster.

Owns this hub's place there: what was read and waits, what it is level with, and whether it is away. How the
stream is reached is `nats_stream`'s affair, what a group is among others `chain`'s, what is in it the
rounds'. Guarantees that a group is published on top of the one that it was judged on, or not at all, and that
no message of the stream is passed over. After any fault the hub joins anew, reads what it missed and only
then judges again, so a message that was sent is never sent by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from core.domain.ids import Epoch
from core.errors import BadLog, BadSettings, Malformed, NotSaved
from core.hub.judging.chain import Broken, Chain, judged, rulings_of
from core.hub.log.nats_stream import ACKNOWLEDGE, FAULTS, Reader, Stream, connect
from core.wire.groups import Group, decode_group, encode_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.domain.ids import TournamentId
    from core.domain.state import Position
    from core.hub.judging.chain import Step
    from core.hub.judging.ledger import Ruling

JOIN = 15.0
"""Seconds to connect to one server after the other and to find the stream."""
ATTEMPTS = 3
"""How often the same bytes are sent before the backplane is taken for away."""
JITTER = 1.0
"""Longest wait, in seconds and by chance, before another attempt to join; the rounds' own comes on top."""
MAX_WAITING = 1_024
"""Groups that wait to be stored; while there are more, nothing is read."""

logger = logging.getLogger(__name__)
_chance = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Came:
    """A group that was read, next in its tournament's order."""

    rulings: tuple[Ruling, ...]
    step: Step


class JetStream:
    """One hub's place at the backplane.

    Args:
        urls: the servers (`nats://host:port`), any of them.
        hub: the hub's id.

    Raises:
        BadSettings: a URL is none of a NATS server.
    """

    def __init__(self, urls: Sequence[str], hub: str) -> None:
        for url in urls:
            if urlsplit(url).scheme not in ("nats", "tls") or not urlsplit(url).hostname:
                raise BadSettings("backplane", "--backplane", f"{url!r} is no nats://host:port")
        self._urls = list(urls)
        self._hub = hub
        self._chain = Chain()
        self._stream: Stream | None = None
        self._reader: Reader | None = None
        self._waiting: deque[tuple[int, Group]] = deque()
        self._read = 0
        """The place of the last message that was read."""
        self._target = 0
        """The place up to which all is to be taken before this hub is level."""
        self._away = "not joined yet"
        self._failures = 0
        """Attempts to join since the last one that succeeded."""
        self._broken: BadLog | None = None
        self._joined = asyncio.Event()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._wake: Callable[[], None] = _sleep_on

    @property
    def has_news(self) -> bool:
        """Whether `take` has something to give or to say."""
        return bool(self._waiting or self._away)

    @property
    def is_level(self) -> bool:
        """Whether everything was taken that was there when `join` or `catch_up` looked."""
        return self._chain.tail.at >= self._target

    def listen(self, wake: Callable[[], None]) -> None:
        """Name whom to call when there is news."""
        self._wake = wake

    async def run(self) -> None:
        """Read until cancelled."""
        try:
            while True:
                await self._joined.wait()
                reader = self._reader
                assert reader is not None, "joined"
                try:
                    await self._read_on(reader)
                except FAULTS as error:
                    if (task := asyncio.current_task()) is not None and task.cancelling():
                        # nats-py takes a cancellation for its own where the connection has ended.
                        raise asyncio.CancelledError from error
                    if reader is self._reader:
                        self._lose(f"reading failed: {error}")
                except Malformed as error:
                    self.give_up(BadLog("the backplane", f"after {self._read} of its stream: {error}"))
        finally:
            await self._disconnect()

    async def join(self, chain: Chain, positions: Mapping[TournamentId, Position]) -> None:
        """Connect, and begin to read behind what the log has.

        Args:
            chain: where the log stands.
            positions: where the log's tournaments stand.

        Raises:
            NotSaved: no server answers.
            BadLog: the log and the stream do not go together.
        """
        if self._broken is not None:
            raise self._broken
        strange = chain.strange(positions)
        if strange:
            self._refuse("the log", f"{strange}; start this hub with another --data folder")
        self._joined.clear()
        self._reader = None
        self._waiting.clear()
        await self._disconnect()
        # Hubs that lost one server together do not come to the next one together.
        await asyncio.sleep(_chance.uniform(0, JITTER) if self._failures else 0)
        self._failures += 1
        try:
            async with asyncio.timeout(JOIN):
                stream = self._stream = await connect(self._urls, f"courtside {self._hub}", self._closed)
                await self._begin(stream, chain)
        except FAULTS as error:
            self._away = f"no server answers as it should ({str(error) or type(error).__name__})"
            raise NotSaved("the backplane", self._away) from error
        self._away, self._failures = "", 0
        self._joined.set()

    async def catch_up(self) -> None:
        """Look how far the stream is.

        Raises:
            NotSaved: no server answers.
        """
        try:
            self._target = (await self._connected.extent()).last
        except FAULTS as error:
            self._fail(f"no word of the stream: {error}", error)

    async def wait(self) -> None:
        """Wait for news."""
        await self._news.wait()

    def take(self) -> Came | None:
        """Return the next group to be stored; `None` where nothing more has come.

        Raises:
            NotSaved: the backplane is away.
            BadLog: what came does not follow what is here.
        """
        if self._broken is not None:
            raise self._broken
        if self._away:
            raise NotSaved("the backplane", self._away)
        while self._waiting:
            at, group = self._waiting.popleft()
            self._room.set()
            receipt = self._chain.receive(at, group)
            if isinstance(receipt, Broken) or receipt == "gap":
                reason = "messages are missing" if receipt == "gap" else receipt.reason
                self._refuse("the backplane", f"{reason}; this hub writes nothing more")
            if receipt == "next":
                return Came(rulings_of(group), self._chain.step(at, group))
        self._news.clear()
        return None

    async def publish(self, rulings: Sequence[Ruling], position: Position | None) -> Step | None:
        """Have a group taken on top of the one that it was judged on; `None` where others came after that.

        Args:
            rulings: what was judged, all of one tournament.
            position: where the tournament stands after it; `None` where there is none.

        Raises:
            NotSaved: the backplane is away; whether it took the group is seen when it is back.
            TooLarge: it takes no group of that size.
        """
        tournament = rulings[0].tournament
        epoch, seq = (Epoch(""), 0) if position is None else (position.epoch, position.seq)
        group = Group(
            secrets.token_hex(12),
            self._hub,
            tournament,
            self._chain.predecessor(tournament),
            epoch,
            seq,
            judged(rulings),
        )
        at = await self._send(group, encode_group(group), self._chain.place(tournament))
        return None if at is None else self._chain.step(at, group)

    def advance(self, step: Step) -> None:
        """Know that a step was stored."""
        self._chain.advance(step)

    def give_up(self, error: BadLog) -> None:
        """Join no more: what came cannot be stored."""
        self._broken = error
        self._lose(str(error))

    @property
    def _connected(self) -> Stream:
        if self._stream is None:
            self._fail("not joined")
        return self._stream

    async def _begin(self, stream: Stream, chain: Chain) -> None:
        """Find the stream, made if it is not there, and begin to read it behind a chain.

        Raises:
            BadLog: the stream is not the one that the chain is of, or parts of it are gone.
        """
        extent = await stream.extent(make=True)
        tail = chain.tail
        what = ""
        if extent.last < chain.newest:
            what = f"it ends at {extent.last}, this log has it up to {chain.newest}"
        elif extent.first > tail.at + 1 or extent.holed:
            what = "messages were deleted from it"
        elif tail.at and await stream.id_at(tail.at) != tail.group:
            what = f"at {tail.at} it has something else than this log"
        if what:
            self._refuse(
                "the backplane",
                f"its stream is not the one that this log is of: {what}; start this hub with another --data"
                " folder, or give the backplane its old stream back",
            )
        self._reader = await stream.read(tail.at + 1)
        self._chain, self._read, self._target = chain, tail.at, extent.last

    async def _read_on(self, reader: Reader) -> None:
        """Take in what comes until there is another reader."""
        while self._is_current(reader):
            if len(self._waiting) >= MAX_WAITING:
                self._room.clear()
                await self._room.wait()
                continue
            came = await reader.fetch()
            if not came:
                await self._look(reader)
            for at, message in came:
                self._take_in(at, message, reader)

    def _is_current(self, reader: Reader) -> bool:
        return reader is self._reader and self._joined.is_set()

    async def _look(self, reader: Reader) -> None:
        """Prove that the silence is one: the server still knows this reader, and has sent it nothing more."""
        if await reader.delivered() > self._read + MAX_WAITING:
            self._lose(f"messages after {self._read} did not come")

    def _take_in(self, at: int, message: bytes, reader: Reader) -> None:
        """Put a message to those that wait, unless its reader was given up.

        Raises:
            Malformed: it is no group.
        """
        if not self._is_current(reader) or at <= self._read:
            return
        if at > self._read + 1:
            self._lose(f"messages between {self._read} and {at} did not come")
            return
        self._waiting.append((at, decode_group(message)))
        self._read = at
        self._tell()

    async def _send(self, group: Group, message: bytes, expected: int) -> int | None:
        """Send the same bytes until acknowledged, and return their place; `None` if others were first.

        Raises:
            NotSaved: there was no acknowledgement.
            TooLarge: the server does not take so many bytes.
        """
        for _ in range(ATTEMPTS):
            try:
                sent = await self._connected.publish(group.tournament, group.id, message, expected)
            except FAULTS as error:
                self._fail(f"publishing failed: {error}", error)
            if sent == "late":
                # No proof that another hub was first: an earlier attempt of this one gets it, too.
                own = await self._find(group, expected)
                if own is not None or self._waiting:
                    return own
            elif sent != "unknown":
                return sent
        reason = "it does not acknowledge"
        self._lose(reason)
        raise NotSaved("the backplane", reason)

    async def _find(self, group: Group, expected: int) -> int | None:
        """Wait for what came after the expected place, and return the group's own if it is among that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ACKNOWLEDGE):
                while not self._away:
                    for at, one in self._waiting:
                        if one.id == group.id:
                            return at
                        if one.tournament == group.tournament and at > expected:
                            return None
                    self._news.clear()
                    await self._news.wait()
        return None

    def _refuse(self, what: str, why: str) -> NoReturn:
        error = BadLog(what, why)
        self.give_up(error)
        raise error

    def _fail(self, reason: str, error: BaseException | None = None) -> NoReturn:
        self._lose(reason)
        raise NotSaved("the backplane", reason) from error

    def _lose(self, reason: str) -> None:
        """Take the backplane for away until it is joined anew."""
        self._joined.clear()
        self._away = self._away or reason
        self._room.set()
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._wake()

    def _closed(self, stream: Stream) -> None:
        if stream is self._stream:
            self._lose("the connection ended")

    async def _disconnect(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()


def _sleep_on() -> None:
    """Wake nobody: nobody listens yet."""
