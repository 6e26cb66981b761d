"""The forms: some fields with a check, a choice among several, and what a correction changes with its reason.

They know nothing of tournaments: what is asked, checked and done with the answer is the caller's affair.
Guarantees that nothing typed is lost while a form says what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.widgets.buttons import Buttons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

REASON = 200
"""Longest reason that can be typed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One line to fill in."""

    label: str
    value: str = ""
    hint: str = ""
    """What stands in it while it is empty."""
    longest: int = 80


def _fine(_values: tuple[str, ...]) -> str:
    return ""


class Form(ModalScreen["tuple[str, ...] | None"]):
    """Some fields; the answer is what stands in them, `None` when the person leaves.

    Args:
        title: what is entered.
        fields: from the top.
        go: the label of the button that gives the answer.
        check: says what is wrong with the values; `""` if nothing is.
        told: a line below the title.
        focus: the field to begin with.
    """

    BINDINGS: ClassVar = [("escape", "leave", "back")]
    AUTO_FOCUS = ""

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        go: str = "Set",
        check: Callable[[tuple[str, ...]], str] = _fine,
        told: str = "",
        *,
        focus: int = 0,
    ) -> None:
        super().__init__()
        self._title, self._fields, self._go, self._check, self._told = title, tuple(fields), go, check, told
        self._focus = focus

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            if self._told:
                yield Static(Content(self._told))
            for number, field in enumerate(self._fields):
                with Horizontal(classes="field"):
                    yield Static(Content(field.label), classes="label")
                    yield Input(
                        field.value,
                        placeholder=field.hint,
                        id=f"field{number}",
                        max_length=field.longest,
                        compact=True,
                    )
            yield Static("", id="wrong", classes="error")
            with Buttons():
                yield Button(Content("Cancel"), id="stay")
                yield Button(Content(self._go), id="go")

    def on_mount(self) -> None:
        self.query_one(f"#field{self._focus}", Input).focus()

    @on(Input.Submitted)
    def onward(self, event: Input.Submitted) -> None:
        """Go on to the next field; behind the last one, give the answer."""
        number = int((event.input.id or "").removeprefix("field")) + 1
        if number < len(self._fields):
            self.query_one(f"#field{number}", Input).focus()
        else:
            self.give()

    @on(Button.Pressed, "#go")
    def give(self) -> None:
        """Give the answer, if nothing is wrong with it."""
        values = tuple(
            self.query_one(f"#field{number}", Input).value.strip() for number in range(len(self._fields))
        )
        problem = self._check(values)
        if problem:
            self.query_one("#wrong", Static).update(Content(problem))
        else:
            self.dismiss(values)

    @on(Button.Pressed, "#stay")
    def action_leave(self) -> None:
        self.dismiss(None)


class Pick(ModalScreen["int | None"]):
    """One of several; the answer is its number from 0, `None` when the person leaves.

    Args:
        title: what is chosen.
        options: from the top.
        told: a line below the title.
    """

    BINDINGS: ClassVar = [("escape", "leave", "back"), ("j", "move(1)", "down"), ("k", "move(-1)", "up")]
    AUTO_FOCUS = "OptionList"

    def __init__(self, title: str, options: Sequence[str], told: str = "") -> None:
        super().__init__()
        self._title, self._options, self._told = title, tuple(options), told

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            if self._told:
                yield Static(Content(self._told))
            yield OptionList(*(Option(Content(option)) for option in self._options), markup=False)
            yield Static(Content("Enter chooses   Esc leaves"), classes="quiet")

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        """Give the answer."""
        self.dismiss(event.option_index)

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if rows > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_leave(self) -> None:
        self.dismiss(None)


class Correct(ModalScreen["str | None"]):
    """What a correction changes, and why it is made; the answer is the reason, `None` when it is not made.

    Args:
        title: the question.
        told: what will happen, in words.
        changes: what else it changes, a line each.
        go: the label of going ahead.
        needed: whether there must be a reason.
    """

    BINDINGS: ClassVar = [("escape", "leave", "back")]
    AUTO_FOCUS = "#why"

    def __init__(self, title: str, told: str, changes: Sequence[str], go: str, *, needed: bool) -> None:
        super().__init__()
        self._title, self._told, self._changes = title, told, tuple(changes)
        self._go, self._needed = go, needed

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            yield Static(Content(self._told))
            with VerticalScroll(classes="changes", can_focus=False):
                yield Static(Content("\n".join(self._changes) or "Nothing else changes."))
            must = "why (needed)" if self._needed else "why (if you like)"
            yield Input(placeholder=must, id="why", max_length=REASON)
            yield Static("", id="wrong", classes="error")
            with Buttons():
                yield Button(Content("Cancel"), id="stay")
                yield Button(Content(self._go), id="go")

    @on(Input.Submitted)
    def to_button(self) -> None:
        """Go on to the button: Enter after a reason does not yet send."""
        if self._complete():
            self.query_one("#go", Button).focus()

    @on(Button.Pressed, "#go")
    def give(self) -> None:
        """Give the reason, if there is one or need not be."""
        if self._complete():
            self.dismiss(self.query_one("#why", Input).value.strip())

    def _complete(self) -> bool:
        missing = self._needed and not self.query_one("#why", Input).value.strip()
        self.query_one("#wrong", Static).update(
            Content("Say why: it stands in the history for ever" if missing else "")
        )
        return not missing

    @on(Button.Pressed, "#stay")
    def action_leave(self) -> None:
        self.dismiss(None)
