"""Rooms as a program uses them, against a real hub: presence, targeted broadcasts, stats, idleness."""

from __future__ import annotations

import asyncio
import sys
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from core.domain.commands import CreateTournament
from core.domain.ids import (
    GLOBAL_ROOM,
    TeamId,
    admin_room,
    match_room,
    presence_room,
    role_room,
    team_room,
    tournament_room,
)
from core.errors import BadInput, FellBehind, Unknown
from core.hub.door.access import Pass
from core.hub.door.tokens import Mint
from core.realtime.realtime import open_realtime
from core.realtime.view import LocalLine
from tests.support.hub import HubProcess
from tests.support.proxy import Proxy
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from core.domain.ids import MatchId, Role, RoomId
    from core.domain.plan import Plan
    from core.realtime.realtime import Realtime
    from core.realtime.rooms.subscriptions import RoomEvent
    from core.realtime.view import View

PATIENCE = 10.0
GRACE = 2.0
"""Seconds that the hub of these tests waits for whoever vanished; ten in the product."""
AWAY = """
import asyncio, sys
from pathlib import Path
from core.realtime.realtime import open_realtime
from tests.support.scorer import quick

async def main():
    async with open_realtime(quick(Path(sys.argv[1]), sys.argv[2], name="cy"), sends=False) as realtime:
        await realtime.join(sys.argv[3]).live(10)
        print("there", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""
"""A device that is there until it is killed."""


@dataclass(frozen=True, slots=True)
class Venue:
    """A running hub with a tournament for one test alone."""

    hub: HubProcess
    plan: Plan
    folder: Path

    @property
    def room(self) -> RoomId:
        return tournament_room(self.plan.id)

    @property
    def first(self) -> MatchId:
        return match(self.plan, 1)

    def device(
        self, name: str, role: Role | None = None, *, team: str | None = None, **settings: object
    ) -> AbstractAsyncContextManager[Realtime]:
        """Open a device's client; with a role it comes with a token of that role."""
        token = None
        if role is not None:
            pass_ = Pass(
                f"t-{name}",
                name,
                role,
                team=None if team is None else TeamId(team),
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
            hub = httpx.get(f"{self.hub.http}/healthz").json()["hub"]
            token = Mint((self.hub.data / "hub" / "secret.key").read_bytes(), hub).sign(pass_)
        made = quick(self.folder / name, self.hub.url, name=name)
        return open_realtime(made.model_copy(update={"token": token, "auto_join": True, **settings}))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    before = f"import core.hub.rooms.presence as presence; presence.LEAVE_GRACE = {GRACE}"
    with HubProcess(tmp_path_factory.mktemp("rooms"), before=before) as started:
        yield started


@pytest.fixture
def venue(hub: HubProcess, tmp_path: Path) -> Venue:
    plan = league(name=f"league-{uuid.uuid4().hex[:8]}")
    hub.post(entry(plan.id, CreateTournament(plan), id=f"plan-{plan.id}"))
    return Venue(hub, plan, tmp_path)


def there(plan: Plan, *people: str) -> Callable[[View], bool]:
    """Return what tells whether exactly these people are there."""

    def stands(view: View) -> bool:
        members = view.members.get(plan.id)
        return (
            members is not None and members.live and sorted(m.name for m in members.members) == list(people)
        )

    return stands


async def until(realtime: Realtime, is_so: Callable[[], bool]) -> None:
    """Wait until something is so, looked at with each new view."""
    await realtime.wait_for(lambda _: is_so(), PATIENCE)


async def test_everybody_sees_who_is_there_and_who_leaves(venue: Venue) -> None:
    async with venue.device("ana") as ana:
        room = await ana.join(venue.room).live(PATIENCE)
        heard: list[str] = []
        ana.join(presence_room(venue.plan.id)).subscribe(
            ["member_joined", "member_left"], lambda event: heard.append(event.name)
        )
        async with venue.device("ben", "moderator") as ben:
            await ben.join(venue.room).live(PATIENCE)
            await ana.wait_for(there(venue.plan, "ana", "ben"), PATIENCE)
            assert [(m.name, m.role, m.idle_since) for m in room.members()] == [
                ("ana", "admin", None),
                ("ben", "moderator", None),
            ]
            assert ana.tournament(venue.plan.id).members == room.members()
            stats = ana.room_stats(venue.room)
            assert stats is not None
            assert stats.member_count == 2
        # Who says goodbye has left at once, long before the grace of a lost link is over.
        await ana.wait_for(there(venue.plan, "ana"), 5)
        assert heard[-1] == "member_left"


async def test_somebody_whose_laptop_dies_is_there_for_a_while_and_then_has_left(venue: Venue) -> None:
    async with venue.device("ana") as ana:
        await ana.join(venue.room).live(PATIENCE)
        arguments = [str(venue.folder / "cy"), venue.hub.url, presence_room(venue.plan.id)]
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", AWAY, *arguments, stdout=asyncio.subprocess.PIPE
        )
        assert other.stdout is not None
        assert await other.stdout.readline() == b"there\n"
        await ana.wait_for(there(venue.plan, "ana", "cy"), PATIENCE)
        other.kill()
        await other.wait()
        await ana.wait_for(there(venue.plan, "ana"), 20)


async def test_everybody_agrees_on_who_is_there_after_a_partition(venue: Venue) -> None:
    with Proxy(venue.hub.port) as proxy:
        async with venue.device("ana", ws_url=(proxy.url,)) as ana, venue.device("ben") as ben:
            await ana.join(venue.room).live(PATIENCE)
            await ben.join(venue.room).live(PATIENCE)
            await ana.wait_for(there(venue.plan, "ana", "ben"), PATIENCE)
            proxy.stop()
            await ana.wait_for(lambda view: not view.members[venue.plan.id].live, PATIENCE)
            assert [m.name for m in ana.view.members[venue.plan.id].members] == ["ana", "ben"], "as of then"
            async with venue.device("cy") as cy:
                await cy.join(venue.room).live(PATIENCE)
                await ben.wait_for(lambda view: "cy" in str(view.members[venue.plan.id]), PATIENCE)
                proxy.start()
                # Back within the grace: to the others ana was never gone.
                for device in (ana, ben, cy):
                    await device.wait_for(there(venue.plan, "ana", "ben", "cy"), PATIENCE)
            for device in (ana, ben):
                await device.wait_for(there(venue.plan, "ana", "ben"), PATIENCE)


async def test_idleness_is_seen_by_the_others(venue: Venue) -> None:
    async with venue.device("ana") as ana, venue.device("ben") as ben:
        await ana.join(venue.room).live(PATIENCE)
        await ben.join(venue.room).live(PATIENCE)

        def ben_is_idle(view: View) -> bool:
            members = view.members.get(venue.plan.id)
            idle = [] if members is None else [m.name for m in members.members if m.idle_since is not None]
            return idle == ["ben"]

        ben.set_idle(True)
        await ana.wait_for(ben_is_idle, PATIENCE)
        ben.set_idle(False)
        await ana.wait_for(lambda view: not ben_is_idle(view), PATIENCE)


async def test_a_device_is_in_the_rooms_of_its_role_and_team_by_itself(venue: Venue) -> None:
    async with venue.device("boss") as boss, venue.device("pat", "participant", team="a") as player:
        plan = venue.plan.id
        boss.join(venue.room)
        player.join(venue.room)
        mine = {GLOBAL_ROOM, role_room(plan, "participant"), team_room(plan, TeamId("a"))}
        await player.wait_for(lambda view: {r for r, s in view.sides.items() if s.live} == mine, PATIENCE)
        ours = {GLOBAL_ROOM, role_room(plan, "admin"), admin_room(plan)}
        await boss.wait_for(lambda view: {r for r, s in view.sides.items() if s.live} == ours, PATIENCE)
        assert (player.view.connection.role, player.view.connection.team) == ("participant", "a")
        problems = [one.text for one in player.view.feed.lines if isinstance(one, LocalLine)]
        assert not [text for text in problems if "no such room" in text], problems


async def test_a_targeted_broadcast_reaches_its_room_alone_and_leaves_no_gap(venue: Venue) -> None:
    plan = venue.plan.id
    async with venue.device("boss") as boss, venue.device("pat", "participant", team="a") as player:
        public: list[RoomEvent] = []
        private: list[RoomEvent] = []
        room = await player.join(venue.room).live(PATIENCE)
        room.subscribe("*", public.append)
        team = await player.join(team_room(plan, TeamId("a"))).live(PATIENCE)
        team.subscribe("*", private.append)
        await boss.join(venue.room).live(PATIENCE)
        feed = boss.tournament(plan)
        told = []
        for number in range(5):
            boss.submit(point(venue.plan, 1, "a"))
            told.append(feed.broadcast("ready", {"number": number}, teams=["a", "b"]))
        answers = await told[-1].confirmed(PATIENCE)
        assert [answer.outcome for answer in answers] == ["accepted", "accepted"]
        everybody = await feed.broadcast("lights", [1, 2]).confirmed(PATIENCE)
        assert [answer.outcome for answer in everybody] == ["accepted"]
        await until(player, lambda: any(event.name == "lights" for event in public))
        await until(player, lambda: len([event for event in private if event.name == "ready"]) == 5)
        assert [event.data for event in private if event.name == "ready"] == [
            {"number": number} for number in range(5)
        ]
        assert [event.seq for event in private if event.name != "reset"] == [1, 2, 3, 4, 5]
        seqs = [event.seq for event in public if event.name != "reset"]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert "ready" not in {event.name for event in public}
        assert (public[-1].data, public[-1].by) == ([1, 2], "boss")
        assert len(player.view.sides[team_room(plan, TeamId("a"))].events) == 5


async def test_an_excluded_sender_hears_its_broadcast_without_its_data(venue: Venue) -> None:
    async with venue.device("boss") as boss, venue.device("ana") as ana:
        heard: dict[str, list[tuple[object, bool]]] = {}
        for device in (boss, ana):
            got = heard[device.view.person] = []
            room = await device.join(admin_room(venue.plan.id)).live(PATIENCE)
            room.subscribe("doors", lambda event, got=got: got.append((event.data, event.withheld)))  # type: ignore[misc]
        await (
            boss.join(admin_room(venue.plan.id)).broadcast("doors", "open", exclude_sender=True).confirmed(10)
        )
        await until(ana, lambda: bool(heard["ana"]))
        await until(boss, lambda: bool(heard["boss"]))
        assert heard == {"boss": [(None, True)], "ana": [("open", False)]}


async def test_everybody_hears_what_is_said_to_all_whatever_tournaments_there_are(venue: Venue) -> None:
    venue.hub.post(entry(league(name="other").id, CreateTournament(league(name="other")), id="plan-other"))
    async with venue.device("boss") as boss, venue.device("pat", "participant") as player:
        boss.join_all()
        await boss.wait_for(lambda view: len(view.tournaments) > 1, PATIENCE)
        room = await player.join(GLOBAL_ROOM).live(PATIENCE)
        with room.events("doors") as events:
            said = boss.join(GLOBAL_ROOM).broadcast("doors", {"open": True})
            assert (await said.confirmed(PATIENCE)).outcome == "accepted"
            assert (await anext(events)).data == {"open": True}


async def test_side_rooms_go_on_without_a_gap_while_the_hub_dies(venue: Venue) -> None:
    async with venue.device("boss") as boss, venue.device("ana") as ana:
        heard: list[RoomEvent] = []
        room = await ana.join(admin_room(venue.plan.id)).live(PATIENCE)
        room.subscribe("*", heard.append)
        await boss.join(venue.room).live(PATIENCE)
        said = boss.join(admin_room(venue.plan.id))
        for round_ in range(2):
            submissions = [said.broadcast("count", 10 * round_ + number) for number in range(10)]
            await submissions[0].confirmed(20)
            await asyncio.to_thread(venue.hub.restart)
            for submission in submissions:
                assert (await submission.confirmed(20)).outcome == "accepted"
        await ana.wait_for(lambda _: len(heard) >= 20, 20)
        assert [event.seq for event in heard] == list(range(1, 21))
        assert [event.data for event in heard] == list(range(20))


async def test_a_match_s_room_tells_of_that_match_alone(venue: Venue) -> None:
    async with venue.device("ana") as ana:
        room = await ana.join(match_room(venue.first)).live(PATIENCE)
        with room.events("points_added") as events:
            for number in (1, 2, 1):
                await ana.submit(point(venue.plan, number, "a")).confirmed(PATIENCE)
            assert [(await anext(events)).seq for _ in range(2)] == [2, 3]
        assert room.metadata().name == "M001"
        assert room.kind == "match"
        stats = room.stats()
        assert stats is not None
        assert stats.last_activity is not None
        assert stats.event_rate > 0


async def test_a_slow_reader_is_told_what_it_lost(venue: Venue) -> None:
    async with venue.device("ana") as ana:
        room = await ana.join(venue.room).live(PATIENCE)
        events = room.events("points_added", limit=2)
        for _ in range(4):
            await ana.submit(point(venue.plan, 1, "a")).confirmed(PATIENCE)
        await ana.wait_for(
            lambda view: view.tournaments[venue.plan.id].confirmed.matches[venue.first].score.home == 4, 10
        )
        assert [(await anext(events)).seq for _ in range(2)] == [3, 4]
        with pytest.raises(FellBehind, match="from 5 on"):
            await anext(events)


async def test_a_callback_that_throws_is_reported_and_stops_nobody(venue: Venue) -> None:
    async with venue.device("ana") as ana:
        heard: list[int] = []
        room = await ana.join(venue.room).live(PATIENCE)
        room.subscribe("points_added", lambda _: 1 / 0)
        room.subscribe("points_added", lambda event: heard.append(event.seq))
        await ana.submit(point(venue.plan, 1, "a")).confirmed(PATIENCE)
        await ana.wait_for(lambda view: "ZeroDivisionError" in str(view.feed.lines), PATIENCE)
        assert heard == [3]


async def test_all_rooms_of_a_tournament_are_made_in_one_call(venue: Venue) -> None:
    async with venue.device("boss") as boss:
        rooms = await boss.tournament(venue.plan.id).create_rooms(PATIENCE)
        assert len(rooms.matches) == len(venue.plan.fixtures)
        assert sorted(rooms.teams) == ["a", "b", "c", "d"]
        assert list(rooms.roles) == ["admin", "moderator", "participant", "spectator"]
        assert rooms.admin is not None
        for room in rooms.all:
            await room.live(PATIENCE)
            assert room.metadata().name
        listed = await boss.list_rooms(search=venue.plan.id)
        assert {info.id for info in listed} == {room.id for room in rooms.all}
        teams = [info.id for info in listed if info.members and info.metadata.team is not None]
        assert len(teams) == 4
        rooms.leave()
        await boss.wait_for(lambda _: boss.room_stats(team_room(venue.plan.id, TeamId("a"))) is None, 10)


async def test_whoever_may_not_read_a_room_is_not_led_into_it(venue: Venue) -> None:
    async with venue.device("eve", "spectator") as eve:
        rooms = await eve.tournament(venue.plan.id).create_rooms(PATIENCE)
        assert rooms.admin is None
        assert (list(rooms.teams), list(rooms.roles)) == ([], ["spectator"])
        private = await eve.list_rooms(type="private", search=venue.plan.id)
        assert [info.id for info in private] == [role_room(venue.plan.id, "spectator")]


async def test_an_unused_room_is_left_by_itself_and_followed_again_when_it_is_wanted(venue: Venue) -> None:
    async with venue.device("boss", room_idle=0.3) as boss:
        room = await boss.join(team_room(venue.plan.id, TeamId("a"))).live(PATIENCE)
        everybody = await boss.join(GLOBAL_ROOM).live(PATIENCE)
        await boss.wait_for(lambda view: not view.sides[room.id].live, PATIENCE)
        assert room.stats() is None
        assert everybody.is_live
        heard: list[object] = []
        room.subscribe("ready", lambda event: heard.append(event.data))
        await room.live(PATIENCE)
        await room.broadcast("ready", True).confirmed(PATIENCE)
        await until(boss, lambda: heard == [True])


async def test_subscriptions_outlive_leaving_and_joining_again(venue: Venue) -> None:
    async with venue.device("ana") as ana:
        heard: list[int] = []
        room = await ana.join(venue.room).live(PATIENCE)
        room.subscribe("points_added", lambda event: heard.append(event.seq))
        room.leave()
        room.leave()
        await ana.wait_for(lambda _: room.stats() is None, PATIENCE)
        await ana.join(venue.room).live(PATIENCE)
        await ana.submit(point(venue.plan, 1, "a")).confirmed(PATIENCE)
        await until(ana, lambda: heard == [3])


async def test_what_cannot_be_is_refused_at_once(venue: Venue) -> None:
    async with venue.device("ana") as ana:
        room = await ana.join(venue.room).live(PATIENCE)
        with pytest.raises(BadInput, match="is no room"):
            ana.join("lobby")
        with pytest.raises(BadInput, match="hub's own"):
            room.broadcast("points_added")
        with pytest.raises(BadInput, match="room for one"):
            room.events(limit=0)
        with pytest.raises(Unknown, match="no team 'x'"):
            ana.tournament(venue.plan.id).broadcast("ready", teams=["x"])
        with pytest.raises(Unknown, match="no role"):
            ana.tournament(venue.plan.id).broadcast("ready", roles=["king"])  # type: ignore[list-item]
