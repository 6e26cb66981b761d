"""openfootball tournaments: plans without results, slots read back, a playback that leads to the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from core.domain.checks import check
from core.domain.commands import AddScore, AssignSlot, CompleteMatch, Score, SetScore
from core.domain.files.openfootball import read
from core.domain.files.playback import Imported, rehearse
from core.domain.ids import MatchId, PoolId, TeamId
from core.domain.plan import LoserOf, OneOf, PlaceOf, Slot, Source, WinnerOf
from core.domain.tables.brackets import champion
from core.domain.tables.standings import tables
from core.errors import BadFile

if TYPE_CHECKING:
    from tests.conftest import Euro


def match(home: str, away: str, score: tuple[int, int] | None = None, **more: Any) -> dict[str, Any]:
    """Return a match in openfootball's form."""
    scored = {} if score is None else {"score": {"ft": score}}
    return {"team1": home, "team2": away, **scored, **more}


def imported(
    *matches: dict[str, Any], groups: dict[str, list[str]] | None = None, name: str = "Cup"
) -> Imported:
    """Read a flat file of matches, and a file of groups."""
    listed = [{"name": group, "teams": teams} for group, teams in (groups or {}).items()]
    return read(
        "cup.json",
        msgspec.json.encode({"name": name, "matches": matches}),
        msgspec.json.encode({"groups": listed}) if groups is not None else None,
    )


def sources(found: Imported) -> list[tuple[Source | TeamId | None, Source | TeamId | None]]:
    """Return both sides of the knock-out matches, each by its source or team."""
    return [
        (fixture.home.source or fixture.home.team, fixture.away.source or fixture.away.team)
        for fixture in found.plan.fixtures
        if fixture.pool is None
    ]


A, B = PoolId("a"), PoolId("b")
GROUPS = (
    match("Reds", "Blues", (2, 1), group="Group A", round="Matchday 1"),
    match("Greens", "Golds", (0, 1), group="Group B", round="Matchday 1"),
)
FINAL = match("Reds", "Golds", (3, 0), round="Final")


def test_a_played_knock_out_becomes_slots_and_its_results_the_playback() -> None:
    found = imported(*GROUPS, match("Greens", "Blues", (1, 0), round="Third place"), FINAL)
    check(found.plan)
    assert sources(found) == [(PlaceOf(B, 2), PlaceOf(A, 2)), (PlaceOf(A, 1), PlaceOf(B, 1))]
    state = rehearse(found.plan, found.playback)
    assert champion(state) == "reds"
    assert found.skipped == ()
    assert [stage.id for stage in found.plan.stages] == ["groups", "knockout"]
    assert [team.id for team in found.plan.teams] == ["reds", "blues", "greens", "golds"]


def test_the_plan_tells_nothing_of_the_results() -> None:
    found = imported(*GROUPS, FINAL)
    state = rehearse(found.plan)
    assert {played.phase for played in state.matches.values()} == {"scheduled"}
    assert state.matches[MatchId("cup.m003")].home == Slot(None, PlaceOf(A, 1))


def test_a_shoot_out_ends_a_level_knock_out() -> None:
    score = {"score": {"ft": [1, 1], "et": [1, 1], "p": [3, 4]}}
    final = match("Reds", "Golds", round="Final") | score
    found = imported(*GROUPS, final)
    assert CompleteMatch(MatchId("cup.m003"), Score(3, 4)) in [step.command for step in found.playback]
    assert champion(rehearse(found.plan, found.playback)) == "golds"


def test_later_rounds_take_winners_and_losers() -> None:
    found = imported(
        match("Reds", "Blues", (2, 1), round="Semi-finals"),
        match("Greens", "Golds", (0, 1), round="Semi-finals"),
        match("Blues", "Greens", (1, 0), round="Third place"),
        match("Reds", "Golds", (0, 2), round="Final"),
    )
    first, second = MatchId("cup.m001"), MatchId("cup.m002")
    assert sources(found)[2:] == [(LoserOf(first), LoserOf(second)), (WinnerOf(first), WinnerOf(second))]
    assert sources(found)[0] == ("reds", "blues")
    assert champion(rehearse(found.plan, found.playback)) == "golds"


def test_goals_are_played_one_by_one() -> None:
    goals = {"goals1": [{"name": "Can", "minute": 3}], "goals2": [{"name": "Rot", "minute": 2}]}
    found = imported(match("Reds", "Blues", (1, 1), group="Group A", **goals))
    only = MatchId("cup.m001")
    added = [(step.command, step.why) for step in found.playback if isinstance(step.command, AddScore)]
    assert added == [
        (AddScore(only, TeamId("blues"), 1), "Rot 2'"),
        (AddScore(only, TeamId("reds"), 1), "Can 3'"),
    ]


def test_placeholders_are_read_as_where_teams_come_from() -> None:
    found = imported(
        match("Reds", "Blues", group="Group A", num=1),
        match("Greens", "Golds", group="Group B", num=2),
        match("1A", "2B", round="Semi-finals", num=3),
        match("1B", "3A/B", round="Semi-finals", num=4),
        match("L3", "L4", round="Third place", num=5),
        match("W3", "W4", round="Final", num=6),
        groups={"Group A": ["Reds", "Blues", "Blacks"], "Group B": ["Greens", "Golds", "Whites"]},
    )
    semis = (MatchId("cup.m003"), MatchId("cup.m004"))
    assert sources(found) == [
        (PlaceOf(A, 1), PlaceOf(B, 2)),
        (PlaceOf(B, 1), OneOf((A, B), 3)),
        (LoserOf(semis[0]), LoserOf(semis[1])),
        (WinnerOf(semis[0]), WinnerOf(semis[1])),
    ]
    assert "1a" not in {team.id for team in found.plan.teams}
    assert (found.playback, found.skipped) == ((), ())


@pytest.mark.parametrize(
    ("side", "message"), [("W9", "names match 'cup.m009'"), ("1C", "names pool 'c'"), ("9A", "names place 9")]
)
def test_a_placeholder_of_something_that_is_not_there_is_refused(side: str, message: str) -> None:
    with pytest.raises(BadFile, match=message):
        imported(*GROUPS, match(side, "1B", round="Final"))


def test_a_league_has_one_table() -> None:
    found = imported(
        match("Reds", "Blues", (2, 1), round="Matchday 1"), match("Blues", "Reds", round="Matchday 2")
    )
    (stage,) = found.plan.stages
    assert [pool.name for pool in stage.pools] == ["Table"]
    assert stage.tie_breaks[0] == "difference"
    assert [(skipped.where, skipped.why) for skipped in found.skipped] == [
        ("Matchday 2: Blues - Reds", "it has no score: it stays scheduled")
    ]


@pytest.mark.parametrize(
    ("name", "first"),
    [("World Cup 2018", "difference"), ("World Cup 2026", "head_to_head"), ("Euro 2024", "head_to_head")],
)
def test_the_tie_breaks_are_the_competitions_own(name: str, first: str) -> None:
    (stage,) = imported(*GROUPS, name=name).plan.stages
    assert stage.tie_breaks[0] == first


def test_matches_without_a_group_take_that_of_both_teams() -> None:
    groups = {"Group A": ["Reds", "Blues"], "Group B": ["Greens", "Golds"]}
    found = imported(
        match("Reds", "Blues", (1, 0), round="Matchday 1"),
        match("Greens", "Golds", (1, 0), round="Matchday 1"),
        match("Reds", "Greens", (1, 0), round="Final"),
        groups=groups,
    )
    assert [fixture.pool for fixture in found.plan.fixtures] == ["a", "b", None]


def test_a_level_knock_out_without_a_shoot_out_stays_live_and_who_goes_on_is_assigned() -> None:
    found = imported(
        match("Reds", "Blues", (1, 1), round="Semi-finals"),
        match("Greens", "Golds", (0, 1), round="Semi-finals"),
        match("Reds", "Golds", (1, 0), round="Final"),
    )
    assert [(skipped.where, skipped.why) for skipped in found.skipped] == [
        ("Semi-finals: Reds - Blues", "its end: it is level, and no shoot-out is given")
    ]
    assigned = [step.command for step in found.playback if isinstance(step.command, AssignSlot)]
    assert assigned == [AssignSlot(MatchId("cup.m003"), "home", TeamId("reds"))]
    state = rehearse(found.plan, found.playback)
    assert state.matches[MatchId("cup.m001")].phase == "live"
    assert champion(state) == "reds"


def test_ties_of_two_legs_are_played_as_they_stand() -> None:
    found = imported(
        match("Reds", "Blues", (1, 1), round="Semi-finals"),
        match("Blues", "Reds", (0, 0), round="Semi-finals"),
        match("Blues", "Golds", (1, 0), round="Final"),
    )
    assert [skipped.where for skipped in found.skipped] == ["knock-out"]
    assert [stage.kind for stage in found.plan.stages] == ["pools"]
    assert sources(found)[2] == ("blues", "golds")
    rehearse(found.plan, found.playback)


def test_matches_are_put_in_the_order_of_play_where_all_have_a_time() -> None:
    late = match("Reds", "Blues", group="Group A", date="2026-06-15", num=1, ground="Berlin")
    early = match("Blues", "Reds", group="Group A", date="2026-06-14", num=2, ground="Berlin")
    plan = imported(late, early).plan
    assert [fixture.id for fixture in plan.fixtures] == ["cup.m002", "cup.m001"]
    assert [fixture.court for fixture in plan.fixtures] == ["berlin", "berlin"]
    undated = {key: value for key, value in late.items() if key != "date"}
    assert [fixture.id for fixture in imported(undated, early).plan.fixtures] == ["cup.m001", "cup.m002"]


def test_matches_without_numbers_of_their_own_are_numbered() -> None:
    plan = imported(match("Reds", "Blues", num=5, group="A"), match("Blues", "Reds", num=5, group="A")).plan
    assert [fixture.id for fixture in plan.fixtures] == ["cup.m001", "cup.m002"]


def test_matches_without_numbers_take_those_that_the_others_leave_free() -> None:
    # World Cup 2026 numbers its knock-out only; the placeholders of later rounds go by these numbers.
    found = imported(
        match("Reds", "Blues", group="Group A"),
        match("1A", "2A", num=2, round="Semi-final"),
        match("Blues", "Reds", group="Group A"),
        match("W2", "L2", num=4, round="Final"),
    )
    assert [fixture.id for fixture in found.plan.fixtures] == ["cup.m001", "cup.m002", "cup.m003", "cup.m004"]
    assert sources(found)[1] == (WinnerOf(MatchId("cup.m002")), LoserOf(MatchId("cup.m002")))


def test_a_file_without_a_name_is_a_tournament_all_the_same() -> None:
    plan = imported(*GROUPS, name="").plan
    assert (plan.id, plan.name) == ("tournament", "Tournament")


def test_a_file_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(BadFile, match=r"cup\.json: "):
        imported(match("Reds", "Reds", (1, 0), group="Group A"))


def test_a_file_of_groups_that_is_none_is_named() -> None:
    with pytest.raises(BadFile, match=r"cup\.json \(groups\): not openfootball JSON"):
        read("cup.json", msgspec.json.encode({"matches": GROUPS}), b"[]")


def test_the_real_euro_is_played_as_it_was(euro: Euro) -> None:
    content = euro.matches.read_bytes()
    found = read(euro.matches.name, content, euro.groups.read_bytes())
    assert (len(found.plan.teams), len(found.plan.fixtures), found.skipped) == (24, 51, ())
    steps = [step.command for step in found.playback]
    assert sum(isinstance(command, AddScore) for command in steps) == 117
    assert not any(isinstance(command, SetScore) for command in steps)
    assigned = [command for command in steps if isinstance(command, AssignSlot)]
    teams = ["denmark", "slovakia", "georgia", "slovenia", "netherlands"]
    assert [command.team for command in assigned] == teams
    state = rehearse(found.plan, found.playback)
    assert champion(state) == "spain"
    expected = {
        f"euro-2024.m{listed['num']:03d}": tuple(listed["score"].get("et", listed["score"]["ft"]))
        for round_ in msgspec.json.decode(content)["rounds"]
        for listed in round_["matches"]
    }
    assert {id_: (m.score.home, m.score.away) for id_, m in state.matches.items()} == expected
    assert sum(m.shootout is not None for m in state.matches.values()) == 3


def test_the_real_tables_are_those_of_the_competition(euro: Euro) -> None:
    found = read(euro.matches.name, euro.matches.read_bytes(), euro.groups.read_bytes())
    places = {
        table.pool: [row.team for row in table.rows] for table in tables(rehearse(found.plan, found.playback))
    }
    # The final tables as UEFA published them; second place in group C went by the qualifying ranking.
    assert places == {
        "a": ["germany", "switzerland", "hungary", "scotland"],
        "b": ["spain", "italy", "croatia", "albania"],
        "c": ["england", "denmark", "slovenia", "serbia"],
        "d": ["austria", "france", "netherlands", "poland"],
        "e": ["romania", "belgium", "slovakia", "ukraine"],
        "f": ["portugal", "turkey", "georgia", "czech-republic"],
    }
