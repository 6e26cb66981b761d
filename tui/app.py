"""The console: modes, themes, and the one bridge from the realtime client. It wires, it does not work.

The realtime client lives on a thread of its own. Its listener sets a flag and posts one `StoreChanged`; the
screen on top takes the newest view, at most `FRAMES` times a second. Screens that are hidden do not draw.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from importlib.metadata import version
from pkgutil import resolve_name
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.command import CommandPalette

from core import CourtsideError, commands, config_folder, ids, text
from tui import keys, memory, sheets, theming
from tui.commands import Everything
from tui.doors import Doors
from tui.keyboard import KeyboardApp
from tui.keymap import check
from tui.messages import StoreChanged
from tui.screens.base import NOTICE_FOR, ListScreen, MainScreen
from tui.screens.scores import ScoresScreen
from tui.selectors import links, people, scores, words
from tui.selectors.bell import Bell
from tui.selectors.bell import advance as advance_bell
from tui.selectors.link import advance
from tui.selectors.queue import conflicts
from tui.selectors.scene import Scene, followed, only_figures
from tui.selectors.trips import Trips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.app import SystemCommand
    from textual.screen import Screen

    from core import Match, Queued, RoomStats, Settings, View
    from core import events as log_events
    from tui import commands as palette
    from tui.maker import Maker
    from tui.organising import Organiser
    from tui.realtime import Realtime
    from tui.screens import console as screens

_log = logging.getLogger(__name__)
FRAMES = 30.0
"""Most drawings a second."""
TICK = 1.0
"""Seconds between two looks at the clock, for ages, times and the figures of the links."""
AFTER_TICK = 0.02
"""Seconds from a full second of the clock until it is looked at: it never shows one twice."""
IDLE_AFTER = 120.0
"""Seconds without a key, a click or a paste after which the others are told that nobody is here."""
_OVER = ("entry", "board")
"""Screens that are left for the one they were opened from."""


def wall_clock() -> datetime:
    """Return the time of this laptop in its own zone."""
    return datetime.now().astimezone()


def _later(home: str) -> Callable[[], Screen[object]]:
    """Return what makes a screen, loading its module: so the first frame waits for Scores alone."""
    return lambda: resolve_name(home)()


class CourtsideApp(KeyboardApp):
    """The console.

    Args:
        realtime: the client, safe to call from this thread.
        settings: what is set; theme and stars are remembered in its data folder.
        clock: the wall clock, aware, in the zone in which times are shown.
        monotonic: the clock of the realtime client, seconds.
        screen: the screen to begin with; `None` for Scores.
        doors: how people get in; `None` for those that the settings name.
    """

    TITLE = "Courtside"
    CSS_PATH = str(theming.stylesheet())
    COMMANDS: ClassVar = {Everything}
    MODES: ClassVar = {
        "scores": ScoresScreen,
        "entry": _later("tui.screens.entry:EntryScreen"),
        "feed": _later("tui.screens.feed:FeedScreen"),
        "people": _later("tui.screens.people:PeopleScreen"),
        "links": _later("tui.screens.links:LinksScreen"),
        "queue": _later("tui.screens.queue:QueueScreen"),
        "board": _later("tui.screens.board:BoardScreen"),
        "table": _later("tui.screens.table:TableScreen"),
    }
    DEFAULT_MODE = "scores"
    BINDINGS: ClassVar = []
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        realtime: Realtime,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = wall_clock,
        monotonic: Callable[[], float] = time.monotonic,
        screen: str | None = None,
        doors: Doors | None = None,
    ) -> None:
        super().__init__()
        self.doors = doors or Doors(settings)
        self._all, self.settings = settings, settings.console
        changed = check(self.settings.keys)
        self.keymap: keys.Keymap = changed.usable
        self.scoring: ids.MatchId | None = None
        """The match that is or was open for entry."""
        self.notice = ""
        self._kept = settings.data / "client" / "console.json"
        self._exports = settings.data / "exports"
        self.memory = memory.load(self._kept)
        self._realtime, self._clock, self._monotonic = realtime, clock, monotonic
        self._unsubscribe: Callable[[], None] | None = None
        """`None` before the first frame: a console may end before."""
        self._themes = theming.load(config_folder() / "themes")
        self.problems = (*self._themes.problems, *changed.problems)
        """What is wrong with the person's themes and keys, a line each."""
        self._start = screen or "scores"
        self._came_from = "scores"
        self._notice_until = 0.0
        self._pending = threading.Event()
        self._painted_at = float("-inf")
        self._paint_due = False
        self._entered_on: tuple[Queued, ...] | None = None
        """The queue at the newest entry; `None` once a newer one was painted."""
        self._chosen: ids.TournamentId | None = None
        """The tournament that the person chose."""
        self._touched_at = monotonic()
        self._idle = False
        self._bell = Bell()
        self.company = people.Company()
        self.trips = Trips()
        self.scene = Scene(
            realtime.view,
            clock(),
            monotonic(),
            ascii=self.settings.ascii,
            muted=self.muted,
            version=version("courtside"),
        )

    # Loaded on use, as are most screens and dialogs.
    @cached_property
    def maker(self) -> Maker:
        """Makes tournaments."""
        from tui.maker import Maker

        return Maker(self)

    @cached_property
    def organiser(self) -> Organiser:
        """Changes a tournament while it goes on."""
        from tui.organising import Organiser

        return Organiser(self)

    @property
    def acknowledged(self) -> frozenset[str]:
        """The alerts that somebody has seen."""
        return self._bell.seen

    @property
    def muted(self) -> bool:
        """Whether the bell is off."""
        return not (self.settings.bell and self.memory.bell)

    def on_mount(self) -> None:
        self.set_class(self.settings.ascii, "-ascii")
        for theme in self._themes.themes:
            self.register_theme(theme)
        self.use_theme(self.settings.theme or self.memory.theme or theming.DEFAULT, keep=False)
        self.set_keymap(dict(self.keymap))
        for problem in self.problems:
            _log.warning("%s", problem)
        if self.problems:
            more = f", and {len(self.problems) - 1} more: in the palette" if len(self.problems) > 1 else ""
            self.say(f"{self.problems[0]}{more}")
        # Once the first frame stands: what opens the client would hold it up.
        self.call_after_refresh(self._listen)
        self.set_timer(TICK - self._clock().microsecond / 1e6 + AFTER_TICK, self._tick)
        if self._start != self.current_mode and self._start in self.MODES:
            self.switch_mode(self._start)
        if self.doors.opens_with_code:
            from tui.screens.entrance import LetIn

            # Later: above the first screen, which is not there yet.
            self.call_after_refresh(self.push_screen, LetIn(self.doors, at_once=True))

    def _tick(self) -> None:
        self.paint()
        self.set_interval(TICK, self.paint)

    def _listen(self) -> None:
        self._unsubscribe = self._realtime.subscribe(self._changed)
        self.paint()

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.MouseDown | events.Paste):
            self._touched_at = self._monotonic()
        await super().on_event(event)

    def _changed(self, _view: View) -> None:
        """Hear of a newer view, on the realtime thread."""
        if not self._pending.is_set():
            self._pending.set()
            self.post_message(StoreChanged())

    def on_store_changed(self) -> None:
        self._pending.clear()
        if self._entered_on is not None and self._realtime.view.queue is not self._entered_on:
            # What was just entered does not wait for the next frame.
            self._entered_on = None
            self.paint()
        if self._paint_due or only_figures(self.scene.view, self._realtime.view):
            return
        wait = self._painted_at + 1 / FRAMES - time.monotonic()
        if wait <= 0:
            self.paint()
        else:
            self._paint_due = True
            self.set_timer(wait, self.paint)

    def paint(self) -> None:
        """Take the newest view and have the screens of this mode draw it."""
        self._paint_due = False
        self._painted_at = time.monotonic()
        view, now = self._realtime.view, self._monotonic()
        watch = advance(self.scene.watch, view, now)
        if self.notice and now >= self._notice_until:
            self.notice = ""
        self.scene = replace(
            self.scene,
            view=view,
            at=self._clock(),
            now=now,
            watch=watch,
            tournament=self._chosen or followed(self.scene),
            muted=self.muted,
        )
        if self._idle != (idle := now - self._touched_at >= IDLE_AFTER):
            self._idle = idle
            self._realtime.set_idle(idle)
        self.company = people.advance(self.company, self.scene)
        self.trips.note(view.connection.links, now)
        alerts = frozenset(alert.key for alert in links.alerts(self.scene, self.company))
        ops = view.connection.role == "admin"
        rang, self._bell = self._bell.rings, advance_bell(self._bell, alerts, watch.calls, now, ops=ops)
        if self._bell.rings > rang and not self.muted and self.current_mode != "board":
            self.bell()
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.draw(self.scene)

    def read_log(self, tournament: ids.TournamentId) -> tuple[ids.Epoch, Sequence[log_events.Event]]:
        """Read a tournament's log from the hub; blocks."""
        # Loaded on use, with all that reaches a network.
        from core import fetch_log

        return fetch_log(self._all, tournament)

    def acknowledge(self, alerts: Iterable[str]) -> None:
        """Note that somebody has seen alerts: they stay listed."""
        self._bell = self._bell.acknowledge(frozenset(alerts))
        self.paint()

    def room_stats(self, room: ids.RoomId) -> RoomStats | None:
        """Return a followed room in figures."""
        return self._realtime.room_stats(room)

    def drain(self, endpoint: str, *, wanted: bool) -> None:
        """Carry nothing over an endpoint, or use it again."""
        if wanted:
            self._realtime.drain(endpoint)
            self.say(f"{endpoint} is drained: rooms go where they can")
        else:
            self._realtime.undrain(endpoint)
            self.say(f"{endpoint} is used again")

    def say(self, notice: str) -> None:
        """Show a notice for some seconds."""
        self.notice = words.tidy(notice)
        self._notice_until = self._monotonic() + NOTICE_FOR
        self.paint()

    def submit(
        self, command: commands.Command, *, tournament: ids.TournamentId | None = None, why: str = ""
    ) -> None:
        """Enter a command; what cannot be entered is said."""
        self._entered_on = self._realtime.view.queue
        try:
            self._realtime.submit(command, tournament=tournament, why=why)
        except CourtsideError as error:
            self.say(str(error))

    def withdraw(self, id: ids.CommandId) -> bool:
        """Take back an entry: here if it never left or was refused, else by an undo that names it."""
        try:
            self._realtime.withdraw(id)
        except CourtsideError as error:
            self.say(str(error))
            return False
        return True

    def copy(self, told: str) -> None:
        """Copy a text to the clipboard of the terminal."""
        self.copy_to_clipboard(text.clean(told, 2_000))
        self.say("Copied")

    def export(self, name: str, rows: list[list[str]]) -> None:
        """Write a list to a file and say where."""
        if len(rows) < 2:
            self.say("Nothing is listed here: nothing is written")
            return
        try:
            path = sheets.write(self._exports, name, self._clock(), rows)
        except OSError as error:
            self.say(f"Cannot write it: {error.strerror or error}")
        else:
            self.say(f"Written to {path}")

    def remember(self, kept: memory.Memory) -> None:
        """Keep something between runs."""
        self.memory = kept
        memory.save(self._kept, kept)

    def offered_themes(self) -> tuple[str, ...]:
        """Return the themes to choose from: Courtside's, the user's, then the framework's."""
        own = tuple(theme.name for theme in self._themes.themes)
        return theming.offered(own, self.available_themes, no_colour=bool(os.environ.get("NO_COLOR")))

    def use_theme(self, name: str, *, keep: bool = True) -> None:
        """Use a theme and keep it; an unknown one falls back to the default."""
        if name not in self.offered_themes():
            self.say(f"There is no theme {name!r}: {theming.DEFAULT} is used")
            name = theming.DEFAULT
        self.theme = name
        if keep:
            self.remember(memory.with_theme(self.memory, name))

    def choose_tournament(self, tournament: ids.TournamentId) -> None:
        """Show a tournament."""
        self._chosen = tournament
        self.paint()

    def find(self, place: keys.Place, wanted: str) -> None:
        """Go to a list and filter it."""
        self.switch_mode(place)

        def filtered() -> None:
            if isinstance(self.screen, ListScreen):
                self.screen.filter_for(wanted)

        self.call_after_refresh(filtered)

    def open_match(self, match: ids.MatchId) -> None:
        """Open a match for entry."""
        self.scoring = match
        if self.current_mode not in _OVER:
            self._came_from = self.current_mode
        self.switch_mode("entry")

    def back(self) -> None:
        """Leave Entry or the Board for the screen it was opened from."""
        if self.current_mode in _OVER:
            self.switch_mode(self._came_from)

    def run_key(self, screen: MainScreen, key: keys.Key) -> None:
        """Run a key's action as if it was pressed on a screen."""
        self.call_later(self.run_action, key.action, screen)

    def action_go(self, place: str) -> None:
        if place == "entry" and self.scoring is None:
            self.say("No match is open. Pick one and press Enter")
            return
        if place in _OVER and self.current_mode not in _OVER:
            self._came_from = self.current_mode
        self.switch_mode(place)

    def action_reconnect(self) -> None:
        self._realtime.reconnect()
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.stopped = ""
        for queued in self.scene.view.queue:
            if queued.state == "saved":
                self._realtime.retry(queued.entry.id)
                break
        self.say("Trying the hub now")

    def action_attention(self) -> None:
        found = conflicts(self.scene)
        refused = any(queued.state == "refused" for queued in self.scene.view.queue)
        if found or refused:
            self.action_go("queue")
            from tui.screens.queue import QueueScreen

            screen = self.screen
            if isinstance(screen, QueueScreen):
                screen.tab = None
                screen.attend(found)
            return
        shown = self.scene.shown
        if shown is not None and scores.troubled(self.scene, shown):
            self.action_go("scores")
            return
        self.say("Nothing needs attention")

    def action_sign_in(self) -> None:
        from tui.screens.entrance import sign_in

        sign_in(self, self.doors, self._realtime.reconnect)

    def action_let_in(self) -> None:
        if self.scene.view.connection.role == "admin":
            from tui.screens.entrance import LetIn

            self.push_screen(LetIn(self.doors))
        else:
            self.say("Only ops let others in")

    @property
    def chosen_match(self) -> Match | None:
        """The match that is open or under the cursor, of the tournament on the screen."""
        screen, shown = self.screen_stack[0], self.scene.shown
        match = self.scoring if self.current_mode == "entry" else None
        if isinstance(screen, ScoresScreen) and screen.match is not None:
            match = screen.match.id
        return None if shown is None or match is None else shown.projected.matches.get(match)

    def action_make(self) -> None:
        self.maker.make()

    def action_open_file(self) -> None:
        self.maker.open_file()

    def action_organise(self) -> None:
        self.organiser.open()

    def action_bell_switch(self) -> None:
        self.remember(memory.with_bell(self.memory, on=not self.memory.bell))
        self.say("Bell off" if self.muted else "Bell on")

    def action_keys(self) -> None:
        screen = self.screen
        if not isinstance(screen, MainScreen):
            return

        from tui.screens.dialogs import KeysHelp

        def chosen(key: keys.Key | None) -> None:
            if key is not None:
                self.run_key(screen, key)

        self.push_screen(KeysHelp(screen.PLACE, self.keymap), chosen)

    def action_command_palette(self) -> None:
        if not CommandPalette.is_open(self):  # type: ignore[arg-type]  # it would take any app
            told = "a screen, an action, a match, a theme: type a part of its name"
            self.push_screen(CommandPalette(id="--command-palette", placeholder=told))

    def action_help_quit(self) -> None:
        self.say("Nothing is selected to copy. To leave press  q")

    def action_leave(self) -> None:
        from tui.screens.questions import ask_leave

        ask_leave(self, partial(self.exit, 0))

    async def action_quit(self) -> None:
        self.action_leave()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 -- Textual's name
        return ()


if TYPE_CHECKING:

    def _fits(app: CourtsideApp) -> tuple[screens.Console, palette.Console]:
        """Have the types compared: the app is all that its screens and its palette expect."""
        return app, app
