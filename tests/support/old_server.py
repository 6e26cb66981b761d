"""An old server: a small relay of the legacy dialect, with no log, no ids and no answers.

A frame on a channel goes to its other subscribers; a `live-score` goes as `score-update` too, as old servers
emit both for one point.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

if TYPE_CHECKING:
    from types import TracebackType


class OldServer:
    """Relays from threads of its own, on a port that stays the same between a stop and a start."""

    def __init__(self) -> None:
        self.port = 0
        self.heard: list[dict[str, Any]] = []
        """Every message of a client, in order."""
        self._hearers: dict[str, set[ServerConnection]] = {}
        self._connections: set[ServerConnection] = set()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address to give to clients."""
        return f"ws://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen."""
        self._server = serve(self._serve, "127.0.0.1", self.port, compression=None)
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="old server")
        self._thread.start()

    def stop(self) -> None:
        """Listen no more, and end every connection without a word."""
        assert self._server is not None
        assert self._thread is not None
        self._server.shutdown()
        self._thread.join(10)
        for connection in tuple(self._connections):
            connection.socket.close()

    @property
    def scores(self) -> list[int]:
        """Every score that clients said, in order."""
        return [one["data"]["score"] for one in self.heard if one["event"] == "live-score"]

    def subscribers(self, channel: str) -> int:
        """Return how many hear a channel."""
        return len(self._hearers.get(channel, ()))

    def _serve(self, connection: ServerConnection) -> None:
        self._connections.add(connection)
        try:
            assert connection.request is not None
            assert connection.request.path == "/ws", connection.request.path
            connection.send(json.dumps({"type": "connected", "clientId": str(id(connection))}))
            for frame in connection:
                self._answer(connection, json.loads(frame))
        except (ConnectionClosed, OSError):
            return
        finally:
            self._connections.discard(connection)
            for hearers in self._hearers.values():
                hearers.discard(connection)

    def _answer(self, connection: ServerConnection, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "ping":
                connection.send(json.dumps({"type": "pong", "timestamp": frame["timestamp"]}))
            case "subscribe":
                self._hearers.setdefault(frame["channel"], set()).add(connection)
                connection.send(json.dumps({"type": "subscribed", "channel": frame["channel"]}))
            case "unsubscribe":
                self._hearers.get(frame["channel"], set()).discard(connection)
                connection.send(json.dumps({"type": "unsubscribed", "channel": frame["channel"]}))
            case "message":
                self.heard.append(frame)
                self._relay(connection, frame)
                if frame["event"] == "live-score":
                    data = frame["data"]
                    update = {name: data[name] for name in ("tournamentId", "matchId", "teamId")}
                    again = {"event": "score-update", "data": update | {"points": data["score"]}}
                    self._relay(connection, frame | again)

    def _relay(self, sender: ServerConnection, frame: dict[str, Any]) -> None:
        for hearer in tuple(self._hearers.get(frame["channel"], ())):
            if hearer is not sender:
                hearer.send(json.dumps(frame))
