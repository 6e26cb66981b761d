"""Exports: the JSON folds to itself byte for byte, the CSV cannot run formulas."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.commands import Command, Notify, StartMatch
from core.domain.files.export import (
    CSV_COLUMNS,
    PastLog,
    export_csv,
    export_json,
    export_opening,
    fold_export,
    read_export,
    read_past,
)
from core.domain.ids import Epoch
from core.domain.plan import Plan
from core.domain.state import Tournament
from core.errors import BadFile, BadLog
from tests.support.tournaments import (
    EPOCH,
    cup,
    finals,
    fold,
    league,
    log,
    match,
    official,
    point,
    record,
    result,
)

CUP = cup(4)
PLAYED: tuple[Command, ...] = (
    *official(CUP, 1, 2, 1),
    *result(CUP, 2, 1, 1, (4, 3)),
    Notify("Final", "at six"),
    point(CUP, 3, "a"),
)


def test_the_json_has_the_keys_that_stay_and_the_whole_log() -> None:
    events, state = record(CUP, PLAYED)
    document = msgspec.json.decode(export_json(events, EPOCH))
    assert document["tournament"] == {
        "id": "cup",
        "name": "Cup",
        "venue": "",
        "epoch": "e1",
        "seq": state.position.seq,
    }
    assert [team["id"] for team in document["teams"]] == ["a", "b", "c", "d"]
    assert [found["score"] for found in document["matches"]] == [[2, 1], [1, 1], [1, 0]]
    assert [found["shootout"] for found in document["matches"]] == [None, [4, 3], None]
    assert [found["state"] for found in document["matches"]] == ["official", "final", "live"]
    assert [event["seq"] for event in document["log"]] == list(range(1, state.position.seq + 1))
    assert all(event["by"] == "Ann" for event in document["log"])


def test_the_logs_of_older_epochs_are_read_again() -> None:
    events, _ = record(CUP, PLAYED)
    past = PastLog(Epoch("e0"), events[:2])
    assert read_past(export_json(events, EPOCH, [past])) == (past,)
    assert read_past(export_json(events, EPOCH)) == ()


def test_the_parts_of_an_export_are_the_whole() -> None:
    events, state = record(CUP, PLAYED)
    parts = b",".join(map(msgspec.json.encode, events))
    assert export_opening(state) + parts + b"]}" == export_json(events, EPOCH)


def test_the_log_alone_gives_the_same_bytes_and_state() -> None:
    events, state = record(CUP, PLAYED)
    exported = export_json(events, EPOCH)
    kept = msgspec.json.decode(exported)
    alone = msgspec.json.encode({"tournament": {"epoch": kept["tournament"]["epoch"]}, "log": kept["log"]})
    assert fold_export(exported) == fold_export(alone) == state
    assert export_json(*read_export("x", alone)) == exported


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3)), max_size=12))
def test_any_tournament_folds_to_its_own_export(points: list[tuple[str, int]]) -> None:
    plan = league(2)
    events, state = record(plan, [point(plan, 1, team, delta) for team, delta in points])
    exported = export_json(events, EPOCH)
    assert fold_export(exported) == state
    assert export_json(*read_export("x", exported)) == exported


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"not json", b'{"tournament": {"epoch": "e"}, "log": [3]}', b"\xff"]
)
def test_what_is_no_export_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile, match=r"export: not an export of a tournament"):
        fold_export(content)


def test_an_export_with_a_hole_in_its_log_is_refused() -> None:
    events = log(CUP, *PLAYED)
    document = msgspec.json.decode(export_json(events, EPOCH))
    del document["log"][2]
    with pytest.raises(BadFile, match=r"mine\.json: its log is not complete"):
        fold_export(msgspec.json.encode(document), "mine.json")
    with pytest.raises(BadLog):
        export_json((), EPOCH)


def rows(state: Tournament) -> list[dict[str, str]]:
    """Return the CSV read back, a row a match."""
    return list(csv.DictReader(io.StringIO(export_csv(state))))


def test_the_csv_has_a_row_a_match_and_no_score_before_the_start() -> None:
    first, second, final = rows(fold(CUP, *PLAYED[:-1]))
    assert tuple(first) == CSV_COLUMNS
    assert (first["match"], first["home"], first["home_score"], first["winner"]) == (
        "M001",
        "Team A",
        "2",
        "Team A",
    )
    assert (second["home_shootout"], second["away_shootout"], second["winner"]) == ("4", "3", "Team C")
    assert (final["home"], final["home_score"], final["state"], final["winner"]) == (
        "Team A",
        "",
        "scheduled",
        "",
    )


def test_the_csv_names_pool_court_and_time_and_where_a_team_will_come_from() -> None:
    plan = league(2)
    (only,) = rows(fold(plan, StartMatch(match(plan, 1))))
    assert (only["pool"], only["court"], only["starts_at"]) == (
        "Group A",
        "Court 1",
        "2026-06-14T13:00:00+00:00",
    )
    assert (only["home_score"], only["away_score"]) == ("0", "0")
    assert rows(fold(finals()))[3]["home"] == "1st of Group A"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_name_is_no_formula_in_a_spreadsheet(name: str) -> None:
    plan = cup(2)
    teams = (replace(plan.teams[0], name=name), plan.teams[1])
    (only,) = rows(fold(replace(plan, teams=teams), *result(plan, 1, 1, 0)))
    assert (only["home"], only["winner"]) == (f"'{name}", f"'{name}")


def test_names_with_commas_and_quotes_stay_one_cell() -> None:
    plan: Plan = cup(2)
    teams = (replace(plan.teams[0], name='Smith, "Bob"'), plan.teams[1])
    assert rows(fold(replace(plan, teams=teams)))[0]["home"] == 'Smith, "Bob"'
