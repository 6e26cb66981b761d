"""Buttons: the answers at the foot of a dialog, side by side; arrows lead from one to the next."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Horizontal


class Buttons(Horizontal):
    """A row of buttons."""

    BINDINGS: ClassVar = [
        ("right,down,l,j", "app.focus_next", "next"),
        ("left,up,h,k", "app.focus_previous", "before"),
    ]

    def __init__(self) -> None:
        super().__init__(classes="buttons")
