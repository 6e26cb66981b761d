"""Organising: what ops change of a tournament while it goes on, each by a short form and an ordinary command.

Status, teams, courts and times, Swiss rounds, lots, notices. The palette lists the same as the dialog.
Guarantees that whatever changes who plays where is shown before it goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from core import commands, ids, names, plan
from tui.screens.console import Desk
from tui.screens.correcting import correct
from tui.screens.forms import Field, Form, Pick
from tui.selectors import words
from tui.selectors.daytime import TIME_HELP, read_time, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core import state

NEXT: dict[plan.Status, tuple[tuple[plan.Status, str, str], ...]] = {
    "draft": (
        ("open", "Open it for teams", "Teams can join; nothing is played yet."),
        ("running", "Start it", "The matches are drawn up and can be played."),
    ),
    "open": (
        ("running", "Start it", "The matches are drawn up and can be played."),
        ("draft", "Close it for teams", "It is a draft again; no team can join."),
    ),
    "running": (("finished", "Finish it", "No more scores are taken until it is taken up again."),),
    "finished": (("running", "Take it up again", "Matches can be played and reopened again."),),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be done."""

    name: str
    run: Callable[[], None]


class Console(Desk, Protocol):
    """What organising calls of the app."""

    @property
    def chosen_match(self) -> state.Match | None:
        """The match that is open or under the cursor."""
        ...


class Organiser:
    """Organises the tournament on the screen of one console.

    Args:
        console: the app.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _state(self) -> state.Tournament:
        shown = self._console.scene.shown
        assert shown is not None  # there is no offer without a tournament
        return shown.projected

    def offers(self) -> tuple[Offer, ...]:
        """Return what this person can do to the tournament on the screen."""
        shown, connection = self._console.scene.shown, self._console.scene.view.connection
        if shown is None or not self._console.scene.view.can_save:
            return ()
        if connection.role == "participant" and connection.team is not None:
            return self._own_team(shown.projected, connection.team)
        if connection.role != "admin":
            return ()
        tournament = shown.projected
        return (
            *self._statuses(tournament),
            *self._rounds(tournament),
            Offer("Add a team", self._add_team),
            Offer("Rename a team", self._rename_team),
            *self._goings(tournament),
            Offer("Move a match: court and time", self._move),
            Offer("Add a court", self._add_court),
            Offer("Rename a court", self._rename_court),
            Offer("Penalty points for fair play", self._penalty),
            Offer("Rename the tournament", self._rename),
            Offer("Tell everybody something", self._notify),
        )

    def open(self) -> None:
        """Ask what is to be done."""
        offers = self.offers()
        if not offers:
            role = self._console.scene.view.connection.role
            lacking = "There is no tournament yet" if role == "admin" else "Only ops organise a tournament"
            self._console.say(lacking)
            return
        title = f"{self._state.name}: {self._state.status}"
        self._pick(title, [offer.name for offer in offers], lambda number: offers[number].run())

    def _statuses(self, tournament: state.Tournament) -> tuple[Offer, ...]:
        return tuple(
            Offer(f"{name} (now {tournament.status})", partial(self._status, status, name, told))
            for status, name, told in NEXT[tournament.status]
        )

    def _status(self, status: plan.Status, name: str, told: str) -> None:
        question = (f"{name}: {self._state.name}?", told, name)
        correct(self._console, self._state, (commands.ChangeStatus(status),), question)

    def _rounds(self, tournament: state.Tournament) -> tuple[Offer, ...]:
        """Return what is left to chance or to the table: Swiss rounds and lots."""
        offers: list[Offer] = []
        for stage in tournament.stages:
            for pool in stage.pools if tournament.status == "running" else ():
                if isinstance(stage.format, plan.Swiss):
                    number = tournament.drawn.get(pool.id, 0) + 1
                    if number <= stage.format.rounds:
                        name = f"Draw round {number} of {pool.name}"
                        offers.append(Offer(name, partial(self._draw, commands.DrawRound(pool.id), name)))
                if "lot" in stage.tie_breaks:
                    name = f"Draw lots in {pool.name}"
                    offers.append(Offer(name, partial(self._draw, commands.DrawLots(pool.id), name)))
        return tuple(offers)

    def _draw(self, command: commands.DrawRound | commands.DrawLots, name: str) -> None:
        told = "It follows from the table as it stands, and is drawn once."
        if isinstance(command, commands.DrawLots):
            told = "Chance orders the teams that nothing else separates, once and for all."
        correct(self._console, self._state, (command,), (f"{name}?", told, "Draw"))

    def _goings(self, tournament: state.Tournament) -> tuple[Offer, ...]:
        """Return how teams go and come back."""
        if tournament.status in ("draft", "open"):
            return (Offer("Remove a team", self._remove_team),)
        out = (Offer("Withdraw a team", self._withdraw),)
        return (*out, Offer("Take a team back", self._reinstate)) if tournament.withdrawn else out

    def _own_team(self, tournament: state.Tournament, team: ids.TeamId) -> tuple[Offer, ...]:
        if team in tournament.teams:
            name = tournament.teams[team].name
            return (Offer(f"Leave with {name}", partial(self._leave, team)),)
        return (Offer("Join with your team", partial(self._add_team, team)),)

    def _leave(self, team: ids.TeamId) -> None:
        name = words.team(self._state, team)
        question = (f"Leave with {name}?", f"{name} no longer take part.", "Leave")
        correct(self._console, self._state, (commands.RemoveTeam(team),), question)

    def _names(self, but: ids.TeamId | None = None) -> list[str]:
        return [team.name for team in self._state.teams.values() if team.id != but]

    def _add_team(self, own: ids.TeamId | None = None) -> None:
        """Ask for a new team; `own` is the id that a participant's sign-in is for."""

        def given(values: tuple[str, ...]) -> None:
            name, code = values
            slug = own or ids.TeamId(ids.make_slug(name, "team", set(self._state.teams)))
            self._join(plan.Team(slug, name, code))

        told = "Once the tournament runs, it gets matches against all others of its pool."
        self._form(
            "Add a team",
            [Field("Name"), Field("Code", "", "short, for narrow columns", 8)],
            given,
            lambda values: names.name_problem(values[0], self._names()) or "",
            "Add",
            told,
        )

    def _join(self, team: plan.Team) -> None:
        """Ask for the pool where there are several, then let the team take part."""
        tournament = self._state
        several = [stage.pools for stage in tournament.stages if len(stage.pools) > 1]
        question = (f"Add {team.name}?", "It takes part from now on.", "Add")

        def joined(pools: tuple[ids.PoolId, ...]) -> None:
            correct(self._console, tournament, (commands.AddTeam(team, pools),), question)

        if not several:
            joined(())
            return
        pools = several[0]
        self._pick(
            f"{team.name}: in which pool?",
            [f"{pool.name} ({len(pool.teams)} teams)" for pool in pools],
            lambda number: joined((pools[number].id,)),
        )

    def _rename_team(self) -> None:
        def picked(team: plan.Team) -> None:
            self._form(
                f"Rename {team.name}",
                [Field("Name", team.name), Field("Code", team.code, "", 8)],
                lambda values: self._submit(commands.RenameTeam(team.id, *values)),
                lambda values: names.name_problem(values[0], self._names(team.id)) or "",
                "Rename",
            )

        self._pick_team("Rename which team?", picked)

    def _remove_team(self) -> None:
        def picked(team: plan.Team) -> None:
            question = (f"Remove {team.name}?", "It does not take part.", "Remove")
            correct(self._console, self._state, (commands.RemoveTeam(team.id),), question)

        self._pick_team("Remove which team?", picked)

    def _withdraw(self) -> None:
        def picked(team: plan.Team) -> None:
            def caused(number: int) -> None:
                cause = ("withdrawn", "disqualified")[number]
                command = commands.WithdrawTeam(team.id, cause)  # type: ignore[arg-type]  # both are causes
                told = "It loses what it has not finished, as this tournament's rules say."
                correct(
                    self._console,
                    self._state,
                    (command,),
                    (f"Take {team.name} out?", told, "Take out"),
                    reason=True,
                )

            self._pick(f"Why does {team.name} leave?", ["It withdraws", "It is disqualified"], caused)

        out = {one.team for one in self._state.withdrawn}
        self._pick_team("Which team leaves?", picked, lambda team: team.id not in out)

    def _reinstate(self) -> None:
        def picked(team: plan.Team) -> None:
            told = "Matches that it lost meanwhile stay lost until they are reopened."
            question = (f"Take {team.name} back?", told, "Take back")
            correct(self._console, self._state, (commands.ReinstateTeam(team.id),), question)

        out = {one.team for one in self._state.withdrawn}
        self._pick_team("Which team comes back?", picked, lambda team: team.id in out)

    def _match(self, title: str, then: Callable[[state.Match], None]) -> None:
        """Go on with the match under the cursor, or ask for one."""
        chosen = self._console.chosen_match
        if chosen is not None:
            then(chosen)
            return
        listed = tuple(self._state.matches.values())
        told = [f"{ids.short_form(one.id)} {words.versus(self._state, one)}" for one in listed]
        self._pick(title, told, lambda number: then(listed[number]))

    def _move(self) -> None:
        self._match("Move which match?", self._move_to)

    def _move_to(self, match: state.Match) -> None:
        courts = tuple(self._state.courts.values())
        short = ids.short_form(match.id)

        def picked(number: int) -> None:
            court = courts[number].id if number < len(courts) else None
            zone = self._console.scene.at
            at = (
                "" if match.starts_at is None else f"{match.starts_at.astimezone(zone.tzinfo):%Y-%m-%d %H:%M}"
            )
            self._form(
                f"{short}: when?",
                [Field("Time", at, "14:20")],
                lambda values: self._submit(commands.MoveMatch(match.id, court, read_time(values[0], zone))),
                lambda values: "" if readable(values[0], zone) else TIME_HELP,
                "Move",
                TIME_HELP,
            )

        options = [*(court.name for court in courts), "no court"]
        self._pick(f"{short} {words.versus(self._state, match)}: on which court?", options, picked)

    def _penalty(self) -> None:
        self._match("Penalty points in which match?", self._penalty_in)

    def _penalty_in(self, match: state.Match) -> None:
        teams = [team for team in (match.home.team, match.away.team) if team is not None]
        called = [words.team(self._state, team) for team in teams]
        short = ids.short_form(match.id)

        def picked(number: int) -> None:
            def given(values: tuple[str, ...]) -> None:
                command = commands.AddPenalty(match.id, teams[number], int(values[0]))
                told = f"{called[number]}: {int(values[0]):+d} penalty points. They count for fair play."
                correct(self._console, self._state, (command,), (f"{short}: enter it?", told, "Enter"))

            self._form(
                f"{short}: penalty points of {called[number]}",
                [Field("Points", "1", "1, or -1 to take one off", 6)],
                given,
                lambda values: "" if _is_whole(values[0]) else "Enter a whole number that is not 0",
                "Enter",
            )

        if teams:
            self._pick(f"{short}: whose?", called, picked)
        else:
            self._console.say(f"{short} has no sides yet")

    def _add_court(self) -> None:
        def given(values: tuple[str, ...]) -> None:
            slug = ids.CourtId(ids.make_slug(values[0], "court", set(self._state.courts)))
            self._submit(commands.NameCourt(plan.Court(slug, values[0])))

        self._form("Add a court", [Field("Name", "", "Court 3")], given, self._court_problem(), "Add")

    def _rename_court(self) -> None:
        courts = tuple(self._state.courts.values())
        if not courts:
            self._console.say("There are no courts")
            return

        def picked(number: int) -> None:
            court = courts[number]
            self._form(
                f"Rename {court.name}",
                [Field("Name", court.name)],
                lambda values: self._submit(commands.NameCourt(plan.Court(court.id, values[0]))),
                self._court_problem(court.id),
                "Rename",
            )

        self._pick("Rename which court?", [court.name for court in courts], picked)

    def _court_problem(self, but: ids.CourtId | None = None) -> Callable[[tuple[str, ...]], str]:
        others = [court.name for court in self._state.courts.values() if court.id != but]
        return lambda values: names.name_problem(values[0], others) or ""

    def _rename(self) -> None:
        tournament = self._state
        self._form(
            "Rename the tournament",
            [Field("Name", tournament.name), Field("Venue", tournament.venue)],
            lambda values: self._submit(commands.RenameTournament(*values)),
            lambda values: names.name_problem(values[0], ()) or "",
            "Rename",
        )

    def _notify(self) -> None:
        self._form(
            "Tell everybody",
            [Field("Title", "", "Lunch at 12:30"), Field("Text", "", "", 400)],
            lambda values: self._submit(commands.Notify(values[0], values[1])),
            lambda values: "" if values[0] else "Say something",
            "Tell",
        )

    def _submit(self, command: commands.Command) -> None:
        self._console.submit(command, tournament=self._state.id)

    def _pick_team(
        self,
        title: str,
        then: Callable[[plan.Team], None],
        wanted: Callable[[plan.Team], bool] = lambda _team: True,
    ) -> None:
        teams = [team for team in self._state.teams.values() if wanted(team)]
        if not teams:
            self._console.say("There is no such team")
            return
        self._pick(title, [team.name for team in teams], lambda number: then(teams[number]))

    def _pick(self, title: str, options: Sequence[str], then: Callable[[int], None]) -> None:
        def picked(number: int | None) -> None:
            if number is not None:
                then(number)

        self._console.push_screen(Pick(title, options), picked)

    def _form(
        self,
        title: str,
        fields: Sequence[Field],
        then: Callable[[tuple[str, ...]], object],
        check: Callable[[tuple[str, ...]], str],
        go: str,
        told: str = "",
    ) -> None:
        def given(values: tuple[str, ...] | None) -> None:
            if values is not None:
                then(values)

        self._console.push_screen(Form(title, fields, go, check, told), given)


def _is_whole(typed: str) -> bool:
    sign = typed.removeprefix("-").removeprefix("+")
    return sign.isdecimal() and sign.isascii() and int(sign) != 0
