from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from core.domain.brackets import champion
from core.domain.commands import AddScore, Command, CompleteMatch, CreateTournament, Entry
from core.domain.ids import CommandId, DeviceId, Epoch
from core.domain.checks import check
from core.domain.rules import Accepted, judge
from core.domain.state import Tournament
from tests.support.tournaments import NOON
from tui.cli.simulation import POINTS, TOURNAMENT, assignments, cup, presses


def enter(state: Tournament | None, command: Command, number: int) -> Tournament:
    entry = Entry(
        id=CommandId(f"c{number}"),
        tournament=TOURNAMENT,
        command=command,
        by="ana",
        device=DeviceId("desk"),
        entered_at=NOON,
    )
    verdict = judge(state, entry, NOON, Epoch("e"))
    assert isinstance(verdict, Accepted), verdict
    return verdict.state


def played(seed: int) -> Tournament:
    """Play a whole cup by the rules, without any hub."""
    random, number = Random(seed), 1
    state = enter(None, CreateTournament(cup(random)), 0)
    for match_id in state.matches:
        while (decision := next(assignments(state), None)) is not None:
            state, number = enter(state, decision, number), number + 1
        match = state.matches[match_id]
        for press in presses(random):
            team = match.slot(press.side).team
            assert team is not None
            if press.kind == "point":
                state, number = enter(state, AddScore(match_id, team, 1), number), number + 1
        state, number = enter(state, CompleteMatch(match_id), number), number + 1
    return state


def test_the_cup_can_be_played_and_is_the_same_for_the_same_seed() -> None:
    check(cup(Random(7)))
    assert cup(Random(7)) == cup(Random(7))
    assert cup(Random(7)) != cup(Random(8))


def test_no_team_plays_twice_in_a_row_on_its_court_round() -> None:
    fixtures = [fixture for fixture in cup(Random(1)).fixtures if fixture.pool]
    for first, second in pairwise(fixtures[at : at + 4] for at in range(0, len(fixtures), 4)):
        assert len({fixture.court for fixture in first}) == len(first)
        assert second


@pytest.mark.parametrize("seed", range(20))
def test_every_cup_ends_with_a_champion(seed: int) -> None:
    state = played(seed)
    assert champion(state) is not None
    assert all(match.finished for match in state.matches.values())


def test_a_match_ends_when_one_side_has_won_and_slips_do_not_count() -> None:
    for seed in range(50):
        score = {"home": 0, "away": 0}
        kinds = set()
        for press in presses(Random(seed)):
            assert max(score.values()) < POINTS
            assert press.pause > 0
            kinds.add(press.kind)
            score[press.side] += press.kind == "point"
        assert max(score.values()) == POINTS
        assert "point" in kinds
