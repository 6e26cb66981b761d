"""A hub whose log lacks what clients saw: it begins a new epoch, and is brought back what it lost."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import httpx
import pytest

from core.domain.adoption import pack_copy
from core.domain.commands import Base, CloseMissing, CreateTournament, ReviveTournament, Undo
from core.domain.files.export import PastLog, read_past
from core.domain.ids import CommandId, Epoch, RoomId
from core.domain.reduce import fold
from core.domain.state import Position
from core.wire.messages import Answers, Directory, Events, Join, Replay, Snapshot, Submit
from core.wire.offers import Ancestor, Bring, Offer, Want
from tests.support.hub import HubProcess, TestClient
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.domain.events import Event
    from core.domain.state import Tournament

PLAN = league(4)
T = PLAN.id
ROOM = RoomId(f"tournament:{T}")
M1, M2 = match(PLAN, 1), match(PLAN, 2)


class Evening:
    """A hub that was put back to an earlier copy of its data folder."""

    def __init__(self, hub: HubProcess, old: tuple[Event, ...], epoch: Epoch) -> None:
        self.hub = hub
        self.old = old
        """The whole log of the first epoch, with what the hub has lost."""
        self.epoch = epoch
        self.seen = Position(epoch, old[-1].seq, old[-1].command)


def enter(hub: HubProcess, count: int, number: int = 1, prefix: str = "p") -> tuple[Event, ...]:
    """Enter points for team a of a match, each by an entry of its own."""
    made = [
        entry(T, point(PLAN, number, _home(number)), id=f"{prefix}{one}", device=f"desk-{number}")
        for one in range(count)
    ]
    return tuple(event for answer in hub.post(*made) for event in answer.events)


def _home(number: int) -> str:
    team = PLAN.fixtures[number - 1].home.team
    assert team is not None
    return team


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Event, ...], Epoch]:
    """Play an evening; return an early copy of the hub's data folder, and the whole log."""
    folder = tmp_path_factory.mktemp("played")
    with HubProcess(folder / "data") as hub:
        [created] = hub.post(entry(T, CreateTournament(PLAN), id="plan"))
        old = [*created.events, *enter(hub, 2)]
        hub.stop()
        shutil.copytree(folder / "data", folder / "backup")
        hub.start()
        old += [*enter(hub, 3, prefix="q"), *enter(hub, 2, number=2, prefix="r")]
    return folder / "backup", tuple(old), created.epoch


@pytest.fixture
def evening(lost: tuple[Path, tuple[Event, ...], Epoch], tmp_path: Path) -> Iterator[Evening]:
    backup, old, epoch = lost
    shutil.copytree(backup, tmp_path / "backup")
    shutil.copytree(backup, tmp_path / "data")
    with HubProcess(tmp_path / "data") as hub:
        yield Evening(hub, old, epoch)


def shown(client: TestClient, seen: Position) -> Snapshot:
    """Join with a position that the hub has lost, and return the snapshot of the epoch that begins."""
    client.send(Join(ROOM, seen))
    first = client.expect(Snapshot)
    assert first.state.position.epoch == seen.epoch
    return client.expect(Snapshot)


def bring(client: TestClient, evening: Evening, state: Tournament) -> tuple[Tournament, list[Event]]:
    """Offer and bring everything that a client has of the first epoch."""
    client.send(Offer(T, evening.seen, ((1, evening.seen.seq),)))
    want = client.expect(Want)
    asked = [event for event in evening.old if any(a <= event.seq <= z for a, z in want.spans)]
    client.send(Bring(T, evening.epoch, tuple(asked)))
    adopted: list[Event] = []
    while len(adopted) < len(asked):
        adopted += client.expect(Events).events
    return fold(adopted, state.position.epoch, state), adopted


def test_a_hub_put_back_to_an_old_copy_begins_a_new_epoch_that_names_its_parent(evening: Evening) -> None:
    with TestClient.open(evening.hub) as client:
        state = shown(client, evening.seen).state
    [past] = state.past
    assert (past.epoch, past.after, past.seen) == (evening.epoch, 4, evening.seen.seq)
    assert state.position.epoch != evening.epoch
    assert state.matches[M1].score.home == 2
    assert past.missing == ((5, evening.seen.seq),)


def test_everything_lost_comes_back_once_as_it_was_and_names_its_bringer(evening: Evening) -> None:
    with TestClient.open(evening.hub, "desk-9", "Zoe") as client:
        state, adopted = bring(client, evening, shown(client, evening.seen).state)
        first = adopted[0]
        assert (first.by, first.deliverer, first.entered_at) == ("Ann", "Zoe", evening.old[4].entered_at)
        # A second client brings the same.
        with TestClient.open(evening.hub, "desk-8") as other:
            other.send(Offer(T, evening.seen, ((1, evening.seen.seq),)))
            assert other.expect(Want).spans == ()
            other.send(Bring(T, evening.epoch, evening.old))
            other.send(Submit((entry(T, point(PLAN, 1, "a"), id="new", device="desk-1"),)))
            answer = other.expect(Answers).answers[0]
            assert answer.seq == state.position.seq + 1
    exported = httpx.get(f"{evening.hub.http}/v1/tournaments/{T}/export").content
    assert read_past(exported) == (PastLog(evening.epoch, evening.old),)
    assert state.matches[M1].score.home == 5
    assert state.matches[M2].score.home == 2
    assert state.past[0].missing == ()


def test_an_id_that_was_adopted_counts_once_whoever_sends_it_again(evening: Evening) -> None:
    with TestClient.open(evening.hub) as client:
        state, _ = bring(client, evening, shown(client, evening.seen).state)
        client.send(Submit((entry(T, point(PLAN, 1, "a"), id="q0", device="desk-1"),)))
        [answer] = client.expect(Answers).answers
    assert (answer.outcome, answer.epoch) == ("accepted", state.position.epoch)
    assert answer.seq <= state.position.seq


def test_an_entry_judged_anew_before_its_old_event_comes_counts_once(evening: Evening) -> None:
    with TestClient.open(evening.hub) as client:
        shown(client, evening.seen)
        client.send(Submit((entry(T, point(PLAN, 1, "a"), id="q0", device="desk-1"),)))
        client.expect(Answers)
        client.send(Join(ROOM))
        snapshot = client.expect(Snapshot)
        state, _ = bring(client, evening, snapshot.state)
    assert state.matches[M1].score.home == 5


def test_adopted_entries_survive_a_restart_and_can_be_undone(evening: Evening) -> None:
    hub = evening.hub
    with TestClient.open(hub) as client:
        state, _ = bring(client, evening, shown(client, evening.seen).state)
    hub.restart()
    with TestClient.open(hub) as client:
        client.send(Join(ROOM))
        again = client.expect(Snapshot).state
        assert again.matches == state.matches
        assert again.past == state.past
        base = Base(again.position.epoch, again.matches[M1].version)
        undo = entry(T, Undo(M1, CommandId("q2")), id="u", device="desk-1", base=base)
        client.send(Submit((undo,)))
        assert client.expect(Answers).answers[0].outcome == "accepted"
        after = fold(client.expect(Events).events, again.position.epoch, again)
    assert after.matches[M1].score.home == 4


def test_what_counted_meanwhile_and_would_have_been_held_makes_the_old_one_a_conflict(
    evening: Evening,
) -> None:
    with TestClient.open(evening.hub) as client:
        state = shown(client, evening.seen).state
        base = Base(state.position.epoch, 0)
        client.send(Submit((entry(T, point(PLAN, 1, "a"), id="mine", device="desk-7", base=base),)))
        assert client.expect(Answers).answers[0].outcome == "accepted"
        client.send(Join(ROOM))
        state, _ = bring(client, evening, client.expect(Snapshot).state)
    assert state.matches[M1].score.home == 3
    assert [held.entry.id for held in state.matches[M1].held] == ["q0", "q1", "q2"]
    assert state.matches[M1].held[0].against == ("mine",)
    assert state.matches[M2].score.home == 2


def test_two_contents_for_one_position_are_a_conflict(evening: Evening) -> None:
    # Somebody who knew nothing wrote on before anybody showed the longer log.
    other = entry(T, point(PLAN, 1, "a"), id="fork", device="desk-7")
    [answer] = evening.hub.post(other)
    assert answer.epoch == evening.epoch
    assert answer.outcome == "held"
    with TestClient.open(evening.hub) as client:
        state = shown(client, evening.seen).state
        client.send(Offer(T, evening.seen, ((1, evening.seen.seq),), forked=True))
        want = client.expect(Want)
        assert want.spans == ((1, evening.seen.seq),)
        client.send(Bring(T, evening.epoch, evening.old))
        while state.past[0].missing:
            state = fold(client.expect(Events).events, state.position.epoch, state)
    held = [one.entry.id for one in state.matches[M1].held]
    assert held == ["fork", "q0"]
    assert state.matches[M1].score.home == 4


def test_missing_positions_are_shown_until_a_person_closes_them(evening: Evening) -> None:
    with TestClient.open(evening.hub) as client:
        state = shown(client, evening.seen).state
        client.send(Bring(T, evening.epoch, (evening.old[5], evening.old[4])))
        state = fold(client.expect(Events).events, state.position.epoch, state)
        assert state.past[0].missing == ((7, evening.seen.seq),)
        client.send(Submit((entry(T, CloseMissing(evening.epoch, evening.seen.seq), id="close"),)))
        state = fold(client.expect(Events).events, state.position.epoch, state)
    assert state.past[0].missing == ()
    assert state.matches[M1].score.home == 4


def test_a_hub_that_lost_everything_goes_on_from_a_copy_that_ops_confirm(
    evening: Evening, tmp_path: Path
) -> None:
    hub = evening.hub
    old = fold(evening.old[:-1], evening.epoch)
    hub.stop()
    shutil.rmtree(tmp_path / "data")
    hub.start()
    with TestClient.open(hub) as client:
        client.send(Offer(T, evening.seen, ((1, evening.seen.seq),)))
        assert client.expect(Want).spans == ()
        client.send(Submit((entry(T, ReviveTournament(pack_copy(old)), id="revive"),)))
        assert client.expect(Answers).answers[0].outcome == "accepted"
        client.expect(Directory)
        client.send(Join(ROOM, evening.seen))
        state = client.expect(Snapshot).state
        assert state.past[0].after == evening.seen.seq - 1
        # What the copy holds is brought too, for the log; only what lies beyond changes anything.
        client.send(Offer(T, evening.seen, ((1, evening.seen.seq),)))
        assert client.expect(Want).spans == ((1, evening.seen.seq),)
        client.send(Bring(T, evening.epoch, evening.old))
        while client.expect(Events).events[-1].command != "r1":
            pass
        client.send(Join(ROOM))
        state = client.expect(Snapshot).state
        assert state.matches[M2].score.home == 2
        # An id that only the copy names counts once.
        client.send(Submit((entry(T, point(PLAN, 1, "a"), id="p0", device="desk-1"),)))
        assert client.expect(Answers).answers[0].outcome == "accepted"
        client.send(Offer(T, evening.seen, ((1, evening.seen.seq),)))
        assert client.expect(Want).spans == ()
    hub.restart()
    with TestClient.open(hub) as client:
        client.send(Join(ROOM, state.position))
        assert client.expect(Replay).events == ()


def test_a_hub_that_fell_behind_the_beginning_of_an_epoch_is_brought_both(
    evening: Evening, tmp_path: Path
) -> None:
    hub = evening.hub
    with TestClient.open(hub) as client:
        state, _ = bring(client, evening, shown(client, evening.seen).state)
        client.send(Join(ROOM, Position(state.position.epoch, 0)))
        second = client.expect(Replay).events
    hub.stop()
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(tmp_path / "backup", tmp_path / "data")
    hub.start()
    with TestClient.open(hub) as client:
        client.send(Join(ROOM, state.position))
        assert client.expect(Snapshot).state.position.epoch == evening.epoch
        line = (Ancestor(evening.epoch, state.past[0].after + 1),)
        client.send(Offer(T, state.position, ((1, state.position.seq),), line))
        third = client.expect(Snapshot).state
        assert [past.epoch for past in third.past] == [evening.epoch, state.position.epoch]
        assert client.expect(Want).spans == ((1, state.position.seq),)
        client.send(Bring(T, state.position.epoch, second))
        while third.matches[M2].score.home < 2:
            third = fold(client.expect(Events).events, third.position.epoch, third)
    assert third.matches[M1].score == state.matches[M1].score


def test_who_may_not_write_begins_no_epoch(evening: Evening) -> None:
    with TestClient.open(evening.hub) as client:
        client.send(Bring(T, Epoch("unknown"), evening.old))
        client.send(Join(ROOM))
        assert client.expect(Snapshot).state.position.epoch == evening.epoch
