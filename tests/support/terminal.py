"""A terminal for tests: a program in a pty of a given size, its screen kept by a real emulator.

Guarantees that `wait_for` looks at what a person would see at that moment, and that leaving the context
ends the program.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import pexpect
import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
}


class Terminal:
    """One program in a pty.

    Args:
        argv: the program and its arguments.
        env: its whole environment.
        columns: width in cells.
        rows: height in cells.
    """

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], columns: int = 80, rows: int = 24
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = threading.Condition()
        self._over = False
        self._reads = threading.Event()
        self._reads.set()
        self.output = bytearray()
        """Everything that the program wrote, raw."""
        self._child = pexpect.spawn(
            argv[0],
            list(argv[1:]),
            # The pty has the size; a test runner's own, in the environment, would overrule it.
            env={name: value for name, value in env.items() if name not in ("COLUMNS", "LINES")}
            | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
            dimensions=(rows, columns),
            timeout=None,
        )
        self._child.delaybeforesend = None
        self.pid = int(self._child.pid or 0)
        self._reader = threading.Thread(target=self._read, name=f"terminal-{self.pid}", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _read(self) -> None:
        while True:
            self._reads.wait()
            try:
                data = os.read(self._child.child_fd, 65536)
            except OSError:  # the pty's other end is gone
                data = b""
            with self._changed:
                if data:
                    self.output += data
                    self._stream.feed(data)
                self._over = not data
                self._changed.notify_all()
            if not data:
                return

    @property
    def descriptor(self) -> int:
        """The pty's own end, whose modes are the terminal's."""
        return self._child.child_fd

    @contextmanager
    def unread(self) -> Iterator[None]:
        """Read nothing that the program writes, as a terminal that hangs: at most one more piece."""
        self._reads.clear()
        try:
            yield
        finally:
            self._reads.set()

    def text(self) -> str:
        """Return what the screen shows now, a line a row."""
        with self._changed:
            return "\n".join(self._screen.display)

    def wait_for(self, shown: str | Callable[[str], object], within: float = 20.0) -> str:
        """Wait until the screen shows something, and return the screen.

        Raises:
            AssertionError: it did not within so many seconds; the message holds the screen.
        """

        def holds(text: str) -> object:
            return shown(text) if callable(shown) else shown in text

        deadline = time.monotonic() + within
        with self._changed:
            while True:
                text = "\n".join(self._screen.display)
                if holds(text):
                    return text
                left = deadline - time.monotonic()
                if left <= 0 or self._over:
                    what = "a condition" if callable(shown) else repr(shown)
                    state = "the program ended" if self._over else f"{within:.0f} s passed"
                    raise AssertionError(f"{state} without {what} on screen:\n{text}")
                self._changed.wait(min(left, 0.5))

    def press(self, *keys: str) -> None:
        """Type keys: named ones (`enter`, `up`) or characters."""
        for key in keys:
            self._child.send(KEYS.get(key, key))

    def wait(self, within: float = 20.0) -> int:
        """Wait for the program's end and return its exit code (below 0: the signal that ended it)."""
        self._reader.join(within)
        if self._reader.is_alive():
            raise AssertionError(f"still running after {within:.0f} s:\n{self.text()}")
        self._child.wait()
        return -int(self._child.signalstatus or 0) or int(self._child.exitstatus or 0)

    def kill(self) -> None:
        """End the program with SIGKILL, as a crash would; it may have ended already."""
        if self._child.isalive():
            os.kill(self.pid, signal.SIGKILL)
            self._child.wait()
        self._reader.join(10)
        self._child.close()
