"""The ledger: one effect per id, whatever arrives, in whichever order and however often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from core.domain.adoption import pack_copy
from core.domain.commands import AddScore, Broadcast, CreateTournament, Entry, Notify, ReviveTournament, Undo
from core.domain.ids import (
    CommandId,
    DeviceId,
    Epoch,
    MatchId,
    TeamId,
    TournamentId,
    team_room,
    tournament_room,
)
from core.domain.reduce import fold
from core.domain.state import Position
from core.errors import BadLog, Malformed
from core.hub.judging.ledger import MAX_ID, Contradicted, Known, Ledger, Repeated, Ruling, digest
from core.hub.judging.recollection import Witness
from core.wire.offers import Bring, Offer
from tests.support.tournaments import EPOCH, NOON, entry, league, match, point

if TYPE_CHECKING:
    from core.domain.answers import Answer
    from core.domain.events import Event

PLAN = league()
T = PLAN.id
M1 = match(PLAN, 1)


def begun() -> Ledger:
    """Return a ledger that holds one tournament, seq 1."""
    ledger = Ledger(lambda: EPOCH)
    assert submit(ledger, entry(T, CreateTournament(PLAN), id="plan")).outcome == "accepted"
    return ledger


def submit(ledger: Ledger, made: Entry) -> Answer:
    """Submit an entry that must be answered, and return the answer."""
    judgement = ledger.submit(made, NOON)
    assert not isinstance(judgement, Contradicted)
    return judgement.answer


def scored(number: int, team: str = "a", *, device: str = "laptop-1") -> Entry:
    return entry(T, point(PLAN, 1, team), id=f"p{number}", device=device)


def home_score(ledger: Ledger) -> int:
    state = ledger.state(T)
    assert state is not None
    return state.matches[M1].score.home


def test_a_new_entry_is_sequenced_and_its_answer_carries_its_events() -> None:
    ledger = begun()
    answer = submit(ledger, scored(1))
    assert (answer.outcome, answer.epoch, answer.seq, answer.version) == ("accepted", EPOCH, 3, 2)
    assert [event.seq for event in answer.events] == [2, 3]
    assert home_score(ledger) == 1


def test_the_same_id_ten_times_is_one_point_and_ten_times_the_same_answer() -> None:
    ledger = begun()
    first = submit(ledger, scored(1))
    for _ in range(9):
        assert ledger.submit(scored(1), NOON + timedelta(hours=1)) == Repeated(first)
    assert home_score(ledger) == 1


def test_two_equal_points_are_two_points() -> None:
    ledger = begun()
    assert submit(ledger, scored(1)).seq < submit(ledger, scored(2)).seq
    assert home_score(ledger) == 2


def test_a_known_id_with_another_content_is_reported_and_changes_nothing() -> None:
    ledger = begun()
    submit(ledger, scored(1))
    judgement = ledger.submit(replace(scored(1), by="Eve"), NOON)
    assert isinstance(judgement, Contradicted)
    assert judgement.id == "p1"
    assert home_score(ledger) == 1


def test_a_refused_entry_stays_refused_though_it_could_count_now() -> None:
    ledger = Ledger(lambda: EPOCH)
    early = submit(ledger, scored(1))
    assert (early.outcome, early.seq, early.epoch) == ("refused", 0, "")
    submit(ledger, entry(T, CreateTournament(PLAN), id="plan"))
    assert submit(ledger, scored(1)) is early
    assert home_score(ledger) == 0


def test_an_entry_behind_anothers_is_held_with_the_reason() -> None:
    ledger = begun()
    submit(ledger, scored(1))
    answer = submit(ledger, scored(2, device="laptop-2"))
    assert answer.outcome == "held"
    assert answer.events
    assert "laptop-1" in answer.reason
    assert home_score(ledger) == 1


def test_a_message_to_all_is_on_no_match() -> None:
    answer = submit(begun(), entry(T, Notify("Lunch"), id="n1"))
    assert (answer.outcome, answer.version) == ("accepted", 0)


def test_each_tournament_has_an_epoch_and_seqs_of_its_own() -> None:
    epochs = iter((Epoch("first"), Epoch("second")))
    ledger = Ledger(lambda: next(epochs))
    other = league(name="other")
    assert submit(ledger, entry(T, CreateTournament(PLAN), id="plan")).epoch == "first"
    assert submit(ledger, entry(other.id, CreateTournament(other), id="plan-2")).epoch == "second"
    assert submit(ledger, scored(1)).seq == 3


def test_a_tournament_is_created_once() -> None:
    ledger = begun()
    again = submit(ledger, entry(T, CreateTournament(PLAN), id="plan-again"))
    assert again.outcome == "refused"
    assert again.epoch == EPOCH


def test_an_undo_that_overtakes_its_entry_withdraws_it() -> None:
    ledger = begun()
    undo = ledger.submit(entry(T, Undo(M1, CommandId("p1")), id="u1"), NOON)
    assert isinstance(undo, Ruling)
    assert undo.answer.outcome == "accepted"
    assert undo.withdrawn is not None
    late = ledger.submit(scored(1), NOON)
    assert late == Repeated(undo.withdrawn)
    assert undo.withdrawn.outcome == "withdrawn"
    assert home_score(ledger) == 0


def test_an_undo_of_a_known_entry_takes_its_points_off() -> None:
    ledger = begun()
    submit(ledger, scored(1))
    assert submit(ledger, entry(T, Undo(M1, CommandId("p1")), id="u1")).events
    assert home_score(ledger) == 0


@pytest.mark.parametrize(
    "undo",
    [
        Undo(M1, CommandId("u1")),
        Undo(M1, CommandId("")),
        Undo(MatchId(f"{T}.m999"), CommandId("p1")),
    ],
)
def test_an_undo_that_names_nothing_possible_is_refused(undo: Undo) -> None:
    ledger = begun()
    assert submit(ledger, entry(T, undo, id="u1")).outcome == "refused"
    assert ledger.answer(CommandId("p1")) is None


def test_an_undo_in_a_tournament_that_is_not_here_is_refused() -> None:
    assert submit(Ledger(lambda: EPOCH), entry(T, Undo(M1, CommandId("p1")), id="u1")).outcome == "refused"


def test_answers_are_kept_by_id() -> None:
    ledger = begun()
    answer = submit(ledger, scored(1))
    assert ledger.answer(CommandId("p1")) is answer
    assert ledger.answer(CommandId("p2")) is None


def test_answers_that_are_in_the_log_are_asked_for_there() -> None:
    log: dict[CommandId, Known] = {}
    ledger = Ledger(lambda: EPOCH, recall=log.get)
    for made in (entry(T, CreateTournament(PLAN), id="plan"), scored(1)):
        log[made.id] = Known(submit(ledger, made), digest(made))
    ledger.forget()
    assert ledger.submit(scored(1), NOON) == Repeated(log[CommandId("p1")].answer)
    log.clear()
    assert ledger.answer(CommandId("p1")) is None, "it is kept nowhere else"


def test_a_ledger_made_from_its_log_goes_on_where_the_first_one_was() -> None:
    first = begun()
    log: list[Event] = []
    known = []
    for made in (entry(T, CreateTournament(PLAN), id="plan"), scored(1), scored(2)):
        answer = submit(first, made)
        log.extend(answer.events)
        known.append(Known(answer, digest(made)))
    second = Ledger(lambda: EPOCH, [fold(log, EPOCH)], {one.answer.id: one for one in known}.get)
    assert second.state(T) == first.state(T)
    assert second.submit(scored(1), NOON) == Repeated(known[1].answer)
    assert submit(second, scored(3)) == submit(first, scored(3))


def test_received_times_never_go_back() -> None:
    ledger = begun()
    submit(ledger, scored(1))
    judgement = ledger.submit(scored(2), NOON - timedelta(hours=1))
    assert isinstance(judgement, Ruling)
    assert judgement.answer.events[0].received_at == NOON


def test_what_rights_refuse_is_held_with_the_reason_and_counts_nowhere() -> None:
    ledger = begun()
    judgement = ledger.submit(scored(1), NOON, "", "this code has expired")
    assert isinstance(judgement, Ruling)
    assert (judgement.answer.outcome, judgement.answer.reason) == ("held", "this code has expired")
    state = ledger.state(T)
    assert state is not None
    assert [(held.entry.id, held.reason, held.against) for held in state.matches[M1].held] == [
        ("p1", "this code has expired", ())
    ]
    assert home_score(ledger) == 0


def test_whose_rights_are_gone_takes_back_nothing_that_has_not_come() -> None:
    ledger = begun()
    ledger.submit(entry(T, Undo(M1, CommandId("p1")), id="u"), NOON, "", "this code has expired")
    assert submit(ledger, scored(1)).outcome == "accepted"


def test_what_rights_refuse_on_no_match_is_refused() -> None:
    ledger = begun()
    judgement = ledger.submit(entry(T, Notify("Lunch"), id="n"), NOON, "", "this code has expired")
    assert isinstance(judgement, Ruling)
    assert (judgement.answer.outcome, judgement.answer.reason) == ("refused", "this code has expired")


def test_who_brought_an_entry_stands_in_its_events() -> None:
    judgement = begun().submit(scored(1), NOON, "Bo")
    assert isinstance(judgement, Ruling)
    assert {event.deliverer for event in judgement.answer.events} == {"Bo"}


@pytest.mark.parametrize(
    "made",
    [
        replace(scored(1), id=CommandId("")),
        replace(scored(1), id=CommandId("x" * (MAX_ID + 1))),
        replace(scored(1), device=DeviceId("a\x1b[2J")),
        replace(scored(1), tournament=TournamentId("")),
        replace(scored(1), entered_at=NOON.replace(tzinfo=None)),
        replace(scored(1), command=AddScore(M1, TeamId("a"), 1 << 70)),
    ],
)
def test_what_cannot_stand_in_a_log_is_malformed(made: Entry) -> None:
    ledger = begun()
    with pytest.raises(Malformed):
        ledger.submit(made, NOON)
    assert home_score(ledger) == 0


def test_a_broadcast_to_some_is_answered_and_stands_in_their_rooms_own_log() -> None:
    ledger = begun()
    reds, blues = (team_room(T, TeamId(team)) for team in ("a", "b"))
    said = []
    for number, room in enumerate((reds, blues, reds)):
        ruling = ledger.submit(entry(T, Broadcast(room, "lunch"), id=f"b{number}"), NOON)
        assert isinstance(ruling, Ruling)
        assert ruling.said is not None
        assert (ruling.answer.outcome, ruling.answer.seq, ruling.answer.events) == ("accepted", 0, ())
        said.append((ruling.said.room, ruling.said.event.seq))
    assert said == [(reds, 1), (blues, 1), (reds, 2)]
    assert submit(ledger, scored(1)).seq == 3, "the tournament's own log has no gap"
    assert isinstance(ledger.submit(entry(T, Broadcast(reds, "lunch"), id="b0"), NOON), Repeated)


def test_a_broadcast_to_everybody_is_an_event_of_the_tournament() -> None:
    ruling = begun().submit(entry(T, Broadcast(tournament_room(T), "lunch"), id="b1"), NOON)
    assert isinstance(ruling, Ruling)
    assert (ruling.said, ruling.answer.seq) == (None, 2)


SEEN = Position(EPOCH, 9, CommandId("p9"))


def lost() -> tuple[Ledger, tuple[Event, ...]]:
    """Return a ledger whose log lacks an entry that a client saw, and that entry's events."""
    whole, short = begun(), begun()
    for ledger in (whole, short):
        submit(ledger, scored(1))
    return short, submit(whole, scored(2)).events


def test_a_client_that_saw_more_has_an_epoch_begin_once() -> None:
    ledger, _ = lost()
    ledger._make_epoch = lambda: Epoch("e2")
    ruling = ledger.receive_offer(Offer(T, SEEN), NOON, "Zoe", DeviceId("d"), differs=False)
    assert ruling is not None
    assert ruling.begins
    state = ledger.state(T)
    assert state is not None
    assert state.position == Position(Epoch("e2"), 1, ruling.answer.id)
    assert ledger.receive_offer(Offer(T, SEEN), NOON, "Zoe", DeviceId("d"), differs=False) is None
    unknown = Offer(TournamentId("other"), SEEN)
    assert ledger.receive_offer(unknown, NOON, "Zoe", DeviceId("d"), differs=False) is None


def test_an_adopted_entry_is_known_with_its_answer_whoever_sends_it() -> None:
    ledger, events = lost()
    ledger._make_epoch = lambda: Epoch("e2")
    ledger.receive_offer(Offer(T, SEEN), NOON, "Zoe", DeviceId("d"), differs=False)
    bring = Bring(T, EPOCH, events)
    [ruling] = ledger.adopt(bring, {}, NOON, "Zoe")
    assert home_score(ledger) == 2
    assert ruling.filed == tuple((EPOCH, event) for event in events)
    assert ledger.submit(scored(2), NOON) == Repeated(ruling.answer)
    assert ledger.adopt(bring, {}, NOON, "Zoe") == []
    assert ledger.adopt(Bring(TournamentId("other"), EPOCH, events), {}, NOON, "Zoe") == []


def test_entries_that_only_a_copy_names_are_known() -> None:
    ledger = begun()
    submit(ledger, scored(1))
    submit(ledger, entry(T, point(PLAN, 1, "a"), id="h", device="laptop-2"))
    state = ledger.state(T)
    assert state is not None
    fresh = Ledger(lambda: Epoch("e2"))
    revive = entry(T, ReviveTournament(pack_copy(state)), id="revive")
    assert submit(fresh, revive).outcome == "accepted"
    assert submit(fresh, scored(1)).outcome == "accepted"
    assert submit(fresh, entry(T, point(PLAN, 1, "a"), id="h", device="laptop-2")).outcome == "held"
    assert home_score(fresh) == 1
    # Made again from its own log, the ledger knows them from the copy, and what the log has goes before.
    submit(fresh, scored(2))
    assert submit(fresh, entry(T, point(PLAN, 1, "a"), id="h2", device="laptop-3")).outcome == "held"
    state = fresh.state(T)
    assert state is not None
    answered = Known(submit(ledger, scored(1)), b"")
    again = Ledger(lambda: Epoch("e3"), [state], {CommandId("p1"): answered}.get)
    assert again.answer(CommandId("h")) == fresh.answer(CommandId("h"))
    assert again.answer(CommandId("p1")) == answered.answer
    assert [again.answer(CommandId(id)) for id in ("p2", "h2")] == [None] * 2, "they are no part of the copy"


def test_what_a_copy_names_is_forgotten_with_its_epoch_by_a_rewind() -> None:
    ledger = begun()
    submit(ledger, scored(1))
    state = ledger.state(T)
    assert state is not None
    fresh = Ledger(lambda: Epoch("e2"))
    mark = fresh.mark()
    submit(fresh, entry(T, ReviveTournament(pack_copy(state)), id="revive"))
    assert fresh.answer(CommandId("p1")) is not None
    fresh.rewind(mark)
    assert fresh.answer(CommandId("p1")) is None


def ruled(ledger: Ledger, made: Entry) -> Ruling:
    judgement = ledger.submit(made, NOON)
    assert isinstance(judgement, Ruling)
    return judgement


def test_what_was_judged_since_a_mark_is_judged_anew_after_a_rewind() -> None:
    ledger = begun()
    said = Broadcast(team_room(T, TeamId("a")), "cheer", '"up"')
    ruled(ledger, entry(T, said, id="b1"))
    mark = ledger.mark()
    first = [ruled(ledger, made) for made in (scored(1), entry(T, said, id="b2"))]
    undo = entry(T, Undo(M1, CommandId("never")), id="u1")
    assert ruled(ledger, undo).withdrawn is not None
    ledger.rewind(mark)
    assert [ledger.answer(CommandId(id)) for id in ("p1", "b2", "u1", "never")] == [None] * 4
    assert ledger.answer(CommandId("b1")) is not None
    assert home_score(ledger) == 0
    assert [ruled(ledger, made) for made in (scored(1), entry(T, said, id="b2"))] == first


def test_a_ledger_that_follows_another_answers_and_stands_as_that_one() -> None:
    there, here = Ledger(lambda: EPOCH), Ledger(lambda: EPOCH)
    entries = [
        entry(T, CreateTournament(PLAN), id="plan"),
        scored(1),
        entry(T, Undo(M1, CommandId("never")), id="u1"),
        entry(T, AddScore(MatchId("league.m099"), TeamId("a"), 1), id="refused"),
        entry(TournamentId("nowhere"), point(PLAN, 1, "a"), id="lost"),
    ]
    here.follow([ruled(there, made) for made in entries])
    assert here.positions == there.positions
    assert here.state(T) == there.state(T)
    for made in entries:
        assert here.submit(made, NOON) == there.submit(made, NOON)
    assert isinstance(here.submit(entry(T, point(PLAN, 1, "b"), id="p1"), NOON), Contradicted)
    assert submit(here, scored(2)) == submit(there, scored(2))


def test_a_ledger_that_follows_keeps_the_first_answer_to_an_id() -> None:
    there, here = begun(), begun()
    first = submit(here, entry(TournamentId("nowhere"), point(PLAN, 1, "a"), id="p1"))
    here.follow([ruled(there, scored(1))])
    assert here.answer(CommandId("p1")) == first
    assert here.positions == there.positions


def test_a_ledger_follows_into_a_new_epoch_and_past_what_is_only_filed() -> None:
    there, here = begun(), begun()
    there._make_epoch = lambda: Epoch("e2")
    ruling = there.receive_offer(Offer(T, SEEN), NOON, "Zoe", DeviceId("d"), differs=False)
    assert ruling is not None
    assert ruling.begins
    here.follow([ruling])
    assert here.state(T) == there.state(T)
    filed = replace(ruling.answer, id=CommandId("old"), epoch=Epoch("older"))
    here.follow([Ruling(T, filed, b"")])
    assert here.state(T) == there.state(T)


def test_events_that_do_not_go_on_from_here_are_not_followed() -> None:
    there, here = begun(), begun()
    submit(there, scored(1))
    later = ruled(there, scored(2))
    with pytest.raises(BadLog):
        here.follow([later])


def test_an_epoch_that_its_owner_begins_names_its_parent_and_says_why() -> None:
    epochs = iter([EPOCH, Epoch("e2")])
    ledger = Ledger(lambda: next(epochs))
    submit(ledger, entry(T, CreateTournament(PLAN), id="plan"))
    submit(ledger, scored(1))
    before = ledger.state(T)
    assert before is not None
    ruling = ledger.begin_epoch(T, 9, Witness(NOON, "Zoe", DeviceId("hub")), "restored")
    state = ledger.state(T)
    assert state is not None
    (past,) = state.past
    assert (ruling.begins, ruling.answer.epoch, past.epoch, past.after, past.seen) == (
        True,
        "e2",
        EPOCH,
        3,
        9,
    )
    assert [(event.by, event.why) for event in ruling.answer.events] == [("Zoe", "restored")]
    assert ledger.answer(CommandId("p1")) is not None
