"""What the organiser set up: teams, courts, games, stages, pools, fixtures and where each side comes from.

A plan is the content of one `CreateTournament` command and says nothing of results. Values are
frozen and checked as a whole by `checks.check`; text in them is cleaned on construction, decoded or not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import force_setattr

from core.domain.games import Game
from core.domain.ids import CourtId, GameId, MatchId, PoolId, StageId, TeamId, TournamentId
from core.domain.text import clean
from core.domain.whole import Whole

TieBreak = Literal[
    "wins",
    "head_to_head",
    "difference",
    "scored",
    "set_points",
    "time",
    "buchholz",
    "sonneborn_berger",
    "fair_play",
    "lot",
]
"""A rule that orders teams level on points, see `tiebreaks`."""
DEFAULT_TIE_BREAKS: tuple[TieBreak, ...] = ("head_to_head", "difference", "scored")
Status = Literal["draft", "open", "running", "finished"]
"""Where a tournament is: being set up, taking teams, played, over."""
WithdrawalRule = Literal["forfeit", "annul"]
"""What becomes of a team's matches when it leaves: `forfeit` gives those not finished to the other side,
`annul` takes all of its matches out of the tables, too."""


class Team(Struct, frozen=True, omit_defaults=True):
    """A side that plays."""

    id: TeamId
    name: str
    code: str = ""
    """Short name for narrow tables, `""` when it has none."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))
        force_setattr(self, "code", clean(self.code, 8))


class Court(Struct, frozen=True):
    """A place where one match is played at a time."""

    id: CourtId
    name: str

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


class Pool(Struct, frozen=True):
    """Teams that play each other and share a table."""

    id: PoolId
    name: str
    teams: tuple[TeamId, ...]

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


class Stage(Struct, frozen=True, omit_defaults=True):
    """A part of the tournament with rules of its own."""

    id: StageId
    name: str
    kind: Literal["pools", "knockout"]
    """`pools`: a match may be drawn and counts for a table; `knockout`: it needs a winner."""
    pools: tuple[Pool, ...] = ()
    win: Whole = 3
    draw: Whole = 1
    loss: Whole = 0
    """Table points for a win, a draw and a loss."""
    tie_breaks: tuple[TieBreak, ...] = DEFAULT_TIE_BREAKS
    """How teams level on points are ordered, first rule first; what they leave level, ops decide."""
    game: GameId | None = None
    """What is played; `None` for points."""
    format: Format | None = None
    """How its matches are drawn up; `None` where the plan lists them."""
    forfeit: tuple[Whole, Whole] | None = None
    """The result of a match that was not played, the winner's part first; `None` for the game's own."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


class WinnerOf(Struct, frozen=True, tag="winner_of"):
    """The winner of a match takes the slot."""

    match: MatchId


class LoserOf(Struct, frozen=True, tag="loser_of"):
    """The loser of a match takes the slot."""

    match: MatchId


class PlaceOf(Struct, frozen=True, tag="place_of"):
    """The team at `rank` (1 is first) of a pool's final table takes the slot."""

    pool: PoolId
    rank: Whole


class OneOf(Struct, frozen=True, tag="one_of"):
    """One of the teams at `rank` in these pools takes the slot; which one, ops assign ("best third")."""

    pools: tuple[PoolId, ...]
    rank: Whole


Source = WinnerOf | LoserOf | PlaceOf | OneOf
"""Where the team of a slot comes from."""


class Slot(Struct, frozen=True, omit_defaults=True):
    """One side of a fixture: a team, or a place that a team will take."""

    team: TeamId | None = None
    """Who plays; `None` while nobody has taken the slot."""
    source: Source | None = None
    """Where the team comes from; `None` where the plan names the team itself."""


class RoundRobin(Struct, frozen=True, tag="round_robin", omit_defaults=True):
    """Everybody in a pool plays everybody."""

    legs: Whole = 1
    """How often two teams meet; the second time with sides changed."""


class SingleElimination(Struct, frozen=True, tag="single_elimination", omit_defaults=True):
    """Who loses is out."""

    entrants: tuple[Slot, ...] = ()
    """Who takes part, the strongest first; empty for all teams in their order."""
    third_place: bool = False
    """Whether the losers of the semi-finals play for third place."""


class DoubleElimination(Struct, frozen=True, tag="double_elimination", omit_defaults=True):
    """Who loses twice is out."""

    entrants: tuple[Slot, ...] = ()
    """Who takes part, the strongest first; empty for all teams in their order."""
    reset: bool = True
    """Whether there is a second final when the team that had not lost before loses the first one."""


class Swiss(Struct, frozen=True, tag="swiss"):
    """A fixed number of rounds, each drawn from the table, in which nobody meets anybody twice."""

    rounds: Whole


Format: TypeAlias = RoundRobin | SingleElimination | DoubleElimination | Swiss


class Fixture(Struct, frozen=True, omit_defaults=True):
    """A match as planned."""

    id: MatchId
    stage: StageId
    round: str
    home: Slot
    away: Slot
    pool: PoolId | None = None
    """The pool whose table it counts for; `None` outside pools."""
    court: CourtId | None = None
    starts_at: datetime | None = None
    reset_of: MatchId | None = None
    """The final that this match repeats: it is played only if the away side wins that one."""

    def __post_init__(self) -> None:
        force_setattr(self, "round", clean(self.round))


class Timetable(Struct, frozen=True, omit_defaults=True):
    """When matches that are drawn up begin: in slots of equal length, one match a court and slot."""

    starts_at: datetime
    minutes: Whole
    """From the beginning of one slot to that of the next."""


class Plan(Struct, frozen=True, omit_defaults=True):
    """A whole tournament before its first result. `fixtures` are in playing order."""

    id: TournamentId
    name: str
    teams: tuple[Team, ...]
    stages: tuple[Stage, ...]
    fixtures: tuple[Fixture, ...]
    courts: tuple[Court, ...] = ()
    venue: str = ""
    moderators_confirm: bool = False
    """Whether a scorekeeper's confirmation makes a result official; else only ops' does."""
    games: tuple[Game, ...] = ()
    status: Status = "running"
    """Where it begins. In `draft` and `open` no match is played; formats are drawn up at the start."""
    timetable: Timetable | None = None
    on_withdrawal: WithdrawalRule = "forfeit"
    on_disqualification: WithdrawalRule = "forfeit"

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))
        force_setattr(self, "venue", clean(self.venue))
