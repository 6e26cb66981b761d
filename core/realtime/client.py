"""The client: performs what the engine decides, on one event loop.

Owns the task group, both clocks and the order of effects. Decides nothing: what to dial, send or show is the
engine's affair, what is on disk the keeper's. Guarantees that effects are performed in order, that
listeners hear once of what came together, that the loop never waits for a disk, and that closing leaves
nothing behind: what was entered is committed, links are hung up, the lock is free.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from core.domain.answers import Answer
from core.errors import BadInput, BadLog, NotSaved, Unreachable
from core.realtime.attendance import Attendance
from core.realtime.disk.keeper import Keeper
from core.realtime.disk.opening import engine_config
from core.realtime.disk.remembrance import Remembrance
from core.realtime.effects import (
    Advanced,
    Apply,
    Change,
    ConnectionChanged,
    Dial,
    DirectoryChanged,
    Effect,
    Fetch,
    Hangup,
    JournalRow,
    LinkId,
    Moment,
    Persist,
    Recall,
    Record,
    Replaced,
    Send,
    Told,
)
from core.realtime.engine import Engine
from core.realtime.inbox import Inbox
from core.realtime.network.dialler import Dialler
from core.realtime.network.link import CLOSE_ABNORMAL
from core.realtime.network.pages import SignedAddress
from core.realtime.rooms.membership import carrier_of
from core.realtime.rooms.presence import in_room
from core.realtime.store import Store
from core.realtime.submission import Submission, Submissions
from core.realtime.view import LocalLine, View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.domain.events import Event
    from core.domain.ids import CommandId, RoomId, TournamentId
    from core.domain.state import Tournament
    from core.realtime.disk.opening import Opened
    from core.realtime.effects import Recollection
    from core.realtime.network.dialler import AnyLink, FetchToken
    from core.realtime.rooms.membership import Wish
    from core.realtime.view import RoomStats, Via
    from core.settings import Settings
    from core.wire.codec import Frame

logger = logging.getLogger(__name__)


class Client:
    """One device's connection to its tournaments.

    Args:
        settings: how to reach hubs.
        opened: the data folder's part, which this closes at the end.
        fetch_token: where tokens come from; `None` for the settings and what this device was given.
    """

    def __init__(self, settings: Settings, opened: Opened, fetch_token: FetchToken | None = None) -> None:
        self._settings = settings
        self._opened = opened
        self._engine = Engine(engine_config(settings), opened.device, settings.name, random.Random())
        self._keeper = Keeper(opened, self, time.monotonic())
        self._remembrance = Remembrance(opened.archive, self)
        self.store = Store(View(opened.device, settings.name, sends=opened.holds_lock))
        self._group: asyncio.TaskGroup | None = None
        self._inbox = Inbox(self._receive_saved)
        self._closing = False
        self._links: dict[LinkId, AnyLink] = {}
        copies = [copy.state for copy in opened.contents.copies]
        self._dialler = Dialler(settings, copies, fetch_token)
        self._submissions = Submissions()
        self.attendance = Attendance(self, settings.room_idle)

    @property
    def settings(self) -> Settings:
        """What this client was opened with."""
        return self._settings

    @property
    def may_send(self) -> bool:
        """Whether entries may be submitted here."""
        return self._opened.may_send

    def room_stats(self, room: RoomId) -> RoomStats | None:
        """Return a followed room in figures; `None` for one that is not followed."""
        stats = self._engine.room_stats(carrier_of(room), time.monotonic())
        if stats is None:
            return None
        members = in_room(room, self.store.view.members)
        return self.attendance.refined(room, stats, None if members is None else len(members))

    async def sign_in(self) -> SignedAddress | None:
        """Return where a request goes that belongs to this client, signed as freshly as a dial.

        `None` while no hub is connected and nobody fetches tokens: then the settings say all.

        Raises:
            BadLog: the kept tokens cannot be read.
            Unreachable: the program that fetches tokens had none.
        """
        connection = self.store.view.connection
        if not (connection.connected or self._dialler.fetches_tokens):
            return None
        endpoint = connection.endpoint or self._settings.endpoints[0]
        return SignedAddress(endpoint, await self._dialler.token(endpoint))

    # What others ask for, from any thread.

    def ask(self, action: Callable[[], None]) -> None:
        """Have something done on the loop, in the order of asking.

        Raises:
            RuntimeError: this client is closed.
        """
        if self._closing:
            raise RuntimeError("this realtime client is closed")
        self.put(action)

    def submit(self, submission: Submission, *, look_up: bool = False) -> None:
        """Take an entry; `look_up` if its id may stand in the journal already."""
        if look_up:
            self.ask(lambda: self._keeper.find(submission.id, partial(self._looked_up, submission)))
        else:
            self.ask(partial(self._submit, submission))

    def withdraw(self, id: CommandId, undo: Submission | None, outcome: Submission) -> None:
        """Take an entry back, by `undo` where only a command can; `outcome` is told of what needs none."""
        self.ask(partial(self._withdraw, id, undo, outcome))

    def have(self, act: Callable[[Engine, Moment], list[Effect]]) -> None:
        """Have the engine decide something, in the order of asking."""
        self.ask(lambda: self._perform(act(self._engine, moment := now()), moment))

    def set_idle(self, idle: bool) -> None:
        """Tell whether somebody is at the keys, if this client still runs."""
        self.put(lambda: self._perform(self._engine.set_idle(idle, moment := now()), moment))

    def close(self) -> None:
        """Begin to close; `run` ends when that is done."""
        self._closing = True
        self._inbox.wake()

    # The loop.

    async def run(self) -> None:
        """Work until `close`; after `begin`."""
        try:
            while not self._closing:
                self._work()
                await self._sleep()
        finally:
            self._closing = True
            try:
                await self._wind_up()
            finally:
                # Whatever went wrong, nobody is to wait for ever.
                why = "this program closed before the hub answered; what was entered is saved"
                self._submissions.close(Unreachable(self._settings.endpoints, why))
                self.attendance.close()

    def begin(self, group: asyncio.TaskGroup) -> None:
        """Take over what the journal holds, and dial; links live in `group`."""
        self._group = group
        opened, engine, moment = self._opened, self._engine, now()
        for notice in opened.notices:
            self._apply(Told(LocalLine(moment.at, "problem", notice)), moment)
        if opened.why_not_saving:
            self._perform(engine.receive_save_failed((), opened.why_not_saving, moment), moment)
        self._perform(engine.load(opened.contents.rows, moment), moment)
        self._perform(engine.restore(self._dialler.copies, moment), moment)
        if opened.holds_lock:
            self._perform(engine.become_sender(moment), moment)
        self._perform(engine.start(moment), moment)

    def _work(self) -> None:
        """Do all that is there to do, and tell the listeners once."""
        self._inbox.empty()
        moment = now()
        deadline = self._engine.next_deadline()
        if deadline is not None and deadline <= moment.now:
            self._perform(self._engine.handle_deadline(moment), moment)
        self.attendance.handle_deadline(moment.now)
        self._keeper.tend(moment.now, moment.at)
        self.store.settle()

    async def _sleep(self) -> None:
        """Wait for the inbox or the next thing that is due."""
        deadlines = (
            self._engine.next_deadline(),
            self._keeper.next_deadline,
            self.attendance.next_deadline(),
        )
        due = [at for at in deadlines if at is not None]
        await self._inbox.sleep(max(0.0, min(due) - time.monotonic()) if due else None)

    async def _wind_up(self) -> None:
        """Finish what was begun: hang up, commit, store copies, free the lock."""
        try:
            self._inbox.empty()
            # What waited for a look into the journal comes back by this, and is committed with the rest.
            await self._keeper.settle()
            self._inbox.empty()
            moment = now()
            self._perform(self._engine.close(moment), moment)
            self._keeper.store_copies(moment.at)
        finally:
            # Shielded and never long: commits that were asked for are not to be left half way.
            await asyncio.shield(asyncio.to_thread(self._remembrance.close))
            await asyncio.shield(asyncio.to_thread(self._keeper.close))
        self._inbox.empty()
        self.store.settle()

    def put(self, action: Callable[[], None]) -> None:
        """Have something done on the loop, in the order of asking; from any thread."""
        self._inbox.put(action)

    def put_saved(self, id: CommandId, row: int) -> None:
        """Take an entry's row, in the same order; from any thread."""
        self._inbox.put_saved(id, row)

    # Effects.

    def _perform(  # noqa: C901 - one flat case an effect
        self, effects: Sequence[Effect], moment: Moment
    ) -> None:
        for effect in effects:
            match effect:
                case Apply(change):
                    self._apply(change, moment)
                case Send(link, message):
                    # A link that has just ended is gone; its closing is in the inbox.
                    if (found := self._links.get(link)) is not None:
                        found.send(message)
                case Persist(entry):
                    self._keeper.persist(entry)
                case Record(id, state, _, answer, reason):
                    self._submissions.receive_state(id, state, reason, answer)
                    self._keeper.record(effect)
                    if answer is not None:
                        self._remembrance.receive_answer(answer, moment.at)
                case Recall():
                    self._remembrance.recall(effect)
                case Fetch():
                    self._remembrance.fetch(effect)
                case Dial(link, endpoint, via):
                    self._dial(link, endpoint, via)
                case Hangup(link, code, reason):
                    if (found := self._links.pop(link, None)) is not None:
                        found.hang_up(code, reason)

    def _apply(self, change: Change, moment: Moment) -> None:
        try:
            self.store.apply(change, moment.at)
        except BadLog as error:
            if not isinstance(change, Advanced):
                raise
            logger.warning("%s is fetched anew: %s", change.tournament, error)
            self.put(partial(self._fetch_anew, change.tournament, str(error)))
            return
        match change:
            case Advanced(tournament):
                self._copy(self.store.view.tournaments[tournament].confirmed)
            case Replaced(state, stored) if not stored:
                self._copy(state)
            case DirectoryChanged(directory):
                self.attendance.receive_directory([listing.id for listing in directory])
            case ConnectionChanged(connection):
                self.attendance.receive_connection(connection)
            case _:
                pass
        self._remembrance.receive(change, moment.at)
        self.attendance.receive(change)

    def _copy(self, state: Tournament) -> None:
        if self._dialler.may_copy(state.id):
            self._keeper.copy(state)

    def _dial(self, link: LinkId, endpoint: str, via: Via) -> None:
        assert self._group is not None
        carrier = _Carrier(self, link)
        made = self._dialler.make(via, endpoint, carrier)
        self._links[link] = made
        self._group.create_task(self._run(made, carrier, endpoint), name=f"link {link}")

    async def _run(self, made: AnyLink, carrier: _Carrier, endpoint: str) -> None:
        """Run a link with a token that is as fresh as the dial."""
        try:
            carrier.token = await self._dialler.token(endpoint)
        except BadLog as error:
            self.tell(str(error))
        except Unreachable as error:
            carrier.closed(CLOSE_ABNORMAL, error.why)
            return
        await made.run()

    # What the attendance asks for.

    def receive_wish(self, wish: Wish) -> None:
        """Follow a room, or no longer."""
        moment = now()
        act = self._engine.join if wish.follow else self._engine.leave
        self._perform(act(wish.room, moment), moment)

    def tell(self, problem: str) -> None:
        """Say in the feed what went wrong."""
        at = now().at
        self.store.apply(Told(LocalLine(at, "problem", problem)), at)

    # What comes back.

    def _receive_saved(self, rows: Mapping[CommandId, int]) -> None:
        moment = now()
        self._perform(self._engine.receive_saved(rows, moment), moment)
        for id in rows:
            self._submissions.receive_saved(id)

    def receive_unsaved(self, id: CommandId, error: NotSaved | BadLog) -> None:
        """An entry could not be committed."""
        moment = now()
        self._perform(self._engine.receive_save_failed((id,), str(error), moment), moment)
        self._submissions.receive_failure(id, error)

    def receive_appended(self, rows: tuple[JournalRow, ...]) -> None:
        """Other processes wrote rows."""
        moment = now()
        self._perform(self._engine.receive_appended(rows, moment), moment)
        for row in rows:
            self._submissions.receive_row(row)

    def receive_lock(self) -> None:
        """This process is the one that sends now."""
        moment = now()
        self._perform(self._engine.become_sender(moment), moment)

    def receive_writable(self) -> None:
        """The journal, which could not be written, can be again."""
        moment = now()
        self._perform(self._engine.receive_saved({}, moment), moment)

    def receive_recalled(self, recalled: Recollection) -> None:
        """The archive was looked into."""
        moment = now()
        self._perform(self._engine.receive_recalled(recalled, moment), moment)

    def receive_fetched(self, fetch: Fetch, events: tuple[Event, ...]) -> None:
        """The archive gave the next events to bring."""
        moment = now()
        self._perform(self._engine.receive_fetched(fetch, events, moment), moment)

    def receive_open(self, link: LinkId, token: str | None) -> None:
        """A dial succeeded."""
        moment = now()
        self._perform(self._engine.receive_open(link, moment, token), moment)

    def receive_frame(self, link: LinkId, frame: Frame) -> None:
        """A frame came in."""
        moment = now()
        self._perform(self._engine.receive_frame(link, frame, moment), moment)

    def receive_sent(self, link: LinkId, frame_bytes: int) -> None:
        """A frame went out."""
        moment = now()
        self._perform(self._engine.receive_sent(link, frame_bytes, moment), moment)

    def receive_closed(self, link: LinkId, code: int, reason: str, retry_after: float = 0.0) -> None:
        """A link ended, or could not be opened."""
        self._links.pop(link, None)
        moment = now()
        self._perform(self._engine.receive_closed(link, code, reason, moment, retry_after), moment)

    # What was asked for.

    def _looked_up(self, submission: Submission, row: JournalRow | None) -> None:
        """Go on with an entry whose id may have been entered before: then that one is meant."""
        if row is None and (waiting := self._submissions.entry(submission.id)) is not None:
            # On its way into the journal.
            row = JournalRow(0, waiting, "saving")
        if row is None:
            self._submit(submission)
            return
        submission.receive_row(row)
        if not submission.answered:
            self._submissions.add(submission)

    def _submit(self, submission: Submission) -> None:
        moment = now()
        try:
            effects = self._engine.submit(submission.entry, moment)
        except (NotSaved, BadInput) as error:
            submission.receive_failure(error)
            return
        self._submissions.add(submission)
        self._perform(effects, moment)

    def _withdraw(self, id: CommandId, undo: Submission | None, outcome: Submission) -> None:
        moment = now()
        withdrawal = self._engine.withdraw(id, moment)
        self._perform(withdrawal.effects, moment)
        match withdrawal.outcome:
            case "needs_undo" if undo is not None:
                self._submit(undo)
            case "needs_undo":
                outcome.receive_failure(BadInput("only what was entered on a match can be taken back"))
            case "impossible":
                outcome.receive_failure(BadInput(withdrawal.reason))
            case "withdrawn" | "dismissed":
                answer = Answer(id=id, outcome="withdrawn", reason=withdrawal.reason)
                self._submissions.receive_state(id, "withdrawn", withdrawal.reason, answer)
                self._keeper.when_recorded(id, partial(_withdrawn, outcome, answer))

    def _fetch_anew(self, tournament: TournamentId, why: str) -> None:
        moment = now()
        self._perform(self._engine.receive_bad_log(tournament, why, moment), moment)


class _Carrier:
    """Hears of one link, and passes it on by the inbox."""

    def __init__(self, client: Client, link: LinkId) -> None:
        self._client = client
        self._link = link
        self.token: str | None = None
        """What signs this device in on the link."""

    def opened(self) -> None:
        self._client.put(partial(self._client.receive_open, self._link, self.token))

    def received(self, frame: Frame) -> None:
        self._client.put(partial(self._client.receive_frame, self._link, frame))

    def sent(self, frame_bytes: int) -> None:
        self._client.put(partial(self._client.receive_sent, self._link, frame_bytes))

    def closed(self, code: int, reason: str, retry_after: float = 0.0) -> None:
        self._client.put(partial(self._client.receive_closed, self._link, code, reason, retry_after))


def _withdrawn(outcome: Submission, answer: Answer, error: NotSaved | None) -> None:
    """Tell that an entry is taken back, as soon as a restart would know it too."""
    if error is None:
        outcome.receive_state("withdrawn", answer.reason, answer)
    else:
        outcome.receive_failure(error)


def now() -> Moment:
    """Read both clocks."""
    return Moment(time.monotonic(), datetime.now(UTC))
