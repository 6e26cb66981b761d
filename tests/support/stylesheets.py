"""Style sheets, each parsed once a process: all consoles of the tests read the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.css.stylesheet import Stylesheet

if TYPE_CHECKING:
    from textual.css.model import RuleSet
    from textual.css.types import CSSLocation

_parse = Stylesheet._parse_rules
_parsed: dict[tuple[object, ...], list[RuleSet]] = {}


def parse_once() -> None:
    """Have Textual keep what it parsed for longer than one app: rules are never changed once parsed."""

    def parse(
        self: Stylesheet,
        css: str,
        read_from: CSSLocation,
        is_default_rules: bool = False,
        tie_breaker: int = 0,
        scope: str = "",
    ) -> list[RuleSet]:
        colours = frozenset(self._variables.items())
        key = (css, read_from, is_default_rules, tie_breaker, scope, colours)
        if key not in _parsed:
            _parsed[key] = _parse(self, css, read_from, is_default_rules, tie_breaker, scope)
        return _parsed[key]

    Stylesheet._parse_rules = parse  # type: ignore[method-assign]
