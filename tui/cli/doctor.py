"""`courtside doctor`: what is wrong here, and what to do.

Looks at everything at once and changes nothing. No step waits longer than its own patience, so that it ends
also where nothing works. What facts mean stands in `diagnosis`.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sqlite3
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from core import BadSettings, CourtsideError, check_disk, check_journal, config_folder, probe, sign_in_for
from tui.cli.diagnosis import (
    Check,
    exit_code,
    of_backups,
    of_certificate,
    of_clock,
    of_disk,
    of_endpoint,
    of_journal,
    of_log,
    of_sign_in,
    of_terminal,
)
from tui.cli.exits import Exit
from tui.cli.output import put, put_json
from tui.cli.parser import Part, add_json
from tui.cli.reach import located, run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from core import Probe, Settings


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    parser.set_defaults(bad_settings=_tell_bad_settings)


def _tell_bad_settings(args: argparse.Namespace, error: BadSettings) -> int:
    """Say that the settings cannot be used, and so nothing else could be looked at."""
    check = Check("settings", False, str(error), "correct it, then run doctor again", Exit.USAGE)
    return _tell([check], as_json=args.json, code=Exit.USAGE)


async def _doctor(args: argparse.Namespace, settings: Settings) -> int:
    from core.hub import check_log

    settings, own = located(settings), settings
    now = datetime.now(UTC)
    probes, disk, journal, log = await asyncio.gather(
        asyncio.gather(*(asyncio.to_thread(probe, settings, one) for one in settings.endpoints)),
        asyncio.to_thread(check_disk, settings.data),
        asyncio.to_thread(check_journal, settings.data),
        asyncio.to_thread(check_log, settings.data),
    )
    checks = [_settings(own), *_of_hubs(own, settings, probes, now), of_disk(disk), of_journal(journal, now)]
    of_hub = (of_log(log), of_backups(log, own.backup_interval))
    checks += [check for check in of_hub if check is not None]
    checks += [_versions(probes), _terminal()]
    return _tell(checks, as_json=args.json, code=exit_code(checks))


def _settings(settings: Settings) -> Check:
    file = config_folder() / "config.toml"
    where = f"{file}" if file.is_file() else "no settings file"
    return Check("settings", True, f"{where}; data in {settings.data}; entries are by {settings.name}")


def _of_hubs(own: Settings, settings: Settings, probes: Sequence[Probe], now: datetime) -> Iterator[Check]:
    """Yield the checks of every address; where none is named, that nothing answers is no fault."""
    if not settings.ws_url and not any(one.answers for one in probes):
        detail = "no hub is named, and none runs on this data folder"
        yield Check("endpoints", True, detail, "`courtside` starts one; or name one with --hub")
        return
    for found in probes:
        yield of_endpoint(found)
        token, until = _token(own, found.endpoint)
        for check in (of_clock(found), of_certificate(found, now), of_sign_in(found, token, now, until)):
            if check is not None:
                yield check


def _token(settings: Settings, endpoint: str) -> tuple[bool, datetime | None]:
    """Return whether this device has a token for an address, and until when, where that is known."""
    if settings.token is not None:
        return True, None
    try:
        kept = sign_in_for(settings, endpoint)
    except CourtsideError:
        # Said by the probe, which needs it too.
        return False, None
    return kept is not None, None if kept is None else kept.until


def _versions(probes: Sequence[Probe]) -> Check:
    ours = version("courtside")
    parts = [
        f"courtside {ours}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        f"Textual {version('textual')}",
    ]
    others = sorted({found.version for found in probes if found.is_hub and found.version != ours})
    parts += [f"hub {other}" for other in others]
    advice = "the hub has another version; update the older one after the event" if others else ""
    return Check("versions", True, ", ".join(parts), advice)


def _terminal() -> Check:
    size = shutil.get_terminal_size()
    encoding = sys.stdout.encoding or ""
    return of_terminal(sys.stdout.isatty(), os.environ.get("TERM", ""), size.columns, size.lines, encoding)


def _tell(checks: Sequence[Check], *, as_json: bool, code: Exit) -> int:
    if as_json:
        documents = [
            {"name": one.name, "ok": one.ok, "detail": one.detail, "advice": one.advice} for one in checks
        ]
        put_json({"ok": all(one.ok for one in checks), "checks": documents})
        return code
    width = max(len(one.name) for one in checks)
    for one in checks:
        put(f"{'ok' if one.ok else 'NOT OK':<6}  {one.name:<{width}}  {one.detail}")
        if one.advice:
            put(f"{'':<6}  {'':<{width}}  -> {one.advice}")
    return code


DOCTOR = Part(_arguments, lambda args, settings: run(_doctor(args, settings)))
