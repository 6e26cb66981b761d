"""Groups: what one hub judged, as the other hubs of a backplane read it.

JSON as in the log, so that every hub stores the same bytes; large ones are deflated. How groups follow each
other is `core.hub.judging.chain`'s affair. Guarantees that what is decoded is whole and bounded.
"""

from __future__ import annotations

import zlib

import msgspec
from msgspec import Struct

from core.domain.answers import Answer
from core.domain.events import Event
from core.domain.ids import Epoch, TournamentId
from core.errors import Malformed

MAX_GROUP_BYTES = 64 * 1024 * 1024
"""What a group may inflate to."""
LARGE_BYTES = 4_096
"""From here on a group is deflated."""
PLAIN, DEFLATED = b"1", b"z"
"""The first byte, which says how the rest is to be read (`1`: the first form of groups)."""


class Judged(Struct, frozen=True, omit_defaults=True):
    """New answers, given together."""

    answer: Answer
    digest: bytes = b""
    """Of the entry's content; empty where any content fits."""
    withdrawn: Answer | None = None
    """The answer that waits for an entry which this one took back before it arrived."""
    begins: bool = False
    """Whether the answer's epoch begins with it."""
    filed: tuple[tuple[Epoch, Event], ...] = ()
    """Events of older epochs that were adopted."""


class Group(Struct, frozen=True):
    """What one hub judged of a tournament in one round."""

    id: str
    """Unique for ever."""
    hub: str
    """The hub that judged."""
    tournament: TournamentId
    predecessor: str
    """Id of the group of this tournament on top of which it was judged; `""` for the first."""
    epoch: Epoch
    """The tournament's epoch after it; `""` where there is no such tournament."""
    seq: int
    """The tournament's seq after it."""
    judged: tuple[Judged, ...]
    """In the order of judgement."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Group)


def encode_group(group: Group) -> bytes:
    """Return a group as a message."""
    body = _encoder.encode(group)
    return PLAIN + body if len(body) < LARGE_BYTES else DEFLATED + zlib.compress(body, 1)


def decode_group(message: bytes) -> Group:
    """Return the group that a message is.

    Raises:
        Malformed: it is none, or one that only a newer Courtside can read.
    """
    form, body = message[:1], message[1:]
    try:
        if form == DEFLATED:
            inflate = zlib.decompressobj()
            body = inflate.decompress(body, MAX_GROUP_BYTES)
            if not inflate.eof:
                raise Malformed(f"a group that is cut off, or above {MAX_GROUP_BYTES} bytes")
        elif form != PLAIN:
            raise Malformed("no group of judged commands that this Courtside knows; is another one newer?")
        return _decoder.decode(body)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise Malformed(f"no group of judged commands ({error})") from error
