"""What the client side's machines are configured with: one frozen value, made by the shell from the settings.

Durations are seconds, sizes are counts of what their name says.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """The engine's figures; the defaults are those of the product."""

    endpoints: tuple[str, ...] = ()
    """Addresses of hubs, the preferred first; none at all is a device that stays offline."""
    token: str | None = None
    version: str = ""
    """The program's own version, for people."""
    connection_timeout: float = 10.0
    """For a dial to open, and again for the hub's welcome."""
    heartbeat_interval: float = 5.0
    """Between two pings."""
    heartbeat_timeout: float = 15.0
    """Without any frame, after which a link is dead."""
    backoff_first: float = 1.0
    """Longest wait before the first attempt again; doubled with each that fails."""
    backoff_cap: float = 30.0
    """Longest wait between attempts."""
    minimum_uptime: float = 5.0
    """How long a link must live for its endpoint to begin with `backoff_first` again."""
    max_reconnect_attempts: int = 5
    """Failures in a row after which an endpoint is benched."""
    health_check_interval: float = 30.0
    """Longest wait between two probes of an endpoint that is benched or carries nothing."""
    max_connections: int = 100
    """Most links at a time."""
    max_connections_per_endpoint: int = 25
    max_rooms_per_link: int = 100
    """Most rooms that one link carries."""
    spare_links: int = 1
    """Links kept open beyond those that carry rooms, each to another endpoint."""
    basic: bool = False
    """Whether the hub is an old one that speaks the legacy dialect: one link, no recovery."""
    low_ttl: float = 0.0
    """Age at which an unanswered `low` message is given up; 0 for never."""
    slow_latency: float = 0.5
    """Median round trip from which on a link counts as slow."""
    window_entries: int = 64
    """Most entries on a link that have no answer yet."""
    answer_timeout: float = 10.0
    """Without an answer on a living link, after which an entry goes out again under its id."""
    outbox_entries: int = 100_000
    """Most entries without an answer that this device keeps."""
