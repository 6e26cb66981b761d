"""The selectors: what each screen says at one moment of the view, without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import (
    AddScore,
    AssignSlot,
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
from core.domain.ids import CommandId, CourtId, MatchId, TeamId, TournamentId
from core.domain.plan import Slot
from core.realtime.effects import RoomLive
from core.realtime.view import Connection, HubLine, LocalLine, Queued, View
from tests.support import desks
from tests.support.console import DEVICE, Desk
from tests.support.desks import away, home, match
from tests.support.tournaments import cup, league
from tui.plain import plain_feed, plain_queue, plain_scores
from tui.selectors import decision, detail, entry, feed, history, queue, scores, status, words
from tui.selectors.cells import Column, Row, Run, arrange, clip, fit, heading, layout, length, plain, spread
from tui.selectors.link import Watch, advance
from tui.selectors.scene import Scene, counted, duration, stopwatch

if TYPE_CHECKING:
    from core.domain.commands import Command
    from core.domain.state import Match
    from core.realtime.view import LinkState, Shown


def scene(desk: Desk, **more: object) -> Scene:
    """Return the desk's moment, its link long settled."""
    connection = desk.view.connection
    watch = Watch(connection.state, connection.since, connection.state, connection.since, settled=True)
    return replace(Scene(desk.view, desk.at, desk.now, watch, ascii=True), **more)  # type: ignore[arg-type]


def shown_match(desk: Desk, number: int) -> tuple[Scene, Shown, Match]:
    at = scene(desk)
    assert at.shown is not None
    return at, at.shown, at.shown.projected.matches[match(number)]


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
        assert [place.width for place in layout(columns, 20)] == [3, 7, 6]

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

    def test_the_bell_rings_once_for_a_long_absence(self) -> None:
        down = seen(("live", 0, 0), ("offline", 10, 12), ("offline", 10, 20))
        assert down.rings == 1
        view = View(DEVICE, "ana", connection=Connection(state="offline", since=10))
        assert advance(down, view, 60).rings == 1

    def test_the_bell_rings_for_a_conflict_but_not_twice_in_ten_seconds(self) -> None:
        desk = desks.conflict()
        held = next(queued for queued in desk.view.queue if queued.state == "conflict")
        watch = seen(("live", 0, 0))
        live = Connection(state="live", since=0)
        watch = advance(watch, View(DEVICE, "ana", connection=live, queue=(held,)), 5)
        assert watch.rings == 1
        watch = advance(watch, View(DEVICE, "ana", connection=live, queue=(held, held)), 6)
        assert watch.rings == 1
        watch = advance(watch, View(DEVICE, "ana", connection=live, queue=(held, held, held)), 16)
        assert watch.rings == 2


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
    return [(r.cells[3].text, r.cells[4].text, r.cells[5].text) for r in rows if int(r.key) > before]


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
        assert rows[0].cells[4].text == "held: Norrköping 1 [A] +1"

    def test_lines_of_no_log_have_no_seq(self) -> None:
        desk = Desk()
        desk.told("closed: \x1b]0;evil\x07", "problem")
        (row,) = feed.rows(scene(desk), desk.view.feed, feed.Choice())
        assert row.cells[4].text == "closed: ?]0;evil?"
        assert row.cells[8].text == "-"
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
        assert row.cells[4].text == "t08 +1"
        desk.others(Undo(match(34), desk.queue[0].entry.id), ago=0)
        assert feed.rows(at, desk.view.feed, feed.Choice())[-1].cells[4].text == "score"

    def test_the_reason_of_an_entry_is_among_its_raw_fields(self) -> None:
        desk = desks.lively()
        line = desk.view.feed.lines[-1]
        assert isinstance(line, HubLine)
        from msgspec.structs import replace as changed

        told = feed.raw(scene(desk), replace(line, event=changed(line.event, why="video")))
        assert told.endswith("why video")

    def test_a_burst_is_told_line_by_line_to_a_filter(self) -> None:
        desk = desks.lively()
        desk.others(*(home(33) for _ in range(24)), ago=0)
        assert len(feed.rows(scene(desk), desk.view.feed, feed.Choice("scores", "norr"))) == 24
        folded = feed.rows(scene(desk), desk.view.feed, feed.Choice("scores"))
        assert folded[-1].cells[4].text == "24 score entries in 1 s"


class TestScores:
    def test_orders(self) -> None:
        desk = desks.lively()
        at = scene(desk)
        short = [m[-3:] for m in scores.board(at, scores.Choice(sort="time")).order]
        assert short == ["033", "034", "035", "036", "037", "038", "039", "040", "041", "042", "032", "031"]
        starred = scores.Choice(sort="changed", stars=frozenset({match(40)}))
        assert [m[-3:] for m in scores.board(at, starred).order][:4] == ["040", "034", "035", "033"]

    def test_the_filter_finds_teams_courts_and_numbers(self) -> None:
        at = scene(desks.lively())
        for wanted, count in (("HAWKS", 3), ("c3", 2), ("court 3", 2), ("m04", 3), ("final", 2), (" ", 12)):
            assert len(scores.board(at, scores.Choice(filter=wanted)).order) == count, wanted

    def test_attention_holds_conflicts_and_refused_entries(self) -> None:
        desk = desks.conflict()
        desk.submit(AddScore(match(31), TeamId("t01"), 1))
        desk.connect("offline")
        desk.submit(AddScore(match(32), TeamId("t03"), 1))
        assert [m[-3:] for m in scores.board(scene(desk), scores.Choice("attention")).order] == [
            "033",
            "031",
            "032",
        ]

    def test_empty_tabs_say_why(self) -> None:
        at = scene(Desk(league(2)))
        assert "No match is live" in scores.board(at, scores.Choice("live")).message
        assert "No match is done yet" in scores.board(at, scores.Choice("done")).message
        done = Desk(league(2))
        done.others(SetScore(MatchId("league.m001"), Score(1, 0)), CompleteMatch(MatchId("league.m001")))
        assert "No match is left" in scores.board(scene(done), scores.Choice("next")).message

    def test_no_tournament_says_what_to_do(self) -> None:
        assert "courtside import FILE" in scores.board(scene(Desk()), scores.Choice()).message
        desk = Desk(online=False)
        assert "Trying again in 4 s" in scores.board(scene(desk), scores.Choice()).message
        desk.connect("connecting", next_try_at=None)
        assert "Trying now" in scores.board(scene(desk), scores.Choice()).message

    def test_rows_keep_their_order_and_new_ones_come_last(self) -> None:
        one, two, three = (MatchId(name) for name in "abc")
        assert scores.keep_order((two, one), (one, two, three)) == (two, one, three)
        assert scores.keep_order((two, one), (one,)) == (one,)

    def test_the_summary_says_of_when_the_data_is(self) -> None:
        desk = desks.offline()
        choice = scores.Choice(filter="x")
        _, right = scores.summary(scene(desk), scores.board(scene(desk), choice), choice)
        assert plain(right) == "as of 14:02:39  filter: x  sort: court "
        shown = replace(desk.view.tournaments[desks.SPRING], as_of=None)
        at = scene(desk, view=replace(desk.view, tournaments={desks.SPRING: shown}))
        calm = scores.summary(scene(desks.lively()), scores.board(at, scores.Choice()), scores.Choice())
        assert plain(calm[1]) == "sort: court "
        assert "as of never" in plain(scores.summary(at, scores.board(at, choice), choice)[1])

    def test_a_slow_link_marks_live_rows(self) -> None:
        desk = desks.lively()
        desk.connect("slow")
        at, shown, found = shown_match(desk, 33)
        assert scores.status(at, shown, found) == ("~ slow", "slow")

    def test_an_entry_in_a_match_that_never_started_has_no_age(self) -> None:
        at, shown, found = shown_match(desks.lively(), 41)
        row = scores.row(at, shown, found, frozenset({found.id}))
        assert row.sign == "x"
        assert [cell.text for cell in row.cells[-2:]] == ["-", "-"]


class TestDetail:
    def test_its_height_depends_on_the_window(self) -> None:
        assert [detail.rows_for(rows) for rows in (16, 24, 40)] == [0, 3, 11]

    def test_a_match_without_entries_says_so(self) -> None:
        at, shown, found = shown_match(desks.lively(), 36)
        lines = detail.detail(at, shown, found, 80, 3)
        assert "nothing entered yet" in plain(lines[1])
        assert len(detail.detail(at, shown, found, 120, 11)) == 11

    def test_a_match_without_a_court_is_copied_too(self) -> None:
        at, shown, found = shown_match(desks.lively(), 36)
        assert "not started" in detail.copied(at, shown, found)


class TestEntry:
    def test_a_shoot_out_and_its_winner_stand_in_the_boxes(self) -> None:
        desk = desks.lively()
        desk.others(StartMatch(match(41)), CompleteMatch(match(41), Score(3, 4)))
        at, shown, found = shown_match(desk, 41)
        model = entry.model(at, shown, found)
        assert (model.home.shootout, model.away.shootout) == (3, 4)
        assert (model.home.won, model.away.won) == (False, True)
        assert model.level
        assert model.obstacle == "This match is final. Ops can reopen it"

    def test_an_official_match_says_so(self) -> None:
        assert "official" in entry.obstacle(*shown_match(desks.lively(), 31))

    def test_results_are_said_in_words(self) -> None:
        _, shown, found = shown_match(desks.lively(), 33)
        assert entry.result_in_words(shown, found) == "Norrköping 1 [A] 9-11 Zebras: Zebras win"
        _, shown, found = shown_match(desks.lively(), 41)
        assert entry.result_in_words(shown, found).endswith("a draw")
        assert entry.needs_shootout(shown, found)

    def test_others_count_as_scoring_for_two_minutes(self) -> None:
        desk = desks.lively()
        at, _, found = shown_match(desk, 33)
        assert entry.also_scoring(at, found)
        assert not entry.also_scoring(replace(at, at=at.at + timedelta(minutes=3)), found)


class TestQueue:
    def test_an_entry_that_the_rules_refuse_for_now_says_so_and_stays_saved(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(AddScore(match(31), TeamId("t01"), 1))
        (row,) = queue.listing(scene(desk), "saved").rows
        assert row.cells[6].text.startswith("saved here, no hub yet, but: This match is final")
        at, shown, found = shown_match(desk, 31)
        assert "but: This match is final" in history.history(at, shown, found)[0].state

    def test_an_entry_of_no_match_is_listed(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(Notify("Lunch"))
        (row,) = queue.listing(scene(desk), "saved").rows
        assert [cell.text for cell in row.cells[2:5]] == ["-", "notice: Lunch", "-"]
        gone = scene(desk, view=replace(desk.view, tournaments={}))
        assert len(queue.listing(gone, "saved").rows) == 1

    def test_the_most_serious_tab_comes_first(self) -> None:
        assert queue.serious(scene(desks.conflict())) == "conflicts"
        assert queue.serious(scene(desks.offline())) == "saved"
        assert queue.serious(scene(desks.lively())) == "saved"

    def test_everything_sent_is_said_even_when_the_last_one_is_forgotten(self) -> None:
        desk = desks.lively()
        at = scene(desk, view=replace(desk.view, queue=()))
        assert queue.listing(at, "saved").message == "Everything is sent. 4 entries."

    def test_what_is_gone_is_not_found(self) -> None:
        at = scene(desks.lively())
        assert queue.find(at, "x") is None
        assert queue.queued_at(at, "x") is None


def conflict_of(desk: Desk) -> tuple[Scene, queue.Conflict]:
    at = scene(desk)
    return at, queue.conflicts(at)[0]


class TestDecision:
    def test_an_entry_without_a_base_was_based_on_nothing(self) -> None:
        desk = desks.lively()
        stale = desk.queue[0].entry
        from msgspec.structs import replace as changed

        desk._judge(changed(stale, id=CommandId("x"), device=type(DEVICE)("laptop-9"), base=None), desk.at)
        at, conflict = conflict_of(desk)
        found = desk.match("m034")
        assert decision.before_both(found, conflict) == Score()
        assert len(decision.since(found, conflict)) == 4
        assert "v0" not in plain(decision.panel(at, conflict, 120)[5])
        assert queue.listing(at, "conflicts").rows[0].cells[4].text == "-"

    def test_many_entries_between_are_counted(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(home(33))
        desk.others(*(home(33) for _ in range(6)))
        desk.connect("live")
        at, conflict = conflict_of(desk)
        assert "2 earlier" in plain(decision.panel(at, conflict, 120)[-1])

    def test_mine_below_zero_must_be_edited(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(away(34, -1))
        desk.others(SetScore(match(34), Score(3, 0)))
        desk.connect("live")
        assert decision.send_mine(*conflict_of(desk)) == "That would make the score 3--1: edit it instead"

    def test_what_cannot_be_sent_again_says_so(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(StartMatch(match(36)))
        desk.others(StartMatch(match(36)))
        desk.connect("live")
        assert "'start' cannot be sent again" in str(decision.send_mine(*conflict_of(desk)))

    def test_a_final_of_mine_says_that_it_ends_the_match(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(CompleteMatch(match(33)))
        desk.others(home(33))
        desk.connect("live")
        choice = decision.send_mine(*conflict_of(desk))
        assert isinstance(choice, decision.Choice)
        assert "the score becomes 10-11 and is final" in choice.consequence

    def test_a_finished_match_takes_no_other_score(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(home(33))
        desk.others(home(33), CompleteMatch(match(33)))
        desk.connect("live")
        assert "ops must reopen it" in str(decision.edited(*conflict_of(desk), Score(1, 1)))
        assert "ops must reopen it" in str(decision.send_mine(*conflict_of(desk)))

    def test_a_held_undo_counts_in_mine(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(Undo(match(34), desk.queue[3].entry.id))
        desk.others(away(34))
        desk.connect("live")
        _, conflict = conflict_of(desk)
        assert decision.mine_after(desk.match("m034"), conflict) == Score(3, 0)


def bar(desk: Desk, width: int = 80, **more: object) -> str:
    return plain(status.bar(scene(desk, **more), width))


class TestStatus:
    @pytest.mark.parametrize(
        ("state", "told"),
        [
            ("live", "* LIVE  42ms"),
            ("slow", "~ SLOW 1.8s"),
            ("catching_up", "> CATCHING UP"),
            ("sign_in", "! SIGN IN"),
            ("offline", "o OFFLINE 00:00"),
        ],
    )
    def test_the_link_has_sign_and_word(self, state: LinkState, told: str) -> None:
        desk = desks.lively()
        desk.connect(state)
        assert told in bar(desk)

    def test_the_first_attempt_is_no_absence_yet(self) -> None:
        desk = Desk(online=False)
        assert "> CONNECTING" in bar(desk, watch=Watch())
        assert "data -" in bar(desk)

    def test_it_is_as_wide_as_asked_and_loses_parts_not_letters(self) -> None:
        desk = desks.lively()
        for width in (40, 60, 80, 100, 120):
            assert length(status.bar(scene(desk), width)) == width
        assert "venue: North Hall" in bar(desk, 120)
        assert "venue" not in bar(desk, 99)
        assert bar(desk, 40).rstrip().endswith("14:02:39")

    def test_names_are_cut_and_viewers_have_none(self) -> None:
        desk = Desk(person="Maximiliane-Josephine", role="moderator")
        desk.connect("live")
        assert "SCORER Maximil..." in bar(desk)
        desk.role = "spectator"
        desk.connect("live")
        assert "VIEWER |" in bar(desk)

    def test_old_data_is_strong_then_marked(self) -> None:
        desk = desks.lively()
        for age, run in (
            (5, Run("data 5s")),
            (20, Run("data 20s", "strong")),
            (31, Run("~ data 31s", "slow")),
        ):
            desk.connect("live", last_frame_at=desk.now - age)
            assert status.data_age(scene(desk)) == run
        desk.connect("live", last_frame_at=desk.now - 200)
        assert status.data_age(scene(desk)).text == "~ data 03:20"

    def test_traffic_is_exact_when_it_is_little(self) -> None:
        desk = desks.lively()
        desk.connect("live", message_rate_in=120.4, message_rate_out=0.04)
        assert "in 120/s out 0.0/s" in bar(desk, 100)

    def test_refused_entries_need_attention(self) -> None:
        desk = desks.lively()
        desk.submit(AddScore(match(31), TeamId("t01"), 1))
        assert "queue 0 !1" in bar(desk)
        told = status.banner(scene(desk))
        assert told is not None
        assert told.text == " ! 1 REFUSED  M031: This match is final. Ops can reopen it  6 to look"

    def test_a_refused_entry_of_no_match_is_told_without_one(self) -> None:
        desk = desks.lively()
        desk.submit(Notify("x"))
        desk.queue[-1] = replace(desk.queue[-1], state="refused")
        desk._tell_queue()
        told = status.banner(scene(desk))
        assert told is not None
        assert told.text == " ! 1 REFUSED  6 to look"

    def test_a_hub_without_its_log_is_told(self) -> None:
        desk = desks.lively()
        desk.connect("live", durable=False)
        told = status.banner(scene(desk))
        assert told is not None
        assert "THE HUB CANNOT REACH ITS LOG" in told.text

    def test_all_is_well(self) -> None:
        assert status.banner(scene(desks.lively())) is None

    def test_trying_now_has_no_wait(self) -> None:
        desk = desks.offline()
        desk.connect("connecting", next_try_at=None)
        told = status.banner(scene(desk))
        assert told is not None
        assert "next try" not in told.text

    def test_being_back_counts_what_is_still_to_send(self) -> None:
        desk = desks.offline()
        watch = Watch("live", 0, "live", 0, settled=True, back_at=1.0)
        told = status.banner(scene(desk, watch=watch))
        assert told is not None
        assert "BACK ONLINE  sending 3 saved entries ..." in told.text

    def test_a_sign_in_without_a_reason(self) -> None:
        desk = desks.lively()
        desk.connect("sign_in")
        told = status.banner(scene(desk))
        assert told is not None
        assert told.text == " ! SIGN IN AGAIN  Your entries stay saved here (0)"

    def test_a_muted_bell_is_shown(self) -> None:
        assert "muted" in bar(desks.lively(), muted=True)


class TestPlain:
    AT = datetime(2026, 6, 14, 14, 3, tzinfo=UTC)

    def test_scores_say_of_when_they_are(self) -> None:
        lines = plain_scores(desks.lively().view, 80, self.AT).splitlines()
        assert lines[0] == "Scores  Spring Open 2026  as of 14:03:00"
        assert "M033  Norrköping 1 [A]    9-11    Zebras" in lines[2]
        assert all(line.isprintable() for line in lines)

    def test_a_stored_copy_says_when_it_was_new(self) -> None:
        desk = desks.lively()
        desk.apply(RoomLive(desks.SPRING, False, desk.at))
        assert "as of 14:02:39  offline" in plain_scores(desk.view, 80, self.AT)

    def test_nothing_is_said_too(self) -> None:
        assert "No tournament." in plain_scores(Desk().view, 80)
        assert "Quiet so far." in plain_feed(Desk().view, 80)
        assert "Nothing waits." in plain_queue(Desk().view, 80)

    def test_feed_and_queue_are_told(self) -> None:
        desk = desks.offline()
        assert "Otters +1" in plain_feed(desk.view, 80, self.AT)
        assert plain_queue(desk.view, 80, self.AT).count("saved here") == 3


class TestDecisionsInWords:
    def test_taking_the_hubs_names_what_will_not_count(self) -> None:
        choice = decision.take_hub(*conflict_of(desks.conflict()))
        assert choice.consequence == (
            "The hub's 10-11 stays. Your 1 entry (Norrköping 1 [A] +1) "
            "will count nowhere, and stay in the history."
        )
        assert choice.command.instead == ()

    def test_sending_mine_names_the_score_that_comes_out(self) -> None:
        choice = decision.send_mine(*conflict_of(desks.conflict()))
        assert isinstance(choice, decision.Choice)
        assert "the score becomes 11-11." in choice.consequence
        assert choice.command.instead == (home(33),)

    def test_editing_names_all_three_scores(self) -> None:
        choice = decision.edited(*conflict_of(desks.conflict()), Score(12, 11))
        assert isinstance(choice, decision.Choice)
        assert choice.consequence.startswith(
            "The score becomes 12-11 in place of the hub's 10-11 and of your 10-11."
        )

    def test_a_held_exact_score_and_undo_go_out_again(self) -> None:
        desk = desks.lively(online=False)
        desk.submit(SetScore(match(34), Score(8, 8)))
        desk.submit(Undo(match(34), desk.queue[3].entry.id))
        desk.others(away(34))
        desk.connect("live")
        choice = decision.send_mine(*conflict_of(desk))
        assert isinstance(choice, decision.Choice)
        assert choice.command.instead == (
            SetScore(match(34), Score(8, 8)),
            AddScore(match(34), TeamId("t08"), -1),
        )

    def test_anothers_conflict_is_called_by_their_name(self) -> None:
        desk = desks.conflict()
        at = scene(desk, view=replace(desk.view, device=type(DEVICE)("desk-9")))
        conflict = queue.conflicts(at)[0]
        assert "ana's 1 entry" in decision.take_hub(at, conflict).consequence
        assert "ana on laptop-2, the hub" in queue.listing(at, "conflicts").rows[0].cells[6].text
        assert "ana on laptop-2" in plain(decision.panel(at, conflict, 80)[1])


class TestOneMoment:
    def test_the_last_entry_is_named_with_its_device(self) -> None:
        at, shown, found = shown_match(desks.lively(), 34)
        assert "last: Foxes +1 by ana (this laptop) 14:02:31  confirmed" in plain(
            detail.detail(at, shown, found, 80, 3)[1]
        )
        at, shown, found = shown_match(desks.lively(), 31)
        assert "by kim (laptop-7)" in plain(detail.detail(at, shown, found, 80, 3)[1])

    def test_the_states_of_rows(self) -> None:
        at, shown, found = shown_match(desks.lively(), 34)
        assert scores.status(at, shown, found) == ("* live", "live")
        at, shown, found = shown_match(desks.offline(), 34)
        assert scores.status(at, shown, found) == ("^ pend", "pending")
        assert scores.row(at, shown, found, frozenset()).cells[6].text == "^"
        at, shown, found = shown_match(desks.conflict(), 33)
        assert scores.status(at, shown, found) == ("! CONF", "conflict")
        assert scores.row(at, shown, found, frozenset()).cells[6].text == "!"

    def test_a_shoot_out_stands_beside_the_score(self) -> None:
        desk = desks.lively()
        desk.others(StartMatch(match(41)), CompleteMatch(match(41), Score(3, 4)), ago=0)
        at, shown, found = shown_match(desk, 41)
        cells = scores.row(at, shown, found, frozenset()).cells
        assert (cells[5].text, cells[6].text) == ("0-0p", "+")

    def test_empty_lists_say_so(self) -> None:
        at = scene(desks.lively())
        assert "No match for" in scores.board(at, scores.Choice(filter="zz")).message
        assert "Nothing needs attention" in scores.board(at, scores.Choice("attention")).message
        plan = league(2)
        nothing = Desk(type(plan)(plan.id, plan.name, plan.teams, plan.stages, ()))
        assert "No matches yet" in scores.board(scene(nothing), scores.Choice()).message
        assert "Nothing was refused" in queue.listing(at, "refused").message
        assert "No conflict waits" in queue.listing(at, "conflicts").message
        assert "in the other tabs" in queue.listing(scene(desks.offline()), "sending").message
        assert "last at 14:02:31" in queue.listing(at, "saved").message
        assert "Nothing waits" in queue.listing(scene(Desk()), "saved").message

    def test_the_tabs_of_the_queue_count(self) -> None:
        left, right = queue.summary(scene(desks.conflict()), "saved")
        assert plain(left) == " [Saved here 0]  Sending 0   Conflicts 1   Refused 0  "
        assert plain(right) == "confirmed 4 "

    def test_why_nothing_may_be_entered(self) -> None:
        desk = desks.lively()
        assert entry.may_write(scene(desk)) == ""
        assert "winner of M041 not known" in entry.obstacle(*shown_match(desk, 42))
        desk.role = "spectator"
        desk.connect("live")
        assert entry.obstacle(*shown_match(desk, 34)) == "You are signed in as viewer"
        desk.saving(can_save=False)
        assert entry.may_write(scene(desk)).startswith("Cannot save")
        told = status.banner(scene(desk))
        assert told is not None
        assert "CANNOT SAVE" in told.text

    def test_undo_knows_what_never_left(self) -> None:
        desk = desks.lively()
        at, shown, found = shown_match(desk, 34)
        assert entry.step_back(at, shown, found) == entry.Back(desk.queue[3].entry.id, False, "Foxes +1")
        assert entry.step_forward(at, found) is None
        desk.submit(Undo(match(34), desk.queue[3].entry.id))
        at, shown, found = shown_match(desk, 34)
        assert entry.step_forward(at, found) == Undo(match(34), desk.queue[4].entry.id)
        desk.connect("offline")
        desk.submit(home(34))
        back = entry.step_back(*shown_match(desk, 34))
        assert back is not None
        assert back.local
        assert entry.step_back(*shown_match(desk, 33)) is None

    def test_a_history_joins_log_and_queue(self) -> None:
        desk = desks.offline()
        at, shown, found = shown_match(desk, 34)
        lines = history.history(at, shown, found)
        assert [line.state for line in lines][:4] == [*["saved here, no hub yet"] * 3, "confirmed"]
        assert [cell.text for cell in history.row(at, lines[-1]).cells] == [
            "14:02:31",
            "Otters +1",
            "1-0",
            "confirmed",
            "41 ms",
            "ana, this laptop",
        ]
        desk.withdraw(desk.queue[-1].entry.id)
        at, shown, found = shown_match(desk, 34)
        dim = history.history(at, shown, found)[0]
        assert (dim.state, history.row(at, dim).cells[1].role) == ("withdrawn", "dim")
        conflict = history.history(*shown_match(desks.conflict(), 33))[0]
        assert conflict.state == "conflict: decide it in 6 Queue"
        undone = desks.lively()
        undone.submit(Undo(match(34), undone.queue[0].entry.id))
        assert history.history(*shown_match(undone, 34))[-1].state == "undone"
        official = history.history(*shown_match(desks.lively(), 31))[0]
        assert official.state == "official"

    def test_a_conflict_is_on_the_banner(self) -> None:
        told = status.banner(scene(desks.conflict()))
        assert told is not None
        assert told.text == " ! 1 CONFLICT  M033 Norrköping 1 [A] +1 is held  6 to look"
        slow = desks.lively()
        slow.connect("slow")
        told = status.banner(scene(slow))
        assert told is not None
        assert told.text.startswith(" ~ SLOW LINK 1.8 s")

    def test_states_without_a_word_of_their_own_wait(self) -> None:
        queued = desks.offline().view.queue[-1]
        assert words.waits(replace(queued, state="sending"), connected=True) == "sending"
