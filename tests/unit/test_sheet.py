"""The page for the printer: complete, and whatever a team is called is text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from core.domain.commands import (
    AddScore,
    CompleteMatch,
    ForfeitMatch,
    Score,
    SetScore,
    SetTime,
)
from core.domain.draws.drawing import draw_up
from core.domain.files.sheet import result_text, results_page, side_name
from core.domain.games import Game, Rules, SetsRules, TimeRules
from core.domain.ids import GameId, StageId, TeamId
from core.domain.plan import DoubleElimination, Plan, SingleElimination, Slot
from tests.support.bench import Bench
from tests.support.tournaments import NOON, cup, finals, fold, league, match, result

EVIL = '<script>alert("x")</script> & Co'


class Page(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {name for name, _ in attrs} & {"src", "href", "onclick"}
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def playing(rules: Rules, plan: Plan) -> Plan:
    stage = replace(plan.stages[0], game=GameId("g"))
    return replace(plan, stages=(stage, *plan.stages[1:]), games=(Game(GameId("g"), "Game", rules, (3, 1)),))


def test_the_page_holds_tables_tree_and_champion() -> None:
    plan = finals()
    played = (*result(plan, 1, 1, 0), *result(plan, 2, 1, 0), *result(plan, 3, 1, 0), *result(plan, 4, 2, 1))
    text = " ".join(Page(results_page(fold(plan, *played), NOON)).text)
    for part in ("as of 14 Jun 2026 12:00 UTC", "Group stage: Group A", "Knock-out: Final"):
        assert part in text
    assert "Champion: Team A" in text
    assert "2-1" in text
    early = " ".join(Page(results_page(fold(plan), NOON)).text)
    assert "Champion" not in early
    assert "(not complete)" in early
    assert "1st of Group A" in early


def test_a_name_is_text_on_the_page() -> None:
    plan = playing(SetsRules(), league(2))
    named = replace(
        plan,
        name=EVIL,
        venue=EVIL,
        teams=(replace(plan.teams[0], name=EVIL), plan.teams[1]),
        games=(replace(plan.games[0], name=EVIL),),
        stages=(replace(plan.stages[0], name=EVIL, pools=(replace(plan.stages[0].pools[0], name=EVIL),)),),
    )
    bench = Bench(named)
    bench.enter(ForfeitMatch(bench.id(1), TeamId("b")))
    page = Page(results_page(bench.state, NOON))
    assert "script" not in page.tags
    assert sum(EVIL in text for text in page.text) >= 5


def test_the_leaderboard_and_what_decided_are_on_the_page() -> None:
    plan = playing(SetsRules(1, 1, 1), league(2))
    bench = Bench(plan)
    bench.enter(AddScore(bench.id(1), TeamId("a"), 1), CompleteMatch(bench.id(1)))
    text = " ".join(Page(results_page(bench.state, NOON)).text)
    assert "Leaderboard" in text
    assert "Game: 1" in text
    only = " ".join(Page(results_page(fold(cup(2)), NOON)).text)
    assert "Matches of the pools" not in only


def test_in_several_games_each_has_its_own_winner_and_there_is_no_champion() -> None:
    games = (Game(GameId("pong"), "Pong", places=(3,)), Game(GameId("darts"), "Darts", places=(3,)))
    one = replace(cup(2).stages[0], game=GameId("pong"))
    two = replace(one, id=StageId("more"), name="More", game=GameId("darts"), format=SingleElimination())
    plan = draw_up(replace(cup(2), games=games, stages=(one, two)))
    text = " ".join(Page(results_page(fold(plan, *result(plan, 1, 1, 0)), NOON)).text)
    assert "Pong: Team A" in text
    assert "Darts: Team" not in text
    assert "Champion" not in text


def test_results_are_written_in_the_form_of_their_game() -> None:
    timed = Bench(playing(TimeRules(), league(2)))
    m1 = timed.id(1)
    timed.enter(SetTime(m1, TeamId("a"), 61_005), SetTime(m1, TeamId("b"), 59_000), CompleteMatch(m1))
    assert result_text(timed.state, timed.match(1)) == "1:01.005 : 59.000"
    forfeited = Bench(playing(TimeRules(), league(2)))
    forfeited.enter(ForfeitMatch(m1, TeamId("a"), "no_show"))
    assert result_text(forfeited.state, forfeited.match(1)) == "0-0 no-show"
    nobody = Bench(league(2))
    nobody.enter(ForfeitMatch(m1, None, "no_show"))
    assert result_text(nobody.state, nobody.match(1)) == "no-show"
    sets = Bench(playing(SetsRules(3, 2, 1), league(2)))
    sets.enter(SetScore(m1, Score(2, 0)))
    assert result_text(sets.state, sets.match(1)) == "1-0"
    shot = fold(cup(2), *result(cup(2), 1, 1, 1, (4, 3)))
    assert result_text(shot, shot.matches[match(cup(2), 1)]) == "1-1 (4-3)"


def test_a_second_final_that_is_not_needed_says_so() -> None:
    stage = replace(cup(2).stages[0], format=DoubleElimination())
    plan = draw_up(replace(cup(2), stages=(stage,), fixtures=()))
    state = fold(plan, *result(plan, 1, 1, 0), *result(plan, 2, 1, 0))
    assert result_text(state, state.matches[match(plan, 3)]) == "not played"


@pytest.mark.parametrize(("slot", "name"), [(Slot(TeamId("a")), "Team A"), (Slot(), "")])
def test_a_side_is_named_or_left_empty(slot: Slot, name: str) -> None:
    state = fold(league(2))
    only = replace(state.matches[match(league(2), 1)], home=slot)
    assert side_name(state, only, "home") == name
