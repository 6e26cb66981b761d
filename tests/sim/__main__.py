"""Replay evenings: `python -m tests.sim SEED [BUG]`, or `python -m tests.sim FIRST-LAST [BUG]`.

Says what did not hold, or how things stood in the end; with the name of a bug, that one is planted first.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext

from tests.sim.bugs import BUGS
from tests.sim.evening import play
from tests.sim.laptop import PLAN


def main(seeds: str, bug: str = "") -> None:
    """Play the evenings of some seeds."""
    first, _, last = seeds.partition("-")
    with BUGS[bug]() if bug else nullcontext():
        for seed in range(int(first), int(last or first) + 1):
            evening = play(seed)
            events = len(evening.site.log.events[PLAN.id])
            entries = sum(len(laptop.rows) for laptop in evening.laptops)
            lives = evening.site.lives, *(laptop.life for laptop in evening.laptops)
            counts = f"{entries} entries, {events} events, lives {lives}"
            sys.stdout.write(f"seed {seed}: {counts}, {evening.loop.now:.0f} s\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
