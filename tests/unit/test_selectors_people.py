"""People: who is listed, what they do, who is lost, and what the courts lack."""

from __future__ import annotations

from typing import TypeAlias

from core.domain.commands import CreateTournament, Notify, StartMatch
from core.domain.ids import presence_room
from core.realtime.effects import MembersChanged, SideLive
from tests.support import desks
from tests.support.console import Desk
from tests.support.desks import ANA, BO, KIM, LI, SAM, SPRING, company, scene
from tests.support.tournaments import cup, match
from tui.selectors import people
from tui.selectors.cells import plain

NOBODY = people.Company()
Everybody: TypeAlias = tuple[people.Person, ...]


def seen(desk: Desk, before: people.Company = NOBODY) -> tuple[people.Company, Everybody]:
    at = scene(desk)
    now = people.advance(before, at)
    return now, people.people(at, now)


def listed(desk: Desk, everybody: Everybody, group: people.Group = "role", wanted: str = "") -> list[str]:
    made = people.rows(scene(desk), everybody, group, wanted)
    return [" ".join(cell.text for cell in row.cells if cell.text) for row in made.values()]


def test_people_stand_under_their_role_with_what_they_do() -> None:
    desk = desks.lively()
    company(desk, ANA, LI, SAM, BO)
    _, everybody = seen(desk)
    assert listed(desk, everybody) == [
        "SCORERS (2)",
        "* ana scorer C4 M034 entering laptop-2 13:02",
        "* li scorer C1 M035 entering laptop-3 13:02",
        "OPS (1)",
        "* sam ops - - watching laptop-9 13:02",
        "VIEWERS (1)",
        "- bo viewer - - idle 9:08 phone 13:02",
    ]


def test_they_can_be_grouped_by_court_and_state() -> None:
    desk = desks.lively()
    company(desk, ANA, LI, SAM, BO)
    _, everybody = seen(desk)
    assert [line for line in listed(desk, everybody, "court") if "(" in line] == [
        "COURT 1 (1)",
        "COURT 4 (1)",
        "NO COURT (2)",
    ]
    assert [line for line in listed(desk, everybody, "state") if "(" in line] == ["HERE (3)", "IDLE (1)"]


def test_the_filter_finds_names_devices_courts_and_matches() -> None:
    desk = desks.lively()
    company(desk, ANA, LI, SAM, BO)
    _, everybody = seen(desk)
    for wanted, count in (("LI", 2), ("phone", 2), ("court 4", 2), ("m035", 2), ("nobody", 0)):
        assert len(listed(desk, everybody, wanted=wanted)) == count, wanted
    assert "Esc clears" in people.message(scene(desk), everybody)


def test_whoever_leaves_is_lost_for_ten_minutes_and_then_forgotten() -> None:
    desk = desks.lively()
    company(desk, ANA, LI)
    before, _ = seen(desk)
    company(desk, ANA)
    before, everybody = seen(desk, before)
    desk.tick(38)
    before, everybody = seen(desk, before)
    assert "o li scorer C1 M035 LOST 38s laptop-3 13:02" in listed(desk, everybody)
    assert listed(desk, everybody, "state")[-2] == "LOST (1)"
    desk.tick(600)
    _, everybody = seen(desk, before)
    assert [one.member.name for one in everybody] == ["ana"]


def test_who_comes_back_is_lost_no_longer() -> None:
    desk = desks.lively()
    company(desk, ANA, LI)
    before, _ = seen(desk)
    company(desk, ANA)
    before, _ = seen(desk, before)
    company(desk, ANA, LI)
    _, everybody = seen(desk, before)
    assert [one.lost_for for one in everybody] == [None, None]


def test_without_a_link_the_list_stays_as_of_its_time_and_nobody_counts_as_lost() -> None:
    desk = desks.lively()
    company(desk, ANA, LI)
    before, _ = seen(desk)
    desk.apply(SideLive(presence_room(SPRING), live=False, as_of=desk.at))
    desk.tick(5)
    _, everybody = seen(desk, before)
    left, _ = people.head(scene(desk), everybody, "role")
    assert plain(left) == " 2 here, 0 idle, 0 lost   as of 14:02:39"
    assert all(line.startswith("?") for line in listed(desk, everybody) if "SCORERS" not in line)


def test_courts_without_a_scorer_and_with_two_are_named() -> None:
    desk = desks.lively()
    desk.others(desks.home(34), by="kim", device="laptop-7", ago=1)
    company(desk, ANA, LI, KIM)
    before, everybody = seen(desk)
    told = [plain(line) for line in people.courts(scene(desk), everybody)]
    assert told == [" Courts with no scorer: C3", " Two scorers on one court: C4"]
    company(desk, ANA)
    before, everybody = seen(desk, before)
    desk.tick(38)
    _, everybody = seen(desk, before)
    told = [plain(line) for line in people.courts(scene(desk), everybody)]
    assert told == [" Courts with no scorer: C1 (lost 38s), C3", " Two scorers on one court: none"]


def test_somebody_in_words() -> None:
    desk = desks.lively()
    company(desk, ANA, BO)
    before, (ana, bo) = seen(desk)
    assert people.copied(ana) == "ana (scorer) on laptop-2, M034"
    assert people.copied(bo) == "bo (viewer) on phone"
    assert "idle for 9:08" in plain(people.detail(scene(desk), bo))
    assert "here since 13:02:31" in plain(people.detail(scene(desk), ana))
    company(desk, ANA)
    _, everybody = seen(desk, before)
    assert "unsent there: unknown" in plain(people.detail(scene(desk), everybody[1]))


def test_what_stands_there_without_people() -> None:
    assert "No tournament" in people.message(scene(Desk()), ())
    assert people.people(scene(Desk()), people.Company()) == ()
    assert people.courts(scene(Desk()), ()) == ()
    assert people.advance(people.Company(), scene(Desk())) == people.Company()
    desk = desks.lively()
    assert "does not say" in people.message(scene(desk), ())
    assert people.advance(people.Company(), scene(desk)).present == ()
    company(desk)
    assert people.message(scene(desk), ()) == "Only you are here."


def test_local_lines_old_entries_and_entries_on_no_match_say_nothing_of_anybody() -> None:
    desk = desks.lively()
    desk.told("the link is slow")
    desk.others(Notify("tea"), tournament=SPRING, by="sam", device="laptop-9", ago=1)
    company(desk, ANA, SAM)
    _, everybody = seen(desk)
    assert [one.match is None for one in everybody] == [False, True]
    desk.tick(600)
    _, everybody = seen(desk)
    assert all(one.match is None for one in everybody)
    assert [plain(line) for line in people.courts(scene(desk), everybody)][1].endswith("none")
    no_courts = Desk(cup(2))
    assert people.courts(scene(no_courts), ()) == (), "this hub does not say who is here"
    no_courts.others(StartMatch(match(cup(2), 1)))
    no_courts.apply(MembersChanged(cup(2).id, ()))
    assert plain(people.courts(scene(no_courts), ())[0]) == " Courts with no scorer: none"


def test_the_head_of_a_list_that_is_as_of_now_and_a_feed_without_an_end() -> None:
    desk = desks.lively()
    company(desk, ANA)
    _, everybody = seen(desk)
    left, _ = people.head(scene(desk), everybody, "role")
    assert plain(left) == " 1 here, 0 idle, 0 lost"
    young = Desk(cup(2))
    young.apply(MembersChanged(cup(2).id, (ANA,)), SideLive(presence_room(cup(2).id), live=True))
    everybody = people.people(scene(young), people.advance(NOBODY, scene(young)))
    assert everybody[0].match is None
    fresh = Desk()
    fresh.others(CreateTournament(cup(2)), tournament=cup(2).id, ago=1)
    fresh.apply(MembersChanged(cup(2).id, (ANA,)))
    assert people.people(scene(fresh), people.advance(NOBODY, scene(fresh)))[0].match is None
