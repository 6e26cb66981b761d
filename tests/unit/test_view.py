"""The view: what its values say of themselves."""

from __future__ import annotations

from typing import get_args

from core.domain.commands import Notify
from core.realtime.view import Connection, EntryState, LinkState, Queued
from tests.support.tournaments import entry, league

PLAN = league()


def test_an_entry_waits_until_it_has_an_answer() -> None:
    made = entry(PLAN.id, Notify("Lunch"))
    waiting = {state for state in get_args(EntryState) if Queued(made, state, "low", 1).waiting}
    assert waiting == {"saving", "saved", "sending"}


def test_frames_flow_once_the_hub_has_welcomed_this_device() -> None:
    connected = {state for state in get_args(LinkState) if Connection(state).connected}
    assert connected == {"live", "slow", "catching_up"}
