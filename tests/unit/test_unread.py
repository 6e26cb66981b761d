"""What slow readers leave unread together: the worst ones go, as many as it takes."""

from __future__ import annotations

from core.hub.unread import STRIDE, Unread


class Reader:
    """Somebody who never reads."""

    def __init__(self, unread_bytes: int) -> None:
        self.unread_bytes = unread_bytes
        self.fell_behind = False

    def fall_behind(self) -> None:
        self.fell_behind = True


def written(unread: Unread, *readers: Reader) -> list[bool]:
    """Write as much as has all of them looked at; return who had to go."""
    for reader in readers:
        unread.note(reader, STRIDE // len(readers) + 1)
    return [reader.fell_behind for reader in readers]


def test_those_go_who_have_left_the_most_and_no_more_than_it_takes() -> None:
    little, most, much = Reader(10), Reader(100), Reader(60)
    assert written(Unread(70), little, most, much) == [False, True, False]


def test_nobody_goes_while_all_together_are_within_the_bound() -> None:
    unread = Unread(100)
    assert written(unread, Reader(60), Reader(40)) == [False, False]
    assert written(unread, Reader(0), Reader(1)) == [False, False]


def test_who_has_read_everything_is_forgotten() -> None:
    unread, quick = Unread(100), Reader(0)
    written(unread, quick)
    quick.unread_bytes = 1_000
    assert written(unread, Reader(50)) == [False]
    assert not quick.fell_behind
