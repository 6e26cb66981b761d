"""Events: their names in logs, and that texts in them are clean."""

from __future__ import annotations

from msgspec.structs import replace

from core.domain.commands import Score
from core.domain.events import (
    BroadcastSent,
    MatchStarted,
    Notified,
    PointsAdded,
    TournamentRenamed,
    fact_name,
)
from core.domain.ids import TeamId
from tests.support.tournaments import cup, log


def test_a_fact_has_the_name_that_stands_in_logs() -> None:
    assert fact_name(MatchStarted()) == "match_started"
    assert fact_name(log(cup(2))[0].fact) == "tournament_created"


def test_texts_in_an_event_are_clean() -> None:
    event = replace(log(cup(2))[0], by="Ann\x1b", deliverer="Bob\u202e", why="a\nb")
    assert (event.by, event.deliverer, event.why) == ("Ann?", "Bob?", "a b")
    notice = Notified("Fi\x07re", "x\x00", "urgent")
    assert (notice.title, notice.text) == ("Fi?re", "x?")
    assert BroadcastSent("lunch\x1b").event == "lunch?"
    assert TournamentRenamed("a\x07", "", "b", " c ") == TournamentRenamed("a?", "", "b", "c")
    assert PointsAdded(TeamId("a"), "home", 1, Score(), Score(1, 0), "cup", "Zo\x00e").player == "Zo?e"
