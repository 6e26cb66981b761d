"""The realtime client on a thread of its own, with an event loop of its own.

Owns that thread. Guarantees that what goes wrong at the start is raised where it was opened, that what goes
wrong later is told once and raised at the end, and that the end waits for the client to have closed. So a
terminal that stops reading, or a slow paint, delays no heartbeat, no sending and no commit.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.realtime.realtime import Realtime, open_realtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from core.realtime.network.dialler import FetchToken
    from core.settings import Settings

logger = logging.getLogger(__name__)


@contextmanager
def realtime_in_thread(
    settings: Settings,
    *,
    sends: bool = True,
    on_failure: Callable[[BaseException], None] | None = None,
    fetch_token: FetchToken | None = None,
) -> Iterator[Realtime]:
    """Open the realtime client on a thread of its own; it is closed at the end of the block.

    ```python
    with core.realtime_in_thread(settings) as realtime:
        realtime.join("tournament:summer")
        realtime.wait_until(lambda view: "summer" in view.tournaments, 10)
        entry = realtime.submit(core.commands.AddScore("m1", "blues", +1))
        print(entry.wait(10).outcome)
    ```

    Args:
        settings: everything that can be set.
        sends: False for a reader (see `open_realtime`).
        on_failure: called on that thread if the client fails while it is open; the failure is raised at the
            end too.
        fetch_token: as of `open_realtime`; awaited on that thread.

    Raises:
        BadLog: the journal is damaged and another process uses it, or a newer version wrote it.
        BadSettings: the settings ask for what this version does not have.
    """
    holder = _Holder(lambda: open_realtime(settings, sends=sends, fetch_token=fetch_token), on_failure)
    thread = threading.Thread(target=holder.hold, name="courtside-realtime")
    thread.start()
    try:
        yield holder.opened.result()
    finally:
        holder.stop()
        thread.join()
    if holder.failure is not None:
        raise holder.failure


class _Holder:
    """Holds the client open on its thread until it is told to stop."""

    def __init__(
        self,
        make: Callable[[], AbstractAsyncContextManager[Realtime]],
        on_failure: Callable[[BaseException], None] | None,
    ) -> None:
        self.opened: Future[Realtime] = Future()
        self.failure: BaseException | None = None
        self._make = make
        self._on_failure = on_failure
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = False
        self._stop = asyncio.Event()

    def hold(self) -> None:
        """Open, wait, close."""
        try:
            asyncio.run(self._hold())
        except BaseException as error:  # nothing above this thread would see it: handed on
            if not self.opened.done():
                self.opened.set_exception(error)
                return
            logger.critical("the realtime client failed", exc_info=error)
            self.failure = error
            if self._on_failure is not None:
                self._on_failure(error)

    def stop(self) -> None:
        """Ask the client to close; before it is open too, as when opening is interrupted."""
        self._stopped = True
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:
                logger.debug("it has ended already")

    async def _hold(self) -> None:
        async with self._make() as realtime:
            # First the loop, then the look: `stop` does it the other way round, so one of both is seen.
            self._loop = asyncio.get_running_loop()
            self.opened.set_result(realtime)
            if not self._stopped:
                await self._stop.wait()
