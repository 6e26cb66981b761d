"""The front doors: what stands in `__all__` is what a caller finds, no more and no less."""

from __future__ import annotations

import importlib
import types

import pytest


@pytest.mark.parametrize("door", ["core", "core.hub"])
def test_all_equals_the_public_names(door: str) -> None:
    module = importlib.import_module(door)
    exported: list[str] = module.__all__
    for name in exported:
        # Resolves lazily exported names too, so that they are compared with the rest.
        getattr(module, name)
    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and name != "TYPE_CHECKING"
        # Submodules appear by being imported somewhere; what others define is not the door's to offer.
        and not isinstance(value, types.ModuleType)
        and getattr(value, "__module__", door).startswith("core")
    }
    assert len(exported) == len(set(exported))
    assert public <= set(exported)
