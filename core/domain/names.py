"""Names that are the same, or that a person takes for the same: told apart before they stand in a list.

Two names are twins when they differ only in capitals, spaces or the width of letters; look-alikes when they
read alike in a table: accents, punctuation, and letters of other alphabets that are drawn alike (Unicode
Technical Standard 39, section 4, with a table for the letters of names).
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_CYRILLIC = (
    "\u0410\u0412\u0415\u0417\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0405\u0406\u0408\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458",
    "ABE3KMHOPCTYXSIJaeopcyxsij",
)
_GREEK = (
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd",
    "ABEZHIKMNOPTYXov",
)
_OTHERS = ("l1|0\u0131\u00df", "IIIOiB")
"""In sans-serif letters, and the Turkish and German ones that no normal form takes apart."""
_ALIKE = {
    ord(char): like
    for chars, alike in (_CYRILLIC, _GREEK, _OTHERS)
    for char, like in zip(chars, alike, strict=True)
}
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
"""Letters that run together into another."""


def twins(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of names that are the same but for capitals, spaces and width, in their order."""
    return _pairs(names, _plain)


def look_alikes(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of names that read alike, in their order."""
    return _pairs(names, skeleton)


def name_problem(name: str, others: Iterable[str]) -> str | None:
    """Say why a name cannot stand beside these; `None` if it can."""
    if not skeleton(name):
        return "a name needs a letter or a digit"
    known = tuple(others)
    for other in known:
        if _plain(other) == _plain(name):
            return f"there is {other!r} already: take another name"
    for other in known:
        if skeleton(other) == skeleton(name):
            return f"{name!r} looks like {other!r}: take a name that nobody mixes up"
    return None


def skeleton(name: str) -> str:
    """Return what a reader sees of a name: equal for two that look alike, `""` without letter and digit."""
    wide = unicodedata.normalize("NFKC", name)
    bare = "".join(char for char in unicodedata.normalize("NFKD", wide) if not unicodedata.combining(char))
    seen = "".join(char for char in bare.translate(_ALIKE).casefold() if char.isalnum())
    for pair, single in _PAIRS:
        seen = seen.replace(pair, single)
    return seen


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _pairs(names: Iterable[str], form: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    seen: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for name in names:
        made = form(name)
        if made in seen:
            found.append((seen[made], name))
        else:
            seen[made] = name
    return tuple(found)
