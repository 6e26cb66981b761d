"""The engine: the one object that the shell drives; it holds no rule of its own.

A frame goes to the session, then by `hearing` to whom it concerns; what is decided becomes effects by
`interplay`. After each call links are given to rooms, what may go is sent, what is due is dialled, and what
changed is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from core.errors import TooLarge, WireError
from core.realtime.effects import (
    Apply,
    Effect,
    Fetch,
    JournalRow,
    Moment,
    Persist,
    Recollection,
    Record,
    SavingChanged,
    Withdrawal,
)
from core.realtime.hearing import Hearing
from core.realtime.interplay import Interplay, told
from core.realtime.links.session import CLOSE_BAD_FRAME, Session
from core.realtime.outbox.withdrawing import remedy
from core.wire.codec import Frame, check_entry, decode_hub
from core.wire.messages import (
    CLOSE_TOO_LARGE,
    Hello,
)
from core.wire.presence import Here

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.domain.commands import Entry
    from core.domain.events import Event
    from core.domain.ids import CommandId, DeviceId, RoomId, TournamentId
    from core.domain.state import Tournament
    from core.realtime.config import EngineConfig
    from core.realtime.effects import LinkId
    from core.realtime.links.backoff import Dice
    from core.realtime.links.carriage import Decision
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
        self._interplay = Interplay(config, dice)
        self._hearing = Hearing(self._interplay)
        self._carriage, self._pool = self._interplay.carriage, self._interplay.pool
        self._outbox, self._outlook = self._interplay.outbox, self._interplay.outlook
        self._offers = self._interplay.offers
        self._can_save = True

    def load(self, rows: Sequence[JournalRow], moment: Moment) -> list[Effect]:
        """Take over the journal as found at the start.

        Args:
            rows: all unanswered, held and refused rows, and the latest answered ones, by row.
            moment: when that was.
        """
        self._interplay.receive_rows(rows)
        return self._interplay.finish([], moment)

    def restore(self, states: Sequence[Tournament], moment: Moment) -> list[Effect]:
        """Take over stored copies of tournaments: shown as of their last event until a hub says more."""
        return self._follow(self._carriage.contents.logs.restore(states), moment)

    def start(self, moment: Moment) -> list[Effect]:
        """Begin: dial."""
        self._pool.open = True
        return self._interplay.finish([self._saving()], moment)

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
        return self._interplay.finish(effects, moment)

    def receive_saved(self, rows: Mapping[CommandId, int], moment: Moment) -> list[Effect]:
        """The journal has committed these entries, each at its row.

        Rows of other processes below them were handed in before: the row is the order of sending.
        """
        self._outbox.receive_saved(rows, moment.now)
        effects: list[Effect] = []
        if not self._can_save:
            self._can_save = True
            effects.append(self._saving())
        return self._interplay.finish(effects, moment)

    def receive_save_failed(self, ids: Sequence[CommandId], why: str, moment: Moment) -> list[Effect]:
        """The journal could not commit these entries: they were never entered.

        `View.can_save` is false until one is saved again.
        """
        self._outbox.receive_save_failed(ids)
        self._can_save = False
        return self._interplay.finish([self._saving(), told(moment, "problem", why)], moment)

    def receive_appended(self, rows: Sequence[JournalRow], moment: Moment) -> list[Effect]:
        """Rows that others appended, and where this process does not send, rows that the sender changed."""
        # The sender's own word on an entry is newer than its row.
        fresh = [row for row in rows if not (self._interplay.sends and self._outbox.knows(row.entry.id))]
        self._interplay.receive_rows(fresh)
        return self._interplay.finish([], moment)

    def become_sender(self, moment: Moment) -> list[Effect]:
        """This process holds the data folder's lock now, and has handed in every row.

        Until then nothing is sent or withdrawn.
        """
        self._interplay.sends = True
        self._outbox.become_sender()
        return self._interplay.finish([self._saving()], moment)

    def join(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Follow a room from now on, over any link; counted, so that each `join` needs its `leave`."""
        return self._follow(self._carriage.join(room, moment), moment)

    def leave(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Follow a room no longer, when nobody else here does; what was seen of it stays in the view."""
        return self._follow(self._carriage.leave(room, moment), moment)

    def set_idle(self, idle: bool, moment: Moment) -> list[Effect]:
        """Tell the hubs whether somebody is at this device's keys; links to come are told it too."""
        if idle == self._hearing.idle:
            return []
        self._hearing.idle = idle
        return self._interplay.finish([session.send(Here(idle)) for session in self._pool.live], moment)

    def room_stats(self, room: RoomId, now: float) -> RoomStats | None:
        """Return a followed room in figures; `None` for one that is not followed."""
        return self._carriage.rooms.stats(room, now)

    def withdraw(self, id: CommandId, moment: Moment) -> Withdrawal:
        """Take an entry back if it certainly never left; say what is needed otherwise."""
        outcome, reason = remedy(self._outbox, id, sends=self._interplay.sends)
        if outcome not in ("withdrawn", "dismissed"):
            return Withdrawal(outcome, reason)
        return Withdrawal(outcome, reason, tuple(self._interplay.finish([self._outbox.withdraw(id)], moment)))

    def retry(self, id: CommandId, moment: Moment) -> list[Effect]:
        """Send an entry now instead of when its wait is over; dials if there is no link."""
        effects: list[Effect] = [*self._outbox.retry(id, moment.now)]
        if not self._pool.sessions:
            self._pool.reconnect(moment.now)
        return self._interplay.finish(effects, moment)

    def reconnect(self, moment: Moment, endpoint: str | None = None) -> list[Effect]:
        """Forget every wait, bench and refusal, of an endpoint or of all, and dial afresh: a person asked."""
        sessions = [one for one in self._pool.sessions if endpoint in (None, one.endpoint)]
        effects = self._interplay.hang_up(sessions, "reconnecting, as somebody asked", moment)
        self._pool.reconnect(moment.now, endpoint)
        return self._interplay.finish(effects, moment)

    def drain(self, endpoint: str, moment: Moment) -> list[Effect]:
        """Carry nothing over an endpoint any more: its rooms move first, then its links are hung up.

        Where no other link can be had they stay: a drain takes nobody off-line.
        """
        self._pool.drain(endpoint, True)
        return self._interplay.finish([], moment)

    def undrain(self, endpoint: str, moment: Moment) -> list[Effect]:
        """Use a drained endpoint again."""
        self._pool.drain(endpoint, False)
        return self._interplay.finish([], moment)

    def add_endpoint(self, endpoint: str, moment: Moment) -> list[Effect]:
        """Use one more endpoint."""
        self._pool.add_endpoint(endpoint)
        return self._interplay.finish([], moment)

    def remove_endpoint(self, endpoint: str, moment: Moment) -> list[Effect]:
        """Forget an endpoint: its links are hung up, its rooms go on over others."""
        sessions = self._pool.remove_endpoint(endpoint)
        return self._hang_up(sessions, "this endpoint is used no more", moment)

    def close(self, moment: Moment) -> list[Effect]:
        """Hang up all links and dial no more."""
        self._pool.open = False
        return self._hang_up(self._pool.sessions, "this device closes", moment)

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
        return self._interplay.finish(session.receive_open(hello, moment.now), moment)

    def receive_frame(self, link: LinkId, frame: Frame, moment: Moment) -> list[Effect]:
        """A frame came in. Frames of links that were hung up are ignored."""
        session = self._pool.session(link)
        if session is None:
            return []
        effects = self._interplay.look(moment)
        doubted, sure = session.doubted, session.sure
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
            if session.sure and not sure:
                effects += self._interplay.take(self._carriage.trust(session, moment))
            if session.state in ("live", "leaving"):
                effects += self._hearing.receive(session, message, moment)
            if not session.durable:
                # After all else: rooms that have just become whole there are no newer (guarantee 9).
                effects += self._interplay.take(self._carriage.doubt(session, moment))
        return self._interplay.finish(effects, moment)

    def receive_closed(
        self, link: LinkId, code: int, reason: str, moment: Moment, retry_after: float = 0.0
    ) -> list[Effect]:
        """A link closed, or a dial failed; the hub asks to wait `retry_after` seconds before the next.

        A failed dial has code 1006, 4401 where the hub refused the token by HTTP 401 or 403, or
        `CLOSE_BLOCKED` where what answered was no hub.
        """
        session = self._pool.session(link)
        if session is None:
            return []
        session.receive_closed(retry_after)
        return self._interplay.finish(self._interplay.lose(session, code, reason, moment), moment)

    def receive_sent(self, link: LinkId, frame_bytes: int, moment: Moment) -> list[Effect]:
        """A frame of that size was written to a link, for the statistics."""
        session = self._pool.session(link)
        if session is not None:
            session.traffic.bytes_out += frame_bytes
        return [Apply(change) for change in self._outlook.changes(moment)]

    def receive_recalled(self, recalled: Recollection, moment: Moment) -> list[Effect]:
        """The archive was looked into, as `Recall` asked."""
        deeds = self._offers.receive_recalled(recalled, moment.now)
        return self._interplay.finish(self._interplay.do(deeds), moment)

    def receive_fetched(self, fetch: Fetch, events: tuple[Event, ...], moment: Moment) -> list[Effect]:
        """The archive gave what `Fetch` asked for, as much as is brought at once."""
        deeds = self._offers.receive_fetched(fetch.tournament, fetch.epoch, events, moment.now)
        return self._interplay.finish(self._interplay.do(deeds), moment)

    def receive_bad_log(self, tournament: TournamentId, why: str, moment: Moment) -> list[Effect]:
        """The store could not fold an `Advanced` (it raised `BadLog`, keeping its state): fetch all anew."""
        return self._follow(self._carriage.receive_bad_log(tournament, why, moment), moment)

    def next_deadline(self) -> float | None:
        """Return the monotonic time at which `handle_deadline` is due; `None` while nothing is."""
        machines = (self._carriage, self._outbox, self._outlook, self._offers)
        return min((at for machine in machines if (at := machine.next_deadline()) is not None), default=None)

    def handle_deadline(self, moment: Moment) -> list[Effect]:
        """Do what time alone brings about: heartbeats, time-outs, dials, resends."""
        effects = self._interplay.look(moment)
        for session in self._pool.sessions:
            effects += session.handle_deadline(moment.now)
        effects += self._dropped(self._outbox.handle_deadline(moment.now), moment)
        effects += self._interplay.take(self._carriage.handle_deadline(moment))
        effects += self._interplay.do(self._offers.handle_deadline(moment.now))
        return self._interplay.finish(effects, moment)

    def _follow(self, steps: Iterable[Decision], moment: Moment) -> list[Effect]:
        return self._interplay.finish(self._interplay.take(steps), moment)

    def _hang_up(self, sessions: Sequence[Session], reason: str, moment: Moment) -> list[Effect]:
        return self._interplay.finish(self._interplay.hang_up(sessions, reason, moment), moment)

    def _dropped(self, records: Sequence[Record], moment: Moment) -> list[Effect]:
        """Say that messages became dead letters, and write it down."""
        lines = [told(moment, "queue", f"a message was dropped: {record.reason}") for record in records]
        return [*records, *lines]

    def _saving(self) -> Apply:
        return Apply(SavingChanged(self._can_save, self._interplay.sends))
