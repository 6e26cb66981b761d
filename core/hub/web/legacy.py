"""Old clients at `/ws`: who hears which channel, and what becomes of what they say.

Words of the dialect stand in `core.wire.legacy`, what they ask for in `interpreter`. An old client's results
take the ordinary way of entries, one after the other, and what is accepted goes out once, as the hub's own
event; all else that it says goes to the channel's other old clients. What it does wrong is answered by an
error frame and never costs it its connection. Its entries bear a device of their own for each connection, as
old clients have neither device nor person.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from msgspec import Raw

from core.domain.commands import Entry
from core.domain.events import BroadcastSent, MatchCompleted, MatchReopened
from core.domain.ids import CommandId, DeviceId, TournamentId, tournament_room
from core.domain.lookup import find_match
from core.errors import Unknown, WireError
from core.hub.door.access import READER, WRITERS, Pass, may_read
from core.hub.door.intake import take_in
from core.hub.judging.gate import Gate
from core.hub.judging.interpreter import Wish, interpret
from core.hub.lobby import HEARTBEAT, SILENCE
from core.hub.log.rounds import utc_now
from core.hub.protocol import pack
from core.hub.web.http import PASS, VISITOR
from core.wire.dialect import catch_up, leaderboard, ranks, standing, tell
from core.wire.legacy import (
    Complaint,
    Connected,
    LegacyPing,
    LegacyPong,
    LiveScore,
    MatchComplete,
    Message,
    OldServerFrame,
    PlayerAction,
    ScoreUpdate,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    decode_old_client,
    encode_legacy,
    message,
    read_happening,
    tournament_channel,
)
from core.wire.messages import CLOSE_GOING_AWAY, CLOSE_SIGN_IN, Deferred, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    from core.domain.answers import Answer
    from core.domain.events import Event
    from core.domain.ids import TeamId
    from core.domain.state import Tournament
    from core.hub.door.door import Visitor
    from core.hub.judging.interpreter import Result
    from core.hub.judging.parties import Sender
    from core.hub.lobby import Lobby
    from core.hub.protocol import Packed, SocketProtocol
    from core.hub.rooms.room import Room
    from core.hub.web.figures import Figures
    from core.wire.legacy import OldClientFrame

MAX_CHANNELS = 200
"""Channels of one old client."""
PATIENCE = 10.0
"""Seconds for which an entry is brought again that the hub could not take; nobody else would bring it."""
TEAM = "private-team-"
GAME = "presence-game-"
TOURNAMENT = tournament_channel("")

logger = logging.getLogger(__name__)


class OldClients:
    """All old clients of a hub, and `/ws` as raw ASGI.

    Args:
        lobby: the hub.
    """

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._hearers: dict[str, set[OldClient]] = {}
        self._clients: set[OldClient] = set()
        self._ranks: dict[TournamentId, Mapping[TeamId, tuple[int, int]]] = {}
        self.actions: dict[CommandId, PlayerAction] = {}
        """What players did for entries that are on their way."""
        lobby.followers.append(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one old client from its handshake to its end."""
        await receive()
        await send({"type": "websocket.accept"})
        peer: SocketProtocol = scope["state"]["peer"]
        pass_: Pass | None = scope["state"][PASS]
        client = OldClient(self, self._lobby, peer, scope["state"][VISITOR], pass_ or READER)
        if pass_ is None:
            peer.close(CLOSE_SIGN_IN, "this hub lets nobody in without a token")
            return
        self._clients.add(client)
        try:
            await client.run(receive)
        finally:
            if peer.fell_behind:
                self._lobby.rounds.figures.slow_readers["legacy"] += 1
            self._clients.discard(client)
            for channel in client.channels:
                self.leave(channel, client)

    def __len__(self) -> int:
        return len(self._clients)

    def join(self, channel: str, client: OldClient) -> None:
        """Have a client hear a channel."""
        self._hearers.setdefault(channel, set()).add(client)

    def leave(self, channel: str, client: OldClient) -> None:
        """Have a client hear a channel no longer."""
        hearers = self._hearers.get(channel, set())
        hearers.discard(client)
        if not hearers:
            self._hearers.pop(channel, None)

    def relay(self, said: Message, sender: DeviceId) -> None:
        """Hand a message to the other hearers of its channel."""
        packed = _packed(said)
        for client in self._hearers.get(said.channel, ()):
            if client.device != sender:
                client.peer.write(packed)

    def publish(self, room: Room, events: tuple[Event, ...]) -> None:
        """Tell a tournament's hearers what happened; whoever said so itself has shown it already."""
        state = room.state
        channel = tournament_channel(state.id)
        if channel not in self._hearers:
            self._ranks.pop(state.id, None)
            return
        for event in events:
            if isinstance(event.fact, BroadcastSent):
                self.relay(Message(channel, event.fact.event, Raw(event.fact.data.encode())), event.device)
            for happening in tell(event, state, self.actions.get(event.command)):
                self.relay(message(channel, happening), event.device)
        if any(isinstance(event.fact, MatchCompleted | MatchReopened) for event in events):
            self._show_leaderboard(state, channel)

    def restart(self, room: Room) -> None:
        """Show a tournament's hearers how its matches stand: a new epoch began."""
        channel = tournament_channel(room.state.id)
        if channel in self._hearers:
            for happening in catch_up(room.state):
                self.relay(message(channel, happening), DeviceId(""))

    def dismiss(self, reason: str) -> None:
        """Close every connection: the hub stops."""
        for client in self._clients:
            client.peer.close(CLOSE_GOING_AWAY, reason)

    def remember(self, state: Tournament) -> None:
        """Know a tournament's tables, so that what changes in them can be told."""
        self._ranks.setdefault(state.id, ranks(state))

    def _show_leaderboard(self, state: Tournament, channel: str) -> None:
        now = ranks(state)
        update = leaderboard(state, self._ranks.get(state.id, {}), now)
        self._ranks[state.id] = now
        if update is not None:
            self.relay(message(channel, update), DeviceId(""))


class OldClient:
    """One old client.

    Args:
        all_: the others.
        lobby: the hub.
        peer: its connection.
        visitor: where it comes from.
        pass_: what it may do.
    """

    def __init__(
        self, all_: OldClients, lobby: Lobby, peer: SocketProtocol, visitor: Visitor, pass_: Pass
    ) -> None:
        self.peer = peer
        self.pass_ = pass_
        self.gate = Gate()
        self.channels: set[str] = set()
        self.id = uuid4().hex[:12]
        self.device = DeviceId(f"old-{self.id}")
        self._all = all_
        self._lobby = lobby
        self._visitor = visitor
        self._wish: Wish | None = None
        self._verdict: asyncio.Future[Answer | Deferred | Problem] | None = None

    async def run(self, receive: Receive) -> None:
        """Take frames until the end."""
        self._say(Connected(self.id))
        logger.info("%s: an old client", self.device)
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    said = await receive()
            except TimeoutError:
                self._look()
                continue
            if said["type"] == "websocket.disconnect":
                return
            text = said.get("text")
            await self._receive(said["bytes"] if text is None else text)

    @property
    def figures(self) -> Figures:
        """What the hub counts."""
        return self._lobby.rounds.figures

    # What the rounds tell of the one entry that is on its way.

    def give_answers(self, answers: tuple[Answer, ...]) -> None:
        """Take the answer."""
        self._settle(answers[0])

    def give_deferred(self, deferred: Deferred) -> None:
        """Take that it was not judged."""
        self._settle(deferred)

    def give_problem(self, problem: Problem) -> None:
        """Take what is wrong with it."""
        self._settle(problem)

    def bring(self, sender: Sender, entries: Sequence[Entry], name: str, device: str) -> None:
        """Bring what came through the intake, with the objection that goes with it."""
        objection = "" if self._wish is None else self._wish.objection
        self._lobby.rounds.bring(sender, entries, name, device, objection)

    def _look(self) -> None:
        """End a connection that is silent, or whose pass is good no more."""
        if not self._renew():
            return
        if asyncio.get_running_loop().time() - self.peer.heard_at > SILENCE:
            logger.info("%s: silent, aborted", self.device)
            self.peer.abort()
        else:
            self.peer.ping()

    def _renew(self) -> bool:
        """Know what the pass is good for now; end a connection whose pass is good no more."""
        self.pass_ = self._lobby.door.today(self.pass_, utc_now())
        if self.pass_.standing == "valid":
            return True
        self.peer.close(CLOSE_SIGN_IN, f"this sign-in is {self.pass_.standing}; ask ops for a join code")
        return False

    async def _receive(self, frame: str | bytes) -> None:
        door, now = self._lobby.door, asyncio.get_running_loop().time()
        if not door.trusts(self._visitor):
            # Read no faster; an old client knows no frame that says "later".
            await asyncio.sleep(door.frames.take(self.id, now))
        if not self._renew():
            return
        try:
            said = decode_old_client(frame)
            await self._answer(said)
        except WireError as error:
            self._complain(error.detail)
        except Unknown as error:
            self._complain(str(error))

    async def _answer(self, said: OldClientFrame) -> None:
        match said:
            case LegacyPing(timestamp):
                self._say(LegacyPong(timestamp))
            case Subscribe(channel):
                self._subscribe(channel)
            case Unsubscribe(channel):
                self.channels.discard(channel)
                self._all.leave(channel, self)
                self._say(Unsubscribed(channel))
            case Message():
                await self._hear(said)

    def _subscribe(self, channel: str) -> None:
        if not self._may_hear(channel):
            self._complain(f"there is no channel {channel[:80]!r} for you on this hub")
            return
        if len(self.channels) >= MAX_CHANNELS:
            self._complain(f"one client hears at most {MAX_CHANNELS} channels; unsubscribe from others first")
            return
        self.channels.add(channel)
        self._all.join(channel, self)
        self._say(Subscribed(channel))
        state = self._state(channel.removeprefix(TOURNAMENT)) if channel.startswith(TOURNAMENT) else None
        if state is not None:
            self._all.remember(state)
            for happening in catch_up(state):
                self._say(message(channel, happening))

    def _may_hear(self, channel: str) -> bool:
        """Tell whether this client may hear a channel; a tournament must be there, too."""
        if channel.startswith(TOURNAMENT):
            return self._state(channel.removeprefix(TOURNAMENT)) is not None
        if channel.startswith(TEAM):
            return self.pass_.role == "admin" or self.pass_.team == channel.removeprefix(TEAM)
        return channel.startswith(GAME) and self._knows(channel.removeprefix(GAME))

    async def _hear(self, said: Message) -> None:
        """Take a message: results become entries, all else goes to the channel's others."""
        happening = read_happening(said)
        if isinstance(happening, ScoreUpdate):
            return
        if isinstance(happening, LiveScore | MatchComplete):
            await self._enter(happening)
        elif self._may_say(said.channel):
            self._all.relay(said, self.device)
        else:
            self._complain("this hub takes that only from who has signed in; ask ops for a code")

    def _may_say(self, channel: str) -> bool:
        return self._may_hear(channel) and (
            self.pass_.role in WRITERS or (channel.startswith(TEAM) and self.pass_.team is not None)
        )

    async def _enter(self, said: Result) -> None:
        """Have a result judged, and tell the client what did not become of it."""
        state = self._state(said.tournament_id)
        if state is None:
            raise Unknown("tournament", said.tournament_id)
        self._wish = wish = interpret(said, state)
        if wish is None:
            return
        entry = Entry(
            id=CommandId(uuid4().hex),
            tournament=state.id,
            command=wish.command,
            by=self.pass_.name or "an old client",
            device=self.device,
            entered_at=utc_now(),
            base=wish.base,
            why=wish.why,
        )
        action = said.player_action if isinstance(said, LiveScore) else None
        if isinstance(action, PlayerAction):
            self._all.actions[entry.id] = action
        try:
            reason = await self._judged(entry)
        finally:
            self._all.actions.pop(entry.id, None)
        if reason:
            self._complain(reason)
            self._correct(state.id, wish)

    async def _judged(self, entry: Entry) -> str:
        """Bring an entry until it has an answer; return why it does not count, `""` if it does."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + PATIENCE
        while True:
            self._verdict = loop.create_future()
            take_in(self._lobby.door, self, self, self._visitor, (entry,), entry.by, self.device, loop.time())
            match await self._verdict:
                case Deferred(_, code, detail, wait):
                    again_at = loop.time() + wait
                    if code == "sign_in" or self._lobby.leaving or again_at > give_up_at:
                        return f"not taken: {detail}; nobody will bring it again by itself"
                    await asyncio.sleep(wait)
                case Problem(_, detail):
                    return f"not taken: {detail}"
                case answer if answer.outcome == "accepted":
                    return ""
                case answer:
                    return f"{answer.outcome}: {answer.reason}"

    def _settle(self, verdict: Answer | Deferred | Problem) -> None:
        if self._verdict is not None and not self._verdict.done():
            self._verdict.set_result(verdict)

    def _correct(self, tournament: TournamentId, wish: Wish) -> None:
        """Show a client whose word does not count the score as it stands."""
        state = self._state(tournament)
        if state is not None:
            for score in standing(state, state.matches[wish.command.match]):
                self._say(message(tournament_channel(tournament), score))

    def _state(self, tournament: str) -> Tournament | None:
        """Return a tournament; `None` if it is not there, or not for this client."""
        id = TournamentId(tournament)
        room = self._lobby.rounds.rooms.room(id)
        return None if room is None or not may_read(self.pass_, tournament_room(id)) else room.state

    def _knows(self, game: str) -> bool:
        """Tell whether a match that this client may read is named so."""
        listings = self._lobby.listings(self.pass_)
        states = [state for listing in listings if (state := self._state(listing.id)) is not None]
        try:
            find_match(states, game)
        except Unknown:
            return False
        return True

    def _complain(self, detail: str) -> None:
        self._say(Complaint(detail[:500]))

    def _say(self, frame: OldServerFrame) -> None:
        self.peer.write(_packed(frame))


def _packed(frame: OldServerFrame) -> Packed:
    return pack(encode_legacy(frame))
