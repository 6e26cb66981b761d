"""What a command on the whole tournament does: its status, teams, courts, Swiss rounds and lots.

Guarantees that nothing already played is drawn anew: what has begun stays, and what changes is an event.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from core.domain.checks import check, check_start
from core.domain.commands import (
    AddTeam,
    ChangeStatus,
    DrawLots,
    DrawRound,
    NameCourt,
    ReinstateTeam,
    RemoveTeam,
    RenameTeam,
    RenameTournament,
    WithdrawTeam,
)
from core.domain.draws.drawing import Numbering, draw_up
from core.domain.draws.swiss import Standing, draw_round
from core.domain.draws.timetable import lay
from core.domain.events import (
    CourtNamed,
    LotsDrawn,
    RoundDrawn,
    StatusChanged,
    TeamAdded,
    TeamReinstated,
    TeamRemoved,
    TeamRenamed,
    TeamWithdrawn,
    TournamentRenamed,
)
from core.domain.ids import is_slug, short_form
from core.domain.names import name_problem
from core.domain.plan import (
    DoubleElimination,
    Fixture,
    OneOf,
    PlaceOf,
    Plan,
    RoundRobin,
    SingleElimination,
    Slot,
    Swiss,
    Timetable,
)
from core.domain.tables.brackets import needed
from core.domain.tables.standings import table
from core.domain.writing import Refusal
from core.errors import BadPlan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.domain.commands import Organisation
    from core.domain.ids import CommandId, PoolId, TeamId
    from core.domain.plan import Pool, Stage, Status
    from core.domain.state import Tournament
    from core.domain.writing import Writer

NEXT: dict[Status, tuple[Status, ...]] = {
    "draft": ("open", "running"),
    "open": ("draft", "running"),
    "running": ("finished",),
    "finished": ("running",),
}
"""What a tournament may become next."""


def organise(writer: Writer, command: Organisation) -> None:  # noqa: C901 - one flat case a command
    """Write what a command on the tournament does.

    Raises:
        Refusal: a rule says no.
    """
    match command:
        case ChangeStatus(status):
            _change_status(writer, status)
        case AddTeam():
            _add_team(writer, command)
        case RemoveTeam(team):
            _remove_team(writer, team)
        case RenameTeam():
            _rename_team(writer, command)
        case RenameTournament(name, venue):
            _rename(writer, name, venue)
        case WithdrawTeam():
            _withdraw(writer, command)
        case ReinstateTeam(team):
            _reinstate(writer, team)
        case NameCourt():
            _name_court(writer, command)
        case DrawRound(pool, starts_at):
            _draw_round(writer, pool, starts_at)
        case DrawLots(pool, order):
            _draw_lots(writer, pool, order)
        case _:
            assert_never(command)


def plan_of(state: Tournament) -> Plan:
    """Return the plan that a tournament follows now: with the matches and teams that joined later."""
    return Plan(
        id=state.id,
        name=state.name,
        teams=tuple(state.teams.values()),
        stages=state.stages,
        fixtures=tuple(
            Fixture(
                id=match.id,
                stage=match.stage,
                round=match.round,
                home=match.home,
                away=match.away,
                pool=match.pool,
                court=match.court,
                starts_at=match.starts_at,
                reset_of=match.reset_of,
            )
            for match in state.matches.values()
        ),
        courts=tuple(state.courts.values()),
        venue=state.venue,
        moderators_confirm=state.moderators_confirm,
        games=state.games,
        status=state.status,
        timetable=state.timetable,
        on_withdrawal=state.on_withdrawal,
        on_disqualification=state.on_disqualification,
    )


def _change_status(writer: Writer, status: Status) -> None:
    state = writer.state
    before = state.status
    if status not in NEXT[before]:
        raise Refusal(f"a tournament that is {before} becomes {' or '.join(NEXT[before])}, not {status}")
    fixtures: tuple[Fixture, ...] = ()
    if status == "running" and before != "finished":
        fixtures = _drawn_up(state)
    if status == "finished" and not writer.entry.why:
        left = [
            short_form(match.id)
            for match in state.matches.values()
            if not match.finished and needed(state, match)
        ]
        if left:
            more = f" and {len(left) - 5} more" if len(left) > 5 else ""
            raise Refusal(f"not finished: {', '.join(left[:5])}{more}; play or forfeit them, or say why")
    writer.write(None, StatusChanged(before, status, fixtures))


def _drawn_up(state: Tournament) -> tuple[Fixture, ...]:
    """Return the matches that a start adds, or gives a court and a time."""
    plan = plan_of(state)
    if len(plan.teams) < 2:
        raise Refusal("a tournament needs at least two teams to start")
    try:
        check(replace(plan, status="running"))
        drawn = draw_up(replace(plan, status="running"))
        check(drawn)
    except BadPlan as error:
        raise Refusal(str(error)) from error
    known = set(plan.fixtures)
    return tuple(fixture for fixture in drawn.fixtures if fixture not in known)


def _add_team(writer: Writer, command: AddTeam) -> None:
    state, team = writer.state, command.team
    if state.status == "finished":
        raise Refusal("the tournament is finished: ops can take it up again")
    if not is_slug(team.id):
        raise Refusal(f"{team.id!r} is not a slug (a-z, 0-9, - and _; at most 64)")
    if team.id in state.teams:
        raise Refusal(f"there is a team {team.id!r} already")
    _check_name(team.name, [known.name for known in state.teams.values()])
    pools = _joined(state, command.pools)
    late = state.status == "running"
    fixtures = _late_matches(writer, team.id, pools) if late else ()
    writer.write(None, TeamAdded(team, tuple(pool.id for _, pool in pools), fixtures))


def _check_name(name: str, others: Sequence[str]) -> None:
    problem = name_problem(name, others)
    if problem is not None:
        raise Refusal(problem)


def _joined(state: Tournament, wanted: Sequence[PoolId]) -> list[tuple[Stage, Pool]]:
    """Return the pools that a team joins, with their stages."""
    every = {pool.id: (stage, pool) for stage in state.stages for pool in stage.pools}
    for pool in wanted:
        if pool not in every:
            raise Refusal(f"there is no pool {pool!r} in this tournament")
    if wanted:
        return [every[pool] for pool in dict.fromkeys(wanted)]
    return [(stage, stage.pools[0]) for stage in state.stages if len(stage.pools) == 1]


def _late_matches(writer: Writer, team: TeamId, pools: Sequence[tuple[Stage, Pool]]) -> tuple[Fixture, ...]:
    """Return the matches of a team that joins late: against everybody in each pool that is no Swiss one."""
    state = writer.state
    numbering = Numbering(state.id, state.matches)
    fixtures: list[Fixture] = []
    for stage, pool in pools:
        begun = _begun_on(state, pool.id)
        if begun:
            raise Refusal(f"{begun} has begun on the table of {pool.name}: nobody can join that any more")
        legs = stage.format.legs if isinstance(stage.format, RoundRobin) else 1
        others = [other for other in pool.teams if state.withdrawal(other) is None]
        if isinstance(stage.format, Swiss):
            continue
        for leg in range(legs):
            for number, other in enumerate(others):
                home, away = (team, other) if (number + leg) % 2 == 0 else (other, team)
                fixtures.append(Fixture(numbering(), stage.id, "Late entry", Slot(home), Slot(away), pool.id))
    return _timed(state, fixtures, writer.at, team)


def _begun_on(state: Tournament, pool: PoolId) -> str:
    """Return a match that has begun and whose sides come from a pool's table; `""` if there is none."""
    for match in state.matches.values():
        sources = (match.home.source, match.away.source)
        places = {source.pool for source in sources if isinstance(source, PlaceOf)}
        places |= {one for source in sources if isinstance(source, OneOf) for one in source.pools}
        if pool in places and match.phase != "scheduled":
            return short_form(match.id)
    return ""


def _timed(
    state: Tournament, fixtures: Sequence[Fixture], earliest: datetime, newcomer: TeamId | None = None
) -> tuple[Fixture, ...]:
    """Give new matches the next free slots of the timetable, if there is one."""
    if state.timetable is None or not fixtures:
        return tuple(fixtures)
    plan = plan_of(state)
    if newcomer is not None:
        stages = tuple(
            replace(stage, pools=tuple(replace(pool, teams=(*pool.teams, newcomer)) for pool in stage.pools))
            for stage in plan.stages
        )
        plan = replace(plan, stages=stages)
    timed = tuple(fixture for fixture in plan.fixtures if fixture.starts_at is not None)
    laid = lay(replace(plan, fixtures=(*timed, *fixtures)), _from(state.timetable, earliest))
    return laid.fixtures[len(timed) :]


def _from(timetable: Timetable, earliest: datetime) -> Timetable:
    """Return the timetable from its first slot that is not before a moment."""
    length = timedelta(minutes=timetable.minutes)
    passed = max(0, -((timetable.starts_at - earliest) // length))
    return replace(timetable, starts_at=timetable.starts_at + passed * length)


def _known_team(state: Tournament, team: TeamId) -> None:
    if team not in state.teams:
        raise Refusal(f"there is no team {team!r} in this tournament")


def _remove_team(writer: Writer, team: TeamId) -> None:
    state = writer.state
    _known_team(state, team)
    if state.status in ("running", "finished"):
        raise Refusal("the tournament has begun: withdraw the team instead")
    for match in state.matches.values():
        if match.side_of(team) is not None:
            raise Refusal(f"{team!r} plays in {short_form(match.id)}: withdraw it when the tournament runs")
    for stage in state.stages:
        if isinstance(stage.format, SingleElimination | DoubleElimination) and any(
            slot.team == team for slot in stage.format.entrants
        ):
            raise Refusal(f"{team!r} is an entrant of {stage.name}: withdraw it when the tournament runs")
    writer.write(None, TeamRemoved(state.teams[team]))


def _rename_team(writer: Writer, command: RenameTeam) -> None:
    teams = writer.state.teams
    _known_team(writer.state, command.team)
    before = teams[command.team]
    after = replace(before, name=command.name, code=command.code)
    if after == before:
        raise Refusal("it is called that already")
    _check_name(command.name, [known.name for known in teams.values() if known.id != command.team])
    writer.write(None, TeamRenamed(before, after))


def _rename(writer: Writer, name: str, venue: str) -> None:
    state = writer.state
    _check_name(name, ())
    if (name, venue) == (state.name, state.venue):
        raise Refusal("it is called that already")
    writer.write(None, TournamentRenamed(state.name, state.venue, name, venue))


def _withdraw(writer: Writer, command: WithdrawTeam) -> None:
    state, team = writer.state, command.team
    _known_team(state, team)
    if state.status != "running":
        raise Refusal(f"the tournament is {state.status}: teams are withdrawn while it runs")
    if state.withdrawal(team) is not None:
        raise Refusal(f"{team!r} is out already")
    rule = state.on_disqualification if command.cause == "disqualified" else state.on_withdrawal
    writer.write(None, TeamWithdrawn(team, command.cause, rule == "annul"))
    for match in state.matches.values():
        if match.phase == "live" and match.side_of(team) is not None:
            writer.forfeit(match, command.cause, team)
    writer.follow_up()
    writer.check_reason()


def _reinstate(writer: Writer, team: TeamId) -> None:
    if writer.state.withdrawal(team) is None:
        raise Refusal(f"{team!r} is not out of this tournament")
    writer.write(None, TeamReinstated(team))
    writer.follow_up()
    writer.check_reason()


def _name_court(writer: Writer, command: NameCourt) -> None:
    courts, court = writer.state.courts, command.court
    if not is_slug(court.id):
        raise Refusal(f"{court.id!r} is not a slug (a-z, 0-9, - and _; at most 64)")
    before = courts.get(court.id)
    if court == before:
        raise Refusal("it is called that already")
    _check_name(court.name, [known.name for known in courts.values() if known.id != court.id])
    writer.write(None, CourtNamed(court, before))


def _found(state: Tournament, pool: PoolId) -> tuple[Stage, Pool]:
    return _joined(state, (pool,))[0]


def _draw_round(writer: Writer, pool_id: PoolId, starts_at: datetime | None) -> None:
    state = writer.state
    stage, pool = _found(state, pool_id)
    if state.status != "running":
        raise Refusal(f"the tournament is {state.status}: rounds are drawn while it runs")
    if not isinstance(stage.format, Swiss):
        raise Refusal(f"{pool.name} is not played by the Swiss system")
    number = state.drawn.get(pool_id, 0) + 1
    if number > stage.format.rounds:
        raise Refusal(f"all {stage.format.rounds} rounds of {pool.name} are drawn")
    left = [
        short_form(match.id)
        for match in state.matches.values()
        if match.pool == pool_id and not match.finished
    ]
    if left:
        raise Refusal(f"round {number - 1} is not over: {', '.join(left)}")
    draw = draw_round(_standings(state, stage, pool))
    if draw is None or not draw.pairs:
        if not writer.entry.why:
            over = f"{pool.name} has no round left in which nobody meets again"
            raise Refusal(f"{over}: say why, and its rounds end here")
        writer.write(None, RoundDrawn(pool_id, stage.format.rounds, ()))
        writer.follow_up()
        return
    numbering = Numbering(state.id, state.matches)
    drawn = [
        Fixture(numbering(), stage.id, f"Round {number}", Slot(home), Slot(away), pool_id)
        for home, away in draw.pairs
    ]
    fixtures = _at(writer, drawn, starts_at)
    writer.write(None, RoundDrawn(pool_id, number, fixtures, draw.bye))


def _at(writer: Writer, drawn: list[Fixture], starts_at: datetime | None) -> tuple[Fixture, ...]:
    """Give a round its courts and times: from a moment on, or in the next free slots of the timetable."""
    state = writer.state
    if starts_at is None:
        return _timed(state, drawn, writer.at)
    if starts_at.tzinfo is None:
        raise Refusal("a time needs its zone: end it in Z or an offset")
    try:
        check_start(starts_at, "the round")
    except BadPlan as error:
        raise Refusal(str(error)) from error
    minutes = 60 if state.timetable is None else state.timetable.minutes
    return _timed(replace(state, timetable=Timetable(starts_at, minutes)), drawn, starts_at)


def _standings(state: Tournament, stage: Stage, pool: Pool) -> list[Standing]:
    """Return the teams of a pool that are not out as the draw sees them, the leader first."""
    matches = [match for match in state.matches.values() if match.pool == pool.id]
    unplayed = {match.winner for match in matches if match.forfeit is not None}
    found: list[Standing] = []
    for row in table(state, stage, pool).rows:
        if state.withdrawal(row.team) is not None:
            continue
        at_home = [match.away.team for match in matches if match.home.team == row.team]
        away = [match.home.team for match in matches if match.away.team == row.team]
        found.append(
            Standing(
                team=row.team,
                points=row.points,
                met=frozenset(team for team in (*at_home, *away) if team is not None),
                had_bye=any(bye.pool == pool.id and bye.team == row.team for bye in state.byes),
                unplayed_win=row.team in unplayed,
                home_surplus=len(at_home) - len(away),
            )
        )
    return found


def _draw_lots(writer: Writer, pool_id: PoolId, order: tuple[TeamId, ...]) -> None:
    state = writer.state
    stage, pool = _found(state, pool_id)
    if "lot" not in stage.tie_breaks:
        raise Refusal(f"{stage.name} has no lots among its tie-breaks: assign the slots instead")
    now = table(state, stage, pool)
    if not now.complete:
        raise Refusal(f"{pool.name} is not over: lots are drawn when all its matches are")
    level = [row.team for row in now.rows if row.decided_by == "undecided"]
    if not level:
        raise Refusal(f"nobody is level in {pool.name}: there is nothing to draw")
    if order and (len(set(order)) != len(order) or set(order) != set(level)):
        raise Refusal(f"the lots are about {', '.join(level)}: name each of them once")
    writer.write(None, LotsDrawn(pool_id, order or _by_chance(writer.entry.id, level)))
    writer.follow_up()
    writer.check_reason()


def _by_chance(entry: CommandId, teams: Sequence[TeamId]) -> tuple[TeamId, ...]:
    """Return the teams in an order that nobody chose: by a digest of theirs and the entry's random id."""
    return tuple(sorted(teams, key=lambda team: blake2b(f"{entry}:{team}".encode(), digest_size=16).digest()))
