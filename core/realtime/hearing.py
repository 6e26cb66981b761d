"""Hearing: what each message of a hub means, beyond the link that it came by.

Hands it to the machine that it concerns and holds no rule of its own, but for the words that people read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import Founding, match_of
from core.domain.ids import short_form
from core.realtime.effects import Apply, Effect
from core.realtime.interplay import told
from core.realtime.rooms.contents import log_of
from core.wire.messages import (
    Answers,
    Deferred,
    Directory,
    Events,
    Goodbye,
    HubMessage,
    Listing,
    Problem,
    Replay,
    Snapshot,
    Welcome,
)
from core.wire.offers import Want
from core.wire.presence import Here, PresenceDiff, PresenceSnapshot
from core.wire.rooms import SideEvents, SideReplay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.answers import Answer
    from core.domain.ids import RoomId
    from core.realtime.effects import Moment
    from core.realtime.interplay import Interplay
    from core.realtime.links.session import Session


class Hearing:
    """What hubs say.

    Args:
        interplay: the machines.
    """

    def __init__(self, interplay: Interplay) -> None:
        self._interplay = interplay
        self._carriage, self._outbox = interplay.carriage, interplay.outbox
        self.idle = False
        """Whether nobody is at this device's keys, as hubs are told with their welcome."""

    def receive(self, session: Session, message: HubMessage, moment: Moment) -> list[Effect]:
        """Hand what is not about the link itself to whom it concerns."""
        match message:
            case Welcome(tournaments=listings):
                return self._welcomed(session, listings, moment)
            case Directory(listings):
                return self._interplay.take(self._carriage.receive_listed(session, listings, moment))
            case Snapshot(answers=answers) | Replay(answers=answers) | SideReplay(answers=answers):
                steps = self._carriage.receive(session, message, moment)
                effects = self._interplay.take(steps) + self._interplay.offer(message.room, moment)
                return effects + self._answered(session, answers, moment)
            case Want():
                return self._interplay.do(self._interplay.offers.receive_want(message, moment.now))
            case Events() | SideEvents() | PresenceSnapshot() | PresenceDiff():
                return self._interplay.take(self._carriage.receive(session, message, moment))
            case Answers(answers):
                return self._answered(session, answers, moment)
            case Deferred():
                self._outbox.receive_deferred(message, moment.now)
            case Goodbye():
                self._carriage.pool.receive_goodbye(session.link, moment.now)
            case Problem():
                return self._problem(session, message, moment)
            case _:
                pass
        return []

    def _welcomed(self, session: Session, listings: tuple[Listing, ...], moment: Moment) -> list[Effect]:
        self._carriage.pool.receive_live(session.link)
        effects: list[Effect] = [
            Apply(line) for line in self._interplay.outlook.receive_live(session, moment)
        ]
        if self.idle:
            effects.append(session.send(Here(True)))
        effects += self._interplay.take(self._carriage.receive_listed(session, listings, moment))
        if len(self._carriage.pool.live) == 1:
            stranded = self._outbox.stranded(self._carriage.directory.anywhere())
            effects += [
                told(
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
            return self._interplay.take(steps) + self._copied(problem.room, moment)
        records = self._outbox.receive_problem(problem.ids, problem.detail)
        return [*records, told(moment, "problem", f"the hub says: {problem.detail}")]

    def _copied(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Say what can be done where a hub lost a tournament of which there is a copy here."""
        tournament = log_of(room)
        position = None if tournament is None else self._carriage.contents.logs.positions.get(tournament)
        if position is None:
            return []
        advice = f"an admin can bring it back: courtside rescue {tournament}"
        text = f"this hub does not hold {tournament}; here is a copy up to event {position.seq}: {advice}"
        return [told(moment, "problem", text)]

    def _answered(self, session: Session, answers: Iterable[Answer], moment: Moment) -> list[Effect]:
        effects: list[Effect] = []
        for record in self._outbox.receive_answers(answers, moment.now):
            effects.append(record)
            entry = self._outbox.entry(record.id)
            command = entry.command
            self._interplay.answered(entry.tournament, record.answer)
            if record.state == "confirmed" and isinstance(command, Founding):
                self._carriage.receive_created(session, entry.tournament)
            if record.state in ("conflict", "refused"):
                match_id = match_of(command)
                what = "" if match_id is None else f"{short_form(match_id)} "
                effects.append(told(moment, "queue", f"{what}{record.state}: {record.reason}"))
            effects += self._interplay.holds.receive_record(record)
        return effects
