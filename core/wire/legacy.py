"""The legacy dialect: the JSON text frames of old clients and servers, and nothing of what they do.

A client subscribes to channels and sends named events on them; a server hands each to the channel's other
subscribers. There are no ids, positions or answers: `error` is this hub's own addition, which old clients
pass over. Guarantees that a frame above the limit is never decoded and that ids are short and printable.
Data of an event that is not known here is kept as it came.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from core.errors import Malformed, TooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping

LEGACY_PATH = "/ws"
"""Where old servers take WebSockets, below their address."""
MAX_LEGACY_BYTES = 64 << 10
"""Largest frame of an old client; the old clients' own are below 2 KiB."""
MAX_POINTS = 1_000_000
MAX_LISTED = 1_000
"""Most teams or places in one event."""

F = TypeVar("F")
Id = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=1_000)]
Points = Annotated[int, Meta(ge=-MAX_POINTS, le=MAX_POINTS)]
Millis = Annotated[float, Meta(ge=0, le=1e15)]
"""Milliseconds since 1970, as old clients' clocks have it."""
GameType = Literal["cups", "points", "time"]
Action = Literal["cup", "bounce", "miss"]


class Subscribe(Struct, frozen=True, tag="subscribe"):
    """Hear a channel from now on."""

    channel: Id


class Unsubscribe(Struct, frozen=True, tag="unsubscribe"):
    """Hear a channel no longer."""

    channel: Id


class Message(Struct, frozen=True, tag="message"):
    """An event on a channel: from a client to a server, and from there to the channel's other subscribers."""

    channel: Id
    event: Id
    data: Raw = Raw(b"null")


class LegacyPing(Struct, frozen=True, tag="ping"):
    """Ask for a sign of life."""

    timestamp: Millis = 0


class Connected(Struct, frozen=True, tag="connected", rename="camel"):
    """The first frame of a server."""

    client_id: Text = ""


class Subscribed(Struct, frozen=True, tag="subscribed"):
    """A channel is heard now."""

    channel: Id


class Unsubscribed(Struct, frozen=True, tag="unsubscribed"):
    """A channel is heard no longer."""

    channel: Id


class LegacyPong(Struct, frozen=True, tag="pong"):
    """The answer to `LegacyPing`."""

    timestamp: Millis = 0


class Complaint(Struct, frozen=True, tag="error"):
    """Something could not be used."""

    message: Text


class PlayerAction(Struct, frozen=True, rename="camel"):
    """What a player did for a score."""

    player_id: Id
    action: Action


class LiveScore(Struct, frozen=True, rename="camel"):
    """A side's score after a change."""

    tournament_id: Id
    match_id: Id
    team_id: Id
    score: Points
    delta: Points
    timestamp: Millis = 0
    player_action: PlayerAction | UnsetType | None = UNSET


class ScoreUpdate(Struct, frozen=True, rename="camel"):
    """The same change told a second time, as old servers do: it changes nothing."""

    tournament_id: Id
    match_id: Id
    team_id: Id
    points: Points


class MatchComplete(Struct, frozen=True, rename="camel"):
    """A match is over."""

    tournament_id: Id
    match_id: Id
    winner: Id | None = None
    """`None` for a draw."""


class NamedTeam(Struct, frozen=True):
    """A team with its name."""

    id: Id
    name: Text = ""


class GameStart(Struct, frozen=True, rename="camel"):
    """A match has begun."""

    tournament_id: Id
    match_id: Id
    game_type: GameType = "points"
    teams: Annotated[tuple[NamedTeam | Id, ...], Meta(max_length=MAX_LISTED)] = ()
    start_time: Millis | Text = 0


class GameEnd(Struct, frozen=True, rename="camel"):
    """A match is over, in figures."""

    tournament_id: Id
    match_id: Id
    final_scores: Annotated[dict[Id, Points], Meta(max_length=MAX_LISTED)] = {}
    duration: Millis = 0
    """Seconds."""


class TeamJoined(Struct, frozen=True, rename="camel"):
    """A team takes part."""

    tournament_id: Id
    team: NamedTeam | Id


class TournamentStatus(Struct, frozen=True, rename="camel"):
    """Whether a tournament takes teams."""

    tournament_id: Id
    is_open: bool


class TournamentStart(Struct, frozen=True, rename="camel"):
    """A tournament has begun."""

    tournament_id: Id


class TournamentComplete(Struct, frozen=True, rename="camel"):
    """A tournament is over."""

    tournament_id: Id


class Ranking(Struct, frozen=True, rename="camel"):
    """A team's place."""

    team_id: Id
    rank: int
    points: int = 0


class ChangedPosition(Struct, frozen=True, rename="camel"):
    """A team that went up or down."""

    team_id: Id
    old_rank: int
    new_rank: int


class LeaderboardUpdate(Struct, frozen=True, rename="camel"):
    """The table after a match."""

    tournament_id: Id
    rankings: Annotated[tuple[Ranking, ...], Meta(max_length=MAX_LISTED)] = ()
    changed_positions: Annotated[tuple[ChangedPosition, ...], Meta(max_length=MAX_LISTED)] = ()


class Notification(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Somebody tells everybody, or some teams, something."""

    tournament_id: Id
    type: Text = "info"
    title: Text = ""
    message: Text = ""
    target_teams: Annotated[tuple[Id, ...], Meta(max_length=MAX_LISTED)] | None = None


Happening: TypeAlias = (
    LiveScore
    | ScoreUpdate
    | MatchComplete
    | GameStart
    | GameEnd
    | TeamJoined
    | TournamentStatus
    | TournamentStart
    | TournamentComplete
    | LeaderboardUpdate
    | Notification
)
"""The data of an event that is known here."""
EVENTS: Mapping[str, type[Happening]] = MappingProxyType(
    {
        "live-score": LiveScore,
        "score-update": ScoreUpdate,
        "match-complete": MatchComplete,
        "game-start": GameStart,
        "game-end": GameEnd,
        "team-joined": TeamJoined,
        "tournament-status": TournamentStatus,
        "tournament-start": TournamentStart,
        "tournament-complete": TournamentComplete,
        "leaderboard-update": LeaderboardUpdate,
        "notification": Notification,
    }
)
"""What is known here, by the event's name."""
_NAMES = {kind: name for name, kind in EVENTS.items()}

OldClientFrame: TypeAlias = Subscribe | Unsubscribe | Message | LegacyPing
OldServerFrame: TypeAlias = Connected | Subscribed | Unsubscribed | Message | LegacyPong | Complaint

_encoder = msgspec.json.Encoder()
_from_client = msgspec.json.Decoder(OldClientFrame)
_from_server = msgspec.json.Decoder(OldServerFrame)


def tournament_channel(tournament: str) -> str:
    """Return the channel of a tournament."""
    return f"tournament-{tournament}"


def message(channel: str, happening: Happening) -> Message:
    """Return an event as it goes on a channel."""
    return Message(channel, _NAMES[type(happening)], Raw(_encoder.encode(happening)))


def encode_legacy(frame: OldClientFrame | OldServerFrame) -> str:
    """Write a frame."""
    return _encoder.encode(frame).decode()


def decode_old_client(frame: str | bytes) -> OldClientFrame:
    """Read what an old client sent.

    Raises:
        TooLarge: it is above `MAX_LEGACY_BYTES`.
        Malformed: it is no frame of the dialect.
    """
    read: OldClientFrame = _decode(frame, _from_client)
    return read


def decode_old_server(frame: str | bytes) -> OldServerFrame:
    """Read what an old server sent.

    Raises:
        TooLarge: it is above `MAX_LEGACY_BYTES`.
        Malformed: it is no frame of the dialect.
    """
    read: OldServerFrame = _decode(frame, _from_server)
    return read


def read_happening(said: Message) -> Happening | None:
    """Return what a message tells; `None` for an event that is not known here.

    Raises:
        Malformed: its data is not that of the event.
    """
    kind = EVENTS.get(said.event)
    if kind is None:
        return None
    try:
        happening: Happening = msgspec.json.decode(said.data, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed(f"{said.event}: {error}") from error
    for name in _ids(happening):
        if not name.isprintable():
            raise Malformed(f"{said.event}: an id must be printable")
    return happening


def _ids(happening: Happening) -> list[str]:
    """Return the ids of what is told, as far as they are shown or looked up."""
    fields = ("tournament_id", "match_id", "team_id", "winner")
    found = [name for field in fields if isinstance(name := getattr(happening, field, None), str)]
    if isinstance(happening, GameStart):
        found += [team if isinstance(team, str) else team.id for team in happening.teams]
    return found


def _decode(frame: str | bytes, decoder: msgspec.json.Decoder[F]) -> F:
    if len(frame) > MAX_LEGACY_BYTES:
        raise TooLarge(f"frame of {len(frame):,} is above the limit of {MAX_LEGACY_BYTES:,} bytes")
    try:
        return decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
