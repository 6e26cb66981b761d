"""The frame that every screen stands in: tabs, banner, notice, status bar and footer around a body.

A screen draws only while it is on top of its mode; the app hands it the scene. Which screens there are is
one table.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Input

from tui import keys
from tui.selectors import status, words
from tui.selectors.cells import Run, fit, length, spread
from tui.widgets.lines import CLASSES, Lines
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widgets.input import Selection

    from tui.screens.console import Console
    from tui.selectors.cells import Line
    from tui.selectors.scene import Scene


@dataclass(frozen=True, slots=True)
class Tab:
    """A screen as the tab bar and the palette name it."""

    place: keys.Place
    number: int
    """The key that jumps to it; it stays the same when other screens come or go."""
    title: str
    holds: str = ""
    """What people look for there by other names."""


TABS: tuple[Tab, ...] = (
    Tab("scores", 1, "Scores"),
    Tab("entry", 2, "Entry"),
    Tab("feed", 3, "Feed"),
    Tab("people", 4, "People"),
    Tab("links", 5, "Links"),
    Tab("queue", 6, "Queue"),
    Tab("board", 7, "Board"),
    Tab("table", 8, "Table", "standings, bracket, history"),
)
_log = logging.getLogger(__name__)
NOTICE_FOR = 5.0
"""Seconds that a notice stays."""


class MainScreen(Screen[None]):
    """One screen in the frame."""

    PLACE: ClassVar[keys.Place]
    LAST: ClassVar[str]
    """The last part of its body."""
    LEAST: ClassVar[tuple[int, int]] = (60, 16)
    """The smallest window, columns and rows."""
    LOOK: ClassVar[str] = "6 to look"
    """How one comes from here to what needs a decision."""
    AUTO_FOCUS = ""
    COMPONENT_CLASSES: ClassVar[set[str]] = set(CLASSES)

    def __init__(self) -> None:
        super().__init__()
        self.stopped = ""
        """What went wrong in drawing the body; `""` while it draws."""
        self._footer_for: tuple[int, frozenset[str], bool] | None = None
        """For which width and keys that do nothing the footer stands, and whether for a viewer."""

    def compose(self) -> ComposeResult:
        yield Lines(id="frame")
        yield Lines(id="banner")
        with Vertical(id="body"):
            yield from self.compose_body()
        yield Lines(id="small")
        yield Lines(id="notice")
        yield Lines(id="status")
        yield Lines(id="keys")

    def compose_body(self) -> ComposeResult:
        """Make what stands inside the frame: nothing, unless the screen says what."""
        return iter(())

    def stands(self) -> bool:
        """Tell whether frame and body are there: not while they are made or taken down."""
        try:
            for part in ("frame", "keys", self.LAST):
                self.query_one(f"#{part}")
        except NoMatches:
            return False
        return True

    @property
    def console(self) -> Console:
        """The app, as screens know it."""
        return self.app  # type: ignore[return-value]  # the app that opens these screens is a console

    @property
    def scene(self) -> Scene:
        """The newest scene."""
        return self.console.scene

    def draw(self, scene: Scene) -> None:
        """Show the scene, frame and body."""
        if not self.stands():
            return
        width, height = self.app.size
        self._line("frame", self.frame(scene, width))
        banner = status.banner(scene, width, self.LOOK)
        self._toggle("banner", (banner,) if banner else None)
        notice = self.console.notice
        self._toggle("notice", (Run(f" {notice}", "strong"),) if notice else None)
        self._line("status", status.bar(scene, width))
        self._draw_keys(width, self.off(scene), looks=status.is_viewer(scene))
        if not self.stopped and not self._too_small(width, height):
            self._draw_guarded(scene)
        message = self._too_small(width, height) or self.stopped
        self.set_class(bool(message), "-small")
        if message:
            self.query_one("#small", Lines).show([(Run(f" {line}"),) for line in message.split("\n")])

    def _draw_keys(self, width: int, off: frozenset[str], *, looks: bool) -> None:
        if self._footer_for == (width, off, looks):
            return
        self._footer_for = width, off, looks
        left, right = keys.footer(self.PLACE, self.console.keymap, width, off, looks=looks)
        self._line("keys", spread((Run(f" {left}", "dim"),), (Run(f"{right} ", "dim"),), width))

    def _too_small(self, width: int, height: int) -> str:
        least_width, least_height = self.LEAST
        if width >= least_width and height >= least_height:
            return ""
        size = f"{least_width}x{least_height}"
        return f"Needs {size}, this window is {width}x{height}.\nMake it larger or the letters smaller."

    def _draw_guarded(self, scene: Scene) -> None:
        """Draw the body; a bug in it stops this screen, not the others and not the queue."""
        try:
            self.draw_body(scene)
        except Exception as error:  # noqa: BLE001 -- the screen boundary
            _log.exception("the screen %s stopped", self.PLACE)
            why = words.tidy(f"{type(error).__name__}: {error}")
            self.stopped = f"This screen stopped: {why}\nR reopen.  The others go on, and so does the queue."

    def draw_body(self, scene: Scene) -> None:
        """Show the scene inside the frame: nothing, unless the screen says how."""

    def off(self, scene: Scene) -> frozenset[str]:  # noqa: ARG002 -- screens with such keys look at it
        """Return the ids of the keys that do nothing at the moment: the footer leaves them out."""
        return frozenset()

    def frame(self, scene: Scene, width: int) -> Line:
        """Return the first row: where you are."""
        shown = scene.shown
        name = f" COURTSIDE  {shown.confirmed.name}" if shown is not None and width >= 100 else " COURTSIDE"
        tabs: list[Run] = []
        for tab in TABS:
            label = f"{tab.number} {tab.title}" if width >= 100 else f"{tab.number}{tab.title}"
            if width < 80:
                label = str(tab.number) if tab.place != self.PLACE else label
            if tab.place == self.PLACE:
                tabs.append(Run(f"[{label}]", "chosen"))
            else:
                tabs.append(Run(f" {label} " if width >= 60 else label))
        room = width - length(tuple(tabs)) - 1
        return spread(
            (Run(fit(name, room) if len(name) > room else name, "strong"),), (*tabs, Run(" ")), width
        )

    def _line(self, name: str, line: Line) -> None:
        self.query_one(f"#{name}", Lines).show((line,))

    def _toggle(self, name: str, line: Line | None) -> None:
        widget = self.query_one(f"#{name}", Lines)
        widget.set_class(line is not None, "-on")
        if line is not None:
            widget.show((line,))

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self.console.paint)

    def on_resize(self) -> None:
        self.call_after_refresh(self.console.paint)

    def on_room_changed(self) -> None:
        self.console.paint()

    def action_back(self) -> None:
        self.console.back()


T = TypeVar("T")


class ListScreen(MainScreen):
    """A screen with a list, `#rows`, and perhaps a filter."""

    def off(self, scene: Scene) -> frozenset[str]:
        return frozenset() if scene.view.connection.role == "admin" else keys.FOR_OPS

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one("#rows", Rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave the keys that move elsewhere to the filter while it is typed into."""
        return not (action in keys.MOVING and isinstance(self.focused, Filter))

    def action_move(self, rows: int) -> None:
        self.rows.move(rows)

    def action_page(self, direction: int) -> None:
        self.rows.move(direction * self.rows.page)

    def action_edge(self, direction: int) -> None:
        self.rows.edge(direction)

    def action_export(self) -> None:
        self.console.export(self.PLACE, self.rows.sheet())

    def filter_for(self, wanted: str) -> None:
        """Filter for a text, as if it had been typed."""
        self.query_one(Filter).want(wanted)

    def action_filter(self) -> None:
        self.query_one(Filter).open()


def after(options: tuple[T, ...], current: T, step: int = 1) -> T:
    """Return the option `step` places after the current one, from the last on to the first."""
    return options[(options.index(current) + step) % len(options)]


class Filter(Input):
    """The line in which a list is filtered as one types; `Enter` keeps the filter, `Esc` clears it."""

    BINDINGS: ClassVar = [("escape", "clear", "clear"), ("down", "leave", "to the list")]

    def __init__(self, searched: str = "team, court or match") -> None:
        super().__init__(placeholder=searched, id="filter", select_on_focus=False)

    @property
    def wanted(self) -> str:
        """What is filtered for, safe to show."""
        return words.tidy(self.value)

    def want(self, wanted: str) -> None:
        """Show the line with a text in it, and leave the keys to the list."""
        self.value = wanted
        self.set_class(bool(wanted), "-on")

    def open(self) -> None:
        """Show the line and take the keys."""
        self.add_class("-on")
        self.can_focus = True
        # At once: `focus` waits its turn, and keys of the same burst would act on the list meanwhile.
        self.screen.set_focus(self)

    def _watch_selection(self, selection: Selection) -> None:
        # From Python 3.12 on tasks start eagerly: the first screen's parts are made before it is on the stack
        # that Textual searches for a selection to clear.
        if self.app.screen_stack:
            super()._watch_selection(selection)

    def on_mount(self) -> None:
        self.can_focus = False

    def on_input_submitted(self) -> None:
        self.action_leave()

    def action_leave(self) -> None:
        self.screen.set_focus(None)
        self.can_focus = False
        self.set_class(bool(self.value), "-on")

    def action_clear(self) -> None:
        self.value = ""
        self.action_leave()
