"""Entering: what a person calls a match, a tournament or an entry, made an entry."""

from __future__ import annotations

import pytest

from core.domain.commands import (
    AddScore,
    Base,
    Broadcast,
    CloseMissing,
    CreateTournament,
    Notify,
    Settle,
)
from core.domain.ids import GLOBAL_ROOM, CommandId, DeviceId, Epoch, MatchId, TeamId, TournamentId, admin_room
from core.errors import BadInput, Unknown
from core.realtime.entering import find_queued, make_entry
from core.realtime.view import Queued, Shown, View
from tests.support.tournaments import EPOCH, NOON, entry, league, match, point, record

PLAN, OTHER = league(), league(name="other")
M1 = match(PLAN, 1)
STATE = record(PLAN, [point(PLAN, 1, "a")])[1]
SHOWN = {PLAN.id: Shown(STATE, STATE)}
BOTH = SHOWN | {OTHER.id: Shown(state := record(OTHER)[1], state)}
VIEW = View(DeviceId("laptop-1"), "Ann", SHOWN)
TWO = View(DeviceId("laptop-1"), "Ann", BOTH)
NOBODY = View(DeviceId("laptop-1"), "Ann")
ID = CommandId("x")


def add(name: str) -> AddScore:
    return AddScore(MatchId(name), TeamId("a"), 1)


def test_an_entry_says_who_where_when_and_on_top_of_what() -> None:
    made = make_entry(VIEW, add("m1"), ID, NOON, why="it was missed")
    assert (made.id, made.by, made.device, made.entered_at) == (ID, "Ann", "laptop-1", NOON)
    assert (made.command, made.tournament, made.why) == (add(M1), PLAN.id, "it was missed")
    assert made.base == Base(EPOCH, STATE.matches[M1].version)
    assert make_entry(VIEW, add(M1), ID, NOON, by="Bo").by == "Bo"


def test_a_short_form_is_looked_up_where_only_one_tournament_has_it() -> None:
    with pytest.raises(Unknown, match="single match"):
        make_entry(TWO, add("m1"), ID, NOON)
    assert make_entry(TWO, add("m1"), ID, NOON, tournament="other").command == add("other.m001")
    with pytest.raises(Unknown):
        make_entry(VIEW, add(f"{PLAN.id}.m999"), ID, NOON)


def test_a_decision_takes_its_replacements_along_to_the_match() -> None:
    made = make_entry(VIEW, Settle(MatchId("m1"), (ID,), (add("m1"),)), ID, NOON)
    assert made.command == Settle(M1, (ID,), (add(M1),))


def test_a_match_of_a_tournament_that_is_not_known_here_is_left_to_the_hub() -> None:
    made = make_entry(NOBODY, add("far.m001"), ID, NOON)
    assert (made.tournament, made.base) == ("far", None)


def test_the_tournament_is_read_off_the_command_or_is_the_only_one() -> None:
    assert make_entry(NOBODY, CreateTournament(PLAN), ID, NOON).tournament == PLAN.id
    assert make_entry(VIEW, Notify("Lunch"), ID, NOON).tournament == PLAN.id
    assert make_entry(TWO, Notify("Lunch"), ID, NOON, tournament="other").tournament == "other"
    assert make_entry(TWO, Broadcast(admin_room(OTHER.id), "doors"), ID, NOON).tournament == "other"
    assert make_entry(VIEW, Broadcast(GLOBAL_ROOM, "doors"), ID, NOON).tournament == PLAN.id
    for view, words in ((TWO, "league, other"), (NOBODY, "none")):
        with pytest.raises(BadInput, match=f"knows {words}"):
            make_entry(view, Notify("Lunch"), ID, NOON)


def test_what_concerns_an_older_epoch_must_name_its_tournament() -> None:
    closing = CloseMissing(Epoch("e0"), 3)
    with pytest.raises(BadInput, match="name the tournament"):
        make_entry(VIEW, closing, ID, NOON)
    assert make_entry(VIEW, closing, ID, NOON, tournament="league").tournament == TournamentId("league")


def test_an_entry_is_found_by_its_id_or_the_beginning_of_it() -> None:
    entries = [entry(PLAN.id, point(PLAN, 1, "a"), id=id) for id in ("ab", "abc", "b1")]
    queue = tuple(Queued(one, "saved", "critical", row) for row, one in enumerate(entries, 1))
    view = View(DeviceId("laptop-1"), "Ann", queue=queue)
    assert find_queued(view, "ab") is entries[0]
    assert find_queued(view, "b") is entries[2]
    with pytest.raises(Unknown, match="single entry"):
        find_queued(view, "a")
    with pytest.raises(Unknown, match="no entry"):
        find_queued(view, "z")
