"""`courtside backup` and `courtside restore`: a hub's folder into one file, and back again.

Both work on the data folder of this machine, the backup also while a hub runs on it. What a restore would
take back is shown before it happens, and agreed to by a person or by `--yes`.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core import NotSaved
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put, put_json, say
from tui.cli.parser import Part, add_json

if TYPE_CHECKING:
    import argparse

    from core import Settings
    from core.hub import Change, Manifest, Preview, Restored


def _backup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the backup to make; for your eyes only")
    parser.add_argument("--force", action="store_true", help="replace a file of that name")
    add_json(parser)


def _backup(args: argparse.Namespace, settings: Settings) -> int:
    from core.hub import back_up

    manifest = back_up(settings.data, args.file, datetime.now(UTC), replace=args.force)
    try:
        with args.file.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        size = args.file.stat().st_size
    except OSError as error:
        raise NotSaved(str(args.file), error.strerror or str(error)) from error
    if args.json:
        put_json({"file": str(args.file), "bytes": size, "sha256": checksum, **_contents(manifest)})
        return Exit.DONE
    put(f"{args.file}: {_sum(manifest)}, {size / (1 << 20):.1f} MiB, read again and found right")
    put(f"sha256 {checksum}")
    say("the hub's secret is in it: whoever has this file can sign in as anybody")
    return Exit.DONE


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the backup")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_json(parser)


def _restore(args: argparse.Namespace, settings: Settings) -> int:
    from core.hub import preview, restore

    def agree(found: Preview) -> bool:
        if not args.json:
            _show(found)
        return args.yes or not found.takes_back or _ask()

    if args.dry_run:
        found = preview(settings.data, args.file)
        if args.json:
            put_json(_document(found))
        else:
            _show(found)
        return Exit.DONE
    done = restore(settings.data, args.file, datetime.now(UTC), settings.name, agree)
    if done is None:
        raise Stopped(Exit.REFUSED, "nothing was changed")
    if args.json:
        put_json(_document(done.preview, done))
    else:
        _tell(done)
    return Exit.DONE


def _ask() -> bool:
    """Ask whether to go on.

    Raises:
        Stopped: nobody can be asked.
    """
    if not sys.stdin.isatty():
        what = "this takes back what is there now: say --yes to do so; nothing was changed"
        raise Stopped(Exit.USAGE, what)
    say("What is there now is backed up first. Go on? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _show(preview: Preview) -> None:
    made = preview.manifest
    put(f"backup of {made.made_at.astimezone():%Y-%m-%d %H:%M:%S}: {_sum(made)}")
    if preview.damaged:
        put(f"the log that is there is damaged: {preview.damaged}")
    for change in preview.changes:
        put(f"{change.tournament}: {_words(change)}")


def _words(change: Change) -> str:
    here, there = change.present, change.restored
    if there is None:
        assert here is not None, "one of the logs has it"
        return f"GONE, not in the backup (now at {here.epoch}:{here.seq}); consoles can bring their copy"
    if here is None:
        return f"comes, at {there.epoch}:{there.seq} with {there.events:,} events"
    if change.fate == "same":
        return f"the same, at {here.epoch}:{here.seq}"
    parts = [f"{here.epoch}:{here.seq} -> {there.epoch}:{there.seq}"]
    for what, stretches in (("GONE", change.gone), ("back", change.back)):
        parts += [
            f"{what}: {one.count:,} events of {one.epoch} ({one.first}-{one.last})" for one in stretches
        ]
    return ", ".join(parts)


def _tell(done: Restored) -> None:
    if done.kept is not None:
        put(f"what was there is kept: {done.kept}")
    for tournament, epoch in done.epochs.items():
        put(f"{tournament} goes on in epoch {epoch}; consoles bring back what the backup lacks")
    if not done.epochs and done.preview.manifest.tournaments:
        put("what the backup lacks comes from the backplane")
    put("restored; start the hub")


def _sum(manifest: Manifest) -> str:
    return (
        f"{len(manifest.tournaments)} tournaments, {manifest.events:,} events, {manifest.answers:,} answers"
    )


def _contents(manifest: Manifest) -> dict[str, object]:
    return {
        "hub": manifest.hub,
        "made_at": manifest.made_at,
        "answers": manifest.answers,
        "tournaments": [
            {"tournament": one.tournament, "epoch": one.epoch, "seq": one.seq, "events": one.events}
            for one in manifest.tournaments
        ],
    }


def _document(preview: Preview, done: Restored | None = None) -> dict[str, object]:
    kept = None if done is None or done.kept is None else str(done.kept)
    return {
        **_contents(preview.manifest),
        "damaged": preview.damaged,
        "takes_back": preview.takes_back,
        "changes": [
            {
                "tournament": change.tournament,
                "fate": change.fate,
                "gone": [asdict(one) for one in change.gone],
                "back": [asdict(one) for one in change.back],
            }
            for change in preview.changes
        ],
        "restored": done is not None,
        "epochs": {} if done is None else dict(done.epochs),
        "kept": kept,
    }


BACKUP = Part(_backup_arguments, _backup)
RESTORE = Part(_restore_arguments, _restore)
