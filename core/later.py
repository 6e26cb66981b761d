"""Names of a front door that load with their first use, so that entering costs only what is taken (PEP 562).

Owns nothing but the looking up: which names there are, and where, each door says itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def later(door: dict[str, object], homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return a module's `__getattr__`, which loads a name and keeps it there.

    Args:
        door: the module's globals.
        homes: each name with the module or the package that has it.
    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {door['__name__']!r} has no attribute {name!r}")
        # As `from HOME import NAME` does it, which loads a module of a package too.
        value = door[name] = getattr(__import__(homes[name], fromlist=(name,)), name)
        return value

    return load
