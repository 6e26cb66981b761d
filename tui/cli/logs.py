"""Where the commands log: one file in the data folder, so that neither a screen nor a pipe is disturbed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tui.cli.output import say

FORMAT = "%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"


class _File(logging.FileHandler):
    """A log that makes its folder with its first line, and says once when it cannot be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", delay=True)
        self._told = False

    def emit(self, record: logging.LogRecord) -> None:
        if self._told:
            return
        try:
            Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
            if self.stream is None:
                # Here, as the library lets what goes wrong with it stop the program.
                self.stream = self._open()
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 -- the library's names
        """Say that there is no log; what would have stood there is lost, the command goes on."""
        self._told = True
        say(f"cannot write the log {self.baseFilename}")


class JsonLines(logging.Formatter):
    """A line of the log as one JSON object: when, how grave, whose, and what; `error` has the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(said).decode()


def log_file(data: Path) -> Path:
    """Return the log of the commands on a data folder."""
    return data / "courtside.log"


def log_to(file: Path) -> None:
    """Send everything from WARNING on to a file."""
    logging.basicConfig(handlers=[_File(file)], level=logging.WARNING, format=FORMAT, force=True)
