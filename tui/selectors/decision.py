"""A decision about a conflict: both sides beside each other; what each choice would do, as words and command.

Guarantees that the words and the command of a choice come from the same computation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, TypeAlias

from core import commands, ids
from tui.selectors import entry, tally, words
from tui.selectors.cells import Line, Role, Run, clip, fit
from tui.selectors.queue import shown_of
from tui.selectors.scene import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core import state
    from tui.selectors.queue import Conflict
    from tui.selectors.scene import Scene

CHOICES = "    t take hub's    m send {} again    e edit then send    d decide later"
CHOICES_SHORT = "  t take hub's  m send {}  e edit  d later"
PROMISE = "    Nothing is sent or thrown away until you choose and confirm."
ROOMY, HIGH = 20, 32
"""Rows of a window from which on a conflict is shown whole, and with what each choice would do."""
KINDS = 5
"""How many different entries are named one by one."""
LABEL = 13
"""Width of the panel's first column."""
Instead: TypeAlias = (
    commands.AddScore | commands.SetScore | commands.EnterSets | commands.SetTime | commands.CompleteMatch
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to decide, ready to be asked about."""

    title: str
    consequence: str
    """What will happen, in words."""
    command: commands.Settle


def panel(scene: Scene, conflict: Conflict, width: int, height: int) -> tuple[Line, ...]:
    """Return the lines that show a conflict, its choices last.

    Args:
        scene: the moment.
        conflict: the one under the cursor.
        width: of the window, in cells.
        height: of the window: a low one gets fewer lines, a high one what each choice would do.
    """
    tournament = shown_of(scene, conflict.match).confirmed
    match = tournament.matches[conflict.match]
    three = width >= 100
    cell = (width - LABEL - 2) // (3 if three else 2)

    def line(label: str, yours: str, hub: str, before: str, role: Role = "plain") -> Line:
        cells = (yours, hub, before) if three else (yours, hub)
        texts = "".join(fit(text, cell - 1) + " " for text in cells)
        return (Run("  " + fit(label, LABEL), "dim"), Run(texts, role))

    first = conflict.held[0].entry
    between = since(match, conflict)
    last = between[-1] if between else None
    rules = tally.rules_of(tournament, match)
    base = tally.pair(rules, before_both(match, conflict))
    version = f"v{first.base.version}" if first.base else "-"
    mine = mine_after(match, conflict)
    court = words.court(tournament, match)
    title = f" CONFLICT  {ids.short_form(match.id)} {words.versus(tournament, match)}"
    yours = "yours" if conflict.own else f"{first.by} on {first.device}"
    lines = [
        (Run(title, "conflict"), Run(f"   {words.at_court(court)}", "dim")),
        line("", yours, "hub", f"before both ({version})", "heading"),
        line("score", tally.pair(rules, mine), tally.result(tournament, match), base, "strong"),
        line("entry", entries_in_words(tournament, conflict), match.phase, ""),
    ]
    if height >= ROOMY:
        who = f"{last.by}, {last.device}, {scene.time(last.entered_at)}" if last else "-"
        lines += [
            line("entered by", f"{first.by}, {scene.time(first.entered_at)}", who, "-"),
            line("based on", version, f"{version}, then v{match.version}", version),
        ]
    between_told = clip((Run("  between: ", "dim"), Run(_between(tournament, match, between))), width)
    return (*lines, between_told, *_choices(scene, conflict, width, height))


def _choices(scene: Scene, conflict: Conflict, width: int, height: int) -> tuple[Line, ...]:
    """Name the keys; in a high window with what each would do."""
    whose = "mine" if conflict.own else "theirs"
    choices, short = CHOICES.format(whose), CHOICES_SHORT.format(whose)
    if height < ROOMY:
        return ((Run(choices if len(choices) <= width else short, "strong"),),)
    if height < HIGH:
        return ((), (Run(choices, "strong"),), (Run(PROMISE, "dim"),))
    hub, mine = take_hub(scene, conflict), send_mine(scene, conflict)
    offered = (
        ("t take hub's", hub.consequence),
        (f"m send {whose}", mine if isinstance(mine, str) else mine.consequence),
        ("e edit", "You set the score that counts, in place of both. Both stay in the history."),
        ("d later", "Nothing changes: it stays here until somebody decides."),
    )
    lines: list[Line] = [()]
    for key, told in offered:
        first, *more = wrap(told, min(width - 18, entry.WIDEST)) or [""]
        lines.append((Run(f"  {key:<14}", "strong"), Run(first)))
        lines += [(Run(" " * 16), Run(line)) for line in more[:2]]
    return (*lines, (Run(PROMISE, "dim"),))


def _between(tournament: state.Tournament, match: state.Match, entries: tuple[state.Counted, ...]) -> str:
    told = (f"{words.counted(tournament, match, one)} ({one.by})" for one in entries)
    return _summed(told) or "-"


def entries_in_words(tournament: state.Tournament, conflict: Conflict) -> str:
    """Return the held entries of a conflict in words, equal ones together."""
    return _summed(words.command(tournament, held.entry.command) for held in conflict.held)


def _summed(told: Iterable[str]) -> str:
    """Join what was done: equal things once, with how often; of many different ones the first few."""
    times = Counter(told)
    parts = [what if number == 1 else f"{number} x {what}" for what, number in times.items()]
    more = sum(times.values()) - sum(list(times.values())[:KINDS])
    return ", ".join(parts[:KINDS]) + (f", and {more} more" if more else "")


def before_both(match: state.Match, conflict: Conflict) -> commands.Score:
    """Return the score that the author saw."""
    base = conflict.held[0].entry.base
    version = base.version if base is not None else 0
    seen = [entry for entry in match.entries if entry.version <= version]
    return seen[-1].after if seen else commands.Score()


def since(match: state.Match, conflict: Conflict) -> tuple[state.Counted, ...]:
    """Return what others entered since the author's base."""
    base = conflict.held[0].entry.base
    version = base.version if base is not None else 0
    return tuple(
        entry for entry in match.entries if entry.version > version and entry.device != conflict.device
    )


def mine_after(match: state.Match, conflict: Conflict) -> commands.Score:
    """Return the score that the author would have had."""
    score = before_both(match, conflict)
    for held in conflict.held:
        score = _after(match, score, held.entry.command)
    return score


def _after(match: state.Match, score: commands.Score, asked: commands.Command) -> commands.Score:
    match asked:
        case commands.AddScore(_, team, delta):
            return score.plus(delta, 0) if match.side_of(team) == "home" else score.plus(0, delta)
        case commands.SetScore(_, wanted):
            return wanted
        case commands.SetTime(_, team, time):
            at_home = match.side_of(team) == "home"
            return commands.Score(time, score.away) if at_home else commands.Score(score.home, time)
        case commands.Undo(_, of):
            taken = _delta(match, of)
            return score.plus(-taken.home, -taken.away)
        case _:
            return score


def _delta(match: state.Match, of: ids.CommandId) -> commands.Score:
    named = [entry.delta for entry in match.entries if entry.id == of]
    return commands.Score(sum(delta.home for delta in named), sum(delta.away for delta in named))


def take_hub(scene: Scene, conflict: Conflict) -> Choice:
    """Return the choice that leaves the hub's score as it is."""
    tournament = shown_of(scene, conflict.match).confirmed
    match = tournament.matches[conflict.match]
    mine = f"{_whose(conflict)} {counted(len(conflict.held), 'entry', 'entries')}"
    theirs = tally.result(tournament, match)
    return Choice(
        "Take the hub's",
        f"The hub's {theirs} stays. {mine} ({entries_in_words(tournament, conflict)}) "
        "will count nowhere, and stay in the history.",
        commands.Settle(match.id, _held_ids(conflict)),
    )


def send_mine(scene: Scene, conflict: Conflict) -> Choice | str:
    """Return the choice that enters the held entries again on top of the hub's score, or why not."""
    tournament = shown_of(scene, conflict.match).confirmed
    match = tournament.matches[conflict.match]
    if match.finished:
        return _finished(match)
    rules = tally.rules_of(tournament, match)
    instead: list[Instead] = []
    score = match.score
    for held in conflict.held:
        again = _again(match, held.entry.command)
        if again is None:
            what = words.command(tournament, held.entry.command)
            return f"'{what}' cannot be sent again: take the hub's, then do it anew"
        instead.extend(again)
        for one in again:
            score = _after(match, score, one)
    if min(score.home, score.away) < 0:
        return f"That would make the score {tally.pair(rules, score)}: edit it instead"
    final = any(isinstance(one, commands.CompleteMatch) for one in instead)
    return Choice(
        "Send mine again" if conflict.own else "Send theirs again",
        f"{entries_in_words(tournament, conflict)} on top of the hub's {tally.pair(rules, match.score)}: "
        f"the score becomes {tally.pair(rules, score)}{' and is final' if final else ''}. "
        "The hub's entries stay in the history.",
        commands.Settle(match.id, _held_ids(conflict), tuple(instead)),
    )


def edited(scene: Scene, conflict: Conflict, score: commands.Score) -> Choice | str:
    """Return the choice that sets another score in place of the held entries, or why that cannot be."""
    tournament = shown_of(scene, conflict.match).confirmed
    match = tournament.matches[conflict.match]
    if match.finished:
        return _finished(match)
    rules = tally.rules_of(tournament, match)
    mine, hubs = (tally.pair(rules, one) for one in (mine_after(match, conflict), match.score))
    return Choice(
        "Set the score",
        f"The score becomes {tally.pair(rules, score)} in place of the hub's {hubs} "
        f"and of {_whose(conflict).lower()} {mine}. Both stay in the history.",
        commands.Settle(match.id, _held_ids(conflict), entry.exactly(rules, match, score)),
    )


def _finished(match: state.Match) -> str:
    return (
        f"{ids.short_form(match.id)} is {match.phase} at the hub: ops must reopen it before points can count"
    )


def _again(match: state.Match, asked: commands.Command) -> tuple[Instead, ...] | None:
    match asked:
        case commands.AddScore() | commands.SetScore() | commands.CompleteMatch():
            return (asked,)
        case commands.EnterSets() | commands.SetTime():
            return (asked,)
        case commands.Undo(_, of):
            taken = _delta(match, of)
            sides = ((match.home.team, -taken.home), (match.away.team, -taken.away))
            return tuple(
                commands.AddScore(match.id, team, delta)
                for team, delta in sides
                if team is not None and delta
            )
        case _:
            return None


def _held_ids(conflict: Conflict) -> tuple[ids.CommandId, ...]:
    return tuple(held.entry.id for held in conflict.held)


def _whose(conflict: Conflict) -> str:
    return "Your" if conflict.own else f"{conflict.held[0].entry.by}'s"
