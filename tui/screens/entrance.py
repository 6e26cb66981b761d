"""The dialogs at the door: signing in with a join code, and a code to let somebody else in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from core import CourtsideError, SignedIn, SignInRefused
from tui.selectors import words
from tui.widgets.buttons import Buttons

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from core import Invited, ids
    from tui.doors import Doors
    from tui.screens.console import Desk

ROLES: dict[str, ids.Role] = {"scorer": "moderator", "viewer": "spectator", "ops": "admin"}
"""What is offered, by the id of its button; other roles and scopes are for `courtside invite`."""
CALLED: dict[ids.Role, str] = {
    "moderator": "scorekeeper",
    "spectator": "viewer",
    "admin": "member of ops",
    "participant": "participant",
}

T = TypeVar("T")


class _Asking(ModalScreen[T]):
    """A dialog that asks the hub on a thread, and shows what went wrong."""

    BINDINGS: ClassVar = [("escape", "leave", "back")]
    _is_asking = False

    def ask(self, question: Callable[[], object], answered: Callable[[object], object]) -> None:
        """Ask the hub; nothing else is asked meanwhile."""
        if self._is_asking:
            return
        self._is_asking = True
        self.show("Asking the hub ...")

        def work() -> None:
            try:
                answer = question()
            except CourtsideError as error:
                why = error.why if isinstance(error, SignInRefused) else str(error)
                self.app.call_from_thread(self._settle, partial(self.show, words.tidy(why)))
            else:
                self.app.call_from_thread(self._settle, partial(answered, answer))

        self.run_worker(work, thread=True, exclusive=True)

    def show(self, told: str) -> None:
        """Show a line below the fields."""
        self.query_one("#told", Static).update(Content(told))

    def _settle(self, then: Callable[[], object]) -> None:
        self._is_asking = False
        # The person may have left while the hub was asked.
        if self.is_attached and self.is_current:
            then()

    @on(Button.Pressed, "#stay")
    def action_leave(self) -> None:
        self.dismiss(None)


class SignIn(_Asking["SignedIn | None"]):
    """Sign in with a join code; the answer is the sign-in, `None` when the person leaves it.

    Args:
        doors: asks the hub.
    """

    AUTO_FOCUS = "#code"

    def __init__(self, doors: Doors) -> None:
        super().__init__()
        self._doors = doors

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content("Sign in"), classes="title")
            yield Static(Content("Ops give you a join code: eight letters and digits, good once."))
            yield Input(placeholder="K7QM-3XRD", id="code", max_length=40)
            yield Static("", id="told", classes="error")
            with Buttons():
                yield Button(Content("Cancel"), id="stay")
                yield Button(Content("Sign in"), id="go")

    @on(Input.Submitted)
    @on(Button.Pressed, "#go")
    def give(self) -> None:
        """Bring the code to the hub."""
        code = self.query_one(Input).value.strip()
        if not code:
            self.show("Enter the code that ops gave you")
            return
        self.ask(partial(self._doors.join, code), self._joined)

    def _joined(self, signed: object) -> None:
        assert isinstance(signed, SignedIn)
        self.dismiss(signed)


def sign_in(desk: Desk, doors: Doors, reconnect: Callable[[], object]) -> None:
    """Ask for a join code, and go on with what it opens.

    Args:
        desk: where it is asked.
        doors: asks the hub.
        reconnect: is called once there is a sign-in.
    """

    def joined(signed: SignedIn | None) -> None:
        if signed is None:
            return
        reconnect()
        who = f" as {signed.name}" if signed.name else ""
        told = f"Signed in{who} until {signed.until.astimezone():%a %H:%M}"
        if doors.has_own_token:
            told += ". Start again without the token that was given to this console"
        desk.say(told)

    desk.push_screen(SignIn(doors), joined)


class LetIn(_Asking[None]):
    """A code for somebody else, and where they come with it.

    Args:
        doors: asks the hub.
        at_once: whether a scorekeeper's code is made as it opens.
    """

    AUTO_FOCUS = "#stay"

    def __init__(self, doors: Doors, *, at_once: bool = False) -> None:
        super().__init__()
        self._doors = doors
        self._at_once = at_once

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content("Let somebody in"), classes="title")
            yield Static(Content("Who gets the code? It is good once."), id="code")
            yield Static(Content(self._way()), id="way")
            yield Static("", id="told", classes="error")
            with Buttons():
                yield Button(Content("Close"), id="stay")
                yield Button(Content("Scorekeeper"), id="scorer")
                yield Button(Content("Viewer"), id="viewer")
                yield Button(Content("Ops"), id="ops")

    def on_mount(self) -> None:
        if self._at_once:
            self._invite("moderator")

    @on(Button.Pressed, "#scorer,#viewer,#ops")
    def choose(self, event: Button.Pressed) -> None:
        """Make a code for that role."""
        self._invite(ROLES[event.button.id or ""])

    def _invite(self, role: ids.Role) -> None:
        self.ask(partial(self._doors.invite, role), self._made)

    def _made(self, made: object) -> None:
        invited: Invited = made  # type: ignore[assignment]  # what `invite` answers
        asked, until = invited.invite.asked, invited.invite.code_until.astimezone()
        told = f"{invited.code}   for one {CALLED[asked.role]}, once, until {until:%H:%M}"
        self.query_one("#code", Static).update(Content(told))
        self.show("")

    def _way(self) -> str:
        if not self._doors.addresses:
            return "This hub answers to this machine alone; `courtside --share` opens it to the network."
        lines = [f"courtside --hub {address}" for address in self._doors.addresses]
        return "\n".join(["On the other laptop, then  i  and the code:", *lines])
