"""A scorekeeper's laptop as a process to be killed: `python -m tests.support.scorer DATA URL MATCH COUNT ID`.

Adds a point for team `a` COUNT times, with ids `ID-0`, `ID-1`, ... Prints a line at each moment that matters:
`open sends` or `open follows`, `saved ID`, `confirmed ID OUTCOME`, `sends` when it takes over; ends when its
standard input does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Self

from core.domain.commands import AddScore
from core.domain.ids import MatchId, TeamId
from core.realtime.thread import realtime_in_thread
from core.settings import Settings

if TYPE_CHECKING:
    from types import TracebackType

    from core.realtime.submission import Submission
    from core.realtime.view import View


class ScorerProcess:
    """One such laptop, with what it has printed so far."""

    def __init__(self, data: Path, url: str, match: str, count: int, prefix: str) -> None:
        self.lines: list[str] = []
        self._news: Queue[str | None] = Queue()
        arguments = [str(data), url, match, str(count), prefix]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.scorer", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def wait_for(self, line: str, within: float = 20.0) -> None:
        """Wait until it has printed a line that begins so."""
        while not any(said.startswith(line) for said in self.lines):
            try:
                news = self._news.get(timeout=within)
            except Empty:
                raise AssertionError(f"no {line!r} within {within:g} s, only {self.lines}") from None
            if news is None:
                raise AssertionError(f"it ended without {line!r}: {self.lines}")
            self.lines.append(news)

    def finish(self) -> int:
        """Let it end, and return its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._end()

    def kill(self) -> None:
        """Kill it with -9."""
        self._process.kill()
        self._end()

    def _end(self) -> int:
        code = self._process.wait(20)
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._news.put(line.strip())
        self._news.put(None)


def quick(data: Path, *urls: str, name: str = "ana") -> Settings:
    """Return settings for a test's pace."""
    return Settings(
        ws_url=urls,
        data=data,
        name=name,
        backoff_first=0.05,
        backoff_cap=0.3,
        health_check_interval=0.3,
        auto_join=False,
    )


def main(data: str, url: str, match: str, count: str, prefix: str) -> None:
    """Enter points and say what becomes of them."""

    def say_taken_over(view: View) -> None:
        if view.sends and not taken_over:
            taken_over.append(True)
            _tell("sends")

    taken_over: list[bool] = []
    with realtime_in_thread(quick(Path(data), url)) as realtime:
        _tell("open", "sends" if realtime.view.sends else "follows")
        realtime.subscribe(say_taken_over)
        realtime.join(f"tournament:{match.partition('.')[0]}")
        submissions: list[Submission] = []
        for number in range(int(count)):
            point = AddScore(MatchId(match), TeamId("a"), 1)
            submissions.append(realtime.submit(point, id=f"{prefix}-{number}"))
        for submission in submissions:
            submission.wait_saved(20)
            _tell("saved", submission.id)
        Thread(target=_say_confirmed, args=(submissions,), daemon=True).start()
        sys.stdin.read()


def _tell(*words: str) -> None:
    """Print a line in one piece: two threads tell."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def _say_confirmed(submissions: list[Submission]) -> None:
    for submission in submissions:
        _tell("confirmed", submission.id, submission.wait().outcome)


if __name__ == "__main__":
    main(*sys.argv[1:])
