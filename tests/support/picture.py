"""Make the README's picture: the real console, on a real hub, in the middle of the demo's tournament.

`python -m tests.support.picture [FILE]` writes `.assets/scores.svg`, or another file.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from core import Settings, realtime_in_thread
from tests.support.sources import ROOT
from tui.app import CourtsideApp
from tui.cli import hubs
from tui.cli.crowd import Crowd
from tui.cli.olympics import TOURNAMENT

if TYPE_CHECKING:
    from core import View

SEED = 7
SPEED = 8.0
SIZE = (100, 30)
FINISHED, LIVE = 12, 4
"""How many matches are over when the picture is taken, and how many are at play."""
WITHIN = 120.0
"""Seconds that this may take."""
FONT_FACE = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def ready(view: View) -> bool:
    """Tell whether there is something to see: results, and matches at play."""
    shown = view.tournaments.get(TOURNAMENT)
    if shown is None:
        return False
    phases = [match.phase for match in shown.projected.matches.values()]
    return phases.count("official") >= FINISHED and phases.count("live") >= LIVE


async def picture(folder: Path, url: str) -> str:
    """Play until the console shows enough, and return what it shows as SVG."""
    settings = Settings(data=folder, ws_url=(url,), name="Ana")
    crowd = Crowd(settings, folder / "crowd", SEED, SPEED)
    async with asyncio.timeout(WITHIN), asyncio.TaskGroup() as group:
        group.create_task(crowd.play())
        with realtime_in_thread(settings) as realtime:
            realtime.join_all()
            app = CourtsideApp(realtime, settings)
            async with app.run_test(size=SIZE) as pilot:
                await realtime.wait_for(ready)
                app.paint()
                await pilot.press("g")  # the matches at play stand at the top
                drawn = app.export_screenshot(title="courtside")
                crowd.stop.set()
    # The fonts that it would fetch from elsewhere are not needed: any monospaced one does.
    return FONT_FACE.sub("", drawn)


def main(file: Path) -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory(prefix="courtside-picture-") as name:
        hub = hubs.start(Path(name), attached=True)
        try:
            drawn = asyncio.run(picture(Path(name), hub.url))
        finally:
            hub.stop()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(drawn, "utf-8")
    print(f"{file}: {len(drawn):,} characters")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".assets" / "scores.svg")
