"""Presence on the hub: comings, goings and graces, told once a tick as what changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import DeviceId, Epoch, Role, TournamentId, presence_room
from core.hub.rooms.presence import Presence
from core.wire.presence import Member, PresenceDiff, Who
from tests.support.tournaments import NOON

CUP, LEAGUE = TournamentId("cup"), TournamentId("league")
LIFE = Epoch("life-1")
GRACE = 10.0
LATER = NOON + timedelta(minutes=5)


def member(
    name: str = "Ann", *, role: Role = "moderator", since: datetime = NOON, idle: datetime | None = None
) -> Member:
    return Member(device=DeviceId(f"{name}'s"), name=name, role=role, since=since, idle_since=idle)


ANN = member()


def presence() -> Presence[str]:
    return Presence(LIFE, GRACE)


def joined(there: Presence[str], *links: str, who: Member = ANN) -> None:
    for link in links:
        there.receive_join(CUP, link, who)


def tick(there: Presence[str], now: float = 0.0) -> PresenceDiff | None:
    """Return the cup's diff of a tick, if there is one."""
    diffs = there.handle_deadline(now)
    assert all(diff.room == presence_room(CUP) and diff.epoch == LIFE for diff in diffs)
    return diffs[0] if diffs else None


def test_a_tournament_that_nobody_ever_was_in_is_empty() -> None:
    snapshot = presence().snapshot(CUP)
    assert (snapshot.room, snapshot.epoch, snapshot.version, snapshot.members) == (
        presence_room(CUP),
        LIFE,
        0,
        (),
    )
    assert presence().count(CUP) == 0


def test_who_comes_is_told_with_the_next_tick_and_then_in_snapshots() -> None:
    there = presence()
    joined(there, "link-1")
    assert there.count(CUP) == 1
    assert tick(there) == PresenceDiff(presence_room(CUP), LIFE, 1, joined=(ANN,))
    assert tick(there) is None
    assert there.snapshot(CUP).members == (ANN,)
    assert there.snapshot(CUP).version == 1
    assert there.snapshot(LEAGUE).members == ()


def test_a_member_is_a_device_and_a_person_over_however_many_links() -> None:
    there = presence()
    joined(there, "link-1", "link-2", "link-2")
    assert there.count(CUP) == 1
    assert tick(there) is not None
    there.receive_leave(CUP, "link-1", ANN.who, 1.0, clean=True)
    assert tick(there, 100.0) is None
    there.receive_leave(CUP, "link-2", ANN.who, 1.0, clean=True)
    assert tick(there) == PresenceDiff(presence_room(CUP), LIFE, 2, left=(ANN.who,))
    assert there.snapshot(CUP).members == ()


def test_a_goodbye_counts_at_once_and_a_broken_link_after_the_grace() -> None:
    there = presence()
    bob = member("Bob")
    joined(there, "a")
    joined(there, "b", who=bob)
    tick(there)
    there.receive_leave(CUP, "a", ANN.who, 5.0, clean=True)
    there.receive_leave(CUP, "b", bob.who, 5.0, clean=False)
    assert there.next_deadline() == 5.0 + GRACE
    gone = tick(there, 5.0)
    assert gone is not None
    assert gone.left == (ANN.who,)
    assert tick(there, 14.9) is None
    assert there.count(CUP) == 1
    gone = tick(there, 15.0)
    assert gone is not None
    assert (gone.version, gone.left) == (3, (bob.who,))
    assert there.next_deadline() is None


def test_coming_back_within_the_grace_is_no_coming_and_no_going() -> None:
    there = presence()
    joined(there, "a")
    tick(there)
    there.receive_leave(CUP, "a", ANN.who, 5.0, clean=False)
    assert tick(there, 9.0) is None
    joined(there, "b", who=member(since=LATER))
    assert tick(there, 60.0) is None
    assert there.snapshot(CUP).members == (ANN,), "since the first time"


def test_who_comes_and_goes_within_one_tick_is_never_told() -> None:
    there = presence()
    joined(there, "a")
    there.receive_leave(CUP, "a", ANN.who, 0.0, clean=True)
    assert tick(there) is None
    assert there.snapshot(CUP).version == 0


def test_a_member_is_idle_when_all_of_its_links_are() -> None:
    there = presence()
    joined(there, "a", "b")
    tick(there)
    there.receive_idle(CUP, "a", ANN.who, NOON)
    assert tick(there) is None
    there.receive_idle(CUP, "b", ANN.who, LATER)
    assert tick(there) == PresenceDiff(presence_room(CUP), LIFE, 2, joined=(member(idle=LATER),))
    there.receive_idle(CUP, "b", ANN.who, LATER + timedelta(minutes=1))
    assert tick(there) is None, "it was idle already"
    there.receive_leave(CUP, "b", ANN.who, 0.0, clean=True)
    assert tick(there) == PresenceDiff(presence_room(CUP), LIFE, 3, joined=(member(idle=NOON),))
    there.receive_idle(CUP, "a", ANN.who, None)
    assert tick(there) == PresenceDiff(presence_room(CUP), LIFE, 4, joined=(ANN,))


def test_an_idle_member_that_comes_back_stays_idle() -> None:
    there = presence()
    joined(there, "a", who=member(idle=NOON))
    tick(there)
    there.receive_leave(CUP, "a", ANN.who, 0.0, clean=False)
    joined(there, "b", who=member(since=LATER, idle=NOON))
    assert tick(there) is None


def test_a_new_role_is_told_as_a_change() -> None:
    there = presence()
    joined(there, "a")
    tick(there)
    joined(there, "b", who=member(role="admin"))
    assert tick(there) == PresenceDiff(presence_room(CUP), LIFE, 2, joined=(member(role="admin"),))
    joined(there, "c", who=member(role="spectator"))
    assert tick(there) is None, "the strongest of its links counts"
    there.receive_leave(CUP, "b", ANN.who, 0.0, clean=True)
    assert tick(there) == PresenceDiff(presence_room(CUP), LIFE, 3, joined=(ANN,))


def test_those_who_left_together_are_told_in_one_diff_in_order() -> None:
    there = presence()
    people = [member(name) for name in ("Cy", "Ann", "Bob")]
    for person in people:
        joined(there, person.name, who=person)
    came = tick(there)
    assert came is not None
    assert [person.name for person in came.joined] == ["Ann", "Bob", "Cy"]
    for person in people:
        there.receive_leave(CUP, person.name, person.who, 0.0, clean=True)
    gone = tick(there)
    assert gone is not None
    assert [who.name for who in gone.left] == ["Ann", "Bob", "Cy"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["join", "bye", "cut", "idle", "tick"]))))
def test_the_first_snapshot_and_every_diff_after_it_make_the_newest_snapshot(
    steps: list[tuple[str, str]],
) -> None:
    """Two people with two links each; whoever follows the diffs knows what a newcomer is told."""
    there = presence()
    people = {"a": ANN, "b": ANN, "c": member("Bob"), "d": member("Bob")}
    live: set[str] = set()
    seen: dict[Who, Member] = {}
    version, now = 0, 0.0
    for link, step in steps:
        who = people[link]
        now += 4.0
        if step == "join":
            there.receive_join(CUP, link, who)
            live.add(link)
        elif step == "tick":
            diff = tick(there, now)
            if diff is not None:
                version += 1
                assert diff.version == version
                seen |= {one.who: one for one in diff.joined}
                for gone in diff.left:
                    del seen[gone]
            assert set(there.snapshot(CUP).members) == set(seen.values())
        elif link in live and step == "idle":
            there.receive_idle(CUP, link, who.who, NOON)
        elif link in live:
            there.receive_leave(CUP, link, who.who, now, clean=step == "bye")
            live.discard(link)
    tick(there, now + GRACE)
    assert {one.who for one in there.snapshot(CUP).members} == {people[link].who for link in live}
