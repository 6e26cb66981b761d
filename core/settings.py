"""Settings: one frozen value, read once and passed on as an argument.

Owns the names, the units and the order of the sources: flags, environment (`COURTSIDE_*`), `.env`, the TOML
file, defaults. What `console` means on a screen is the console's affair. Guarantees that a misspelt name of
ours is refused wherever it stands, with the nearest known one and its source; names of others in a shared
`.env` are ignored. Durations are seconds.
"""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from core.domain.ids import TournamentId, is_slug
from core.domain.text import clean
from core.errors import BadSettings

DEFAULT_PORT = 8765
PREFIX = "COURTSIDE_"
FOREIGN = MappingProxyType({"VITE_WS_URL": "ws_url", "VITE_ENABLE_SCALABLE_WS": "enable_scalable_ws"})
"""Names that an older web client shares with us; ours win over them in the same source."""
SOCKET_PATH = "/v1/ws"
"""Where a hub takes WebSockets, below its address."""


def endpoint(address: str) -> str:
    """Return a hub's address in its one form: `ws://host:port` or `wss://...`, without `SOCKET_PATH`.

    Raises:
        ValueError: it is no address of a hub.
    """
    wrong = f"{address!r} is no address of a hub; write ws://HOST:{DEFAULT_PORT}"
    try:
        parts = urlsplit(address.strip())
        port_fits = parts.port != 0
    except ValueError as error:
        raise ValueError(f"{wrong} ({error})") from error
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.hostname or not port_fits:
        raise ValueError(wrong)
    if parts.query or parts.fragment or parts.username:
        raise ValueError(
            f"{address!r} has more than scheme, host, port and path; a token has its own setting"
        )
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/").removesuffix(SOCKET_PATH), "", ""))


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _all_slugs(given: tuple[TournamentId, ...]) -> tuple[TournamentId, ...]:
    for tournament in given:
        if not is_slug(tournament):
            raise ValueError(f"{tournament!r} is no id of a tournament (a-z, 0-9, - and _; at most 64)")
    return given


def _above(value: float, info: ValidationInfo) -> float:
    """Hold a setting to be at least, or more than, its lower counterpart."""
    assert info.field_name is not None, "it is used on fields only"
    lower, strictly = _LOWER[info.field_name]
    bound = info.data.get(lower, 0.0)
    if value < bound or (strictly and value == bound):
        how = "more than" if strictly else "at least"
        raise ValueError(f"{info.field_name} ({value:g}) must be {how} {lower} ({bound:g})")
    return value


def _freeze(keys: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(keys))


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user, as in a container
        return "somebody"


def _data_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("courtside", appauthor=False))


def config_folder() -> Path:
    """Return the folder of this user's configuration: `config.toml`, `themes/`."""
    import platformdirs

    return Path(platformdirs.user_config_dir("courtside", appauthor=False))


class ConsoleSettings(BaseModel):
    """The console's own settings, `[console]` in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    theme: str = ""
    """A theme's name; `""` for the one used last."""
    ascii: bool = False
    """Draw signs with ASCII characters only."""
    bell: bool = True
    """Ring for what needs this person."""
    mouse: bool = True
    """False leaves the mouse to the terminal."""
    double_press_guard: Annotated[float, Field(ge=0, le=1)] = 0.06
    """A second press of the same scoring key within so many seconds is dropped; 0 for never."""
    keys: Annotated[Mapping[str, str], AfterValidator(_freeze)] = Field(
        default_factory=lambda: MappingProxyType({})
    )
    """Keys by the id of their action."""


Endpoints = Annotated[
    tuple[str, ...],
    BeforeValidator(_split),
    AfterValidator(lambda given: tuple(dict.fromkeys(endpoint(one) for one in given))),
]
Seconds = Annotated[float, Field(gt=0, le=3600)]
UpperSeconds = Annotated[Seconds, AfterValidator(_above), Field(validate_default=True)]
_LOWER = MappingProxyType(
    {"heartbeat_timeout": ("heartbeat_interval", True), "backoff_cap": ("backoff_first", False)}
)
"""The setting that each of these is above, and whether they may not be equal; the lower one stands first."""


class Settings(BaseSettings):
    """Everything that can be set.

    Made directly it takes what it is given and reads no source; `load_settings` reads them all.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, validate_default=False)

    ws_url: Endpoints = ()
    """The hubs' addresses, tried in this order; `()` when none is configured (see `endpoints`)."""
    data: Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] = Field(
        default_factory=_data_folder
    )
    """The data folder: holds `client/` and, where a hub runs on it, `hub/`."""
    token: str | None = Field(default=None, repr=False)
    """What signs this device in; `None` where the hub asks for nothing."""
    name: Annotated[str, AfterValidator(clean)] = Field(default_factory=_person)
    """The person that new entries carry."""
    wire: Literal["msgpack", "json"] = "msgpack"
    """How messages are written on a link."""
    enable_scalable_ws: bool = True
    """False for the basic mode: one link to an old server, no recovery."""
    basic_tournaments: Annotated[
        tuple[TournamentId, ...], BeforeValidator(_split), AfterValidator(_all_slugs)
    ] = ()
    """Ids of the tournaments to follow in the basic mode, as old servers do not list theirs."""
    connection_timeout: Seconds = 10.0
    """Seconds until an attempt to connect is given up."""
    heartbeat_interval: Seconds = 5.0
    """Seconds between two pings of ours on a link."""
    heartbeat_timeout: UpperSeconds = 15.0
    """Seconds without any frame after which a link is dead."""
    backoff_first: Seconds = 1.0
    """Upper bound of the first wait between two attempts, in seconds; it doubles with each failure."""
    backoff_cap: UpperSeconds = 30.0
    """Longest wait between two attempts, in seconds."""
    minimum_uptime: Seconds = 5.0
    """Seconds that a link must have lived before the waits begin small again."""
    max_reconnect_attempts: Annotated[int, Field(ge=1, le=1000)] = 5
    """Failures in a row after which an endpoint is only probed."""
    health_check_interval: Seconds = 30.0
    """Longest wait, in seconds, between two probes of an endpoint that is benched or carries nothing."""
    max_connections: Annotated[int, Field(ge=1, le=1000)] = 100
    """Most links at a time, over all endpoints."""
    max_connections_per_endpoint: Annotated[int, Field(ge=1, le=1000)] = 25
    """Most links at a time to one endpoint."""
    max_rooms_per_link: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Most rooms that one link carries; further rooms have further links opened."""
    spare_links: Annotated[int, Field(ge=0, le=10)] = 1
    """Links kept open beyond those that carry rooms, each to another endpoint, so that failing over needs
    no dial; 0 for none."""
    compression: Literal["auto", "on", "off"] = "auto"
    """Whether frames are compressed; `auto`: not on loopback and private addresses, elsewhere yes."""
    tls_ca: Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] | None = None
    """A file of certificates to trust with `wss://` besides the system's own; `None` for none."""
    auto_join: bool = True
    """Whether a tournament that is joined brings the rooms that go with it: presence, everybody's room, and
    those of this device's role and team."""
    room_idle: Seconds = 300.0
    """Seconds after which a private or match room is left in which nothing happened and of which nobody here
    wants to hear; never everybody's room."""
    low_ttl: Annotated[float, Field(ge=0, le=7 * 86_400)] = 0.0
    """Seconds after which a `low` message that the hub has not answered is given up; 0 for never. Nothing
    else ever expires."""
    keep_broadcasts: Annotated[int, Field(ge=500, le=1_000_000)] = 5_000
    """How many broadcasts a hub keeps of each team, role and admin room, the latest ones."""
    keep_days: Annotated[float, Field(ge=1, le=36_500)] = 400.0
    """Days after which a hub forgets broadcasts and the samples of who was there; never a score."""
    backup_interval: Annotated[float, Field(ge=0, le=86_400)] = 900.0
    """Seconds between two automatic backups of a hub that goes on; 0 for none."""
    backup_keep: Annotated[int, Field(ge=1, le=1000)] = 16
    """How many of a hub's automatic backups are kept, the newest ones."""
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)

    @cached_property
    def endpoints(self) -> tuple[str, ...]:
        """The addresses to use: those configured, or this machine's hub on the default port."""
        return self.ws_url or (f"ws://127.0.0.1:{DEFAULT_PORT}",)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the names are the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is given: `load_settings` merges the sources and remembers where a value stood."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One source: its values by dotted key (`name`, `console.theme`), and how a person calls it."""

    source: str
    values: Mapping[str, object]
    spelt: Mapping[str, str]
    """How each key was written there."""


_KEYS = tuple(name for name in Settings.model_fields if name != "console")
_CONSOLE_KEYS = tuple(f"console.{name}" for name in ConsoleSettings.model_fields)
_BY_VARIABLE = {
    f"{PREFIX}{key.replace('.', '_').upper()}": key
    for key in (*_KEYS, *_CONSOLE_KEYS)
    if key != "console.keys"
}
_OTHER_VARIABLES = frozenset({f"{PREFIX}CONFIG"})
"""Ours, but read elsewhere."""


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    dotenv: Path | None = None,
) -> Settings:
    """Read all sources and return the settings.

    Args:
        flags: values given on the command line by setting name, console settings as `console.theme`; a
            value of `None` counts as not given.
        config: the TOML file, which must be there; `None` for `COURTSIDE_CONFIG`, or else the user's own
            `config.toml` if there is one.
        environment: the environment; `None` for this process's.
        dotenv: the `.env` file, which may be absent; `None` for the one in the working folder.

    Raises:
        BadSettings: a name is unknown, or a value cannot be used; says which, where it stands and what
            would be right.
    """
    variables = os.environ if environment is None else environment
    if config is None and f"{PREFIX}CONFIG" in variables:
        config = Path(variables[f"{PREFIX}CONFIG"]).expanduser()
    layers = (
        _from_flags({key: value for key, value in (flags or {}).items() if value is not None}),
        _from_variables(variables, "environment"),
        _from_dotenv(dotenv or Path(".env")),
        _from_file(config),
    )
    return _build(layers)


def _from_flags(flags: Mapping[str, object]) -> _Layer:
    for key in flags:
        if key not in _KEYS and key not in _CONSOLE_KEYS:
            raise _unknown(key, "flag", (*_KEYS, *_CONSOLE_KEYS))
    return _Layer("flag", flags, {key: f"--{key.replace('_', '-')}" for key in flags})


def _from_variables(variables: Mapping[str, str], source: str) -> _Layer:
    values: dict[str, object] = {}
    spelt: dict[str, str] = {}
    for name, key in FOREIGN.items():
        if name in variables:
            values[key], spelt[key] = variables[name], name
    for name, value in variables.items():
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in _OTHER_VARIABLES:
            continue
        if upper not in _BY_VARIABLE:
            raise _unknown(name, source, tuple(_BY_VARIABLE))
        key = _BY_VARIABLE[upper]
        values[key], spelt[key] = value, name
    return _Layer(source, values, spelt)


def _from_dotenv(path: Path) -> _Layer:
    if not path.is_file():
        return _Layer(str(path), {}, {})
    try:
        read = DotEnvSettingsSource(
            Settings, env_file=path, env_file_encoding="utf-8", case_sensitive=True
        ).env_vars
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(path.name, str(path), f"cannot be read: {error}") from error
    return _from_variables({name: value for name, value in read.items() if value is not None}, str(path))


def _from_file(config: Path | None) -> _Layer:
    path = config_folder() / "config.toml" if config is None else config
    if config is None and not path.is_file():
        return _Layer(str(path), {}, {})
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadSettings("config", str(path), error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings("config", str(path), f"is not TOML: {error}") from error
    values: dict[str, object] = {}
    for key, value in table.items():
        if key == "console" and isinstance(value, dict):
            for inner in value:
                if f"console.{inner}" not in _CONSOLE_KEYS:
                    known = tuple(name.removeprefix("console.") for name in _CONSOLE_KEYS)
                    raise _unknown(inner, f"{path}, [console]", known)
            values |= {f"console.{inner}": content for inner, content in value.items()}
        elif key in _KEYS:
            values[key] = value
        else:
            raise _unknown(key, str(path), (*_KEYS, "console"))
    return _Layer(str(path), values, {key: key for key in values})


def _build(layers: tuple[_Layer, ...]) -> Settings:
    """Merge the layers, the first one strongest, and name the source of whatever cannot be used."""
    origin: dict[str, _Layer] = {}
    for layer in layers:
        for key in layer.values:
            origin.setdefault(key, layer)
    merged = {key: layer.values[key] for key, layer in origin.items()}
    inner = {
        key.removeprefix("console."): value for key, value in merged.items() if key.startswith("console.")
    }
    outer: dict[str, Any] = {key: value for key, value in merged.items() if not key.startswith("console.")}
    try:
        return Settings(**outer, console=inner)  # type: ignore[arg-type]  # validated into ConsoleSettings
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        key = ".".join(path[:2]) if path[0] == "console" else path[0]
        if key not in origin:
            # A default that does not go with a value that was given: that one is to be named.
            key = _LOWER[key][0]
        layer = origin[key]
        why = first["msg"].removeprefix("Value error, ")
        raise BadSettings(layer.spelt[key], layer.source, why[:1].lower() + why[1:]) from error


def _unknown(name: str, source: str, known: tuple[str, ...]) -> BadSettings:
    near = get_close_matches(name, known, n=1, cutoff=0.0)
    return BadSettings(name, source, f"there is no such setting; did you mean {near[0]}?")
