"""Games of every kind in words and figures, and what comes back from older epochs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace as with_fields

from core.domain import commands, corrections, events, games, history
from core.domain.corrections import preview
from core.domain.files.formats import read_tournament
from core.domain.ids import CommandId, DeviceId, Epoch, MatchId, RoomId, TeamId
from core.domain.payload import NOTHING
from tests.support import beer
from tests.support.console import Desk
from tests.support.desks import scene
from tests.support.tournaments import NOON, cup, fold, match, result
from tui.selectors import (
    board,
    bracket,
    correction,
    decision,
    entry,
    feed,
    queue,
    scores,
    standings,
    tally,
    words,
)
from tui.selectors.bracket import tree
from tui.selectors.cells import length, plain


def going(number: int) -> entry.Model:
    at = scene(beer.going())
    assert at.shown is not None
    return entry.model(at, at.shown, at.shown.projected.matches[beer.match(number)])


@pytest.mark.parametrize(
    ("number", "hints"),
    [(1, ("a +1  A -1", "l +1  L -1")), (3, ("a cup  A -1", "l cup  L -1")), (6, ("a time", "l time"))],
)
def test_the_keys_below_the_boxes_fit_the_game(number: int, hints: tuple[str, str]) -> None:
    assert going(number).hints == hints


def test_columns_are_as_wide_as_the_games_need() -> None:
    at = scene(beer.going())
    assert at.shown is not None
    assert feed.columns(at) != feed.columns(scene(Desk(cup(4))))
    assert standings.columns(at.shown.projected) != standings.columns(fold(cup(4)))


def test_what_stands_below_a_figure() -> None:
    at = scene(beer.going())
    assert at.shown is not None
    told: set[str] = set()
    for one in at.shown.projected.matches.values():
        rules = tally.rules_of(at.shown.projected, one)
        for phase in ("live", "final"):
            changed = with_fields(one, phase=phase)
            told |= {tally.note(rules, changed, "home"), tally.note(rules, changed, "away")}
    assert {"sets won", "cups hit", ""} <= told
    assert any(note.startswith("sets ") for note in told)
    assert any(note.startswith("cups left") for note in told)


def test_times_are_set_only_where_they_differ() -> None:
    at = scene(beer.going())
    assert at.shown is not None
    relay = at.shown.projected.matches[beer.match(6)]
    rules = tally.rules_of(at.shown.projected, relay)
    same = entry.exactly(rules, relay, relay.score)
    assert same == ()
    wanted = commands.Score(relay.score.home + 1, relay.score.away)
    assert [type(one) for one in entry.exactly(rules, relay, wanted)] == [commands.SetTime]
    assert isinstance(rules, games.TimeRules)


def test_a_forfeit_and_a_shoot_out_in_words() -> None:
    plan = cup(2)
    desk = Desk(plan)
    desk.others(commands.ForfeitMatch(match(plan, 1), TeamId("b")))
    at = scene(desk)
    assert at.shown is not None
    one = at.shown.projected.matches[match(plan, 1)]
    assert entry.result_in_words(at.shown, one).endswith("Team A win")
    open_ = Desk(plan)
    open_.others(commands.SetScore(match(plan, 1), commands.Score(1, 1)))
    at = scene(open_)
    assert at.shown is not None
    level = at.shown.projected.matches[match(plan, 1)]
    assert "Team B win" in entry.result_in_words(at.shown, level, commands.Score(3, 4))


def test_a_shoot_out_stands_in_the_tree_and_byes_leave_no_line() -> None:
    plan = cup(2)
    state = fold(plan, *result(plan, 1, 1, 1, (4, 3)))
    lines = bracket.lines(scene(Desk()), state, tree(state), None, 80, 10)
    assert "1 (4)" in plain(lines[1])
    teams = b"name\n" + b"\n".join(f"Team {number}".encode() for number in range(6))
    drawn = read_tournament("teams.csv", teams, format="double_elimination").plan
    state = fold(drawn)
    lines = bracket.lines(scene(Desk()), state, tree(state), None, 200, 60)
    assert all(length(line) <= 200 for line in lines)


def test_a_board_without_matches_is_no_error() -> None:
    teams = b"name\nLions\nTigers\nBears\n"
    drawn = read_tournament("teams.csv", teams, format="swiss").plan
    lines = board.lines(scene(Desk(drawn)), board.Look(), 80, 24)
    assert len(lines) == 24


def test_a_viewer_of_an_empty_hub_is_told_who_makes_tournaments() -> None:
    assert "Ops make one" in scores.board(scene(Desk(role="spectator")), scores.Choice()).message


def test_a_correction_tells_the_champion_first() -> None:
    plan = cup(2)
    state = fold(plan, *result(plan, 1, 2, 1))
    final = match(plan, 1)
    asked = (
        commands.ReopenMatch(final),
        commands.SetScore(final, commands.Score(1, 2)),
        commands.CompleteMatch(final),
    )
    told = correction.lines(state, preview(state, asked, NOON))
    assert told[0] == "Champion: Team A -> Team B"


AT = datetime(2026, 6, 14, 14, 2, tzinfo=UTC)


def happened(fact: events.Fact) -> tuple[str, str]:
    return words.happened(None, event_of(fact, 7, "ana"))


def event_of(fact: events.Fact, seq: int, by: str) -> events.Event:
    return events.Event(
        seq=seq,
        command=CommandId("c"),
        fact=fact,
        by=by,
        device=DeviceId("d"),
        entered_at=AT,
        received_at=AT,
    )


def test_what_an_older_epoch_left_is_told_in_words() -> None:
    back = event_of(events.MatchStarted(), 3, "kim")
    assert happened(events.EpochBegun(Epoch("e1"), 4, 6, b""))[0] == "new epoch, goes on from e1:4"
    assert happened(events.PastNamed(Epoch("e1"), 4, 6))[0] == "e1 was seen up to 6"
    assert happened(events.MissingClosed(Epoch("e1"), 9))[0] == "nobody waits for e1 up to 9 any more"
    assert "kim, was e1:3" in happened(events.EventAdopted(Epoch("e1"), back, "counts"))[0]


def test_commands_on_the_tournament_in_words() -> None:
    assert words.command(None, commands.Broadcast(RoomId("global"), "tea", NOTHING)) == "broadcast: tea"
    assert "no longer" in words.command(None, commands.CloseMissing(Epoch("e1"), 9))
    assert (
        words.command(None, commands.AddScore(MatchId("t.m1"), TeamId("a"), 0, "miss", "Ben"))
        == "a miss, Ben"
    )
    assert words.command(None, commands.ReviveTournament(b"")) == "go on from this laptop's copy"
    assert words.command(None, commands.ForfeitMatch(MatchId("t.m1"), TeamId("a")))


def test_what_the_organiser_did_is_told_in_words() -> None:
    assert happened(events.StatusChanged("open", "running"))[0]
    assert (
        happened(events.MatchForfeited(commands.Score(3, 0), "no_show", TeamId("a"), TeamId("b")))[1] == "3-0"
    )


def test_a_match_that_is_yet_to_be_added_is_said_to_be_played() -> None:
    change = history.ResultChange(
        MatchId("cup.m099"), (commands.Score(), "scheduled", None), (commands.Score(1, 0), "final", None)
    )
    found = corrections.Preview("", "", history.Difference(results=(change,)), (), ())
    assert correction.lines(fold(cup(2)), found) == ("M099 is played",)


def test_times_of_two_laptops_are_one_decision() -> None:
    desk = beer.evening()
    relay = beer.match(6)
    desk.connect("offline")
    desk.submit(commands.SetTime(relay, beer.BEARS, 61_000))
    desk.submit(commands.SetTime(relay, beer.OWLS, 62_000))
    desk.others(commands.SetTime(relay, beer.BEARS, 60_000), commands.SetTime(relay, beer.OWLS, 63_000))
    desk.connect("live")
    at = scene(desk)
    found = queue.conflicts(at)[0]
    assert decision.mine_after(desk.match("m006"), found) in (
        commands.Score(61_000, 62_000),
        commands.Score(62_000, 61_000),
    )
    again = decision.send_mine(at, found)
    assert not isinstance(again, str)
