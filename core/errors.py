"""Every error that Courtside raises on purpose, under one root.

    CourtsideError
    ├── BadInput             what a person or a file gave cannot be used; says where and what to do
    │   ├── BadPlan          a plan that cannot be played
    │   ├── BadFile          a file that cannot be read as a tournament
    │   ├── BadPayload       what is no JSON, or too much of it for a broadcast
    │   ├── BadSettings      a setting that is unknown or out of range
    │   └── Unknown          a match, team or tournament that is not there; names near ones
    ├── WireError            what the other side sent cannot be understood
    │   ├── Malformed
    │   └── TooLarge
    ├── Unreachable          no hub could be reached, and no stored copy can serve
    ├── SignInRefused        a hub does not let this device do that
    ├── NotSaved             this laptop could not save; nothing was entered
    ├── FolderInUse          another process works on that data folder
    ├── FellBehind           a reader of events could not keep up
    └── BadLog               a log or journal contradicts itself

Messages are built here from typed attributes; the one who catches can show them as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class CourtsideError(Exception):
    """The root: catch this to catch all that Courtside raises on purpose."""


class BadInput(CourtsideError):
    """Something that a person or a file gave cannot be used."""


class BadPlan(BadInput):
    """A plan that cannot be played.

    Args:
        where: the place in the plan, in words (`match euro.m01`).
        why: what is wrong there.
    """

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"{where}: {why}")


class BadFile(BadInput):
    """A file that cannot be read as a tournament.

    Args:
        path: the file as it was named.
        why: what is wrong and what would be right.
    """

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


class BadPayload(BadInput, ValueError):
    """What a broadcast cannot carry; a `ValueError` too, so that decoding takes it for a malformed message.

    Args:
        why: what is wrong and what would be right.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"this cannot be broadcast: {why}")


class BadSettings(BadInput):
    """A setting that is unknown or out of range.

    Args:
        key: the setting's name as it was given.
        source: where it was given (a flag, the environment, a file).
        why: what is wrong and what would be right.
    """

    def __init__(self, key: str, source: str, why: str) -> None:
        self.key = key
        self.source = source
        self.why = why
        super().__init__(f"{key} ({source}): {why}")


class Unknown(BadInput):
    """Something named that is not there.

    Args:
        what: the kind of thing (`match`, `team`, `tournament`).
        name: the name as given.
        near: names that come close, best first; may be empty.
    """

    def __init__(self, what: str, name: str, near: Sequence[str] = ()) -> None:
        self.what = what
        self.name = name
        self.near = tuple(near)
        hint = f"; did you mean {' or '.join(self.near)}?" if near else ""
        super().__init__(f"no {what} {name!r}{hint}")


class WireError(CourtsideError):
    """What the other side sent cannot be understood.

    Args:
        detail: what is wrong with it, without the content itself.
    """

    code = "wire"
    """The word that stands for it on the wire."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class Malformed(WireError):
    """A frame that is no message of ours."""

    code = "malformed"


class TooLarge(WireError):
    """A frame above the size limit."""

    code = "too_large"


class Unreachable(CourtsideError):
    """No hub could be reached, and no stored copy can serve.

    Args:
        endpoints: the addresses that were tried.
        why: what the last attempt said.
    """

    def __init__(self, endpoints: Sequence[str], why: str) -> None:
        self.endpoints = tuple(endpoints)
        self.why = why
        super().__init__(f"cannot reach {', '.join(endpoints)}: {why}")


class SignInRefused(CourtsideError):
    """A hub does not let this device do what was asked.

    Args:
        endpoint: the hub's address.
        why: what the hub said, with what to do.
    """

    def __init__(self, endpoint: str, why: str) -> None:
        self.endpoint = endpoint
        self.why = why
        super().__init__(f"the hub at {endpoint} refuses: {why}")


class NotSaved(CourtsideError):
    """This laptop could not save: nothing was entered.

    Args:
        path: the file that could not be written.
        why: what the system said.
    """

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"cannot save to {path}: {why}")


class FolderInUse(CourtsideError):
    """Another process works on that data folder.

    Args:
        path: the folder.
        holder: what is known of the other process, `""` if nothing.
    """

    def __init__(self, path: str, holder: str = "") -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"{path} is in use{f' by {holder}' if holder else ''}; stop that one or name another folder"
        )


class FellBehind(CourtsideError):
    """A reader of events could not keep up: what came before `seq` was read, what came from there on was not.

    Args:
        room: the room that was read.
        seq: place of the first event that was lost, in the room's log.
        limit: how many events were kept for the reader.
    """

    def __init__(self, room: str, seq: int, limit: int) -> None:
        self.room = room
        self.seq = seq
        self.limit = limit
        super().__init__(
            f"{room}: more than {limit} events waited to be read, and those from {seq} on are lost to this"
            " reader; the view has what they came to, and a new reader begins with what comes next"
        )


class BadLog(CourtsideError):
    """A log or journal contradicts itself.

    Args:
        path: the file, or the room where it has none.
        why: where and how.
    """

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")
