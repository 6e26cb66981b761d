"""What screens and dialogs ask of the app that they stand in. The app is known here by what it does alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.screen import Screen

    from core import ConsoleSettings, RoomStats, commands, events, ids
    from tui import keys
    from tui.memory import Memory
    from tui.selectors import people
    from tui.selectors.scene import Scene
    from tui.selectors.trips import Trips

T = TypeVar("T")


class Desk(Protocol):
    """What all that asks a question and enters the answer calls."""

    @property
    def scene(self) -> Scene:
        """The newest moment."""
        ...

    def say(self, notice: str) -> None:
        """Show a notice for some seconds."""
        ...

    def submit(
        self, command: commands.Command, *, tournament: ids.TournamentId | None = None, why: str = ""
    ) -> None:
        """Enter a command; what cannot be entered is said."""
        ...

    def withdraw(self, id: ids.CommandId) -> bool:
        """Take back an entry and tell whether that went; what cannot be is said."""
        ...

    def push_screen(self, screen: Screen[T], callback: Callable[[T | None], None]) -> object:
        """Open a dialog; `callback` is given its answer."""
        ...


class Console(Desk, Protocol):
    """What the screens call besides."""

    settings: ConsoleSettings
    keymap: keys.Keymap
    memory: Memory
    notice: str
    """What is said at the moment; `""` for nothing."""
    scoring: ids.MatchId | None
    """The match that is or was open for entry."""
    company: people.Company
    trips: Trips

    @property
    def acknowledged(self) -> frozenset[str]:
        """The alerts that somebody has seen."""
        ...

    def paint(self) -> None:
        """Draw the newest moment now."""
        ...

    def back(self) -> None:
        """Leave for the screen from which this one was opened."""
        ...

    def open_match(self, match: ids.MatchId) -> None:
        """Open a match for entry."""
        ...

    def remember(self, kept: Memory) -> None:
        """Keep something between runs."""
        ...

    def copy(self, told: str) -> None:
        """Copy a text to the clipboard of the terminal."""
        ...

    def export(self, name: str, rows: list[list[str]]) -> None:
        """Write a list to a file and say where."""
        ...

    def acknowledge(self, alerts: Iterable[str]) -> None:
        """Note that somebody has seen alerts."""
        ...

    def drain(self, endpoint: str, *, wanted: bool) -> None:
        """Carry nothing over an endpoint, or use it again."""
        ...

    def room_stats(self, room: ids.RoomId) -> RoomStats | None:
        """Return a followed room in figures."""
        ...

    def read_log(self, tournament: ids.TournamentId) -> tuple[ids.Epoch, Sequence[events.Event]]:
        """Read a tournament's log from the hub; blocks."""
        ...
