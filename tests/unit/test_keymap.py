"""Changed keys are checked: on no screen a key means two things, and what cannot be used is named."""

from __future__ import annotations

import pytest

from tui import keys
from tui.keymap import check


@pytest.mark.parametrize(
    ("wanted", "usable"),
    [
        ({"scores.star": "p"}, {"scores.star": "p"}),
        ({"scores.star": "#, ctrl+x"}, {"scores.star": "number_sign,ctrl+x"}),
        ({"scores.star": "/", "list.filter": "x"}, {"scores.star": "slash", "list.filter": "x"}),
        ({"entry.home_add": "y"}, {"entry.home_add": "y"}),
        ({"app.help": "shift+f12"}, {"app.help": "shift+f12"}),
    ],
)
def test_keys_that_are_free_can_be_used(wanted: dict[str, str], usable: dict[str, str]) -> None:
    found = check(wanted)
    assert (found.usable, found.problems) == (usable, ())


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"no.such": "z"}, "no action 'no.such': its key is not set"),
        ({"scores.star": " , "}, "no key is named for 'scores.star': it keeps x"),
        ({"scores.star": "hyperspace"}, "'hyperspace' is no key: 'scores.star' keeps x"),
        ({"scores.star": "j"}, "j is 'list.down' on scores: 'scores.star' keeps x"),
        ({"queue.take": "slash,m"}, "m is 'queue.mine' on queue: 'queue.take' keeps t"),
        ({"entry.undo": "3"}, "3 is 'entry.add_3' on entry: 'entry.undo' keeps u"),
    ],
)
def test_what_cannot_be_used_is_named_and_the_action_keeps_its_key(
    wanted: dict[str, str], problem: str
) -> None:
    found = check(wanted)
    assert (found.usable, found.problems) == ({}, (problem,))


def test_of_two_changes_to_one_key_the_first_stands() -> None:
    found = check({"scores.star": "p", "scores.sort": "p"})
    assert found.usable == {"scores.star": "p"}
    assert found.problems == ("p is 'scores.star' on scores: 'scores.sort' keeps s",)


def test_a_refused_change_may_refuse_the_one_that_counted_on_it() -> None:
    # The star would take f, which the tab gives up for a key that is taken.
    found = check({"scores.star": "f", "list.tab": "j"})
    assert found.usable == {}
    assert len(found.problems) == 2


def test_as_shipped_no_key_means_two_things_on_a_screen() -> None:
    for place in keys.ALL:
        names = [name for key in keys.for_place(place) for name in keys.bound(key, {})]
        # Bounce and miss are keys of one game alone and stand beside no other action on theirs.
        assert sorted(names) == sorted(set(names)), place
