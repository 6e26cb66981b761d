"""The bodies of long polling: written, read again, and whatever else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec import Raw

from core.errors import Malformed, TooLarge
from core.wire import poll as poll_module
from core.wire.codec import decode_client, encode
from core.wire.messages import Ping
from core.wire.poll import (
    Farewell,
    Poll,
    Polled,
    decode_poll,
    decode_polled,
    encode_body,
    form_of,
    unwrap,
    wrap,
)

if TYPE_CHECKING:
    from core.wire.codec import Format

FORMS = pytest.mark.parametrize("form", ["json", "msgpack"])


@FORMS
def test_frames_come_out_of_a_body_as_they_went_in(form: Format) -> None:
    frame = encode(Ping(4.5), form)
    read = decode_poll(encode_body(Poll("s", 3, 7, (wrap(frame),), 20.0), form), form)
    assert (read.session, read.seen, read.first, read.wait) == ("s", 3, 7, 20.0)
    assert decode_client(unwrap(read.frames[0], form)) == Ping(4.5)
    reply = Polled("hub", "s", 7, 4, (wrap(frame),), Farewell(1001, "the hub is stopping"))
    said = decode_polled(encode_body(reply, form), form)
    assert said.end == Farewell(1001, "the hub is stopping")
    assert [unwrap(raw, form) for raw in said.frames] == [frame]


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in to the Wi-Fi</html>", b"{}", b'{"ok":true}', b'{"session":"s"}']
)
def test_a_page_that_is_no_hubs_is_not_read_as_one(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode_polled(body, "json")


def test_bodies_and_numbers_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Malformed):
        decode_poll(b'{"session":"s","seen":-1}', "json")
    with pytest.raises(Malformed):
        decode_poll(msgspec.json.encode({"session": "x" * 65}), "json")
    monkeypatch.setattr(poll_module, "MAX_POLL_BYTES", 10)
    with pytest.raises(TooLarge, match="limit of 10 bytes"):
        decode_poll(b" " * 11, "json")


def test_a_frame_that_is_no_text_is_malformed() -> None:
    with pytest.raises(Malformed):
        unwrap(Raw(b'"\xff"'), "json")


def test_the_media_type_tells_the_form() -> None:
    assert form_of("application/vnd.courtside.v1+msgpack") == "msgpack"
    assert form_of("Application/vnd.courtside.v1+JSON; charset=utf-8") == "json"
    assert form_of("text/html") is None
