"""The command palette: screens, the keys of this screen, matches, tournaments and themes, all by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from core import ids
from tui import keys
from tui.screens.base import TABS, MainScreen
from tui.selectors import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tui.organising import Organiser
    from tui.selectors.people import Company
    from tui.selectors.scene import Scene


class Command(NamedTuple):
    """One thing that can be done by name."""

    name: str
    help: str
    run: Callable[[], object]
    always: bool = True
    """Whether it is listed before anything is typed."""


class Console(Protocol):
    """What the palette calls of the app."""

    keymap: keys.Keymap
    company: Company
    problems: tuple[str, ...]
    """What is wrong with the person's settings, a line each."""

    @property
    def scene(self) -> Scene:
        """The newest moment."""
        ...

    @property
    def organiser(self) -> Organiser:
        """Changes the tournament while it goes on."""
        ...

    def action_go(self, place: str) -> None:
        """Go to a screen."""
        ...

    def run_key(self, screen: MainScreen, key: keys.Key) -> None:
        """Run a key's action as if it was pressed on a screen."""
        ...

    def offered_themes(self) -> tuple[str, ...]:
        """Return the themes to choose from."""
        ...

    def use_theme(self, name: str) -> None:
        """Use a theme and keep it."""
        ...

    def choose_tournament(self, tournament: ids.TournamentId) -> None:
        """Show a tournament."""
        ...

    def open_match(self, match: ids.MatchId) -> None:
        """Open a match for entry."""
        ...

    def find(self, place: keys.Place, wanted: str) -> None:
        """Go to a list and filter it."""
        ...

    def say(self, notice: str) -> None:
        """Show a notice for some seconds."""
        ...


class Everything(Provider):
    """All that the console can do."""

    @property
    def console(self) -> Console:
        """The app, as the palette knows it."""
        return self.app  # type: ignore[return-value]  # the app with this provider is a console

    def commands(self) -> Iterator[Command]:
        """Yield what can be done on the screen below the palette."""
        console, screen = self.console, self.screen
        for tab in TABS:
            name = f"{tab.title}: {tab.holds}" if tab.holds else tab.title
            yield Command(name, f"go to screen {tab.number}", partial(console.action_go, tab.place))
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
        for problem in console.problems:
            yield Command(problem, "a mistake in your settings", partial(console.say, problem))
        yield from self._matches()
        yield from self._places()

    def _places(self) -> Iterator[Command]:
        """Yield courts, to their matches, and people, to where they are."""
        console, shown = self.console, self.console.scene.shown
        if shown is None:
            return
        for court in shown.projected.courts.values():
            name = words.at_court(court.name)
            yield Command(name, "its matches", partial(console.find, "scores", court.name), always=False)
        for person in console.company.present:
            name = f"{person.name} on {person.device}"
            yield Command(name, "who is there", partial(console.find, "people", person.name), always=False)

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
