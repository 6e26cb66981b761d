"""The rules: what becomes of an entry, judged on a state. One judgement for hub and client.

The hub's ledger makes it binding; the client lays its pending entries over the confirmed state by the same
call. Guarantees that a verdict's events fold onto the state they were judged on. Ids, durability and rights
are not its affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from core.domain.adoption import unpack_copy
from core.domain.brackets import fillings
from core.domain.checks import check
from core.domain.commands import (
    AddScore,
    AssignSlot,
    Base,
    Broadcast,
    CloseMissing,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    Entry,
    Founding,
    MatchCommand,
    Notify,
    ReopenMatch,
    ReviveTournament,
    Score,
    SetScore,
    Settle,
    StartMatch,
    Undo,
)
from core.domain.conflicts import conflicts, reason, touched
from core.domain.events import (
    BroadcastSent,
    ConflictSettled,
    EntryHeld,
    EntryUndone,
    EpochBegun,
    Event,
    Fact,
    MatchCompleted,
    MatchReopened,
    MatchStarted,
    MissingClosed,
    Notified,
    PointsAdded,
    ResultConfirmed,
    ScoreSet,
    SlotAssigned,
    TournamentCreated,
)
from core.domain.ids import CommandId, Epoch, MatchId, TeamId, read_room, short_form
from core.domain.reduce import reduce
from core.domain.rooms import room_exists
from core.errors import BadLog, BadPlan

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.state import Match, Tournament

MAX_POINTS = 1_000_000
"""Highest score of a side."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The entry counts."""

    events: tuple[Event, ...]
    """None for a broadcast to a room with a log of its own: it is in no tournament's."""
    state: Tournament
    """The state with the events applied."""


@dataclass(frozen=True, slots=True)
class Conflicting:
    """The entry is held: its base is behind what others did to the same thing."""

    events: tuple[Event, ...]
    state: Tournament
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The entry can never count."""

    reason: str
    """Why, in words for a scorekeeper."""


Verdict: TypeAlias = Accepted | Conflicting | Refused


class _Refusal(Exception):
    """A rule says no."""


def judge(
    state: Tournament | None,
    entry: Entry,
    at: datetime,
    epoch: Epoch,
    deliverer: str = "",
    objection: str = "",
) -> Verdict:
    """Judge an entry on a state.

    Args:
        state: the tournament before; `None` when it does not exist yet.
        entry: what was entered.
        at: when it was received, UTC; times that would go back are lifted to the state's last.
        epoch: the epoch in which its events would stand.
        deliverer: who brought it, `""` when that was the author.
        objection: why rights refuse it, so that it is held for ops on its match; `""` for nothing. What is
            on no match cannot be held, and is refused.
    """
    writer = _Writer(state, entry, at, epoch, deliverer)
    try:
        command = entry.command
        if objection and not isinstance(command, MatchCommand):
            raise _Refusal(objection)
        if isinstance(command, Founding):
            writer.found(command)
        elif state is None:
            raise _Refusal(f"there is no tournament {entry.tournament!r} here")
        elif isinstance(command, Notify):
            writer.write(None, Notified(command.title, command.text, command.level))
        elif isinstance(command, Broadcast):
            writer.broadcast(command)
        elif isinstance(command, CloseMissing):
            writer.close(command)
        else:
            line = [past.epoch for past in state.past]
            against = conflicts(writer.match(command.match), entry, epoch, line)
            if objection:
                writer.write(command.match, EntryHeld(entry, (), objection))
                return Conflicting(writer.events, writer.state, objection)
            if against:
                writer.write(command.match, EntryHeld(entry, tuple(other.id for other in against)))
                return Conflicting(writer.events, writer.state, reason(against))
            writer.play(command)
    except _Refusal as refusal:
        return Refused(str(refusal))
    return Accepted(writer.events, writer.state)


class _Writer:
    """Turns one entry's command into events, each judged on the state with those before it applied."""

    def __init__(
        self, state: Tournament | None, entry: Entry, at: datetime, epoch: Epoch, deliverer: str
    ) -> None:
        self._state = state
        self._entry = entry
        self._epoch = epoch
        self._at = at if state is None or state.updated_at is None else max(at, state.updated_at)
        self._deliverer = deliverer
        self.events: tuple[Event, ...] = ()

    @property
    def state(self) -> Tournament:
        """The state with all events so far applied."""
        assert self._state is not None  # judge looks first, and a creation is written first
        return self._state

    def match(self, match_id: MatchId) -> Match:
        """Return a match as it stands with the events so far."""
        found = self.state.matches.get(match_id)
        if found is None:
            raise _Refusal(f"there is no match {match_id!r} in this tournament")
        return found

    def write(self, match_id: MatchId | None, fact: Fact) -> None:
        """Append an event and apply it."""
        entry = self._entry
        event = Event(
            seq=1 if self._state is None else self._state.position.seq + 1,
            command=entry.id,
            fact=fact,
            by=entry.by,
            device=entry.device,
            entered_at=entry.entered_at,
            received_at=self._at,
            match=match_id,
            version=0 if match_id is None else self.match(match_id).version + 1,
            deliverer=self._deliverer,
            why=entry.why,
            base=self._older_base(),
        )
        self._state = reduce(self._state, event, self._epoch)
        self.events = (*self.events, event)

    def _older_base(self) -> Base | None:
        """Return the entry's base where it is of an older epoch of this tournament."""
        base = self._entry.base
        past = () if self._state is None else self._state.past
        return base if base is not None and any(one.epoch == base.epoch for one in past) else None

    def found(self, command: Founding) -> None:
        """Begin the tournament's log."""
        if isinstance(command, CreateTournament):
            self.create(command)
        else:
            self.revive(command)

    def revive(self, command: ReviveTournament) -> None:
        if self._state is not None:
            raise _Refusal("this tournament is here already; consoles bring what it lacks by themselves")
        try:
            copy = unpack_copy(command.copy)
        except BadLog as error:
            raise _Refusal(f"the copy cannot be used: {error.why}") from error
        if copy.id != self._entry.tournament:
            raise _Refusal(f"the copy is of {copy.id!r}, the entry of {self._entry.tournament!r}")
        parent = copy.position
        self.write(None, EpochBegun(parent.epoch, parent.seq, parent.seq, command.copy))

    def close(self, command: CloseMissing) -> None:
        past = next((one for one in self.state.past if one.epoch == command.epoch), None)
        if past is None or not any(first <= command.until for first, _ in past.missing):
            raise _Refusal("nothing is missing there any more")
        self.write(None, MissingClosed(command.epoch, min(command.until, past.seen)))
        self._fill()

    def create(self, command: CreateTournament) -> None:
        plan = command.plan
        if self._state is not None:
            raise _Refusal(f"there is a tournament {plan.id!r} already; give this one another id")
        if plan.id != self._entry.tournament:
            raise _Refusal(f"the plan is for {plan.id!r}, the entry for {self._entry.tournament!r}")
        try:
            check(plan)
        except BadPlan as error:
            raise _Refusal(str(error)) from error
        self.write(None, TournamentCreated(plan))

    def broadcast(self, command: Broadcast) -> None:
        """Write what everybody is told; what only some are told changes nothing of the tournament."""
        parts = read_room(command.room)
        if parts is None or not (parts.kind == "global" or room_exists(self.state, parts)):
            raise _Refusal(f"there is no room {command.room!r}")
        if parts.kind == "tournament":
            self.write(None, BroadcastSent(command.event, command.data, command.exclude_sender))
        elif not parts.has_own_log:
            raise _Refusal("a broadcast goes to a tournament, its admins, a team, a role, or to all (global)")

    def play(self, command: MatchCommand) -> None:
        """Write what a command on a match does; conflicts are already ruled out."""
        match command:
            case AddScore(match_id, team, delta):
                self._add(match_id, team, delta)
            case SetScore(match_id, score):
                self._set(match_id, score)
            case Undo(match_id, of):
                self._undo(match_id, of)
            case StartMatch(match_id):
                self._start(match_id, implied=False)
            case CompleteMatch(match_id, shootout):
                self._complete(match_id, shootout)
            case ConfirmResult(match_id):
                self._confirm(match_id)
            case ReopenMatch(match_id):
                self._reopen(match_id)
            case AssignSlot():
                self._assign(command)
            case Settle():
                self._settle(command)
            case _:
                assert_never(command)

    def _start(self, match_id: MatchId, *, implied: bool) -> None:
        match = self.match(match_id)
        if match.phase != "scheduled":
            raise _Refusal(f"{short_form(match_id)} has started already")
        for slot in (match.home, match.away):
            if slot.team is None:
                raise _Refusal(f"{short_form(match_id)} cannot start: a side is not known yet")
        self.write(match_id, MatchStarted(implied))

    def _live(self, match_id: MatchId) -> Match:
        """Return the match ready for points: started by them if it has not, never after its end."""
        match = self.match(match_id)
        if match.finished:
            raise _Refusal("This match is final. Ops can reopen it")
        if match.phase == "scheduled":
            self._start(match_id, implied=True)
        return self.match(match_id)

    def _add(self, match_id: MatchId, team: TeamId, delta: int) -> None:
        match = self._live(match_id)
        side = match.side_of(team)
        if side is None:
            raise _Refusal(f"{team!r} does not play in {short_form(match_id)}")
        if delta == 0:
            raise _Refusal("adding 0 changes nothing")
        after = match.score.plus(delta, 0) if side == "home" else match.score.plus(0, delta)
        self.write(match_id, PointsAdded(team, side, delta, match.score, _in_range(after)))

    def _set(self, match_id: MatchId, score: Score) -> None:
        match = self._live(match_id)
        self.write(match_id, ScoreSet(match.score, _in_range(score)))

    def _undo(self, match_id: MatchId, of: CommandId) -> None:
        match = self.match(match_id)
        if any(held.entry.id == of for held in match.held):
            self.write(match_id, ConflictSettled((of,), "withdrawn"))
            return
        if match.finished:
            raise _Refusal("This match is final. Ops can reopen it")
        named = [entry for entry in match.entries if entry.id == of]
        if not named:
            raise _Refusal("there is nothing of that entry to undo in this match")
        if any(entry.undoes == of for entry in match.entries):
            raise _Refusal("that entry is undone already; to have it again, undo the undo")
        if all(entry.delta == Score() for entry in named):
            raise _Refusal("that entry changed no points; only points can be undone")
        after = match.score.plus(
            -sum(entry.delta.home for entry in named), -sum(entry.delta.away for entry in named)
        )
        self.write(match_id, EntryUndone(of, touched(named), match.score, _in_range(after)))

    def _complete(self, match_id: MatchId, shootout: Score | None) -> None:
        match = self.match(match_id)
        if match.finished:
            raise _Refusal(f"{short_form(match_id)} is final already")
        if match.phase != "live":
            raise _Refusal(f"{short_form(match_id)} has not started")
        level = match.score.home == match.score.away
        if shootout is not None:
            _in_range(shootout)
        if shootout is not None and (not level or shootout.home == shootout.away):
            raise _Refusal("a shoot-out decides a level score, and has a winner itself")
        if level and shootout is None and self.state.stage(match.stage).kind == "knockout":
            raise _Refusal("a knock-out match needs a winner: enter the shoot-out")
        decisive = shootout or match.score
        winner = None if decisive.home == decisive.away else _leader(match, decisive)
        self.write(match_id, MatchCompleted(match.score, winner, shootout))
        self._fill()

    def _confirm(self, match_id: MatchId) -> None:
        match = self.match(match_id)
        if match.phase == "official":
            raise _Refusal(f"{short_form(match_id)} is official already")
        if match.phase != "final":
            raise _Refusal(f"{short_form(match_id)} is not final yet")
        if match.held:
            raise _Refusal(f"{short_form(match_id)} has a conflict: decide it first")
        self.write(match_id, ResultConfirmed(match.score))

    def _reopen(self, match_id: MatchId) -> None:
        match = self.match(match_id)
        if not match.finished:
            raise _Refusal(f"{short_form(match_id)} is not final")
        self.write(match_id, MatchReopened(match.score))

    def _assign(self, command: AssignSlot) -> None:
        match = self.match(command.match)
        if command.team not in self.state.teams:
            raise _Refusal(f"there is no team {command.team!r} in this tournament")
        if match.phase != "scheduled":
            raise _Refusal(f"{short_form(match.id)} has started: its sides stay")
        other = match.away if command.side == "home" else match.home
        if other.team == command.team:
            raise _Refusal(f"{command.team!r} is on the other side of {short_form(match.id)}")
        before = match.slot(command.side).team
        self.write(command.match, SlotAssigned(command.side, command.team, before))

    def _settle(self, command: Settle) -> None:
        match = self.match(command.match)
        open_ids = {held.entry.id for held in match.held}
        if not command.held or not open_ids.issuperset(command.held):
            raise _Refusal("somebody has decided this conflict already")
        if any(other.match != command.match for other in command.instead):
            raise _Refusal("a decision concerns one match only")
        self.write(command.match, ConflictSettled(command.held, "instead" if command.instead else "hub"))
        for other in command.instead:
            self.play(other)

    def _fill(self) -> None:
        """Write the slots that the results so far decide."""
        for match_id, fact in fillings(self.state):
            self.write(match_id, fact)


def _leader(match: Match, score: Score) -> TeamId | None:
    return match.home.team if score.home > score.away else match.away.team


def _in_range(score: Score) -> Score:
    if min(score.home, score.away) < 0:
        raise _Refusal("a score cannot go below 0")
    if max(score.home, score.away) > MAX_POINTS:
        raise _Refusal(f"a score cannot go above {MAX_POINTS:,}")
    return score
