"""The stream of a NATS server in which hubs keep their shared order: the connection, what it reads and takes.

Owns how it is made, found, read and written; what its messages mean is `jetstream`'s affair. nats-py's own
reconnection is off: a connection that ended stays ended, and every fault is one of `FAULTS`.
"""

from __future__ import annotations

import contextlib
import logging
from asyncio import timeout
from dataclasses import dataclass
from secrets import SystemRandom
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from core.errors import BadSettings, TooLarge

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
    from collections.abc import Callable, Sequence

    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

    from core.domain.ids import TournamentId

NAME = "courtside"
SUBJECTS = "courtside.log"
"""What the subjects of all tournaments begin with; one subject a tournament."""
CONFLICTS = (10071, 10164)
"""Error codes of a message that does not come right after the one that it names, or that comes twice."""
COPIES = 3
"""Servers that keep each message, where so many are named."""
CONNECT = 2.0
"""Seconds for one server to answer."""
ACKNOWLEDGE = 2.0
"""Seconds for an acknowledgement."""
LISTEN = 1.0
"""Seconds to wait for a message."""
PING = 5
"""Seconds between two pings of a connection; two that stay unanswered end it."""
FORGOTTEN = 60.0
"""Seconds after which the server forgets a reader that is gone."""
BATCH = 256
"""Messages that are read at a time."""
FAULTS = (NatsError, OSError, TimeoutError)
"""What everything here raises where a server does not answer as it should."""

logger = logging.getLogger(__name__)
_chance = SystemRandom()


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a stream goes."""

    first: int
    last: int
    holed: bool
    """Whether messages were deleted from it."""


class Reader:
    """Reads a stream from one place on, message by message in their order."""

    def __init__(self, subscription: JetStreamContext.PullSubscription) -> None:
        self._subscription = subscription

    async def fetch(self) -> list[tuple[int, bytes]]:
        """Wait for a message, and return it with those behind it, each with its place; none after silence.

        Raises:
            FAULTS: the connection is not what it was.
        """
        try:
            (first,) = await self._subscription.fetch(1, timeout=LISTEN)
        except TimeoutError:
            return []
        # No more than are there: `fetch` waits for as many as it was asked for.
        more = min(first.metadata.num_pending, BATCH)
        return [_placed(one) for one in (first, *(await self._fetch(more)))]

    async def delivered(self) -> int:
        """Return up to which place the server has sent messages to this reader.

        Raises:
            FAULTS: the server does not know it, or does not answer.
        """
        info = await self._subscription.consumer_info()
        return 0 if info.delivered is None else info.delivered.stream_seq

    async def _fetch(self, count: int) -> Sequence[Msg]:
        return await self._subscription.fetch(count, timeout=LISTEN) if count else ()


class Stream:
    """A connection to one server.

    Args:
        client: connected.
        context: its JetStream.
        copies: how many servers keep each message of a stream that is made here.
    """

    def __init__(self, client: Client, context: JetStreamContext, copies: int) -> None:
        self._client = client
        self._context = context
        self._copies = copies

    async def extent(self, *, make: bool = False) -> Extent:
        """Return how far the stream goes.

        Args:
            make: whether it is made where it is not there.

        Raises:
            FAULTS: the server does not answer, or has no such stream.
        """
        try:
            state = (await self._context.stream_info(NAME)).state
        except NotFoundError:
            if not make:
                raise
            state = (await self._context.add_stream(_config(self._copies))).state
        return Extent(state.first_seq, state.last_seq, bool(state.deleted))

    async def id_at(self, at: int) -> str:
        """Return the id of the message at a place.

        Raises:
            FAULTS: it is not there, or the server does not answer.
        """
        message = await self._context.get_msg(NAME, at)
        return str((message.headers or {}).get(api.Header.MSG_ID.value, ""))

    async def read(self, at: int) -> Reader:
        """Begin to read at a place.

        Raises:
            FAULTS: the server does not answer.
        """
        subscription = await self._context.pull_subscribe(
            f"{SUBJECTS}.*",
            stream=NAME,
            config=api.ConsumerConfig(
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=at,
                # What was read is kept in the hub's own log.
                ack_policy=api.AckPolicy.NONE,
                inactive_threshold=FORGOTTEN,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        return Reader(subscription)

    async def publish(
        self, tournament: TournamentId, id: str, message: bytes, expected: int
    ) -> int | Literal["late", "unknown"]:
        """Send a message, and return its place once the servers have it.

        Args:
            tournament: whose it is.
            id: its id.
            message: its content.
            expected: the place of the tournament's last message.

        Returns:
            Its place; `late` where the servers have another message behind the expected one, or this one
            already; `unknown` where no acknowledgement came.

        Raises:
            TooLarge: the server does not take so many bytes.
            FAULTS: the server refuses, or the connection is not what it was.
        """
        headers = {
            api.Header.MSG_ID.value: id,
            api.Header.EXPECTED_STREAM.value: NAME,
            api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(expected),
        }
        subject = f"{SUBJECTS}.{quote(tournament, safe='').replace('.', '%2E')}"
        try:
            ack = await self._context.publish(subject, message, timeout=ACKNOWLEDGE, headers=headers)
        except MaxPayloadError as error:
            raise TooLarge(
                f"the backplane takes no {len(message)} bytes at once; raise its servers' max_payload"
            ) from error
        except APIError as error:
            if error.err_code not in CONFLICTS:
                raise
            return "late"
        except (TimeoutError, NoStreamResponseError) as error:
            logger.warning("no acknowledgement of group %s yet: %s", id, error)
            return "unknown"
        return int(ack.seq)

    async def close(self) -> None:
        """Close the connection."""
        await _close(self._client)


async def connect(urls: Sequence[str], name: str, closed: Callable[[Stream], None]) -> Stream:
    """Connect to any server, in an order by chance, so that not all hubs come to one.

    Args:
        urls: the servers.
        name: what they call this connection.
        closed: is told when it has ended.

    Raises:
        FAULTS: none answers.
    """
    order = list(urls)
    _chance.shuffle(order)
    for number, url in enumerate(order, 1):
        client = nats.NATS()
        stream = Stream(client, client.jetstream(timeout=ACKNOWLEDGE), COPIES if len(urls) >= COPIES else 1)

        async def tell(stream: Stream = stream) -> None:
            closed(stream)

        try:
            await client.connect(
                url,
                name=name,
                allow_reconnect=False,
                # Else it tries a server that refuses for two minutes.
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=CONNECT,
                ping_interval=PING,
                max_outstanding_pings=2,
                error_cb=_note,
                closed_cb=tell,
            )
        except FAULTS:
            await _close(client)
            if number == len(order):
                raise
            continue
        return stream
    raise AssertionError("at least one server is named")


def _placed(message: Msg) -> tuple[int, bytes]:
    return message.metadata.sequence.stream, message.data


def _config(copies: int) -> api.StreamConfig:
    if copies < COPIES:
        logger.warning("the backplane has one copy of everything: name %d servers for more", COPIES)
    return api.StreamConfig(
        name=NAME,
        description="Judged commands of Courtside's tournaments; the hubs' logs are its copies",
        subjects=[f"{SUBJECTS}.*"],
        storage=api.StorageType.FILE,
        num_replicas=copies,
        # Full means full: nothing old may make room.
        discard=api.DiscardPolicy.NEW,
        max_msgs=-1,
        max_bytes=-1,
        deny_delete=True,
        deny_purge=True,
    )


async def _close(client: Client) -> None:
    with contextlib.suppress(*FAULTS):
        async with timeout(CONNECT):
            await client.close()


async def _note(error: Exception) -> None:
    logger.debug("nats: %r", error)
