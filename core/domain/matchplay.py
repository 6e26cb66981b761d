"""What a command on a match does: scores in every kind of game, its beginning and end, its sides and place.

Each command is judged on the match with the events before it applied, conflicts already ruled out. Guarantees
that a set is over at the moment its last point counts, and goes on again when that is taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from core.domain.checks import check_start
from core.domain.commands import (
    AddPenalty,
    AddScore,
    AssignSlot,
    CompleteMatch,
    ConfirmResult,
    EnterSets,
    ForfeitMatch,
    MoveMatch,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    Settle,
    StartMatch,
    Undo,
)
from core.domain.conflicts import touched
from core.domain.events import (
    ConflictSettled,
    EntryUndone,
    MatchCompleted,
    MatchMoved,
    MatchReopened,
    MatchStarted,
    PenaltyAdded,
    PointsAdded,
    ResultConfirmed,
    ScoreSet,
    SetReopened,
    SetsEntered,
    SetWon,
    SlotAssigned,
    TimeSet,
)
from core.domain.games import (
    MAX_POINTS,
    POINTS,
    SetsRules,
    TimeRules,
    decided,
    leader,
    points_of,
    score_problem,
    set_winner,
    sets_problem,
)
from core.domain.ids import short_form
from core.domain.tables.brackets import needed
from core.domain.writing import Refusal
from core.errors import BadPlan

if TYPE_CHECKING:
    from core.domain.commands import MatchCommand, Side
    from core.domain.games import Rules
    from core.domain.ids import MatchId, TeamId
    from core.domain.state import Counted, Match
    from core.domain.writing import Writer

_NOT_RUNNING = {
    "draft": "the tournament has not begun: ops start it first",
    "open": "the tournament has not begun: ops start it first",
    "finished": "the tournament is finished: ops can take it up again",
}


def play(writer: Writer, command: MatchCommand) -> None:  # noqa: C901 - one flat case a command
    """Write what a command on a match does.

    Raises:
        Refusal: a rule says no.
    """
    match command:
        case AddScore():
            _add(writer, command)
        case SetScore(match_id, score):
            _set(writer, match_id, score)
        case EnterSets(match_id, sets):
            _enter_sets(writer, match_id, sets)
        case SetTime(match_id, team, milliseconds):
            _set_time(writer, match_id, team, milliseconds)
        case AddPenalty(match_id, team, points):
            _penalize(writer, match_id, team, points)
        case Undo(match_id, of):
            _undo(writer, match_id, of)
        case StartMatch(match_id):
            _start(writer, match_id, implied=False)
        case CompleteMatch(match_id, shootout):
            _complete(writer, match_id, shootout)
        case ForfeitMatch():
            _forfeit(writer, command)
        case MoveMatch():
            _move(writer, command)
        case ConfirmResult(match_id):
            _confirm(writer, match_id)
        case ReopenMatch(match_id):
            _reopen(writer, match_id)
        case AssignSlot():
            _assign(writer, command)
        case Settle():
            _settle(writer, command)
        case _:
            assert_never(command)


def _check_running(writer: Writer) -> None:
    if writer.state.status != "running":
        raise Refusal(_NOT_RUNNING[writer.state.status])


def _start(writer: Writer, match_id: MatchId, *, implied: bool) -> None:
    _check_running(writer)
    match = writer.match(match_id)
    if match.phase != "scheduled":
        raise Refusal(f"{short_form(match_id)} has started already")
    _check_sides(match, "start")
    if not needed(writer.state, match):
        raise Refusal(f"{short_form(match_id)} is not played: the final before it decided the tournament")
    writer.write(match_id, MatchStarted(implied))


def _check_sides(match: Match, what: str) -> None:
    if match.home.team is None or match.away.team is None:
        raise Refusal(f"{short_form(match.id)} cannot {what}: a side is not known yet")


def _live(writer: Writer, match_id: MatchId) -> Match:
    """Return the match ready for points: started by them if it has not, never after its end."""
    _check_running(writer)
    match = writer.match(match_id)
    if match.finished:
        raise Refusal("This match is final. Ops can reopen it")
    if match.phase == "scheduled":
        _start(writer, match_id, implied=True)
    return writer.match(match_id)


def _ready(writer: Writer, match_id: MatchId) -> tuple[Match, Rules]:
    """Return the match ready for points, and its rules; not when all its sets are played."""
    match = _live(writer, match_id)
    rules = writer.state.rules(match.stage)
    if decided(rules, match.sets) is not None:
        now = f"{short_form(match_id)} is decided {_pair(match.result)}"
        raise Refusal(f"{now}: complete it, or undo a point")
    return match, rules


def _side(match: Match, team: TeamId) -> Side:
    side = match.side_of(team)
    if side is None:
        raise Refusal(f"{team!r} does not play in {short_form(match.id)}")
    return side


def _fitting(rules: Rules, score: Score, match: Match) -> Score:
    """Return a running score if it can stand."""
    problem = score_problem(rules, score, match.sets)
    if problem is not None:
        raise Refusal(problem)
    return score


def _end_set(writer: Writer, match_id: MatchId) -> None:
    """End the current set if its score says so."""
    match = writer.match(match_id)
    rules = writer.state.rules(match.stage)
    if isinstance(rules, SetsRules):
        winner = set_winner(rules, match.score, len(match.sets))
        if winner is not None:
            writer.write(match_id, SetWon(winner, match.score))


def _add(writer: Writer, command: AddScore) -> None:
    match, rules = _ready(writer, command.match)
    side = _side(match, command.team)
    if isinstance(rules, TimeRules):
        raise Refusal("this game is played for time: set each side's time")
    if command.action is not None:
        worth = points_of(rules, command.action)
        if worth is None:
            raise Refusal("this game is not played with cups")
        if worth != command.delta:
            raise Refusal(f"a {command.action} counts {worth} here, not {command.delta}")
    elif command.delta == 0:
        raise Refusal("adding 0 changes nothing")
    delta = command.delta
    after = match.score.plus(delta, 0) if side == "home" else match.score.plus(0, delta)
    fact = PointsAdded(
        command.team, side, delta, match.score, _fitting(rules, after, match), command.action, command.player
    )
    writer.write(match.id, fact)
    _end_set(writer, match.id)


def _set(writer: Writer, match_id: MatchId, score: Score) -> None:
    match, rules = _ready(writer, match_id)
    writer.write(match_id, ScoreSet(match.score, _fitting(rules, score, match)))
    _end_set(writer, match_id)


def _enter_sets(writer: Writer, match_id: MatchId, sets: tuple[Score, ...]) -> None:
    match = _live(writer, match_id)
    rules = writer.state.rules(match.stage)
    problem = sets_problem(rules, sets)
    if problem is not None:
        raise Refusal(problem)
    assert isinstance(rules, SetsRules)  # or there would be a problem
    open_last = sets and set_winner(rules, sets[-1], len(sets) - 1) is None
    over, current = (sets[:-1], sets[-1]) if open_last else (sets, Score())
    writer.write(match_id, SetsEntered(match.sets, match.score, over, current))


def _set_time(writer: Writer, match_id: MatchId, team: TeamId, milliseconds: int) -> None:
    match, rules = _ready(writer, match_id)
    side = _side(match, team)
    if not isinstance(rules, TimeRules):
        raise Refusal("this game is not played for time: add points")
    before = match.score
    after = Score(milliseconds, before.away) if side == "home" else Score(before.home, milliseconds)
    writer.write(match_id, TimeSet(team, side, before, _fitting(rules, after, match)))


def _penalize(writer: Writer, match_id: MatchId, team: TeamId, points: int) -> None:
    match = writer.match(match_id)
    side = _side(match, team)
    total = points + sum(one.points for one in match.penalties if one.side == side)
    if points == 0:
        raise Refusal("adding 0 changes nothing")
    if not 0 <= total <= MAX_POINTS:
        raise Refusal(f"penalty points cannot go below 0 or above {MAX_POINTS:,}")
    writer.write(match_id, PenaltyAdded(team, side, points))
    writer.follow_up()
    writer.check_reason()


def _undo(writer: Writer, match_id: MatchId, of: str) -> None:
    match = writer.match(match_id)
    for held in match.held:
        if held.entry.id == of:
            writer.write(match_id, ConflictSettled((held.entry.id,), "withdrawn"))
            return
    _check_running(writer)
    if match.finished:
        raise Refusal("This match is final. Ops can reopen it")
    named = [entry for entry in match.entries if entry.id == of]
    if not named:
        raise Refusal("there is nothing of that entry to undo in this match")
    if any(entry.undoes == of for entry in match.entries):
        raise Refusal("that entry is undone already; to have it again, undo the undo")
    if all(entry.delta == Score() for entry in named):
        raise Refusal("that entry changed no points; only points can be undone")
    touches = "all" if _reopen_set(writer, match, named) else touched(named)
    match = writer.match(match_id)
    after = match.score.plus(
        -sum(entry.delta.home for entry in named), -sum(entry.delta.away for entry in named)
    )
    after = _fitting(writer.state.rules(match.stage), after, match)
    writer.write(match_id, EntryUndone(named[0].id, touches, match.score, after))
    _end_set(writer, match_id)


def _reopen_set(writer: Writer, match: Match, named: list[Counted]) -> bool:
    """Have the last set go on if the entry was of it and nothing of the next one counts yet."""
    of = {entry.sets for entry in named}
    if of == {len(match.sets)}:
        return False
    if of != {len(match.sets) - 1} or match.score != Score():
        raise Refusal("that was in an earlier set: enter the sets as they should be")
    writer.write(match.id, SetReopened(match.sets[-1]))
    return True


def _complete(writer: Writer, match_id: MatchId, shootout: Score | None) -> None:
    _check_running(writer)
    match = writer.match(match_id)
    if match.finished:
        raise Refusal(f"{short_form(match_id)} is final already")
    if match.phase != "live":
        raise Refusal(f"{short_form(match_id)} has not started")
    rules = writer.state.rules(match.stage)
    winning = _winning(rules, match)
    if shootout is not None:
        problem = score_problem(POINTS, shootout)
        if problem is not None:
            raise Refusal(problem)
        if winning is not None or shootout.home == shootout.away:
            raise Refusal("a shoot-out decides a level score, and has a winner itself")
        winning = "home" if shootout.home > shootout.away else "away"
    if winning is None and writer.state.stage(match.stage).kind == "knockout":
        raise Refusal("a knock-out match needs a winner: enter the shoot-out")
    winner = None if winning is None else match.slot(winning).team
    writer.write(match_id, MatchCompleted(match.result, winner, shootout))
    writer.follow_up()
    writer.check_reason(match.reopened)


def _winning(rules: Rules, match: Match) -> Side | None:
    """Return who leads at the end; `None` if it is level. Sets must have been played to the end."""
    if not isinstance(rules, SetsRules):
        return leader(rules, match.score)
    winning = decided(rules, match.sets)
    if winning is None:
        now = f"sets are {_pair(match.result)}" if match.sets else "no set is over"
        goal = f"{short_form(match.id)} goes to {rules.needed} sets"
        raise Refusal(f"{goal}, and {now}: play on, or forfeit it")
    return winning


def _forfeit(writer: Writer, command: ForfeitMatch) -> None:
    _check_running(writer)
    match = writer.match(command.match)
    if match.finished:
        raise Refusal(f"{short_form(match.id)} is final already")
    _check_sides(match, "be forfeited")
    if command.team is not None:
        _side(match, command.team)
    writer.forfeit(match, command.cause, command.team)
    writer.follow_up()
    writer.check_reason(match.reopened)


def _move(writer: Writer, command: MoveMatch) -> None:
    match = writer.match(command.match)
    if command.court is not None and command.court not in writer.state.courts:
        raise Refusal(f"there is no court {command.court!r} in this tournament")
    if (match.court, match.starts_at) == (command.court, command.starts_at):
        raise Refusal(f"{short_form(match.id)} is there already")
    if command.starts_at is not None and command.starts_at.tzinfo is None:
        raise Refusal("a time needs its zone: end it in Z or an offset")
    try:
        check_start(command.starts_at, short_form(match.id))
    except BadPlan as error:
        raise Refusal(str(error)) from error
    writer.write(match.id, MatchMoved(command.court, command.starts_at, match.court, match.starts_at))


def _confirm(writer: Writer, match_id: MatchId) -> None:
    match = writer.match(match_id)
    if match.phase == "official":
        raise Refusal(f"{short_form(match_id)} is official already")
    if match.phase != "final":
        raise Refusal(f"{short_form(match_id)} is not final yet")
    if match.held:
        raise Refusal(f"{short_form(match_id)} has a conflict: decide it first")
    writer.write(match_id, ResultConfirmed(match.result))


def _reopen(writer: Writer, match_id: MatchId) -> None:
    _check_running(writer)
    match = writer.match(match_id)
    if not match.finished:
        raise Refusal(f"{short_form(match_id)} is not final")
    writer.write(match_id, MatchReopened(match.result if match.forfeit is None else match.forfeit.before))
    # Somebody else's place may have waited because this winner had it, too.
    writer.follow_up()
    writer.check_reason()


def _assign(writer: Writer, command: AssignSlot) -> None:
    match = writer.match(command.match)
    if command.team not in writer.state.teams:
        raise Refusal(f"there is no team {command.team!r} in this tournament")
    if writer.state.withdrawal(command.team) is not None:
        raise Refusal(f"{command.team!r} is out of this tournament")
    if match.phase != "scheduled":
        raise Refusal(f"{short_form(match.id)} has started: its sides stay")
    other = match.away if command.side == "home" else match.home
    if other.team == command.team:
        raise Refusal(f"{command.team!r} is on the other side of {short_form(match.id)}")
    before = match.slot(command.side).team
    writer.write(command.match, SlotAssigned(command.side, command.team, before))
    # A rule's team may have waited because it stood on this side.
    writer.follow_up()


def _settle(writer: Writer, command: Settle) -> None:
    match = writer.match(command.match)
    open_ids = {held.entry.id for held in match.held}
    if not command.held or not open_ids.issuperset(command.held):
        raise Refusal("somebody has decided this conflict already")
    if any(other.match != command.match for other in command.instead):
        raise Refusal("a decision concerns one match only")
    writer.write(command.match, ConflictSettled(command.held, "instead" if command.instead else "hub"))
    for other in command.instead:
        play(writer, other)


def _pair(score: Score) -> str:
    return f"{score.home}-{score.away}"
