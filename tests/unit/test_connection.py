"""How many files a hub may have open: as many as it wants, if the system lets it."""

from __future__ import annotations

import resource

import pytest

from core.hub.connection import open_files

FOREVER = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "have", "asked"),
    [
        (256, FOREVER, 1_000, 1_000),
        (256, 600, 600, 600),
        (2_000, FOREVER, 2_000, None),
        (FOREVER, FOREVER, 1_000, None),
        (300, 300, 300, None),
    ],
)
def test_a_hub_asks_for_the_files_that_it_wants(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, have: int, asked: int | None
) -> None:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _which, limits: set_to.append(limits))
    assert open_files(1_000) == have
    assert set_to == ([] if asked is None else [(asked, hard)])


def test_a_system_that_lets_it_have_no_more_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_which: int, _limits: tuple[int, int]) -> None:
        raise ValueError("more than the system has")

    monkeypatch.setattr(resource, "getrlimit", lambda _which: (256, FOREVER))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert open_files(1_000) == 256
