"""Dialogs: a question in words, a form for a score, the keys of a screen. The safe answer has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from core import commands
from tui import keys
from tui.selectors.cells import fit
from tui.widgets.buttons import Buttons

if TYPE_CHECKING:
    from textual.app import ComposeResult

HIGHEST = 1_000_000


class Ask(ModalScreen[bool]):
    """A question; the answer is whether to go ahead.

    Args:
        title: what it is about.
        words: what will happen.
        go: the label of going ahead.
        stay: the label of the safe answer, which has the focus.
    """

    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar = [("escape", "answer(False)", "back")]

    def __init__(self, title: str, words: str, go: str, stay: str = "Cancel") -> None:
        super().__init__()
        self._title, self._words, self._go, self._stay = title, words, go, stay

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            yield Static(Content(self._words))
            with Buttons():
                yield Button(Content(self._stay), id="stay")
                yield Button(Content(self._go), id="go")

    @on(Button.Pressed)
    def answer(self, event: Button.Pressed) -> None:
        """Give the answer of the button."""
        self.dismiss(event.button.id == "go")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


class ScoreForm(ModalScreen["commands.Score | None"]):
    """A form for a score of both sides; `None` when the person leaves it.

    Args:
        title: what is entered.
        home: name of the home side.
        away: name of the away side.
        score: what stands in it at first; `None` for empty fields.
        decisive: whether a level score is no answer (a shoot-out).
    """

    BINDINGS: ClassVar = [("escape", "leave", "back")]
    AUTO_FOCUS = "#home"

    def __init__(
        self, title: str, home: str, away: str, score: commands.Score | None = None, *, decisive: bool = False
    ) -> None:
        super().__init__()
        self._title, self._names, self._score, self._decisive = title, (home, away), score, decisive

    def compose(self) -> ComposeResult:
        shown = ("", "") if self._score is None else (str(self._score.home), str(self._score.away))
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            with Horizontal(classes="sides"):
                for name, value, which in zip(self._names, shown, ("home", "away"), strict=True):
                    with Vertical(classes="sides"):
                        yield Static(Content(fit(name, 28).rstrip()))
                        yield Input(value, type="integer", id=which, max_length=7)
            yield Static("", id="wrong", classes="error")
            with Buttons():
                yield Button(Content("Cancel"), id="stay")
                yield Button(Content("Set"), id="go")

    @on(Input.Submitted, "#home")
    def next_side(self) -> None:
        """Go on to the other side."""
        self.query_one("#away", Input).focus()

    @on(Input.Submitted, "#away")
    @on(Button.Pressed, "#go")
    def give(self) -> None:
        """Give the score, if it is one."""
        values = [self.query_one(f"#{which}", Input).value.strip() for which in ("home", "away")]
        if not all(value.isdecimal() and value.isascii() and int(value) <= HIGHEST for value in values):
            self._complain(f"Enter a whole number from 0 to {HIGHEST:,} for each side")
            return
        score = commands.Score(int(values[0]), int(values[1]))
        if self._decisive and score.home == score.away:
            self._complain("A shoot-out has a winner: the two numbers differ")
            return
        self.dismiss(score)

    def _complain(self, words: str) -> None:
        self.query_one("#wrong", Static).update(Content(words))

    @on(Button.Pressed, "#stay")
    def action_leave(self) -> None:
        self.dismiss(None)


class KeysHelp(ModalScreen["keys.Key | None"]):
    """The keys of a screen; typing searches, `Enter` runs the chosen one."""

    BINDINGS: ClassVar = [
        ("escape", "leave", "back"),
        ("down", "move(1)", "down"),
        ("up", "move(-1)", "up"),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self, place: keys.Place, keymap: keys.Keymap) -> None:
        super().__init__()
        self._keys = [key for key in keys.for_place(place) if key.listed]
        self._keymap = keymap
        self._found = self._keys

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content("Keys of this screen"), classes="title")
            yield Input(placeholder="type to search, Enter runs, Esc closes")
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._fill("")

    def _fill(self, wanted: str) -> None:
        def told(key: keys.Key) -> str:
            return f"{fit(keys.called(key, self._keymap), 14)} {key.help}"

        self._found = [key for key in self._keys if wanted.casefold() in told(key).casefold()]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(Content(told(key))) for key in self._found])
        options.highlighted = 0 if self._found else None

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """List what fits."""
        self._fill(event.value)

    @on(Input.Submitted)
    def run_chosen(self) -> None:
        """Run what is highlighted."""
        number = self.query_one(OptionList).highlighted
        self.dismiss(None if number is None else self._found[number])

    @on(OptionList.OptionSelected)
    def run_clicked(self, event: OptionList.OptionSelected) -> None:
        """Run what was clicked."""
        self.dismiss(self._found[event.option_index])

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if rows > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_leave(self) -> None:
        self.dismiss(None)
