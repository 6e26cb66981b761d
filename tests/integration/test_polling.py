"""Long polling against a real hub, through proxies that lose replies and portals that pretend."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, TypeVar

import httpx
import pytest

from core.domain.commands import CreateTournament, Entry
from core.domain.ids import DeviceId, RoomId, presence_room
from core.hub.rooms.presence import LEAVE_GRACE
from core.realtime.network.polling import Polling
from core.wire.codec import decode_hub, encode
from core.wire.messages import Answers, Events, Goodbye, Hello, Join, Ping, Pong, Snapshot, Submit, Welcome
from core.wire.poll import MEDIA_TYPES, Poll, decode_polled, encode_body, wrap
from core.wire.presence import PresenceDiff, PresenceSnapshot
from tests.support.http_proxy import HttpProxy
from tests.support.hub import HubProcess, TestClient
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from core.wire.codec import Format, Frame
    from core.wire.messages import ClientMessage

PLAN = league()
ROOM = RoomId(f"tournament:{PLAN.id}")
M = TypeVar("M")


class Listener:
    """A carrier that decodes what it hears and lets itself be waited for."""

    def __init__(self) -> None:
        self.messages: list[object] = []
        self.taken = 0
        self.end: tuple[int, str] | None = None
        self.is_open = False
        self._news = asyncio.Event()

    def opened(self) -> None:
        self.is_open = True
        self._news.set()

    def received(self, frame: Frame) -> None:
        self.messages.append(decode_hub(frame))
        self._news.set()

    def sent(self, frame_bytes: int) -> None:
        self.taken += frame_bytes

    def closed(self, code: int, reason: str, retry_after: float = 0.0) -> None:
        assert retry_after == 0.0, "a poll that must wait is asked again, it does not end the link"
        self.end = (code, reason)
        self._news.set()

    async def expect(self, kind: type[M], at_least: int = 1, within: float = 10) -> list[M]:
        """Wait until so many messages of a kind have come."""
        async with asyncio.timeout(within):
            while len(found := [one for one in self.messages if isinstance(one, kind)]) < at_least:
                self._news.clear()
                await self._news.wait()
        return found

    async def ended(self, within: float = 10) -> tuple[int, str]:
        async with asyncio.timeout(within):
            while self.end is None:
                self._news.clear()
                await self._news.wait()
        return self.end


@asynccontextmanager
async def polled(url: str, form: Format = "msgpack") -> AsyncIterator[tuple[Polling, Listener]]:
    """Run a link over polls until the end of the block; it greets the hub when it is open."""
    listener = Listener()
    link = Polling(url, form, 5.0, listener)
    async with asyncio.TaskGroup() as group:
        group.create_task(link.run())
        link.send(Hello(DeviceId("laptop-1"), "Ann"))
        yield link, listener
        link.hang_up(1000, "")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as running:
        running.post(entry(PLAN.id, CreateTournament(PLAN), id="create"))
        yield running


def points(prefix: str, count: int) -> list[Entry]:
    return [entry(PLAN.id, point(PLAN, 1, "a"), id=f"{prefix}-{number}") for number in range(count)]


@pytest.mark.parametrize("form", ["json", "msgpack"])
async def test_a_link_over_polls_says_and_hears_the_same(hub: HubProcess, form: Format) -> None:
    async with polled(hub.url, form) as (link, heard):
        assert isinstance((await heard.expect(Welcome))[0], Welcome)
        link.send(Join(ROOM))
        state = (await heard.expect(Snapshot))[0].state
        made = points(f"both-{form}", 3)
        link.send(Submit(tuple(made)))
        link.send(Ping(7.5))
        answers = [answer for said in await heard.expect(Answers) for answer in said.answers]
        assert [answer.id for answer in answers] == [one.id for one in made]
        events = [event for said in await heard.expect(Events) for event in said.events]
        assert [event.seq for event in events] == [state.position.seq + n for n in range(1, len(events) + 1)]
        assert (await heard.expect(Pong))[0].sent == 7.5
        assert heard.taken > 0


async def test_what_others_do_comes_at_once(hub: HubProcess) -> None:
    async with polled(hub.url) as (link, heard):
        link.send(Join(ROOM))
        await heard.expect(Snapshot)
        with TestClient.open(hub, device="laptop-2") as other:
            began = asyncio.get_running_loop().time()
            other.send(Submit(tuple(points("other", 1))))
            await heard.expect(Events)
        assert asyncio.get_running_loop().time() - began < 2


async def test_nothing_comes_twice_or_is_left_out_when_replies_are_lost(hub: HubProcess) -> None:
    with HttpProxy(hub.port) as proxy:
        async with polled(proxy.url) as (link, heard):
            link.send(Join(ROOM))
            start = (await heard.expect(Snapshot))[0].state.position.seq
            made = points("lossy", 6)
            for number, one in enumerate(made):
                if number % 2:
                    proxy.lose_replies = 2
                link.send(Submit((one,)))
                await heard.expect(Answers, number + 1)
            answers = [answer.id for said in await heard.expect(Answers) for answer in said.answers]
            assert answers == [one.id for one in made]
            seqs = [event.seq for said in await heard.expect(Events) for event in said.events]
            assert seqs == list(range(start + 1, start + 1 + len(seqs)))
            assert heard.end is None


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "401 Unauthorized", "403 Forbidden"])
async def test_a_captive_portal_is_not_taken_for_the_hub(hub: HubProcess, status: str) -> None:
    with HttpProxy(hub.port) as proxy:
        proxy.portal, proxy.portal_status = True, status
        async with polled(proxy.url) as (_, heard):
            code, reason = await heard.ended()
    assert code == 1006
    assert "no hub" in reason
    assert not heard.is_open


async def test_a_portal_that_comes_between_ends_the_link(hub: HubProcess) -> None:
    with HttpProxy(hub.port) as proxy:
        async with polled(proxy.url) as (_, heard):
            await heard.expect(Welcome)
            proxy.portal = True
            proxy.cut()
            code, reason = await heard.ended()
    assert (code, "no hub" in reason) == (1006, True)


async def test_nobody_there_is_told_as_such() -> None:
    async with polled("ws://127.0.0.1:9") as (_, heard):
        code, reason = await heard.ended()
    assert code == 1006
    assert "no answer" in reason


async def test_a_hub_that_stops_says_so_and_a_new_one_knows_nothing_of_the_session(tmp_path: Path) -> None:
    with HubProcess(tmp_path) as own:
        async with polled(own.url) as (_, heard):
            await heard.expect(Welcome)
            assert await asyncio.to_thread(own.stop) == 0
            assert (await heard.expect(Goodbye))[0].reason == "the hub is stopping"
            assert await heard.ended() == (1001, "the hub is stopping")
        own.start()
        session, _ = begin(own, Hello(DeviceId("laptop-1"), "Ann"))
        assert not is_gone(own, session)
        own.restart()
        assert is_gone(own, session)


QUICK = (
    "import core.hub.lobby, core.hub.web.poll\n"
    "core.hub.lobby.SILENCE = 1.0\n"
    "core.hub.web.poll.HELLO_DEADLINE = 0.5\n"
    "core.hub.web.poll.MAX_BUFFER_BYTES = 2_000\n"
)
"""A hub that ends silent and slow sessions soon."""


def ask(hub: HubProcess, poll: Poll) -> httpx.Response:
    """Make one request as polling clients do, in JSON."""
    return httpx.post(
        f"{hub.http}/v1/poll",
        content=encode_body(poll, "json"),
        headers={"Content-Type": MEDIA_TYPES["json"]},
        timeout=30,
    )


def begin(hub: HubProcess, *messages: ClientMessage) -> tuple[str, Poll]:
    """Begin a session and say something; return its id, and the poll that said it."""
    session = decode_polled(ask(hub, Poll("")).content, "json").session
    frames = tuple(wrap(encode(message, "json")) for message in messages)
    bringing = Poll(session, 0, 1, frames)
    assert decode_polled(ask(hub, bringing).content, "json").taken == len(frames)
    return session, bringing


def is_gone(hub: HubProcess, session: str) -> bool:
    return ask(hub, Poll(session)).status_code == 410


def test_sessions_that_are_silent_or_read_nothing_are_ended(tmp_path: Path) -> None:
    with HubProcess(tmp_path, before=QUICK) as own:
        own.post(entry(PLAN.id, CreateTournament(PLAN), id="create"))
        mute, _ = begin(own)
        said = decode_polled(ask(own, Poll(mute, wait=10.0)).content, "json")
        assert said.end is not None
        assert said.end.code == 4408
        silent, bringing = begin(own, Hello(DeviceId("laptop-1"), "Ann"))
        assert decode_polled(ask(own, bringing).content, "json").taken == 1, "said twice, taken once"
        slow, _ = begin(own, Hello(DeviceId("laptop-2"), "Bo"), Join(ROOM))
        own.post(*points("slow", 30))
        assert is_gone(own, slow)
        until = monotonic() + 10
        # Looking at the session would be a sign of life: how many there are tells it, too.
        while httpx.get(f"{own.http}/healthz").json()["clients"]:
            assert monotonic() < until
            sleep(0.05)
        assert is_gone(own, silent)


async def test_who_leaves_over_polls_is_gone_at_once(hub: HubProcess) -> None:
    with TestClient.open(hub, device="watcher") as watcher:
        watcher.send(Join(presence_room(PLAN.id)))
        watcher.expect(PresenceSnapshot)
        async with polled(hub.url) as (link, heard):
            link.send(Join(ROOM))
            await heard.expect(Snapshot)
            while "laptop-1" not in [who.device for who in watcher.expect(PresenceDiff).joined]:
                pass
        while "laptop-1" not in [who.device for who in watcher.expect(PresenceDiff, LEAVE_GRACE / 2).left]:
            pass


def test_what_is_no_poll_is_answered_with_a_problem(hub: HubProcess) -> None:
    url = f"{hub.http}/v1/poll"
    ours = {"Content-Type": MEDIA_TYPES["json"]}
    assert httpx.post(url, content=b"{}").status_code == 415
    assert httpx.post(url, content=b"{}", headers=ours).status_code == 400
    assert httpx.post(url, content=b" " * (2 << 20), headers=ours).status_code == 413
    unknown = httpx.post(url, content=encode_body(Poll("nobody"), "json"), headers=ours)
    assert unknown.status_code == 410
    assert unknown.headers["content-type"] == "application/problem+json"


def test_a_session_that_skips_frames_is_over(hub: HubProcess) -> None:
    url = f"{hub.http}/v1/poll"
    ours = {"Content-Type": MEDIA_TYPES["json"]}
    opened = decode_polled(
        httpx.post(url, content=encode_body(Poll(""), "json"), headers=ours).content, "json"
    )
    body = encode_body(Poll(opened.session, 0, 5, ()), "json")
    assert httpx.post(url, content=body, headers=ours).status_code == 410
    assert httpx.post(url, content=encode_body(Poll(opened.session), "json"), headers=ours).status_code == 410
