"""An evening of four games for tests: volleyball in sets, cups, a relay for time, and darts for points.

Matches are `evening.m001` on: two of each game, in this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import AddScore, CompleteMatch, EnterSets, Score, SetScore, SetTime
from core.domain.files.formats import read_tournament
from core.domain.ids import MatchId, TeamId, TournamentId
from tests.support.console import Desk

if TYPE_CHECKING:
    from core.domain.ids import Role

EVENING = TournamentId("evening")
LIONS, FOXES, BEARS, OWLS = (TeamId(name) for name in ("lions", "foxes", "bears", "owls"))
_FILE = b"""
[tournament]
name = "Evening"
teams = ["Lions", "Foxes", "Bears", "Owls"]
courts = ["Court 1", "Court 2"]

[[games]]
name = "Volleyball"
kind = "sets"
best_of = 3
points = 25
last = 15

[[games]]
name = "Cup pong"
kind = "cups"
cups = 10
bounce = 2

[[games]]
name = "Relay"
kind = "time"

[[games]]
name = "Darts"
kind = "points"

[[stages]]
name = "Volleyball"
kind = "knockout"
game = "Volleyball"

[[stages]]
name = "Cup pong"
kind = "pools"
game = "Cup pong"
pools = [{ name = "Cups", teams = ["Lions", "Foxes", "Bears", "Owls"] }]

[[stages]]
name = "Relay"
kind = "pools"
game = "Relay"
pools = [{ name = "Relay", teams = ["Lions", "Foxes", "Bears", "Owls"] }]

[[stages]]
name = "Darts"
kind = "knockout"
game = "Darts"

[[matches]]
stage = "Volleyball"
home = "Lions"
away = "Foxes"
court = "Court 1"

[[matches]]
stage = "Volleyball"
home = "winner of m001"
away = "Bears"
court = "Court 1"

[[matches]]
stage = "Cup pong"
pool = "Cups"
home = "Lions"
away = "Foxes"
court = "Court 2"

[[matches]]
stage = "Cup pong"
pool = "Cups"
home = "Bears"
away = "Owls"
court = "Court 2"

[[matches]]
stage = "Relay"
pool = "Relay"
home = "Lions"
away = "Foxes"

[[matches]]
stage = "Relay"
pool = "Relay"
home = "Bears"
away = "Owls"

[[matches]]
stage = "Darts"
home = "Lions"
away = "Foxes"

[[matches]]
stage = "Darts"
home = "winner of m007"
away = "Owls"
"""


def match(number: int) -> MatchId:
    """Return the id of a match by its number."""
    return MatchId(f"evening.m{number:03d}")


def evening(role: Role = "admin") -> Desk:
    """Return the evening before its first score."""
    return Desk(read_tournament("evening.toml", _FILE).plan, role=role)


def going() -> Desk:
    """Return the evening in full swing: a set each way, cups hit, one time taken, a match of darts over."""
    desk = evening()
    desk.others(EnterSets(match(1), (Score(25, 22), Score(21, 23))), ago=30)
    for _ in range(3):
        desk.others(AddScore(match(3), LIONS, 1, "cup", "Ann"), ago=20)
    desk.others(AddScore(match(3), FOXES, 2, "bounce"), ago=15)
    desk.others(AddScore(match(3), FOXES, 0, "miss", "Cy"), ago=10)
    desk.others(SetTime(match(5), LIONS, 59_100), SetTime(match(5), FOXES, 62_345), ago=8)
    desk.others(CompleteMatch(match(5)), ago=7)
    desk.others(SetTime(match(6), BEARS, 61_000), ago=6)
    desk.others(SetScore(match(7), Score(3, 1)), CompleteMatch(match(7)), ago=5)
    desk.tick(8)
    return desk
