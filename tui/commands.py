"""The command palette: screens, the keys of this screen, matches, tournaments and themes, all by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from core import ids
from tui import keys
from tui.screens.base import TABS, MainScreen
from tui.selectors import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tui.app import CourtsideApp


class Command(NamedTuple):
    """One thing that can be done by name."""

    name: str
    help: str
    run: Callable[[], object]
    always: bool = True
    """Whether it is listed before anything is typed."""


class Everything(Provider):
    """All that the console can do."""

    @property
    def console(self) -> CourtsideApp:
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]  # this console is the only app with this provider

    def commands(self) -> Iterator[Command]:
        """Yield what can be done on the screen below the palette."""
        console, screen = self.console, self.screen
        for tab in TABS:
            yield Command(tab.title, f"go to screen {tab.number}", partial(console.action_go, tab.place))
        if isinstance(screen, MainScreen):
            for key in keys.for_place(screen.PLACE):
                if key.listed and not key.id.startswith(("list.", "go.")) and key.id != "app.palette":
                    name = f"{key.label}  ({keys.called(key, console.keymap)})"
                    yield Command(name, key.help, partial(console.run_key, screen, key))
        for offer in console.organiser.offers():
            yield Command(f"tournament: {offer.name}", "change this tournament", offer.run)
        for theme in console.offered_themes():
            yield Command(f"theme {theme}", "use this theme", partial(console.use_theme, theme))
        for tournament, shown in console.scene.view.tournaments.items():
            name = f"tournament {shown.confirmed.name}"
            yield Command(name, "show this tournament", partial(console.choose_tournament, tournament))
        yield from self._matches()

    def _matches(self) -> Iterator[Command]:
        shown = self.console.scene.shown
        if shown is None:
            return
        for match in shown.projected.matches.values():
            court = words.court(shown.projected, match)
            name = f"{ids.short_form(match.id)} {words.versus(shown.projected, match)}"
            place = f"{name}, {court}" if court else name
            yield Command(place, "enter scores", partial(self.console.open_match, match.id), always=False)

    async def discover(self) -> Hits:
        for command in self.commands():
            if command.always:
                yield DiscoveryHit(Content(command.name), command.run, command.name, command.help)

    async def search(self, query: str) -> Hits:
        # Not the matcher's own highlighting: it would read a team's name as markup.
        matcher = self.matcher(query)
        for command in self.commands():
            score = matcher.match(command.name)
            if score > 0:
                yield Hit(score, Content(command.name), command.run, command.name, command.help)
