"""Pairings: where the teams of a played knock-out came from, read back from who met whom."""

from __future__ import annotations

from core.domain.files.pairings import Named, Pairing, infer
from core.domain.files.playback import Assignment
from core.domain.ids import MatchId, PoolId, StageId, TeamId
from core.domain.plan import LoserOf, OneOf, PlaceOf, Slot, Source, WinnerOf
from core.domain.tables.standings import Row, Table

POOLS = (PoolId("a"), PoolId("b"))


def table(pool: str, *teams: tuple[str, int], complete: bool = True) -> Table:
    """Return a table of teams with their ranks; a rank that stands twice is undecided."""
    ranks = [rank for _, rank in teams]
    rows = tuple(
        Row(rank, TeamId(team), team, 0, 0, 0, 0, 0, 0, 0, "", ranks.count(rank) == 1) for team, rank in teams
    )
    return Table(StageId("groups"), PoolId(pool), pool, rows, complete)


TABLES = (
    table("a", ("a1", 1), ("a2", 2), ("a3", 3)),
    table("b", ("b1", 1), ("b2", 2), ("b3", 3)),
)


def side(given: str | Source) -> Named | Source:
    """Return a team's side, or a placeholder's."""
    return Named(TeamId(given)) if isinstance(given, str) else given


def pairing(match: str, home: str | Source, away: str | Source, winner: str | None = None) -> Pairing:
    """Return a pairing of teams or placeholders."""
    return Pairing(
        MatchId(match),
        side(home),
        side(away),
        None if winner is None else TeamId(winner),
    )


def sources(tables: tuple[Table, ...], *pairings: Pairing) -> list[tuple[Slot, Slot]]:
    """Return the inferred slots of each match."""
    slots = infer(pairings, tables).slots
    return [(slots[found.match, "home"], slots[found.match, "away"]) for found in pairings]


def place(pool: str, rank: int) -> Slot:
    return Slot(None, PlaceOf(PoolId(pool), rank))


def test_a_rank_that_advanced_from_every_pool_is_a_place() -> None:
    semis = (pairing("m1", "a1", "b2"), pairing("m2", "b1", "a2"))
    assert sources(TABLES, *semis) == [
        (place("a", 1), place("b", 2)),
        (place("b", 1), place("a", 2)),
    ]
    assert infer(semis, TABLES).assignments == ()


def test_a_rank_that_advanced_from_some_pools_is_one_of_all_and_ops_decide() -> None:
    found = infer([pairing("m1", "a1", "b3"), pairing("m2", "b1", "b2")], TABLES)
    third = Slot(None, OneOf(POOLS, 3))
    assert found.slots[MatchId("m1"), "away"] == third
    assert found.slots[MatchId("m2"), "away"] == Slot(None, OneOf(POOLS, 2))
    assert found.assignments == (
        Assignment(MatchId("m1"), "away", TeamId("b3")),
        Assignment(MatchId("m2"), "away", TeamId("b2")),
    )


def test_of_level_teams_the_first_listed_has_the_higher_place() -> None:
    level = (table("a", ("a1", 1), ("a2", 2), ("a3", 2)),)
    found = infer([pairing("m1", "a3", "a1"), pairing("m2", "a2", "x")], level)
    assert found.slots[MatchId("m1"), "home"] == place("a", 2)
    assert found.slots[MatchId("m2"), "home"] == place("a", 3)
    assert [(made.match, made.team) for made in found.assignments] == [
        ("m1", "a3"),
        ("m2", "a2"),
    ]


def test_a_team_that_comes_from_no_pool_was_in_the_draw() -> None:
    assert sources((), pairing("m1", "x", "y")) == [(Slot(TeamId("x")), Slot(TeamId("y")))]


def test_places_of_an_unfinished_pool_are_not_read_back() -> None:
    open_tables = (table("a", ("a1", 1), ("a2", 2), complete=False),)
    assert sources(open_tables, pairing("m1", "a1", "a2")) == [(Slot(TeamId("a1")), Slot(TeamId("a2")))]


def test_later_matches_take_the_winners_and_losers_of_the_last_ones() -> None:
    semis = (pairing("m1", "a", "b", "a"), pairing("m2", "c", "d", "d"))
    third, final = pairing("m3", "b", "c", "b"), pairing("m4", "a", "d")
    assert sources((), *semis, third, final)[2:] == [
        (Slot(None, LoserOf(MatchId("m1"))), Slot(None, LoserOf(MatchId("m2")))),
        (Slot(None, WinnerOf(MatchId("m1"))), Slot(None, WinnerOf(MatchId("m2")))),
    ]
    assert infer((*semis, third, final), ()).assignments == ()


def test_who_goes_on_from_a_match_without_a_winner_ops_decide() -> None:
    found = infer([pairing("m1", "a", "b"), pairing("m2", "b", "c")], ())
    assert found.slots[MatchId("m2"), "home"] == Slot(None, WinnerOf(MatchId("m1")))
    assert found.assignments == (Assignment(MatchId("m2"), "home", TeamId("b")),)


def test_a_placeholder_is_its_source() -> None:
    source = WinnerOf(MatchId("m1"))
    slots = sources(
        TABLES,
        pairing("m1", "a1", PlaceOf(PoolId("b"), 2)),
        pairing("m2", source, "b1"),
    )
    assert slots[0][1] == place("b", 2)
    assert slots[1][0] == Slot(None, source)
