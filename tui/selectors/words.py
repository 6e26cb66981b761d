"""Words: how commands, entries and sides are called on every screen and in plain output.

Texts of the domain are clean already; what was made on this device (reasons of the system, of a close) is
cleaned here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import brackets, commands, events, games, ids, telling, text
from tui.selectors import tally

if TYPE_CHECKING:
    from core import EntryState, Queued, state
    from tui.selectors.cells import Role

LONGEST = 300
STATE_WORDS: dict[EntryState, str] = {
    "saving": "saving",
    "saved": "saved here",
    "sending": "sending",
    "sent": "sent",
    "confirmed": "confirmed",
    "official": "official",
    "conflict": "conflict",
    "refused": "refused",
    "withdrawn": "withdrawn",
}
CAUSES = telling.CAUSES
STATE_ROLES: dict[EntryState, Role] = {
    "saving": "pending",
    "saved": "pending",
    "sending": "pending",
    "sent": "pending",
    "confirmed": "live",
    "official": "live",
    "conflict": "conflict",
    "refused": "conflict",
    "withdrawn": "dim",
}


def tidy(words: str) -> str:
    """Return a text made on this device (a system's message, a close reason) safe to show."""
    return text.clean(words, LONGEST)


def points(score: commands.Score) -> str:
    """Return a score as `2-1`."""
    return f"{score.home}-{score.away}"


def signed(delta: int) -> str:
    """Return added points as `+1` or `-1`."""
    return f"{delta:+d}"


def team(tournament: state.Tournament, team_id: ids.TeamId) -> str:
    """Return a team's name."""
    known = tournament.teams.get(team_id)
    return known.name if known else text.clean(team_id)


def side(
    tournament: state.Tournament, match: state.Match, which: commands.Side, *, short: bool = False
) -> str:
    """Return who plays on a side: the team, or where it will come from."""
    slot = match.slot(which)
    if slot.team is not None:
        return team(tournament, slot.team)
    return brackets.source_label(tournament, slot.source, short=short) if slot.source else "not known"


def versus(tournament: state.Tournament, match: state.Match) -> str:
    """Return both sides as `Lions v Tigers`."""
    home, away = (side(tournament, match, which, short=True) for which in ("home", "away"))
    return f"{home} v {away}"


def court(tournament: state.Tournament, match: state.Match) -> str:
    """Return the court's name; `""` where the plan names none."""
    if match.court is None:
        return ""
    known = tournament.courts.get(match.court)
    return known.name if known else text.clean(match.court)


def at_court(name: str) -> str:
    """Return a court's name behind the word, which it may hold already."""
    return name if not name or name.casefold().startswith("court") else f"court {name}"


def court_code(name: str) -> str:
    """Return a court's name for a narrow column: `Court 3` is `C3`."""
    head, _, number = name.rpartition(" ")
    return f"{head[0].upper()}{number}" if head and number.isdecimal() else name


def command(tournament: state.Tournament | None, asked: commands.Command) -> str:
    """Say what a command asks for: `Lions +1`, `set 2-1`, `final`."""
    match asked:
        case commands.AddScore():
            return _added(tournament, asked)
        case commands.SetScore(_, score):
            return f"score {points(score)}"
        case commands.Undo():
            return _undo(tournament, asked)
        case commands.CompleteMatch(_, shootout):
            return f"final, shoot-out {points(shootout)}" if shootout else "final"
        case commands.AssignSlot(_, which, team_id):
            return f"{which} side: {_name(tournament, team_id)}"
        case commands.Settle(_, _, instead):
            return "decision: replaced" if instead else "decision: the hub's stays"
        case told if isinstance(told, telling.Asked):
            return telling.tell_command(tournament, told)
        case _:
            return _status_command(asked)


def _status_command(
    asked: commands.StartMatch
    | commands.ConfirmResult
    | commands.ReopenMatch
    | commands.Notify
    | commands.Broadcast
    | commands.CloseMissing
    | commands.Founding,
) -> str:
    match asked:
        case commands.StartMatch():
            return "start"
        case commands.ConfirmResult():
            return "official"
        case commands.ReopenMatch():
            return "reopen"
        case commands.Notify(title, _, _):
            return f"notice: {title}"
        case commands.Broadcast(_, event):
            return f"broadcast: {event}"
        case commands.CloseMissing(_, until):
            return f"wait no longer for what is missing up to {until}"
        case commands.ReviveTournament():
            return "go on from this laptop's copy"
        case _:
            return f"create {asked.plan.name}"


def _undo(tournament: state.Tournament | None, asked: commands.Undo) -> str:
    match = tournament.matches.get(asked.match) if tournament else None
    named = next((entry for entry in match.entries if entry.id == asked.of), None) if match else None
    if tournament is None or match is None or named is None:
        return "undo"
    return ("redo " if named.undoes else "undo ") + counted(tournament, match, named).removeprefix("undo ")


def counted(tournament: state.Tournament, match: state.Match, entry: state.Counted) -> str:
    """Say what an entry of a match's history did."""
    match entry.kind:
        case "points_added":
            which: commands.Side = "home" if entry.touches == "home" else "away"
            delta = entry.delta.home or entry.delta.away
            return f"{side(tournament, match, which)} {signed(delta) if delta else 'miss'}"
        case "time_set":
            timed: commands.Side = "home" if entry.touches == "home" else "away"
            return f"{side(tournament, match, timed)} {games.time_text(getattr(entry.after, timed))}"
        case "score_set":
            return f"score {points(entry.after)}"
        case "entry_undone":
            named = next((other for other in match.entries if other.id == entry.undoes), None)
            again = named is not None and named.undoes is not None
            what = _first(match, entry)
            word = "redo" if again else "undo"
            return f"{word} {counted(tournament, match, what)}" if what else word
        case "match_completed":
            rules = tally.rules_of(tournament, match)
            # Of times the column of scores shows the whole; of sets the last one says little.
            return f"final {points(entry.after)}" if isinstance(rules, games.PointsRules) else "final"
        case "match_forfeited" if match.forfeit is not None:
            losing = [which for which in tally.SIDES if match.slot(which).team != match.winner]
            who = " and ".join(side(tournament, match, which) for which in losing)
            return f"{who}: {CAUSES[match.forfeit.cause]}"
        case kind:
            return KINDS.get(kind, kind.replace("_", " "))


def _first(match: state.Match, entry: state.Counted) -> state.Counted | None:
    """Return what a chain of undos began with; `None` if that is no longer known."""
    by_id = {other.id: other for other in match.entries}
    found: state.Counted | None = entry
    while found is not None and found.undoes is not None:
        found = by_id.get(found.undoes)
    return found


KINDS = {
    "match_started": "start",
    "result_confirmed": "official",
    "match_reopened": "reopened",
    "slot_assigned": "side assigned",
    "conflict_settled": "conflict decided",
    "match_forfeited": "forfeit",
    "match_moved": "moved",
    "penalty_added": "penalty",
}


KIND_OF_FACT: dict[type[events.Fact], str] = {
    events.PointsAdded: "score",
    events.ScoreSet: "score",
    events.EntryUndone: "undo",
    events.MatchStarted: "status",
    events.MatchCompleted: "status",
    events.ResultConfirmed: "status",
    events.MatchReopened: "status",
    events.SlotFilled: "slot",
    events.SlotAssigned: "slot",
    events.EntryHeld: "CONF",
    events.ConflictSettled: "CONF",
    events.Notified: "notice",
    events.BroadcastSent: "notice",
    events.TournamentCreated: "status",
    events.EpochBegun: "status",
    events.PastNamed: "status",
    events.EventAdopted: "back",
    events.MissingClosed: "status",
    events.TimeSet: "score",
    events.SetWon: "score",
    events.SetReopened: "score",
    events.SetsEntered: "score",
    events.PenaltyAdded: "score",
    events.MatchForfeited: "status",
    events.MatchMoved: "status",
    events.StatusChanged: "status",
    events.TeamAdded: "team",
    events.TeamRemoved: "team",
    events.TeamRenamed: "team",
    events.TournamentRenamed: "status",
    events.TeamWithdrawn: "team",
    events.TeamReinstated: "team",
    events.CourtNamed: "status",
    events.RoundDrawn: "slot",
    events.LotsDrawn: "slot",
}
"""The word of each fact's kind in the feed."""


def difference(figure: int) -> str:
    """Return a difference with its sign; a level one has none."""
    return f"{figure:+}" if figure else "0"


def happened(  # noqa: C901 - one flat case a kind of fact
    tournament: state.Tournament | None, event: events.Event
) -> tuple[str, str]:
    """Return what happened and the result, for a line of the feed."""
    fact = event.fact
    match fact:
        case events.PointsAdded(_, _, _, _, after):
            return _added(tournament, fact), points(after)
        case events.ScoreSet(_, after):
            return "score set", points(after)
        case events.EntryUndone():
            return _undone(tournament, event, fact), _score(tournament, event, fact.after)
        case events.MatchCompleted(score, _, shootout):
            extra = f" ({points(shootout)})" if shootout else ""
            return "final", _score(tournament, event, score) + extra
        case events.ResultConfirmed(score):
            return "official", _score(tournament, event, score)
        case events.MatchReopened(score):
            return "reopened", _score(tournament, event, score)
        case events.MatchForfeited(score):
            return telling.tell_fact(tournament, fact)[0], _score(tournament, event, score)
        case events.TournamentCreated(plan):
            return f"created with {len(plan.fixtures)} matches: {plan.name}", ""
        case events.EventAdopted():
            return _adopted(tournament, fact)
        case told if isinstance(told, telling.Happened):
            return telling.tell_fact(tournament, told)
        case events.EpochBegun() | events.PastNamed() | events.MissingClosed():
            return _past(fact), ""
        case _:
            return _without_score(tournament, fact), ""


def _without_score(
    tournament: state.Tournament | None,
    fact: events.MatchStarted
    | events.SlotFilled
    | events.SlotAssigned
    | events.EntryHeld
    | events.ConflictSettled
    | events.Notified
    | events.BroadcastSent,
) -> str:
    match fact:
        case events.MatchStarted():
            return "started"
        case events.SlotFilled(which, team_id):
            return f"{_name(tournament, team_id)} takes the {which} side"
        case events.SlotAssigned(which, team_id):
            return f"{_name(tournament, team_id)} assigned to the {which} side"
        case events.EntryHeld(entry):
            return f"held: {command(tournament, entry.command)}"
        case events.ConflictSettled(held, taken):
            return f"decided: {DECIDED[taken]}" + (f" ({len(held)})" if len(held) > 1 else "")
        case events.BroadcastSent(name):
            return f"broadcast: {name}"
        case _:
            return f"{fact.title}: {fact.text}" if fact.text else fact.title


def _adopted(tournament: state.Tournament | None, fact: events.EventAdopted) -> tuple[str, str]:
    """Say what came back, and where it stood."""
    what, result = happened(tournament, fact.event)
    mark = {"counts": "back", "held": "back, held", "known": "counted already"}
    return f"{mark[fact.taken]}: {what} ({fact.event.by}, was {fact.epoch}:{fact.event.seq})", result


def _past(fact: events.EpochBegun | events.PastNamed | events.MissingClosed) -> str:
    match fact:
        case events.EpochBegun(parent, after):
            return f"new epoch, goes on from {parent}:{after}"
        case events.PastNamed(epoch, _, seen):
            return f"{epoch} was seen up to {seen}"
        case _:
            return f"nobody waits for {fact.epoch} up to {fact.until} any more"


DECIDED = {"hub": "the hub's stays", "instead": "replaced", "withdrawn": "withdrawn by its author"}


def _name(tournament: state.Tournament | None, team_id: ids.TeamId) -> str:
    return team(tournament, team_id) if tournament else text.clean(team_id)


def _added(tournament: state.Tournament | None, added: commands.AddScore | events.PointsAdded) -> str:
    """Say what points were added: `Lions +1`; in a game of cups what was done, and by whom."""
    done = signed(added.delta) if added.action is None else f"{added.action} {signed(added.delta)}"
    if added.action == "miss":
        done = "miss"
    return f"{_name(tournament, added.team)} {done}" + (f", {added.player}" if added.player else "")


def _score(tournament: state.Tournament | None, event: events.Event, score: commands.Score) -> str:
    """Return a score of an event's match, as its kind of game writes it."""
    match = tournament.matches.get(event.match) if tournament and event.match else None
    if tournament is None or match is None:
        return points(score)
    return tally.pair(tally.rules_of(tournament, match), score)


def _undone(tournament: state.Tournament | None, event: events.Event, fact: events.EntryUndone) -> str:
    match = tournament.matches.get(event.match) if tournament and event.match else None
    if tournament is None or match is None or fact.touches == "all":
        return "score"
    delta = (fact.after.home - fact.before.home) or (fact.after.away - fact.before.away)
    return f"{side(tournament, match, fact.touches)} {signed(delta)}"


def waits(queued: Queued, *, connected: bool) -> str:
    """Say what an entry of this device waits for, or what became of it."""
    match queued.state:
        case "saved" if not connected:
            return "saved here, no hub yet"
        case "saved":
            return "saved here"
        case "conflict" | "refused":
            why = f": {tidy(queued.reason)}" if queued.reason else ""
            return f"{STATE_WORDS[queued.state]}{why}"
        case state_:
            return STATE_WORDS[state_]
