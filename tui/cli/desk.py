"""One device of the demo: a person, a client folder of its own, and a network that can be switched off."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from core import ids, open_realtime
from tui.cli.olympics import TOURNAMENT
from tui.cli.reach import awaited
from tui.cli.wifi import Wifi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from core import Realtime, Settings, Submission, Tournament, View, commands

LOOK_WAIT = 3_600.0
"""Seconds that somebody waits for something to happen before looking again."""
QUICK: dict[str, object] = {"backoff_first": 0.1, "backoff_cap": 0.5, "minimum_uptime": 0.2, "spare_links": 0}
"""Nobody wants to watch a laptop wait until it tries its network again."""


class Desk:
    """Enters what its person does, and shows them the tournament; open while the context lasts.

    Args:
        settings: where the hub is.
        folder: where the devices' folders are.
        name: the person.
        seed: the evening's; with the person it makes the ids of entries.
    """

    def __init__(self, settings: Settings, folder: Path, name: str, seed: int) -> None:
        self._settings = settings
        self._folder = folder
        self._seed = seed
        self._stack = AsyncExitStack()
        self.name = name
        self.wifi = Wifi(settings.ws_url[0])
        self.entries: list[Submission] = []
        """What was entered here, in this order."""
        self.offline = 0
        """How often its network went away."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.wifi)
            own = {"data": self._folder / self.name.lower(), "name": self.name, "ws_url": (self.wifi.url,)}
            settings = self._settings.model_copy(update={**QUICK, **own})
            self._realtime = await stack.enter_async_context(open_realtime(settings))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def realtime(self) -> Realtime:
        """The client."""
        return self._realtime

    @property
    def state(self) -> Tournament:
        """The tournament as this device knows that the hub has it."""
        return self._realtime.view.tournaments[TOURNAMENT].confirmed

    def enter(self, command: commands.Command, why: str = "") -> Submission:
        """Enter a command; its id follows from the seed, the person, and how much they entered before."""
        made = ids.CommandId(f"demo-{self._seed}-{self.name.lower()}-{len(self.entries) + 1:04d}")
        entry = self._realtime.submit(command, tournament=TOURNAMENT, why=why, id=made)
        self.entries.append(entry)
        return entry

    async def answered(self) -> None:
        """Wait until the hub has answered everything."""
        for entry in self.entries:
            await entry.confirmed()

    async def look(self, seen: Callable[[Tournament], bool]) -> Tournament:
        """Wait until the person sees on the own screen, as confirmed, what they wait for; return that."""

        def ready(view: View) -> bool:
            shown = view.tournaments.get(TOURNAMENT)
            return shown is not None and seen(shown.confirmed)

        while not await awaited(self._realtime, ready, LOOK_WAIT):
            continue
        return self.state

    def go_offline(self) -> None:
        """Lose the network."""
        self.offline += 1
        self.wifi.down()
