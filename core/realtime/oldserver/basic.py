"""The basic mode: an old server's messages as a hub's, and this device's entries as an old client's.

To the engine it is a hub, so that rooms, store and screens know no difference. What it knows of a tournament
it learns from what is said: a log of this device's own, in an epoch of its own, judged by the ordinary rules.
Nothing of that is promised by anybody else. Guarantees that an entry counts here only once its frame has
left, that it is then answered as `sent` and never goes again by itself, and that what cannot be kept is said.
Ids of an old server's tournaments must be slugs; a match's `round` holds its id there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from core.domain.answers import Answer
from core.domain.commands import (
    AddScore,
    Base,
    CompleteMatch,
    Entry,
    MatchCommand,
    Notify,
    ReopenMatch,
    SetScore,
    StartMatch,
    Undo,
)
from core.domain.ids import CommandId, DeviceId, read_room, tournament_room
from core.domain.rules import Accepted, judge
from core.domain.text import MAX_TEXT, clean
from core.errors import WireError
from core.realtime.oldserver.learning import Board, is_basic
from core.wire.dialect import live_scores, tell
from core.wire.legacy import (
    Connected,
    GameStart,
    LegacyPing,
    LegacyPong,
    LiveScore,
    MatchComplete,
    Message,
    Notification,
    PlayerAction,
    Subscribe,
    Unsubscribe,
    decode_old_server,
    message,
    read_happening,
    tournament_channel,
)
from core.wire.messages import (
    Answers,
    Directory,
    Events,
    Hello,
    Join,
    Leave,
    Listing,
    Ping,
    Pong,
    Problem,
    Replay,
    Snapshot,
    Submit,
    Welcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.domain.commands import Command, Level
    from core.domain.events import Event
    from core.domain.ids import Epoch, RoomId, TournamentId
    from core.domain.state import Counted, Tournament
    from core.wire.legacy import Happening, OldClientFrame
    from core.wire.messages import ClientMessage, HubMessage

UNCONFIRMED = "sent, cannot be confirmed: old servers do not answer"
"""What is said of every entry that left."""
DOUBTFUL = "it may have left before the link broke; send it again if others do not see it"
NOT_GUARANTEED = (
    "basic mode: this is an old server. What is missed while the link is down is not made up for, and scores"
    " are sent once and cannot be confirmed; send one again by hand (queue retry) if others do not see it"
)
OLD_SERVER = "the old server"
HEARTBEAT = 5.0
"""Old servers have none; this side's pings are answered."""

_SAYABLE = (AddScore, SetScore, Undo, StartMatch, CompleteMatch, Notify)
"""What an old server has words for."""
_TOLD = (LiveScore, MatchComplete, GameStart, Notification)
"""Words that clients say; the others are the server's own."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send a frame to the old server."""

    frame: OldClientFrame
    last_of: CommandId | None = None
    """The entry that has left with this frame; `None` for a frame of no entry, or not the last of one."""


@dataclass(frozen=True, slots=True)
class Hear:
    """Hand a message on, as if a hub had sent it."""

    message: HubMessage


Step: TypeAlias = Say | Hear


class Basic:
    """One device at old servers, over all its links to them.

    Args:
        epoch: the epoch of tournaments that are new here.
        followed: the tournaments to follow; old servers do not list theirs.
        copies: stored copies of tournaments; those of old servers are gone on from.
    """

    def __init__(
        self, epoch: Epoch, followed: Iterable[TournamentId] = (), copies: Iterable[Tournament] = ()
    ) -> None:
        self._epoch = epoch
        self._boards = {copy.id: Board(copy) for copy in copies if is_basic(copy.position.epoch)}
        for tournament in followed:
            self._board(tournament)
        self._greeted = False
        self._connected = False
        self._joined: set[TournamentId] = set()
        self._pings: deque[float] = deque()
        self._waiting: deque[Entry] = deque()
        """Entries that have not left, the first one perhaps on its way out."""
        self._leaving: CommandId | None = None
        """The entry that is on its way out."""
        self._doubtful: set[CommandId] = set()
        """Entries that were on their way out when a link ended."""
        self._said = 0

    def receive_open(self) -> None:
        """Begin on a new link: what the one before had begun is over."""
        self._greeted = self._connected = False
        self._joined.clear()
        self._pings.clear()
        self._waiting.clear()
        if self._leaving is not None:
            self._doubtful.add(self._leaving)
            self._leaving = None

    def submit(self, said: ClientMessage, at: datetime) -> list[Step]:
        """Take what this side says to its hub."""
        match said:
            case Hello():
                self._greeted = True
                return self._welcome(at)
            case Join(room, position):
                return self._join(room, position)
            case Leave(room):
                return self._leave(room)
            case Ping(sent):
                self._pings.append(sent)
                return [Say(LegacyPing(round(at.timestamp() * 1000)))]
            case Submit(entries):
                known = {entry.id for entry in self._waiting}
                self._waiting.extend(entry for entry in entries if entry.id not in known)
                return [] if self._leaving is not None else self._next(at)
            case _:
                # An old server has no words for who is there, nor for other rooms.
                return []

    def receive_frame(self, frame: str | bytes, at: datetime) -> list[Step]:
        """Take what the old server says."""
        try:
            said = decode_old_server(frame)
            match said:
                case Connected():
                    self._connected = True
                    return self._welcome(at)
                case LegacyPong() if self._pings:
                    return [Hear(Pong(self._pings.popleft(), at))]
                case Message():
                    return self._happened(read_happening(said), at)
                case _:
                    return []
        except WireError as error:
            return [Hear(Problem(error.code, f"the old server said what cannot be used: {error.detail}"))]

    def receive_sent(self, id: CommandId, at: datetime) -> list[Step]:
        """Note that an entry's last frame has left: now it counts here, and the next one may go."""
        if id != self._leaving:
            # It left at the last moment of a link that is over: it is among the doubtful ones.
            return []
        self._leaving = None
        entry = self._waiting.popleft()
        board = self._board(entry.tournament)
        steps: list[Step] = []
        events = () if _counted(board, entry) else self._apply(board, entry, at, steps)
        steps.append(Hear(Answers((_answer(entry.id, board, events),))))
        return steps + self._next(at)

    # The link.

    def _welcome(self, at: datetime) -> list[Step]:
        if not (self._greeted and self._connected):
            return []
        welcome = Welcome("", "", HEARTBEAT, at, self._listings(), "moderator", version=OLD_SERVER)
        return [Hear(welcome), Hear(Problem("basic", NOT_GUARANTEED))]

    def _listings(self) -> tuple[Listing, ...]:
        states = (board.state for board in self._boards.values())
        return tuple(
            Listing(state.id, state.name, state.position.epoch, state.position.seq) for state in states
        )

    # Rooms.

    def _join(self, room: RoomId, position: object) -> list[Step]:
        parts = read_room(room)
        if parts is None or parts.kind != "tournament" or parts.tournament is None:
            return [Hear(Problem("no_such_room", f"an old server has no room {room[:80]!r}", room=room))]
        steps: list[Step] = []
        if parts.tournament not in self._boards:
            self._board(parts.tournament)
            steps.append(Hear(Directory(self._listings())))
        state = self._board(parts.tournament).state
        if parts.tournament not in self._joined:
            self._joined.add(parts.tournament)
            steps.append(Say(Subscribe(tournament_channel(parts.tournament))))
        if position == state.position:
            return [*steps, Hear(Replay(room, state.position.epoch))]
        return [*steps, Hear(Snapshot(room, state))]

    def _leave(self, room: RoomId) -> list[Step]:
        parts = read_room(room)
        if parts is None or parts.kind != "tournament" or parts.tournament not in self._joined:
            return []
        self._joined.discard(parts.tournament)
        return [Say(Unsubscribe(tournament_channel(parts.tournament)))]

    def _board(self, tournament: TournamentId) -> Board:
        """Return what is known of a tournament, however little that is."""
        if tournament not in self._boards:
            self._boards[tournament] = Board.new(tournament, self._epoch)
        return self._boards[tournament]

    # What the old server tells.

    def _happened(self, happening: Happening | None, at: datetime) -> list[Step]:
        found = None if happening is None else self._followed(happening.tournament_id)
        if happening is None or found is None:
            return []
        board, steps = found, list[Step]()
        if board.learn(happening):
            steps.append(Hear(Snapshot(tournament_room(board.state.id), board.state)))
        for command, why in _commands(happening, board):
            self._apply(board, self._entry(board, command, why, at), at, steps)
        return steps

    def _followed(self, tournament: str) -> Board | None:
        return next((self._boards[id] for id in self._joined if id == tournament), None)

    def _entry(self, board: Board, command: Command, why: str, at: datetime) -> Entry:
        self._said += 1
        return Entry(
            id=CommandId(f"old-{board.state.position.epoch}-{board.state.position.seq}-{self._said}"),
            tournament=board.state.id,
            command=command,
            by=OLD_SERVER,
            device=DeviceId("old-server"),
            entered_at=at,
            why=why,
        )

    # What this device enters.

    def _next(self, at: datetime) -> list[Step]:
        """Say the next entry that waits; those that cannot be said are answered at once."""
        steps: list[Step] = []
        while self._waiting:
            entry = self._waiting[0]
            if entry.id in self._doubtful:
                self._doubtful.discard(entry.id)
                self._waiting.popleft()
                doubt = Answer(id=entry.id, outcome="sent", reason=DOUBTFUL)
                steps.append(Hear(Answers((doubt,))))
                continue
            frames, refusal = self._frames(entry, at)
            if frames:
                *first, last = frames
                self._leaving = entry.id
                return [*steps, *(Say(frame) for frame in first), Say(last, entry.id)]
            self._waiting.popleft()
            steps.append(Hear(Answers((Answer(id=entry.id, outcome="refused", reason=refusal),))))
        return steps

    def _frames(self, entry: Entry, at: datetime) -> tuple[list[Message], str]:
        """Return an entry in the words of old clients, or why it has none."""
        if not isinstance(entry.command, _SAYABLE):
            return [], "an old server has no word for that"
        board = self._board(entry.tournament)
        again = _again(board, entry, at)
        if again:
            return self._messages(board, again), ""
        verdict = judge(board.state, _rebased(entry, board), at, board.state.position.epoch)
        if not isinstance(verdict, Accepted):
            return [], verdict.reason
        said = [one for event in verdict.events for one in tell(event, verdict.state)]
        return self._messages(board, said), "that changes nothing that an old server knows of"

    def _messages(self, board: Board, said: Iterable[Happening]) -> list[Message]:
        channel = tournament_channel(board.state.id)
        return [message(channel, board.outward(one)) for one in said if isinstance(one, _TOLD)]

    def _apply(self, board: Board, entry: Entry, at: datetime, steps: list[Step]) -> tuple[Event, ...]:
        """Have an entry count here, if it can; return its events."""
        epoch = board.state.position.epoch
        verdict = judge(board.state, _rebased(entry, board), at, epoch)
        if not isinstance(verdict, Accepted):
            return ()
        board.state = verdict.state
        steps.append(Hear(Events(tournament_room(board.state.id), epoch, verdict.events)))
        return verdict.events


def _commands(happening: Happening, board: Board) -> list[tuple[Command, str]]:
    """Return what must be entered here so that it stands as the old server says, with the reasons."""
    if isinstance(happening, Notification):
        level: Level = "warning" if happening.type in ("warning", "error") else "info"
        return [(Notify(clean(happening.title), clean(happening.message, MAX_TEXT), level), "")]
    match = board.match(happening)
    if match is None:
        return []
    reopened: list[tuple[Command, str]] = [(ReopenMatch(match.id), f"{OLD_SERVER} goes on with it")]
    match happening:
        case LiveScore(team_id=team, score=score, player_action=action):
            side = match.side_of(board.team(team))
            delta = 0 if side is None else score - (match.score.home if side == "home" else match.score.away)
            why = f"{action.action} by {action.player_id}" if isinstance(action, PlayerAction) else ""
            point = (AddScore(match.id, board.team(team), delta), why)
            return [*(reopened if match.finished else []), point] if delta else []
        case MatchComplete() if not match.finished:
            return [(CompleteMatch(match.id), "")]
        case GameStart() if match.finished:
            return reopened
        case _:
            return []


def _rebased(entry: Entry, board: Board) -> Entry:
    """Return an entry as made on what is known now: an old server holds nothing for a person to decide."""
    command = entry.command
    match = board.state.matches.get(command.match) if isinstance(command, MatchCommand) else None
    base = None if match is None else Base(board.state.position.epoch, match.version)
    return replace(entry, base=base)


def _counted(board: Board, entry: Entry) -> tuple[Counted, ...]:
    """Return what an entry counts for here already; empty where it was never sent."""
    command = entry.command
    match = board.state.matches.get(command.match) if isinstance(command, MatchCommand) else None
    return () if match is None else tuple(one for one in match.entries if one.id == entry.id)


def _again(board: Board, entry: Entry, at: datetime) -> tuple[Happening, ...]:
    """Return an entry that was sent before in old words, on the score as it stands; empty for others."""
    command, counted = entry.command, _counted(board, entry)
    if not counted or not isinstance(command, MatchCommand):
        return ()
    state, match = board.state, board.state.matches[command.match]
    if isinstance(command, CompleteMatch):
        return (MatchComplete(state.id, match.id, match.winner),)
    before = match.score.plus(
        -sum(one.delta.home for one in counted), -sum(one.delta.away for one in counted)
    )
    return live_scores(state, match, (before, match.score), at)


def _answer(id: CommandId, board: Board, events: tuple[Event, ...]) -> Answer:
    last = events[-1] if events else None
    return Answer(
        id=id,
        outcome="sent",
        epoch=board.state.position.epoch,
        seq=0 if last is None else last.seq,
        version=0 if last is None else last.version,
        events=events,
        reason=UNCONFIRMED,
    )
