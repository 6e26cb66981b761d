"""A file's tables are read strictly: what stands in no place of its own is refused, with what comes near."""

from __future__ import annotations

import pytest

from core.domain.files.shapes import GameShape, MatchShape, SideShape, near, read_shape
from core.errors import BadFile

TOML = b"""
[tournament]
name = "Cup"
[[games]]
name = "Pong"
kind = "cups"
[[matches]]
home = { team = "Reds", from = "1st of A" }
away = "Blues"
"""


def test_toml_and_json_hold_the_same_tables() -> None:
    found = read_shape("cup.toml", TOML)
    assert found.tournament.name == "Cup"
    assert found.games == (GameShape("Pong", kind="cups"),)
    assert found.matches == (MatchShape(SideShape("Reds", "1st of A"), "Blues"),)
    json = b' {"tournament": {"name": "Cup"}, "games": [{"name": "Pong", "kind": "cups"}]}'
    assert read_shape("cup.json", json).games == found.games


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "neither TOML nor JSON"),
        (b"name =", "neither TOML nor JSON"),
        (b"\xff", "neither TOML nor JSON"),
        (b"[tournament]", "tournament: Object missing required field name"),
        (b"[tournament]\nname = 3", "tournament.name: Expected str, got int"),
        (b"[tournament]\nname = 'a'\nvenu = 'b'", "unknown key 'venu'; did you mean venue?"),
        (
            b"[tournament]\nname = 'a'\n[[games]]\nname = 'b'\nzzz = 1",
            "unknown key 'zzz'; known: best_of, bounce",
        ),
        (b"[turnament]\nname = 'a'", "top level: unknown key 'turnament'; did you mean tournament?"),
        (
            b"[tournament]\nname = 'a'\n[[stages]]\nname = 'b'\nkind = 'pools'\nformat = 'x'",
            "Invalid enum value 'x'",
        ),
    ],
)
def test_what_is_out_of_place_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_shape("cup.toml", content)
    assert why in str(caught.value)


def test_names_that_come_near_are_named_else_all() -> None:
    assert near("nam", ["name", "id"]) == "; did you mean name?"
    assert near("zzz", ["name", "id"]) == "; known: id, name"
