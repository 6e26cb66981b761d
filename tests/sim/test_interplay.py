"""Evenings in virtual time: whatever breaks, each entry counts once, in order, and all see the same.

Half of the seeds; the others are in `test_interplay_more`, so that two processes share them. A failure names
its seed; `python -m tests.sim SEED` replays it.
"""

from __future__ import annotations

import pytest

from tests.sim.evening import SEEDS, play

TOGETHER = 25


@pytest.mark.parametrize("first", range(0, SEEDS, 2 * TOGETHER))
def test_every_entry_counts_once_and_in_order_whatever_breaks(first: int) -> None:
    for seed in range(first, first + TOGETHER):
        play(seed)
