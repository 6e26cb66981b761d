"""The realtime client as a program sees it: the view, entries in, rooms.

Owns when entries are made: with their id and time at once, where the key was pressed. Every method may be
called from any thread; what waits is awaitable on any loop, and has a blocking form. What happens then is
`client`'s affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import operator
import uuid
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from core.domain.adoption import pack_copy
from core.domain.commands import ReviveTournament, Undo, match_of
from core.domain.ids import CommandId, RoomId, TournamentId, read_room
from core.errors import BadInput, Unknown
from core.realtime.client import Client
from core.realtime.disk.opening import open_folder
from core.realtime.entering import find_queued, make_entry
from core.realtime.metrics import metrics, queue_stats
from core.realtime.network.pages import fetch_rooms
from core.realtime.room import Room
from core.realtime.submission import Submission
from core.realtime.tournament import TournamentFeed
from core.settings import endpoint as one_form

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from core.domain.commands import Command, Entry
    from core.domain.ids import RoomKind
    from core.realtime.attendance import Attendance
    from core.realtime.metrics import Metrics, QueueStats
    from core.realtime.network.dialler import FetchToken
    from core.realtime.view import RoomStats, View
    from core.settings import Settings
    from core.wire.rooms import RoomInfo

T = TypeVar("T")


@asynccontextmanager
async def open_realtime(
    settings: Settings, *, sends: bool = True, fetch_token: FetchToken | None = None
) -> AsyncIterator[Realtime]:
    """Open the realtime client on the running event loop; it is closed at the end of the block.

    No hub is needed: what is stored on this device is there at once, and hubs are dialled for as long as it
    is open.

    ```python
    async with core.open_realtime(settings) as realtime:
        await realtime.join("tournament:summer").live(10)
        for match, score in realtime.tournament("summer").scores.items():
            print(match, score.home, score.away)
    ```

    Args:
        settings: everything that can be set.
        sends: False for a reader: it takes no lock, writes nothing to the data folder and submits nothing.
        fetch_token: called with a hub's address before each dial; returns what signs this device in there.
            `None` for the token of the settings, or what this device was given when it joined.

    Raises:
        BadLog: the journal is damaged and another process uses it, or a newer version wrote it.
        BadSettings: the settings name certificates that cannot be used.
    """
    opened = await asyncio.to_thread(open_folder, settings, sends=sends)
    client = Client(settings, opened, fetch_token)
    failure: Exception | None = None
    async with asyncio.TaskGroup() as group:
        client.begin(group)
        group.create_task(client.run(), name="realtime")
        # It must have begun: a task that is cancelled before its first step could not wind up.
        await asyncio.sleep(0)
        try:
            yield Realtime(client)
        except Exception as error:  # noqa: BLE001 -- raised below, as it was and not as a group
            failure = error
        finally:
            client.close()
    if failure is not None:
        raise failure


class Realtime:
    """One device in its tournaments; made by `open_realtime` or `realtime_in_thread`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def view(self) -> View:
        """Everything that is known now."""
        return self._client.store.view

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        """Call `listener` on the realtime thread with each new view.

        ```python
        unsubscribe = realtime.subscribe(lambda view: print(len(view.queue), "entries"))
        unsubscribe()
        ```

        Returns:
            What ends that.
        """
        return self._client.store.subscribe(listener)

    def select(
        self,
        selector: Callable[[View], T],
        listener: Callable[[T], None],
        equal: Callable[[T, T], bool] = operator.eq,
    ) -> Callable[[], None]:
        """Call `listener` on the realtime thread with each change of what `selector` cuts out of the view.

        ```python
        unsubscribe = realtime.select(
            lambda view: view.connection.state, lambda state: print("the link is", state)
        )
        unsubscribe()
        ```

        Args:
            selector: a pure and cheap function of the view.
            listener: called with the new selection, once for each change.
            equal: tells whether two selections are the same.

        Returns:
            What ends that.
        """
        return self._client.store.select(selector, listener, equal)

    def submit(
        self,
        command: Command,
        *,
        tournament: str | None = None,
        why: str = "",
        id: str | None = None,
        by: str | None = None,
    ) -> Submission:
        """Enter a command; returns at once.

        ```python
        await realtime.join("tournament:summer").live(10)
        entry = realtime.submit(core.commands.AddScore("m1", "reds", +1))
        await entry.saved(10)  # on this laptop's disk: no crash takes it away
        answer = await entry.confirmed(10)  # durable at the hub
        print(answer.outcome, entry.state)
        ```

        Args:
            command: what is asked for; its match may be named by its short form where only one tournament
                has it.
            tournament: which one; `None` to read it off the match, or where this device knows only one.
            why: the reason given.
            id: the entry's id, for one that may have been entered before: then that one is meant, and
                nothing is entered twice. `None` makes a new one.
            by: who enters it; `None` for the person of the settings.

        Raises:
            Unknown: no match or tournament, or several, are named so.
            RuntimeError: this client is closed, or was opened for reading.
        """
        self._must_send()
        submission = Submission(self._entry(command, tournament, why, id, by))
        self._client.submit(submission, look_up=id is not None)
        return submission

    def rescue(self, tournament: str, *, why: str = "") -> Submission:
        """Have a hub that lost a tournament go on from this device's copy, in a new epoch; for admins.

        What this copy lacks, other devices bring by themselves once it is there.

        ```python
        await realtime.join("tournament:summer").live(10)
        answer = await realtime.rescue("summer").confirmed(10)
        print(answer.outcome, answer.reason)
        ```

        Args:
            tournament: which one; this device has a copy of it.
            why: the reason given.

        Raises:
            Unknown: there is no copy of it here.
            RuntimeError: this client is closed, or was opened for reading.
        """
        shown = self.view.tournaments.get(TournamentId(tournament))
        if shown is None:
            raise Unknown("tournament", tournament, tuple(self.view.tournaments)[:3])
        return self.submit(ReviveTournament(pack_copy(shown.confirmed)), tournament=tournament, why=why)

    def withdraw(self, id: str, *, why: str = "") -> Submission:
        """Take an entry back.

        One that certainly never left this device is dropped from its outbox; any other is undone by a
        command that names it, which is an entry like others. What was refused is listed no more.

        Args:
            id: the entry's id, or the beginning of it.
            why: the reason given.

        Returns:
            What becomes of it. `confirmed()` raises `BadInput` where it cannot be taken back.

        Raises:
            Unknown: this device's queue has no such entry, or several.
            RuntimeError: this client is closed, or was opened for reading.
        """
        self._must_send()
        entry = find_queued(self.view, id)
        match = match_of(entry.command)
        outcome = Submission(entry)
        undo = None
        if match is not None:
            undo = outcome = Submission(self._entry(Undo(match, entry.id), entry.tournament, why, None, None))
        self._client.withdraw(entry.id, undo, outcome)
        return outcome

    def retry(self, id: str) -> None:
        """Send an entry now instead of when its wait is over.

        Args:
            id: the entry's id, or the beginning of it.

        Raises:
            Unknown: this device's queue has no such entry, or several.
        """
        found = find_queued(self.view, id).id
        self._client.have(lambda engine, moment: engine.retry(found, moment))

    def set_idle(self, idle: bool) -> None:
        """Tell the others, by presence, whether somebody is at this device's keys; at first somebody is."""
        self._client.set_idle(idle)

    def reconnect(self, endpoint: str | None = None) -> None:
        """Dial an endpoint afresh now, or all of them, and forget what hubs have refused.

        Args:
            endpoint: its address; `None` for all.

        Raises:
            Unknown: it is none of those that are used.
            BadInput: it is no address of a hub.
        """
        address = None if endpoint is None else self._used(endpoint)
        self._client.have(lambda engine, moment: engine.reconnect(moment, address))

    def drain(self, endpoint: str) -> None:
        """Carry nothing over an endpoint any more: its rooms move first.

        Where no other link can be had they stay: a drain takes nobody off-line.

        Raises:
            Unknown: it is none of those that are used.
            BadInput: it is no address of a hub.
        """
        address = self._used(endpoint)
        self._client.have(lambda engine, moment: engine.drain(address, moment))

    def undrain(self, endpoint: str) -> None:
        """Use a drained endpoint again.

        Raises:
            Unknown: it is none of those that are used.
            BadInput: it is no address of a hub.
        """
        address = self._used(endpoint)
        self._client.have(lambda engine, moment: engine.undrain(address, moment))

    def add_endpoint(self, address: str) -> None:
        """Use one more endpoint from now on; the view lists it as soon as it is used.

        Raises:
            BadInput: it is no address of a hub.
        """
        added = _endpoint(address)
        self._client.have(lambda engine, moment: engine.add_endpoint(added, moment))

    def remove_endpoint(self, address: str) -> None:
        """Forget an endpoint: its links are hung up, and its rooms go on over others.

        Raises:
            Unknown: it is none of those that are used.
            BadInput: it is no address of a hub.
        """
        removed = self._used(address)
        self._client.have(lambda engine, moment: engine.remove_endpoint(removed, moment))

    @property
    def attendance(self) -> Attendance:
        """The rooms that this program is in; `Room` is how to use it."""
        return self._client.attendance

    def join(self, room: str, *, company: bool | None = None) -> Room:
        """Be in a room from now on; may be awaited, which gives way once so that the request is on its way.

        ```python
        room = await realtime.join("tournament:summer")
        await room.live(10)
        print(room.metadata().name, [member.name for member in room.members()])
        room.leave()
        ```

        Args:
            room: `tournament:{t}`, `match:{m}`, `tournament:{t}:presence`, `tournament:{t}:admin`,
                `tournament:{t}:team:{x}`, `tournament:{t}:role:{r}` or `global`.
            company: whether a tournament's room brings its presence, everybody's room and those of this
                device's role and team; `None` for the setting `auto_join`.

        Raises:
            BadInput: no room can have that id.
        """
        if read_room(RoomId(room)) is None:
            raise BadInput(f"{room!r} is no room; write tournament:ID, match:ID, ..., or global")
        company = self._client.settings.auto_join if company is None else company
        return Room(self, RoomId(room), self.attendance.join(RoomId(room), company=company))

    def join_all(self, *, company: bool | None = None) -> None:
        """Be in every tournament that the hub holds, and in those that come.

        ```python
        realtime.join_all()
        await realtime.wait_for(lambda view: "summer" in view.tournaments, 10)
        ```

        Args:
            company: as in `join`.
        """
        company = self._client.settings.auto_join if company is None else company
        self.attendance.join_all(
            lambda: [listing.id for listing in self.view.directory],
            company=company,
        )

    async def list_rooms(
        self, *, type: RoomKind | None = None, has_members: bool | None = None, search: str = ""
    ) -> tuple[RoomInfo, ...]:
        """Ask the hub which rooms there are, of those that this device may read.

        ```python
        for info in await realtime.list_rooms(type="match", search="m00"):
            print(info.id, info.metadata.name, info.members, info.events)
        ```

        Args:
            type: only rooms of this kind.
            has_members: only rooms with members, or only those without; `None` for both.
            search: only rooms whose id or name has this in it.

        Raises:
            Unreachable: no hub answers.
        """
        at = await self._client.sign_in()
        return await asyncio.to_thread(
            fetch_rooms, self._client.settings, kind=type, has_members=has_members, search=search, at=at
        )

    def tournament(self, tournament: str) -> TournamentFeed:
        """Return a tournament as a program reads it; `join` its room to have it followed."""
        return TournamentFeed(self, TournamentId(tournament))

    async def wait_for(self, predicate: Callable[[View], bool], timeout: float | None = None) -> View:  # noqa: ASYNC109
        """Wait for the first view, from the present one on, that `predicate` is true of; on any event loop.

        Args:
            predicate: called on the realtime thread.
            timeout: longest wait in seconds; `None` for no limit.

        Raises:
            TimeoutError: there was none in time.
        """
        with self._watch(predicate) as found:
            async with asyncio.timeout(timeout):
                return await asyncio.wrap_future(found)

    def wait_until(self, predicate: Callable[[View], bool], timeout: float | None = None) -> View:
        """Wait like `wait_for`, blocking; not on the realtime thread."""
        with self._watch(predicate) as found:
            return found.result(timeout)

    def metrics(self) -> Metrics:
        """Return the links in figures.

        ```python
        figures = realtime.metrics()
        print(figures.active_connections, figures.average_latency, figures.channel_distribution)
        ```
        """
        return metrics(self.view)

    def queue_stats(self) -> QueueStats:
        """Return the outbox in figures.

        ```python
        figures = realtime.queue_stats()
        print(figures.total, figures.by_priority["critical"], figures.oldest)
        ```
        """
        return queue_stats(self.view)

    def room_stats(self, room: str) -> RoomStats | None:
        """Return a followed room in figures; `None` for one that is not followed."""
        return self._client.room_stats(RoomId(room))

    @contextlib.contextmanager
    def _watch(self, predicate: Callable[[View], bool]) -> Iterator[Future[View]]:
        found: Future[View] = Future()

        def look(view: View) -> None:
            if not found.done():
                try:
                    if predicate(view):
                        found.set_result(view)
                except Exception as error:  # noqa: BLE001 -- the predicate is the waiter's: so is what it raises
                    found.set_exception(error)

        unsubscribe = self.subscribe(look)
        try:
            # On the loop, so that it cannot run beside a listener's call.
            self._client.ask(lambda: look(self.view))
            yield found
        finally:
            unsubscribe()

    def _used(self, address: str) -> str:
        """Return an endpoint's address as the view lists it."""
        used = tuple(dict.fromkeys(link.endpoint for link in self.view.connection.links))
        wanted = address if address in used else _endpoint(address)
        if wanted not in used:
            raise Unknown("endpoint", address, used[:3])
        return wanted

    def _must_send(self) -> None:
        if not self._client.may_send:
            raise RuntimeError("this realtime client was opened for reading")

    def _entry(
        self, command: Command, tournament: str | None, why: str, id: str | None, by: str | None
    ) -> Entry:
        made = CommandId(id or str(uuid.uuid4()))
        return make_entry(self.view, command, made, datetime.now(UTC), tournament=tournament, why=why, by=by)


def _endpoint(address: str) -> str:
    """Return a hub's address in its one form."""
    try:
        return one_form(address)
    except ValueError as error:
        raise BadInput(str(error)) from error
