"""The hub: one process that judges entries, keeps the log and tells everybody.

This is its front door; the server stack loads only when a hub runs.
"""

from __future__ import annotations

from core.hub.folder import owner_token, running
from core.hub.log.checkup import LogState, check_log
from core.hub.options import HubOptions

__all__ = ["HubOptions", "LogState", "check_log", "owner_token", "run", "running"]


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
