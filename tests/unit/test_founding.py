"""The id of the entry that makes a tournament: one content, one id."""

from __future__ import annotations

from msgspec.structs import replace

from core.domain.files.founding import founding_id
from tests.support.tournaments import league


def test_the_same_plan_has_the_same_id_every_time() -> None:
    assert founding_id(league()) == founding_id(league())


def test_another_plan_has_another_id() -> None:
    assert founding_id(league()) != founding_id(replace(league(), venue="Hall 2"))
