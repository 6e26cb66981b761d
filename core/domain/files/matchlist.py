"""The shapes of openfootball's JSON files, and what each match in them says, in one form.

Rounds or a flat list, teams as names or objects, scores nested or flat: all become `Listed`. Times are UTC;
one that names no offset (`21:00`, not `21:00 UTC+2`) is local to somewhere, and is taken as UTC. What a match
means for the tournament is `openfootball`'s affair.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from core.domain.commands import Score, Side
from core.domain.files.playback import Skipped
from core.errors import BadFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?:\s*UTC(?:\s*([+-]\d{1,2})(?::?(\d{2}))?)?)?")
_MINUTE = re.compile(r"(\d{1,3})(?:\+(\d{1,2}))?")

_Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ListedGoal:
    """A goal with its minute; `offset` counts the minutes of stoppage time after it."""

    side: Side
    """The side it counts for."""
    minute: int
    offset: int
    note: str
    """Who scored and how, in words."""


@dataclass(frozen=True, slots=True)
class ListedTeam:
    """A team as a file names it."""

    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group and its teams, in the file's order."""

    name: str
    teams: tuple[ListedTeam, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A match as a file lists it."""

    round: str
    home: ListedTeam
    away: ListedTeam
    number: int | None = None
    group: str | None = None
    starts_at: datetime | None = None
    ground: str = ""
    score: Score | None = None
    """After extra time, where there was some; `None` where the match has no result."""
    shootout: Score | None = None
    minutes: int = 90
    goals: tuple[ListedGoal, ...] = ()
    """Every goal of the score with its minute, or none of them."""


@dataclass(frozen=True, slots=True)
class MatchList:
    """A whole file."""

    name: str
    matches: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]


class _Team(Struct):
    name: str
    code: str = ""


class _Score(Struct):
    ft: _Pair | None = None
    et: _Pair | None = None
    p: _Pair | None = None
    ht: _Pair | None = None


class _Goal(Struct):
    name: str = ""
    minute: int | str | None = None
    offset: int = 0
    penalty: bool = False
    owngoal: bool = False


class _Place(Struct):
    name: str


class _Match(Struct):
    team1: str | _Team
    team2: str | _Team
    num: int | None = None
    round: str = ""
    group: str | None = None
    date: str = ""
    time: str = ""
    timezone: str = ""
    ground: str | _Place | None = None
    stadium: str | _Place | None = None
    score: _Score | _Pair | None = None
    score1: int | None = None
    score2: int | None = None
    score1i: int | None = None
    score2i: int | None = None
    score1et: int | None = None
    score2et: int | None = None
    score1p: int | None = None
    score2p: int | None = None
    goals1: tuple[_Goal, ...] = ()
    goals2: tuple[_Goal, ...] = ()

    @property
    def label(self) -> str:
        """What a person calls the match."""
        return f"{_team(self.team1).name} - {_team(self.team2).name}"


class _Round(Struct):
    name: str
    matches: tuple[_Match, ...]


class _File(Struct):
    name: str = ""
    rounds: tuple[_Round, ...] = ()
    matches: tuple[_Match, ...] = ()


class _Group(Struct):
    name: str
    teams: tuple[str | _Team, ...]


class _Groups(Struct):
    groups: tuple[_Group, ...]


_T = TypeVar("_T")


def read_matches(path: str, content: bytes) -> MatchList:
    """Read a file of matches.

    Raises:
        BadFile: it is not one, or has no matches; says where.
    """
    file = _decode(path, content, _File)
    skipped = [
        Skipped(f"field {name}", f"not used (stands {count} times)")
        for name, count in sorted(_unused(msgspec.json.decode(content)).items())
    ]
    pairs = [(round_.name, match) for round_ in file.rounds for match in round_.matches]
    pairs += [(match.round, match) for match in file.matches]
    if not pairs:
        raise BadFile(path, "it lists no matches")
    return MatchList(
        file.name,
        tuple(_listed(round_, match, skipped) for round_, match in pairs),
        tuple(skipped),
    )


def read_groups(path: str, content: bytes) -> tuple[ListedGroup, ...]:
    """Read a file of groups.

    Raises:
        BadFile: it is not one; says where.
    """
    groups = _decode(path, content, _Groups).groups
    return tuple(ListedGroup(group.name, tuple(map(_team, group.teams))) for group in groups)


def _decode(path: str, content: bytes, form: type[_T]) -> _T:
    try:
        return msgspec.json.decode(content, type=form)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadFile(path, f"not openfootball JSON: {error}") from error


def _unused(file: object) -> Counter[str]:
    """Count the fields of matches and goals that no shape here has."""
    found: Counter[str] = Counter()
    for match in _objects(file, "matches"):
        found.update(match.keys() - set(_Match.__struct_fields__))
        for goals in ("goals1", "goals2"):
            for goal in _objects(match, goals):
                found.update(f"{goals}.{name}" for name in goal.keys() - set(_Goal.__struct_fields__))
    return found


def _objects(value: object, key: str) -> Iterator[dict[str, object]]:
    """Return the objects in the lists under `key`, in rounds too."""
    assert isinstance(value, dict)  # the file has been read by its shape before
    yield from value.get(key) or ()
    for round_ in value.get("rounds") or ():
        yield from _objects(round_, key)


def _listed(round_: str, match: _Match, skipped: list[Skipped]) -> Listed:
    starts_at = _starts_at(match, skipped)
    score, shootout, minutes = _result(match)
    if shootout is not None and (score is None or score.home != score.away):
        skipped.append(
            Skipped(
                match.label,
                "a shoot-out is given, but the score before it is not level",
            )
        )
        shootout = None
    return Listed(
        round=round_ or match.round,
        home=_team(match.team1),
        away=_team(match.team2),
        number=match.num,
        group=match.group,
        starts_at=starts_at,
        ground=_place(match.ground) or _place(match.stadium),
        score=score,
        shootout=shootout,
        minutes=minutes,
        goals=_goals(match, score, skipped),
    )


def _team(team: str | _Team) -> ListedTeam:
    return ListedTeam(team) if isinstance(team, str) else ListedTeam(team.name, team.code)


def _place(place: str | _Place | None) -> str:
    return place.name if isinstance(place, _Place) else place or ""


def _starts_at(match: _Match, skipped: list[Skipped]) -> datetime | None:
    if not match.date:
        return None
    try:
        day = datetime.strptime(match.date, "%Y-%m-%d").replace(tzinfo=UTC)
        return day + _time(f"{match.time} {match.timezone}".strip())
    except (ValueError, OverflowError):
        skipped.append(Skipped(match.label, f"cannot read the time {match.date} {match.time}".rstrip()))
        return None


def _time(text: str) -> timedelta:
    """Return a time of day in UTC, counted from midnight of the day it stands under."""
    if not text:
        return timedelta()
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hours, minutes, offset, offset_minutes = found.groups()
    east = timedelta(hours=int(offset or 0), minutes=int(offset_minutes or 0))
    if (offset or "").startswith("-"):
        east -= 2 * timedelta(minutes=int(offset_minutes or 0))
    return timedelta(hours=int(hours), minutes=int(minutes)) - east


def _result(match: _Match) -> tuple[Score | None, Score | None, int]:
    """Return the score, the shoot-out and how many minutes were played."""
    given = match.score
    if isinstance(given, tuple):
        given = _Score(ft=given)
    elif given is None:
        given = _Score(
            ft=_pair(match.score1, match.score2),
            et=_pair(match.score1et, match.score2et),
            p=_pair(match.score1p, match.score2p),
        )
    score = given.et or given.ft
    return (
        None if score is None else Score(*score),
        None if given.p is None else Score(*given.p),
        90 if given.et is None else 120,
    )


def _pair(home: int | None, away: int | None) -> _Pair | None:
    return None if home is None or away is None else (home, away)


def _goals(match: _Match, score: Score | None, skipped: list[Skipped]) -> tuple[ListedGoal, ...]:
    """Return the goals if they are the whole score, minute by minute; otherwise none."""
    read = [*map(_home_goal, match.goals1), *map(_away_goal, match.goals2)]
    if not read:
        return ()
    goals = [goal for goal in read if goal is not None]
    if score is None or len(goals) < len(read) or Score(len(match.goals1), len(match.goals2)) != score:
        skipped.append(Skipped(match.label, "its goals, as they do not make up the score one by one"))
        return ()
    return tuple(goals)


def _home_goal(goal: _Goal) -> ListedGoal | None:
    return _goal("home", goal)


def _away_goal(goal: _Goal) -> ListedGoal | None:
    return _goal("away", goal)


def _goal(side: Side, goal: _Goal) -> ListedGoal | None:
    found = _MINUTE.fullmatch(str(goal.minute).rstrip("'"))
    if found is None:
        return None
    minute, offset = int(found[1]), goal.offset or int(found[2] or 0)
    how = " (own goal)" if goal.owngoal else " (penalty)" if goal.penalty else ""
    clock = f"{minute}+{offset}'" if offset else f"{minute}'"
    return ListedGoal(side, minute, offset, f"{goal.name} {clock}{how}".strip())
