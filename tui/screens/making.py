"""The dialog in which a tournament is made: name, teams, format; below it stands what comes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static, TextArea

from tui.selectors import making
from tui.widgets.buttons import Buttons
from tui.widgets.dial import Dial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual import events
    from textual.app import ComposeResult

LONGEST = 80
LOW = 21
"""Windows lower than this, in rows, show fewer of the teams."""
_WAYS = tuple(making.WAYS)
_GAMES = tuple(making.GAMES)
_ONWARD = {"name": "#teams", "dial-later": "#go"}
"""Where Enter goes on to: behind the last dial not to Cancel, which stands first."""
_BEGIN = ("now", "later: it stays open for teams until you start it")


class Teams(TextArea):
    """The names of the teams, one a line; Enter on an empty line goes on."""

    async def _on_key(self, event: events.Key) -> None:
        row, _ = self.cursor_location
        if event.key == "enter" and self.text.strip() and not self.document.get_line(row).strip():
            event.stop()
            event.prevent_default()
            self.screen.query_one("#go", Button).focus()
            return
        await super()._on_key(event)


class NewTournament(ModalScreen["making.Draft | None"]):
    """Make a tournament; the answer is a draft without a problem, `None` when the person leaves.

    Args:
        draft: what stands in it at first.
        others: names of the tournaments that there are.
        at: now.
        keep: is told what is filled in whenever it changes, so that leaving loses nothing.
    """

    BINDINGS: ClassVar = [
        ("escape", "leave", "back"),
        Binding("enter", "onward", "onward", show=False, priority=True),
    ]
    AUTO_FOCUS = "#name"

    def __init__(
        self,
        draft: making.Draft,
        others: Sequence[str],
        at: datetime,
        keep: Callable[[making.Draft], None],
    ) -> None:
        super().__init__()
        self._draft, self._others, self._at, self._keep = draft, tuple(others), at, keep

    def compose(self) -> ComposeResult:
        draft = self._draft
        with Vertical(classes="dialog"):
            yield Static(Content("New tournament"), classes="title")
            with Horizontal(classes="field"):
                yield Static(Content("Name"), classes="label")
                yield Input(draft.name, id="name", placeholder="Summer Cup", max_length=LONGEST, compact=True)
            yield Static(Content("Teams, one a line; an empty line goes on"))
            yield Teams(draft.teams, id="teams", compact=True, soft_wrap=False)
            yield Dial("Format", tuple(making.WAYS.values()), _WAYS.index(draft.way), id="dial-way")
            pools = tuple(str(number) for number in range(1, making.MOST_POOLS + 1))
            yield Dial("Pools", pools, draft.pools - 1, id="dial-pools")
            yield Dial("Game", _GAMES, _GAMES.index(draft.game), id="dial-game")
            courts = tuple(str(number) for number in range(making.MOST_COURTS + 1))
            yield Dial("Courts", courts, draft.courts, id="dial-courts")
            lengths = tuple(f"{length} min" if length else "no times" for length in making.LENGTHS)
            yield Dial("Match", lengths, making.LENGTHS.index(draft.minutes), id="dial-minutes")
            yield Dial("Begins", _BEGIN, int(draft.later), id="dial-later")
            yield Static("", id="summary")
            with Buttons():
                yield Button(Content("Cancel"), id="stay")
                yield Button(Content("Create"), id="go")

    def on_mount(self) -> None:
        self.on_resize()
        self.preview()

    def on_resize(self) -> None:
        self.set_class(self.app.size.height < LOW, "-low")

    def _dial(self, name: str) -> int:
        return self.query_one(f"#dial-{name}", Dial).index

    def filled(self) -> making.Draft:
        """Return what is filled in."""
        return making.Draft(
            name=self.query_one("#name", Input).value,
            teams=self.query_one("#teams", Teams).text,
            way=_WAYS[self._dial("way")],
            pools=self._dial("pools") + 1,
            game=_GAMES[self._dial("game")],
            courts=self._dial("courts"),
            minutes=making.LENGTHS[self._dial("minutes")],
            later=bool(self._dial("later")),
        )

    @on(Input.Changed)
    @on(Teams.Changed)
    @on(Dial.Turned)
    def preview(self) -> None:
        """Show what would be created, or what is still wrong."""
        draft = self.filled()
        self._keep(draft)
        self.query_one("#dial-pools", Dial).display = draft.way in ("pools", "both")
        problem = making.problem(draft, self._others)
        told = problem or making.summary(draft, making.make(draft, self._at, ()))
        summary = self.query_one("#summary", Static)
        summary.set_class(bool(problem), "error")
        summary.update(Content(told))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave Enter to all but the name and the last dial."""
        return action != "onward" or (self.focused is not None and self.focused.id in _ONWARD)

    def action_onward(self) -> None:
        focused = self.focused
        assert focused is not None  # else Enter is not this one's
        self.query_one(_ONWARD[focused.id or ""]).focus()

    @on(Button.Pressed, "#go")
    def give(self) -> None:
        """Create it, if nothing is wrong."""
        draft = self.filled()
        if not making.problem(draft, self._others):
            self.dismiss(draft)

    @on(Button.Pressed, "#stay")
    def action_leave(self) -> None:
        self.dismiss(None)
