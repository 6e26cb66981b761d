"""What follows from a result is written with it: slots, walkovers, and a question about the reason."""

from __future__ import annotations

from msgspec.structs import replace

from core.domain.commands import (
    CompleteMatch,
    ForfeitMatch,
    ReopenMatch,
    Score,
    SetScore,
    StartMatch,
    WithdrawTeam,
)
from core.domain.events import MatchForfeited
from core.domain.ids import TeamId
from core.domain.reduce import fold as fold_events
from core.domain.rules import Refused, judge
from core.domain.writing import Refusal, Writer, walkovers
from tests.support.bench import Bench
from tests.support.tournaments import EPOCH, NOON, cup, entry, fold, league, match, result

A, B, C, D = map(TeamId, "abcd")


def writer(bench: Bench, why: str = "") -> Writer:
    made = entry(bench.state.id, StartMatch(bench.id(1)), id="x", why=why)
    return Writer(bench.state, made, NOON, EPOCH, "Bob")


def test_events_are_numbered_and_attributed_and_time_never_goes_back() -> None:
    bench = Bench(league(2))
    bench.enter(StartMatch(bench.id(1)))
    made = writer(bench, "because")
    assert made.exists
    made.forfeit(bench.match(1), "forfeit", A)
    (event,) = made.events
    assert (event.seq, event.version, event.deliverer, event.why) == (3, 2, "Bob", "because")
    assert event.received_at == bench.state.updated_at
    assert fold_events(made.events, EPOCH, bench.state) == made.state


def test_before_the_first_event_there_is_no_tournament() -> None:
    made = Writer(None, entry(league(2).id, StartMatch(match(league(2), 1))), NOON, EPOCH, "")
    assert not made.exists
    made.check_reason()


def test_a_match_that_is_not_there_is_refused() -> None:
    state = fold(league(2))
    verdict = judge(state, entry(state.id, StartMatch(match(league(3), 3))), NOON, EPOCH)
    assert verdict == Refused("there is no match 'league.m003' in this tournament")
    assert str(Refusal("no")) == "no"


def test_the_default_result_goes_to_the_side_that_did_not_lose() -> None:
    for loser, score in ((A, Score(0, 3)), (B, Score(3, 0)), (None, Score())):
        bench = Bench(league(2))
        bench.enter(ForfeitMatch(bench.id(1), loser))
        assert bench.match(1).score == score


def test_a_walkover_follows_from_who_is_out() -> None:
    bench = Bench(league(3))
    assert walkovers(bench.state) == ()
    facts = bench.enter(WithdrawTeam(A))[1:]
    assert facts == [
        MatchForfeited(Score(0, 3), "withdrawn", B, A),
        MatchForfeited(Score(0, 3), "withdrawn", C, A),
    ]
    finished = replace(bench.state, status="finished")
    assert walkovers(finished) == ()


def test_two_who_are_out_lose_both_without_a_word_who_was_first() -> None:
    plan = cup(4)
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 1, 0), WithdrawTeam(A))
    bench.enter(WithdrawTeam(C))
    # C lost the second semi-final by that: the final is A, who is out, against D.
    assert bench.match(3).winner == D
    both = Bench(league(2))
    state = replace(both.state, withdrawn=bench.state.withdrawn[:1])
    again = Writer(state, entry(state.id, StartMatch(both.id(1))), NOON, EPOCH, "")
    again.follow_up()
    assert again.state.matches[both.id(1)].winner == B
    out = (state.withdrawn[0], replace(state.withdrawn[0], team=B))
    third = Writer(replace(state, withdrawn=out), entry(state.id, StartMatch(both.id(1))), NOON, EPOCH, "")
    third.follow_up()
    assert [event.fact for event in third.events] == [MatchForfeited(Score(), "withdrawn")]


def test_a_reason_is_asked_only_for_what_changes_who_plays_where() -> None:
    plan = cup(4)
    bench = Bench(plan)
    m1 = bench.id(1)
    bench.enter(*result(plan, 1, 1, 0), *result(plan, 2, 1, 0))
    bench.enter(ReopenMatch(m1), SetScore(m1, Score(2, 0)), CompleteMatch(m1))
    bench.enter(ReopenMatch(m1), SetScore(m1, Score(0, 2)))
    assert bench.refused(CompleteMatch(m1)) == "this changes who should play M003: say why"
    bench.enter(StartMatch(bench.id(3)))
    assert bench.refused(CompleteMatch(m1)) == "this changes who should play M003 (started already): say why"
    bench.enter(CompleteMatch(m1), why="counted again")
    # Known and said once, it is not asked again for something else.
    bench.enter(SetScore(bench.id(3), Score(1, 0)), CompleteMatch(bench.id(3)))
