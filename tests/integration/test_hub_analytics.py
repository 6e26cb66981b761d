"""Who followed a tournament and who entered it: counted by the hub, kept over its restarts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest

from core.domain.commands import CreateTournament
from core.domain.ids import DeviceId, admin_room, tournament_room
from core.hub.log.figures_log import read_samples, write_samples
from core.hub.rooms.viewers import Sample
from core.wire.analytics import Analytics
from core.wire.messages import Join, Snapshot
from core.wire.rooms import SideReplay
from tests.support.hub import AWAY, HubProcess, TestClient
from tests.support.tournaments import NOON, entry, league, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = league()
T = PLAN.id


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with HubProcess(tmp_path) as started:
        started.post(entry(T, CreateTournament(PLAN), id="plan"))
        yield started


def seen(hub: HubProcess, **headers: str) -> Analytics:
    response = httpx.get(f"{hub.http}/v1/tournaments/{T}/analytics", headers=headers)
    return msgspec.json.decode(response.content, type=Analytics)


def test_viewers_are_counted_and_kept_when_the_hub_is_started_again(hub: HubProcess) -> None:
    with TestClient.open(hub, "laptop-1") as ann, TestClient.open(hub, "laptop-2") as bob:
        for client in (ann, bob):
            client.join(T)
            client.expect(Snapshot)
        ann.send(Join(admin_room(T)))
        ann.expect(SideReplay)
        now = seen(hub)
        assert now.peak == 2
        assert {room.room: room.peak for room in now.rooms} == {f"tournament:{T}": 2, admin_room(T): 1}
        # Whoever may not read a room does not hear of it.
        assert [room.type for room in seen(hub, **AWAY).rooms] == ["tournament"]
    assert hub.stop() == 0
    hub.start()
    assert seen(hub).peak == 2


def test_entries_are_counted_by_device_and_person_from_the_log(hub: HubProcess) -> None:
    hub.post(
        *(entry(T, point(PLAN, 1, "a"), id=f"e{number}", device="desk-1") for number in range(3)),
        entry(T, point(PLAN, 2, "a"), id="f", device="desk-2"),
    )
    hub.post(entry(T, point(PLAN, 1, "nobody"), id="g", device="desk-1"))
    found = seen(hub)
    assert found.answers == {"accepted": 5, "refused": 1}
    hub.post(entry(T, point(PLAN, 1, "nobody"), id="h", device="desk-1"))
    assert seen(hub).answers == {"accepted": 5, "refused": 2}
    counted = [(one.device, one.entries) for one in found.devices]
    assert counted[0] == ("desk-1", 3)
    assert set(counted[1:]) == {(DeviceId("desk-2"), 1), (DeviceId("laptop-1"), 1)}
    assert found.events == sum(minute.events for minute in found.events_per_minute)
    page = httpx.get(f"{hub.http}/v1/tournaments/{T}/events").json()
    assert found.events == page["seq"]


def test_a_tournament_that_is_not_there_has_no_analytics(hub: HubProcess) -> None:
    assert httpx.get(f"{hub.http}/v1/tournaments/nowhere/analytics").status_code == 404


def test_samples_that_are_too_old_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "analytics.sqlite3"
    write_samples(path, [Sample(admin_room(T), NOON.replace(year=2024), 1, 1)], NOON.replace(year=2024), 400)
    write_samples(path, [Sample(admin_room(T), NOON, 2, 3)], NOON, 400)
    write_samples(path, [Sample(admin_room(T), NOON, 1, 2)], NOON, 400)
    assert read_samples(path, T) == [Sample(admin_room(T), NOON, 1, 3)]


def test_old_samples_are_thinned_to_one_an_hour(tmp_path: Path) -> None:
    path, whole, other = tmp_path / "analytics.sqlite3", tournament_room(T), admin_room(T)
    minutes = [
        Sample(room, NOON + timedelta(minutes=minute), minute % 3, 3 + minute)
        for room, count in ((whole, 90), (other, 1))
        for minute in range(count)
    ]
    counts = []
    found: list[Sample] = []
    for later in (29, 30, 31, 32):
        write_samples(path, minutes if later == 29 else [], NOON + timedelta(days=later), 400)
        found = [one for one in read_samples(path, T) if one.room == whole]
        counts.append(len(found))
    assert counts == [90, 90, 2, 2], "whole hours only, and once"
    assert found == [Sample(whole, NOON, 1, 62), Sample(whole, NOON + timedelta(hours=1), 1, 92)]
    assert [one for one in read_samples(path, T) if one.room == other] == [Sample(other, NOON, 0, 3)]
