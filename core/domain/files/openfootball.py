"""Reads an openfootball tournament: plan and playback from its lists of matches and groups.

The plan has no results: the teams of a played knock-out become slots again (`pairings`), and the results
become the playback. How the files look is `matchlist`'s affair.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from core.domain.commands import Score
from core.domain.files.matchlist import Listed, ListedGroup, ListedTeam, MatchList, read_groups, read_matches
from core.domain.files.pairings import Inferred, Named, Pairing, infer
from core.domain.files.playback import Goal, Imported, Result, Skipped, rehearse, script
from core.domain.ids import CourtId, MatchId, PoolId, StageId, TeamId, TournamentId, make_slug, match_id
from core.domain.plan import (
    Court,
    Fixture,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    Pool,
    Slot,
    Source,
    Stage,
    Team,
    TieBreak,
    WinnerOf,
)
from core.domain.tables.standings import tables
from core.errors import BadFile, BadPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_GROUPS = StageId("groups")
_KNOCKOUT = StageId("knockout")
_MATCHDAY = re.compile(r"(matchday|week|spieltag|jornada|giornata|journ.e)\s+\d+", re.IGNORECASE)
"""Names of rounds in which everybody plays, in files without groups."""
_PLACEHOLDER = re.compile(r"([WL])(\d+)|(\d)([A-Z](?:/[A-Z])*)")
"""`W49`, `L61`, `1A`, `3A/B/C`: a team not known yet."""
_LEAGUE = "Table"


@dataclass(frozen=True, slots=True)
class _Draft:
    """A listed match with its id."""

    id: MatchId
    listed: Listed


def read(path: str, content: bytes, groups: bytes | None = None) -> Imported:
    """Read a tournament.

    Args:
        path: the file's name, for errors.
        content: the file of matches.
        groups: the file of groups; `None` to take them from the matches.

    Raises:
        BadFile: it is not such a file, or contradicts itself; says where.
    """
    found = read_matches(path, content)
    named = () if groups is None else read_groups(f"{path} (groups)", groups)
    try:
        return _Reading(found, named).imported()
    except BadPlan as error:
        raise BadFile(path, str(error)) from error


class _Reading:
    """One reading of a file: the names it has met so far, and what it left out."""

    def __init__(self, found: MatchList, groups: Sequence[ListedGroup]) -> None:
        self._name = found.name or "Tournament"
        self._tournament = TournamentId(make_slug(found.name, "tournament"))
        self._skipped = list(found.skipped)
        self._played = any(listed.score is not None for listed in found.matches)
        self._teams: dict[str, Team] = {}
        self._courts: dict[str, Court] = {}
        self._drafts = self._numbered(_grouped(found.matches, groups))
        self._two_legged = _two_legged(draft.listed for draft in self._drafts)
        self._groups = _members(self._drafts, groups)
        self._pool_ids = {name: _pool_id(name) for name in self._groups}
        for members in self._groups.values():
            for team in members:
                self._enter(team)

    def imported(self) -> Imported:
        """Return the tournament."""
        knockout = [draft for draft in self._drafts if draft.listed.group is None]
        pairings = [self._pairing(draft) for draft in knockout]
        results = {draft.id: result for draft in self._drafts if (result := self._result(draft)) is not None}
        grouped = [
            self._fixture(draft, *self._named(draft)) for draft in self._drafts if draft not in knockout
        ]
        inferred = self._inferred(pairings, self._plan(grouped, knockout=False), results)
        fixtures = [self._fixture(draft, *self._slots(draft, inferred)) for draft in self._drafts]
        plan = self._plan(fixtures, knockout=bool(knockout))
        playback = script(plan, results, inferred.assignments)
        rehearse(plan, playback)
        return Imported(plan, playback, tuple(self._skipped))

    def _slots(self, draft: _Draft, inferred: Inferred) -> tuple[Slot, Slot]:
        """Return a match's sides as they were before the first result."""
        if (draft.id, "home") not in inferred.slots:
            return self._named(draft)
        return inferred.slots[draft.id, "home"], inferred.slots[draft.id, "away"]

    def _numbered(self, matches: Sequence[Listed]) -> list[_Draft]:
        """Give the matches their ids, in playing order: by the clock if all have one, else as listed."""
        dated = [(listed.starts_at, listed) for listed in matches if listed.starts_at is not None]
        if len(dated) == len(matches):
            matches = [listed for _, listed in sorted(dated, key=lambda pair: pair[0])]
        given = [listed.number for listed in matches if listed.number is not None]
        # Placeholders (`W73`) go by the file's own numbers, which often only the knock-out has.
        kept = set(given) if len(set(given)) == len(given) else set()
        free = (number for number in count(1) if number not in kept)
        numbers = [listed.number if listed.number in kept else next(free) for listed in matches]
        return [
            _Draft(match_id(self._tournament, f"m{number:03d}"), listed)
            for number, listed in zip(numbers, matches, strict=True)
        ]

    def _enter(self, team: ListedTeam) -> TeamId:
        """Return a team's id, and give it one where it is new."""
        if team.name not in self._teams:
            taken = {known.id for known in self._teams.values()}
            made = TeamId(make_slug(team.name, "team", taken))
            self._teams[team.name] = Team(made, team.name, team.code)
        return self._teams[team.name].id

    def _named(self, draft: _Draft) -> tuple[Slot, Slot]:
        return Slot(self._enter(draft.listed.home)), Slot(self._enter(draft.listed.away))

    def _pairing(self, draft: _Draft) -> Pairing:
        home, away = self._side(draft.listed.home), self._side(draft.listed.away)
        decisive = draft.listed.shootout or draft.listed.score or Score()
        ahead = home if decisive.home > decisive.away else away
        if decisive.home == decisive.away or not isinstance(ahead, Named):
            return Pairing(draft.id, home, away, None)
        return Pairing(draft.id, home, away, ahead.team)

    def _side(self, team: ListedTeam) -> Named | Source:
        return self._placeholder(team.name) or Named(self._enter(team))

    def _placeholder(self, name: str) -> Source | None:
        """Read a team that is not known yet (`W49`, `3A/B/C`); `None` for the name of a team."""
        found = _PLACEHOLDER.fullmatch(name)
        if found is None:
            return None
        kind, number, rank, letters = found.groups()
        if kind is not None:
            match = match_id(self._tournament, f"m{int(number):03d}")
            return WinnerOf(match) if kind == "W" else LoserOf(match)
        pools = tuple(PoolId(letter.lower()) for letter in letters.split("/"))
        return PlaceOf(pools[0], int(rank)) if len(pools) == 1 else OneOf(pools, int(rank))

    def _result(self, draft: _Draft) -> Result | None:
        listed = draft.listed
        where = f"{listed.round}: {listed.home.name} - {listed.away.name}"
        if listed.score is None:
            if self._played:
                self._skipped.append(Skipped(where, "it has no score: it stays scheduled"))
            return None
        level = listed.score.home == listed.score.away and listed.shootout is None
        if level and self._needs_winner(draft):
            self._skipped.append(Skipped(where, "its end: it is level, and no shoot-out is given"))
        teams = {"home": self._enter(listed.home), "away": self._enter(listed.away)}
        return Result(
            score=listed.score,
            shootout=listed.shootout,
            goals=tuple(Goal(teams[goal.side], goal.minute, goal.offset, goal.note) for goal in listed.goals),
            minutes=listed.minutes,
            phase="live" if level and self._needs_winner(draft) else "official",
        )

    def _needs_winner(self, draft: _Draft) -> bool:
        return draft.listed.group is None and not self._two_legged

    def _fixture(self, draft: _Draft, home: Slot, away: Slot) -> Fixture:
        listed = draft.listed
        grouped = listed.group is not None
        return Fixture(
            id=draft.id,
            stage=_GROUPS if grouped else _KNOCKOUT,
            round=listed.round,
            home=home,
            away=away,
            pool=None if listed.group is None else self._pool_ids[listed.group],
            court=self._court(listed.ground),
            starts_at=listed.starts_at,
        )

    def _court(self, ground: str) -> CourtId | None:
        if not ground:
            return None
        if ground not in self._courts:
            taken = {known.id for known in self._courts.values()}
            self._courts[ground] = Court(CourtId(make_slug(ground, "court", taken)), ground)
        return self._courts[ground].id

    def _inferred(
        self, pairings: Sequence[Pairing], plan: Plan, results: Mapping[MatchId, Result]
    ) -> Inferred:
        """Read back the sources of the knock-out from the groups' tables by the file's own results."""
        if self._two_legged:
            self._skipped.append(Skipped("knock-out", "its tree: ties of two legs are single matches here"))
            pairings = []
        return infer(pairings, tables(rehearse(plan, script(plan, results))))

    def _plan(self, fixtures: Sequence[Fixture], *, knockout: bool) -> Plan:
        stages = []
        if self._groups:
            pools = tuple(
                Pool(self._pool_ids[name], name, tuple(self._enter(team) for team in members))
                for name, members in self._groups.items()
            )
            stages.append(Stage(_GROUPS, "Group stage", "pools", pools, tie_breaks=self._tie_breaks()))
        if knockout:
            stages.append(Stage(_KNOCKOUT, "Knock-out", "pools" if self._two_legged else "knockout"))
        return Plan(
            self._tournament,
            self._name,
            tuple(self._teams.values()),
            tuple(stages),
            tuple(fixtures),
            tuple(self._courts.values()),
        )

    def _tie_breaks(self) -> tuple[TieBreak, ...]:
        """Return the competition's order of tie-breaks, as far as the file's name tells; or UEFA's.

        FIFA World Cup regulations up to 2022 (article 12) put goal difference and goals first; so do most
        leagues.
        """
        year = re.search(r"world cup\D*(\d{4})", self._name, re.IGNORECASE)
        if _LEAGUE in self._groups or (year is not None and int(year[1]) <= 2022):
            return ("difference", "scored", "head_to_head")
        return ("head_to_head", "difference", "scored")


def _grouped(matches: Sequence[Listed], groups: Sequence[ListedGroup]) -> list[Listed]:
    """Put matches that name no group where they belong: the group of both teams, or one table for all."""
    members = [{team.name for team in group.teams} for group in groups]
    names = [group.name for group in groups]
    if not groups and all(listed.group is None and _MATCHDAY.fullmatch(listed.round) for listed in matches):
        return [replace(listed, group=_LEAGUE) for listed in matches]
    found = []
    for listed in matches:
        home = [{listed.home.name, listed.away.name} <= teams for teams in members]
        if listed.group is None and True in home and _MATCHDAY.fullmatch(listed.round):
            listed = replace(listed, group=names[home.index(True)])
        found.append(listed)
    return found


def _two_legged(matches: Iterable[Listed]) -> bool:
    """Tell whether two teams of a knock-out meet twice in one round."""
    ties = Counter(
        (listed.round, frozenset((listed.home.name, listed.away.name)))
        for listed in matches
        if listed.group is None
    )
    return max(ties.values(), default=0) > 1


def _members(drafts: Iterable[_Draft], groups: Sequence[ListedGroup]) -> dict[str, list[ListedTeam]]:
    """Return the teams of each group: as the groups file has them, then as they play."""
    members = {group.name: list(group.teams) for group in groups}
    for draft in drafts:
        listed = draft.listed
        if listed.group is not None:
            known = members.setdefault(listed.group, [])
            names = {team.name for team in known}
            known += [team for team in (listed.home, listed.away) if team.name not in names]
    return members


def _pool_id(name: str) -> PoolId:
    """Return a pool's id: `a` for `Group A`."""
    return PoolId(make_slug(name.removeprefix("Group "), "pool"))
