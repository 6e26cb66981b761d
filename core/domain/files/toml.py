"""Writes a plan in Courtside's own format, as TOML that `native.read` reads back as the same plan."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, assert_never

import msgspec

from core.domain.games import CupsRules, Game, SetsRules
from core.domain.plan import (
    DoubleElimination,
    Fixture,
    Format,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    RoundRobin,
    SingleElimination,
    Slot,
    Source,
    Stage,
    Swiss,
    WinnerOf,
)
from core.domain.tables.brackets import ordinal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.domain.ids import MatchId


def write(plan: Plan) -> str:
    """Return the plan as TOML, everything by its id."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield from _tournament(plan)
    for team in plan.teams:
        yield from _table("[[teams]]", id=team.id, name=team.name, code=team.code or None)
    for court in plan.courts:
        yield from _table("[[courts]]", id=court.id, name=court.name)
    if plan.timetable is not None:
        starts_at = plan.timetable.starts_at.astimezone(UTC).isoformat()
        yield from ("", "[timetable]", f"starts_at = {starts_at}", f"minutes = {plan.timetable.minutes}")
    for game in plan.games:
        yield from _game(game)
    for stage in plan.stages:
        yield from _stage(stage)
    for fixture in plan.fixtures:
        yield from _match(fixture)


def _tournament(plan: Plan) -> Iterator[str]:
    yield from _table("[tournament]", id=plan.id, name=plan.name, venue=plan.venue or None)
    if plan.status != "running":
        yield f"status = {_text(plan.status)}"
    if plan.on_withdrawal != "forfeit":
        yield f"on_withdrawal = {_text(plan.on_withdrawal)}"
    if plan.on_disqualification != "forfeit":
        yield f"on_disqualification = {_text(plan.on_disqualification)}"
    if plan.moderators_confirm:
        yield "moderators_confirm = true"


def _table(header: str, **texts: str | None) -> Iterator[str]:
    """Write a table of texts; `None` leaves a key out."""
    yield from ("", header)
    for key, text in texts.items():
        if text is not None:
            yield f"{key} = {_text(text)}"


def _stage(stage: Stage) -> Iterator[str]:
    yield from _table("[[stages]]", id=stage.id, name=stage.name, kind=stage.kind)
    yield f"points = {{ win = {stage.win}, draw = {stage.draw}, loss = {stage.loss} }}"
    yield f"tie_breaks = {_list(stage.tie_breaks)}"
    if stage.game is not None:
        yield f"game = {_text(stage.game)}"
    if stage.forfeit is not None:
        yield f"forfeit = {list(stage.forfeit)}"
    if stage.format is not None:
        yield from _format(stage.format)
    for pool in stage.pools:
        yield from _table("[[stages.pools]]", id=pool.id, name=pool.name)
        yield f"teams = {_list(pool.teams)}"


def _format(format_: Format) -> Iterator[str]:
    yield f"format = {_text(str(format_.__struct_config__.tag))}"
    match format_:
        case RoundRobin(legs):
            yield f"legs = {legs}"
        case Swiss(rounds):
            yield f"rounds = {rounds}"
        case SingleElimination(entrants, third_place):
            yield from _entrants(entrants)
            yield f"third_place = {_flag(third_place)}"
        case DoubleElimination(entrants, reset):
            yield from _entrants(entrants)
            yield f"reset = {_flag(reset)}"
        case _:
            assert_never(format_)


def _entrants(entrants: tuple[Slot, ...]) -> Iterator[str]:
    if entrants:
        yield f"entrants = [{', '.join(map(_side, entrants))}]"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _game(game: Game) -> Iterator[str]:
    yield from _table("[[games]]", id=game.id, name=game.name, kind=str(game.rules.__struct_config__.tag))
    yield f"places = {list(game.places)}"
    if isinstance(game.rules, SetsRules | CupsRules):
        for name in game.rules.__struct_fields__:
            yield f"{name} = {getattr(game.rules, name)}"


def _match(fixture: Fixture) -> Iterator[str]:
    yield from _table(
        "[[matches]]",
        id=_short(fixture.id),
        stage=fixture.stage,
        pool=fixture.pool,
        round=fixture.round,
        court=fixture.court,
    )
    if fixture.reset_of is not None:
        yield f"reset_of = {_text(_short(fixture.reset_of))}"
    if fixture.starts_at is not None:
        yield f"starts_at = {fixture.starts_at.astimezone(UTC).isoformat()}"
    yield f"home = {_side(fixture.home)}"
    yield f"away = {_side(fixture.away)}"


def _side(slot: Slot) -> str:
    if slot.source is None:
        return _text(slot.team or "")
    if slot.team is None:
        return _text(_source(slot.source))
    return f"{{ team = {_text(slot.team)}, from = {_text(_source(slot.source))} }}"


def _source(source: Source) -> str:
    match source:
        case WinnerOf(match):
            return f"winner of {_short(match)}"
        case LoserOf(match):
            return f"loser of {_short(match)}"
        case PlaceOf(pool, rank):
            return f"{ordinal(rank)} of {pool}"
        case OneOf(pools, rank):
            return f"{ordinal(rank)} of {'/'.join(pools)}"
        case _:
            assert_never(source)


def _short(match: MatchId) -> str:
    return match.rpartition(".")[2]


def _list(values: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(text: str) -> str:
    """Write a string: what JSON escapes in a printable text, TOML 1.0 escapes alike."""
    return msgspec.json.encode(text).decode()
