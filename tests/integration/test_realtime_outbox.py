"""What is entered on a laptop, with real disks and hubs: saved first, counted once, whatever is killed."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sqlite3
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import AddScore, CreateTournament, Notify, Undo
from core.domain.events import PointsAdded
from core.domain.ids import MatchId, TeamId, TournamentId
from core.errors import BadInput, BadLog, NotSaved, Unknown, Unreachable
from core.realtime.disk.folder import ClientFolder
from core.realtime.disk.journal import Journal, Transaction
from core.realtime.network.pages import fetch_directory, fetch_log
from core.realtime.realtime import open_realtime
from core.realtime.view import LocalLine
from tests.support.hub import HubProcess
from tests.support.scorer import ScorerProcess, quick
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.domain.plan import Plan
    from core.realtime.effects import JournalRow
    from core.realtime.view import View

PLAN = league()
POINT = point(PLAN, 1, "a")
NOWHERE = "ws://127.0.0.1:9"
"""No hub is ever there (RFC 863's port)."""


@dataclass(frozen=True, slots=True)
class Venue:
    """A running hub with a tournament for one test alone."""

    hub: HubProcess
    plan: Plan

    @property
    def first(self) -> MatchId:
        """Its first match."""
        return match(self.plan, 1)

    @property
    def point(self) -> AddScore:
        """A point for the home side of that."""
        return point(self.plan, 1, "a")

    @property
    def room(self) -> str:
        """Its room."""
        return f"tournament:{self.plan.id}"

    def counted(self) -> list[str]:
        """Return the commands of the points in the hub's log, in its order."""
        _, events = fetch_log(quick(self.hub.data, self.hub.url), self.plan.id)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        return [event.command for event in events if isinstance(event.fact, PointsAdded)]

    def live(self, view: View) -> bool:
        """Whether the room is live."""
        return self.plan.id in view.tournaments and view.tournaments[self.plan.id].live

    def home(self, points: int) -> Callable[[View], bool]:
        """Return what tells whether the first match's home side has so many points, confirmed."""

        def stands(view: View) -> bool:
            shown = view.tournaments.get(self.plan.id)
            return shown is not None and shown.confirmed.matches[self.first].score.home == points

        return stands


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def venue(hub: HubProcess) -> Iterator[Venue]:
    plan = league(name=f"league-{uuid.uuid4().hex[:8]}")
    hub.post(entry(plan.id, CreateTournament(plan), id=f"plan-{plan.id}", device="office"))
    yield Venue(hub, plan)
    if hub._process is None:
        hub.start()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "laptop"


@contextmanager
def full(journal: Journal) -> Iterator[Transaction]:
    """Commit on a disk that is full."""
    raise NotSaved(str(journal.path), "database or disk is full")
    yield


def states(view: View) -> dict[str, str]:
    return {queued.entry.id: queued.state for queued in view.queue}


async def test_a_point_is_saved_sent_confirmed_and_shown(venue: Venue, data: Path) -> None:
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        await realtime.join(venue.room)
        await realtime.wait_for(venue.live, 10)
        submission = realtime.submit(AddScore(MatchId("m1"), TeamId("a"), 1))
        assert submission.entry.base is not None
        await submission.saved(10)
        answer = await submission.confirmed(10)
        assert (answer.outcome, submission.state) == ("accepted", "confirmed")
        view = await realtime.wait_for(
            lambda view: view.tournaments[venue.plan.id].confirmed.position.seq >= answer.seq, 10
        )
        assert view.tournaments[venue.plan.id].confirmed.matches[venue.first].score.home == 1
        assert realtime.queue_stats().total == 0
    assert venue.counted() == [submission.id]


async def test_two_equal_points_are_two_and_one_id_is_one(venue: Venue, data: Path) -> None:
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        twice = [realtime.submit(venue.point), realtime.submit(venue.point)]
        same = [realtime.submit(venue.point, id="once") for _ in range(10)]
        answers = [await submission.confirmed(10) for submission in (*twice, *same)]
    assert {answer.outcome for answer in answers} == {"accepted"}
    assert venue.counted() == [twice[0].id, twice[1].id, "once"]
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        again = realtime.submit(venue.point, id="once")
        assert (await again.confirmed(10)).seq == answers[-1].seq
        other = realtime.submit(point(venue.plan, 2, "a"), id="once")
        with pytest.raises(BadInput, match="entered before"):
            await other.confirmed(10)
    assert len(venue.counted()) == 3


async def test_entries_wait_on_disk_for_a_hub_and_outlive_a_kill(venue: Venue, data: Path) -> None:
    venue.hub.kill()
    with ScorerProcess(data, venue.hub.url, venue.first, 20, "p") as scorer:
        scorer.wait_for("saved p-19")
        scorer.kill()
    venue.hub.start()
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        assert set(states(realtime.view).values()) <= {"saved", "sending"}
        assert len(realtime.view.queue) == 20
        await realtime.wait_for(lambda view: view.confirmed_total == 20, 20)
        assert realtime.queue_stats().total == 0
    assert venue.counted() == [f"p-{number}" for number in range(20)]


async def test_a_hub_killed_again_and_again_counts_every_point_once(venue: Venue, data: Path) -> None:
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        realtime.join_all()
        submissions = []
        for round_ in range(3):
            submissions += [realtime.submit(venue.point) for _ in range(50)]
            # At the first answers of the round: others of it are between commit and answer.
            await submissions[50 * round_].confirmed(20)
            venue.hub.restart()
        for submission in submissions:
            assert (await submission.confirmed(20)).outcome == "accepted"
        await realtime.wait_for(venue.home(150), 10)
    assert venue.counted() == [submission.id for submission in submissions]


async def test_a_follower_sees_every_event_once_while_the_hub_dies(
    venue: Venue, data: Path, tmp_path: Path
) -> None:
    seen: list[int] = []
    async with (
        open_realtime(quick(tmp_path / "watcher", venue.hub.url), sends=False) as watcher,
        open_realtime(quick(data, venue.hub.url)) as realtime,
    ):
        room = await watcher.join(venue.room)
        unsubscribe = room.subscribe(
            "*", lambda event: None if event.name == "reset" else seen.append(event.seq)
        )
        await watcher.wait_for(venue.live, 10)
        for _ in range(2):
            submissions = [realtime.submit(venue.point) for _ in range(20)]
            await submissions[0].confirmed(20)
            venue.hub.restart()
            for submission in submissions:
                await submission.confirmed(20)
        await watcher.wait_for(venue.home(40), 10)
        stats = room.stats()
        unsubscribe()
        assert stats is not None
        assert stats.subscription_count == 1
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert not (tmp_path / "watcher").exists()


async def test_a_second_process_appends_and_the_first_one_sends(venue: Venue, data: Path) -> None:
    async with open_realtime(quick(data, venue.hub.url)) as holder:
        assert holder.view.sends
        mine = holder.submit(venue.point, id="mine")
        await mine.saved(10)
        with ScorerProcess(data, venue.hub.url, venue.first, 2, "theirs") as other:
            await asyncio.to_thread(other.wait_for, "confirmed theirs-1 accepted")
            assert "open follows" in other.lines
            await holder.wait_for(lambda view: states(view).get("theirs-1") == "confirmed", 10)
            assert await asyncio.to_thread(other.finish) == 0
    assert venue.counted() == ["mine", "theirs-0", "theirs-1"]


async def test_the_lock_of_a_killed_process_is_taken_over_within_a_second(venue: Venue, data: Path) -> None:
    address = venue.hub.url
    venue.hub.kill()
    with ScorerProcess(data, address, venue.first, 3, "first") as first:
        first.wait_for("open sends")
        first.wait_for("saved first-2")
        async with open_realtime(quick(data, address)) as second:
            assert not second.view.sends
            later = second.submit(venue.point, id="second")
            await later.saved(10)
            first.kill()
            await second.wait_for(lambda view: view.sends, 1.0)
            venue.hub.start()
            assert (await later.confirmed(20)).outcome == "accepted"
    assert venue.counted() == ["first-0", "first-1", "first-2", "second"]


async def test_what_never_left_is_withdrawn_here(data: Path) -> None:
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        submission = realtime.submit(POINT)
        await submission.saved(10)
        outcome = realtime.withdraw(submission.id[:8])
        assert (await outcome.confirmed(10)).outcome == "withdrawn"
        assert (await submission.confirmed(10)).outcome == "withdrawn"
        assert states(realtime.view)[submission.id] == "withdrawn"
        with pytest.raises(Unknown, match="no entry"):
            realtime.withdraw("nothing")


async def test_withdrawn_is_said_only_when_a_restart_would_know_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.realtime.disk.keeper.PROBE_INTERVAL", 0.1)
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        submission = realtime.submit(POINT)
        await submission.saved(10)
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "commit", full)
            with pytest.raises(NotSaved, match="not on disk yet"):
                await realtime.withdraw(submission.id).confirmed(10)
        with closing(Journal(ClientFolder(data).journal)) as journal:
            async with asyncio.timeout(10):
                while (row := journal.find(submission.id)) is None or row.state != "withdrawn":
                    await asyncio.sleep(0.05)


async def test_who_takes_over_sends_nothing_before_it_has_read_every_row(
    venue: Venue, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = ClientFolder(data)
    lock.make()
    assert lock.acquire()
    unread, loop, foreign, acquire = (
        asyncio.Event(),
        asyncio.get_running_loop(),
        Journal.foreign,
        ClientFolder.acquire,
    )
    taken: list[bool] = []

    def take(folder: ClientFolder) -> bool:
        taken.append(acquire(folder))
        return taken[-1]

    def unreadable(journal: Journal) -> tuple[JournalRow, ...]:
        if True not in taken:
            return foreign(journal)
        loop.call_soon_threadsafe(unread.set)
        raise NotSaved(str(journal.path), "disk I/O error")

    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        await realtime.submit(venue.point).saved(10)
        monkeypatch.setattr(ClientFolder, "acquire", take)
        monkeypatch.setattr(Journal, "foreign", unreadable)
        lock.release()
        for _ in range(3):
            unread.clear()
            await unread.wait()
        assert not realtime.view.sends
        with closing(Journal(lock.journal)) as journal, journal.commit() as transaction:
            transaction.append(entry(venue.plan.id, venue.point, id="later", device=realtime.view.device))
        monkeypatch.setattr(Journal, "foreign", foreign)
        await realtime.wait_for(lambda view: states(view).get("later") == "confirmed", 10)


async def test_an_id_that_two_processes_take_at_once_stands_for_the_first_entry_alone(data: Path) -> None:
    async with open_realtime(quick(data, NOWHERE)) as first, open_realtime(quick(data, NOWHERE)) as second:
        # Both look the id up before either is in the journal.
        one = first.submit(POINT, id="mine")
        other = second.submit(AddScore(POINT.match, POINT.team, 5), id="mine")
        again = second.submit(POINT, id="yours")
        same = first.submit(POINT, id="yours")
        outcomes = await asyncio.gather(one.saved(10), other.saved(10), return_exceptions=True)
        await asyncio.gather(again.saved(10), same.saved(10))
    taken = [error for error in outcomes if error is not None]
    assert [type(error) for error in taken] == [BadInput]
    assert "was entered before, for something else" in str(taken[0])
    with closing(Journal(ClientFolder(data).journal)) as journal:
        kept = {row.entry.id: row.entry.command for row in journal.contents().rows}
    assert kept == {"mine": (other if outcomes[0] else one).entry.command, "yours": POINT}


async def test_what_may_have_left_is_undone_by_a_command_that_names_it(venue: Venue, data: Path) -> None:
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        await realtime.join(venue.room)
        submission = realtime.submit(venue.point)
        await submission.confirmed(10)
        undo = realtime.withdraw(submission.id, why="wrong side")
        assert isinstance(undo.entry.command, Undo)
        assert (await undo.confirmed(10)).outcome == "accepted"
        await realtime.wait_for(venue.home(0), 10)


async def test_what_waits_when_the_program_closes_is_saved_and_says_so(data: Path) -> None:
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        submission = realtime.submit(POINT)
    assert submission.state == "saved"
    with pytest.raises(Unreachable, match="what was entered is saved"):
        await submission.confirmed(1)
    with pytest.raises(RuntimeError, match="closed"):
        realtime.submit(POINT)
    with closing(Journal(ClientFolder(data).journal)) as journal:
        assert [row.entry.id for row in journal.contents().rows] == [submission.id]


async def test_who_gave_up_waiting_for_an_answer_leaves_no_error_behind(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        with pytest.raises(TimeoutError):
            await realtime.submit(POINT).confirmed(0.01)
    # The loop runs what the closing client set off, then nobody holds the future any more.
    await asyncio.sleep(0)
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


async def test_stored_copies_are_there_without_a_hub(venue: Venue, data: Path) -> None:
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        realtime.join_all()
        await realtime.submit(venue.point).confirmed(10)
        await realtime.wait_for(venue.home(1), 10)
    async with open_realtime(quick(data, NOWHERE), sends=False) as realtime:
        feed = realtime.tournament(venue.plan.id)
        assert feed.scores[venue.first].home == 1
        assert feed.standings[0].rows
        assert feed.shown is not None
        assert not feed.shown.live
        with pytest.raises(RuntimeError, match="for reading"):
            realtime.submit(venue.point)


async def test_a_damaged_journal_is_set_aside_and_said_and_work_goes_on(venue: Venue, data: Path) -> None:
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        await realtime.submit(venue.point, id="before").saved(10)
    path = ClientFolder(data).journal
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE entries SET entry = '{' WHERE id = 'before'")
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        problems = [line.text for line in realtime.view.feed.lines if isinstance(line, LocalLine)]
        assert any("the journal was damaged" in text for text in problems)
        assert (await realtime.submit(venue.point).confirmed(10)).outcome == "accepted"
    assert list(path.parent.glob("journal.damaged-*.sqlite3"))


async def test_a_journal_of_a_newer_version_is_not_touched(data: Path) -> None:
    async with open_realtime(quick(data, NOWHERE)):
        pass
    path = ClientFolder(data).journal
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(BadLog, match="newer version"):
        async with open_realtime(quick(data, NOWHERE)):
            pass
    assert not list(path.parent.glob("*.damaged-*"))


async def test_where_nothing_can_be_saved_nothing_is_entered(venue: Venue, tmp_path: Path) -> None:
    data = tmp_path / "file"
    data.write_text("not a folder")
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        assert not realtime.view.can_save
        realtime.join_all()
        submission = realtime.submit(venue.point)
        with pytest.raises(NotSaved, match="cannot save"):
            await submission.saved(10)
        with pytest.raises(NotSaved):
            await submission.confirmed(10)
        await realtime.wait_for(venue.live, 10)
    assert venue.counted() == []


async def test_a_device_keeps_its_id(data: Path) -> None:
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        device = realtime.view.device
    assert json.loads((data / "client" / "device.json").read_text()) == {"device": device}
    files = ["archive.sqlite3", "client.lock", "device.json", "journal.sqlite3"]
    assert sorted(os.listdir(data / "client")) == files
    async with open_realtime(quick(data, NOWHERE)) as realtime:
        assert realtime.view.device == device
    (data / "client" / "device.json").write_text("{}")
    with pytest.raises(BadLog, match="delete it"):
        async with open_realtime(quick(data, NOWHERE)):
            pass


async def test_a_message_needs_a_tournament_where_several_may_be_meant(venue: Venue, data: Path) -> None:
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        with pytest.raises(BadInput, match="knows none"):
            realtime.submit(Notify("Lunch"))
        assert (
            await realtime.submit(Notify("Lunch"), tournament=venue.plan.id).confirmed(10)
        ).outcome == "accepted"
        await realtime.join(venue.room)
        await realtime.wait_for(venue.live, 10)
        assert realtime.submit(Notify("Tea")).entry.tournament == venue.plan.id
        with pytest.raises(Unknown, match="no match"):
            realtime.submit(AddScore(MatchId("m99"), TeamId("a"), 1))


def test_the_hub_is_read_over_http(venue: Venue, data: Path) -> None:
    settings = quick(data, NOWHERE, venue.hub.url)
    assert venue.plan.id in [listing.id for listing in fetch_directory(settings)]
    with pytest.raises(Unknown, match="no tournament 'leage'"):
        fetch_log(settings, TournamentId("leage"))
    with pytest.raises(Unreachable, match="cannot reach"):
        fetch_log(quick(data, NOWHERE), venue.plan.id)


async def test_a_disk_that_is_full_for_a_while_loses_nothing_and_is_noticed(
    venue: Venue, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.realtime.disk.keeper.PROBE_INTERVAL", 0.1)
    whole = Journal.commit
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        await realtime.join(venue.room)
        await realtime.wait_for(venue.live, 10)
        flying = realtime.submit(venue.point)
        await flying.saved(10)
        monkeypatch.setattr(Journal, "commit", full)
        lost = realtime.submit(venue.point)
        with pytest.raises(NotSaved, match="full"):
            await lost.saved(10)
        assert not (await realtime.wait_for(lambda view: not view.can_save, 10)).can_save
        # What was saved before goes on its way, though what becomes of it cannot be written down yet.
        assert (await flying.confirmed(10)).outcome == "accepted"
        monkeypatch.setattr(Journal, "commit", whole)
        await realtime.wait_for(lambda view: view.can_save, 10)
        assert (await realtime.submit(venue.point).confirmed(10)).outcome == "accepted"
        await realtime.wait_for(venue.home(2), 10)
    with closing(Journal(ClientFolder(data).journal)) as journal:
        assert [row.state for row in journal.contents().rows] == ["confirmed", "confirmed"]


async def test_a_message_that_became_a_dead_letter_is_listed_and_goes_out_by_hand(
    venue: Venue, data: Path
) -> None:
    offline = quick(data, NOWHERE).model_copy(update={"low_ttl": 0.2})
    async with open_realtime(offline) as realtime:
        await realtime.submit(Notify("Lunch"), tournament=venue.plan.id, id="lunch").saved(10)
        await realtime.submit(venue.point, tournament=venue.plan.id, id="point").saved(10)
        view = await realtime.wait_for(lambda view: states(view).get("lunch") == "refused", 10)
        assert states(view)["point"] == "saved", "what is on a match never expires"
        assert any("was dropped" in line.text for line in view.feed.lines if isinstance(line, LocalLine))
    async with open_realtime(quick(data, venue.hub.url)) as realtime:
        assert realtime.view.queue[0].reason == "it was not sent within 0.2 s"
        await realtime.wait_for(lambda view: states(view)["point"] == "confirmed", 10)
        assert states(realtime.view)["lunch"] == "refused"
        realtime.retry("lunch")
        await realtime.wait_for(lambda view: states(view)["lunch"] == "confirmed", 10)
