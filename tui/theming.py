"""Theming: the colour themes as files, checked before the framework sees them.

Owns what a theme file may say: a name, `dark`, eleven base colours of which `primary` must be there, and
`[variables]` from a known list. A file that says anything else gives one line and is left out; it never
stops the console.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from textual.color import Color, ColorParseError
from textual.theme import Theme

from core import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from importlib.resources.abc import Traversable

DEFAULT = "courtside-dark"
THICK = "courtside-contrast"
"""The theme for low vision: its borders are thick, in the style sheet and where a widget draws them."""
COLOURS = (
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "foreground",
    "background",
    "surface",
    "panel",
    "boost",
)
VARIABLES = ("text-muted", "text-disabled", "block-cursor-background", "block-cursor-foreground", "border")
TEXTS = ("foreground", "primary", "success", "warning", "error", "text-muted")
"""The colours in which something is written."""
GROUNDS = ("background", "surface", "boost", "panel")
"""Those on which it stands: lists, the frame and dialogs, the status bar, the banner and the cursor's row."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
READABLE = 4.5
"""Contrast of text on its ground, from which on it is readable (WCAG 2.2, 1.4.3)."""
MAX_BYTES = 64_000


class BadTheme(Exception):
    """A theme file says something that it may not."""


@dataclass(frozen=True, slots=True)
class Themes:
    """What was found."""

    themes: tuple[Theme, ...]
    problems: tuple[str, ...]
    """A line for each file that was left out, and for each pair of colours that is hard to read."""


def stylesheet() -> Path:
    """Return the console's style sheet."""
    return Path(str(files("themes") / "app.tcss"))


def load(own: Path | None = None) -> Themes:
    """Read the themes that come with Courtside, then the user's.

    Args:
        own: the folder of the user's themes, which may be absent; `None` for none.
    """
    found: dict[str, Theme] = {}
    problems: list[str] = []
    shipped: Iterable[Traversable] = sorted(files("themes").iterdir(), key=lambda file: file.name)
    users: Iterable[Traversable] = sorted(own.glob("*.toml")) if own is not None and own.is_dir() else ()
    for file in (*shipped, *users):
        if not file.name.endswith(".toml"):
            continue
        try:
            theme = parse(_read(file))
        except BadTheme as error:
            problems.append(text.clean(f"themes/{file.name}: {error}", text.MAX_TEXT))
            continue
        found[theme.name] = theme
        problems.extend(f"themes/{file.name}: {pair}" for pair in hard_to_read(theme))
    ordered = sorted(found.values(), key=lambda theme: theme.name != DEFAULT)
    return Themes(tuple(ordered), tuple(problems))


def offered(own: Sequence[str], available: Mapping[str, Theme], *, no_colour: bool) -> tuple[str, ...]:
    """Return the names of the themes to choose from: Courtside's and the user's, then the framework's.

    Args:
        own: the names of the first.
        available: all that the framework knows, by name.
        no_colour: whether colours are not wanted; themes of the terminal's own colours are unreadable then.
    """
    others = (
        name
        for name, theme in available.items()
        if name not in own and not (no_colour and (theme.ansi or "ansi" in name))
    )
    return (*own, *others)


def _read(file: Traversable) -> Mapping[str, object]:
    try:
        content = file.read_bytes()
        if len(content) > MAX_BYTES:
            raise BadTheme(f"is larger than {MAX_BYTES:,} bytes")
        return tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise BadTheme(error.strerror or "cannot be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadTheme(f"is not TOML: {error}") from error


def parse(table: Mapping[str, object]) -> Theme:
    """Return the theme that a file describes.

    Raises:
        BadTheme: a key is unknown, or a value cannot be used; says which.
    """
    known = {"name", "dark", "variables", *COLOURS}
    for key in table:
        if key not in known:
            raise BadTheme(f"{key!r} is not known here")
    name = table.get("name")
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise BadTheme("name must be letters, digits and -")
    dark = table.get("dark", True)
    if not isinstance(dark, bool):
        raise BadTheme("dark must be true or false")
    if "primary" not in table:
        raise BadTheme("primary is missing")
    colours = {key: _colour(key, table[key]) for key in COLOURS if key in table}
    given = table.get("variables", {})
    if not isinstance(given, dict):
        raise BadTheme("[variables] must be a table")
    for key in given:
        if key not in VARIABLES:
            raise BadTheme(f"variables.{key} is not known; these are: {', '.join(VARIABLES)}")
    variables = {key: _colour(f"variables.{key}", value) for key, value in given.items()}
    primary = colours.pop("primary")
    theme = Theme(name=name, primary=primary, dark=dark, variables=variables)
    return replace(theme, **colours)  # type: ignore[arg-type]  # all of them colours, by name


def _colour(key: str, value: object) -> str:
    if not isinstance(value, str) or any(char in value for char in ";{}[]$"):
        raise BadTheme(f"{key} = {str(value)!r} is not a colour")
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise BadTheme(f'{key} = "{value}" is not a colour') from error
    return value


def hard_to_read(theme: Theme) -> tuple[str, ...]:
    """Return a line for each text colour that lacks contrast on a ground that it stands on."""
    texts = {name: theme.variables.get(name) or getattr(theme, name, None) for name in TEXTS}
    grounds = {name: getattr(theme, name) for name in GROUNDS}
    return tuple(
        f"{name} on {ground} is hard to read ({ratio:.1f}:1, {READABLE}:1 is readable)"
        for ground, below in grounds.items()
        for name, value in texts.items()
        if value is not None
        and below is not None
        and (ratio := contrast(Color.parse(value), Color.parse(below))) < READABLE
    )


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
