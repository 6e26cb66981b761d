"""A plugin for pytest under coverage: what runs in a test is noted under the name of the test's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what runs from here on under this test's file."""
    coverage = Coverage.current()
    assert coverage is not None, "this plugin is for runs under `coverage run`"
    coverage.switch_context(item.path.name)
    return (yield)
