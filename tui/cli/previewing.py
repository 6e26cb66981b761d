"""What a command would change, shown before it is entered, as the console's dialog does.

Guarantees that with `--dry-run`, and where a reason is needed and not given, nothing is entered.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core import corrections
from tui.cli.exits import Exit
from tui.cli.output import put, put_json, say
from tui.selectors import correction

if TYPE_CHECKING:
    import argparse

    from core import Tournament, commands


def add_preview(parser: argparse.ArgumentParser) -> None:
    """Add the flag that shows what would change and enters nothing."""
    parser.add_argument("--dry-run", action="store_true", help="show what it would change, and enter nothing")


def previewed(args: argparse.Namespace, state: Tournament, command: commands.Command) -> int | None:
    """Show what a command would change where nothing is to be entered, and return what to exit with.

    Args:
        args: those of `add_preview`, with `why` and `json`.
        state: the tournament as this device shows it.
        command: what is asked for.

    Returns:
        `None` if the command is to be entered.
    """
    found = corrections.preview(state, (command,), datetime.now(UTC))
    lacking = f"{found.objection} with --why TEXT" if found.objection and not args.why else ""
    if not args.dry_run and not lacking:
        return None
    lines = correction.lines(state, found)
    reason = found.refusal or lacking
    if args.json:
        verdict = "refused" if reason else "preview"
        put_json({"id": None, "state": verdict, "seq": 0, "reason": reason, "preview": lines})
    else:
        put("\n".join(lines) or "this changes no place, no slot and no other match")
    if reason:
        say(reason)
    if not args.json:
        say("nothing is entered")
    return Exit.REFUSED if reason else Exit.DONE
