"""The states in which every screen is looked at: empty, loading, live, stale, offline, view-only, in trouble.

Each is reached through the store, on a desk whose clocks stand still.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from core.domain.commands import AddScore, CompleteMatch, Score, SetScore, StartMatch
from core.domain.ids import TeamId, presence_room
from core.domain.plan import Plan, Team
from core.realtime.effects import ConnectionChanged, DirectoryChanged, RoomLive, SideLive
from core.wire.messages import Listing
from tests.support import desks
from tests.support.console import Desk
from tests.support.desks import SPRING, away, home, match
from tests.support.tournaments import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.domain.ids import MatchId

PEOPLE = (desks.ANA, desks.LI, desks.KIM, desks.SAM, desks.BO)
NAMES = (
    "Lions of the Upper Valley and the Lower Plains United Sports Association 1897",
    "東京都立ドラゴンズ・バレーボール・クラブ",
    "🏐🏐 Smash 👩‍👩‍👧‍👦 Crew 🏆",
    "נמרי ירושלים",
    "أسود القاهرة",
    "[b]Zebras[/b] [/]",
    "Zoë Ångström-Ñandú",
    "ก็ที่นี่ ทีม",
)
"""Long, wide, of joined glyphs, from right to left, like markup, with accents, with marks above."""


@dataclass(frozen=True, slots=True)
class State:
    """One state."""

    desk: Callable[[], Desk]
    scoring: MatchId | None = None
    """The match that is open for entry."""
    then: Callable[[Desk], None] | None = None
    """What comes about while the console looks on."""


def live() -> Desk:
    """Return the lively hour with people at the hub and links of every kind."""
    desk = desks.lively()
    desks.linked(desk)
    desks.company(desk, *PEOPLE)
    return desk


def _kim_drops_out(desk: Desk) -> None:
    desks.company(desk, *(one for one in PEOPLE if one is not desks.KIM))
    desk.tick(20)


def _bare(role: str = "admin") -> Desk:
    plan = desks.plan()
    return Desk(Plan(plan.id, plan.name, plan.teams, plan.stages, (), plan.courts, plan.venue), role=role)  # type: ignore[arg-type]


def _loading() -> Desk:
    desk = Desk(online=False)
    desk.connect("connecting")
    desk.tick(3)
    return desk


def _catching_up() -> Desk:
    desk = live()
    seq = desk.hub[SPRING].position.seq
    desk.apply(DirectoryChanged((Listing(SPRING, "Spring Open 2026", EPOCH, seq + 412),)))
    desk.connect("catching_up", links=desk.view.connection.links)
    desk.apply(RoomLive(SPRING, False, desk.at))
    desk.tick(3)
    return desk


def _stale() -> Desk:
    desk = live()
    desk.online = False
    desk.tick(40)
    return desk


def _offline() -> Desk:
    desk = desks.offline()
    desks.company(desk, *PEOPLE)
    desk.apply(SideLive(presence_room(SPRING), False, desk.at - timedelta(seconds=42)))
    desks.linked(desk)
    links = tuple(
        replace(link, state="offline", latency=None, rooms=()) for link in desk.view.connection.links
    )
    desk.apply(ConnectionChanged(replace(desk.view.connection, links=links)))
    desk.connect("offline", since=desk.now - 42, links=links)
    return desk


def _slow() -> Desk:
    desk = live()
    desk.connect("slow", links=desk.view.connection.links)
    desk.tick(3)
    desk.online = False
    desk.submit(home(34))
    desk.send()
    desk.online = True
    return desk


def _viewer() -> Desk:
    desk = Desk(desks.plan(), person="bo", role="spectator")
    desk.others(StartMatch(match(34)), home(34), home(34), away(34), by="li", device="laptop-3", ago=30)
    desk.others(SetScore(match(31), Score(21, 15)), CompleteMatch(match(31)), ago=900)
    desks.linked(desk)
    desks.company(desk, *PEOPLE)
    return desk


def _sign_in() -> Desk:
    desk = desks.offline()
    desk.connect("sign_in", reason="the token has expired")
    desk.tick(3)
    return desk


def _refused() -> Desk:
    desk = live()
    desk.submit(home(31))
    desk.submit(away(35, -5))
    desk.tick(4)
    return desk


def _unsaved() -> Desk:
    desk = live()
    desk.saving(can_save=False)
    return desk


def _conflict() -> Desk:
    desk = desks.conflict()
    desks.linked(desk)
    desks.company(desk, *PEOPLE)
    return desk


def _elsewhere() -> Desk:
    desk = live()
    links = tuple(replace(link, rooms=(), aside=(SPRING,)) for link in desk.view.connection.links[:1])
    desk.apply(
        ConnectionChanged(replace(desk.view.connection, links=links)), RoomLive(SPRING, False, desk.at)
    )
    return desk


def names() -> Desk:
    """Return a tournament of names in many scripts, four of its matches live."""
    plan = desks.plan()
    renamed = {team.id: Team(team.id, name) for team, name in zip(plan.teams, NAMES, strict=False)}
    teams = tuple(renamed.get(team.id, team) for team in plan.teams)
    desk = Desk(Plan(plan.id, plan.name, teams, plan.stages, plan.fixtures, plan.courts, plan.venue))
    for number in (31, 32, 33):
        desk.submit(home(number))
        desk.submit(away(number))
    desk.submit(AddScore(match(34), TeamId("t07"), 1))
    desk.tick(8)
    return desk


FULL: dict[str, State] = {
    "live": State(live, match(34), _kim_drops_out),
    "empty": State(_bare),
    "loading": State(_loading),
    "stale": State(_stale, match(34)),
    "offline": State(_offline, match(34)),
    "viewer": State(_viewer, match(34)),
    "conflict": State(_conflict, match(33)),
}
"""The states that are looked at in windows of every size."""
BRIEF: dict[str, State] = {
    "nothing": State(Desk),
    "catching_up": State(_catching_up, match(34)),
    "slow": State(_slow, match(34)),
    "sign_in": State(_sign_in, match(34)),
    "refused": State(_refused, match(35)),
    "unsaved": State(_unsaved, match(34)),
    "other_epoch": State(_elsewhere, match(34)),
    "final": State(desks.finished, match(34)),
    "names": State(names, match(31)),
}
"""Those whose difference shows in one size."""
