"""JetStream as the backplane: groups published to, and read from, one stream of a NATS cluster.

Owns the connection and the reader. What a group is among others is `chain`'s affair; what is in it is the
rounds'. Guarantees that a group is published on top of the one that it was judged on, or not at all, and that
no message of the stream is passed over. nats-py's own reconnection is off: after any fault the hub joins
anew, reads what it missed and only then judges again, so a message that was sent is never sent by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote, urlsplit

from core.domain.ids import Epoch
from core.errors import BadLog, BadSettings, Malformed, NotSaved, TooLarge
from core.hub.judging.chain import Broken, Chain, judged, rulings_of
from core.wire.groups import Group, decode_group, encode_group

try:
    import nats
    from nats.errors import Error as NatsError
    from nats.errors import MaxPayloadError
    from nats.js import api
    from nats.js.errors import APIError, NoStreamResponseError, NotFoundError
except ImportError as error:
    raise BadSettings(
        "backplane", "--backplane", "this needs nats-py: pip install 'courtside[backplane]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

    from core.domain.ids import TournamentId
    from core.domain.state import Position
    from core.hub.judging.chain import Step
    from core.hub.judging.ledger import Ruling

STREAM = "courtside"
SUBJECTS = "courtside.log"
"""What the subjects of all tournaments begin with; one subject a tournament."""
CONFLICTS = (10071, 10164)
"""Error codes of a message that does not come right after the one that it names, or that comes twice."""
COPIES = 3
"""Servers that keep each message, where so many are named."""
CONNECT = 2.0
"""Seconds for one server to answer."""
JOIN = 15.0
"""Seconds to connect to one server after the other and to find the stream."""
ACKNOWLEDGE = 2.0
"""Seconds for an acknowledgement, then the same bytes are sent again."""
ATTEMPTS = 3
"""How often the same bytes are sent before the backplane is taken for away."""
JITTER = 1.0
"""Longest wait, in seconds and by chance, before another attempt to join; the rounds' own comes on top."""
LISTEN = 1.0
"""Seconds without a message after which the reader looks whether it would get one."""
PING = 5
"""Seconds between two pings of a connection; two that stay unanswered end it."""
FORGOTTEN = 60.0
"""Seconds after which the server forgets a reader that is gone."""
BATCH = 256
"""Messages that are read at a time."""
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
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None
        self._reader: JetStreamContext.PullSubscription | None = None
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
                except (NatsError, OSError, TimeoutError) as error:
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
                await self._connect()
                await self._begin(chain)
        except (NatsError, OSError, TimeoutError) as error:
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
            self._target = (await self._context.stream_info(STREAM)).state.last_seq
        except (NatsError, OSError, TimeoutError) as error:
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
    def _context(self) -> JetStreamContext:
        assert self._stream is not None, "joined before"
        return self._stream

    async def _connect(self) -> None:
        """Connect to any server, in an order by chance, so that not all hubs come to one.

        Raises:
            NatsError: none answers.
            OSError: none answers.
            TimeoutError: none answers.
        """
        urls = list(self._urls)
        _chance.shuffle(urls)
        for number, url in enumerate(urls, 1):
            client = nats.NATS()
            try:
                await client.connect(
                    url,
                    name=f"courtside {self._hub}",
                    allow_reconnect=False,
                    # Else it tries a server that refuses for two minutes.
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    connect_timeout=CONNECT,
                    ping_interval=PING,
                    max_outstanding_pings=2,
                    error_cb=_note,
                    closed_cb=partial(self._closed, client),
                )
            except (NatsError, OSError, TimeoutError):
                await _close(client)
                if number == len(urls):
                    raise
                continue
            self._client = client
            self._stream = client.jetstream(timeout=ACKNOWLEDGE)
            return

    async def _begin(self, chain: Chain) -> None:
        """Find the stream, made if it is not there, and begin to read it behind a chain.

        Raises:
            BadLog: the stream is not the one that the chain is of, or parts of it are gone.
        """
        context = self._context
        try:
            state = (await context.stream_info(STREAM)).state
        except NotFoundError:
            state = (await context.add_stream(_stream_config(len(self._urls)))).state
        tail = chain.tail
        what = ""
        if state.last_seq < chain.newest:
            what = f"it ends at {state.last_seq}, this log has it up to {chain.newest}"
        elif state.first_seq > tail.at + 1 or state.deleted:
            what = "messages were deleted from it"
        elif tail.at and await self._id_at(tail.at) != tail.group:
            what = f"at {tail.at} it has something else than this log"
        if what:
            self._refuse(
                "the backplane",
                f"its stream is not the one that this log is of: {what}; start this hub with another --data"
                " folder, or give the backplane its old stream back",
            )
        self._reader = await context.pull_subscribe(
            f"{SUBJECTS}.*",
            stream=STREAM,
            config=api.ConsumerConfig(
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=tail.at + 1,
                # What was read is kept in the hub's own log.
                ack_policy=api.AckPolicy.NONE,
                inactive_threshold=FORGOTTEN,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._chain, self._read, self._target = chain, tail.at, state.last_seq

    async def _id_at(self, at: int) -> str:
        message = await self._context.get_msg(STREAM, at)
        return str((message.headers or {}).get(api.Header.MSG_ID.value, ""))

    async def _read_on(self, reader: JetStreamContext.PullSubscription) -> None:
        """Take in what comes, one message then those that wait behind it, until there is another reader."""
        while self._is_current(reader):
            if len(self._waiting) >= MAX_WAITING:
                self._room.clear()
                await self._room.wait()
                continue
            try:
                (first,) = await reader.fetch(1, timeout=LISTEN)
            except TimeoutError:
                await self._look(reader)
                continue
            self._take_in(first, reader)
            # No more than are there: `fetch` waits for as many as it was asked for.
            more = min(first.metadata.num_pending, BATCH)
            for message in await reader.fetch(more, timeout=LISTEN) if more else ():
                self._take_in(message, reader)

    def _is_current(self, reader: JetStreamContext.PullSubscription) -> bool:
        return reader is self._reader and self._joined.is_set()

    async def _look(self, reader: JetStreamContext.PullSubscription) -> None:
        """Prove that the silence is one: the server still knows this reader, and has sent it nothing more."""
        info = await reader.consumer_info()
        if info.delivered is not None and info.delivered.stream_seq > self._read + MAX_WAITING:
            self._lose(f"messages after {self._read} did not come")

    def _take_in(self, message: Msg, reader: JetStreamContext.PullSubscription) -> None:
        """Put a message to those that wait, unless its reader was given up.

        Raises:
            Malformed: it is no group.
        """
        at = message.metadata.sequence.stream
        if not self._is_current(reader) or at <= self._read:
            return
        if at > self._read + 1:
            self._lose(f"messages between {self._read} and {at} did not come")
            return
        self._waiting.append((at, decode_group(message.data)))
        self._read = at
        self._tell()

    async def _send(self, group: Group, message: bytes, expected: int) -> int | None:
        """Send the same bytes until acknowledged, and return their place; `None` if others were first.

        Raises:
            NotSaved: there was no acknowledgement.
            TooLarge: the server does not take so many bytes.
        """
        subject = f"{SUBJECTS}.{quote(group.tournament, safe='').replace('.', '%2E')}"
        headers = {
            api.Header.MSG_ID.value: group.id,
            api.Header.EXPECTED_STREAM.value: STREAM,
            api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(expected),
        }
        attempts = 0
        while True:
            attempts += 1
            try:
                ack = await self._context.publish(subject, message, timeout=ACKNOWLEDGE, headers=headers)
            except MaxPayloadError as error:
                raise TooLarge(
                    f"the backplane takes no {len(message)} bytes at once; raise its servers' max_payload"
                ) from error
            except APIError as error:
                if error.err_code not in CONFLICTS:
                    self._fail(f"it refuses: {error.description}", error)
                # No proof that another hub was first: an earlier attempt of this one gets it, too.
                own = await self._find(group, expected)
                if own is not None or self._waiting:
                    return own
            except (TimeoutError, NoStreamResponseError) as error:
                # Unknown, not failed.
                logger.warning("no acknowledgement of group %s yet: %s", group.id, error)
            except (NatsError, OSError) as error:
                self._fail(f"publishing failed: {error}", error)
            else:
                return int(ack.seq)
            if attempts == ATTEMPTS:
                self._fail("it does not acknowledge")

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

    async def _closed(self, client: Client) -> None:
        if client is self._client:
            self._lose("the connection ended")

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await _close(client)


def _stream_config(servers: int) -> api.StreamConfig:
    if servers < COPIES:
        logger.warning("the backplane has one copy of everything: name %d servers for more", COPIES)
    return api.StreamConfig(
        name=STREAM,
        description="Judged commands of Courtside's tournaments; the hubs' logs are its copies",
        subjects=[f"{SUBJECTS}.*"],
        storage=api.StorageType.FILE,
        num_replicas=COPIES if servers >= COPIES else 1,
        # Full means full: nothing old may make room.
        discard=api.DiscardPolicy.NEW,
        max_msgs=-1,
        max_bytes=-1,
        deny_delete=True,
        deny_purge=True,
    )


async def _close(client: Client) -> None:
    with contextlib.suppress(NatsError, OSError, TimeoutError):
        async with asyncio.timeout(CONNECT):
            await client.close()


async def _note(error: Exception) -> None:
    logger.debug("nats: %r", error)


def _sleep_on() -> None:
    """Wake nobody: nobody listens yet."""
