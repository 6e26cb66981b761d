"""Messages of the console: what goes up from a widget or in from the realtime thread, typed."""

from __future__ import annotations

from textual.message import Message


class StoreChanged(Message):
    """There is a newer view; one at most is under way."""


class Moved(Message):
    """The cursor of a list went to another row by hand."""


class RoomChanged(Message):
    """What fills the room that others leave has more or less of it than it was drawn for."""


class Opened(Message):
    """A row was opened with the mouse."""
