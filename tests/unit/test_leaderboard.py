"""Many games, one ranking: final places only, worth what the organiser says."""

from __future__ import annotations

from msgspec.structs import replace

from core.domain.commands import AddScore, CompleteMatch, ForfeitMatch
from core.domain.draws.drawing import across, draw_up
from core.domain.games import CupsRules, Game, TimeRules
from core.domain.ids import GameId, PoolId, StageId, TeamId, TournamentId
from core.domain.plan import (
    DoubleElimination,
    Format,
    Plan,
    Pool,
    RoundRobin,
    SingleElimination,
    Stage,
    Team,
)
from core.domain.state import Tournament
from core.domain.tables.leaderboard import GamePlace, Standing, game_places, leaderboard
from tests.support.bench import Bench
from tests.support.tournaments import fold, league

PONG = Game(GameId("pong"), "Pong", CupsRules(6), (5, 3, 1))
RACE = Game(GameId("race"), "Race", TimeRules(), (2, 1))
A, B, C, D = map(TeamId, "abcd")
POOLS = (Pool(PoolId("p"), "P", (A, B)), Pool(PoolId("q"), "Q", (C, D)))


def event(*stages: Stage, games: tuple[Game, ...] = (PONG,)) -> Bench:
    """Return four teams and these stages, drawn up."""
    teams = tuple(Team(TeamId(letter), f"Team {letter.upper()}") for letter in "abcd")
    return Bench(draw_up(Plan(TournamentId("beer"), "Beer", teams, stages, (), games=games)))


def cup_stage(format_: Format, game: str = "pong") -> Stage:
    return Stage(StageId(f"{game}-cup"), "Cup", "knockout", game=GameId(game), format=format_)


def pool_stage(*pools: Pool, game: str = "pong") -> Stage:
    return Stage(StageId(f"{game}-pools"), "Pools", "pools", pools, game=GameId(game), format=RoundRobin())


def home_wins(bench: Bench, *numbers: int) -> None:
    for number in numbers:
        team = bench.match(number).home.team
        assert team is not None
        bench.enter(AddScore(bench.id(number), team, 1), CompleteMatch(bench.id(number)))


def places(bench: Bench, game: Game = PONG) -> dict[str, int]:
    return {str(team): place for team, place in game_places(bench.state, game).items()}


def test_without_games_there_is_no_leaderboard() -> None:
    assert leaderboard(fold(league(2))) == ()


def test_a_knock_out_ranks_by_how_far_teams_came() -> None:
    bench = event(cup_stage(SingleElimination()))
    home_wins(bench, 1, 2)
    assert places(bench) == {}
    home_wins(bench, 3)
    assert places(bench) == {"a": 1, "b": 2, "d": 3, "c": 3}


def test_a_match_for_third_place_separates_its_two() -> None:
    bench = event(cup_stage(SingleElimination(third_place=True)))
    home_wins(bench, 1, 2, 3, 4)
    assert places(bench) == {"a": 1, "b": 2, "d": 3, "c": 4}


def test_a_double_elimination_ranks_without_a_second_final_that_was_not_played() -> None:
    bench = event(cup_stage(DoubleElimination()))
    home_wins(bench, 1, 2, 3, 4, 5, 6)
    assert sorted(places(bench).values()) == [1, 2, 3, 4]
    assert places(bench)["a"] == 1


def test_the_last_stage_counts_before_the_earlier_ones() -> None:
    bench = event(pool_stage(*POOLS), cup_stage(SingleElimination(across(POOLS, 1))))
    home_wins(bench, 1, 2)
    assert places(bench) == {}
    home_wins(bench, 3)
    assert places(bench) == {"a": 1, "c": 2, "b": 3, "d": 3}


def test_pools_alone_rank_when_all_are_over() -> None:
    bench = event(pool_stage(*POOLS))
    home_wins(bench, 1)
    assert places(bench) == {}
    home_wins(bench, 2)
    assert places(bench) == {"a": 1, "c": 1, "b": 3, "d": 3}


def test_a_game_without_matches_has_no_places() -> None:
    stage = Stage(StageId("x"), "X", "knockout", game=PONG.id)
    assert places(event(stage)) == {}


def test_when_nobody_won_the_final_its_two_share_a_place() -> None:
    bench = event(cup_stage(SingleElimination()))
    home_wins(bench, 1, 2)
    bench.enter(ForfeitMatch(bench.id(3), None, "no_show"))
    assert places(bench) == {"a": 1, "b": 1, "d": 3, "c": 3}


def test_points_of_all_games_add_up_and_more_first_places_break_a_tie() -> None:
    pool = Pool(PoolId("r"), "R", (A, B, C, D))
    bench = event(
        cup_stage(SingleElimination()),
        pool_stage(pool, game="race"),
        games=(PONG, replace(RACE, rules=CupsRules(6), places=(4, 4))),
    )
    home_wins(bench, 1, 2, 3)
    assert leaderboard(bench.state)[:2] == (
        Standing(1, A, 5, (GamePlace(PONG.id, 1, 5),)),
        Standing(2, B, 3, (GamePlace(PONG.id, 2, 3),)),
    )
    # Of the teams level on one point each, both were third.
    assert [(line.rank, line.team) for line in leaderboard(bench.state)[2:]] == [(3, C), (3, D)]
    state = raced(bench)
    board = {line.team: (line.rank, line.points) for line in leaderboard(state)}
    assert board[A][1] >= 5
    assert sorted(rank for rank, _ in board.values()) == [1, 2, 3, 4]


def raced(bench: Bench) -> Tournament:
    """Play the pool so that d beats everybody, then c, then b."""
    order = [D, C, B, A]
    for match in list(bench.state.matches.values()):
        if match.pool is None or match.home.team is None or match.away.team is None:
            continue
        winner = min(match.home.team, match.away.team, key=order.index)
        bench.enter(AddScore(match.id, winner, 1), CompleteMatch(match.id))
    return bench.state
