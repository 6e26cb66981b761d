"""How a hub is to be run, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a hub keeps what is no score; events and answers of tournaments are kept for ever."""

    broadcasts: int = 5_000
    """How many broadcasts each team, role and admin room keeps, the latest ones."""
    days: float = 400.0
    """Days after which broadcasts, and the samples of who was there, are forgotten."""


RETENTION = Retention()


@dataclass(frozen=True, slots=True)
class HubOptions:
    """What the one who starts a hub decides."""

    data: Path
    """The data folder; the hub's own things are in its `hub/`."""
    host: str = "127.0.0.1"
    """The address to listen on. Who comes from another machine needs a token to write."""
    port: int = 8765
    """The port; 0 takes a free one."""
    json: bool = False
    """Whether the first line on standard output is JSON that says where the hub is."""
    require_token: bool = False
    """Whether even who is on the hub's own machine needs a token; the owner has one in `hub/`."""
    open_reading: bool = True
    """Whether everybody may read without a token."""
    tls_cert: Path | None = None
    """The certificate to show, in PEM; `None` to listen plainly."""
    tls_key: Path | None = None
    """Its key; `None` where `tls_cert` has it too."""
    compression: Literal["auto", "on", "off"] = "auto"
    """Whether frames are compressed (permessage-deflate); `auto`: not on this machine and near it."""
    backup_interval: float = 900.0
    """Seconds between two automatic backups; 0 for none."""
    backup_keep: int = 16
    """How many of the automatic backups are kept."""
    retention: Retention = RETENTION
    """How long what is no score is kept."""
    backplane: tuple[str, ...] = ()
    """The NATS servers (`nats://host:port`) over which this hub shares its tournaments with others; empty for
    a hub on its own."""
    peers: tuple[str, ...] = ()
    """The addresses of the other hubs on that backplane: when this one stops, its clients are told to go to
    them, in equal shares; empty for those that the clients know by themselves."""
