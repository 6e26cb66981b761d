"""Which commands there are, in the order of the help."""

from __future__ import annotations

from tui.cli.backing import BACKUP, RESTORE
from tui.cli.comparing import DIFF
from tui.cli.console import BOARD, CONSOLE
from tui.cli.demo import DEMO
from tui.cli.doctor import DOCTOR
from tui.cli.exporting import EXPORT
from tui.cli.flow import MATCH, TOURNAMENT
from tui.cli.hubs import HUB
from tui.cli.importing import IMPORT
from tui.cli.inviting import INVITE, JOIN
from tui.cli.load import LOAD
from tui.cli.queueing import QUEUE
from tui.cli.replaying import REPLAY
from tui.cli.reporting import REPORT
from tui.cli.rescuing import RESCUE
from tui.cli.scoring import SCORE
from tui.cli.status import STATUS
from tui.cli.tables import BRACKET, STANDINGS
from tui.cli.watching import WATCH

__all__ = ["COMMANDS", "CONSOLE"]

COMMANDS = (
    DEMO,
    HUB,
    IMPORT,
    REPLAY,
    WATCH,
    SCORE,
    MATCH,
    TOURNAMENT,
    QUEUE,
    STATUS,
    STANDINGS,
    BRACKET,
    BOARD,
    EXPORT,
    DIFF,
    BACKUP,
    RESTORE,
    REPORT,
    INVITE,
    JOIN,
    RESCUE,
    DOCTOR,
    LOAD,
)
