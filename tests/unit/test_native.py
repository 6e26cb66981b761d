"""Courtside's own format: easy to write by hand, strict where a slip would be played."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from core.domain.files import native
from core.domain.files.playback import Imported, rehearse
from core.domain.games import CupsRules, Game
from core.domain.ids import CourtId, GameId, MatchId, PoolId, TeamId
from core.domain.plan import (
    DoubleElimination,
    Format,
    LoserOf,
    OneOf,
    PlaceOf,
    SingleElimination,
    Slot,
    Swiss,
    Team,
    WinnerOf,
)
from core.domain.tables.brackets import champion
from core.errors import BadFile

HEAD = """
[tournament]
name = "Summer Cup"
teams = ["Reds", { name = "Blues", code = "BLU" }, "Greens", "Golds"]
courts = ["Court 1"]
"""
GROUPS = """
[[stages]]
name = "Groups"
kind = "pools"
[[stages.pools]]
name = "Group A"
teams = ["Reds", "blu"]
[[stages.pools]]
name = "Pool B"
teams = ["greens", "Golds"]
[[stages]]
name = "Finals"
kind = "knockout"
"""
PLAYED = """
[[matches]]
pool = "A"
home = "Reds"
away = "Blues"
court = "court 1"
starts_at = 2026-06-14T10:00:00+02:00
[[matches]]
pool = "pool b"
home = "Greens"
away = "Golds"
starts_at = 2026-06-14T10:00:00
"""
CUP = HEAD + GROUPS + PLAYED


def read(text: str) -> Imported:
    return native.read("cup.toml", text.encode())


def refused(text: str) -> str:
    """Return what is said of a file that is refused."""
    with pytest.raises(BadFile) as caught:
        read(text)
    return str(caught.value)


def match(home: str, away: str = "Golds", **more: str) -> str:
    """Return a match of the finals; values are TOML."""
    lines = [f"{key} = {value}" for key, value in more.items()]
    return "\n".join(["[[matches]]", 'stage = "Finals"', f'home = "{home}"', f'away = "{away}"', *lines, ""])


def test_ids_are_made_from_names_and_matches_numbered() -> None:
    plan = read(CUP).plan
    assert (plan.id, plan.name) == ("summer-cup", "Summer Cup")
    assert [team.id for team in plan.teams] == ["reds", "blues", "greens", "golds"]
    assert [stage.id for stage in plan.stages] == ["groups", "finals"]
    assert [pool.id for pool in plan.stages[0].pools] == ["a", "b"]
    assert [fixture.id for fixture in plan.fixtures] == ["summer-cup.m001", "summer-cup.m002"]
    assert [fixture.round for fixture in plan.fixtures] == ["Groups", "Groups"]
    assert plan.fixtures[0].court == CourtId("court-1")


def test_times_are_utc_with_or_without_an_offset() -> None:
    first, second = read(CUP).plan.fixtures
    assert first.starts_at == datetime(2026, 6, 14, 8, tzinfo=UTC)
    assert second.starts_at == datetime(2026, 6, 14, 10, tzinfo=UTC)


def test_the_same_in_json_is_read_too() -> None:
    document = {
        "tournament": {"id": "s", "name": "Summer", "venue": "Hall"},
        "teams": [{"id": "r", "name": "Reds"}, "Blues"],
        "courts": [{"id": "c", "name": "Court 1"}],
        "stages": [{"name": "Final", "kind": "knockout"}],
        "matches": [
            {"id": "F", "home": "R", "away": "blues", "starts_at": "2026-06-14T10:00:00Z", "court": "C"}
        ],
    }
    plan = native.read("cup.json", msgspec.json.encode(document)).plan
    assert plan.teams == (Team(TeamId("r"), "Reds"), Team(TeamId("blues"), "Blues"))
    (only,) = plan.fixtures
    assert (only.id, only.home, only.court, plan.venue) == ("s.f", Slot(TeamId("r")), "c", "Hall")


def test_sides_may_say_where_a_team_comes_from() -> None:
    semi = match("1st of A", "2nd of Pool B", id='"semi"')
    final = match("Winner of SEMI", "3rd of a/b", round='"Final"')
    third = match("loser of semi", "2nd of group a")
    text = CUP.replace('"blu"]', '"blu", "Golds"]').replace(
        '"greens", "Golds"]', '"greens", "Golds", "Reds"]'
    )
    *_, first, second, last = read(text + semi + final + third).plan.fixtures
    a, b = PoolId("a"), PoolId("b")
    assert (first.home.source, first.away.source) == (PlaceOf(a, 1), PlaceOf(b, 2))
    assert (second.home.source, second.away.source) == (WinnerOf(first.id), OneOf((a, b), 3))
    assert last.home.source == LoserOf(MatchId("summer-cup.semi"))


def test_a_side_may_know_team_and_source() -> None:
    side = '{ team = "Reds", from = "1st of A" }'
    text = CUP + match("x").replace('home = "x"', f"home = {side}")
    assert read(text).plan.fixtures[2].home == Slot(TeamId("reds"), PlaceOf(PoolId("a"), 1))


def test_results_become_the_playback() -> None:
    text = HEAD + GROUPS + PLAYED.replace("starts_at = 2026-06-14T10:00:00\n", "score = [0, 1]\n")
    text = text.replace('court = "court 1"', 'score = [2, 1]\nstate = "final"')
    text += match("1st of A", "1st of B", score="[1, 1]", shootout="[4, 5]")
    found = read(text)
    assert {played.phase for played in rehearse(found.plan).matches.values()} == {"scheduled"}
    state = rehearse(found.plan, found.playback)
    assert [played.phase for played in state.matches.values()] == ["final", "official", "official"]
    assert champion(state) == "golds"


def test_points_and_tie_breaks_are_the_stages_own() -> None:
    own = 'kind = "pools"\npoints = { win = 2 }\ntie_breaks = ["wins"]'
    stage = read(CUP.replace('kind = "pools"', own)).plan.stages[0]
    assert (stage.win, stage.draw, stage.loss, stage.tie_breaks) == (2, 1, 0, ("wins",))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Summer Cup"', 'nmae = "x"', "tournament: unknown key 'nmae'; did you mean name?"),
        ("[[matches]]", "[[matche]]", "top level: unknown key 'matche'; did you mean matches?"),
        ('pool = "A"', 'zzz = "A"', "matches[0]: unknown key 'zzz'; known: away, court, home"),
        (
            'kind = "pools"',
            "points = { wins = 2 }",
            "stages[0].points: unknown key 'wins'; did you mean win?",
        ),
        ('teams = ["Reds", "blu"]', "teams = [1]", "stages[0].pools[0].teams[0]: Expected str, got int"),
        ('kind = "pools"', 'kind = "swiss"', "stages[0].kind: Invalid enum value"),
        (
            'home = "Reds"',
            'home = "Rdes"',
            "match summer-cup.m001: there is no team 'Rdes'; did you mean reds or greens?",
        ),
        ('court = "court 1"', 'court = "X"', "there is no court 'X'; known: court 1, court-1"),
        ('pool = "A"', 'pool = "C"', "match summer-cup.m001: there is no pool 'C'"),
        ('pool = "A"', 'stage = "x"', "there is no stage 'x'"),
        ('pool = "A"\n', "", "match summer-cup.m001: does not say its stage; there are groups, finals"),
        ('"Reds", {', '"Blues", {', "team 'Blues' may be blues or blues-2; write the id"),
        ("[tournament]", "[tournament", "neither TOML nor JSON: Expected ']'"),
        ('name = "Summer Cup"', 'id = "Summer Cup"\nname = "x"', "id 'Summer Cup' is not a slug"),
        ('court = "court 1"', 'state = "live"', "a state or shoot-out needs a score"),
        ('court = "court 1"', "shootout = [1, 0]", "a state or shoot-out needs a score"),
        ('court = "court 1"', 'score = [1, 0]\nstate = "scheduled"', "a scheduled match has no score"),
        ("starts_at = 2026-06-14T10:00:00+02:00", "starts_at = 0001-01-01T00:00:00+02:00", "in the year 1"),
        ('court = "court 1"', "score = [-1, 0]", "M001: a score cannot go below 0"),
    ],
)
def test_a_slip_is_refused_with_what_would_be_right(old: str, new: str, message: str) -> None:
    assert old in CUP
    text = CUP.replace('teams = ["Reds", "blu"]', 'teams = ["Blues", "blu"]') if "may be" in message else CUP
    assert message in refused(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("home", "message"),
    [
        ("winner of m9", "names match 'm9', which is not in the file"),
        ("winner of m3", "names match 'summer-cup.m003', which is not an earlier match"),
        ("1st of C", "there is no pool 'C'"),
        ("3rd of A", "names place 3 of pool 'a', which has 2 teams"),
    ],
)
def test_a_source_that_is_not_there_is_refused(home: str, message: str) -> None:
    assert message in refused(CUP + match(home))


def test_a_source_beside_a_team_is_read_strictly() -> None:
    text = CUP + match("x").replace('home = "x"', 'home = { team = "Reds", from = "somewhere" }')
    assert "cannot read the side 'somewhere': write a team, 'winner of m3'" in refused(text)


def test_a_pool_without_matches_is_refused_as_none_are_drawn_up() -> None:
    assert "pool Group A: has no matches: list each under [[matches]]" in refused(HEAD + GROUPS)


def test_a_pool_of_one_team_needs_no_match() -> None:
    text = (HEAD + GROUPS).replace('"Reds", "blu"', '"Reds"').replace('"greens", "Golds"', '"Golds"')
    assert read(text).plan.fixtures == ()


def test_a_match_without_any_stage_says_how_to_add_one() -> None:
    assert "none: add [[stages]] with name and kind" in refused(HEAD + PLAYED.replace('pool = "A"\n', ""))


@pytest.mark.parametrize("content", [b"\xff", b"{", b'{"tournament": ' + b"[" * 100_000])
def test_what_is_neither_toml_nor_json_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile, match="neither TOML nor JSON"):
        native.read("cup.toml", content)


def test_without_stages_there_is_nothing_to_play() -> None:
    assert "tournament: has no stages, so nothing could be played: add [[stages]]" in refused(HEAD)


def test_a_format_for_pools_without_any_is_played_by_all_teams_in_one() -> None:
    stage = '[[stages]]\nname = "{}"\nkind = "pools"\nformat = "{}"\n'
    both = stage.format("League", "round_robin") + stage.format("Swiss", "swiss") + "rounds = 2\n"
    plan = read(HEAD + both).plan
    assert [(pool.id, pool.name, len(pool.teams)) for one in plan.stages for pool in one.pools] == [
        ("league", "League", 4),
        ("swiss", "Swiss", 4),
    ]
    assert len(plan.fixtures) == 6


FORMATS = (
    HEAD
    + """
[timetable]
starts_at = 2026-06-14T10:00:00
minutes = 20
[[games]]
name = "Pong"
kind = "cups"
cups = 6
places = [5, 3]
[[stages]]
name = "Groups"
kind = "pools"
game = "pong"
format = "round_robin"
[[stages.pools]]
name = "Group A"
teams = ["Reds", "Blues"]
[[stages.pools]]
name = "Group B"
teams = ["Greens", "Golds"]
[[stages]]
name = "Finals"
kind = "knockout"
game = "Pong"
format = "single_elimination"
advance = 2
third_place = true
"""
)


def test_stages_with_a_format_are_drawn_up_with_courts_and_times() -> None:
    plan = read(FORMATS).plan
    assert plan.games == (Game(GameId("pong"), "Pong", CupsRules(6), (5, 3)),)
    assert [fixture.round for fixture in plan.fixtures] == [
        "Round 1",
        "Round 1",
        "Semi-finals",
        "Semi-finals",
        "Third place",
        "Final",
    ]
    sources = [fixture.home.source for fixture in plan.fixtures[2:4]]
    assert sources == [PlaceOf(PoolId("a"), 1), PlaceOf(PoolId("b"), 1)]
    assert plan.fixtures[0].starts_at == datetime(2026, 6, 14, 10, 0, tzinfo=UTC)
    assert {fixture.court for fixture in plan.fixtures} == {"court-1"}


def test_a_tournament_that_is_open_is_drawn_up_at_its_start() -> None:
    text = FORMATS.replace(
        'name = "Summer Cup"', 'name = "Summer Cup"\nstatus = "open"\non_withdrawal = "annul"'
    )
    plan = read(text).plan
    assert (plan.status, plan.on_withdrawal, plan.fixtures) == ("open", "annul", ())


def knockout(more: str) -> str:
    return HEAD + f'[[stages]]\nname = "Cup"\nkind = "knockout"\n{more}\n'


@pytest.mark.parametrize(
    ("more", "format_", "matches"),
    [
        ('format = "single_elimination"', SingleElimination(), 3),
        ('format = "double_elimination"', DoubleElimination(), 7),
        ('format = "double_elimination"\nreset = false', DoubleElimination(reset=False), 6),
        (
            'format = "single_elimination"\nentrants = ["Golds", { team = "Reds", from = "winner of m1" }]',
            None,
            0,
        ),
        (
            'format = "single_elimination"\nentrants = ["Golds", "reds"]',
            SingleElimination((Slot(TeamId("golds")), Slot(TeamId("reds")))),
            1,
        ),
    ],
)
def test_a_knock_out_is_drawn_of_its_entrants(more: str, format_: Format | None, matches: int) -> None:
    if format_ is None:
        assert "names match 'm1', which is not in the file" in refused(knockout(more))
        return
    plan = read(knockout(more)).plan
    assert (plan.stages[0].format, len(plan.fixtures)) == (format_, matches)


def test_a_swiss_stage_waits_for_its_rounds_to_be_drawn() -> None:
    pool = '[[stages.pools]]\nname = "All"\nteams = ["Reds", "Blues", "Greens"]\n'
    plan = read(HEAD + '[[stages]]\nname = "S"\nkind = "pools"\nformat = "swiss"\nrounds = 2\n' + pool).plan
    assert (plan.stages[0].format, plan.fixtures) == (Swiss(2), ())


def test_a_second_final_names_the_first() -> None:
    text = (
        HEAD
        + """
[[stages]]
name = "Cup"
kind = "knockout"
[[matches]]
home = "Reds"
away = "Blues"
[[matches]]
home = "winner of m1"
away = "loser of m1"
reset_of = "m1"
"""
    )
    assert read(text).plan.fixtures[1].reset_of == "summer-cup.m001"
    assert "names match 'm9', which is not in the file" in refused(text.replace('of = "m1"', 'of = "m9"'))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("legs = 2", "'legs' needs format = 'round_robin'"),
        ('format = "single_elimination"\nreset = true', "'reset' needs format = 'double_elimination'"),
        ('format = "swiss"', "does not say how many rounds there are: add rounds = 5"),
        ('format = "single_elimination"\nadvance = 2', "has no stage of pools before it"),
        ('format = "single_elimination"\nadvance = 2\nentrants = []', "has entrants and advance"),
        ('game = "chess"', "there is no game 'chess'"),
    ],
)
def test_a_format_needs_what_it_is_drawn_from(more: str, why: str) -> None:
    assert why in refused(knockout(more))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("advance = 2", "advance = 0", "advance must be at least 1, not 0"),
        ("advance = 2", "advance = 3", "names place 3 of pool 'a', which has 2 teams"),
        ("cups = 6", "best_of = 3", "'best_of' means nothing in a game of cups: cups, bounce"),
        ('kind = "cups"\ncups = 6', 'kind = "time"\ncups = 6', "a game of time: no keys of its own"),
        ("cups = 6", "cups = 0", "cups must be 1 to 100, not 0"),
        ("minutes = 20", "minutes = 0", "minutes must be 1 to 10080, not 0"),
        ("2026-06-14T10:00:00", "0001-01-01T10:00:00", "cannot start in the year 1"),
    ],
)
def test_games_and_timetables_that_cannot_be_are_refused(old: str, new: str, why: str) -> None:
    assert why in refused(FORMATS.replace(old, new))
