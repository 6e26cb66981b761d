"""The People screen: who is there, where they score, and which court has nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on

from tui import keys
from tui.messages import Moved, Opened
from tui.screens.base import Filter, ListScreen, after
from tui.selectors import people
from tui.selectors.cells import spread
from tui.widgets.lines import Lines
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.selectors.scene import Scene


class PeopleScreen(ListScreen):
    """The members of the tournament."""

    PLACE = "people"
    LAST = "courts"
    BINDINGS: ClassVar = keys.bindings("people")

    def __init__(self) -> None:
        super().__init__()
        self.group: people.Group = "role"
        self.wanted = ""
        self._people: tuple[people.Person, ...] = ()

    def compose_body(self) -> ComposeResult:
        yield Lines(id="tabs")
        yield Filter("name, device, court or match")
        yield Rows(id="rows")
        yield Lines(id="courts")

    @property
    def person(self) -> people.Person | None:
        """Who is under the cursor."""
        return next((one for one in self._people if one.key == self.rows.cursor), None)

    def draw_body(self, scene: Scene) -> None:
        width, _ = self.app.size
        self._people = people.people(scene, self.console.company)
        left, right = people.head(scene, self._people, self.group)
        self.query_one("#tabs", Lines).show((spread(left, right, width),))
        made = people.rows(scene, self._people, self.group, self.wanted)
        self.rows.fill(tuple(made), made.__getitem__, people.COLUMNS, people.message(scene, self._people))
        self._draw_courts(scene)

    def _draw_courts(self, scene: Scene) -> None:
        person = self.person
        lines = people.courts(scene, self._people)
        self.query_one("#courts", Lines).show(
            (*lines, people.detail(scene, person)) if person is not None else lines
        )

    @on(Moved)
    def follow(self) -> None:
        """Say more of who is under the cursor."""
        self._draw_courts(self.scene)

    @on(Opened)
    def action_open(self) -> None:
        person = self.person
        if person is not None and person.match is not None:
            self.console.open_match(person.match)

    @on(Filter.Changed)
    def refilter(self, event: Filter.Changed) -> None:
        """Filter as the person types."""
        self.wanted = event.value
        self.console.paint()

    def action_turn(self, step: int) -> None:
        self.group = after(people.GROUPS, self.group, step)
        self.console.paint()

    def action_back(self) -> None:
        if self.wanted:
            self.query_one(Filter).action_clear()

    def action_copy(self) -> None:
        person = self.person
        if person is not None:
            self.console.copy(people.copied(person))
