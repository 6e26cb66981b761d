"""A submission: what the one who submitted an entry holds on to, from any thread or event loop.

Owns waiting for the two moments that matter, saved and answered. The entry's state is the view's affair;
this only remembers the last one that it was told. Told on the realtime thread alone.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from core.domain.answers import Answer
from core.errors import BadInput

if TYPE_CHECKING:
    from core.domain.commands import Entry
    from core.domain.ids import CommandId
    from core.errors import CourtsideError
    from core.realtime.effects import JournalRow
    from core.realtime.view import EntryState

T = TypeVar("T")


class Submission:
    """One entry on its way. Nothing here changes what becomes of it.

    ```python
    await realtime.join("tournament:summer").live(10)
    entry = realtime.submit(core.commands.Notify("Lunch", "in the hall"), tournament="summer")
    try:
        await entry.confirmed(5)
    except TimeoutError:
        print("unknown yet, never given up:", entry.id, entry.state)
    ```

    Args:
        entry: the entry as it was made.
    """

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        """The entry; where its id was entered before, the one that stands in the journal."""
        self.state: EntryState = "saving"
        """What became of it so far."""
        self.reason = ""
        """Why it is held or refused, waits, or could not be saved."""
        self._saved: Future[None] = Future()
        self._answer: Future[Answer] = Future()

    @property
    def answered(self) -> bool:
        """Whether it is known what becomes of the entry."""
        return self._answer.done()

    @property
    def id(self) -> CommandId:
        """The entry's id."""
        return self.entry.id

    async def saved(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- handed to asyncio.timeout
        """Wait until the entry is on this laptop's disk.

        Args:
            timeout: longest wait in seconds; `None` for no limit.

        Raises:
            NotSaved: it could not be saved; nothing was entered.
            BadInput: its id stands for another entry.
            TimeoutError: that is not known yet.
        """
        await _within(self._saved, timeout)

    async def confirmed(self, timeout: float | None = None) -> Answer:  # noqa: ASYNC109 -- as above
        """Wait for the hub's answer, whatever it is.

        Args:
            timeout: longest wait in seconds; `None` for no limit.

        Raises:
            NotSaved: the entry could not be saved; nothing was entered.
            BadInput: its id stands for another entry.
            Unreachable: this client was closed first; the entry stays saved, and goes out when one is
                opened again.
            TimeoutError: there is no answer yet: what becomes of the entry is unknown, it is never given up.
        """
        return await _within(self._answer, timeout)

    def wait_saved(self, timeout: float | None = None) -> None:
        """Wait like `saved`, blocking; not on the realtime thread."""
        self._saved.result(timeout)

    def wait(self, timeout: float | None = None) -> Answer:
        """Wait like `confirmed`, blocking; not on the realtime thread."""
        return self._answer.result(timeout)

    def receive_state(self, state: EntryState, reason: str, answer: Answer | None) -> None:
        """Hear what became of the entry.

        Refused or withdrawn without an answer of the hub is final all the same: it will not be sent any more.
        """
        self.state, self.reason = state, reason
        if answer is None and (state == "refused" or state == "withdrawn"):
            answer = Answer(id=self.id, outcome=state, reason=reason)
        if state != "saving" and not self._saved.done():
            self._saved.set_result(None)
        if answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def receive_row(self, row: JournalRow) -> None:
        """Hear that an entry of this id stands in the journal: this one, or another that was there first."""
        first, wanted = row.entry, self.entry
        if (first.tournament, first.command) != (wanted.tournament, wanted.command):
            why = f"the id {self.id} was entered before, for something else; give this one another id"
            self.receive_failure(BadInput(why))
            return
        self.entry = first
        self.receive_state(row.state, row.reason, row.answer)

    def receive_failure(self, error: CourtsideError) -> None:
        """Hear that there will be no answer."""
        if not self._saved.done():
            self.state, self.reason = "refused", str(error)
            self._saved.set_exception(error)
        if not self._answer.done():
            self._answer.set_exception(error)


async def _within(future: Future[T], timeout: float | None) -> T:  # noqa: ASYNC109 -- as above
    # Shielded: whoever gives up waiting must not cancel it for the others.
    waited = asyncio.wrap_future(future)
    # Who gave up waiting has left the result unread; that is no error to log.
    waited.add_done_callback(_read)
    async with asyncio.timeout(timeout):
        return await asyncio.shield(waited)


def _read(done: asyncio.Future[T]) -> None:
    """Look at how it ended."""
    if not done.cancelled():
        done.exception()


class Submissions:
    """The submissions that wait for an answer, by id; one id may be submitted more than once."""

    def __init__(self) -> None:
        self._waiting: dict[CommandId, list[Submission]] = {}

    def add(self, submission: Submission) -> None:
        """Tell a submission from now on what becomes of its entry."""
        self._waiting.setdefault(submission.id, []).append(submission)

    def entry(self, id: CommandId) -> Entry | None:
        """Return the entry of an id that waits; `None` if none does."""
        waiting = self._waiting.get(id)
        return waiting[0].entry if waiting else None

    def receive_saved(self, id: CommandId) -> None:
        """An entry is on disk."""
        for submission in self._waiting.get(id, ()):
            if submission.state == "saving":
                submission.receive_state("saved", "", None)

    def receive_state(self, id: CommandId, state: EntryState, reason: str, answer: Answer | None) -> None:
        """Something became of an entry."""
        for submission in self._waiting.get(id, ()):
            submission.receive_state(state, reason, answer)
        self._drop_answered(id)

    def receive_row(self, row: JournalRow) -> None:
        """Another process wrote a row: what became of an entry of ours, or one that took its id first."""
        for submission in self._waiting.get(row.entry.id, ()):
            submission.receive_row(row)
        self._drop_answered(row.entry.id)

    def receive_failure(self, id: CommandId, error: CourtsideError) -> None:
        """An entry was not saved."""
        for submission in self._waiting.pop(id, ()):
            submission.receive_failure(error)

    def _drop_answered(self, id: CommandId) -> None:
        waiting = [submission for submission in self._waiting.pop(id, ()) if not submission.answered]
        if waiting:
            self._waiting[id] = waiting

    def close(self, error: CourtsideError) -> None:
        """Tell all that there will be no answer here."""
        for id in tuple(self._waiting):
            self.receive_failure(id, error)
