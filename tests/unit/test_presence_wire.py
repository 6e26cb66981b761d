"""A member's name is clean where it is decoded, and names the member with the device."""

from __future__ import annotations

from core.domain.ids import DeviceId
from core.wire.presence import Member, Who
from tests.support.tournaments import NOON


def test_a_member_is_a_device_and_the_person_at_it() -> None:
    member = Member(device=DeviceId("laptop-1"), name="Ann\x1b", role="spectator", since=NOON)
    assert member.name == "Ann?"
    assert member.who == Who(DeviceId("laptop-1"), "Ann\x07")
