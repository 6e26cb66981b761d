"""What a pool's matches add up to, and the rules that order teams by it, applied one after the other.

Guarantees that a rule looks only at teams still level, that what it leaves level is looked at again by the
next, and that nothing depends on the order in which matches ended. Who gets which place is `standings`'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, groupby
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from core.domain.games import TimeRules
from core.domain.plan import Pool, Stage, Swiss, TieBreak

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from core.domain.commands import Side
    from core.domain.ids import TeamId
    from core.domain.state import Match, Tournament

Decider: TypeAlias = Literal["", "points", "undecided", "assigned", "withdrawn"] | TieBreak
"""What separated a row from its neighbours: points, a tie-break, ops (`assigned`), or that the team is out
and counts no more (`withdrawn`); `undecided` where the rules leave teams level, `""` while nothing has been
played."""
Outcome = Literal["won", "drawn", "lost"]
_SIDES: tuple[Side, ...] = ("home", "away")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A finished match as one of its sides sees it."""

    opponent: TeamId
    outcome: Outcome
    scored: int
    conceded: int
    set_points: int
    """Points won less points lost, over all sets."""
    time: int | None
    """Milliseconds in a game for time; `None` where no time was taken."""
    played: bool
    """Whether it was played to its end."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a team's matches add up to."""

    won: int = 0
    drawn: int = 0
    lost: int = 0
    byes: int = 0
    scored: int = 0
    conceded: int = 0
    points: int = 0
    """Table points."""
    set_points: int = 0
    untimed: int = 0
    """Matches without a time."""
    time: int = 0
    """Milliseconds, all matches together."""
    penalty: int = 0
    """Penalty points for fair play."""

    @property
    def difference(self) -> int:
        """Points for less points against."""
        return self.scored - self.conceded


@dataclass(frozen=True, slots=True)
class Group:
    """Teams that stand together after a rule, and the rule that set them apart from the others."""

    teams: tuple[TeamId, ...]
    by: Decider
    """For several teams: the last rule that left them level; for one: the rule that separated it."""


class Record:
    """What the finished matches of a pool say of its teams.

    Args:
        state: the tournament.
        stage: the pool's stage.
        pool: the pool.
        matches: the pool's matches, in playing order.
    """

    def __init__(self, state: Tournament, stage: Stage, pool: Pool, matches: Sequence[Match]) -> None:
        self._stage = stage
        self._lots = [lots.order for lots in state.lots if lots.pool == pool.id]
        annulled = {out.team for out in state.withdrawn if out.annulled}
        self.teams = tuple(team for team in pool.teams if team not in annulled)
        """Those that count, in the plan's order."""
        self.annulled = tuple(team for team in pool.teams if team in annulled)
        self.complete = (
            bool(matches) and all(match.finished for match in matches) and _drawn_up(state, stage, pool)
        )
        """Whether nothing is left to be played."""
        timed = isinstance(state.rules(stage.id), TimeRules)
        self._meetings: dict[TeamId, list[Meeting]] = {team: [] for team in self.teams}
        for match in matches:
            if match.finished:
                for team, meeting in _meetings(match, timed=timed):
                    if team in self._meetings and meeting.opponent in self._meetings:
                        self._meetings[team].append(meeting)
        self.begun = any(self._meetings.values())
        byes = [bye.team for bye in state.byes if bye.pool == pool.id]
        penalties = _penalties(matches)
        self.tallies = {
            team: replace(
                _tally(stage, self._meetings[team], byes.count(team)), penalty=penalties.get(team, 0)
            )
            for team in self.teams
        }

    def groups(self) -> list[Group]:
        """Return the teams in their order: by points, then by each tie-break of the stage in turn."""
        groups = _split(Group(self.teams, ""), lambda team: (self.tallies[team].points,), "points")
        for rule in self._stage.tie_breaks:
            groups = [part for group in groups for part in self._apart(group, rule)]
        return [group if len(group.teams) == 1 else Group(group.teams, "undecided") for group in groups]

    def buchholz(self, team: TeamId) -> int:
        """Return the points of all opponents together.

        FIDE Handbook C.07 (2023), article 8.1. A round without a game counts as one against somebody with the
        team's own points (article 16.4) in a Swiss stage, and as a game elsewhere.
        """
        return sum(points for points, _ in self._opponents(team))

    def sonneborn_berger(self, team: TeamId) -> int:
        """Return the points of each opponent times the points won against it.

        FIDE Handbook C.07 (2023), article 9.1; rounds without a game as in `buchholz`.
        """
        return sum(points * won for points, won in self._opponents(team))

    def _opponents(self, team: TeamId) -> list[tuple[int, int]]:
        """Return for each round the opponent's points and the points won against it."""
        own = self.tallies[team]
        swiss = isinstance(self._stage.format, Swiss)
        found = [
            (
                self.tallies[meeting.opponent].points if meeting.played or not swiss else own.points,
                _worth(self._stage, meeting.outcome),
            )
            for meeting in self._meetings[team]
        ]
        return found + [(own.points, self._stage.win)] * own.byes

    def _apart(self, group: Group, rule: TieBreak) -> list[Group]:  # noqa: C901 - one flat case a rule
        """Apply one tie-break to teams that are level."""
        if len(group.teams) == 1:
            return [group]
        tallies = self.tallies
        match rule:
            case "head_to_head":
                return self._head_to_head(group)
            case "difference":
                return _split(group, lambda team: (tallies[team].difference,), rule)
            case "scored":
                return _split(group, lambda team: (tallies[team].scored,), rule)
            case "wins":
                return _split(group, lambda team: (tallies[team].won,), rule)
            case "set_points":
                return _split(group, lambda team: (tallies[team].set_points,), rule)
            case "time":
                return _split(group, self._swiftness, rule)
            case "fair_play":
                return _split(group, lambda team: (-tallies[team].penalty,), rule)
            case "buchholz":
                return _split(group, lambda team: (self.buchholz(team),), rule)
            case "sonneborn_berger":
                return _split(group, lambda team: (self.sonneborn_berger(team),), rule)
            case "lot":
                return self._by_lot(group)
            case _:
                assert_never(rule)

    def _swiftness(self, team: TeamId) -> tuple[int, ...]:
        """Order by time: who missed none first, who has not run yet after those who have."""
        tally = self.tallies[team]
        return -tally.untimed, bool(tally.time), -tally.time

    def _head_to_head(self, group: Group) -> list[Group]:
        """Compare level teams by the matches among themselves, and those still level again by theirs alone.

        Regulations of the UEFA European Football Championship 2022-24, article 15.01, criteria a) to d), the
        same in the final tournament (article 20): points, goal difference and goals scored in the matches
        among the teams in question; then a) to c) again for the teams that remain level. In a Swiss stage
        only if they have all met (FIDE Handbook C.07, article 6).
        """
        among = {
            team: _tally(self._stage, [one for one in self._meetings[team] if one.opponent in group.teams])
            for team in group.teams
        }
        if isinstance(self._stage.format, Swiss) and not self._all_met(group):
            return [group]
        parts = _split(
            group,
            lambda team: (among[team].points, among[team].difference, among[team].scored),
            "head_to_head",
        )
        if len(parts) == 1:
            return parts
        return [
            again for part in parts for again in (self._head_to_head(part) if len(part.teams) > 1 else [part])
        ]

    def _all_met(self, group: Group) -> bool:
        return all(
            any(meeting.opponent == two for meeting in self._meetings[one])
            for one, two in combinations(group.teams, 2)
        )

    def _by_lot(self, group: Group) -> list[Group]:
        """Order level teams as the lots fell, if they were drawn about them."""
        about = [order for order in self._lots if set(group.teams) <= set(order)]
        return _split(group, lambda team: (-about[-1].index(team),), "lot") if about else [group]


def _drawn_up(state: Tournament, stage: Stage, pool: Pool) -> bool:
    """Tell whether a pool has all its matches: a Swiss one gets them round by round."""
    return not isinstance(stage.format, Swiss) or state.drawn.get(pool.id, 0) >= stage.format.rounds


def _meetings(match: Match, *, timed: bool) -> Iterable[tuple[TeamId, Meeting]]:
    """Return a finished match as each side sees it."""
    home, away = match.home.team, match.away.team
    if home is None or away is None:
        return
    score = match.result
    lead = sum(one.home - one.away for one in match.sets)
    for side in _SIDES:
        team, opponent = (home, away) if side == "home" else (away, home)
        own, other = (score.home, score.away) if side == "home" else (score.away, score.home)
        yield (
            team,
            Meeting(
                opponent=opponent,
                outcome=_outcome(match, team, own, other, timed=timed),
                scored=own,
                conceded=other,
                set_points=lead if side == "home" else -lead,
                time=own or None,
                played=match.forfeit is None,
            ),
        )


def _outcome(match: Match, team: TeamId, own: int, other: int, *, timed: bool) -> Outcome:
    """Return how a match went for a side. A shoot-out decides who goes on; for a table it was level."""
    if match.forfeit is not None or timed:
        if match.winner is None:
            return "lost" if match.forfeit is not None else "drawn"
        return "won" if match.winner == team else "lost"
    return "won" if own > other else "lost" if own < other else "drawn"


def _tally(stage: Stage, meetings: Collection[Meeting], byes: int = 0) -> Tally:
    """Add up what a team did in these matches; a bye is worth the points of a win."""
    outcomes = [meeting.outcome for meeting in meetings]
    times = [meeting.time for meeting in meetings if meeting.time is not None]
    return Tally(
        won=outcomes.count("won"),
        drawn=outcomes.count("drawn"),
        lost=outcomes.count("lost"),
        byes=byes,
        scored=sum(meeting.scored for meeting in meetings),
        conceded=sum(meeting.conceded for meeting in meetings),
        points=sum(_worth(stage, outcome) for outcome in outcomes) + byes * stage.win,
        set_points=sum(meeting.set_points for meeting in meetings),
        untimed=len(meetings) - len(times),
        time=sum(times),
    )


def _worth(stage: Stage, outcome: Outcome) -> int:
    return {"won": stage.win, "drawn": stage.draw, "lost": stage.loss}[outcome]


def _penalties(matches: Iterable[Match]) -> Mapping[TeamId, int]:
    """Add up the penalty points of each team, in matches that are still played, too."""
    found: dict[TeamId, int] = {}
    for match in matches:
        for penalty in match.penalties:
            team = match.slot(penalty.side).team
            if team is not None:
                found[team] = found.get(team, 0) + penalty.points
    return found


def _split(group: Group, key: Callable[[TeamId], tuple[int, ...]], rule: Decider) -> list[Group]:
    """Part a group by a measure, the highest first; teams level in it keep their order."""
    ranked = sorted(group.teams, key=key, reverse=True)
    parts: Sequence[tuple[TeamId, ...]] = [tuple(level) for _, level in groupby(ranked, key)]
    return [Group(part, rule) for part in parts] if len(parts) > 1 else [group]
