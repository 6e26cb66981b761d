"""The directory: what each hub says it holds, and what is remembered of it."""

from __future__ import annotations

from core.domain.ids import Epoch, TournamentId
from core.realtime.effects import LinkId
from core.realtime.rooms.directory import Directory
from core.wire.messages import Listing

CUP, LEAGUE = TournamentId("cup"), TournamentId("league")
FIRST, SECOND = Epoch("e1"), Epoch("e2")
ONE, TWO = LinkId("one"), LinkId("two")


def listing(id: TournamentId, epoch: Epoch = FIRST, seq: int = 1) -> Listing:
    return Listing(id, str(id), epoch, seq)


def test_a_link_says_what_its_hub_holds_until_it_ends() -> None:
    directory = Directory()
    directory.receive(ONE, "ws://one", [listing(CUP)])
    assert set(directory.held(ONE)) == {CUP}
    assert directory.epoch(ONE, CUP) == FIRST
    assert directory.epoch(ONE, LEAGUE) is None
    directory.receive(ONE, "ws://one", [listing(LEAGUE)])
    assert set(directory.held(ONE)) == {LEAGUE}
    directory.forget(ONE)
    directory.forget(ONE)
    assert set(directory.held(ONE)) == set()
    assert directory.anywhere() == frozenset()


def test_what_an_endpoint_showed_is_remembered_beyond_its_links() -> None:
    directory = Directory()
    directory.receive(ONE, "ws://one", [listing(CUP)])
    directory.forget(ONE)
    assert directory.showing(CUP, FIRST) == ["ws://one"]
    directory.note(TWO, "ws://one", CUP, SECOND)
    assert directory.showing(CUP, FIRST) == []
    assert directory.showing(CUP, SECOND) == ["ws://one"]


def test_that_a_tournament_is_there_may_be_all_that_is_known() -> None:
    directory = Directory()
    directory.note(ONE, "ws://one", CUP, None)
    assert set(directory.held(ONE)) == {CUP}
    assert directory.epoch(ONE, CUP) is None
    assert directory.anywhere() == {CUP}
    assert directory.merged() == ()


def test_what_several_hubs_list_is_listed_once_at_its_newest() -> None:
    directory = Directory()
    directory.receive(ONE, "ws://one", [listing(CUP, seq=4), listing(LEAGUE, seq=4)])
    directory.receive(TWO, "ws://two", [listing(CUP, seq=7), listing(LEAGUE, SECOND, 9)])
    assert directory.merged() == (listing(CUP, seq=7), listing(LEAGUE, seq=4))
