"""The chain: which group may follow which, and where this hub's copy stands."""

from __future__ import annotations

from core.domain.answers import Answer
from core.domain.ids import CommandId, Epoch, TournamentId
from core.domain.state import Position
from core.hub.judging.chain import Broken, Chain, Link, Tail, judged, rulings_of
from core.hub.judging.ledger import Ruling
from core.wire.groups import Group
from tests.support.tournaments import EPOCH

CUP, LEAGUE = TournamentId("cup"), TournamentId("league")


def group(id: str, after: str = "", tournament: TournamentId = CUP, seq: int = 1) -> Group:
    return Group(id, "hub-1", tournament, after, EPOCH, seq, ())


def take(chain: Chain, at: int, one: Group) -> None:
    """Take a group as the rounds do: read, stored, known to be stored."""
    assert chain.receive(at, one) == "next"
    chain.advance(chain.step(at, one))


def test_groups_that_follow_each_other_are_taken_tournament_by_tournament() -> None:
    chain = Chain()
    take(chain, 1, group("g1"))
    take(chain, 2, group("h1", tournament=LEAGUE))
    take(chain, 3, group("g2", "g1", seq=4))
    assert chain.tail == Tail(3, "g2")
    assert (chain.place(CUP), chain.predecessor(CUP)) == (3, "g2")
    assert (chain.place(LEAGUE), chain.predecessor(LEAGUE)) == (2, "h1")
    assert chain.newest == 3


def test_a_tournament_that_never_was_there_begins_on_nothing() -> None:
    chain = Chain()
    assert (chain.place(CUP), chain.predecessor(CUP), chain.newest) == (0, "", 0)


def test_a_group_that_was_read_before_is_known() -> None:
    chain = Chain()
    take(chain, 1, group("g1"))
    assert chain.receive(1, group("g1")) == "known"


def test_a_group_behind_one_that_did_not_come_is_a_gap() -> None:
    chain = Chain()
    take(chain, 1, group("g1"))
    assert chain.receive(3, group("g3", "g2")) == "gap"


def test_what_was_published_from_here_is_known_when_it_is_read() -> None:
    chain = Chain()
    take(chain, 1, group("g1"))
    # Another hub's group of another tournament came between: it is not read yet.
    own, again = group("g2", "g1", seq=2), group("g3", "g2", seq=3)
    chain.advance(chain.step(3, own))
    chain.advance(chain.step(4, again))
    assert chain.tail == Tail(1, "g1")
    assert chain.newest == 4
    take(chain, 2, group("h1", tournament=LEAGUE))
    assert chain.receive(3, own) == "known"
    assert chain.receive(4, again) == "known"
    assert chain.tail == Tail(4, "g3")


def test_the_tail_never_goes_back() -> None:
    chain = Chain()
    take(chain, 1, group("g1"))
    slow = chain.step(3, group("g2", "g1"))
    take(chain, 2, group("h1", tournament=LEAGUE))
    chain.advance(slow)
    assert chain.tail == Tail(2, "h1")


def test_another_group_where_one_was_acknowledged_breaks_the_chain() -> None:
    chain = Chain()
    chain.advance(chain.step(1, group("g1")))
    chain = Chain([Link(CUP, 1, "g1", EPOCH, 1)], Tail())
    receipt = chain.receive(1, group("x1"))
    assert isinstance(receipt, Broken)
    assert "another group" in receipt.reason


def test_a_group_that_was_judged_on_another_one_breaks_the_chain() -> None:
    chain = Chain()
    take(chain, 1, group("g1"))
    for stranger in (group("g3", "g2"), group("g3")):
        receipt = chain.receive(2, stranger)
        assert isinstance(receipt, Broken)
        assert "g1" in receipt.reason
    first = chain.receive(2, group("h2", "h1", LEAGUE))
    assert isinstance(first, Broken)
    assert first.reason.endswith("is none")
    assert chain.tail == Tail(1, "g1")


def test_a_log_that_stands_where_its_chain_says_is_no_stranger() -> None:
    chain = Chain([Link(CUP, 7, "g7", EPOCH, 12)], Tail(9, "h2"))
    assert chain.newest == 9
    assert chain.strange({CUP: Position(EPOCH, 12, CommandId("c12"))}) == ""
    assert chain.strange({}) == ""


def test_a_tournament_that_was_never_shared_is_strange() -> None:
    assert "cup was never" in Chain().strange({CUP: Position(EPOCH, 12, CommandId("c12"))})


def test_a_log_that_went_on_by_itself_is_strange() -> None:
    chain = Chain([Link(CUP, 7, "g7", EPOCH, 12)])
    assert "e1:13" in chain.strange({CUP: Position(EPOCH, 13, CommandId("c13"))})
    assert "e2:12" in chain.strange({CUP: Position(Epoch("e2"), 12, CommandId("c12"))})


def test_rulings_come_out_of_a_group_as_they_went_in() -> None:
    rulings = (
        Ruling(CUP, Answer(id=CommandId("c1"), outcome="refused", reason="no such match"), b"content"),
        Ruling(
            CUP,
            Answer(id=CommandId("c2"), outcome="accepted", epoch=EPOCH),
            b"",
            Answer(id=CommandId("c3"), outcome="withdrawn", epoch=EPOCH),
            begins=True,
        ),
    )
    assert rulings_of(Group("g1", "hub-1", CUP, "", EPOCH, 1, judged(rulings))) == rulings
