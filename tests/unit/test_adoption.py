"""Adoption: what a hub lost comes back as it was, once, and whatever the order of its arrival."""

from __future__ import annotations

import random
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.adoption import (
    adoptable,
    has_room,
    is_here,
    lay_over,
    pack_copy,
    unpack_copy,
)
from core.domain.commands import (
    AddScore,
    Base,
    Command,
    CompleteMatch,
    ConfirmResult,
    Notify,
    Score,
    SetScore,
    StartMatch,
    Undo,
)
from core.domain.events import (
    EntryHeld,
    EpochBegun,
    Event,
    EventAdopted,
    MissingClosed,
    PastNamed,
    PenaltyAdded,
    PointsAdded,
    SlotFilled,
    TimeSet,
    TournamentRenamed,
)
from core.domain.ids import CommandId, DeviceId, Epoch, MatchId, TeamId
from core.domain.plan import WinnerOf
from core.domain.reduce import fold as fold_events
from core.domain.reduce import reduce
from core.domain.rules import Accepted, Refused, judge
from core.domain.state import MAX_NOTICES, Match, Past, Place, Position, Tournament
from core.errors import BadLog
from tests.support.tournaments import DEVICE, EPOCH, NOON, cup, entry, league, log, match, point, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.domain.events import Fact

PLAN = league(4)
M1, M2 = match(PLAN, 1), match(PLAN, 2)
NEW = Epoch("e2")
LATER = NOON + timedelta(hours=1)
OTHER = DeviceId("laptop-2")


def epoch_after(copy: Tournament, seen: int = 0, epoch: Epoch = NEW) -> Tournament:
    """Return the state with which an epoch begins after a copy."""
    here = copy.position
    fact = EpochBegun(here.epoch, here.seq, max(seen, here.seq), pack_copy(copy))
    return reduce(None, told(fact, seq=1), epoch)


def told(fact: Fact, seq: int, on: MatchId | None = None, version: int = 0, command: str = "hub") -> Event:
    """Return an event of the hub's."""
    return Event(
        seq=seq,
        command=CommandId(command),
        fact=fact,
        by="Ops",
        device=OTHER,
        entered_at=LATER,
        received_at=LATER,
        match=on,
        version=version,
        deliverer="Zoe",
    )


def adopt(
    state: Tournament,
    events: Iterable[Event],
    epoch: Epoch = EPOCH,
    *,
    doubled: bool = False,
    known: bool = False,
) -> Tournament:
    """Adopt events in the order given."""
    for event in events:
        fact = adoptable(state, epoch, event, known=known, doubled=doubled)
        version = 0 if event.match is None else state.matches[event.match].version + 1
        state = reduce(
            state,
            told(fact, state.position.seq + 1, event.match, version, event.command),
            state.position.epoch,
        )
    return state


def enter(
    state: Tournament, command: Command, id: str, device: str = DEVICE, base: Base | None = None
) -> Tournament:
    """Return the state after an entry that counts."""
    on = getattr(command, "match", None)
    if base is None and on is not None:
        base = Base(state.position.epoch, state.matches[on].version)
    made = entry(PLAN.id, command, id=id, device=device, base=base)
    verdict = judge(state, made, LATER, state.position.epoch)
    assert isinstance(verdict, Accepted), verdict
    return verdict.state


def points(count: int, number: int = 1, team: str = "a") -> tuple[Command, ...]:
    return tuple(point(PLAN, number, team) for _ in range(count))


def split(commands: Sequence[Command], keep: int) -> tuple[Tournament, tuple[Event, ...]]:
    """Return an epoch that begins with the first events of a log, and the events that it lost."""
    events = log(PLAN, *commands)
    return epoch_after(fold_events(events[:keep], EPOCH), events[-1].seq), events[keep:]


def essence(found: Match) -> tuple[object, ...]:
    """Return of a match what must not depend on the order of arrival."""
    return (
        found.score,
        found.phase,
        found.winner,
        [(one.id, one.after, one.place, one.undone_by) for one in found.entries],
        [held.entry.id for held in found.held],
    )


def test_a_copy_is_the_state_itself() -> None:
    state = record(PLAN, points(3))[1]
    assert unpack_copy(pack_copy(state)) == state


@pytest.mark.parametrize("copy", [b"", b"no copy", pack_copy(record(PLAN)[1])[:-9], zlib.compress(b"\x01")])
def test_what_is_no_copy_is_refused(copy: bytes) -> None:
    with pytest.raises(BadLog, match="copy"):
        unpack_copy(copy)


def test_an_epoch_begins_where_its_parent_position_is() -> None:
    state, lost = split(points(3), 3)
    assert state.position == Position(NEW, 1, CommandId("hub"))
    assert state.past == (Past(EPOCH, 3, 5, CommandId("c1")),)
    assert state.past[0].missing == ((4, 5),)
    assert [event.seq for event in lost] == [4, 5]
    first = state.matches[M1]
    assert (first.score, first.version) == (Score(1, 0), 0)
    assert [(one.version, one.place) for one in first.entries] == [(0, Place(EPOCH, 2))]


def test_what_was_lost_comes_back_once_as_it_was() -> None:
    whole = record(PLAN, points(3))[1]
    state, lost = split(points(3), 3)
    state = adopt(state, lost)
    assert state.matches[M1].score == whole.matches[M1].score
    assert state.past[0].adopted == ((4, 5),)
    assert state.past[0].missing == ()
    newest = state.matches[M1].entries[-1]
    assert newest.place is not None
    assert (newest.by, newest.device, newest.entered_at) == ("Ann", DEVICE, lost[-1].entered_at)
    assert (newest.place.epoch, newest.place.version) == (EPOCH, lost[-1].version)
    assert is_here(state, EPOCH, 5)
    assert is_here(state, EPOCH, 2)
    assert not is_here(state, EPOCH, 6)
    assert is_here(state, Epoch("another"), 6), "nothing is adopted of an epoch that is not named"


STEPS = (
    AddScore(M1, TeamId("a"), 1),
    SetScore(M1, Score(4, 2)),
    AddScore(M1, TeamId("b"), 1),
    Undo(M1, CommandId("c3")),
    AddScore(M2, TeamId("c"), 2),
    CompleteMatch(M1),
    AddScore(M2, TeamId("c"), 1),
    ConfirmResult(M1),
)


@given(st.integers(0, 2**16), st.integers(1, 8))
def test_any_order_of_arrival_gives_the_same_matches(seed: int, keep: int) -> None:
    whole = record(PLAN, STEPS)[1]
    state, lost = split(STEPS, keep)
    shuffled = random.Random(seed).sample(lost, len(lost))
    state = adopt(state, shuffled)
    in_order = adopt(split(STEPS, keep)[0], lost)
    for id, found in state.matches.items():
        assert found.score == whole.matches[id].score
        assert found.phase == whole.matches[id].phase
        assert essence(found) == essence(in_order.matches[id])


@given(st.integers(0, 2**16))
def test_entries_of_the_new_epoch_that_do_not_conflict_may_come_at_any_moment(seed: int) -> None:
    state, lost = split(points(4), 3)
    dice = random.Random(seed)
    steps: list[Event | str] = [*lost, "x1", "x2"]
    dice.shuffle(steps)
    for step in steps:
        if isinstance(step, Event):
            state = adopt(state, [step])
        else:
            state = enter(state, AddScore(M1, TeamId("b"), 1), step, OTHER)
    assert state.matches[M1].score == Score(4, 2)
    assert not state.matches[M1].held


def test_what_counts_already_and_would_have_been_held_makes_the_old_event_a_conflict() -> None:
    state, lost = split(points(2), 3)
    state = enter(state, point(PLAN, 1, "a"), "mine", OTHER)
    state = adopt(state, lost)
    found = state.matches[M1]
    assert found.score == Score(2, 0)
    [held] = found.held
    assert (held.entry.id, held.against) == ("c2", ("mine",))
    assert held.entry.command == AddScore(M1, TeamId("a"), 1)
    assert "came back after Ann on laptop-2 entered 2-0" in held.reason
    assert state.past[0].missing == (), "it is here, though it counts nowhere"


def test_an_entry_that_was_made_in_sight_of_the_old_event_does_not_stand_against_it() -> None:
    state, lost = split(points(2), 3)
    state = enter(state, point(PLAN, 1, "a"), "mine", OTHER, Base(EPOCH, lost[-1].version))
    assert state.matches[M1].entries[-1].base == Base(EPOCH, lost[-1].version)
    state = adopt(state, lost)
    assert state.matches[M1].score == Score(3, 0)
    assert not state.matches[M1].held


def test_a_devices_own_points_do_not_stand_against_each_other() -> None:
    state, lost = split(points(2), 3)
    state = adopt(enter(state, point(PLAN, 1, "a"), "mine"), lost)
    assert state.matches[M1].score == Score(3, 0)


@pytest.mark.parametrize("device", [DEVICE, OTHER])
def test_points_that_come_back_behind_the_end_of_their_match_are_looked_at(device: str) -> None:
    state, lost = split(points(2), 3)
    state = adopt(enter(state, CompleteMatch(M1), "end", device), lost)
    assert state.matches[M1].phase == "final"
    assert [held.entry.id for held in state.matches[M1].held] == ["c2"]


def test_an_end_that_comes_back_behind_points_is_looked_at() -> None:
    state, lost = split((*points(1), CompleteMatch(M1)), 3)
    state = adopt(enter(state, point(PLAN, 1, "a"), "mine"), lost)
    assert state.matches[M1].phase == "live"
    assert [held.entry.command for held in state.matches[M1].held] == [CompleteMatch(M1)]


def test_two_contents_for_one_position_are_held() -> None:
    state, lost = split(points(2), 3)
    state = adopt(state, lost, doubled=True)
    [held] = state.matches[M1].held
    assert "was seen with two contents" in held.reason
    # What had the same version in the log that the hub went on with stands against it too.
    state, _ = split(points(3), 5)
    fork = replace(log(PLAN, *points(2))[-1], command=CommandId("fork"), device=OTHER)
    assert adoptable(state, EPOCH, fork, doubled=True).against == ("c2", "c3")


def test_what_followed_of_an_entry_is_held_with_it_and_shown_once() -> None:
    state, lost = split(points(1), 1)
    start, scored = lost
    state = enter(enter(state, StartMatch(M1), "start", OTHER), point(PLAN, 1, "a"), "mine", OTHER)
    held = adoptable(state, EPOCH, scored)
    state = reduce(
        state,
        told(replace(held, event=start), state.position.seq + 1, M1, state.matches[M1].version + 1),
        NEW,
    )
    assert state.matches[M1].held == ()


def test_an_entry_that_counted_here_already_is_known() -> None:
    state, lost = split(points(2), 3)
    state = adopt(state, lost, known=True)
    assert state.matches[M1].score == Score(1, 0)
    assert state.past[0].missing == ()


def test_held_entries_and_decisions_come_back_too() -> None:
    ours = record(PLAN, points(1))[1]
    held = entry(PLAN.id, point(PLAN, 1, "a"), id="h", device=OTHER, base=Base(EPOCH, 0))
    verdict = judge(ours, held, LATER, EPOCH)
    assert not isinstance(verdict, Accepted | Refused)
    state = adopt(epoch_after(ours), verdict.events)
    assert [one.entry.id for one in state.matches[M1].held] == ["h"]
    undo = judge(verdict.state, entry(PLAN.id, Undo(M1, CommandId("h")), id="u", device=OTHER), LATER, EPOCH)
    assert isinstance(undo, Accepted)
    assert adopt(state, undo.events).matches[M1].held == ()


def test_an_undo_of_what_nobody_brought_takes_off_what_it_took_off() -> None:
    state, lost = split((*points(2), Undo(M1, CommandId("c2"))), 3)
    assert adopt(state, lost[1:]).matches[M1].score == Score(0, 0)
    assert adopt(state, lost).matches[M1].score == Score(1, 0)


def test_no_score_falls_below_nothing() -> None:
    state, lost = split((*points(3), AddScore(M1, TeamId("a"), -2)), 3)
    assert adopt(state, lost[-1:]).matches[M1].score == Score(0, 0)


@pytest.mark.parametrize(("side", "expected"), [("home", Score(61, 7)), ("away", Score(5, 61))])
def test_a_time_comes_back_on_its_own_side(side: str, expected: Score) -> None:
    state = epoch_after(record(PLAN, (SetScore(M1, Score(5, 7)),))[1])
    after = Score(61, 0) if side == "home" else Score(0, 61)
    fact = TimeSet(TeamId("a"), side, Score(), after)  # type: ignore[arg-type]
    assert adopt(state, [told(fact, 4, M1, 3, "t")]).matches[M1].score == expected


def test_what_is_no_entry_stands_against_nothing() -> None:
    state = enter(epoch_after(record(PLAN)[1]), point(PLAN, 1, "a"), "mine", OTHER)
    facts: tuple[Fact, ...] = (
        PenaltyAdded(TeamId("a"), "home", 1),
        SlotFilled("home", TeamId("b"), WinnerOf(M2)),
    )
    for number, fact in enumerate(facts, 2):
        assert adoptable(state, EPOCH, told(fact, number, M1, 1)).taken == "counts"


def test_a_base_of_an_older_epoch_has_seen_what_was_adopted_up_to_it() -> None:
    state, lost = split(points(2), 3)
    state = adopt(state, lost)
    made = entry(PLAN.id, point(PLAN, 1, "a"), id="x", device=OTHER, base=Base(EPOCH, lost[-1].version))
    assert isinstance(judge(state, made, LATER, NEW), Accepted)
    behind = replace(made, base=Base(EPOCH, lost[-1].version - 1))
    assert not isinstance(judge(state, behind, LATER, NEW), Accepted)


def test_notices_come_back_by_their_time() -> None:
    commands = tuple(Notify(f"n{number}") for number in range(4))
    state, lost = split(commands, 2)
    state = adopt(state, reversed(lost))
    assert [notice.title for notice in state.notices] == ["n0", "n1", "n2", "n3"]
    known = adopt(split(commands, 2)[0], lost, known=True)
    assert [notice.title for notice in known.notices] == ["n0"]
    many = replace(state, notices=state.notices * MAX_NOTICES)
    assert len(adopt(many, [replace(lost[0], seq=9)]).notices) == MAX_NOTICES


def test_changes_of_the_tournament_come_back() -> None:
    renamed = told(TournamentRenamed("League", "", "Open League", ""), 2)
    assert adopt(epoch_after(record(PLAN)[1]), [renamed]).name == "Open League"


def test_the_beginning_of_another_log_changes_nothing() -> None:
    state = epoch_after(record(PLAN)[1])
    named = reduce(state, told(PastNamed(Epoch("e0"), 0, 1), 2), NEW)
    after = adopt(named, log(PLAN), Epoch("e0"))
    assert after.matches == state.matches
    assert after.past[1].missing == ()


def test_an_older_epoch_is_named_once_and_grows() -> None:
    state = epoch_after(record(PLAN)[1])
    state = reduce(state, told(PastNamed(EPOCH, 9, 4), 2), NEW)
    assert (state.past[0].after, state.past[0].seen) == (1, 4)
    state = reduce(state, told(PastNamed(Epoch("e0"), 0, 3), 3), NEW)
    state = reduce(state, told(PastNamed(Epoch("e0"), 0, 2), 4), NEW)
    assert state.past[1] == Past(Epoch("e0"), 0, 3)


def test_what_nobody_brings_is_missing_until_a_person_closes_it() -> None:
    state, lost = split(points(4), 3)
    state = reduce(state, told(PastNamed(Epoch("e0"), 0, 2), 2), NEW)
    state = adopt(state, lost[1:2])
    assert state.past[0].missing == ((4, 4), (6, 6))
    state = reduce(state, told(MissingClosed(EPOCH, 4), state.position.seq + 1), NEW)
    assert state.past[0].missing == ((6, 6),)
    assert state.past[1].missing == ((1, 2),)
    # Should it come after all, it counts.
    assert adopt(state, lost[:1]).matches[M1].score == Score(3, 0)


def test_an_adoption_that_was_lost_itself_is_the_event_that_it_first_was() -> None:
    state, lost = split(points(2), 3)
    second = adopt(state, lost)
    adoption = told(adoptable(state, EPOCH, lost[0]), 2, M1, 1, lost[0].command)
    third = epoch_after(state, epoch=Epoch("e3"))
    assert [past.epoch for past in third.past] == [EPOCH, NEW]
    third = adopt(third, [adoption], NEW)
    assert third.matches[M1].score == second.matches[M1].score
    assert third.past[0].missing == ()
    again = adoptable(third, NEW, replace(adoption, seq=3))
    assert again.taken == "known", "its old position is here already"
    unheard = adoptable(third, NEW, replace(adoption, fact=replace(again, epoch=Epoch("e0"), event=lost[0])))
    assert unheard.taken == "counts"


def test_an_origin_keeps_its_place_over_two_epochs() -> None:
    state, lost = split(points(2), 3)
    third = epoch_after(adopt(state, lost), epoch=Epoch("e3"))
    places = [one.place for one in third.matches[M1].entries]
    assert [(place.epoch, place.version) for place in places if place is not None] == [(EPOCH, 2), (NEW, 1)]
    assert third.matches[M1].course is None


def test_what_is_not_back_yet_is_laid_over_a_state_that_stays_where_it_is() -> None:
    state, lost = split((*points(2), Notify("n")), 3)
    laid = lay_over(state, [(EPOCH, event) for event in lost], reduce)
    assert laid.matches[M1].score == Score(2, 0)
    assert (laid.position, laid.updated_at) == (state.position, state.updated_at)
    back = adopt(state, lost)
    assert lay_over(back, [(EPOCH, event) for event in lost], reduce) == back
    unknown = replace(lost[0], match=MatchId("league.m099"))
    assert not has_room(state, unknown)
    assert lay_over(state, [(EPOCH, unknown)], reduce) == state


def test_an_entry_that_counts_by_now_is_not_laid_over_once_more() -> None:
    state, lost = split(points(2), 3)
    # Its answer was lost with the hub, so its device sent it again.
    again = enter(state, points(2)[1], lost[-1].command)
    laid = lay_over(again, [(EPOCH, event) for event in lost], reduce)
    assert laid.matches[M1].score == again.matches[M1].score


def test_an_adoption_that_is_not_the_next_of_its_match_is_no_log() -> None:
    state, lost = split(points(2), 3)
    for on in (M1, MatchId("league.m099")):
        with pytest.raises(BadLog, match="is not the next of match"):
            reduce(state, told(EventAdopted(EPOCH, lost[0], "counts"), 2, on, 7), NEW)


def test_slots_that_results_filled_come_back_with_them() -> None:
    plan = cup(4)
    first = match(plan, 1)
    commands = (SetScore(first, Score(2, 1)), CompleteMatch(first))
    events = log(plan, *commands)
    state = epoch_after(fold_events(events[:3], EPOCH), len(events))
    state = adopt(state, events[3:])
    assert state.matches[match(plan, 3)].home.team is not None
    assert isinstance(events[-1].fact, SlotFilled)
    assert not isinstance(events[-1].fact, PointsAdded | EntryHeld)
