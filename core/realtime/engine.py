"""The engine: the one object that the shell drives; it composes the machines and holds no rule of their own.

A frame goes to the session, then to rooms or outbox, and what they decide becomes effects. After each call
the engine gives links to rooms, sends what may go, dials what is due, and says what changed. Guarantees the
order of effects: what was decided about an entry is shown before it is sent, and nothing is sent that is not
in the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from core.domain.commands import Founding, match_of
from core.domain.ids import short_form
from core.errors import TooLarge, WireError
from core.realtime.carriage import Carriage, Decision
from core.realtime.contents import log_of
from core.realtime.effects import (
    Advanced,
    Apply,
    Effect,
    Fetch,
    Hangup,
    JournalRow,
    KeptChanged,
    Moment,
    Persist,
    Recollection,
    Record,
    Replaced,
    SavingChanged,
    Send,
    Told,
    Withdrawal,
)
from core.realtime.holds import Holds
from core.realtime.offers import Offers, Tell
from core.realtime.outbox import Outbox
from core.realtime.outlook import Outlook
from core.realtime.rooms import Moved, Say, Short
from core.realtime.session import CLOSE_BAD_FRAME, CLOSE_NORMAL, Session
from core.realtime.view import LocalLine
from core.realtime.wake import Wake
from core.realtime.withdrawing import remedy
from core.wire.codec import Frame, check_entry, decode_hub
from core.wire.messages import (
    CLOSE_TOO_LARGE,
    Answers,
    ClientMessage,
    Deferred,
    Directory,
    Events,
    Goodbye,
    Hello,
    HubMessage,
    Leave,
    Listing,
    Problem,
    Replay,
    Snapshot,
    Submit,
    Welcome,
)
from core.wire.offers import Want
from core.wire.presence import Here, PresenceDiff, PresenceSnapshot
from core.wire.rooms import SideEvents, SideReplay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.domain.answers import Answer
    from core.domain.commands import Entry
    from core.domain.events import Event
    from core.domain.ids import CommandId, DeviceId, RoomId, TournamentId
    from core.domain.state import Tournament
    from core.realtime.backoff import Dice
    from core.realtime.config import EngineConfig
    from core.realtime.effects import LinkId
    from core.realtime.offers import Deed
    from core.realtime.view import RoomStats


class Engine:
    """Everything that this device decides about links, rooms and entries, without doing any of it.

    Every call takes the moment at which it is made and returns effects; perform all of one call, in order,
    before the next.

    Args:
        config: figures and endpoints.
        device: this device's id.
        person: the name at this device, said to the hub.
        dice: where jitter comes from.
    """

    def __init__(self, config: EngineConfig, device: DeviceId, person: str, dice: Dice) -> None:
        self._hello = Hello(device, person, version=config.version, token=config.token)
        self._carriage = Carriage(config, dice)
        self._pool, self._rooms = self._carriage.pool, self._carriage.rooms
        self._logs = self._carriage.contents.logs
        self._outbox = Outbox(config, dice)
        self._holds = Holds(self._outbox)
        self._outlook = Outlook(config, self._carriage)
        self._offers = Offers()
        self._wake = Wake(config.heartbeat_interval)
        self._sends = False
        self._can_save = True
        self._idle = False

    def load(self, rows: Sequence[JournalRow], moment: Moment) -> list[Effect]:
        """Take over the journal as found at the start.

        Args:
            rows: all unanswered, held and refused rows, and the latest answered ones, by row.
            moment: when that was.
        """
        self._receive_rows(rows)
        return self._finish([], moment)

    def restore(self, states: Sequence[Tournament], moment: Moment) -> list[Effect]:
        """Take over stored copies of tournaments: shown as of their last event until a hub says more."""
        return self._finish(self._steps(self._logs.restore(states)), moment)

    def start(self, moment: Moment) -> list[Effect]:
        """Begin: dial."""
        self._pool.open = True
        return self._finish([self._saving()], moment)

    def submit(self, entry: Entry, moment: Moment) -> list[Effect]:
        """Take an entry at the key press: `Persist` comes back; `receive_saved` then has it shown and sent.

        An id that is known with the same content changes nothing and returns no `Persist`.

        Raises:
            NotSaved: so many entries wait that none can be added.
            BadInput: the id is known with other content, or no hub could read the entry.
        """
        check_entry(entry)
        is_new, records = self._outbox.submit(entry)
        effects = self._dropped(records, moment)
        if is_new:
            effects.append(Persist(entry))
            self._carriage.enter([entry.tournament])
        return self._finish(effects, moment)

    def receive_saved(self, rows: Mapping[CommandId, int], moment: Moment) -> list[Effect]:
        """The journal has committed these entries, each at its row.

        Rows of other processes below them were handed in before: the row is the order of sending.
        """
        self._outbox.receive_saved(rows, moment.now)
        effects: list[Effect] = []
        if not self._can_save:
            self._can_save = True
            effects.append(self._saving())
        return self._finish(effects, moment)

    def receive_save_failed(self, ids: Sequence[CommandId], why: str, moment: Moment) -> list[Effect]:
        """The journal could not commit these entries: they were never entered.

        `View.can_save` is false until one is saved again.
        """
        self._outbox.receive_save_failed(ids)
        self._can_save = False
        return self._finish([self._saving(), _line(moment, "problem", why)], moment)

    def receive_appended(self, rows: Sequence[JournalRow], moment: Moment) -> list[Effect]:
        """Rows that others appended, and where this process does not send, rows that the sender changed."""
        # The sender's own word on an entry is newer than its row.
        fresh = [row for row in rows if not (self._sends and self._outbox.knows(row.entry.id))]
        self._receive_rows(fresh)
        return self._finish([], moment)

    def become_sender(self, moment: Moment) -> list[Effect]:
        """This process holds the data folder's lock now, and has handed in every row.

        Until then nothing is sent or withdrawn.
        """
        self._sends = True
        self._outbox.become_sender()
        return self._finish([self._saving()], moment)

    def join(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Follow a room from now on, over any link; counted, so that each `join` needs its `leave`."""
        return self._finish(self._steps(self._carriage.join(room, moment)), moment)

    def leave(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Follow a room no longer, when nobody else here does; what was seen of it stays in the view."""
        return self._finish(self._steps(self._carriage.leave(room, moment)), moment)

    def set_idle(self, idle: bool, moment: Moment) -> list[Effect]:
        """Tell the hubs whether somebody is at this device's keys; links to come are told it too."""
        if idle == self._idle:
            return []
        self._idle = idle
        return self._finish([session.send(Here(idle)) for session in self._pool.live], moment)

    def room_stats(self, room: RoomId, now: float) -> RoomStats | None:
        """Return a followed room in figures; `None` for one that is not followed."""
        return self._rooms.stats(room, now)

    def withdraw(self, id: CommandId, moment: Moment) -> Withdrawal:
        """Take an entry back if it certainly never left; say what is needed otherwise."""
        outcome, reason = remedy(self._outbox, id, sends=self._sends)
        if outcome not in ("withdrawn", "dismissed"):
            return Withdrawal(outcome, reason)
        return Withdrawal(outcome, reason, tuple(self._finish([self._outbox.withdraw(id)], moment)))

    def retry(self, id: CommandId, moment: Moment) -> list[Effect]:
        """Send an entry now instead of when its wait is over; dials if there is no link."""
        effects: list[Effect] = [*self._outbox.retry(id, moment.now)]
        if not self._pool.sessions:
            self._pool.reconnect(moment.now)
        return self._finish(effects, moment)

    def reconnect(self, moment: Moment, endpoint: str | None = None) -> list[Effect]:
        """Forget every wait, bench and refusal, of an endpoint or of all, and dial afresh: a person asked."""
        sessions = [one for one in self._pool.sessions if endpoint in (None, one.endpoint)]
        effects = self._hang_up(sessions, "reconnecting, as somebody asked", moment)
        self._pool.reconnect(moment.now, endpoint)
        return self._finish(effects, moment)

    def drain(self, endpoint: str, moment: Moment) -> list[Effect]:
        """Carry nothing over an endpoint any more: its rooms move first, then its links are hung up.

        Where no other link can be had they stay: a drain takes nobody off-line.
        """
        self._pool.drain(endpoint, True)
        return self._finish([], moment)

    def undrain(self, endpoint: str, moment: Moment) -> list[Effect]:
        """Use a drained endpoint again."""
        self._pool.drain(endpoint, False)
        return self._finish([], moment)

    def add_endpoint(self, endpoint: str, moment: Moment) -> list[Effect]:
        """Use one more endpoint."""
        self._pool.add_endpoint(endpoint)
        return self._finish([], moment)

    def remove_endpoint(self, endpoint: str, moment: Moment) -> list[Effect]:
        """Forget an endpoint: its links are hung up, its rooms go on over others."""
        sessions = self._pool.remove_endpoint(endpoint)
        return self._finish(self._hang_up(sessions, "this endpoint is used no more", moment), moment)

    def close(self, moment: Moment) -> list[Effect]:
        """Hang up all links and dial no more."""
        self._pool.open = False
        return self._finish(self._hang_up(self._pool.sessions, "this device closes", moment), moment)

    def receive_open(self, link: LinkId, moment: Moment, token: str | None = None) -> list[Effect]:
        """A dial succeeded.

        Args:
            link: which.
            moment: when.
            token: what signs this device in, fetched for this link; `None` for that of the settings.
        """
        session = self._pool.session(link)
        if session is None:
            return []
        hello = self._hello if token is None else msgspec.structs.replace(self._hello, token=token)
        return self._finish(session.receive_open(hello, moment.now), moment)

    def receive_frame(self, link: LinkId, frame: Frame, moment: Moment) -> list[Effect]:
        """A frame came in. Frames of links that were hung up are ignored."""
        session = self._pool.session(link)
        if session is None:
            return []
        effects = self._look(moment)
        doubted = session.doubted
        session.receive_size(len(frame), moment.now)
        if not doubted:
            session.heard_at = moment.at
        self._outlook.count_in(moment.now)
        try:
            message = decode_hub(frame)
        except WireError as error:
            code = CLOSE_TOO_LARGE if isinstance(error, TooLarge) else CLOSE_BAD_FRAME
            effects += session.hang_up(code, f"the hub sent what cannot be read: {error}")
        else:
            effects += session.receive_message(message, moment)
            if doubted and not session.doubted:
                effects += self._steps(self._carriage.trust(session, moment))
            if session.state in ("live", "leaving"):
                effects += self._receive(session, message, moment)
        return self._finish(effects, moment)

    def receive_closed(self, link: LinkId, code: int, reason: str, moment: Moment) -> list[Effect]:
        """A link closed, or a dial failed.

        A failed dial has code 1006, 4401 where the hub refused the token by HTTP 401 or 403, or
        `CLOSE_BLOCKED` where what answered was no hub.
        """
        session = self._pool.session(link)
        if session is None:
            return []
        session.receive_closed()
        return self._finish(self._lose(session, code, reason, moment), moment)

    def receive_sent(self, link: LinkId, frame_bytes: int, moment: Moment) -> list[Effect]:
        """A frame of that size was written to a link, for the statistics."""
        session = self._pool.session(link)
        if session is not None:
            session.traffic.bytes_out += frame_bytes
        return [Apply(change) for change in self._outlook.changes(moment)]

    def receive_recalled(self, recalled: Recollection, moment: Moment) -> list[Effect]:
        """The archive was looked into, as `Recall` asked."""
        return self._finish(self._deeds(self._offers.receive_recalled(recalled, moment.now)), moment)

    def receive_fetched(self, fetch: Fetch, events: tuple[Event, ...], moment: Moment) -> list[Effect]:
        """The archive gave what `Fetch` asked for, as much as is brought at once."""
        deeds = self._offers.receive_fetched(fetch.tournament, fetch.epoch, events, moment.now)
        return self._finish(self._deeds(deeds), moment)

    def receive_bad_log(self, tournament: TournamentId, why: str, moment: Moment) -> list[Effect]:
        """The store could not fold an `Advanced` (it raised `BadLog`, keeping its state): fetch all anew."""
        return self._finish(self._steps(self._carriage.receive_bad_log(tournament, why, moment)), moment)

    def next_deadline(self) -> float | None:
        """Return the monotonic time at which `handle_deadline` is due; `None` while nothing is."""
        machines = (self._carriage, self._outbox, self._outlook, self._offers)
        return min((at for machine in machines if (at := machine.next_deadline()) is not None), default=None)

    def handle_deadline(self, moment: Moment) -> list[Effect]:
        """Do what time alone brings about: heartbeats, time-outs, dials, resends."""
        effects = self._look(moment)
        for session in self._pool.sessions:
            effects += session.handle_deadline(moment.now)
        effects += self._dropped(self._outbox.handle_deadline(moment.now), moment)
        effects += self._steps(self._carriage.handle_deadline(moment))
        effects += self._deeds(self._offers.handle_deadline(moment.now))
        return self._finish(effects, moment)

    def _receive(self, session: Session, message: HubMessage, moment: Moment) -> list[Effect]:
        """Hand what is not about the link itself to whom it concerns."""
        match message:
            case Welcome(tournaments=listings):
                return self._welcomed(session, listings, moment)
            case Directory(listings):
                return self._steps(self._carriage.receive_listed(session, listings, moment))
            case Snapshot(answers=answers) | Replay(answers=answers) | SideReplay(answers=answers):
                steps = self._carriage.receive(session, message, moment)
                effects = self._steps(steps) + self._carried(message.room, moment)
                return effects + self._answered(session, answers, moment)
            case Want():
                return self._deeds(self._offers.receive_want(message, moment.now))
            case Events() | SideEvents() | PresenceSnapshot() | PresenceDiff():
                return self._steps(self._carriage.receive(session, message, moment))
            case Answers(answers):
                return self._answered(session, answers, moment)
            case Deferred():
                self._outbox.receive_deferred(message, moment.now)
            case Goodbye():
                self._pool.receive_goodbye(session.link, moment.now)
            case Problem():
                return self._problem(session, message, moment)
            case _:
                pass
        return []

    def _welcomed(self, session: Session, listings: tuple[Listing, ...], moment: Moment) -> list[Effect]:
        self._pool.receive_live(session.link)
        effects: list[Effect] = [Apply(line) for line in self._outlook.receive_live(session, moment)]
        if self._idle:
            effects.append(session.send(Here(True)))
        effects += self._steps(self._carriage.receive_listed(session, listings, moment))
        if len(self._pool.live) == 1:
            stranded = self._outbox.stranded(self._carriage.directory.anywhere())
            effects += [
                _line(
                    moment,
                    "queue",
                    f"{count} saved for {tournament}: this hub does not hold it, so they wait",
                )
                for tournament, count in stranded.items()
            ]
        return effects

    def _problem(self, session: Session, problem: Problem, moment: Moment) -> list[Effect]:
        """Show what the hub could not use, and see to it that it is not sent again for ever."""
        if problem.room is not None:
            steps = self._carriage.receive_missing(session, problem.room, problem.detail, moment)
            return self._steps(steps) + self._copied(problem.room, moment)
        records = self._outbox.receive_problem(problem.ids, problem.detail)
        return [*records, _line(moment, "problem", f"the hub says: {problem.detail}")]

    def _copied(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Say what can be done where a hub lost a tournament of which there is a copy here."""
        tournament = log_of(room)
        position = None if tournament is None else self._logs.positions.get(tournament)
        if position is None:
            return []
        advice = f"an admin can bring it back: courtside rescue {tournament}"
        text = f"this hub does not hold {tournament}; here is a copy up to event {position.seq}: {advice}"
        return [_line(moment, "problem", text)]

    def _answered(self, session: Session, answers: Iterable[Answer], moment: Moment) -> list[Effect]:
        effects: list[Effect] = []
        for record in self._outbox.receive_answers(answers, moment.now):
            effects.append(record)
            command = self._outbox.entry(record.id).command
            if record.state == "confirmed" and isinstance(command, Founding):
                self._carriage.receive_created(session, self._outbox.entry(record.id).tournament)
            if record.state in ("conflict", "refused"):
                match_id = match_of(command)
                what = "" if match_id is None else f"{short_form(match_id)} "
                effects.append(_line(moment, "queue", f"{what}{record.state}: {record.reason}"))
            effects += self._holds.receive_record(record)
        return effects

    def _carried(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Have what a hub lacks of a tournament offered on the link that carries its room."""
        tournament, link = log_of(room), self._rooms.carrier(room)
        if tournament is None or link is None:
            return []
        return self._deeds(self._offers.receive_link(tournament, link, moment.now))

    def _deeds(self, deeds: Iterable[Deed]) -> list[Effect]:
        """Turn what is to be done about older epochs into effects; only who sends says anything."""
        effects: list[Effect] = []
        for deed in deeds:
            match deed:
                case Tell(link, message):
                    session = self._pool.session(link) if self._sends else None
                    if session is not None and session.live:
                        effects.append(session.send(message))
                case KeptChanged():
                    effects.append(Apply(deed))
                case _:
                    effects.append(deed)
        return effects

    def _steps(self, steps: Iterable[Decision]) -> list[Effect]:
        """Turn what was decided about links and rooms into effects."""
        effects: list[Effect] = []
        for step in steps:
            match step:
                case Say():
                    effects += self._say(step)
                case Moved(room):
                    if (tournament := log_of(room)) is not None:
                        # The whole run goes again where the room is now (guarantee 4).
                        self._outbox.receive_moved(tournament)
                case Short(room, link):
                    effects += self._short(room, link)
                case Hangup():
                    effects.append(step)
                case _:
                    effects.append(Apply(step))
                    if isinstance(step, Advanced):
                        effects += self._holds.receive_events(step)
                        effects += self._deeds(self._offers.receive_events(step))
                    elif isinstance(step, Replaced):
                        self._holds.receive_state(step.state)
                        effects += self._deeds(self._offers.receive_state(step.state))
        return effects

    def _short(self, room: RoomId, link: LinkId) -> list[Effect]:
        """Tell a hub that its log lacks what was seen here."""
        tournament = log_of(room)
        position = None if tournament is None else self._logs.positions.get(tournament)
        if tournament is None or position is None:
            return []
        return self._deeds(self._offers.receive_short(tournament, position, link))

    def _say(self, say: Say) -> list[Effect]:
        """Join a room, with the ids that wait for an answer, or leave it; a leaving link hears nothing."""
        session = self._pool.session(say.link)
        if session is None or not session.live:
            return []
        tournament = log_of(say.message.room)
        if isinstance(say.message, Leave) or tournament is None:
            return [session.send(say.message)]
        named = self._outbox.named(tournament)
        return [session.send(msgspec.structs.replace(say.message, unanswered=named))]

    def _receive_rows(self, rows: Sequence[JournalRow]) -> None:
        self._outbox.receive_rows(rows)
        self._carriage.enter(row.entry.tournament for row in rows if row.answer is None)

    def _look(self, moment: Moment) -> list[Effect]:
        """Ask every link for a sign of life if this device slept; until it comes, nothing counts as live."""
        if not self._wake.look(moment, linked=bool(self._pool.live)):
            return []
        effects: list[Effect] = []
        for session in self._pool.sessions:
            effects += self._steps(self._carriage.doubt(session, moment))
            effects += session.doubt(moment.now)
        self._pool.doubt(moment.now)
        return effects

    def _dropped(self, records: Sequence[Record], moment: Moment) -> list[Effect]:
        """Say that messages became dead letters, and write it down."""
        lines = [_line(moment, "queue", f"a message was dropped: {record.reason}") for record in records]
        return [*records, *lines]

    def _hang_up(self, sessions: Sequence[Session], reason: str, moment: Moment) -> list[Effect]:
        """Hang up links, as somebody asked for it."""
        effects: list[Effect] = []
        for session in sessions:
            effects += session.hang_up(CLOSE_NORMAL, reason)
            effects += self._lose(session, CLOSE_NORMAL, reason, moment)
        return effects

    def _lose(self, session: Session, code: int, reason: str, moment: Moment) -> list[Effect]:
        """Take note of a link that has ended."""
        carried = self._carriage.load(session.link)
        self._pool.receive_closed(session.link, code, reason, moment.now)
        self._outbox.receive_link_lost(session.link)
        self._offers.receive_lost(session.link)
        steps = self._carriage.receive_lost(session, moment)
        lines = self._outlook.receive_lost(session, carried, moment) if self._pool.open else []
        return [*(Apply(line) for line in lines), *self._steps(steps)]

    def _finish(self, effects: list[Effect], moment: Moment) -> list[Effect]:
        """Add what follows from any call: links that ended, rooms to carry, what may go, who is dialled."""
        ended = [effect for effect in effects if isinstance(effect, Hangup)]
        for hangup in ended:
            if (session := self._pool.session(hangup.link)) is not None:
                effects += self._lose(session, hangup.code, hangup.reason, moment)
        effects += self._steps(self._carriage.plan(moment))
        effects += self._holds.decided(self._logs.positions)
        sends = self._pump(moment)
        self._outbox.trim(self._logs.positions)
        if (queue := self._outbox.change()) is not None:
            effects.append(Apply(queue))
        effects += sends
        effects += self._pool.dials(moment.now)
        self._outlook.count_out(moment.now, sum(isinstance(effect, Send) for effect in effects))
        effects += [Apply(change) for change in self._outlook.changes(moment)]
        return effects

    def _pump(self, moment: Moment) -> list[Effect]:
        """Send the entries that may go now, a plan alone in its frame and the others together."""
        effects: list[Effect] = []
        for session in self._pool.live if self._sends else ():
            barred, held = self._carriage.openings(session)
            entries = self._outbox.take(session.link, barred, held, moment.now)
            effects += [self._outbox.record(entry.id) for entry in entries]
            effects += [session.send(message) for message in _frames(entries)]
        return effects

    def _saving(self) -> Apply:
        return Apply(SavingChanged(self._can_save, self._sends))


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


def _line(moment: Moment, kind: Literal["link", "queue", "problem"], text: str) -> Apply:
    return Apply(Told(LocalLine(moment.at, kind, text)))
