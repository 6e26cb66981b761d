"""A recorder: a program in a pty, what it wrote and when, replayed into a screen afterwards.

While the program runs its output is only stamped and kept: drawing it then would slow what is measured.
Times are seconds of the monotonic clock.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from time import monotonic, sleep

import pyte

COLUMNS, ROWS = 120, 40
PATIENCE = 10.0
"""Seconds that a program may take to end after it was asked to."""

PRIVATE_SEQUENCES = re.compile(rb"\x1b\[[<=>][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1bP.*?\x1b\\", re.DOTALL)
"""Questions and keyboard protocols that the replaying screen does not know and would print."""

Shows = Callable[[list[str], int], bool]
"""Tells from the screen's lines whether the n-th press, counted from 1, has been drawn."""


@dataclass(slots=True)
class Recorder:
    """A running program and the record of what it wrote."""

    master: int
    pid: int
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    """When something was read and what, in order."""
    presses: list[float] = field(default_factory=list)
    """When each measured key was pressed."""

    def press(self, keys: str, *, measured: bool = False) -> None:
        """Press keys at once, as a person's terminal would send them."""
        if measured:
            self.presses.append(monotonic())
        os.write(self.master, keys.encode())

    def lines(self) -> list[str]:
        """Return what the screen shows now."""
        screen, stream = blank()
        for _, chunk in list(self.chunks):
            stream.feed(PRIVATE_SEQUENCES.sub(b"", chunk))
        return list(screen.display)

    def wait_for(self, pattern: str, patience: float = 20.0) -> None:
        """Wait until the screen shows a pattern.

        Raises:
            TimeoutError: it did not; the message holds the screen.
        """
        deadline = monotonic() + patience
        while not re.search(pattern, "\n".join(self.lines())):
            if monotonic() > deadline:
                raise TimeoutError(f"the screen never showed {pattern!r}:\n" + "\n".join(self.lines()))
            sleep(0.1)

    def first_shown(self, pattern: str) -> float:
        """Return when what was written first showed a pattern.

        Raises:
            RuntimeError: it never did.
        """
        screen, stream = blank()
        for when, chunk in self.chunks:
            stream.feed(PRIVATE_SEQUENCES.sub(b"", chunk))
            if re.search(pattern, "\n".join(screen.display)):
                return when
        raise RuntimeError(f"the screen never showed {pattern!r}")

    def latencies(self, shows: Shows) -> list[float]:
        """Return for each measured press the seconds until the write that drew it was read.

        Raises:
            RuntimeError: a press was never drawn.
        """
        screen, stream = blank()
        found: list[float] = []
        for when, chunk in self.chunks:
            stream.feed(PRIVATE_SEQUENCES.sub(b"", chunk))
            while (
                len(found) < len(self.presses)
                and when > self.presses[len(found)]
                and shows(screen.display, len(found) + 1)
            ):
                found.append(when - self.presses[len(found)])
        if len(found) < len(self.presses):
            picture = "\n".join(screen.display)
            raise RuntimeError(f"{len(self.presses) - len(found)} presses were never drawn:\n{picture}")
        return found


def blank() -> tuple[pyte.Screen, pyte.ByteStream]:
    """Return an empty screen and the stream that draws on it."""
    screen = pyte.Screen(COLUMNS, ROWS)
    return screen, pyte.ByteStream(screen)


@contextmanager
def recorded(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Recorder]:
    """Run a program in a pty of 120x40 and end it afterwards."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    # An installed program runs from its bytecode, whatever this run is told about writing some.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    program = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
        start_new_session=True,
    )
    os.close(slave)
    opened = Recorder(master, program.pid)
    reader = Thread(target=_record, args=(opened,), daemon=True)
    reader.start()
    try:
        yield opened
    finally:
        program.terminate()
        try:
            program.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
        reader.join(PATIENCE)
        os.close(master)


def _record(opened: Recorder) -> None:
    while True:
        try:
            data = os.read(opened.master, 1 << 16)
        except OSError:
            # Linux answers EIO when the last program has left the pty.
            return
        if not data:
            return
        opened.chunks.append((monotonic(), data))
