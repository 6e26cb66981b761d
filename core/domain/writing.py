"""The writer: turns what one entry does into events, each judged on the state with those before it applied.

Owns seqs, versions and attribution, and what follows by itself from a result: slots that it fills, and
matches that a team which is out has lost. What a command means is `matchplay`'s and `organising`'s affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import Score
from core.domain.events import Event, MatchForfeited, SlotFilled
from core.domain.games import default_score
from core.domain.ids import short_form
from core.domain.reduce import reduce
from core.domain.tables.brackets import contradictions, fillings, needed

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.commands import Base, Cause, Entry
    from core.domain.events import Fact
    from core.domain.ids import Epoch, MatchId, TeamId
    from core.domain.state import Match, Tournament


class Refusal(Exception):
    """A rule says no; the message is for a scorekeeper."""


class Writer:
    """The events of one entry, and the state that they lead to."""

    def __init__(
        self, state: Tournament | None, entry: Entry, at: datetime, epoch: Epoch, deliverer: str
    ) -> None:
        self._before = self._state = state
        self._epoch = epoch
        self._deliverer = deliverer
        self.entry = entry
        self.at = at if state is None or state.updated_at is None else max(at, state.updated_at)
        """When the events were received; never before the last one."""
        self.events: tuple[Event, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether there is a tournament yet."""
        return self._state is not None

    @property
    def state(self) -> Tournament:
        """The state with all events so far applied."""
        assert self._state is not None  # judge looks first, and a creation is written first
        return self._state

    def match(self, match_id: MatchId) -> Match:
        """Return a match as it stands with the events so far."""
        found = self.state.matches.get(match_id)
        if found is None:
            raise Refusal(f"there is no match {match_id!r} in this tournament")
        return found

    def write(self, match_id: MatchId | None, fact: Fact) -> None:
        """Append an event and apply it."""
        entry = self.entry
        event = Event(
            seq=1 if self._state is None else self._state.position.seq + 1,
            command=entry.id,
            fact=fact,
            by=entry.by,
            device=entry.device,
            entered_at=entry.entered_at,
            received_at=self.at,
            match=match_id,
            version=0 if match_id is None else self.match(match_id).version + 1,
            deliverer=self._deliverer,
            why=entry.why,
            base=self._older_base(),
        )
        self._state = reduce(self._state, event, self._epoch)
        self.events = (*self.events, event)

    def follow_up(self) -> None:
        """Write what the results so far decide: slots that fill, and matches lost by teams that are out."""
        # Events of older epochs come in without a writer, and may have left slots to be filled.
        since = None if self.state.past else self._before
        found = True
        while found:
            found = False
            for match_id, fact in fillings(self.state, since):
                self.write(match_id, fact)
                found = True
            for match in walkovers(self.state):
                self.forfeit(match, None)
                found = True

    def forfeit(self, match: Match, cause: Cause | None, loser: TeamId | None = None) -> None:
        """Write that a match is lost without having been played to its end.

        Args:
            match: the match, both sides known.
            cause: why; `None` where it follows from who is out.
            loser: who loses; `None` for both, where `cause` is given.
        """
        home, away = match.home.team, match.away.team
        if cause is None:
            out = [one for one in map(self.state.withdrawal, (home, away)) if one is not None]
            cause, loser = out[0].cause, out[0].team if len(out) == 1 else None
        winner = None if loser is None else away if loser == home else home
        self.write(match.id, MatchForfeited(self._default(match, winner), cause, winner, loser))

    def _default(self, match: Match, winner: TeamId | None) -> Score:
        """Return the result of a match that was not played to its end."""
        stage = self.state.stage(match.stage)
        given, taken = stage.forfeit or default_score(self.state.rules(stage.id))
        if winner is None:
            return Score()
        return Score(given, taken) if winner == match.home.team else Score(taken, given)

    def check_reason(self, given: str = "") -> None:
        """Refuse the entry if it changes who plays where, without saying why.

        Args:
            given: a reason that was given before.
        """
        if self.entry.why or given or self._before is None:
            return
        refilled = [
            event.match
            for event in self.events
            if isinstance(event.fact, SlotFilled) and event.fact.before is not None
        ]
        started = [found.match for found in contradictions(self.state, self._before)]
        changed = dict.fromkeys(match for match in (*refilled, *started) if match is not None)
        if changed:
            named = ", ".join(
                f"{short_form(match)} (started already)" if match in started else short_form(match)
                for match in changed
            )
            raise Refusal(f"this changes who should play {named}: say why")

    def _older_base(self) -> Base | None:
        """Return the entry's base where it is of an older epoch of this tournament."""
        base = self.entry.base
        past = () if self._state is None else self._state.past
        return base if base is not None and any(one.epoch == base.epoch for one in past) else None


def walkovers(state: Tournament) -> tuple[Match, ...]:
    """Return the matches that nobody can play, as a side of them is out."""
    if not state.withdrawn or state.status != "running":
        return ()
    return tuple(
        match
        for match in state.matches.values()
        if match.phase == "scheduled"
        and match.home.team is not None
        and match.away.team is not None
        and needed(state, match)
        and (state.withdrawal(match.home.team) or state.withdrawal(match.away.team))
    )
