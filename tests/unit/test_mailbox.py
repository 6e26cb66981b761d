"""The mailbox of a polling client: kept until seen, taken once, bounded."""

from __future__ import annotations

from core.hub.web.mailbox import Mailbox


def test_a_frame_stays_until_it_was_seen() -> None:
    box = Mailbox(100)
    assert [box.put(frame) for frame in (b"a", b"b", b"c")] == [True, True, True]
    assert box.batch(100, 10) == (1, (b"a", b"b", b"c"))
    assert box.batch(100, 10) == (1, (b"a", b"b", b"c"))
    assert box.unread_bytes == 3
    assert box.receive_seen(2)
    assert box.batch(100, 10) == (3, (b"c",))
    assert len(box) == box.unread_bytes == 1


def test_a_request_that_was_overtaken_takes_nothing_back() -> None:
    box = Mailbox(100)
    box.put(b"a")
    assert box.receive_seen(1)
    assert box.receive_seen(0)
    assert box.batch(100, 10) == (2, ())


def test_a_number_that_was_never_given_is_refused() -> None:
    assert not Mailbox(100).receive_seen(1)


def test_a_batch_is_as_many_as_fit_and_at_least_one() -> None:
    box = Mailbox(100)
    for frame in (b"x" * 30, b"y" * 30, b"z" * 30):
        box.put(frame)
    assert box.batch(60, 10)[1] == (b"x" * 30, b"y" * 30)
    assert box.batch(10, 10)[1] == (b"x" * 30,)
    assert box.batch(100, 1)[1] == (b"x" * 30,)


def test_what_waits_is_bounded_but_for_one_large_frame() -> None:
    box = Mailbox(10)
    assert box.put(b"a large one alone")
    assert not box.put(b"b")
    assert box.receive_seen(1)
    assert box.put(b"b")


def test_each_frame_of_the_client_is_taken_once_and_in_order() -> None:
    box: Mailbox = Mailbox(10)
    assert box.receive_frames(1, ["a", "b"]) == ["a", "b"]
    assert box.receive_frames(1, ["a", "b", "c"]) == ["c"]
    assert box.receive_frames(2, ["b"]) == []
    assert box.taken == 3


def test_frames_behind_missing_ones_are_not_taken() -> None:
    box = Mailbox(10)
    assert box.receive_frames(2, ["b"]) is None
    assert box.receive_frames(0, ["b"]) is None
    assert box.taken == 0
