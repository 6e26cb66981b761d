"""Virtual time: an event loop whose clock jumps to whatever is due next, so that an evening takes no time.

What runs on it is real asyncio; only waiting is not. Work for another thread, which is a disk's, is done when
`Disk` says.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from core.hub import link, lobby
from core.hub.log import rounds
from core.realtime.effects import Moment
from tests.support.tournaments import NOON

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Disk(Protocol):
    """What takes its time, and may end before its work is done."""

    def work(self, action: Callable[[], Any], told: asyncio.Future[Any]) -> None:
        """Do something some time, and tell of it some time later; or never."""
        ...


class _Jump(selectors.SelectSelector):
    """Waits for nobody: time goes on instead."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("nothing is due any more")
        self.loop.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop."""

    def __init__(self) -> None:
        self.now = 0.0
        self.disk: Disk | None = None
        jump = _Jump()
        jump.loop = self
        super().__init__(jump)

    def time(self) -> float:
        return self.now

    @property
    def at(self) -> datetime:
        """The wall clock."""
        return NOON + timedelta(seconds=self.now)

    @property
    def moment(self) -> Moment:
        """Both clocks."""
        return Moment(self.now, self.at)

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        told = self.create_future()
        assert self.disk is not None
        self.disk.work(lambda: func(*args), told)
        return told


@contextmanager
def virtual_time() -> Iterator[VirtualLoop]:
    """Have a loop in virtual time, whose wall clock the hub reads too."""
    loop = VirtualLoop()
    readers = (rounds, lobby, link)
    real, inbox = rounds.utc_now, rounds.MAX_INBOX
    for reader in readers:
        setattr(reader, "utc_now", lambda: loop.at)  # noqa: B010 -- the modules' own name for their clock
    # What breaks here breaks on purpose: nobody is to read a thousand warnings of it.
    logging.disable(logging.CRITICAL)
    # An evening's garbage is small, and looking for it takes a tenth of its time.
    gc.disable()
    try:
        yield loop
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)
        rounds.MAX_INBOX = inbox
        for reader in readers:
            setattr(reader, "utc_now", real)  # noqa: B010 -- as above
        loop.close()
