"""Who may do what: the rights of every role, as three tables, and the questions that are answered from them.

Pure. Owns the rights to every command, room and HTTP route, and which pages of browsers may come in. Who
somebody is stands in a `Pass`, made by `door`; what an entry does is the rules' affair. Guarantees that what
no table names is for admins alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

from core.domain.commands import (
    AddPenalty,
    AddScore,
    AddTeam,
    AssignSlot,
    Broadcast,
    ChangeStatus,
    CloseMissing,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    DrawLots,
    DrawRound,
    EnterSets,
    Entry,
    ForfeitMatch,
    MatchCommand,
    MoveMatch,
    NameCourt,
    Notify,
    ReinstateTeam,
    RemoveTeam,
    RenameTeam,
    RenameTournament,
    ReopenMatch,
    ReviveTournament,
    SetScore,
    SetTime,
    Settle,
    StartMatch,
    Undo,
    WithdrawTeam,
)
from core.domain.ids import ROLES, Role, read_room, short_form

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

    from core.domain.commands import Command
    from core.domain.ids import CourtId, RoomId, TeamId, TournamentId
    from core.domain.state import Tournament

Standing = Literal["valid", "expired", "revoked"]
Grant = Literal["any", "courts", "confirm", "own", "no"]
"""`any`: wherever the pass is for; `courts`: on the pass's courts; `confirm`: the same, where the tournament
lets moderators confirm; `own`: the room of the pass's own team or role, the coming and going of that team;
`no`: never."""
Opening = Literal["everybody", "readers", "entries", "admins"]
"""`everybody`: also without a pass; `readers`: who may read; `entries`: all but
spectators, each entry is judged by itself; `admins`: admins alone."""
Row: TypeAlias = tuple[Grant, Grant, Grant, Grant]

# fmt: off
COMMANDS: Mapping[type[Command], Row] = MappingProxyType({
    #                  admin  moderator  participant  spectator
    AddScore:         ("any", "courts",  "no",        "no"),
    SetScore:         ("any", "courts",  "no",        "no"),
    EnterSets:        ("any", "courts",  "no",        "no"),
    SetTime:          ("any", "courts",  "no",        "no"),
    AddPenalty:       ("any", "courts",  "no",        "no"),
    Undo:             ("any", "courts",  "no",        "no"),
    StartMatch:       ("any", "courts",  "no",        "no"),
    CompleteMatch:    ("any", "courts",  "no",        "no"),
    ForfeitMatch:     ("any", "courts",  "no",        "no"),
    MoveMatch:        ("any", "courts",  "no",        "no"),
    ConfirmResult:    ("any", "confirm", "no",        "no"),
    ReopenMatch:      ("any", "no",      "no",        "no"),
    AssignSlot:       ("any", "courts",  "no",        "no"),
    Settle:           ("any", "courts",  "no",        "no"),
    ChangeStatus:     ("any", "no",      "no",        "no"),
    AddTeam:          ("any", "no",      "own",       "no"),
    RemoveTeam:       ("any", "no",      "own",       "no"),
    RenameTeam:       ("any", "no",      "no",        "no"),
    RenameTournament: ("any", "no",      "no",        "no"),
    WithdrawTeam:     ("any", "no",      "no",        "no"),
    ReinstateTeam:    ("any", "no",      "no",        "no"),
    NameCourt:        ("any", "no",      "no",        "no"),
    DrawRound:        ("any", "no",      "no",        "no"),
    DrawLots:         ("any", "no",      "no",        "no"),
    Notify:           ("any", "no",      "no",        "no"),
    Broadcast:        ("any", "no",      "no",        "no"),
    CloseMissing:     ("any", "no",      "no",        "no"),
    CreateTournament: ("any", "no",      "no",        "no"),
    ReviveTournament: ("any", "no",      "no",        "no"),
})
"""Whose entries are judged. Commands that are not here are for admins."""

ROOMS: Mapping[str, Row] = MappingProxyType({
    #              admin  moderator  participant  spectator
    "tournament": ("any", "any",     "any",       "any"),
    "match":      ("any", "any",     "any",       "any"),
    "presence":   ("any", "any",     "any",       "any"),
    "global":     ("any", "any",     "any",       "any"),
    "admins":     ("any", "no",      "no",        "no"),
    "team":       ("any", "own",     "own",       "own"),
    "role":       ("any", "own",     "own",       "own"),
})
"""Who may read which room, private rooms by whom they are for."""

ROUTES: Mapping[str, Opening] = MappingProxyType({
    "/healthz":                             "everybody",
    "/readyz":                              "everybody",
    "/v1/join":                             "everybody",
    # These ask for the token in their first message.
    "/v1/ws":                               "everybody",
    "/v1/poll":                             "everybody",
    "/ws":                                  "everybody",
    "/v1/tournaments":                      "readers",
    "/v1/tournaments/{tournament}":         "readers",
    "/v1/tournaments/{tournament}/events":  "readers",
    "/v1/tournaments/{tournament}/export":  "readers",
    "/v1/tournaments/{tournament}/analytics": "readers",
    "POST /v1/tournaments":                 "admins",
    "/v1/openapi.json":                     "everybody",
    "/v1/rooms":                            "readers",
    "/metrics":                             "admins",
    "/v1/entries":                          "entries",
    "/v1/invites":                          "admins",
    "/v1/invites/{invite}":                 "admins",
})
"""Who may come to which route, whatever the method where none is named. Routes that are not here are for
admins."""
# fmt: on

_ONLY_ADMINS: Row = ("any", "no", "no", "no")
WRITERS: frozenset[Role] = frozenset({"admin", "moderator"})
"""The roles that enter scores: what their passes no longer allow is held for ops, not turned away."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Who somebody is to this hub, and what that is good for."""

    id: str
    """The token's id; `""` for one that was given without a token."""
    name: str
    """The person, as ops named it; `""` where the client's own word counts."""
    role: Role
    tournaments: frozenset[TournamentId] | None = None
    """`None` for all."""
    courts: frozenset[CourtId] | None = None
    """`None` for all; admins are bound to none."""
    team: TeamId | None = None
    expires_at: datetime | None = None
    """`None` for never."""
    standing: Standing = "valid"
    """What else than valid it is, it delivers what was written with it, and reads nothing."""


TRUSTED = Pass("", "", "admin")
"""Whoever is at the hub's own machine."""
READER = Pass("", "", "spectator")
"""Whoever comes without a token where that is enough for reading."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What is to be done with an entry."""

    outcome: Literal["judge", "hold", "sign_in"]
    """`judge`: by the rules; `hold`: for ops; `sign_in`: it is not taken, and stays with its sender."""
    reason: str = ""
    """Why not, in words for a scorekeeper; `""` for `judge`."""


_JUDGE = Permit("judge")


def today(pass_: Pass, at: datetime, revoked: Container[str]) -> Pass:
    """Return a pass with the standing that it has at a moment.

    Args:
        pass_: the pass, as it once was given.
        at: the moment, UTC.
        revoked: the ids that were taken back.
    """
    standing: Standing = "valid"
    if pass_.id and pass_.id in revoked:
        standing = "revoked"
    elif pass_.expires_at is not None and at >= pass_.expires_at:
        standing = "expired"
    return pass_ if standing == pass_.standing else replace(pass_, standing=standing)


def may_list(pass_: Pass, tournament: TournamentId) -> bool:
    """Tell whether a pass may know of a tournament."""
    return pass_.standing == "valid" and (pass_.tournaments is None or tournament in pass_.tournaments)


def may_read(pass_: Pass, room: RoomId) -> bool:
    """Tell whether a pass may read a room, if there is one of that id."""
    parts = read_room(room)
    if parts is None or pass_.standing != "valid":
        return False
    if parts.tournament is not None and not may_list(pass_, parts.tournament):
        return False
    circle: str = parts.kind
    if parts.kind == "private":
        circle = "admins" if parts.team is None and parts.role is None else "team" if parts.team else "role"
    match _grant(ROOMS[circle], pass_.role):
        case "any":
            return True
        case "own":
            return pass_.team == parts.team if parts.team is not None else pass_.role == parts.role
        case _:
            return False


def may_open(pass_: Pass | None, route: str, method: str = "") -> bool:
    """Tell whether somebody may come to an HTTP route, by its path with the names of what varies.

    Args:
        pass_: `None` for somebody who showed none where reading takes one.
        route: the route's path, such as `/v1/tournaments/{tournament}`.
        method: of the request; `""` for a WebSocket.
    """
    match ROUTES.get(f"{method} {route}") or ROUTES.get(route, "admins"):
        case "everybody":
            return True
        case "readers":
            return pass_ is not None and pass_.standing == "valid"
        case "entries":
            return pass_ is not None and pass_.role != "spectator"
        case _:
            return pass_ is not None and pass_.standing == "valid" and pass_.role == "admin"


def judge_entry(pass_: Pass, entry: Entry, state: Tournament | None) -> Permit:
    """Return what is to be done with an entry that somebody brings; whose it is makes no difference.

    Args:
        pass_: of the one who brings it, with today's standing.
        entry: the entry.
        state: its tournament; `None` where there is none.
    """
    if _of_own_team(pass_, entry):
        # What is on no match cannot be held: the rules refuse it for this reason.
        if state is None or state.status == "open":
            return _JUDGE
        return Permit("hold", f"teams come and go while it is open, not {state.status}")
    if pass_.role not in WRITERS or not _covers(pass_, entry.tournament):
        return Permit("sign_in", _who(pass_, entry))
    if pass_.standing != "valid":
        return Permit("hold", f"the sign-in of {pass_.name or 'its sender'} is {pass_.standing}; ops decide")
    command = entry.command
    objection = ""
    match _grant(COMMANDS.get(type(command), _ONLY_ADMINS), pass_.role):
        case "any":
            objection = _beyond(pass_, command)
        case "confirm" if state is not None and not state.moderators_confirm:
            objection = "only ops make a result official"
        case "courts" | "confirm":
            objection = _off_court(pass_, command, state)
        case _:
            objection = _only_ops(command)
    return Permit("hold", objection) if objection else _JUDGE


def may_bring(pass_: Pass, tournament: TournamentId, *, own: bool) -> bool:
    """Tell whether somebody may bring events of an older epoch, which are not judged again.

    Args:
        pass_: of the one who brings them, with today's standing.
        tournament: whose log.
        own: whether they are of entries of the same device; others' are brought by valid passes only.
    """
    if pass_.role not in WRITERS or not _covers(pass_, tournament):
        return False
    return own or pass_.standing == "valid"


# Asked for each frame of a client; parsing an address takes longer than judging some entries.
@lru_cache(1_000)
def is_loopback(host: str) -> bool:
    """Tell whether a host, by name or address, is this machine alone."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host.lower() == "localhost"
    # A listener for both families shows IPv4 peers in IPv6's clothes.
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (inner or address).is_loopback


def is_near(address: str) -> bool:
    """Tell whether an address is on this machine or a private network, where compressing does not pay."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


def origin_allowed(origin: str | None, host: str | None) -> bool:
    """Tell whether a request may come in.

    A page from elsewhere must not reach a hub through the browser of somebody at the venue, not even by a
    name that it made resolve here.

    Args:
        origin: the `Origin` header (RFC 6454, section 7); `None` without one: not a browser's page.
        host: the `Host` header.
    """
    if origin is None:
        return True
    try:
        asked = urlsplit(origin).netloc
    except ValueError:
        return False
    return host is not None and asked.lower() == host.lower() and names_a_machine(host)


def names_a_machine(host: str | None) -> bool:
    """Tell whether a `Host` header names a machine by its address, or this one, and not by a name.

    A name is resolved by whoever owns it; a page may have its own resolve to the hub.

    Args:
        host: as received, with its port; `None` without one.
    """
    try:
        name = urlsplit(f"//{host or ''}").hostname
        return name == "localhost" or (name is not None and bool(ip_address(name)))
    except ValueError:
        return False


def _grant(row: Row, role: Role) -> Grant:
    return row[ROLES.index(role)]


def _of_own_team(pass_: Pass, entry: Entry) -> bool:
    """Tell whether somebody brings their own team, or takes it out."""
    command = entry.command
    if not isinstance(command, AddTeam | RemoveTeam) or _grant(COMMANDS[type(command)], pass_.role) != "own":
        return False
    team = command.team.id if isinstance(command, AddTeam) else command.team
    return team == pass_.team and pass_.standing == "valid" and _covers(pass_, entry.tournament)


def _covers(pass_: Pass, tournament: TournamentId) -> bool:
    return pass_.tournaments is None or tournament in pass_.tournaments


def _who(pass_: Pass, entry: Entry) -> str:
    """Say why somebody's entries are not taken; the same whether or not there is such a tournament."""
    if pass_.role in WRITERS:
        return f"this sign-in is not for {entry.tournament}; sign in for it with a code from ops"
    if not pass_.id:
        return "this hub takes entries only from who has signed in; ask ops for a code"
    return f"a {pass_.role} enters nothing here; sign in as a scorekeeper with a code from ops"


def _beyond(pass_: Pass, command: Command) -> str:
    """Return what a pass for some tournaments lacks for what concerns others; `""` for nothing."""
    if not isinstance(command, Broadcast) or pass_.tournaments is None:
        return ""
    parts = read_room(command.room)
    own = parts is not None and parts.tournament in pass_.tournaments
    return "" if own else "that room is not of a tournament that this sign-in is for"


def _off_court(pass_: Pass, command: Command, state: Tournament | None) -> str:
    """Return why a command is off the pass's courts; `""` if it is on one, or on no match that there is."""
    if pass_.courts is None or state is None or not isinstance(command, MatchCommand):
        return ""
    match = state.matches.get(command.match)
    if match is None or match.court in pass_.courts:
        return ""
    where = f"on {match.court}" if match.court else "on no court"
    own = ", ".join(sorted(pass_.courts)) or "no court"
    return f"{short_form(match.id)} is {where}, this sign-in is for {own}; ops decide"


def _only_ops(command: Command) -> str:
    return "only ops reopen a match" if isinstance(command, ReopenMatch) else "only ops do that"
