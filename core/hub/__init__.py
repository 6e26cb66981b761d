"""The hub: one process that judges entries, keeps the log and tells everybody.

This is its front door; the server stack loads only when a hub runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.hub.folder import owner_token, running
from core.hub.log.checkup import LogState, check_log
from core.hub.options import HubOptions, Retention
from core.later import later as _later

if TYPE_CHECKING:
    from core.hub.log.backup import Manifest, back_up
    from core.hub.log.restore import Change, Preview, Restored, preview, restore

__all__ = [
    "Change",
    "HubOptions",
    "LogState",
    "Manifest",
    "Preview",
    "Restored",
    "Retention",
    "back_up",
    "check_log",
    "owner_token",
    "preview",
    "restore",
    "run",
    "running",
]

_LATER = {
    "Change": "core.hub.log.restore",
    "Manifest": "core.hub.log.backup",
    "Preview": "core.hub.log.restore",
    "Restored": "core.hub.log.restore",
    "back_up": "core.hub.log.backup",
    "preview": "core.hub.log.restore",
    "restore": "core.hub.log.restore",
}
"""Where the names are that load with their first use."""


if not TYPE_CHECKING:  # else a name that is not there would pass for one that comes later
    __getattr__ = _later(globals(), _LATER)


def run(options: HubOptions) -> int:
    """Run a hub until SIGTERM or SIGINT ends it, and return the exit code.

    Raises:
        FolderInUse: another hub works on that data folder.
        BadSettings: it cannot listen there, or its certificate cannot be used.
        BadLog: its log cannot be used.
        NotSaved: its folder or log cannot be written.
    """
    # Here and not above: who only asks for `running` should not wait for the server stack.
    from core.hub.server import run as serve

    return serve(options)
