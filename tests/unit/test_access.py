"""Who may write, and which pages may come in."""

from __future__ import annotations

import pytest

from core.hub.access import is_loopback, is_near, origin_allowed


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1", "[::1]", "::ffff:127.0.0.1"]
)
def test_loopback_is_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "::ffff:192.168.1.5", "hub.example", ""])
def test_anything_else_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("address", "near"), [("127.0.0.1", True), ("192.168.1.5", True), ("8.8.8.8", False), ("unix", False)]
)
def test_near_is_this_machine_or_a_private_network(address: str, near: bool) -> None:
    assert is_near(address) is near


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "127.0.0.1:8765"),
        (None, None),
        ("http://127.0.0.1:8765", "127.0.0.1:8765"),
        ("http://localhost:8765", "LOCALHOST:8765"),
        ("http://[::1]:8765", "[::1]:8765"),
    ],
)
def test_programs_and_the_hubs_own_pages_come_in(origin: str | None, host: str | None) -> None:
    assert origin_allowed(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://elsewhere.example", "127.0.0.1:8765"),
        # A name that its owner made resolve to this machine: same origin to the browser, elsewhere to us.
        ("http://elsewhere.example:8765", "elsewhere.example:8765"),
        ("http://127.0.0.1:9999", "127.0.0.1:8765"),
        ("http://127.0.0.1:8765", None),
        ("null", "127.0.0.1:8765"),
        ("http://", ""),
        ("http://[", "127.0.0.1:8765"),
    ],
)
def test_pages_from_elsewhere_do_not(origin: str, host: str | None) -> None:
    assert not origin_allowed(origin, host)
