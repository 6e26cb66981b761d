"""The questions asked before something is given up: an entry, or the console while entries wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.screens.dialogs import Ask
from tui.selectors.scene import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from core import ids
    from tui.screens.console import Desk


def ask_withdraw(desk: Desk, id: ids.CommandId, what: str) -> None:
    """Ask, then take an entry back: here if it never left, else by a command that names it.

    Args:
        desk: where it is asked.
        id: of the entry.
        what: what it asks for, in words.
    """
    queued = next((one for one in desk.scene.view.queue if one.entry.id == id), None)
    if queued is None or queued.state in ("confirmed", "official", "withdrawn"):
        desk.say("That entry no longer waits")
        return
    if queued.state == "conflict":
        desk.say("A conflict is decided with  t  m  or  e")
        return
    here = queued.state == "refused" or (queued.state == "saved" and queued.attempts == 0)

    def answered(go: bool | None) -> None:
        if go:
            desk.withdraw(id)

    told = (
        "It leaves this list and counts nowhere."
        if here
        else "It may have left already: an undo of it is sent after it."
    )
    desk.push_screen(Ask(f"Withdraw {what}?", told, "Withdraw"), answered)


def ask_leave(desk: Desk, leave: Callable[[], object]) -> None:
    """Leave, but ask first where entries wait to be sent.

    Args:
        desk: where it is asked.
        leave: is called when nothing waits, or the person goes all the same.
    """
    waiting = sum(queued.waiting for queued in desk.scene.view.queue)
    if not waiting:
        leave()
        return

    def answered(go: bool | None) -> None:
        if go:
            leave()

    stay, it, goes = ("is", "It stays", "goes") if waiting == 1 else ("are", "They stay", "go")
    told = (
        f"{counted(waiting, 'entry', 'entries')} {stay} not sent yet. "
        f"{it} on this laptop and {goes} out next time Courtside runs here."
    )
    desk.push_screen(Ask("Leave?", told, "Leave", "Stay"), answered)
