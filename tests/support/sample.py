"""A program as its developer would write it, with plain text for ids: `python -m tests.support.sample`.

Uses the whole API, checked by mypy as strictly as the house, and prints what it learns as JSON, by name.
Where hubs are comes from the settings.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import core

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG: dict[str, Callable[[core.Realtime], object]] = {
    "room": lambda realtime: realtime.join("tournement:summer"),
    "match": lambda realtime: realtime.submit(core.commands.AddScore("m99", "reds", 1)),
    "team": lambda realtime: realtime.tournament("summer").broadcast("x", teams=["pinks"]),
    "events": lambda realtime: realtime.join("global").subscribe([], print),
    "name": lambda realtime: realtime.join("global").broadcast("points_added"),
    "data": lambda realtime: realtime.join("global").broadcast("x", "y" * 5000),
    "entry": lambda realtime: realtime.withdraw("none"),
    "address": lambda realtime: realtime.add_endpoint("hub"),
    "endpoint": lambda realtime: realtime.drain("ws://192.0.2.1"),
    "copy": lambda realtime: realtime.rescue("winter"),
}
"""What a developer gets wrong."""


async def main() -> dict[str, object]:
    """Score, watch and measure; return what was learnt."""
    said: dict[str, object] = {}
    heard: list[str] = []
    async with core.open_realtime(core.load_settings()) as realtime:
        room = await realtime.join("tournament:summer")
        await room.live(10)
        unsubscribe = room.subscribe("*", lambda event: heard.append(event.name))
        feed = realtime.tournament("summer")
        with room.events("points_added") as events:
            entry = realtime.submit(core.commands.AddScore("m1", "reds", +1))
            answer = await entry.confirmed(10)
            async for event in events:
                said["event"] = [event.name, event.seq == answer.seq, event.by]
                break
        said["entry"] = [entry.state, answer.outcome]
        said["score"] = [feed.scores["summer.m001"].home, feed.participants["reds"].name]
        said["standings"] = [row.team for table in feed.standings for row in table.rows][:1]
        said["activity"] = [event.command == entry.id for event in feed.activity]
        rooms = await feed.create_rooms(10)
        said["rooms"] = [len(rooms.matches), len(rooms.teams), len(rooms.roles), rooms.admin is not None]
        await rooms.teams["reds"].live(10)
        await feed.broadcast("lights", {"hall": 1}, teams=["reds"]).confirmed(10)
        presence = await realtime.join("tournament:summer:presence")
        with presence.events("member_joined") as joined:
            await presence.live(10)
            # The hub tells who came a moment after it let them in.
            if not presence.members():
                await anext(aiter(joined))
        said["members"] = [member.name for member in room.members()]
        said["listed"] = [info.id for info in await realtime.list_rooms(type="tournament", search="Summer")]
        stats = room.stats()
        assert stats is not None
        said["stats"] = asdict(stats)
        said["metrics"] = asdict(realtime.metrics())
        said["queue"] = asdict(realtime.queue_stats())
        # Another way to write its address.
        realtime.drain(realtime.view.connection.endpoint + "/")
        said["wrong"] = {name: _told(partial(wrong, realtime)) for name, wrong in WRONG.items()}
        unsubscribe()
        rooms.leave()
        room.leave()
    said["heard"] = heard
    said["closed"] = _told(lambda: realtime.submit(core.commands.AddScore("m1", "reds", +1)))
    return said


def _told(wrong: Callable[[], object]) -> str:
    """Return what somebody is told who does this."""
    try:
        wrong()
    except (core.CourtsideError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    json.dump(asyncio.run(main()), sys.stdout, default=str)
