"""What a person changed of the keys (`[console.keys]`), checked before it is used.

Guarantees that on no screen a key means two things, and that every change which cannot be used is named in
one line; the action keeps its own keys then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.keys import _character_to_key

from tui import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED = re.compile(
    r"(?:(?:ctrl|shift|alt|meta|super|hyper)\+)*"
    r"(?:[a-z]|f[1-9]|f1\d|f2[0-4]|up|down|left|right|home|end|pageup|pagedown|tab|enter|escape|space|backspace"
    r"|delete|insert)"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """Changed keys, as far as they can be used."""

    usable: keys.Keymap
    problems: tuple[str, ...]
    """A line for each that cannot."""


def check(wanted: keys.Keymap) -> Checked:
    """Return what can be used of changed keys.

    Args:
        wanted: keys by the id of their action: Textual's names or the characters themselves, comma separated.
    """
    actions = {key.id: key for key in keys.TABLE}
    usable: dict[str, str] = {}
    problems: list[str] = []
    for id, given in wanted.items():
        names = tuple(_named(part.strip()) for part in given.split(",") if part.strip())
        if id not in actions:
            problems.append(f"no action {id!r}: its key is not set")
        elif not names:
            problems.append(f"no key is named for {id!r}: it keeps {keys.called(actions[id], {})}")
        elif unknown := next((name for name in names if not _is_key(name)), None):
            problems.append(f"{unknown!r} is no key: {id!r} keeps {keys.called(actions[id], {})}")
        else:
            usable[id] = ",".join(names)
    while (clash := next(_clashes(usable), None)) is not None:
        changed, other, name, place = clash
        del usable[changed.id]
        problems.append(
            f"{keys.shown(name)} is {other.id!r} on {place}: {changed.id!r} keeps {keys.called(changed, {})}"
        )
    return Checked(usable, tuple(problems))


def _named(given: str) -> str:
    """Return a key as Textual names it; what stands on it is taken for its name."""
    return _character_to_key(given) if len(given) == 1 else given


def _is_key(name: str) -> bool:
    return len(name) == 1 or name in keys.NAMES or _NAMED.fullmatch(name) is not None or _is_sign(name)


def _is_sign(name: str) -> bool:
    """Tell whether a name is that of a printable sign, such as `number_sign`."""
    return any(_character_to_key(chr(code)) == name for code in range(0x21, 0x7F))


def _clashes(usable: keys.Keymap) -> Iterator[tuple[keys.Key, keys.Key, str, keys.Place]]:
    """Yield changed actions that share a key with another one, the one changed last first."""
    for id in reversed(tuple(usable)):
        changed = next(key for key in keys.TABLE if key.id == id)
        own = set(keys.bound(changed, usable))
        for other in keys.TABLE:
            place = next((place for place in changed.places if place in other.places), None)
            shared = own & set(keys.bound(other, usable))
            if other is not changed and place is not None and shared:
                yield changed, other, min(shared), place
