"""Groups on the wire: small and large ones come back whole, anything else is refused with words."""

from __future__ import annotations

import zlib

import pytest

from core.domain.answers import Answer
from core.domain.ids import CommandId, TournamentId
from core.errors import Malformed
from core.wire import groups
from core.wire.groups import DEFLATED, LARGE_BYTES, PLAIN, Group, Judged, decode_group, encode_group
from tests.support.tournaments import EPOCH


def group(count: int) -> Group:
    judged = tuple(
        Judged(Answer(id=CommandId(f"c{number}"), outcome="accepted"), bytes([number % 256]))
        for number in range(count)
    )
    return Group("g2", "hub-1", TournamentId("cup"), "g1", EPOCH, 7, judged)


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_a_group_comes_back_as_it_went(count: int) -> None:
    assert decode_group(encode_group(group(count))) == group(count)


def test_a_large_group_takes_less_room_than_its_content() -> None:
    message = encode_group(group(1_000))
    assert message[:1] == DEFLATED
    assert len(message) < LARGE_BYTES * 4
    assert encode_group(group(1))[:1] == PLAIN


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "newer"),
        (b"2{}", "newer"),
        (PLAIN + b"{", "no group"),
        (PLAIN + b'{"id":"g1"}', "no group"),
        (DEFLATED + b"no deflate", "no group"),
        (encode_group(group(1_000))[:-9], "cut off"),
    ],
)
def test_what_is_no_group_is_refused(message: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        decode_group(message)


def test_a_group_that_inflates_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_GROUP_BYTES", 100)
    with pytest.raises(Malformed, match="above 100 bytes"):
        decode_group(DEFLATED + zlib.compress(b" " * 101))
