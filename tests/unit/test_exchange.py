"""The exchange of a polling link: numbers both ways, lost requests and replies, and when it gives up."""

from __future__ import annotations

import pytest

from core.errors import Malformed
from core.realtime.links.exchange import FIRST_WAIT, MAX_FAILURES, Exchange
from core.wire.messages import MAX_CLIENT_FRAME_BYTES
from core.wire.poll import LONGEST_WAIT, MAX_FRAMES, Poll, Polled, unwrap, wrap


def opened() -> Exchange:
    exchange = Exchange("json")
    assert exchange.opening() == Poll("")
    assert exchange.receive_reply("listening", Polled("hub", "s", 0)) == ([], 0)
    return exchange


def said(taken: int = 0, first: int = 1, *frames: str, hub: str = "hub") -> Polled:
    return Polled(hub, "s", taken, first, tuple(wrap(frame) for frame in frames))


def brought(poll: Poll) -> list[object]:
    return [unwrap(raw, "json") for raw in poll.frames]


def test_frames_are_brought_until_the_hub_has_them() -> None:
    exchange = opened()
    exchange.submit('"a"')
    exchange.submit('"b"')
    assert exchange.waiting
    first = exchange.bringing()
    assert (first.session, first.first, first.wait) == ("s", 1, 0.0)
    assert brought(first) == ['"a"', '"b"']
    assert brought(exchange.bringing()) == ['"a"', '"b"'], "no reply: it goes again under the same numbers"
    assert exchange.receive_reply("bringing", said(1)) == ([], 3)
    again = exchange.bringing()
    assert (again.first, brought(again)) == (2, ['"b"'])
    exchange.receive_reply("listening", said(2))
    assert not exchange.waiting


def test_frames_are_handed_on_once_and_in_order() -> None:
    exchange = opened()
    assert exchange.receive_reply("listening", said(0, 1, '"a"', '"b"'))[0] == ['"a"', '"b"']
    assert exchange.receive_reply("listening", said(0, 1, '"a"', '"b"', '"c"'))[0] == ['"c"']
    assert exchange.receive_reply("listening", said(0, 2, '"b"'))[0] == []
    assert exchange.listening() == Poll("s", 3, wait=LONGEST_WAIT)
    assert exchange.leaving().leaving


def test_binary_frames_are_bytes() -> None:
    exchange = Exchange("msgpack")
    exchange.submit(b"\x01")
    assert exchange.receive_reply("listening", Polled("hub", "s", 0, 1, (wrap(b"\x02"),)))[0] == [b"\x02"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (said(hub="another"), "another hub"),
        (said(0, 2, '"b"'), "left out"),
        (said(5), "never said"),
    ],
)
def test_what_is_not_the_next_reply_ends_the_link(reply: Polled, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        opened().receive_reply("listening", reply)


def test_one_body_takes_no_more_than_a_hub_does() -> None:
    exchange = opened()
    large = '"' + "x" * (MAX_CLIENT_FRAME_BYTES - 10) + '"'
    for frame in (large, large, *['"a"'] * MAX_FRAMES):
        exchange.submit(frame)
    assert brought(exchange.bringing()) == [large]
    exchange.receive_reply("bringing", said(2))
    exchange.submit('"b"')
    assert len(exchange.bringing().frames) == MAX_FRAMES


def test_waits_double_until_it_gives_up_and_a_reply_ends_them() -> None:
    exchange = opened()
    waits = [exchange.receive_failure("listening") for _ in range(MAX_FAILURES)]
    assert waits == [FIRST_WAIT, FIRST_WAIT * 2, FIRST_WAIT * 4, None]
    assert exchange.receive_failure("bringing") == FIRST_WAIT
    exchange.receive_reply("bringing", said())
    assert exchange.receive_failure("bringing") == FIRST_WAIT
