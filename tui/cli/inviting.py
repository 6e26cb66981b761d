"""`courtside invite` and `courtside join`: letting others in, and getting in.

What a role may do is the hub's affair. A code is printed once, when it is made; a token never.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

from core import NewInvite, fetch_invites, ids, join_hub, make_invite, revoke_invite
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put, put_json, table
from tui.cli.parser import Part, above_zero, add_json
from tui.cli.reach import located

if TYPE_CHECKING:
    import argparse

    from core import Invite, Settings, SignedIn

ROLES: tuple[ids.Role, ...] = get_args(ids.Role)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _invite_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=("new", "list", "revoke"),
        default="new",
        help="new (default); list: who was invited; revoke: take an invitation and its token back",
    )
    parser.add_argument("id", metavar="ID", nargs="?", help="the invitation to revoke")
    parser.add_argument("--role", choices=ROLES, help="what it is good for; moderator is the scorekeeper")
    parser.add_argument("--name", default="", help="who it is for (default: what they call themselves)")
    parser.add_argument("--tournament", "--tournaments", type=_names, metavar="T[,T...]", help="only these")
    parser.add_argument("--courts", "--court", type=_names, metavar="C[,C...]", help="only these courts")
    parser.add_argument("--team", metavar="TEAM", help="the team of a participant")
    parser.add_argument(
        "--for",
        dest="hours",
        type=above_zero,
        metavar="HOURS",
        default=24.0,
        help="how long the sign-in lasts, from joining on (default: 24)",
    )
    parser.add_argument(
        "--code-for",
        dest="code_minutes",
        type=above_zero,
        metavar="MINUTES",
        default=60.0,
        help="how long the code can be used (default: 60)",
    )
    add_json(parser)


def _invite(args: argparse.Namespace, settings: Settings) -> int:
    settings = located(settings)
    if (args.action == "revoke") != (args.id is not None):
        raise Stopped(Exit.USAGE, "revoke takes the ID of one invitation; `courtside invite list` shows them")
    if args.action == "list":
        _list(fetch_invites(settings), as_json=args.json)
    elif args.action == "revoke":
        revoked = revoke_invite(settings, args.id)
        if args.json:
            put_json(document(revoked))
        else:
            put(f"{revoked.id} is revoked: what it wrote before counts, what it brings now is held for ops")
    else:
        _new(args, settings)
    return Exit.DONE


def _new(args: argparse.Namespace, settings: Settings) -> None:
    if args.role is None:
        raise Stopped(Exit.USAGE, f"say what for: --role {', --role '.join(ROLES)}")
    asked = NewInvite(
        role=args.role,
        name=args.name,
        tournaments=args.tournament and tuple(map(ids.TournamentId, args.tournament)),
        courts=args.courts and tuple(map(ids.CourtId, args.courts)),
        team=args.team and ids.TeamId(args.team),
        hours=args.hours,
        code_minutes=args.code_minutes,
    )
    made = make_invite(settings, asked)
    if args.json:
        put_json({"code": made.code, **document(made.invite)})
        return
    put(made.code)
    put(f"for one {scope(asked)}, once, until {_clock(made.invite.code_until)}")
    put(f"they enter it in the console, or:  courtside join {made.code} --hub ws://THIS-MACHINE")


def _list(invites: tuple[Invite, ...], *, as_json: bool) -> None:
    if as_json:
        put_json({"invites": [document(invite) for invite in invites]})
    elif not invites:
        put("nobody was invited yet: `courtside invite --role moderator`")
    else:
        rows = [
            (
                invite.id,
                scope(invite.asked),
                state(invite),
                invite.used_by or invite.asked.name,
                _until(invite),
            )
            for invite in invites
        ]
        put(table(("ID", "FOR", "STATE", "NAME", "UNTIL"), rows))


def scope(asked: NewInvite) -> str:
    """Say in a few words what an invitation is good for."""
    parts: list[str] = [asked.role]
    if asked.tournaments is not None:
        parts.append(f"of {', '.join(asked.tournaments)}")
    if asked.courts is not None:
        parts.append(f"on {', '.join(asked.courts)}")
    if asked.team is not None:
        parts.append(f"in {asked.team}")
    return " ".join(parts)


def state(invite: Invite) -> str:
    """Return what an invitation is now."""
    return invite.state(datetime.now(UTC))


def document(invite: Invite) -> dict[str, object]:
    """Return an invitation as `--json` prints it."""
    asked = invite.asked
    found: dict[str, object] = {
        "id": invite.id,
        "state": state(invite),
        "role": asked.role,
        "name": invite.used_by or asked.name,
        "tournaments": asked.tournaments,
        "courts": asked.courts,
        "team": asked.team,
        "made_at": invite.made_at,
        "code_until": invite.code_until,
        "used_at": invite.used_at,
        "device": invite.device or None,
        "until": invite.token_until,
        "revoked_at": invite.revoked_at,
    }
    return {key: value for key, value in found.items() if value is not None}


def _until(invite: Invite) -> str:
    return _clock(invite.token_until or invite.code_until)


def _clock(at: datetime) -> str:
    """Return a moment as people here say it, with the day where it is not today."""
    here, today = at.astimezone(), datetime.now().astimezone().date()
    return f"{here:%H:%M}" if here.date() == today else f"{here:%Y-%m-%d %H:%M}"


def _join_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE", help="the join code, as ops read it out")
    add_json(parser)


def _join(args: argparse.Namespace, settings: Settings) -> int:
    signed = join_hub(located(settings), args.code)
    if args.json:
        put_json(joined(signed))
    else:
        name = f" as {signed.name}" if signed.name else ""
        put(f"signed in{name}: {signed.role} until {_clock(signed.until)}")
    return Exit.DONE


def joined(signed: SignedIn) -> dict[str, object]:
    """Return a sign-in as `--json` prints it: without its token."""
    found: dict[str, object] = {
        "hub": signed.hub,
        "id": signed.id,
        "role": signed.role,
        "name": signed.name,
        "until": signed.until,
        "tournaments": signed.tournaments,
        "courts": signed.courts,
        "team": signed.team,
    }
    return {key: value for key, value in found.items() if value is not None}


INVITE = Part(_invite_arguments, _invite)
JOIN = Part(_join_arguments, _join)
