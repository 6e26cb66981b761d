"""An old client: speaks the legacy dialect alone, in JSON text frames, and reads them one by one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from websockets.sync.client import ClientConnection, connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class OldClient:
    """One connection to a server that speaks the dialect."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    @classmethod
    @contextmanager
    def open(cls, url: str, *channels: str, headers: Mapping[str, str] | None = None) -> Iterator[Self]:
        """Connect, subscribe to channels and pass over what is there already; close at the end."""
        with connect(f"{url}/ws", compression=None, additional_headers=headers) as socket:
            client = cls(socket)
            assert client.receive()["type"] == "connected"
            for channel in channels:
                client.say(type="subscribe", channel=channel)
                client.expect(type="subscribed", channel=channel)
            client.settle()
            yield client

    def say(self, **frame: object) -> None:
        """Send one frame."""
        self.socket.send(json.dumps(frame))

    def tell(self, channel: str, event: str, **data: object) -> None:
        """Send an event on a channel."""
        self.say(type="message", channel=channel, event=event, data=data)

    def score(self, tournament: str, match: str, team: str, score: int, delta: int, **more: object) -> None:
        """Say a side's score as old clients do: twice."""
        data = {"tournamentId": tournament, "matchId": match, "teamId": team}
        channel = f"tournament-{tournament}"
        self.tell(channel, "score-update", **data, points=score)
        self.tell(channel, "live-score", **data, score=score, delta=delta, timestamp=0, **more)

    def receive(self, within: float = 10.0) -> dict[str, Any]:
        """Return the next frame."""
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=within))
        return frame

    def expect(self, within: float = 10.0, **wanted: object) -> dict[str, Any]:
        """Return the next frame with these values, passing over the others."""
        until = monotonic() + within
        while True:
            frame = self.receive(until - monotonic())
            if wanted.items() <= frame.items():
                return frame

    def event(self, name: str, within: float = 10.0) -> dict[str, Any]:
        """Return the data of the next event of a name."""
        data: dict[str, Any] = self.expect(within, type="message", event=name)["data"]
        return data

    def settle(self) -> list[dict[str, Any]]:
        """Return every frame that came before the answer to a ping sent now."""
        self.say(type="ping", timestamp=4711)
        frames: list[dict[str, Any]] = []
        while (frame := self.receive()) != {"type": "pong", "timestamp": 4711}:
            frames.append(frame)
        return frames
