"""The engine: the one object that the shell drives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.domain.commands import Entry
    from core.domain.ids import CommandId, DeviceId, RoomId, TournamentId
    from core.domain.state import Tournament
    from core.realtime.config import EngineConfig
    from core.realtime.effects import Effect, JournalRow, LinkId, Moment, Withdrawal
    from core.wire.codec import Frame


class Dice(Protocol):
    """Where chance comes from; `random.Random` is one."""

    def random(self) -> float:
        """Return a number from 0 up to but not including 1."""
        ...


class Engine:
    """Everything that this device decides about links, rooms and entries, without doing any of it.

    Every call takes the moment at which it is made and returns effects; perform all of one call, in order, before
    the next.

    Args:
        config: figures and endpoints.
        device: this device's id.
        person: the name at this device, said to the hub.
        dice: where jitter comes from.
    """

    def __init__(self, config: EngineConfig, device: DeviceId, person: str, dice: Dice) -> None: ...

    def load(self, rows: Sequence[JournalRow], moment: Moment) -> list[Effect]:
        """Take over the journal as found at the start.

        Args:
            rows: all unanswered, held and refused rows, and the latest answered ones, by row.
            moment: when that was.
        """
        raise NotImplementedError

    def restore(self, states: Sequence[Tournament], moment: Moment) -> list[Effect]:
        """Take over stored copies of tournaments: shown as of their last event until a hub says more."""
        raise NotImplementedError

    def start(self, moment: Moment) -> list[Effect]:
        """Begin: dial."""
        raise NotImplementedError

    def submit(self, entry: Entry, moment: Moment) -> list[Effect]:
        """Take an entry at the key press: `Persist` comes back; `receive_saved` then has it shown and sent.

        An id that is known with the same content changes nothing and returns no `Persist`.

        Raises:
            NotSaved: so many entries wait that none can be added.
            BadInput: the id is known with other content.
        """
        raise NotImplementedError

    def receive_saved(self, rows: Mapping[CommandId, int], moment: Moment) -> list[Effect]:
        """The journal has committed these entries, each at its row.

        Rows of other processes below them were handed in before: the row is the order of sending.
        """
        raise NotImplementedError

    def receive_save_failed(self, ids: Sequence[CommandId], why: str, moment: Moment) -> list[Effect]:
        """The journal could not commit these entries: they were never entered.

        `View.can_save` is false until one is saved again.
        """
        raise NotImplementedError

    def receive_appended(self, rows: Sequence[JournalRow], moment: Moment) -> list[Effect]:
        """Rows that other processes appended, and where this one does not send, those that the sender changed."""
        raise NotImplementedError

    def become_sender(self, moment: Moment) -> list[Effect]:
        """This process holds the data folder's lock now, and has handed in every row.

        Until then nothing is sent or withdrawn.
        """
        raise NotImplementedError

    def cease(self, moment: Moment) -> list[Effect]:
        """This process no longer sends: its links stay and show, entries go to the journal only."""
        raise NotImplementedError

    def join(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Follow a room from now on, over any link; counted, so that each `join` needs its `leave`."""
        raise NotImplementedError

    def leave(self, room: RoomId, moment: Moment) -> list[Effect]:
        """Follow a room no longer, when nobody else here does; what was seen of it stays in the view."""
        raise NotImplementedError

    def withdraw(self, id: CommandId, moment: Moment) -> Withdrawal:
        """Take an entry back if it certainly never left; say what is needed otherwise."""
        raise NotImplementedError

    def retry(self, id: CommandId, moment: Moment) -> list[Effect]:
        """Send an entry now instead of when its wait is over; dials if there is no link."""
        raise NotImplementedError

    def reconnect(self, moment: Moment) -> list[Effect]:
        """Forget every wait, bench and refusal, and dial afresh; a person asked for it."""
        raise NotImplementedError

    def close(self, moment: Moment) -> list[Effect]:
        """Hang up all links and dial no more."""
        raise NotImplementedError

    def receive_open(self, link: LinkId, moment: Moment) -> list[Effect]:
        """A dial succeeded."""
        raise NotImplementedError

    def receive_frame(self, link: LinkId, frame: Frame, moment: Moment) -> list[Effect]:
        """A frame came in. Frames of links that were hung up are ignored."""
        raise NotImplementedError

    def receive_closed(self, link: LinkId, code: int, reason: str, moment: Moment) -> list[Effect]:
        """A link closed, or a dial failed.

        A failed dial has code 1006, or 4401 where the hub refused the token by HTTP 401 or 403.
        """
        raise NotImplementedError

    def receive_sent(self, link: LinkId, frame_bytes: int, moment: Moment) -> list[Effect]:
        """A frame of that size was written to a link, for the statistics."""
        raise NotImplementedError

    def receive_bad_log(self, tournament: TournamentId, why: str, moment: Moment) -> list[Effect]:
        """The store could not fold an `Advanced` (it raised `BadLog` and kept its state): fetch the room anew."""
        raise NotImplementedError

    def next_deadline(self) -> float | None:
        """Return the monotonic time at which `handle_deadline` is due; `None` while nothing is."""
        raise NotImplementedError

    def handle_deadline(self, moment: Moment) -> list[Effect]:
        """Do what time alone brings about: heartbeats, time-outs, dials, resends."""
        raise NotImplementedError
