"""The keyring: the tokens that this device was given, by hub, in its `client/` folder for its owner alone.

A token in the settings counts more than any kept one. Read anew each time, so that a console knows at once
what `courtside join` got beside it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from core.errors import BadLog, NotSaved
from core.wire.invites import SignedIn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.settings import Settings


class Kept(msgspec.Struct, frozen=True):
    """A sign-in, and where it is good."""

    signed: SignedIn
    endpoints: tuple[str, ...]


class Keyring:
    """The sign-ins of a device.

    Args:
        data: its data folder; nothing is made there before there is something to keep.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / "client" / "tokens.json"

    def sign_in(self, endpoint: str) -> SignedIn | None:
        """Return the sign-in for an address; `None` without one.

        Raises:
            BadLog: the file is damaged.
        """
        for kept in self._read().values():
            if endpoint in kept.endpoints:
                return kept.signed
        return None

    def keep(self, signed: SignedIn, endpoint: str) -> None:
        """Keep a sign-in on disk; it takes the place of an earlier one for the same hub or address.

        Raises:
            NotSaved: it cannot be written.
            BadLog: what is there is damaged, and is left as it is.
        """
        others: dict[str, Kept] = {}
        own = {endpoint}
        for hub, kept in self._read().items():
            if hub == signed.hub:
                own.update(kept.endpoints)
            elif left := tuple(one for one in kept.endpoints if one != endpoint):
                others[hub] = Kept(kept.signed, left)
        self._write(others | {signed.hub: Kept(signed, tuple(sorted(own)))})

    def _read(self) -> Mapping[str, Kept]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Kept])
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            raise BadLog(str(self._path), f"cannot be read ({error}); remove it and join again") from error

    def _write(self, kept: Mapping[str, Kept]) -> None:
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(kept))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            raise NotSaved(str(self._path), str(error)) from error


def sign_in_for(settings: Settings, endpoint: str) -> SignedIn | None:
    """Return the kept sign-in that counts at an address; `None` where there is none, or a token is set.

    Raises:
        BadLog: the kept tokens cannot be read.
    """
    return None if settings.token is not None else Keyring(settings.data).sign_in(endpoint)


def token_for(settings: Settings, endpoint: str) -> str | None:
    """Return what signs this device in at an address, as of now; `None` for nothing.

    Raises:
        BadLog: the kept tokens cannot be read.
    """
    if settings.token is not None:
        return settings.token
    signed = sign_in_for(settings, endpoint)
    return None if signed is None else signed.token


def named(settings: Settings) -> Settings:
    """Return settings with the name that ops gave this person, where the person has set none.

    Raises:
        BadLog: the kept tokens cannot be read.
    """
    if "name" in settings.model_fields_set or settings.token is not None:
        return settings
    for endpoint in settings.endpoints:
        signed = Keyring(settings.data).sign_in(endpoint)
        if signed is not None and signed.name:
            return settings.model_copy(update={"name": signed.name})
    return settings
