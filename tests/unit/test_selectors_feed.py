"""The selectors' ground (cells, scene, link, words) and the feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from core.domain.commands import (
    AddScore,
    AssignSlot,
    Broadcast,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    Notify,
    ReopenMatch,
    Score,
    SetScore,
    Settle,
    StartMatch,
    Undo,
)
from core.domain.ids import GLOBAL_ROOM, CommandId, CourtId, MatchId, RoomId, TeamId, TournamentId
from core.domain.plan import Slot
from core.realtime.view import Connection, HubLine, LocalLine, Queued, View
from tests.support import desks
from tests.support.console import DEVICE, Desk
from tests.support.desks import home, match, scene, shown_match
from tests.support.tournaments import cup, league
from tui.selectors import feed, history, words
from tui.selectors.cells import Column, Row, Run, arrange, clip, fit, heading, layout, length, plain, spread
from tui.selectors.link import Watch, advance
from tui.selectors.scene import counted, duration, stopwatch

if TYPE_CHECKING:
    from core.domain.commands import Command
    from core.realtime.view import LinkState


class TestCells:
    def test_text_is_padded_to_its_width(self) -> None:
        assert fit("ab", 4) == "ab  "
        assert fit("ab", 4, "right") == "  ab"
        assert fit("ab", 5, "center") == " ab  "

    def test_text_is_cut_by_display_width(self) -> None:
        assert fit("Harbour Hawks", 9) == "Harbou..."
        assert fit("Harbour", 3) == "Har"
        assert length((Run(fit("東京ドラゴンズ", 8)),)) == 8

    def test_flexible_columns_share_what_is_left(self) -> None:
        columns = (Column("a", 3), Column("b", 2, flexible=True), Column("c", 2, flexible=True))
        assert [place.width for place in layout(columns, 21)] == [3, 7, 6]

    def test_narrow_windows_drop_columns_and_wide_ones_swap_them(self) -> None:
        columns = (Column("a", 3, least=50), Column("b", 3, most=50))
        assert [place.index for place in layout(columns, 40)] == [1]
        assert [place.index for place in layout(columns, 60)] == [0]

    def test_a_row_shows_the_cursor_or_its_sign(self) -> None:
        columns = (Column("one", 4), Column("two", 4, "right"))
        row = Row("k", (Run("x"), Run("y")), "!")
        places = layout(columns, 11)
        assert plain(heading(columns, places)) == "  one   two"
        assert plain(arrange(row, places)) == "! x       y"
        assert plain(arrange(row, places, chosen=True)) == "> x       y"

    def test_the_right_end_of_a_line_stays_whole(self) -> None:
        assert plain(spread((Run("left side"),), (Run("right"),), 12)) == "left...right"
        assert plain(spread((Run("left"),), (Run("right"),), 4)) == "r..."
        assert plain(clip((Run("a"), Run("b")), 4)) == "ab  "


class TestScene:
    def test_ages_read_short(self) -> None:
        assert [duration(s) for s in (4.9, 760, 11_220, 200_000)] == ["4s", "12:40", "3:07h", "2d"]
        assert [stopwatch(s) for s in (-1, 42, 3720)] == ["00:00", "00:42", "1:02:00"]

    def test_one_has_its_own_noun(self) -> None:
        assert counted(1, "entry", "entries") == "1 entry"
        assert counted(2, "match", "matches") == "2 matches"
        assert counted(2, "point") == "2 points"

    def test_the_chosen_tournament_is_shown_and_else_the_latest(self) -> None:
        desk = Desk(league(2, name="early"), league(2, name="late"))
        desk.tick(10)
        desk.others(Notify("x"), tournament=TournamentId("early"), ago=0)
        chosen = scene(desk, tournament=TournamentId("late")).shown
        gone = scene(desk, tournament=TournamentId("gone")).shown
        assert chosen is not None
        assert chosen.confirmed.id == "late"
        assert gone is not None
        assert gone.confirmed.id == "early"
        assert scene(Desk()).shown is None

    def test_another_day_is_named_by_its_date(self) -> None:
        at = scene(Desk())
        assert at.day_time(at.at) == "14:02"
        assert at.day_time(at.at - timedelta(days=3)) == "11 Jun"

    def test_ages_are_reckoned_by_the_hubs_clock(self) -> None:
        desk = Desk()
        desk.connect("live", clock_offset=-30.0)
        at = scene(desk)
        assert at.age(at.at - timedelta(seconds=40)) == 10
        assert at.age(at.at) == 0

    def test_signs_are_drawn_or_ascii(self) -> None:
        at = scene(Desk())
        assert at.sign("live") == "*"
        assert replace(at, ascii=False).sign("live") == "●"


def seen(*steps: tuple[LinkState, float, float], queue_: tuple[Queued, ...] = ()) -> Watch:
    """Return the watch after states, each with its since and the moment it is looked at."""
    watch = Watch()
    for state, since, now in steps:
        view = View(DEVICE, "ana", connection=Connection(state=state, since=since), queue=queue_)
        watch = advance(watch, view, now)
    return watch


class TestLink:
    def test_the_first_state_shows_at_once(self) -> None:
        assert seen(("connecting", 0, 0), ("live", 0.1, 0.1)).state == "live"

    def test_a_state_must_last_before_it_shows(self) -> None:
        assert seen(("live", 0, 0), ("slow", 10, 11)).state == "live"
        assert seen(("live", 0, 0), ("slow", 10, 11), ("slow", 10, 12)).state == "slow"

    def test_an_absence_is_one_state_however_often_it_is_tried(self) -> None:
        watch = seen(("live", 0, 0), ("offline", 10, 10), ("connecting", 11, 11), ("offline", 11.5, 12.5))
        assert (watch.state, watch.since) == ("offline", 10)

    def test_a_start_without_a_hub_becomes_an_absence(self) -> None:
        assert not seen(("connecting", 0, 0)).settled
        assert seen(("connecting", 0, 0), ("offline", 1, 3)).settled

    def test_the_return_is_announced_until_all_is_sent_and_three_seconds_more(self) -> None:
        desk = desks.offline()
        waiting = desk.view.queue
        steps = (("live", 0, 0), ("offline", 10, 13))
        watch = seen(*steps)  # type: ignore[arg-type]  # the states are literals
        live = Connection(state="live", since=20)
        watch = advance(watch, View(DEVICE, "ana", connection=live, queue=waiting), 22)
        assert watch.back_at == 22
        watch = advance(watch, View(DEVICE, "ana", connection=live, queue=waiting), 40)
        assert watch.back_at == 22
        for now, announced in ((41, True), (43, True), (44, False), (50, False)):
            watch = advance(watch, View(DEVICE, "ana", connection=live), now)
            assert (watch.back_at is not None) == announced

    def test_losing_it_again_ends_the_announcement(self) -> None:
        watch = seen(("live", 0, 0), ("offline", 10, 13), ("live", 14, 17), ("offline", 20, 23))
        assert watch.back_at is None

    def test_the_bell_is_called_for_once_in_a_long_absence(self) -> None:
        down = seen(("live", 0, 0), ("offline", 10, 12), ("offline", 10, 20))
        assert down.calls == 1
        view = View(DEVICE, "ana", connection=Connection(state="offline", since=10))
        assert advance(down, view, 60).calls == 1

    def test_every_further_conflict_calls_for_the_bell(self) -> None:
        desk = desks.conflict()
        held = next(queued for queued in desk.view.queue if queued.state == "conflict")
        watch = seen(("live", 0, 0))
        live = Connection(state="live", since=0)
        watch = advance(watch, View(DEVICE, "ana", connection=live, queue=(held,)), 5)
        assert watch.calls == 1
        watch = advance(watch, View(DEVICE, "ana", connection=live, queue=(held, held)), 6)
        assert watch.calls == 2
        watch = advance(watch, View(DEVICE, "ana", connection=live, queue=(held, held)), 7)
        assert watch.calls == 2


class TestWords:
    def test_every_command_has_words(self) -> None:
        desk = desks.lively()
        tournament = desk.hub[desks.SPRING]
        first = desk.queue[0].entry.id
        said: dict[Command, str] = {
            home(34): "Otters +1",
            SetScore(match(34), Score(2, 1)): "score 2-1",
            Undo(match(34), first): "undo Otters +1",
            Undo(match(34), CommandId("?")): "undo",
            StartMatch(match(34)): "start",
            CompleteMatch(match(34)): "final",
            CompleteMatch(match(34), Score(5, 4)): "final, shoot-out 5-4",
            ConfirmResult(match(34)): "official",
            ReopenMatch(match(34)): "reopen",
            AssignSlot(match(34), "home", TeamId("t01")): "home side: Lions",
            Settle(match(34), (first,)): "decision: the hub's stays",
            Settle(match(34), (first,), (home(34),)): "decision: replaced",
            Notify("Lunch"): "notice: Lunch",
            Broadcast(GLOBAL_ROOM, "lunch"): "broadcast: lunch",
            CreateTournament(desks.plan()): "create Spring Open 2026",
        }
        assert {command: words.command(tournament, command) for command in said} == said

    def test_a_team_that_is_not_known_is_called_by_its_id(self) -> None:
        tournament = desks.lively().hub[desks.SPRING]
        assert words.command(tournament, AddScore(match(34), TeamId("zz"), 1)) == "zz +1"
        assert words.command(None, AddScore(match(34), TeamId("zz"), -1)) == "zz -1"
        assert words.command(None, Undo(match(34), CommandId("c"))) == "undo"

    def test_courts_are_called_short_in_narrow_columns(self) -> None:
        assert words.court_code("Court 3") == "C3"
        assert words.court_code("Centre") == "Centre"
        assert words.at_court("Centre") == "court Centre"
        assert words.at_court("Court 3") == "Court 3"
        assert words.at_court("") == ""

    def test_a_side_or_court_that_nothing_names_is_said_to_be_unknown(self) -> None:
        from msgspec.structs import replace as changed

        tournament = desks.lively().hub[desks.SPRING]
        bare = changed(tournament.matches[match(34)], home=Slot(), court=CourtId("c9"))
        assert words.side(tournament, bare, "home") == "not known"
        assert words.court(tournament, bare) == "c9"
        assert words.court(tournament, changed(bare, court=None)) == ""

    def test_every_entry_of_a_history_has_words(self) -> None:
        desk = desks.lively()
        desk.submit(Undo(match(34), desk.queue[3].entry.id))
        desk.submit(Undo(match(34), desk.queue[4].entry.id))
        desk.submit(CompleteMatch(match(34)))
        desk.submit(ConfirmResult(match(34)))
        desk.submit(ReopenMatch(match(34)))
        at, shown, found = shown_match(desk, 34)
        assert [line.what for line in history.history(at, shown, found)][:6] == [
            "reopened",
            "official",
            "final 3-1",
            "redo Foxes +1",
            "undo Foxes +1",
            "Foxes +1",
        ]

    def test_a_chain_whose_beginning_is_lost_still_has_a_word(self) -> None:
        from msgspec.structs import replace as changed

        desk = desks.lively()
        desk.submit(Undo(match(34), desk.queue[3].entry.id))
        found = desk.match("m034")
        cut = changed(found, entries=found.entries[-1:])
        assert words.counted(desk.hub[desks.SPRING], cut, cut.entries[0]) == "undo"
        unknown = changed(found.entries[0], kind="something_new")
        assert words.counted(desk.hub[desks.SPRING], found, unknown) == "something new"

    def test_what_an_entry_waits_for_is_said(self) -> None:
        queued = desks.offline().view.queue[-1]
        assert words.waits(queued, connected=False) == "saved here, no hub yet"
        assert words.waits(queued, connected=True) == "saved here"
        assert words.waits(replace(queued, state="refused"), connected=True) == "refused"
        hostile = replace(queued, state="refused", reason="no\x1b[2J [b]")
        assert words.waits(hostile, connected=True) == "refused: no?[2J [b]"


def play(desk: Desk, *asked: Command) -> list[tuple[str, str, str]]:
    """Return kind, what and result of the feed's newest rows after commands of others."""
    before = desk.view.feed.total
    desk.others(*asked, ago=0)
    rows = feed.rows(scene(desk), desk.view.feed, feed.Choice())
    return [(r.cells[4].text, r.cells[5].text, r.cells[6].text) for r in rows if int(r.key) > before]


class TestFeed:
    def test_every_event_has_words(self) -> None:
        desk = Desk(cup(4))
        semi, other = MatchId("cup.m001"), MatchId("cup.m002")
        said = play(
            desk,
            AddScore(semi, TeamId("a"), 2),
            SetScore(semi, Score(1, 1)),
            CompleteMatch(semi, Score(4, 3)),
            ConfirmResult(semi),
            ReopenMatch(semi),
            Notify("Lunch", "in the hall"),
            Notify("Rain"),
            Broadcast(RoomId("tournament:cup"), "lunch"),
            AssignSlot(MatchId("cup.m003"), "away", TeamId("c")),
            StartMatch(other),
        )
        assert said == [
            ("status", "started", ""),
            ("score", "Team A +2", "2-0"),
            ("score", "score set", "1-1"),
            ("status", "final", "1-1 (4-3)"),
            ("slot", "Team A takes the home side", ""),
            ("status", "official", "1-1"),
            ("status", "reopened", "1-1"),
            ("notice", "Lunch: in the hall", ""),
            ("notice", "Rain", ""),
            ("notice", "broadcast: lunch", ""),
            ("slot", "Team C assigned to the away side", ""),
            ("status", "started", ""),
        ]

    def test_an_undo_names_side_and_points(self) -> None:
        desk = desks.lively()
        assert play(desk, Undo(match(34), desk.queue[0].entry.id)) == [("undo", "Otters -1", "2-1")]
        desk.others(SetScore(match(34), Score(9, 9)), ago=0)
        last = desk.match("m034").entries[-1].id
        assert play(desk, Undo(match(34), last)) == [("undo", "score", "2-1")]

    def test_conflicts_and_their_decisions_are_told(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(home(33))
        desk.submit(home(33))
        desk.others(home(33))
        desk.connect("live")
        held = tuple(one.entry.id for one in desk.match("m033").held)
        assert play(desk, Settle(match(33), held)) == [("CONF", "decided: the hub's stays (2)", "")]
        rows = feed.rows(scene(desk), desk.view.feed, feed.Choice("conflicts"))
        assert rows[0].cells[5].text == "held: Norrköping 1 [A] +1"

    def test_lines_of_no_log_have_no_seq(self) -> None:
        desk = Desk()
        desk.told("closed: \x1b]0;evil\x07", "problem")
        (row,) = feed.rows(scene(desk), desk.view.feed, feed.Choice())
        assert row.cells[5].text == "closed: ?]0;evil?"
        assert row.cells[9].text == "-"
        line = feed.line_at(desk.view.feed, row.key)
        assert isinstance(line, LocalLine)
        assert feed.raw(scene(desk), line).endswith("problem closed: ?]0;evil?")
        assert feed.line_at(desk.view.feed, "99") is None

    def test_no_more_rows_are_made_than_are_wanted(self) -> None:
        desk = desks.lively()
        rows = feed.rows(scene(desk), desk.view.feed, feed.Choice(), 5)
        assert [row.key for row in rows] == ["15", "16", "17", "18", "19"]

    def test_a_line_of_a_tournament_that_is_gone_is_still_told(self) -> None:
        desk = desks.lively()
        at = scene(desk, view=replace(desk.view, tournaments={}))
        row = feed.rows(at, desk.view.feed, feed.Choice())[-1]
        assert row.cells[5].text == "t08 +1"
        desk.others(Undo(match(34), desk.queue[0].entry.id), ago=0)
        assert feed.rows(at, desk.view.feed, feed.Choice())[-1].cells[5].text == "score"

    def test_the_reason_of_an_entry_is_among_its_raw_fields(self) -> None:
        desk = desks.lively()
        line = desk.view.feed.lines[-1]
        assert isinstance(line, HubLine)
        from msgspec.structs import replace as changed

        told = feed.raw(scene(desk), replace(line, event=changed(line.event, why="video")))
        assert told.startswith("why video  id ")

    def test_a_burst_is_told_line_by_line_to_a_filter(self) -> None:
        desk = desks.lively()
        desk.others(*(home(33) for _ in range(24)), ago=0)
        assert len(feed.rows(scene(desk), desk.view.feed, feed.Choice("scores", "norr"))) == 24
        folded = feed.rows(scene(desk), desk.view.feed, feed.Choice("scores"))
        assert folded[-1].cells[5].text == "24 score entries in 1 s"
