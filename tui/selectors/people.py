"""The people who are there: who they are, what they last did, and which court has no scorer or two.

`advance` is a machine over members: whoever leaves stays listed as lost for `LOST_FOR`, because a scorer who
dropped out is what ops look for. What somebody does is read from the newest entries of their device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from core import HubLine, ids
from tui.selectors import words
from tui.selectors.cells import Column, Line, Role, Row, Run
from tui.selectors.scene import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from core import Member, Shown
    from tui.selectors.scene import Scene

LOST_FOR = 600.0
"""Seconds for which somebody who left stays listed."""
ENTERING = 120.0
"""Seconds after an entry during which its author counts as scoring that match."""
Group = Literal["role", "court", "state"]
GROUPS: tuple[Group, ...] = ("role", "court", "state")
_ROLES = {"admin": "OPS", "moderator": "SCORERS", "participant": "TEAMS", "spectator": "VIEWERS"}
_ROLE_WORDS = {"admin": "ops", "moderator": "scorer", "participant": "team", "spectator": "viewer"}

COLUMNS: tuple[Column, ...] = (
    Column("", 1),
    Column("name", 12, flexible=True, widest=40),
    Column("role", 7, least=90),
    Column("court", 6),
    Column("match", 5),
    Column("doing", 11),
    Column("device", 12, flexible=True, widest=40),
    Column("since", 6, "right", least=66),
)


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody who left."""

    member: Member
    at: float
    """Monotonic time, in seconds."""


@dataclass(frozen=True, slots=True)
class Company:
    """Who is there, and who was until a short while ago."""

    tournament: ids.TournamentId | None = None
    present: tuple[Member, ...] = ()
    gone: tuple[Gone, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """One row."""

    member: Member
    lost_for: float | None = None
    """Seconds since they left; `None` while they are there."""
    match: ids.MatchId | None = None
    """The match of their newest entry, while that is new."""
    court: str = ""

    @property
    def key(self) -> str:
        """What the cursor holds on to."""
        return f"{self.member.device} {self.member.name}"


def advance(company: Company, scene: Scene) -> Company:
    """Return who is there after a scene; those that it no longer names are kept as gone for a while."""
    shown = scene.shown
    if shown is None:
        return Company()
    tournament = shown.confirmed.id
    seen = scene.view.members.get(tournament)
    if company.tournament != tournament:
        company = Company(tournament)
    if seen is None or not seen.live:
        # Who is not told of has not left: the list stays, as of its time.
        return company if seen is None else replace(company, present=seen.members)
    here = {member.who for member in seen.members}
    gone = [Gone(member, scene.now) for member in company.present if member.who not in here]
    kept = (one for one in company.gone if one.member.who not in here and scene.now - one.at < LOST_FOR)
    return Company(tournament, seen.members, (*kept, *gone))


def people(scene: Scene, company: Company) -> tuple[Person, ...]:
    """Return everybody, those who are gone included, in the order of their coming."""
    shown = scene.shown
    if shown is None:
        return ()
    at = _newest(scene, shown)
    here = [_person(shown, member, at, None) for member in company.present]
    gone = [_person(shown, one.member, at, scene.now - one.at) for one in company.gone]
    return (*here, *gone)


def rows(scene: Scene, everybody: Iterable[Person], group: Group, wanted: str) -> dict[str, Row]:
    """Return the rows by their keys, under a heading for each group."""
    sought = wanted.casefold().strip()
    listed = [one for one in everybody if not sought or sought in _searched(one)]
    listed.sort(key=lambda one: _group(one, group))
    made: dict[str, Row] = {}
    for (_, title), members in groupby(listed, key=lambda one: _group(one, group)):
        found = list(members)
        cells = [Run("")] * len(COLUMNS)
        cells[1] = Run(f"{title} ({len(found)})", "heading")
        made[title] = Row(title, tuple(cells), title=True)
        for one in found:
            made[one.key] = _row(scene, one)
    return made


def head(scene: Scene, everybody: Sequence[Person], group: Group) -> tuple[Line, Line]:
    """Return how many are there, and how they are grouped."""
    here = [one for one in everybody if one.lost_for is None]
    idle = sum(one.member.idle_since is not None for one in here)
    lost = len(everybody) - len(here)
    told = f" {len(here)} here, {idle} idle, {lost} lost"
    members = None if scene.shown is None else scene.view.members.get(scene.shown.confirmed.id)
    if members is not None and not members.live and members.as_of is not None:
        told += f"   as of {scene.time(members.as_of)}"
    names = (
        Run(f"[{one}]" if one == group else f" {one} ", "chosen" if one == group else "dim") for one in GROUPS
    )
    return (Run(told, "strong" if lost else "plain"),), (Run("group:", "dim"), *names, Run(" "))


def message(scene: Scene, everybody: Sequence[Person]) -> str:
    """Return what stands in place of rows, or `""`."""
    if scene.shown is None:
        return "No tournament yet: nobody can be in it."
    if scene.shown.confirmed.id not in scene.view.members:
        return "This hub does not say who is here."
    if not everybody:
        return "Only you are here."
    return "Nobody of that name.  Esc clears the filter"


def courts(scene: Scene, everybody: Iterable[Person]) -> tuple[Line, ...]:
    """Answer what ops ask: which court has no scorer, and which has two."""
    shown = scene.shown
    if shown is None or shown.confirmed.id not in scene.view.members:
        return ()
    tournament = shown.projected
    scorers: dict[str, list[Person]] = {}
    for one in everybody:
        if one.match is not None and one.court:
            scorers.setdefault(one.court, []).append(one)
    places = {court.name: number for number, court in enumerate(tournament.courts.values())}
    live = sorted(
        (words.court(tournament, match) for match in tournament.matches.values() if match.phase == "live"),
        key=lambda name: places.get(name, len(places)),
    )
    empty: list[str] = []
    for court in dict.fromkeys(name for name in live if name):
        there = scorers.get(court, [])
        lost = [one.lost_for for one in there if one.lost_for is not None]
        if not there:
            empty.append(words.court_code(court))
        elif len(lost) == len(there):
            empty.append(f"{words.court_code(court)} (lost {duration(min(lost))})")
    double = [
        words.court_code(court)
        for court, there in scorers.items()
        if len({one.member.device for one in there if one.lost_for is None}) > 1
    ]
    return (
        _told("Courts with no scorer", empty),
        _told("Two scorers on one court", double),
    )


def copied(person: Person) -> str:
    """Return somebody as text."""
    match = "" if person.match is None else f", {ids.short_form(person.match)}"
    return f"{person.member.name} ({_ROLE_WORDS[person.member.role]}) on {person.member.device}{match}"


def detail(scene: Scene, person: Person) -> Line:
    """Say of somebody what the columns do not."""
    member = person.member
    since = scene.time(member.since)
    told = f" {member.name} on {member.device}, {_ROLE_WORDS[member.role]}, here since {since}"
    if person.lost_for is not None:
        told += f"; left {duration(person.lost_for)} ago; unsent there: unknown"
    elif person.member.idle_since is not None:
        told += f"; idle for {duration(scene.age(person.member.idle_since))}"
    return (Run(told, "dim"),)


def _told(what: str, found: Sequence[str]) -> Line:
    return (Run(f" {what}: ", "dim"), Run(", ".join(found) or "none", "strong" if found else "dim"))


def _newest(scene: Scene, shown: Shown) -> Mapping[str, tuple[ids.MatchId, datetime]]:
    """Return the match of each device's newest entry that is new enough."""
    found: dict[str, tuple[ids.MatchId, datetime]] = {}
    for line in reversed(scene.view.feed.lines):
        if not isinstance(line, HubLine) or line.tournament != shown.confirmed.id:
            continue
        event = line.event
        if scene.age(event.received_at) > ENTERING:
            break
        if event.match is not None:
            found.setdefault(event.device, (event.match, event.received_at))
    return found


def _person(
    shown: Shown, member: Member, newest: Mapping[str, tuple[ids.MatchId, datetime]], lost_for: float | None
) -> Person:
    match_id = newest[member.device][0] if member.device in newest else None
    match = None if match_id is None else shown.projected.matches.get(match_id)
    court = "" if match is None else words.court(shown.projected, match)
    return Person(member, lost_for, match_id, court)


def _searched(one: Person) -> str:
    match = "" if one.match is None else ids.short_form(one.match)
    return f"{one.member.name} {one.member.device} {one.court} {match}".casefold()


def _group(one: Person, group: Group) -> tuple[int, str]:
    """Return the group's place and its title."""
    if group == "role":
        order = ("moderator", "admin", "participant", "spectator")
        return order.index(one.member.role), _ROLES[one.member.role]
    if group == "court":
        return (0, one.court.upper()) if one.court else (1, "NO COURT")
    if one.lost_for is not None:
        return 2, "LOST"
    return (1, "IDLE") if one.member.idle_since is not None else (0, "HERE")


def _row(scene: Scene, one: Person) -> Row:
    members = None if scene.shown is None else scene.view.members.get(scene.shown.confirmed.id)
    told = members is not None and members.live
    sign, role, doing = _state(scene, one)
    return Row(
        one.key,
        (
            Run(sign if told else "?", role),
            Run(one.member.name, "strong" if one.member.device == scene.view.device else "plain"),
            Run(_ROLE_WORDS[one.member.role], "dim"),
            Run(words.court_code(one.court) if one.court else "-"),
            Run(ids.short_form(one.match) if one.match is not None else "-"),
            Run(doing, role),
            Run(one.member.device, "dim"),
            Run(scene.day_time(one.member.since), "dim"),
        ),
    )


def _state(scene: Scene, one: Person) -> tuple[str, Role, str]:
    if one.lost_for is not None:
        return scene.sign("lost"), "lost", f"LOST {duration(one.lost_for)}"
    if one.member.idle_since is not None:
        return "-", "dim", f"idle {duration(scene.age(one.member.idle_since))}"
    return scene.sign("live"), "live", "entering" if one.match is not None else "watching"
