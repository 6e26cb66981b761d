"""A TCP proxy between clients and a hub, on a port of its own, that can be told to misbehave.

It can be held (half-open: it takes connections and bytes and passes nothing on), cut, stopped and started
again on its port, and slowed. Guarantees that while it is held no byte passes that way, that `cut` and `stop`
throw away what it holds, so that whoever was answered in that time never learns it, and that being slow
changes neither order nor throughput.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

_CHUNK_BYTES = 65536


class Proxy:
    """Forwards connections to `127.0.0.1:port` from a thread of its own.

    Args:
        port: the hub's port; nothing needs to listen there yet.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._delays = {"up": 0.0, "down": 0.0}
        self._server: asyncio.Server | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self.port = 0
        """Where it listens."""

    @property
    def url(self) -> str:
        """The address to give to clients."""
        return f"ws://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(10):
            raise AssertionError("the proxy did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def hold(self, *directions: str) -> None:
        """Let nothing through: `down` (hub to client), `up`, or both when none is named."""
        for direction in directions or ("up", "down"):
            self._loop.call_soon_threadsafe(self._flowing[direction].clear)

    def release(self) -> None:
        """Let everything through again, what was held first."""
        for flowing in self._flowing.values():
            self._loop.call_soon_threadsafe(flowing.set)

    def slow(self, seconds: float, *directions: str) -> None:
        """Have each byte arrive so much later; `down`, `up`, or both when none is named."""
        for direction in directions or ("up", "down"):
            self._delays[direction] = seconds

    def cut(self) -> None:
        """Abort all connections and throw away what was held, then let new ones through."""
        self._do(self._abort())
        self.release()

    def stop(self) -> None:
        """Abort all connections and refuse new ones, as if nothing ran there."""
        self._do(self._close())
        self.release()

    def start(self) -> None:
        """Take connections again, on the same port."""
        self._do(self._listen())

    def _do(self, action: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(action, self._loop).result(10)

    async def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._abort()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _run(self) -> None:
        self._stop = asyncio.Event()
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        for flowing in self._flowing.values():
            flowing.set()
        await self._listen()
        self._started.set()
        await self._stop.wait()
        await self._close()
        pumps = asyncio.all_tasks() - {asyncio.current_task()}
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # the hub is down: so is the proxy, to whoever asks
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pump(reader, far_writer, "up"))
            group.create_task(self._pump(far_reader, writer, "down"))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str) -> None:
        """Pass bytes on, each as late as the proxy is slow, until either side ends."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pour(waiting, writer, direction))
            try:
                while data := await reader.read(_CHUNK_BYTES):
                    waiting.put_nowait((self._loop.time() + self._delays[direction], data))
            except ConnectionError:
                pass
            finally:
                waiting.put_nowait((self._loop.time() + self._delays[direction], b""))

    async def _pour(
        self, waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, direction: str
    ) -> None:
        try:
            while True:
                due, data = await waiting.get()
                await asyncio.sleep(due - self._loop.time())
                await self._flowing[direction].wait()
                if not data or writer.transport.is_closing():
                    return
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()
