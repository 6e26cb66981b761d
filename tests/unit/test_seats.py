"""Seats: no address takes all of them, nobody from elsewhere the last ones."""

from __future__ import annotations

import pytest

from core.hub.door.seats import KEPT, MOST, OWN_FILES, Seats

FILES = OWN_FILES + 132


def taken(seats: Seats, address: str) -> int:
    """Take seats until there is none, and return how many there were."""
    count = 0
    while seats.take(address):
        count += 1
    return count


def test_one_address_leaves_seats_to_others_and_all_of_them_to_the_hubs_own_machine() -> None:
    seats = Seats(FILES)
    assert taken(seats, "192.0.2.1") == 75
    assert taken(seats, "192.0.2.2") == 25
    assert taken(seats, "192.0.2.3") == 0
    assert taken(seats, "::1") == KEPT


def test_a_seat_that_is_given_back_is_free_for_anybody() -> None:
    seats = Seats(FILES)
    taken(seats, "127.0.0.1")
    for _ in range(KEPT + 1):
        seats.leave("127.0.0.1")
    assert taken(seats, "192.0.2.1") == 1
    seats.leave("192.0.2.1")
    assert taken(seats, "") == 1


@pytest.mark.parametrize(("files", "near"), [(1 << 20, MOST), (10, 2 * KEPT)])
def test_there_are_seats_whatever_the_system_lets_a_hub_open(files: int, near: int) -> None:
    assert taken(Seats(files), "127.0.0.1") == near
