"""The realtime client of the console, from before it is open on.

Owns the thread that opens it. What loads and reads for that waits until the console has drawn its first frame
and subscribes: nobody looks at an empty terminal meanwhile. Guarantees that what is asked of it before waits
and reaches the client, that a client that cannot be opened ends the console and is raised where it is
closed, and that closing waits until the client has.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from core import Connection, View, ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from core import Realtime, RoomStats, Settings, commands


class Opening:
    """The client, from before it is open on."""

    def __init__(self, settings: Settings) -> None:
        self.on_failure: Callable[[], object] | None = None
        """Called on another thread when the client cannot be opened, or fails."""
        self._settings = settings
        self._client: Realtime | None = None
        connecting = Connection(state="connecting", since=time.monotonic())
        self._nothing = View(ids.DeviceId(""), settings.name, connection=connecting)
        self._failure: BaseException | None = None
        self._listener: Callable[[View], None] | None = None
        self._decided, self._leaving = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold, name="courtside-opening")

    @property
    def view(self) -> View:
        """The newest view; an empty one, connecting, until the client is open."""
        return self._nothing if self._client is None else self._client.view

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        """Open the client, and have `listener` called then and after each change, on another thread."""
        self._listener = listener
        self._thread.start()
        return self._unsubscribe

    def submit(
        self, command: commands.Command, *, tournament: ids.TournamentId | None = None, why: str = ""
    ) -> object:
        """Enter a command."""
        return self._opened().submit(command, tournament=tournament, why=why)

    def withdraw(self, id: ids.CommandId) -> object:
        """Take back an entry."""
        return self._opened().withdraw(id)

    def retry(self, id: ids.CommandId) -> None:
        """Send an entry now."""
        self._opened().retry(id)

    def set_idle(self, idle: bool) -> None:
        """Tell the others whether somebody is at the keys."""
        self._opened().set_idle(idle)

    def reconnect(self) -> None:
        """Try the hub now."""
        self._opened().reconnect()

    def drain(self, endpoint: str) -> None:
        """Carry nothing over an endpoint from now on."""
        self._opened().drain(endpoint)

    def undrain(self, endpoint: str) -> None:
        """Use a drained endpoint again."""
        self._opened().undrain(endpoint)

    def room_stats(self, room: str) -> RoomStats | None:
        """Return a followed room in figures."""
        return self._opened().room_stats(room)

    def close(self) -> None:
        """Close the client and wait until it is.

        Raises:
            CourtsideError: it could not be opened, or failed while it was open.
        """
        self._leaving.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _opened(self) -> Realtime:
        """Return the client once it is open."""
        self._decided.wait()
        if self._client is None:
            assert self._failure is not None, "it is open or has failed"
            raise self._failure
        return self._client

    def _hold(self) -> None:
        """Open the client, wait, close it."""
        try:
            # Loaded here: while the first frame stands already.
            from core import realtime_in_thread

            with realtime_in_thread(self._settings, on_failure=lambda _: self._leaving.set()) as client:
                client.join_all()
                self._client = client
                self._decided.set()
                client.subscribe(self._tell)
                self._tell(client.view)
                self._leaving.wait()
        except BaseException as error:  # noqa: BLE001 -- nothing above this thread would see it: `close` raises it
            self._failure = error
            self._decided.set()
            if self.on_failure is not None:
                self.on_failure()

    def _tell(self, view: View) -> None:
        if self._listener is not None:
            self._listener(view)

    def _unsubscribe(self) -> None:
        self._listener = None
