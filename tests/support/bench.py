"""A tournament on the bench: commands entered one by one and judged at once, with what each of them did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from core.domain.commands import Base, Command, CreateTournament, match_of
from core.domain.events import Event, Fact
from core.domain.ids import MatchId
from core.domain.organising import plan_of
from core.domain.plan import Plan
from core.domain.reduce import fold
from core.domain.rules import Accepted, Conflicting, Refused, judge
from core.domain.state import Match, Tournament
from tests.support.tournaments import EPOCH, NOON, entry, result


class Bench:
    """Enters commands as one device after the other would, each on top of all before it."""

    def __init__(self, plan: Plan) -> None:
        self._numbers = count()
        self._state: Tournament | None = None
        self._id = plan.id
        self.log: list[Event] = []
        self.enter(CreateTournament(plan))

    @property
    def state(self) -> Tournament:
        assert self._state is not None
        return self._state

    @property
    def last(self) -> str:
        """The id of the newest entry."""
        return str(self.log[-1].command)

    def match(self, number: int) -> Match:
        """Return a match by its number."""
        return self.state.matches[self.id(number)]

    def id(self, number: int) -> MatchId:
        return MatchId(f"{self._id}.m{number:03d}")

    def enter(
        self,
        *commands: Command,
        why: str = "",
        device: str = "laptop-1",
        seen: int | None = None,
        at: datetime | None = None,
    ) -> list[Fact]:
        """Enter commands that count and return the facts that they made; `seen` is the match's version."""
        facts: list[Fact] = []
        for command in commands:
            verdict = self._judge(command, why, device, seen, at)
            assert isinstance(verdict, Accepted), f"{command}: {verdict}"
            assert fold(verdict.events, EPOCH, self._state) == verdict.state
            facts += self._take(verdict)
        return facts

    def held(self, command: Command, *, device: str, seen: int) -> str:
        """Enter a command that is held and return why."""
        verdict = self._judge(command, "", device, seen, None)
        assert isinstance(verdict, Conflicting), verdict
        self._take(verdict)
        return verdict.reason

    def refused(self, command: Command, *, why: str = "", seen: int | None = None) -> str:
        """Enter a command that is refused and return the reason."""
        verdict = self._judge(command, why, "laptop-1", seen, None)
        assert isinstance(verdict, Refused), verdict
        return verdict.reason

    def _judge(
        self, command: Command, why: str, device: str, seen: int | None, at: datetime | None
    ) -> Accepted | Conflicting | Refused:
        number = next(self._numbers)
        on = match_of(command)
        known = self._state.matches.get(on) if self._state is not None and on is not None else None
        base = None if known is None else Base(EPOCH, known.version if seen is None else seen)
        moment = at or NOON + timedelta(seconds=number)
        made = entry(self._id, command, id=f"c{number}", device=device, at=moment, base=base, why=why)
        return judge(self._state, made, moment, EPOCH)

    def _take(self, verdict: Accepted | Conflicting) -> Sequence[Fact]:
        self._state = verdict.state
        self.log += verdict.events
        return [event.fact for event in verdict.events]


def play(bench: Bench, *numbers: int) -> None:
    """Have the home side win these matches."""
    for number in numbers:
        match = bench.match(number)
        bench.enter(*result(plan_of(bench.state), number, 1, 0))
        assert match.phase == "scheduled"
