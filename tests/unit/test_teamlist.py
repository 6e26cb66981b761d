"""A list of teams becomes a tournament; a row that cannot be used is named."""

from __future__ import annotations

import pytest

from core.domain.files.shapes import FormatName
from core.domain.files.teamlist import looks_like_teams, read
from core.domain.plan import DoubleElimination, Plan, RoundRobin, SingleElimination, Swiss
from core.errors import BadFile


def plan(text: str, name: str = "teams.csv") -> Plan:
    return read(name, text.encode()).plan


def test_all_teams_play_each_other_where_there_are_no_pools() -> None:
    found = plan("name\nReds\nBlues\n\nGreens\n", "/home/ana/Summer Cup.csv")
    assert (found.id, found.name) == ("summer-cup", "Summer Cup")
    assert [team.id for team in found.teams] == ["reds", "blues", "greens"]
    (stage,) = found.stages
    assert stage.format == RoundRobin()
    assert [(pool.id, pool.name, len(pool.teams)) for pool in stage.pools] == [("all", "All", 3)]
    assert len(found.fixtures) == 3


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_pools_codes_ids_and_seeds_are_columns_in_any_order(separator: str) -> None:
    rows = ["Seed,NAME,pool,id,code", "2,Reds,B,r,RED", ",Blues,a,,", "1,Greens,B,,", ",Golds,a,,"]
    rows.append(",Jets,Late,,")
    found = plan("\r\n".join(rows).replace(",", separator), "x")
    assert [team.id for team in found.teams] == ["greens", "r", "blues", "golds", "jets"]
    assert found.teams[1].code == "RED"
    assert [(pool.id, pool.name, pool.teams) for pool in found.stages[0].pools] == [
        ("a", "Pool a", ("blues", "golds")),
        ("b", "Pool B", ("greens", "r")),
        ("late", "Late", ("jets",)),
    ]


def test_names_in_quotes_may_hold_the_separator() -> None:
    assert plan('name,code\n"Smith, Bob",SB\nAnn,A\n').teams[0].name == "Smith, Bob"


def test_a_list_may_be_played_as_a_knock_out_or_by_the_swiss_system() -> None:
    rows = "name,seed\nReds,2\nBlues,1\nGreens,3\nGolds,4\nJets,5\n"

    def drawn(format: FormatName) -> Plan:
        return read("cup.csv", rows.encode(), format).plan

    knockout = drawn("single_elimination")
    assert knockout.stages[0].format == SingleElimination(third_place=True)
    assert [fixture.round for fixture in knockout.fixtures][-2:] == ["Third place", "Final"]
    assert drawn("double_elimination").stages[0].format == DoubleElimination()
    swiss = drawn("swiss")
    assert (swiss.stages[0].format, swiss.fixtures) == (Swiss(3), ())
    assert swiss.stages[0].tie_breaks[0] == "buchholz"


def test_a_knock_out_of_three_has_no_match_for_third_place() -> None:
    plan = read("cup.csv", b"name\nReds\nBlues\nGreens\n", "single_elimination").plan
    assert plan.stages[0].format == SingleElimination()


def test_a_pool_is_the_same_in_capitals_and_small_letters() -> None:
    (stage,) = read("cup.csv", b"name,pool\nReds,A\nBlues,b\nGreens,a\nGolds,B\n").plan.stages
    assert [(pool.name, pool.teams) for pool in stage.pools] == [
        ("Pool A", ("reds", "greens")),
        ("Pool b", ("blues", "golds")),
    ]


def test_a_knock_out_takes_no_pools() -> None:
    with pytest.raises(BadFile, match="a knock-out has no pools"):
        read("cup.csv", b"name,pool\nReds,A\nBlues,B\n", "double_elimination")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "row 1: it must name the columns, name among them"),
        ("code\nx\n", "row 1: it must name the columns, name among them"),
        ("name,cod\nx,y\n", "row 1: there is no column 'cod'; did you mean code?"),
        ("name,zzzz\nx,y\n", "row 1: there is no column 'zzzz'; known: name, code, id, pool, seed"),
        ("name,name\nx,y\n", "row 1: a column stands twice"),
        ("name\nx\n", "it lists fewer than two teams"),
        ("name,code\nx,y\n,z\n", "row 3: it has no name"),
        ("name\nx,y\n", "row 2: it has 2 cells, and there are 1 columns"),
        ("name,seed\nx,0\ny,1\n", "row 2: the seed '0' is not a number from 1 on"),
        ("name,seed\nx,one\ny,1\n", "row 2: the seed 'one' is not a number from 1 on"),
        ("name\nReds\nREDS\n", "teams: two are called 'REDS': give one of them another name"),
        ("name,id\nReds,R!\nBlues,b\n", "team R!: its id is not a slug"),
        (
            "name\n" + "".join(f"Side no. {n} of all\n" for n in range(66)),
            "has 66 teams, and at most 64 can all meet each other",
        ),
    ],
)
def test_what_cannot_be_used_is_named(text: str, why: str) -> None:
    with pytest.raises(BadFile) as caught:
        plan(text)
    assert why in str(caught.value)


def test_another_alphabet_of_bytes_is_refused() -> None:
    with pytest.raises(BadFile, match="not UTF-8: save it as CSV UTF-8"):
        read("x.csv", b"name\n\xff\n")


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"name\nReds", True), (b'\xef\xbb\xbf"Name";"Code"', True), (b'name = "x"', False), (b"", False)],
)
def test_a_list_is_told_by_its_columns(content: bytes, found: bool) -> None:
    assert looks_like_teams(content) is found
