"""The hub's log: what is committed is read again, all of it or a clear error."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from core.domain.commands import Broadcast, CreateTournament, Entry, Undo
from core.domain.events import Event
from core.domain.ids import CommandId, DeviceId, Epoch, RoomId, TeamId, admin_room, team_room
from core.domain.state import Position
from core.errors import BadLog, NotSaved
from core.hub.judging.ledger import Contradicted, Known, Ledger, Repeated, Ruling
from core.hub.log import tables
from core.hub.log.sqlite_log import Lineage, SqliteLog
from core.hub.rooms.side import KEEP, SideRoom, SideTail
from core.wire.offers import Bring, Offer
from tests.support.tournaments import EPOCH, NOON, entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = league()
ENTRIES = (
    entry(PLAN.id, CreateTournament(PLAN), id="plan"),
    entry(PLAN.id, point(PLAN, 1, "a"), id="p1"),
    entry(PLAN.id, point(PLAN, 1, "b"), id="p2", device="laptop-2"),
    entry(PLAN.id, point(PLAN, 1, "a"), id="held", device="laptop-3"),
    entry(PLAN.id, point(PLAN, 1, "nobody"), id="refused"),
    entry(PLAN.id, Undo(match(PLAN, 1), CommandId("late")), id="undo"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite3"


@pytest.fixture
def log(path: Path) -> Iterator[SqliteLog]:
    opened = SqliteLog(path)
    yield opened
    opened.close()


def rulings(*entries: Entry) -> list[Ruling]:
    """Return what a new ledger makes of entries that are all new to it."""
    ledger = Ledger(lambda: EPOCH)
    made = [ledger.submit(one, NOON) for one in entries]
    return [ruling for ruling in made if isinstance(ruling, Ruling)]


def test_a_new_log_is_empty_and_has_an_id_for_life(log: SqliteLog, path: Path) -> None:
    assert log.read().tournaments == ()
    again = SqliteLog(path)
    assert again.hub == log.hub
    again.close()


def test_what_was_committed_is_read_again(log: SqliteLog) -> None:
    made = rulings(*ENTRIES)
    log.commit(made[:1])
    log.commit(made[1:])
    content = log.read()
    (kept,) = content.tournaments
    assert [event.seq for event in kept.recent] == list(range(1, len(kept.recent) + 1))
    for ruling in made:
        assert log.known(ruling.answer.id) == Known(ruling.answer, ruling.digest)
        if ruling.withdrawn is not None:
            assert log.known(ruling.withdrawn.id) == Known(ruling.withdrawn, b"")
    assert log.known(CommandId("never")) is None
    ledger = Ledger(lambda: EPOCH, [kept.state], log.known)
    for one, ruling in zip(ENTRIES, made, strict=True):
        assert ledger.submit(one, NOON) == Repeated(ruling.answer)
    late = ledger.submit(entry(PLAN.id, point(PLAN, 1, "a"), id="late"), NOON)
    assert not isinstance(late, Contradicted)
    assert late.answer.outcome == "withdrawn"


def test_a_round_is_stored_whole_or_not_at_all(log: SqliteLog) -> None:
    made = rulings(*ENTRIES)
    log.commit(made[:1])
    with pytest.raises(NotSaved, match=r"log\.sqlite3"):
        log.commit([*made[1:], made[0]])
    for _ in range(2):
        assert [one.id for one in ENTRIES if log.known(one.id)] == ["plan"]
        log.recover()
    log.commit(made[1:])
    assert [one.id for one in ENTRIES if log.known(one.id)] == [one.id for one in ENTRIES]


def test_people_can_read_the_log(log: SqliteLog, path: Path) -> None:
    log.commit(rulings(*ENTRIES))
    with closing(sqlite3.connect(path)) as reader:
        (data,) = reader.execute("SELECT data FROM events WHERE seq = 3").fetchone()
    assert msgspec.json.decode(data)["fact"]["type"] == "points_added"


def test_a_page_shows_events_between_two_seqs(log: SqliteLog) -> None:
    log.commit(rulings(*ENTRIES))

    def seqs(after: int, until: int, limit: int) -> list[int]:
        page = log.page(PLAN.id, EPOCH, after, until, limit)
        return [msgspec.json.decode(event, type=Event).seq for event in page]

    assert seqs(0, 3, 100) == [1, 2, 3]
    assert seqs(1, 4, 2) == [2, 3]
    assert seqs(4, 4, 100) == []


def test_a_checkpoint_moves_the_write_ahead_file_into_the_log(log: SqliteLog, path: Path) -> None:
    log.commit(rulings(*ENTRIES))
    before = path.stat().st_size
    log.checkpoint()
    assert path.stat().st_size > before
    log.checkpoint()


def test_a_write_ahead_file_that_was_swollen_gives_its_room_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_IDLE_WAL_BYTES", 64 << 10)
    log, ledger = SqliteLog(path), Ledger(lambda: EPOCH)

    def commit(*entries: Entry) -> int:
        log.commit(
            [one for one in (ledger.submit(made, NOON) for made in entries) if isinstance(one, Ruling)]
        )
        return path.with_name(f"{path.name}-wal").stat().st_size

    commit(ENTRIES[0])
    swollen = commit(*(entry(PLAN.id, point(PLAN, 1, "a"), id=f"p{number}") for number in range(500)))
    assert swollen > 256 << 10
    log.checkpoint()
    assert commit(entry(PLAN.id, point(PLAN, 1, "a"), id="next")) <= 64 << 10
    log.close()


def test_a_log_of_a_newer_version_is_refused(log: SqliteLog, path: Path) -> None:
    log.close()
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA user_version = 99")
    with pytest.raises(BadLog, match="newer Courtside"):
        SqliteLog(path)


def test_a_log_with_a_hole_is_refused(log: SqliteLog, path: Path) -> None:
    log.commit(rulings(*ENTRIES))
    with closing(sqlite3.connect(path)) as writer, writer:
        writer.execute("DELETE FROM events WHERE seq = 2")
    with pytest.raises(BadLog):
        log.read()


def test_a_log_with_an_event_that_is_none_is_refused(log: SqliteLog, path: Path) -> None:
    log.commit(rulings(*ENTRIES))
    with closing(sqlite3.connect(path)) as writer, writer:
        writer.execute("UPDATE events SET data = '{}' WHERE seq = 2")
    with pytest.raises(BadLog, match="cannot be read"):
        log.read()


def test_a_folder_that_is_not_there_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(NotSaved):
        SqliteLog(tmp_path / "nowhere" / "log.sqlite3")


def test_a_page_of_a_file_that_is_gone_is_a_clear_error(log: SqliteLog, path: Path) -> None:
    log.close()
    path.unlink()
    with pytest.raises(BadLog):
        log.page(PLAN.id, EPOCH, 0, 9, 9)


def test_what_was_said_to_some_is_read_again_with_where_each_room_stands(log: SqliteLog, path: Path) -> None:
    reds, blues = (team_room(PLAN.id, TeamId(team)) for team in ("a", "b"))
    spoken = [
        entry(PLAN.id, Broadcast(room, "lunch", str(number)), id=f"b{number}")
        for number, room in enumerate((reds, blues, *[reds] * KEEP))
    ]
    made = rulings(ENTRIES[0], *spoken)
    log.commit(made[:3])
    log.commit(made[3:])
    (first, second) = sorted(log.read().sides, key=lambda head: head.room)
    assert (first.room, first.epoch, first.seq) == (reds, EPOCH, KEEP + 1)
    assert (second.room, second.seq, second.created_at, second.last_at) == (blues, 1, NOON, NOON)
    tail = log.side_tail(reds)
    assert tail.epoch == EPOCH
    assert [event.seq for event in tail.events] == list(range(2, KEEP + 2))
    assert tail.events[-1] == made[-1].said.event if made[-1].said else False
    assert log.side_tail(admin_room(PLAN.id)) == SideTail(Epoch(""), ())
    path.unlink()
    with pytest.raises(BadLog):
        log.side_tail(reds)


def as_version_1(path: Path) -> None:
    """Make a log as the first version wrote it."""
    with closing(sqlite3.connect(path)) as writer:
        writer.executescript("DROP TABLE epochs; PRAGMA user_version = 1;")


def test_a_log_of_an_older_version_is_brought_up_after_a_backup(log: SqliteLog, path: Path) -> None:
    log.commit(rulings(*ENTRIES))
    before = log.read()
    log.close()
    as_version_1(path)
    with closing(SqliteLog(path)) as again:
        assert again.read() == before
        assert again.epochs(PLAN.id) == (Lineage(EPOCH, None, 0),)
    backup = path.with_name(f"{path.name}.v1.bak")
    with closing(sqlite3.connect(backup)) as reader:
        assert reader.execute("PRAGMA user_version").fetchone() == (1,)
        assert reader.execute("SELECT count(*) FROM answers").fetchone()[0] > 0


def test_a_new_epoch_and_what_it_adopts_are_read_again(log: SqliteLog) -> None:
    epochs = iter([EPOCH, Epoch("e2")])
    ledger = Ledger(lambda: next(epochs))

    def commit(*made: Ruling | None) -> None:
        log.commit([ruling for ruling in made if ruling is not None])

    def judged(made: Entry) -> Ruling:
        ruling = ledger.submit(made, NOON)
        assert isinstance(ruling, Ruling)
        return ruling

    commit(*(judged(made) for made in ENTRIES[:2]))
    lost = rulings(*ENTRIES[:3])[2].answer.events
    seen = Position(EPOCH, lost[-1].seq, lost[-1].command)
    assert log.filed(PLAN.id, EPOCH, (seen.seq,)) == {}
    commit(ledger.receive_offer(Offer(PLAN.id, seen), NOON, "Zoe", DeviceId("d"), differs=False))
    commit(*ledger.adopt(Bring(PLAN.id, EPOCH, lost), {}, NOON, "Zoe"))
    content = log.read()
    [kept] = content.tournaments
    assert kept.state == ledger.state(PLAN.id)
    assert [event.seq for event in kept.recent] == [1, 2]
    adopted = log.known(CommandId("p2"))
    assert adopted is not None
    assert adopted.answer == ledger.answer(CommandId("p2"))
    assert log.epochs(PLAN.id) == (Lineage(EPOCH, None, 0), Lineage(Epoch("e2"), EPOCH, 3))
    assert log.spans(PLAN.id, EPOCH) == ((1, seen.seq),)
    assert log.filed(PLAN.id, EPOCH, (3, seen.seq))[seen.seq] == "p2"
    # Another content for the same position is in today's log alone.
    other = msgspec.structs.replace(lost[0], command=CommandId("fork"))
    commit(*ledger.adopt(Bring(PLAN.id, EPOCH, (other,)), {lost[0].seq: CommandId("p2")}, NOON, "Zoe"))
    assert log.filed(PLAN.id, EPOCH, (seen.seq,)) == {seen.seq: "p2"}
    assert [len(page) > 0 for page in log.page(PLAN.id, EPOCH, 0, seen.seq, 10)] == [True] * seen.seq


def test_broadcasts_are_bounded_and_their_places_are_never_given_twice(log: SqliteLog) -> None:
    reds, admins = team_room(PLAN.id, TeamId("a")), admin_room(PLAN.id)
    ledger = Ledger(lambda: EPOCH)

    def say(room: RoomId, *ids: str, at: datetime = NOON) -> None:
        said = [ledger.submit(entry(PLAN.id, Broadcast(room, "lunch"), id=id), at) for id in ids]
        log.commit([one for one in said if isinstance(one, Ruling)])

    log.commit([one for one in [ledger.submit(ENTRIES[0], NOON)] if isinstance(one, Ruling)])
    say(reds, *(f"r{number}" for number in range(1, 9)))
    say(admins, "a1", "a2")
    say(admins, "a3", at=NOON + timedelta(days=2))
    log.trim(3, NOON - timedelta(days=1))
    assert [event.seq for event in log.side_tail(reds).events] == [6, 7, 8], "the latest ones of each room"
    assert [event.seq for event in log.side_tail(admins).events] == [1, 2, 3]
    log.trim(3, NOON + timedelta(days=1))
    assert [event.seq for event in log.side_tail(admins).events] == [3], "none that is too old"
    assert [event.seq for event in log.side_tail(reds).events] == [8], "but the last one"
    heads = {head.room: head for head in log.read().sides}
    assert (heads[reds].seq, heads[reds].created_at) == (8, NOON)
    again = Ledger(
        lambda: Epoch("e9"), [kept.state for kept in log.read().tournaments], log.known, heads.values()
    )
    assert isinstance(again.submit(entry(PLAN.id, Broadcast(reds, "lunch"), id="r1"), NOON), Repeated)
    said = again.submit(entry(PLAN.id, Broadcast(reds, "lunch"), id="r9"), NOON)
    assert isinstance(said, Ruling)
    assert said.said is not None
    assert (said.said.epoch, said.said.event.seq) == (EPOCH, 9)
    # A member that had seen the fifth is told that it begins anew.
    room = SideRoom(reds, log.side_tail(reds))
    welcome = room.welcome(Position(EPOCH, 5, CommandId("r5")), (), DeviceId("d"))
    assert (welcome.recovered, [event.seq for event in welcome.events]) == (False, [8])
