"""What the console asks of the realtime client: the one seam between the screens and the core's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from core import RoomStats, View, commands, ids


class Realtime(Protocol):
    """What the console calls of the realtime client, from its own thread."""

    @property
    def view(self) -> View:
        """The newest view."""
        ...

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        """Have `listener` called after each change, on the client's thread."""
        ...

    def submit(
        self, command: commands.Command, *, tournament: ids.TournamentId | None = None, why: str = ""
    ) -> object:
        """Enter a command; `tournament` where it is on none of its own, `why` the reason given."""
        ...

    def withdraw(self, id: ids.CommandId) -> object:
        """Take back an entry: here if it certainly never left or was refused, else by an undo."""
        ...

    def retry(self, id: ids.CommandId) -> object:
        """Send an entry now."""
        ...

    def set_idle(self, idle: bool) -> None:
        """Tell the others whether somebody is at the keys."""
        ...

    def reconnect(self) -> object:
        """Try the hub now."""
        ...

    def drain(self, endpoint: str) -> object:
        """Carry nothing over an endpoint from now on."""
        ...

    def undrain(self, endpoint: str) -> object:
        """Use a drained endpoint again."""
        ...

    def room_stats(self, room: str) -> RoomStats | None:
        """Return a followed room in figures; `None` for one that is not followed."""
        ...
