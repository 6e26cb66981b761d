"""One event as a line: JSON for programs, words for people and screen readers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import commands, events, ids

if TYPE_CHECKING:
    from core import Match, Tournament


def event_document(state: Tournament, event: events.Event) -> dict[str, object]:
    """Return an event as `courtside watch --json` prints it; keys that do not apply are left out.

    Args:
        state: the tournament with the event applied.
        event: what happened.
    """
    document: dict[str, object] = {"seq": event.seq}
    if event.match is not None:
        document |= {"version": event.version, "type": events.fact_name(event.fact), "match": event.match}
    else:
        document["type"] = events.fact_name(event.fact)
    document |= _details(state, event)
    document |= {
        "by": event.by,
        "device": event.device,
        "entered_at": event.entered_at,
        "received_at": event.received_at,
        "id": event.command,
    }
    return document | {key: text for key in ("deliverer", "why") if (text := getattr(event, key))}


def event_text(state: Tournament, event: events.Event) -> str:
    """Return an event as a line for people.

    Args:
        state: the tournament with the event applied.
        event: what happened.
    """
    where = "" if event.match is None else ids.short_form(event.match)
    details = _details(state, event)
    parts = [events.fact_name(event.fact).replace("_", " ")]
    team = details.get("team")
    if isinstance(team, str) and team in state.teams:
        parts.append(state.teams[ids.TeamId(team)].name)
    if "delta" in details:
        parts.append(f"{details['delta']:+}")
    if event.match is not None:
        match = state.matches[event.match]
        home, away = _side(state, match, "home"), _side(state, match, "away")
        parts.append(f"({home} {match.score.home}-{match.score.away} {away})")
    if "title" in details:
        parts.append(f"{details['title']}: {details['text']}".removesuffix(": "))
    at = event.received_at.astimezone()
    return f"{event.seq:>6}  {at:%H:%M:%S}  {where:<5} {' '.join(parts)} by {event.by}"


def _details(state: Tournament, event: events.Event) -> dict[str, object]:
    """Return what is particular to this event: team, points, the score that stands after it."""
    details = _particulars(event)
    if event.match is None:
        return details
    match = state.matches[event.match]
    if match.home.team is not None and match.away.team is not None:
        details["scores"] = {match.home.team: match.score.home, match.away.team: match.score.away}
    if isinstance(event.fact, events.EntryUndone) and event.fact.touches != "all":
        fact = event.fact
        side = match.slot(event.fact.touches)
        home, away = fact.after.home - fact.before.home, fact.after.away - fact.before.away
        details |= {"team": side.team, "delta": home if fact.touches == "home" else away}
    return details


def _particulars(event: events.Event) -> dict[str, object]:  # noqa: C901 - one flat case a fact
    match event.fact:
        case events.TournamentCreated(plan):
            return {"tournament": plan.id, "name": plan.name}
        case events.PointsAdded(team, _, delta):
            return {"team": team, "delta": delta}
        case events.EntryUndone(of):
            return {"of": of}
        case events.MatchCompleted(_, winner, shootout):
            found = {"winner": winner, "shootout": shootout}
            return {key: value for key, value in found.items() if value is not None}
        case events.SlotFilled(side, team) | events.SlotAssigned(side, team):
            return {"team": team, "side": side}
        case events.EntryHeld(entry, against):
            added = entry.command if isinstance(entry.command, commands.AddScore) else None
            return {"against": against} | ({"team": added.team, "delta": added.delta} if added else {})
        case events.ConflictSettled(held, taken):
            return {"held": held, "taken": taken}
        case events.Notified(title, text, level):
            return {"title": title, "text": text, "level": level}
        case events.EpochBegun(parent, after):
            return {"parent": parent, "after": after}
        case events.EventAdopted(epoch, adopted, taken):
            old = {"epoch": epoch, "seq": adopted.seq, "type": events.fact_name(adopted.fact)}
            return _particulars(adopted) | {"old": old | {"by": adopted.by}, "taken": taken}
        case events.PastNamed(epoch, _, until) | events.MissingClosed(epoch, until):
            return {"epoch": epoch, "until": until}
        case events.BroadcastSent(name, data):
            return {"event": name, "data": data}
        case _:
            return {}


def _side(state: Tournament, match: Match, side: commands.Side) -> str:
    team = match.slot(side).team
    return "?" if team is None else state.teams[team].code or state.teams[team].name
