"""The selectors of Scores, Entry, status bar and plain output: what they say at one moment of the view."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from core.domain.commands import (
    AddScore,
    CompleteMatch,
    ForfeitMatch,
    Notify,
    Score,
    SetScore,
    StartMatch,
    Undo,
)
from core.domain.ids import Epoch, MatchId, TeamId, TournamentId
from core.domain.state import Past
from core.wire.messages import Listing
from tests.support import desks
from tests.support.console import Desk
from tests.support.desks import home, match, scene, shown_match
from tests.support.tournaments import EPOCH, league
from tui.selectors import detail, entry, history, queue, scores, status, words
from tui.selectors.cells import Run, length, plain
from tui.selectors.link import Watch
from tui.selectors.scene import followed, only_figures

if TYPE_CHECKING:
    from core.realtime.view import LinkState
    from tui.selectors.scene import Scene


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
        assert "n makes one here" in scores.board(scene(Desk()), scores.Choice()).message
        desk = Desk(online=False)
        assert "Trying again in 4 s" in scores.board(scene(desk), scores.Choice()).message
        desk.connect("connecting", next_try_at=None)
        assert "Trying now" in scores.board(scene(desk), scores.Choice()).message
        just_begun = replace(scene(desk), watch=Watch())
        assert scores.board(just_begun, scores.Choice()).message == "Opening ..."

    def test_rows_keep_their_order_and_new_ones_come_last(self) -> None:
        one, two, three = (MatchId(name) for name in "abc")
        assert scores.keep_order((two, one), (one, two, three)) == (two, one, three)
        assert scores.keep_order((two, one), (one,)) == (one,)

    def test_the_summary_says_of_when_the_data_is(self) -> None:
        desk = desks.offline()
        choice = scores.Choice(filter="x")

        def told(at: Scene, choice: scores.Choice, width: int = 120) -> str:
            return plain(scores.summary(at, scores.board(at, choice), choice, width)).rstrip()

        assert told(scene(desk), choice).endswith("as of 14:02:39  filter: x  sort: court")
        assert told(scene(desk), choice, 80).endswith("as of 14:02:39  filter: x")
        assert told(scene(desk), choice, 60).endswith("Attention 0  as of 14:02:39")
        shown = replace(desk.view.tournaments[desks.SPRING], as_of=None)
        at = scene(desk, view=replace(desk.view, tournaments={desks.SPRING: shown}))
        assert "as of" not in told(scene(desks.lively()), scores.Choice())
        assert "as of never" in told(at, choice)

    def test_a_slow_link_marks_live_rows(self) -> None:
        desk = desks.lively()
        desk.connect("slow")
        at, shown, found = shown_match(desk, 33)
        assert scores.status(at, shown, found) == ("~ slow", "slow")

    def test_what_is_not_back_at_the_hub_is_marked_as_kept_here(self) -> None:
        at, shown, found = shown_match(desks.lively(), 33)
        kept = replace(shown, kept=frozenset({found.id}))
        assert scores.status(at, kept, found) == ("^ kept", "pending")
        assert Run("^", "pending") in scores.row(at, kept, found, frozenset()).cells

    def test_an_entry_in_a_match_that_never_started_has_no_age(self) -> None:
        at, shown, found = shown_match(desks.lively(), 41)
        row = scores.row(at, shown, found, frozenset({found.id}))
        assert row.sign == "x"
        assert [cell.text for cell in row.cells[-3:]] == ["-", "-", ""]

    def test_a_match_whose_data_cannot_be_shown_keeps_its_row(self) -> None:
        _, _, found = shown_match(desks.lively(), 41)
        row = scores.bad_row(found)
        assert row.key == found.id
        assert "".join(cell.text for cell in row.cells) == "M041data error"


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
        assert model.obstacle == "This match is final. V reopens it,  = corrects it"
        desk.role = "moderator"
        desk.connect("live")
        assert entry.obstacle(*shown_match(desk, 41)) == "This match is final. Ops can reopen it"

    def test_a_match_that_waits_for_another_says_for_which(self) -> None:
        assert (
            entry.obstacle(*shown_match(desks.lively(), 42)) == "Cannot start yet: winner of M041 not known"
        )

    @pytest.mark.parametrize(("height", "told"), [(23, ""), (24, entry.SAFE), (40, entry.SAFE + entry.ALONE)])
    def test_what_may_be_relied_on_stands_where_there_is_room(self, height: int, told: str) -> None:
        lines = entry.promise(entry.model(*shown_match(desks.lively(), 34)), 120, height)
        assert "".join("".join(plain(line).split()) for line in lines) == "".join(told.split())

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
        desk.role = "spectator"
        desk.connect("live")
        assert not entry.also_scoring(*shown_match(desk, 33)[::2])

    def test_nobody_scores_a_finished_match(self) -> None:
        desk = desks.lively()
        desk.others(home(33), CompleteMatch(match(33)), ago=0)
        assert not entry.also_scoring(*shown_match(desk, 33)[::2])


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
        assert bar(desk, 40) == " * LIVE  42ms | queue 0        14:02:39 "
        assert bar(desks.offline(), 40) == " o OFFLINE 00:42 | queue 3     14:03:21 "

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

    def test_what_nobody_brought_back_is_counted(self) -> None:
        here = scene(desks.lively())
        assert here.shown is not None
        past = (Past(Epoch("e0"), 10, 14), Past(Epoch("e1"), 3, 3))
        shown = replace(here.shown, confirmed=structs.replace(here.shown.confirmed, past=past))
        view = replace(here.view, tournaments={**here.view.tournaments, shown.confirmed.id: shown})
        assert plain(status.queue(replace(here, view=view))) == "queue 0 missing 4"

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
        assert told.text == " ! SIGN IN AGAIN  Your entries stay saved here (0)  i sign in"

    def test_a_muted_bell_is_shown(self) -> None:
        assert "muted" in bar(desks.lively(), muted=True)


class TestOneMoment:
    def test_figures_of_the_links_wait_for_the_next_tick_and_nothing_else_does(self) -> None:
        desk = desks.lively()
        before = desk.view
        desk.tick(1)
        assert only_figures(before, desk.view)
        desk.connect("slow")
        assert not only_figures(before, desk.view)
        before = desk.view
        desk.others(home(34), ago=0)
        assert not only_figures(before, desk.view)

    def test_a_forfeit_says_who_and_how_much(self) -> None:
        desk = desks.lively()
        of = desk.match("m036")
        assert of.home.team is not None
        desk.others(ForfeitMatch(of.id, of.home.team, "no_show"), ago=0)
        at, shown, found = shown_match(desk, 36)
        line = history.history(at, shown, found)[0]
        name = words.side(shown.projected, found, "home")
        assert (line.what, line.score) == (f"{name}: no-show", "0-3")

    def test_the_tournament_that_stays_is_left_when_it_is_finished(self) -> None:
        desk = desks.lively()
        at = scene(desk)
        assert followed(at) == desks.SPRING
        listing = Listing(TournamentId("other"), "Other", EPOCH, 1)
        unknown = replace(at, view=replace(at.view, directory=(listing,)))
        assert followed(unknown) is None
        assert followed(replace(unknown, tournament=desks.SPRING)) == desks.SPRING
        shown = at.view.tournaments[desks.SPRING]
        over = replace(shown, confirmed=structs.replace(shown.confirmed, status="finished"))
        assert followed(replace(at, view=replace(at.view, tournaments={desks.SPRING: over}))) is None
        assert followed(scene(Desk())) is None

    def test_nothing_but_glyphs_is_in_a_line(self) -> None:
        assert Run("a\x1b[2J\u202eb").text == "a?[2J?b"

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
        told = plain(queue.summary(scene(desks.conflict()), "saved", 80))
        assert told.startswith(" [Saved here 0]  Sending 0   Conflicts 1   Refused 0  ")
        assert told.endswith("confirmed 4 ")
        assert "confirmed" not in plain(queue.summary(scene(desks.conflict()), "saved", 60))
        offline = scene(desks.offline())
        assert "oldest waits 12s   confirmed 4" in plain(queue.summary(offline, "saved", 120))
        assert "oldest" not in plain(queue.summary(offline, "saved", 80))

    def test_the_queue_lists_what_was_sent_last(self) -> None:
        told = [plain(line).strip() for line in queue.answered(scene(desks.lively()), 120, 3)]
        assert told[0] == "Sent last"
        assert [line.split()[1] for line in told[1:]] == ["#4", "#3"]
        assert "Foxes +1" in told[1]
        assert told[1].endswith("confirmed     41 ms")
        assert queue.answered(scene(Desk()), 120, 6) == ()
        assert queue.answered(scene(desks.lively()), 120, 1) == ()

    def test_why_nothing_may_be_entered(self) -> None:
        desk = desks.lively()
        assert entry.forbids(scene(desk)) == ""
        assert "winner of M041 not known" in entry.obstacle(*shown_match(desk, 42))
        desk.role = "spectator"
        desk.connect("live")
        assert entry.obstacle(*shown_match(desk, 34)) == "You are signed in as viewer"
        desk.saving(can_save=False)
        assert entry.forbids(scene(desk)).startswith("Cannot save")
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
        assert conflict.state == "conflict: ! to decide"
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
