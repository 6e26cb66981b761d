"""Who may do what: the tables, walked role by role, and which pages may come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import UnionType
from typing import get_args

import msgspec
import pytest

from core.domain.commands import (
    AddPenalty,
    AddScore,
    AddTeam,
    AssignSlot,
    Broadcast,
    ChangeStatus,
    CloseMissing,
    Command,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    DrawLots,
    DrawRound,
    EnterSets,
    ForfeitMatch,
    MoveMatch,
    NameCourt,
    Notify,
    ReinstateTeam,
    RemoveTeam,
    RenameTeam,
    RenameTournament,
    ReopenMatch,
    ReviveTournament,
    Score,
    SetScore,
    SetTime,
    Settle,
    StartMatch,
    Undo,
    WithdrawTeam,
)
from core.domain.ids import (
    GLOBAL_ROOM,
    ROLES,
    CommandId,
    CourtId,
    MatchId,
    PoolId,
    Role,
    RoomId,
    TeamId,
    TournamentId,
)
from core.domain.plan import Team
from core.hub.door.access import (
    COMMANDS,
    READER,
    ROUTES,
    TRUSTED,
    Pass,
    is_loopback,
    is_near,
    judge_entry,
    may_bring,
    may_list,
    may_open,
    may_read,
    origin_allowed,
    today,
)
from tests.support.tournaments import COURT, EPOCH, NOON, entry, fold, league

PLAN = league()
STATE = fold(PLAN)
LEAGUE = PLAN.id
OTHER = TournamentId("other")
M1 = PLAN.fixtures[0].id
A = TeamId("a")
ELSEWHERE = CourtId("court-9")


def holder(role: Role, **scope: object) -> Pass:
    """Return the pass of Ann, with a token."""
    return replace(Pass("t1", "Ann", role), **scope)  # type: ignore[arg-type]  # names of its fields


def outcome(pass_: Pass, command: Command, tournament: TournamentId = LEAGUE, confirm: bool = False) -> str:
    """Return what becomes of a command that somebody brings."""
    state = msgspec.structs.replace(STATE, moderators_confirm=confirm) if tournament == LEAGUE else None
    return judge_entry(pass_, entry(tournament, command), state).outcome


MATCH_COMMANDS = (
    AddScore(M1, A, 1),
    SetScore(M1, Score(1, 0)),
    Undo(M1, CommandId("c1")),
    StartMatch(M1),
    CompleteMatch(M1),
    AssignSlot(M1, "home", A),
    Settle(M1, (CommandId("c1"),)),
    EnterSets(M1, ()),
    SetTime(M1, A, 1),
    AddPenalty(M1, A, 1),
    ForfeitMatch(M1, A),
    MoveMatch(M1, COURT.id, None),
)
FOR_OPS = (
    ChangeStatus("finished"),
    AddTeam(Team(TeamId("z"), "Zebras")),
    RemoveTeam(A),
    RenameTeam(A, "Ants"),
    RenameTournament("Cup"),
    WithdrawTeam(A),
    ReinstateTeam(A),
    NameCourt(COURT),
    DrawRound(PoolId("a")),
    DrawLots(PoolId("a")),
    ReopenMatch(M1),
    Notify("Hello"),
    Broadcast(RoomId("tournament:league"), "hello"),
    Broadcast(GLOBAL_ROOM, "hello"),
    CloseMissing(EPOCH, 3),
    CreateTournament(PLAN),
    ReviveTournament(b""),
)
Expected = dict[str, tuple[str, str, str, str]]
WIDE: dict[str, dict[str, object]] = {
    "everywhere": {},
    "on the court": {"courts": frozenset({COURT.id})},
    "in the tournament": {"tournaments": frozenset({LEAGUE})},
}
NARROW: dict[str, dict[str, object]] = {
    "on another court": {"courts": frozenset({ELSEWHERE})},
    "on no court": {"courts": frozenset()},
}


@pytest.mark.parametrize("command", MATCH_COMMANDS, ids=lambda command: type(command).__name__)
def test_admins_and_moderators_score_others_do_not(command: Command) -> None:
    #                                  admin    moderator  participant spectator
    for scope in WIDE.values():
        assert outcomes(command, scope) == ("judge", "judge", "sign_in", "sign_in")
    for scope in NARROW.values():
        assert outcomes(command, scope) == ("judge", "hold", "sign_in", "sign_in")
    elsewhere: dict[str, object] = {"tournaments": frozenset({OTHER})}
    assert outcomes(command, elsewhere) == ("sign_in", "sign_in", "sign_in", "sign_in")


@pytest.mark.parametrize("command", FOR_OPS, ids=lambda command: type(command).__name__)
def test_what_concerns_more_than_a_match_is_for_admins(command: Command) -> None:
    #                                                     admin    moderator  participant spectator
    assert outcomes(command, {}) == ("judge", "hold", "sign_in", "sign_in")
    assert outcomes(command, NARROW["on another court"]) == ("judge", "hold", "sign_in", "sign_in")


def test_a_participant_comes_and_goes_with_the_own_team_while_the_tournament_is_open() -> None:
    own = holder("participant", team=A)
    being_open = msgspec.structs.replace(STATE, status="open")
    for command in (AddTeam(Team(A, "Ants")), RemoveTeam(A)):
        assert judge_entry(own, entry(LEAGUE, command), being_open).outcome == "judge"
        assert judge_entry(own, entry(LEAGUE, command), None).outcome == "judge"
        late = judge_entry(own, entry(LEAGUE, command), STATE)
        assert (late.outcome, late.reason) == ("hold", "teams come and go while it is open, not running")
        assert outcome(holder("participant", team=TeamId("z")), command) == "sign_in"
        assert outcome(holder("participant", team=A, standing="expired"), command) == "sign_in"
        assert outcome(holder("participant", team=A, tournaments=frozenset({OTHER})), command) == "sign_in"
        assert outcome(holder("moderator", team=A), command) == "hold"


def test_a_result_is_confirmed_by_admins_and_by_moderators_where_the_tournament_says_so() -> None:
    command = ConfirmResult(M1)
    #                                                             admin    moderator  participant spectator
    assert outcomes(command, {}) == ("judge", "hold", "sign_in", "sign_in")
    assert outcomes(command, {}, confirm=True) == ("judge", "judge", "sign_in", "sign_in")
    narrow = NARROW["on another court"]
    assert outcomes(command, narrow, confirm=True) == ("judge", "hold", "sign_in", "sign_in")


def outcomes(command: Command, scope: dict[str, object], confirm: bool = False) -> tuple[str, ...]:
    """Return what becomes of a command, role by role."""
    return tuple(outcome(holder(role, **scope), command, confirm=confirm) for role in ROLES)


def test_every_command_has_its_row() -> None:
    def members(union: object) -> set[object]:
        if not isinstance(union, UnionType) and not get_args(union):
            return {union}
        return set().union(*(members(one) for one in get_args(union)))

    assert members(Command) == set(COMMANDS)


def test_a_command_without_a_row_would_be_for_admins() -> None:
    class Unheard(msgspec.Struct, frozen=True):
        """A command that no table knows."""

    assert outcomes(Unheard(), {}) == ("judge", "hold", "sign_in", "sign_in")  # type: ignore[arg-type]


def test_an_admin_of_one_tournament_speaks_in_its_rooms_alone() -> None:
    own = holder("admin", tournaments=frozenset({LEAGUE}))
    assert outcome(own, Broadcast(RoomId("tournament:league:team:a"), "x")) == "judge"
    assert outcome(own, Broadcast(RoomId("tournament:other"), "x")) == "hold"
    assert outcome(own, Broadcast(GLOBAL_ROOM, "x")) == "hold"
    assert outcome(own, Broadcast(RoomId("nonsense"), "x")) == "hold"


@pytest.mark.parametrize("standing", ["expired", "revoked"])
def test_what_a_pass_wrote_that_is_good_no_more_is_held(standing: str) -> None:
    late = holder("moderator", standing=standing)
    permit = judge_entry(late, entry(LEAGUE, MATCH_COMMANDS[0]), STATE)
    assert (permit.outcome, permit.reason) == ("hold", f"the sign-in of Ann is {standing}; ops decide")
    assert outcome(holder("spectator", standing=standing), MATCH_COMMANDS[0]) == "sign_in"


def test_who_may_not_write_is_told_what_to_do() -> None:
    point = entry(LEAGUE, MATCH_COMMANDS[0])
    assert "ask ops for a code" in judge_entry(READER, point, STATE).reason
    assert "a participant enters nothing here" in judge_entry(holder("participant"), point, STATE).reason
    elsewhere = holder("moderator", tournaments=frozenset({OTHER}))
    assert "this sign-in is not for league" in judge_entry(elsewhere, point, None).reason
    # The same words, whether or not there is such a tournament.
    assert judge_entry(elsewhere, point, None) == judge_entry(elsewhere, point, STATE)


def test_a_held_entry_says_why() -> None:
    def why(pass_: Pass, command: Command) -> str:
        return judge_entry(pass_, entry(LEAGUE, command), STATE).reason

    moved = holder("moderator", courts=frozenset({ELSEWHERE}))
    assert why(moved, StartMatch(M1)) == "M001 is on court-1, this sign-in is for court-9; ops decide"
    none = holder("moderator", courts=frozenset())
    assert why(none, StartMatch(M1)) == "M001 is on court-1, this sign-in is for no court; ops decide"
    assert why(holder("moderator"), ReopenMatch(M1)) == "only ops reopen a match"
    assert why(holder("moderator"), Notify("x")) == "only ops do that"
    assert why(holder("moderator"), ConfirmResult(M1)) == "only ops make a result official"
    match = msgspec.structs.replace(STATE.matches[M1], court=None)
    homeless = msgspec.structs.replace(STATE, matches={M1: match})
    reason = judge_entry(moved, entry(LEAGUE, StartMatch(M1)), homeless).reason
    assert reason == "M001 is on no court, this sign-in is for court-9; ops decide"


def test_what_is_not_there_is_left_to_the_rules() -> None:
    moved = holder("moderator", courts=frozenset({ELSEWHERE}))
    assert outcome(moved, StartMatch(MatchId("league.m999"))) == "judge"
    assert outcome(moved, StartMatch(MatchId("other.m001")), OTHER) == "judge"
    assert outcome(moved, ConfirmResult(MatchId("other.m001")), OTHER) == "judge"


PUBLIC = ("tournament:league", "match:league.m001", "tournament:league:presence", "global")
ROOMS: dict[str, tuple[bool, bool, bool, bool]] = {
    #                                admin moderator participant spectator
    **dict.fromkeys(PUBLIC, (True, True, True, True)),
    "tournament:league:admin": (True, False, False, False),
    "tournament:league:team:a": (True, False, False, False),
    "tournament:league:role:admin": (True, False, False, False),
    "tournament:league:role:moderator": (True, True, False, False),
    "tournament:league:role:participant": (True, False, True, False),
    "tournament:league:role:spectator": (True, False, False, True),
    "nonsense": (False, False, False, False),
}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_are_read_by_role(room: str) -> None:
    assert tuple(may_read(holder(role), RoomId(room)) for role in ROLES) == ROOMS[room]


def test_a_team_reads_its_own_room() -> None:
    player = holder("participant", team=A)
    assert may_read(player, RoomId("tournament:league:team:a"))
    assert not may_read(player, RoomId("tournament:league:team:b"))


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in ("global", "nonsense")])
def test_nobody_reads_or_knows_of_a_tournament_beyond_their_own(room: str) -> None:
    for role in ROLES:
        assert not may_read(holder(role, tournaments=frozenset({OTHER})), RoomId(room))
        assert not may_list(holder(role, tournaments=frozenset({OTHER})), LEAGUE)
        assert may_list(holder(role, tournaments=frozenset({LEAGUE})), LEAGUE)
    assert may_read(holder("spectator", tournaments=frozenset({OTHER})), GLOBAL_ROOM)


@pytest.mark.parametrize("room", ROOMS)
def test_a_pass_that_is_good_no_more_reads_nothing(room: str) -> None:
    late = holder("admin", standing="expired")
    assert not may_read(late, RoomId(room))
    assert not may_list(late, LEAGUE)


EXPIRED = holder("moderator", standing="expired")
OPENINGS: dict[str, tuple[bool, ...]] = {
    #             nobody reader spectator participant moderator admin  expired
    "everybody": (True, True, True, True, True, True, True),
    "readers": (False, True, True, True, True, True, False),
    "entries": (False, False, False, True, True, True, True),
    "admins": (False, False, False, False, False, True, False),
}


def test_a_method_that_has_a_row_of_its_own_goes_by_that() -> None:
    assert may_open(READER, "/v1/tournaments", "GET")
    assert not may_open(READER, "/v1/tournaments", "POST")
    assert may_open(TRUSTED, "/v1/tournaments", "POST")


@pytest.mark.parametrize("route", [*ROUTES, "/v1/unheard-of"])
def test_routes_open_by_role(route: str) -> None:
    visitors = (None, READER, *(holder(role) for role in reversed(ROLES)), EXPIRED)
    expected = OPENINGS[ROUTES.get(route, "admins")]
    assert tuple(may_open(visitor, route) for visitor in visitors) == expected


def test_a_pass_expires_and_is_revoked() -> None:
    pass_ = holder("moderator", expires_at=NOON)
    before = NOON - timedelta(seconds=1)
    assert today(pass_, before, ()) is pass_
    assert today(pass_, NOON, ()).standing == "expired"
    assert today(today(pass_, NOON, ()), before, ()) == pass_
    assert today(pass_, NOON, {"t1"}).standing == "revoked"
    assert today(TRUSTED, NOON, {""}) is TRUSTED


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1", "[::1]", "::ffff:127.0.0.1"]
)
def test_loopback_is_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "::ffff:192.168.1.5", "hub.example", ""])
def test_anything_else_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("address", "near"), [("127.0.0.1", True), ("192.168.1.5", True), ("8.8.8.8", False), ("unix", False)]
)
def test_near_is_this_machine_or_a_private_network(address: str, near: bool) -> None:
    assert is_near(address) is near


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "127.0.0.1:8765"),
        (None, None),
        ("http://127.0.0.1:8765", "127.0.0.1:8765"),
        ("http://localhost:8765", "LOCALHOST:8765"),
        ("http://[::1]:8765", "[::1]:8765"),
    ],
)
def test_programs_and_the_hubs_own_pages_come_in(origin: str | None, host: str | None) -> None:
    assert origin_allowed(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://elsewhere.example", "127.0.0.1:8765"),
        # A name that its owner made resolve to this machine: same origin to the browser, elsewhere to us.
        ("http://elsewhere.example:8765", "elsewhere.example:8765"),
        ("http://127.0.0.1:9999", "127.0.0.1:8765"),
        ("http://127.0.0.1:8765", None),
        ("null", "127.0.0.1:8765"),
        ("http://", ""),
        ("http://[", "127.0.0.1:8765"),
    ],
)
def test_pages_from_elsewhere_do_not(origin: str, host: str | None) -> None:
    assert not origin_allowed(origin, host)


@pytest.mark.parametrize(
    ("pass_", "own", "others"),
    [
        (Pass("", "", "admin"), True, True),
        (Pass("m", "Mo", "moderator"), True, True),
        (Pass("m", "Mo", "moderator", standing="expired"), True, False),
        (Pass("m", "Mo", "moderator", tournaments=frozenset({TournamentId("cup")})), False, False),
        (Pass("p", "Pat", "participant"), False, False),
        (Pass("", "", "spectator"), False, False),
    ],
)
def test_others_entries_of_an_older_epoch_are_brought_by_moderators_and_admins(
    pass_: Pass, own: bool, others: bool
) -> None:
    league = TournamentId("league")
    assert may_bring(pass_, league, own=True) == own
    assert may_bring(pass_, league, own=False) == others
