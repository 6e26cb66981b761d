"""What is learnt of a tournament from an old server that only tells what happens.

Owns the state of one such tournament and the names in it: a match's `round` holds its id there, a team's id
is the one there. Guarantees that what was learnt moves the position on, so that nobody takes the state before
for this one. What a score means is the rules' affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.ids import CommandId, Epoch, MatchId, StageId, TeamId
from core.domain.plan import Slot, Stage, Team
from core.domain.state import Match, Position, Tournament
from core.wire.legacy import GameStart, LiveScore, NamedTeam, TeamJoined

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.ids import TournamentId
    from core.wire.legacy import Happening

STAGE = Stage(StageId("matches"), "Matches", "pools")
"""An old server tells no stages."""
PREFIX = "basic-"


def basic_epoch(token: str) -> Epoch:
    """Return an epoch for what is learnt from old servers; `token` tells it from others'."""
    return Epoch(f"{PREFIX}{token}")


def is_basic(epoch: Epoch) -> bool:
    """Tell whether an epoch is of what was learnt, and no hub's."""
    return epoch.startswith(PREFIX)


class Board:
    """One tournament of an old server, as far as it is known.

    Args:
        state: where it stands.
    """

    def __init__(self, state: Tournament) -> None:
        self.state = state

    @classmethod
    def new(cls, tournament: TournamentId, epoch: Epoch) -> Board:
        """Return a tournament of which nothing but its name is known."""
        return cls(Tournament(tournament, tournament, Position(epoch, 0), {}, (STAGE,), {}, {}))

    def match(self, happening: Happening) -> Match | None:
        """Return the match that something is about; `None` if it is about none that is known."""
        named = getattr(happening, "match_id", None)
        return None if named is None else self._named(named)

    def team(self, named: str) -> TeamId:
        """Return the id of a team of the old server's."""
        return TeamId(named)

    def learn(self, happening: Happening) -> bool:
        """Take in what is new of teams and matches; return whether anything is."""
        before = self.state
        match happening:
            case TeamJoined(team=team):
                self._meet([team])
            case GameStart(match_id=named, teams=teams):
                self._meet(teams)
                self._seat(named, [TeamId(_id(team)) for team in teams])
            case LiveScore(match_id=named, team_id=team):
                self._meet([team])
                self._seat(named, [TeamId(team)])
            case _:
                pass
        if self.state is before:
            return False
        here = before.position
        moved = Position(here.epoch, here.seq + 1, CommandId(f"learnt-{here.epoch}-{here.seq + 1}"))
        self.state = replace(self.state, position=moved)
        return True

    def outward(self, happening: Happening) -> Happening:
        """Return what is told with the match's id as the old server has it."""
        match = self.state.matches.get(MatchId(getattr(happening, "match_id", "")))
        return happening if match is None else replace(happening, match_id=match.round)

    def _named(self, named: str) -> Match | None:
        return next((match for match in self.state.matches.values() if match.round == named), None)

    def _meet(self, teams: Iterable[NamedTeam | str]) -> None:
        """Know teams; a name that comes later takes the place of the bare id."""
        known = dict(self.state.teams)
        for one in teams:
            id = TeamId(_id(one))
            name = one.name if isinstance(one, NamedTeam) and one.name else id
            if id not in known or (known[id].name == Team(id, id).name and name != id):
                known[id] = Team(id, name)
        if known != self.state.teams:
            self.state = replace(self.state, teams=known)

    def _seat(self, named: str, teams: Iterable[TeamId]) -> None:
        """Know a match that is played, and who plays it: the first that is named is at home."""
        found = self._named(named)
        match = found or Match(_match_id(self.state, named), STAGE.id, named, Slot(), Slot(), phase="live")
        for team in teams:
            if match.side_of(team) is not None:
                continue
            if match.home.team is None:
                match = replace(match, home=Slot(team))
            elif match.away.team is None:
                match = replace(match, away=Slot(team))
        if match != found:
            self.state = replace(self.state, matches={**self.state.matches, match.id: match})


def _id(team: NamedTeam | str) -> str:
    return team if isinstance(team, str) else team.id


def _match_id(state: Tournament, named: str) -> MatchId:
    """Return the id of a match here: a dot parts the tournament from the match, and can be in neither."""
    return MatchId(f"{state.id}.{named.removeprefix(f'{state.id}.').replace('.', '·')}")
