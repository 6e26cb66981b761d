"""One link against servers that misbehave, and the client on its thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.typing import Subprotocol

from core.domain.commands import CreateTournament
from core.domain.ids import RoomId
from core.errors import BadLog
from core.realtime import thread as thread_module
from core.realtime.disk.opening import open_folder
from core.realtime.effects import CLOSE_BLOCKED
from core.realtime.network import link as link_module
from core.realtime.network.link import HUB_PROBLEM, Compression, Link, is_near
from core.realtime.realtime import Realtime, open_realtime
from core.realtime.thread import realtime_in_thread
from core.wire.codec import decode_client
from core.wire.messages import BINARY_SUBPROTOCOL, Hello, Join, Leave
from tests.support.hub import HubProcess
from tests.support.proxy import Proxy
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from websockets.http11 import Request

    from core.realtime.disk.opening import Opened
    from core.settings import Settings
    from core.wire.codec import Frame
    from core.wire.messages import ClientMessage

PLAN = league()
NOWHERE = "ws://127.0.0.1:9"

Behaviour = Callable[[ServerConnection], Awaitable[None]]


class Heard:
    """A carrier that notes what it hears."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.is_open = asyncio.Event()
        self.end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self.bytes_out = 0
        self.retry_after = 0.0

    def opened(self) -> None:
        self.is_open.set()

    def received(self, frame: Frame) -> None:
        self.frames.append(frame)

    def sent(self, frame_bytes: int) -> None:
        self.bytes_out += frame_bytes

    def closed(self, code: int, reason: str, retry_after: float = 0.0) -> None:
        self.retry_after = retry_after
        self.end.set_result((code, reason))


@asynccontextmanager
async def server(
    behave: Behaviour,
    status: HTTPStatus | None = None,
    media_type: str = "text/html",
    again: Mapping[str, str] | None = None,
) -> AsyncIterator[str]:
    """Run a server that speaks WebSocket, or answers every handshake with `status` and headers."""

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        headers = Headers({"Content-Type": media_type, **(again or {})})
        return None if status is None else Response(status, status.phrase, headers, b"")

    subprotocols = [Subprotocol(BINARY_SUBPROTOCOL)]
    async with serve(behave, "127.0.0.1", 0, subprotocols=subprotocols, process_request=refuse) as running:
        yield f"ws://127.0.0.1:{running.sockets[0].getsockname()[1]}"


async def wait(connection: ServerConnection) -> None:
    await connection.wait_closed()


@asynccontextmanager
async def carried(url: str, open_timeout: float = 5.0) -> AsyncIterator[tuple[Link, Heard]]:
    """Run a link until the end of the block."""
    heard = Heard()
    link = Link(url, "msgpack", open_timeout, heard)
    async with asyncio.TaskGroup() as group:
        group.create_task(link.run())
        yield link, heard
        link.hang_up(1000, "")


async def test_frames_go_both_ways_in_order() -> None:
    got: list[object] = []

    async def behave(connection: ServerConnection) -> None:
        async for frame in connection:
            got.append(decode_client(frame))
            await connection.send(frame)

    async with server(behave) as url, carried(url) as (link, heard):
        messages: list[ClientMessage] = [Join(RoomId("tournament:a")), Leave(RoomId("tournament:a"))]
        for message in messages:
            link.send(message)
        async with asyncio.timeout(10):
            while len(heard.frames) < 2:
                await asyncio.sleep(0.01)
    assert got == messages
    assert [decode_client(frame) for frame in heard.frames] == messages
    assert heard.bytes_out == sum(len(frame) for frame in heard.frames)


async def test_the_end_is_told_with_code_and_reason() -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.close(4401, "sign in\nfirst")

    async with server(behave) as url, carried(url) as (_, heard):
        assert await asyncio.wait_for(heard.end, 10) == (4401, "sign in first")


async def test_a_broken_connection_is_told_as_such() -> None:
    async def behave(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with server(behave) as url, carried(url) as (_, heard):
        assert await asyncio.wait_for(heard.end, 10) == (1006, "the connection broke")


@pytest.mark.parametrize(
    ("status", "media_type", "code", "words"),
    [
        (HTTPStatus.FORBIDDEN, HUB_PROBLEM, 4401, "the hub answered 403"),
        (HTTPStatus.SERVICE_UNAVAILABLE, HUB_PROBLEM, 1006, "the hub answered 503"),
        (HTTPStatus.FORBIDDEN, "text/html", CLOSE_BLOCKED, "lets no WebSocket through"),
        (HTTPStatus.BAD_GATEWAY, "text/plain", CLOSE_BLOCKED, "lets no WebSocket through"),
    ],
)
async def test_a_refused_handshake_says_why(
    status: HTTPStatus, media_type: str, code: int, words: str
) -> None:
    async with server(wait, status, media_type) as url, carried(url) as (_, heard):
        told, reason = await asyncio.wait_for(heard.end, 10)
    assert told == code
    assert words in reason


@pytest.mark.parametrize(
    ("media_type", "asked", "wait_for"),
    [
        (HUB_PROBLEM, "5", 5.0),
        (HUB_PROBLEM, "Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        (HUB_PROBLEM, "-5", 0.0),
        ("text/html", "5", 0.0),
    ],
)
async def test_a_full_hub_says_when_to_come_again_and_nobody_else_does(
    media_type: str, asked: str, wait_for: float
) -> None:
    full = server(wait, HTTPStatus.SERVICE_UNAVAILABLE, media_type, {"Retry-After": asked})
    async with full as url, carried(url) as (_, heard):
        await asyncio.wait_for(heard.end, 10)
    assert heard.retry_after == wait_for


@pytest.mark.parametrize(
    ("url", "words"),
    [(NOWHERE, "no hub is running there"), ("ws://nowhere.invalid", "no such host")],
)
async def test_a_dial_that_fails_says_why(url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy of this machine's network would answer in place of the host.
    monkeypatch.setattr(link_module, "is_near", lambda endpoint: True)
    async with carried(url) as (_, heard):
        assert await asyncio.wait_for(heard.end, 10) == (1006, words)


@pytest.mark.parametrize(
    ("answer", "says"),
    [(b"220 mail ready\r\n", "what answers there is no hub"), (b"", "ended before a hub answered")],
)
async def test_what_answers_like_no_hub_is_named_so(answer: bytes, says: str) -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    running = await asyncio.start_server(behave, "127.0.0.1", 0)
    async with running, carried(f"ws://127.0.0.1:{running.sockets[0].getsockname()[1]}") as (_, heard):
        code, reason = await asyncio.wait_for(heard.end, 10)
    assert code == CLOSE_BLOCKED
    assert says in reason


@pytest.mark.parametrize(
    ("compression", "names"), [("auto", []), ("off", []), ("on", ["permessage-deflate"])]
)
async def test_frames_are_compressed_as_the_setting_says(compression: Compression, names: list[str]) -> None:
    seen: list[list[str]] = []

    async def behave(connection: ServerConnection) -> None:
        seen.append([extension.name for extension in connection.protocol.extensions])
        await connection.wait_closed()

    async with server(behave) as url:
        heard = Heard()
        link = Link(url, "msgpack", 5.0, heard, compression=compression)
        async with asyncio.TaskGroup() as group:
            group.create_task(link.run())
            await asyncio.wait_for(heard.is_open.wait(), 10)
            link.hang_up(1000, "")
    assert seen == [names]


async def test_a_silent_dial_is_given_up() -> None:
    gone = asyncio.Event()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    running = await asyncio.start_server(behave, "127.0.0.1", 0)
    async with running:
        url = f"ws://127.0.0.1:{running.sockets[0].getsockname()[1]}"
        async with carried(url, open_timeout=0.1) as (_, heard):
            assert await asyncio.wait_for(heard.end, 10) == (CLOSE_BLOCKED, "no answer within 0.1 s")
        async with carried(url) as (link, heard):
            link.hang_up(1000, "")
        assert not heard.end.done()
        gone.set()


async def test_a_link_that_takes_nothing_is_cut_and_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "MAX_OUT_BYTES", 100_000)
    blocked = asyncio.Event()

    async def behave(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await blocked.wait()
        connection.transport.abort()

    async with server(behave) as url, carried(url) as (link, heard):
        await asyncio.wait_for(heard.is_open.wait(), 10)
        for _ in range(1_000):
            link.send(Join(RoomId("tournament:" + "x" * 500)))
        assert await asyncio.wait_for(heard.end, 10) == (1006, "the link takes nothing more")
        blocked.set()


@pytest.mark.parametrize(
    ("endpoint", "near"),
    [
        ("ws://127.0.0.1:1", True),
        ("ws://[::1]:1", True),
        ("ws://192.168.4.7", True),
        ("ws://169.254.1.1", True),
        ("ws://localhost", True),
        ("ws://hub.local:8765", True),
        ("wss://hub.example.org", False),
        ("ws://8.8.8.8", False),
    ],
)
def test_what_is_near_goes_without_compression_and_proxy(endpoint: str, near: bool) -> None:
    assert is_near(endpoint) is near


async def test_a_frame_that_cannot_be_read_ends_the_link_and_is_said(data: Path) -> None:
    hellos: list[object] = []

    async def behave(connection: ServerConnection) -> None:
        hellos.append(decode_client(await connection.recv()))
        await connection.send(b"\xc1 this is no message")
        await connection.wait_closed()

    async with server(behave) as url, open_realtime(quick(data, url)) as realtime:
        await realtime.wait_for(lambda view: "cannot be read" in view.connection.reason, 10)
        async with asyncio.timeout(10):
            while len(hellos) < 2:
                await asyncio.sleep(0.01)
        assert isinstance(hellos[0], Hello)
        assert hellos[0].name == "ana"


async def test_a_link_gone_silent_is_found_and_made_anew(data: Path, hub: HubProcess) -> None:
    with Proxy(hub.port) as proxy:
        settings = quick(data, proxy.url).model_copy(
            update={"heartbeat_interval": 0.2, "heartbeat_timeout": 0.6}
        )
        async with open_realtime(settings) as realtime:
            await realtime.wait_for(lambda view: view.connection.state == "live", 10)
            proxy.hold("down")
            submission = realtime.submit(CreateTournament(league(name="held")))
            await realtime.wait_for(lambda view: not view.connection.connected, 10)
            proxy.cut()
            assert (await submission.confirmed(20)).outcome == "accepted"


async def test_a_bug_in_a_listener_stops_no_other_and_is_said(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise ValueError("a bug of the listener")

    async with open_realtime(quick(data, NOWHERE)) as realtime:
        realtime.subscribe(fail)
        with caplog.at_level(logging.CRITICAL):
            await realtime.submit(point(PLAN, 1, "a")).saved(10)
            view = await realtime.wait_for(lambda view: "a bug of the listener" in str(view.feed.lines), 10)
        assert view.can_save


async def test_what_the_program_raises_comes_out_as_it_was(data: Path) -> None:
    async def work() -> None:
        async with open_realtime(quick(data, NOWHERE)):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await work()


async def test_cancelling_closes_everything(data: Path) -> None:
    opened = asyncio.Event()

    async def work() -> None:
        async with open_realtime(quick(data, NOWHERE)) as realtime:
            realtime.submit(point(PLAN, 1, "a"), id="mine")
            opened.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(work())
        await opened.wait()
        task.cancel()
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        assert realtime.view.sends
        assert [queued.entry.id for queued in realtime.view.queue] == ["mine"]


async def test_waiting_has_an_end(data: Path) -> None:
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        with pytest.raises(TimeoutError):
            await realtime.wait_for(lambda view: False, 0.05)
        with pytest.raises(ZeroDivisionError):
            await realtime.wait_for(lambda view: 1 // 0 == 1, 5)
        submission = realtime.submit(point(PLAN, 1, "a"))
        with pytest.raises(TimeoutError):
            await submission.confirmed(0.05)
        realtime.retry(submission.id)
        realtime.reconnect()
        assert realtime.metrics().active_connections == 0
        assert realtime.room_stats("tournament:x") is None


def test_on_a_thread_everything_works_from_any_other(data: Path, hub: HubProcess) -> None:
    hub.post(entry(PLAN.id, CreateTournament(PLAN), id="plan", device="office"))
    with realtime_in_thread(quick(data, hub.url)) as realtime:
        realtime.join_all()
        realtime.wait_until(lambda view: PLAN.id in view.tournaments, 10)
        outcomes: list[str] = []

        def score() -> None:
            outcomes.extend(realtime.submit(point(PLAN, 1, "a")).wait(20).outcome for _ in range(5))

        threads = [threading.Thread(target=score) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes == ["accepted"] * 20
        assert asyncio.run(on_another_loop(realtime)) == 20
    with pytest.raises(RuntimeError, match="closed"):
        realtime.submit(point(PLAN, 1, "a"))


async def on_another_loop(realtime: Realtime) -> int:
    home = next(iter(PLAN.fixtures)).id
    view = await realtime.wait_for(
        lambda view: view.tournaments[PLAN.id].confirmed.matches[home].score.home == 20, 10
    )
    return view.tournaments[PLAN.id].confirmed.matches[home].score.home


def test_what_goes_wrong_at_the_start_is_raised_where_it_was_opened(data: Path) -> None:
    (data / "client").mkdir(parents=True)
    (data / "client" / "device.json").write_text("{}")
    with pytest.raises(BadLog, match="delete it"), realtime_in_thread(quick(data, NOWHERE)):
        pass


def test_opening_can_be_interrupted(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opening, stopped, stop = threading.Event(), threading.Event(), thread_module._Holder.stop

    def slow(settings: Settings, *, sends: bool) -> Opened:
        opening.set()
        assert stopped.wait(10)
        return open_folder(settings, sends=sends)

    def stop_first(holder: thread_module._Holder) -> None:
        stop(holder)
        stopped.set()

    class Interrupted(Future[Realtime]):
        def result(self, timeout: float | None = None) -> Realtime:
            assert opening.wait(10)
            raise KeyboardInterrupt

    monkeypatch.setattr("core.realtime.realtime.open_folder", slow)
    monkeypatch.setattr("core.realtime.thread.Future", Interrupted)
    monkeypatch.setattr(thread_module._Holder, "stop", stop_first)
    with pytest.raises(KeyboardInterrupt), realtime_in_thread(quick(data, NOWHERE)):
        pass
    assert not any(thread.name == "courtside-realtime" for thread in threading.enumerate())


def test_what_goes_wrong_later_is_told_and_raised_at_the_end(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[BaseException] = []
    failed = threading.Event()

    def hear(error: BaseException) -> None:
        told.append(error)
        failed.set()

    def break_it(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    def work() -> None:
        with realtime_in_thread(quick(data, NOWHERE), on_failure=hear) as realtime:
            monkeypatch.setattr("core.realtime.engine.Engine.retry", break_it)
            submission = realtime.submit(point(PLAN, 1, "a"))
            realtime.wait_until(lambda view: bool(view.queue), 10)
            realtime.retry(submission.id)
            assert failed.wait(10)

    with pytest.raises(ExceptionGroup) as raised:
        work()
    assert raised.group_contains(ZeroDivisionError, match="a bug")
    assert told == [raised.value]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "laptop"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> object:
    with HubProcess(tmp_path_factory.mktemp("hub")) as running:
        yield running


async def test_a_token_is_fetched_for_each_dial(tmp_path: Path) -> None:
    greeted: list[str | None] = []
    asked: list[str] = []

    async def behave(connection: ServerConnection) -> None:
        hello = decode_client(await connection.recv())
        assert isinstance(hello, Hello)
        greeted.append(hello.token)

    async def fetch(address: str) -> str:
        asked.append(address)
        if len(asked) == 1:
            raise RuntimeError("the cloud is down")
        return f"token-{len(asked)}"

    async with server(behave) as url:
        async with open_realtime(quick(tmp_path / "data", url), fetch_token=fetch) as realtime:
            await realtime.wait_for(lambda view: "the cloud is down" in view.connection.reason, 10)
            await realtime.wait_for(lambda _: len(greeted) > 1, 10)
        assert greeted[:2] == ["token-2", "token-3"]
        assert set(asked) == {url}
