"""The realtime core of Courtside: tournament, wire, client and hub, without a terminal.

This is its front door. What every command needs of the tournament is here at once, as modules
(`core.commands.AddScore`); what runs, what only some commands need, and what needs a library that is slow to
load, comes with its first use. The hub has a front door of its own, `core.hub`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain import (
    commands,
    events,
    games,
    ids,
    lookup,
    names,
    plan,
    state,
    text,
    undo,
)
from core.domain.plan import Slot
from core.domain.state import Match, Position, Tournament
from core.domain.tables import brackets, leaderboard, standings
from core.domain.text import clean
from core.errors import (
    BadFile,
    BadInput,
    BadLog,
    BadPlan,
    BadSettings,
    CourtsideError,
    FellBehind,
    FolderInUse,
    Malformed,
    NotSaved,
    SignInRefused,
    TooLarge,
    Unknown,
    Unreachable,
    WireError,
)
from core.later import later as _later
from core.realtime.view import (
    Connection,
    EntryState,
    Feed,
    FeedLine,
    HubLine,
    LinkState,
    LinkView,
    LocalLine,
    Members,
    Queued,
    RoomStats,
    Shown,
    SideLog,
    View,
)

if TYPE_CHECKING:
    from core.domain import answers, checks, corrections, history, reduce, rules, telling
    from core.domain.draws import drawing
    from core.domain.files import documents, export, formats, founding, playback, sheet, toml
    from core.domain.reduce import fold
    from core.domain.tables import report
    from core.realtime.attendance import EventReader
    from core.realtime.disk.checkup import DiskState, JournalState, check_disk, check_journal
    from core.realtime.disk.keyring import named, sign_in_for
    from core.realtime.disk.stored import stored_log
    from core.realtime.effects import Advanced, Replaced
    from core.realtime.metrics import Metrics, QueueStats
    from core.realtime.network.link import Carrier, Link
    from core.realtime.network.pages import fetch_analytics, fetch_directory, fetch_log, fetch_past
    from core.realtime.network.probe import Certificate, Probe, probe
    from core.realtime.network.signing import fetch_invites, join_hub, make_invite, revoke_invite
    from core.realtime.realtime import Realtime, open_realtime
    from core.realtime.room import Room
    from core.realtime.rooms.subscriptions import RoomEvent
    from core.realtime.store import Store
    from core.realtime.submission import Submission
    from core.realtime.thread import realtime_in_thread
    from core.realtime.tournament import Broadcasting, TournamentFeed, TournamentRooms
    from core.settings import DEFAULT_PORT, ConsoleSettings, Settings, config_folder, load_settings
    from core.wire import messages
    from core.wire.analytics import Analytics
    from core.wire.codec import decode_hub, encode
    from core.wire.invites import Invite, Invited, NewInvite, SignedIn
    from core.wire.presence import Member
    from core.wire.rooms import RoomInfo, RoomMetadata, SideEvent

__all__ = [
    "DEFAULT_PORT",
    "Advanced",
    "Analytics",
    "BadFile",
    "BadInput",
    "BadLog",
    "BadPlan",
    "BadSettings",
    "Broadcasting",
    "Carrier",
    "Certificate",
    "Connection",
    "ConsoleSettings",
    "CourtsideError",
    "DiskState",
    "EntryState",
    "EventReader",
    "Feed",
    "FeedLine",
    "FellBehind",
    "FolderInUse",
    "HubLine",
    "Invite",
    "Invited",
    "JournalState",
    "Link",
    "LinkState",
    "LinkView",
    "LocalLine",
    "Malformed",
    "Match",
    "Member",
    "Members",
    "Metrics",
    "NewInvite",
    "NotSaved",
    "Position",
    "Probe",
    "QueueStats",
    "Queued",
    "Realtime",
    "Replaced",
    "Room",
    "RoomEvent",
    "RoomInfo",
    "RoomMetadata",
    "RoomStats",
    "Settings",
    "Shown",
    "SideEvent",
    "SideLog",
    "SignInRefused",
    "SignedIn",
    "Slot",
    "Store",
    "Submission",
    "TooLarge",
    "Tournament",
    "TournamentFeed",
    "TournamentRooms",
    "Unknown",
    "Unreachable",
    "View",
    "WireError",
    "answers",
    "brackets",
    "check_disk",
    "check_journal",
    "checks",
    "clean",
    "commands",
    "config_folder",
    "corrections",
    "decode_hub",
    "documents",
    "drawing",
    "encode",
    "events",
    "export",
    "fetch_analytics",
    "fetch_directory",
    "fetch_invites",
    "fetch_log",
    "fetch_past",
    "fold",
    "formats",
    "founding",
    "games",
    "history",
    "ids",
    "join_hub",
    "leaderboard",
    "load_settings",
    "lookup",
    "make_invite",
    "messages",
    "named",
    "names",
    "open_realtime",
    "plan",
    "playback",
    "probe",
    "realtime_in_thread",
    "reduce",
    "report",
    "revoke_invite",
    "rules",
    "sheet",
    "sign_in_for",
    "standings",
    "state",
    "stored_log",
    "telling",
    "text",
    "toml",
    "undo",
]

_LATER = {
    "Advanced": "core.realtime.effects",
    "Analytics": "core.wire.analytics",
    "Broadcasting": "core.realtime.tournament",
    "Carrier": "core.realtime.network.link",
    "Certificate": "core.realtime.network.probe",
    "ConsoleSettings": "core.settings",
    "DEFAULT_PORT": "core.settings",
    "DiskState": "core.realtime.disk.checkup",
    "EventReader": "core.realtime.attendance",
    "Invite": "core.wire.invites",
    "Invited": "core.wire.invites",
    "JournalState": "core.realtime.disk.checkup",
    "Link": "core.realtime.network.link",
    "Member": "core.wire.presence",
    "Metrics": "core.realtime.metrics",
    "NewInvite": "core.wire.invites",
    "Probe": "core.realtime.network.probe",
    "QueueStats": "core.realtime.metrics",
    "Realtime": "core.realtime.realtime",
    "Replaced": "core.realtime.effects",
    "Room": "core.realtime.room",
    "RoomEvent": "core.realtime.rooms.subscriptions",
    "RoomInfo": "core.wire.rooms",
    "RoomMetadata": "core.wire.rooms",
    "Settings": "core.settings",
    "SideEvent": "core.wire.rooms",
    "SignedIn": "core.wire.invites",
    "Store": "core.realtime.store",
    "Submission": "core.realtime.submission",
    "TournamentFeed": "core.realtime.tournament",
    "TournamentRooms": "core.realtime.tournament",
    "answers": "core.domain",
    "check_disk": "core.realtime.disk.checkup",
    "check_journal": "core.realtime.disk.checkup",
    "checks": "core.domain",
    "config_folder": "core.settings",
    "corrections": "core.domain",
    "decode_hub": "core.wire.codec",
    "documents": "core.domain.files",
    "drawing": "core.domain.draws",
    "encode": "core.wire.codec",
    "export": "core.domain.files",
    "fetch_analytics": "core.realtime.network.pages",
    "fetch_directory": "core.realtime.network.pages",
    "fetch_invites": "core.realtime.network.signing",
    "fetch_log": "core.realtime.network.pages",
    "fetch_past": "core.realtime.network.pages",
    "fold": "core.domain.reduce",
    "formats": "core.domain.files",
    "founding": "core.domain.files",
    "history": "core.domain",
    "join_hub": "core.realtime.network.signing",
    "load_settings": "core.settings",
    "make_invite": "core.realtime.network.signing",
    "messages": "core.wire",
    "named": "core.realtime.disk.keyring",
    "open_realtime": "core.realtime.realtime",
    "playback": "core.domain.files",
    "probe": "core.realtime.network.probe",
    "realtime_in_thread": "core.realtime.thread",
    "reduce": "core.domain",
    "report": "core.domain.tables",
    "revoke_invite": "core.realtime.network.signing",
    "rules": "core.domain",
    "sheet": "core.domain.files",
    "sign_in_for": "core.realtime.disk.keyring",
    "stored_log": "core.realtime.disk.stored",
    "telling": "core.domain",
    "toml": "core.domain.files",
}
"""Where the names are that load with their first use."""


if not TYPE_CHECKING:  # else a name that is not there would pass for one that comes later
    __getattr__ = _later(globals(), _LATER)
