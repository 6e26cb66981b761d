"""The logs: what comes next is handed on, a gap is found, and inside an epoch nothing is taken back."""

from __future__ import annotations

import msgspec
import pytest

from core.domain.ids import CommandId, Epoch, TournamentId, tournament_room
from core.domain.state import Past, Position, Tournament
from core.realtime.effects import Advanced, Heard, Replaced
from core.realtime.rooms.logs import Logs
from core.wire.messages import Events, Replay, Snapshot
from tests.support.tournaments import EPOCH, league, match, point, record

PLAN = league()
LOG, STATE = record(PLAN, [point(PLAN, 1, "a") for _ in range(6)])
ROOM = tournament_room(PLAN.id)
OTHER = Epoch("e2")


def at(seq: int, epoch: Epoch = EPOCH) -> Position:
    return Position(epoch, seq, LOG[seq - 1].command)


def state_at(position: Position, **changes: object) -> Tournament:
    return msgspec.structs.replace(STATE, position=position, **changes)


def hear(logs: Logs, message: Replay | Snapshot | Events, *, whole: bool = False) -> Heard:
    return logs.receive(PLAN.id, message, whole=whole)


def seen(seq: int = 3) -> Logs:
    logs = Logs()
    heard = hear(logs, Replay(ROOM, EPOCH, LOG[:seq]))
    assert heard == Heard("whole", (Advanced(PLAN.id, EPOCH, LOG[:seq]),))
    assert logs.positions[PLAN.id] == at(seq)
    return logs


def test_the_next_events_are_handed_on() -> None:
    assert hear(seen(3), Events(ROOM, EPOCH, LOG[3:5])).changes == (Advanced(PLAN.id, EPOCH, LOG[3:5]),)


def test_events_seen_before_are_dropped() -> None:
    logs = seen(3)
    assert hear(logs, Events(ROOM, EPOCH, LOG[1:3])) == Heard("whole")
    assert hear(logs, Events(ROOM, EPOCH, LOG[1:4])).changes == (Advanced(PLAN.id, EPOCH, LOG[3:4]),)


def test_what_comes_before_a_gap_is_handed_on() -> None:
    logs = seen(3)
    heard = hear(logs, Events(ROOM, EPOCH, (LOG[3], LOG[5])))
    assert heard == Heard("broken", (Advanced(PLAN.id, EPOCH, LOG[3:4]),), "there is a gap in its events")
    assert logs.positions[PLAN.id] == at(4)


def test_another_command_at_the_same_place_is_a_gap() -> None:
    other = msgspec.structs.replace(LOG[2], command=CommandId("x"))
    assert hear(seen(3), Events(ROOM, EPOCH, (other,))).outcome == "broken"


def test_events_of_another_epoch_are_not_those_that_come_next() -> None:
    heard = hear(seen(3), Events(ROOM, OTHER, LOG[3:]))
    assert heard == Heard("broken", why="its events are of epoch e2, not e1")


def test_a_snapshot_replaces_all() -> None:
    logs = Logs()
    assert hear(logs, Snapshot(ROOM, STATE)) == Heard("whole", (Replaced(STATE),))
    assert logs.positions[PLAN.id] == STATE.position


def test_a_snapshot_may_be_further_or_of_another_epoch() -> None:
    for state in (STATE, state_at(at(2, OTHER))):
        for whole in (False, True):
            logs = seen(3)
            assert hear(logs, Snapshot(ROOM, state), whole=whole).outcome == "whole"
            assert logs.positions[PLAN.id] == state.position


def test_a_snapshot_of_another_tournament_is_dropped() -> None:
    other = state_at(at(2), id=TournamentId("other"))
    assert hear(seen(3), Snapshot(ROOM, other)) == Heard("dropped")


_FIRST = STATE.matches[match(PLAN, 1)]
_AHEAD = Position(EPOCH, 99, CommandId("z"))


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (state_at(at(2)), "ends at 2, before 8"),
        (state_at(Position(EPOCH, 8, CommandId("other"))), "another event 8"),
        (
            state_at(
                _AHEAD,
                matches={
                    **STATE.matches,
                    _FIRST.id: msgspec.structs.replace(_FIRST, version=_FIRST.version - 1),
                },
            ),
            "lacks events of M001",
        ),
        (
            state_at(_AHEAD, matches={id: one for id, one in STATE.matches.items() if id != _FIRST.id}),
            "lacks events of M001",
        ),
    ],
)
def test_inside_an_epoch_no_snapshot_takes_anything_back(state: Tournament, why: str) -> None:
    logs = Logs()
    assert logs.restore([STATE]) == [Replaced(STATE, stored=True)]
    heard = hear(logs, Snapshot(ROOM, state))
    assert heard.outcome not in ("whole", "dropped")
    assert why in heard.why
    assert logs.positions[PLAN.id] == STATE.position
    late = hear(logs, Snapshot(ROOM, state), whole=True)
    assert late == Heard("dropped"), "it answers a join that was asked twice"


def test_a_log_that_is_forgotten_comes_from_its_beginning() -> None:
    logs = seen(3)
    logs.forget(PLAN.id)
    logs.forget(PLAN.id)
    assert PLAN.id not in logs.positions
    assert hear(logs, Replay(ROOM, EPOCH, LOG[:2])).outcome == "whole"


def test_a_hub_that_fell_back_behind_the_epoch_that_was_seen_is_short() -> None:
    logs = Logs()
    logs.restore([state_at(at(3, OTHER), past=(Past(EPOCH, 6, 6),))])
    heard = hear(logs, Snapshot(ROOM, STATE))
    assert (heard.outcome, heard.changes) == ("short", ())
    assert "from which e2 went on here" in heard.why
    assert logs.positions[PLAN.id].epoch == OTHER
