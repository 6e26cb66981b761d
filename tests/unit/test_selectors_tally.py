"""Scores written and read in every kind of game, what a correction changes, and what a draft becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from msgspec import structs

from core.domain.commands import (
    Command,
    CompleteMatch,
    DrawRound,
    EnterSets,
    ForfeitMatch,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    StartMatch,
)
from core.domain.corrections import preview
from core.domain.games import CupsRules, SetsRules, TimeRules
from core.domain.ids import PoolId
from core.domain.plan import Plan, RoundRobin, SingleElimination, Swiss
from tests.support import beer
from tests.support.beer import FOXES, LIONS, match
from tui.selectors import correction, making, standings, tally, words
from tui.selectors.cells import plain
from tui.selectors.daytime import read_time, readable

AT = datetime(2026, 6, 14, 14, 2, 31, tzinfo=UTC)


class TestTally:
    def test_a_set_that_goes_on_stands_beside_the_sets(self) -> None:
        desk = beer.going()
        state = desk.hub[beer.EVENING]
        found, rules = state.matches[match(1)], SetsRules(3, 25, last=15)
        assert tally.standing(state, found) == "1-0 21-23"
        assert tally.result(state, found) == "1-0 21-23"
        assert [tally.figure(rules, found, side) for side in tally.SIDES] == ["21", "23"]
        assert [tally.small(rules, found, side) for side in tally.SIDES] == ["1  21", "0  23"]
        assert tally.playing(rules, found) == "set 2 of 3"
        assert plain(tally.sets_line(rules, found)) == "  S1 25-22  S2 21-23  S3 -   to 25, 2 ahead"

    def test_a_finished_match_shows_its_sets(self) -> None:
        desk = beer.evening()
        desk.others(EnterSets(match(1), (Score(25, 22), Score(21, 25), Score(15, 9))))
        state = desk.hub[beer.EVENING]
        decided = state.matches[match(1)]
        assert tally.standing(state, decided) == "2-1"
        assert tally.playing(SetsRules(3, 25, last=15), decided) == ""
        desk.others(CompleteMatch(match(1)))
        state = desk.hub[beer.EVENING]
        assert tally.result(state, state.matches[match(1)]) == "2-1 (25-22 21-25 15-9)"
        assert tally.small(SetsRules(3, 25, last=15), state.matches[match(1)], "home") == "2"

    def test_a_forfeit_shows_the_result_that_stands(self) -> None:
        desk = beer.evening()
        desk.others(SetScore(match(1), Score(25, 3)), ForfeitMatch(match(1), LIONS))
        state = desk.hub[beer.EVENING]
        assert tally.result(state, state.matches[match(1)]) == "0-2"

    def test_the_deciding_set_and_the_cap_have_goals_of_their_own(self) -> None:
        desk = beer.evening()
        desk.others(EnterSets(match(1), (Score(25, 22), Score(21, 25))))
        found = desk.hub[beer.EVENING].matches[match(1)]
        assert plain(tally.sets_line(SetsRules(3, 25, last=15), found)).endswith("to 15, 2 ahead")
        assert plain(tally.sets_line(SetsRules(3, 25, lead=1, cap=27), found)).endswith("to 25, at most 27")

    def test_cups_count_down_and_times_are_times(self) -> None:
        state = beer.going().hub[beer.EVENING]
        cups, relay = state.matches[match(3)], state.matches[match(6)]
        assert [tally.figure(CupsRules(), cups, side) for side in tally.SIDES] == ["7", "8"]
        assert tally.note(CupsRules(), cups, "home") == "cups left, 3 hit"
        assert [tally.figure(TimeRules(), relay, side) for side in tally.SIDES] == ["1:01.000", "-"]
        assert tally.note(TimeRules(), relay, "home") == ""
        assert tally.standing(state, relay) == "1:01.000 / -"

    @pytest.mark.parametrize(
        ("typed", "read"),
        [
            ("", 0),
            ("83.456", 83_456),
            ("1:23.456", 83_456),
            ("1:23,4", 83_400),
            ("1:02:03", 3_723_000),
            ("59.1", 59_100),
            ("1:72", None),
            ("1:60:00", None),
            ("x", None),
            ("25:00:00", None),
            ("1.2345", None),
            ("\u0661", None),
        ],
    )
    def test_times_are_read_as_people_write_them(self, typed: str, read: int | None) -> None:
        assert tally.read_time(typed) == read
        if read:
            assert tally.read_time(tally.time_typed(read)) == read

    def test_sets_are_read_as_people_write_them(self) -> None:
        assert tally.read_sets("25-22, 21:25") == (Score(25, 22), Score(21, 25))
        assert tally.read_sets("25-22 x") is None
        assert tally.read_sets("") is None
        assert tally.sets_text((Score(25, 22), Score(21, 25))) == "25-22 21-25"

    def test_tables_of_times_hold_no_milliseconds(self) -> None:
        state = beer.going().hub[beer.EVENING]
        cells = [cell.text for cell in standings.rows(state)["relay lions"].cells]
        assert cells[6:9] == ["59.100", "1:02.345", "-3.245"]

    def test_a_leaderboard_stands_above_the_tables(self) -> None:
        desk = beer.evening()
        state = desk.hub[beer.EVENING]
        worth = tuple(structs.replace(game, places=(3, 2, 1)) for game in state.games)
        rows = standings.rows(structs.replace(state, games=worth))
        assert list(rows)[:2] == ["leaders", "leaders lions"]
        assert rows["leaders"].cells[1].text == "Leaderboard of 4 games"
        assert "leaders" not in standings.rows(state)

    def test_the_feed_says_what_was_thrown(self) -> None:
        desk = beer.going()
        state = desk.hub[beer.EVENING]
        told = [words.counted(state, state.matches[match(3)], one) for one in state.matches[match(3)].entries]
        assert told == ["Lions +1", "Lions +1", "Lions +1", "Foxes +2", "Foxes miss"]
        timed = state.matches[match(5)].entries
        assert words.counted(state, state.matches[match(5)], timed[0]) == "Lions 59.100"


class TestCorrection:
    def test_nothing_else_changes_with_a_first_result(self) -> None:
        desk = beer.evening()
        desk.others(SetScore(match(7), Score(1, 0)))
        state = desk.hub[beer.EVENING]
        found = preview(state, [CompleteMatch(match(7))], AT)
        assert correction.lines(state, found) == (
            "M007 Lions v Foxes: 1-0 live -> 1-0 final",
            "M008 home side: nobody yet -> Lions",
            "Still to come after it: M008",
        )

    def test_what_has_begun_comes_first(self) -> None:
        desk = beer.evening()
        desk.others(SetScore(match(7), Score(1, 0)), CompleteMatch(match(7)), StartMatch(match(8)))
        state = desk.hub[beer.EVENING]
        asked = [ReopenMatch(match(7))]
        assert correction.lines(state, preview(state, asked, AT))[0] == "! Already begun after it: M008"
        whole: list[Command] = [*asked, SetScore(match(7), Score(0, 1)), CompleteMatch(match(7))]
        assert correction.lines(state, preview(state, whole, AT))[0] == (
            "! M008 has begun with Lions; by this Foxes should play there. It stays as it is."
        )

    def test_the_champion_and_places_are_named(self) -> None:
        desk = beer.evening()
        desk.others(SetTime(match(5), LIONS, 60_000), SetTime(match(5), FOXES, 61_000))
        state = desk.hub[beer.EVENING]
        told = correction.lines(state, preview(state, [CompleteMatch(match(5))], AT))
        assert "M005 Lions v Foxes: 1:00.000 / 1:01.000 live -> 1:00.000 / 1:01.000 final" in told
        assert "Relay: Foxes 1st -> 2nd" in told


TEAMS = "Lions\nFoxes\nBears\nOwls\n\n  Hares  \nElks"


def drawn(draft: making.Draft) -> Plan:
    assert making.problem(draft, ()) == ""
    return making.make(draft, AT, ("cup",))


class TestMaking:
    def test_a_round_robin_has_courts_and_times(self) -> None:
        plan = drawn(making.Draft("Cup", TEAMS))
        assert plan.id == "cup-2"
        assert [team.name for team in plan.teams][-2:] == ["Hares", "Elks"]
        assert plan.stages[0].format == RoundRobin()
        assert len(plan.fixtures) == 15
        assert min(fixture.starts_at for fixture in plan.fixtures if fixture.starts_at) == AT.replace(
            minute=5, second=0
        )
        assert making.summary(making.Draft("Cup", TEAMS), plan).startswith("6 teams, 15 matches on 2 courts")

    def test_pools_are_followed_by_a_knock_out(self) -> None:
        draft = making.Draft("Cup", TEAMS, "both", 2, minutes=0, courts=0)
        plan = drawn(draft)
        assert [pool.name for pool in plan.stages[0].pools] == ["Pool A", "Pool B"]
        assert [list(pool.teams) for pool in plan.stages[0].pools] == [
            ["lions", "owls", "hares"],
            ["foxes", "bears", "elks"],
        ]
        assert plan.stages[1].kind == "knockout"
        assert len(plan.fixtures) == 3 + 3 + 4
        assert making.summary(draft, plan) == "6 teams, 10 matches"

    def test_a_knock_out_plays_for_third_place(self) -> None:
        plan = drawn(making.Draft("Cup", TEAMS, "knockout", game="cups, 6 a side"))
        assert plan.stages[0].format == SingleElimination(third_place=True)
        assert plan.games[0].rules == CupsRules(6)

    def test_a_swiss_tournament_has_its_first_round_drawn(self) -> None:
        draft = making.Draft("Cup", TEAMS, "swiss")
        plan = drawn(draft)
        assert plan.stages[0].format == Swiss(3)
        assert making.first_rounds(plan) == (DrawRound(PoolId("all")),)
        assert "3 rounds" in making.summary(draft, plan)

    def test_one_that_begins_later_is_open(self) -> None:
        draft = making.Draft("Cup", "", "both", 2, later=True)
        plan = drawn(draft)
        assert (plan.status, plan.fixtures) == ("open", ())
        assert making.first_rounds(drawn(replace(draft, way="swiss"))) == ()
        assert making.summary(draft, plan) == "0 teams so far; the matches are drawn up when it starts"

    @pytest.mark.parametrize(
        ("draft", "said"),
        [
            (making.Draft(), "Give the tournament a name"),
            (making.Draft("Summer"), "Name: there is 'summer' already"),
            (making.Draft("Cup", "Lions\nL1ons"), "Team 2: 'L1ons' looks like 'Lions'"),
            (making.Draft("Cup", "Lions\n..."), "Team 2: a name needs a letter or a digit"),
            (making.Draft("Cup", "Lions"), "Write at least 2 teams, one a line"),
            (making.Draft("Cup", TEAMS, pools=4), "4 pools need at least 8 teams"),
            (
                making.Draft("Cup", "\n".join(f"Team {n} x" for n in range(100, 170))),
                "at most 64 can all meet each other",
            ),
        ],
    )
    def test_what_is_wrong_is_said_in_words(self, draft: making.Draft, said: str) -> None:
        assert said in making.problem(draft, ("summer",))

    def test_a_short_tournament_is_told_in_minutes(self) -> None:
        draft = making.Draft("Cup", "Lions\nFoxes")
        assert making.summary(draft, drawn(draft)).endswith("about 20 min")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", None),
        ("14:20", datetime(2026, 6, 14, 14, 20, tzinfo=UTC)),
        ("2026-06-15 09:05", datetime(2026, 6, 15, 9, 5, tzinfo=UTC)),
    ],
)
def test_times_of_day_are_read(typed: str, read: datetime | None) -> None:
    assert read_time(typed, AT) == read
    assert readable(typed, AT)
    assert not readable("noon", AT)
