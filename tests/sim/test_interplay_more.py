"""The other half of the evenings of `test_interplay`."""

from __future__ import annotations

import pytest

from tests.sim.evening import SEEDS, play
from tests.sim.test_interplay import TOGETHER


@pytest.mark.parametrize("first", range(TOGETHER, SEEDS, 2 * TOGETHER))
def test_every_entry_counts_once_and_in_order_whatever_breaks(first: int) -> None:
    for seed in range(first, first + TOGETHER):
        play(seed)
