"""Names that are the same, or look the same, are told apart before they stand in a list."""

from __future__ import annotations

import pytest

from core.domain.names import look_alikes, name_problem, skeleton, twins


@pytest.mark.parametrize("name", ["reds", "REDS ", "R e d s", "\uff32eds"])
def test_capitals_spaces_and_width_make_no_other_name(name: str) -> None:
    assert name_problem(name, ["Blues", "Reds"]) == "there is 'Reds' already: take another name"
    assert twins(["Blues", "Reds", name]) == (("Reds", name),)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("R\u0435ds", "Reds"),  # a Cyrillic e
        ("T\u00fcrkiye", "Turkiye"),
        ("Team l", "Team I"),
        ("Team 0", "Team O"),
        ("St. Pauli", "St Pauli"),
        ("Bums", "Burns"),
        ("\u039flympos", "Olympos"),  # a Greek O
        ("VVaves", "Waves"),
    ],
)
def test_what_reads_alike_is_a_look_alike(name: str, like: str) -> None:
    assert name_problem(name, [like]) == f"{name!r} looks like {like!r}: take a name that nobody mixes up"
    assert look_alikes([like, name]) == ((like, name),)
    assert twins([like, name]) == ()


def test_different_names_are_fine_together() -> None:
    names = [
        "Reds",
        "Blues",
        "Team I",
        "Team L",
        "Team 10",
        "Team 11",
        "\u0421\u043f\u0430\u0440\u0442\u0430\u043a",
    ]
    assert look_alikes(names) == ()
    assert name_problem("Greens", names) is None


def test_a_name_needs_something_to_read() -> None:
    assert name_problem(" - ", []) == "a name needs a letter or a digit"
    assert skeleton("...") == ""
