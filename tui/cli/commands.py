"""Which commands there are, in the order of the help."""

from __future__ import annotations

from tui.cli.parser import Command

CONSOLE = Command(
    "console",
    "the console; it starts a hub of its own where none is configured or running",
    "tui.cli.console:CONSOLE",
)
COMMANDS = (
    Command("demo", "a lively tournament to try everything with; nothing stays behind", "tui.cli.demo:DEMO"),
    Command("hub", "the hub alone; SIGTERM drains it", "tui.cli.hubs:HUB"),
    Command("import", "make a tournament from a file", "tui.cli.importing:IMPORT"),
    Command("replay", "play a file's results through the ordinary command path", "tui.cli.replaying:REPLAY"),
    Command(
        "watch", "print a tournament's events as they happen, from the first one on", "tui.cli.watching:WATCH"
    ),
    Command("score", "enter a score", "tui.cli.scoring:SCORE"),
    Command("match", "start, complete, confirm, reopen or forfeit a match", "tui.cli.flow:MATCH"),
    Command(
        "tournament",
        "open, start or finish a tournament, take a team out of it, draw rounds and lots",
        "tui.cli.flow:TOURNAMENT",
    ),
    Command("queue", "the outbox: list, retry, withdraw", "tui.cli.queueing:QUEUE"),
    Command("status", "the connection, the outbox and the rooms", "tui.cli.status:STATUS"),
    Command(
        "standings",
        "the leaderboard over all games and the tables, with the tie-break that decided",
        "tui.cli.tables:STANDINGS",
    ),
    Command("bracket", "the knock-out as a tree, and the champion", "tui.cli.tables:BRACKET"),
    Command("board", "the hall screen, for a projector", "tui.cli.console:BOARD"),
    Command("export", "results and the whole attributed log", "tui.cli.exporting:EXPORT"),
    Command("diff", "what changed between two moments", "tui.cli.comparing:DIFF"),
    Command("backup", "a hub's folder into one file, verified; also while it runs", "tui.cli.backing:BACKUP"),
    Command("restore", "a hub's folder back to a backup; says first what changes", "tui.cli.backing:RESTORE"),
    Command("report", "the evening in figures", "tui.cli.reporting:REPORT"),
    Command(
        "invite",
        "makes a join code for somebody; list shows the invitations, revoke takes one back",
        "tui.cli.inviting:INVITE",
    ),
    Command("join", "signs this device in to a hub with a join code", "tui.cli.inviting:JOIN"),
    Command(
        "rescue", "gives a hub that lost a tournament this device's copy of it", "tui.cli.rescuing:RESCUE"
    ),
    Command("doctor", "what is wrong here, and what to do", "tui.cli.doctor:DOCTOR"),
    Command("load", "a load test of a hub, in a tournament of its own", "tui.cli.load:LOAD"),
)
