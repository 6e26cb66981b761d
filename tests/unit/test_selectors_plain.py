"""Screens as plain text: what stands on them, without a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from core.realtime.effects import RoomLive
from tests.support import desks
from tests.support.console import Desk
from tui.plain import plain_feed, plain_links, plain_people, plain_queue, plain_scores


class TestPlain:
    AT = datetime(2026, 6, 14, 14, 3, tzinfo=UTC)

    def test_scores_say_of_when_they_are(self) -> None:
        lines = plain_scores(desks.lively().view, 80, self.AT).splitlines()
        assert lines[0] == "Scores  Spring Open 2026  as of 14:03:00"
        assert "M033  Norrköping 1 [A]    9-11   Zebras" in lines[2]
        assert all(line.isprintable() for line in lines)

    def test_a_stored_copy_says_when_it_was_new(self) -> None:
        desk = desks.lively()
        desk.apply(RoomLive(desks.SPRING, False, desk.at))
        assert "as of 14:02:39  offline" in plain_scores(desk.view, 80, self.AT)

    def test_nothing_is_said_too(self) -> None:
        assert "No tournament." in plain_scores(Desk().view, 80)
        assert "Quiet so far." in plain_feed(Desk().view, 80)
        assert "Nothing waits." in plain_queue(Desk().view, 80)

    def test_people_and_links_are_told(self) -> None:
        desk = desks.lively()
        desks.linked(desk)
        desks.company(desk, desks.ANA, desks.KIM)
        told = plain_people(desk.view, 120, self.AT)
        assert "SCORERS (2)" in told
        assert "Courts with no scorer:" in told
        told = plain_links(desk.view, 120, self.AT, now=desk.now, room_stats=lambda _room: None)
        assert "ws://hub:8765" in told
        assert "tournament:spring:presence" in told
        assert "ws://old:8765  failed 7 times: no hub is running there" in told
        assert "No tournament yet" in plain_people(Desk().view, 80)

    def test_feed_and_queue_are_told(self) -> None:
        desk = desks.offline()
        assert "Otters +1" in plain_feed(desk.view, 80, self.AT)
        assert plain_queue(desk.view, 80, self.AT).count("saved here") == 3
