"""The checks are checked: each planted bug is found by some evening."""

from __future__ import annotations

import pytest

from tests.sim.bugs import BUGS
from tests.sim.evening import SEEDS, play


def fails(seed: int) -> bool:
    """Tell whether an evening's checks find something."""
    try:
        play(seed)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    with BUGS[bug]():
        assert any(fails(seed) for seed in range(SEEDS)), f"no evening shows that the hub or a laptop {bug}"
