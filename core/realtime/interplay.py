"""The interplay: what the decision of one machine means to the others, as effects.

Composes them and holds no rule of its own. Guarantees the order of effects: what was decided about an entry
is shown before it is sent, and nothing is sent that is not in the journal; that a room goes on over a live
link in the call in which its own ended; and that a run of entries goes as a whole where its room goes
(guarantee 4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from core.domain.commands import Founding
from core.domain.ids import tournament_room
from core.realtime.effects import Advanced, Apply, Effect, Hangup, KeptChanged, Replaced, Send, Told
from core.realtime.links.carriage import Carriage, Decision
from core.realtime.links.session import CLOSE_NORMAL, Session
from core.realtime.links.wake import Wake
from core.realtime.outbox.holds import Holds
from core.realtime.outbox.outbox import Outbox
from core.realtime.outbox.promises import Promises
from core.realtime.outlook import Outlook
from core.realtime.rooms.contents import log_of
from core.realtime.rooms.offers import Offers, Tell
from core.realtime.rooms.rooms import Moved, Say, Short
from core.realtime.view import LocalLine
from core.wire.messages import ClientMessage, Leave, Submit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.domain.answers import Answer
    from core.domain.commands import Entry
    from core.domain.ids import RoomId, TournamentId
    from core.domain.state import Position
    from core.realtime.config import EngineConfig
    from core.realtime.effects import JournalRow, LinkId, Moment
    from core.realtime.links.backoff import Dice
    from core.realtime.rooms.offers import Deed


class Interplay:
    """All machines of the client side.

    Args:
        config: figures and endpoints.
        dice: where jitter comes from.
    """

    def __init__(self, config: EngineConfig, dice: Dice) -> None:
        self.carriage = Carriage(config, dice)
        self.pool, self.rooms = self.carriage.pool, self.carriage.rooms
        self.logs = self.carriage.contents.logs
        self.outbox = Outbox(config, dice)
        self.holds = Holds(self.outbox)
        self.promises = Promises()
        self.outlook = Outlook(config, self.carriage)
        self.offers = Offers()
        self.sends = False
        """Whether this process is the one of its data folder that sends."""
        self._wake = Wake(config.heartbeat_interval)

    def take(self, steps: Iterable[Decision]) -> list[Effect]:
        """Turn what was decided about links and rooms into effects."""
        effects: list[Effect] = []
        for step in steps:
            match step:
                case Say():
                    effects += self._say(step)
                case Moved(room):
                    if (tournament := log_of(room)) is not None:
                        # The whole run goes again where the room is now (guarantee 4).
                        self.outbox.receive_moved(tournament)
                case Short(room, link):
                    effects += self._short(room, link)
                case Hangup():
                    effects.append(step)
                case _:
                    effects.append(Apply(step))
                    if isinstance(step, Advanced):
                        effects += self.holds.receive_events(step)
                        effects += self.do(self.offers.receive_events(step))
                        effects += self._verify(step)
                    elif isinstance(step, Replaced):
                        if step.stored:
                            self.promises.receive_restored(step.state)
                        effects += self.holds.receive_state(step.state)
                        effects += self.do(self.offers.receive_state(step.state))
        return effects

    def do(self, deeds: Iterable[Deed]) -> list[Effect]:
        """Turn what is to be done about older epochs into effects; only who sends says anything."""
        effects: list[Effect] = []
        for deed in deeds:
            match deed:
                case Tell(link, message):
                    session = self.pool.session(link) if self.sends else None
                    if session is not None and session.live:
                        effects.append(session.send(message))
                case KeptChanged():
                    effects.append(Apply(deed))
                case _:
                    effects.append(deed)
        return effects

    def offer(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Have what a hub lacks of a tournament offered on the link that carries its room."""
        tournament, link = log_of(room), self.rooms.carrier(room)
        if tournament is None or link is None:
            return []
        passed = self.promises.receive_whole(tournament, self.logs.positions[tournament])
        deeds = self.offers.receive_link(tournament, link, moment.now)
        return [*self.do(deeds), *self._claim(tournament, passed, link)]

    def answered(self, tournament: TournamentId, answer: Answer | None) -> None:
        """Look for an answered entry when its place in the log comes."""
        self.promises.receive_answer(tournament, answer, self.logs.positions.get(tournament))

    def receive_rows(self, rows: Sequence[JournalRow]) -> None:
        """Take rows of the journal that this process did not write, and keep a link for what waits there."""
        self.outbox.receive_rows(rows)
        for row in rows:
            self.answered(row.entry.tournament, row.answer)
        self.carriage.enter(row.entry.tournament for row in rows if row.answer is None)

    def look(self, moment: Moment) -> list[Effect]:
        """Ask every link for a sign of life if this device slept; until it comes, nothing counts as live."""
        if not self._wake.look(moment, linked=bool(self.pool.live)):
            return []
        effects: list[Effect] = []
        for session in self.pool.sessions:
            effects += self.take(self.carriage.doubt(session, moment))
            effects += session.doubt(moment.now)
        self.pool.doubt(moment.now)
        return effects

    def hang_up(self, sessions: Sequence[Session], reason: str, moment: Moment) -> list[Effect]:
        """Hang up links, as somebody asked for it."""
        effects: list[Effect] = []
        for session in sessions:
            effects += session.hang_up(CLOSE_NORMAL, reason)
            effects += self.lose(session, CLOSE_NORMAL, reason, moment)
        return effects

    def lose(self, session: Session, code: int, reason: str, moment: Moment) -> list[Effect]:
        """Take note of a link that has ended."""
        carried = self.carriage.load(session.link)
        self.pool.receive_closed(session.link, code, reason, moment.now)
        self.outbox.receive_link_lost(session.link)
        self.offers.receive_lost(session.link)
        steps = self.carriage.receive_lost(session, moment)
        lines = self.outlook.receive_lost(session, carried, moment) if self.pool.open else []
        return [*(Apply(line) for line in lines), *self.take(steps)]

    def finish(self, effects: list[Effect], moment: Moment) -> list[Effect]:
        """Add what follows from any call: links that ended, rooms to carry, what may go, who is dialled."""
        ended = [effect for effect in effects if isinstance(effect, Hangup)]
        for hangup in ended:
            if (session := self.pool.session(hangup.link)) is not None:
                effects += self.lose(session, hangup.code, hangup.reason, moment)
        effects += self.take(self.carriage.plan(moment))
        effects += self.holds.decided(self.logs.positions)
        sends = self._pump(moment)
        self.outbox.trim(self.logs.positions)
        if (queue := self.outbox.change()) is not None:
            effects.append(Apply(queue))
        effects += sends
        effects += self.pool.dials(moment.now)
        self.outlook.count_out(moment.now, sum(isinstance(effect, Send) for effect in effects))
        effects += [Apply(change) for change in self.outlook.changes(moment)]
        return effects

    def _short(self, room: RoomId, link: LinkId) -> list[Effect]:
        """Tell a hub that its log lacks what was seen here."""
        tournament = log_of(room)
        assert tournament is not None, "only a tournament's log can be short"
        return self._claim(tournament, [self.logs.positions[tournament]], link)

    def _verify(self, change: Advanced) -> list[Effect]:
        """Look whether a log shows what was answered; not while something is missing of it."""
        link = self.rooms.carrier(tournament_room(change.tournament))
        if link is None:
            return []
        return self._claim(change.tournament, self.promises.receive_events(change), link)

    def _claim(self, tournament: TournamentId, places: Iterable[Position], link: LinkId) -> list[Effect]:
        """Tell a hub what stood in its log."""
        deeds = [deed for place in places for deed in self.offers.receive_short(tournament, place, link)]
        return self.do(deeds)

    def _say(self, say: Say) -> list[Effect]:
        """Join a room, with the ids that wait for an answer, or leave it; a leaving link hears nothing."""
        session = self.pool.session(say.link)
        if session is None or not session.live:
            return []
        tournament = log_of(say.message.room)
        if isinstance(say.message, Leave) or tournament is None:
            return [session.send(say.message)]
        named = self.outbox.named(tournament)
        return [session.send(msgspec.structs.replace(say.message, unanswered=named))]

    def _pump(self, moment: Moment) -> list[Effect]:
        """Send the entries that may go now, a plan alone in its frame and the others together."""
        effects: list[Effect] = []
        for session in self.pool.live if self.sends else ():
            barred, held = self.carriage.openings(session)
            entries = self.outbox.take(session.link, barred, held, moment.now)
            effects += [self.outbox.record(entry.id) for entry in entries]
            effects += [session.send(message) for message in _frames(entries)]
        return effects


def told(moment: Moment, kind: Literal["link", "queue", "problem"], text: str) -> Apply:
    """Return what puts a line of this device's own into the feed."""
    return Apply(Told(LocalLine(moment.at, kind, text)))


def _frames(entries: Sequence[Entry]) -> list[ClientMessage]:
    """Put entries into as few frames as their limit of size allows, in order: a plan may fill one."""
    frames: list[ClientMessage] = []
    together: list[Entry] = []
    for entry in entries:
        if not isinstance(entry.command, Founding):
            together.append(entry)
            continue
        if together:
            frames.append(Submit(tuple(together)))
            together = []
        frames.append(Submit((entry,)))
    return [*frames, Submit(tuple(together))] if together else frames
