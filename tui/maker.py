"""Making tournaments in the console: by hand, or from a file; both end in the ordinary command.

Guarantees that what was typed is there again when the dialog is opened anew, until it was created.
"""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core import BadFile, commands, formats, names
from tui.screens.console import Desk
from tui.screens.dialogs import Ask
from tui.screens.forms import Field, Form
from tui.screens.making import NewTournament
from tui.selectors import making
from tui.selectors.scene import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core import ids, plan, playback

TOLD = 4
"""Things that a file's reader skipped, or warns of, that are named."""


class Console(Desk, Protocol):
    """What making calls of the app."""

    def choose_tournament(self, tournament: ids.TournamentId) -> None:
        """Show a tournament."""
        ...


class Maker:
    """Makes tournaments for one console.

    Args:
        console: the app.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._draft = making.Draft()
        self._file = ""

    def refuses(self) -> bool:
        """Tell whether this person may make no tournament, and say why."""
        view = self._console.scene.view
        if not view.can_save:
            self._console.say("Cannot save on this laptop. Call ops")
        elif view.connection.role != "admin":
            self._console.say("Only ops make tournaments")
        else:
            return False
        return True

    def _known(self) -> dict[str, str]:
        """Return the names of all tournaments that there are, by their ids."""
        view = self._console.scene.view
        known = {str(listing.id): listing.name for listing in view.directory}
        return known | {str(id): shown.confirmed.name for id, shown in view.tournaments.items()}

    def make(self) -> None:
        """Ask for a tournament, and create it."""
        if self.refuses():
            return
        console, known = self._console, self._known()
        at = console.scene.at.astimezone(UTC)

        def filled(draft: making.Draft | None) -> None:
            if draft is None:
                return
            self._draft = making.Draft()
            drawn = making.make(draft, at, tuple(known))
            self._create(drawn, making.first_rounds(drawn))

        console.push_screen(NewTournament(self._draft, tuple(known.values()), at, self._keep), filled)

    def _keep(self, draft: making.Draft) -> None:
        self._draft = draft

    def _create(self, drawn: plan.Plan, then: Sequence[commands.Command] = ()) -> None:
        for command in (commands.CreateTournament(drawn), *then):
            self._console.submit(command, tournament=drawn.id)
        self._console.choose_tournament(drawn.id)
        told = "Enter opens a match, then  a  and  l  score"
        if drawn.status != "running":
            told = f"it is {drawn.status}:  T  adds teams and starts it"
        self._console.say(f"{drawn.name}: {told}")

    def open_file(self) -> None:
        """Ask for a file, and create the tournament in it."""
        if self.refuses():
            return
        read: list[playback.Imported] = []

        def check(values: tuple[str, ...]) -> str:
            self._file = values[0]
            try:
                found = _read(Path(values[0]).expanduser())
            except BadFile as error:
                return str(error)
            if found.plan.id in self._known():
                return f"There is a tournament {found.plan.id!r} already: give the file's one another id"
            read[:] = [found]
            return ""

        def given(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._ask(read[0])

        told = "Courtside's TOML or JSON, CSV of teams, or openfootball's JSON."
        field = Field("File", self._file, "~/summer.toml", 400)
        self._console.push_screen(Form("Open a tournament's file", [field], "Read", check, told), given)

    def _ask(self, found: playback.Imported) -> None:
        drawn = found.plan

        def answered(go: bool | None) -> None:
            if go:
                self._create(drawn)

        told = f"{counted(len(drawn.teams), 'team')}, {counted(len(drawn.fixtures), 'match', 'matches')}."
        warnings = [f"{one.where}: {one.why}" for one in found.skipped]
        warnings += [f"{two!r} looks like {one!r}" for one, two in names.look_alikes(_team_names(drawn))]
        if found.playback:
            warnings.append("the file's results are not entered: courtside replay plays them")
        more = [f"and {len(warnings) - TOLD} more"] if len(warnings) > TOLD else []
        lines = "\n".join((told, *warnings[:TOLD], *more))
        self._console.push_screen(Ask(f"Create {drawn.name}?", lines, "Create"), answered)


def _team_names(drawn: plan.Plan) -> list[str]:
    return [team.name for team in drawn.teams]


def _read(path: Path) -> playback.Imported:
    """Read a tournament's file; openfootball's groups lie beside it.

    Raises:
        BadFile: it is not there, or no such file; says what would be right.
    """
    beside = path.with_name(f"{path.stem}.groups.json")
    try:
        content = _content(path)
        groups = _content(beside) if beside.is_file() else None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise BadFile(str(path), why or str(error)) from error
    return formats.read_tournament(path.name, content, groups=groups)


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        # One byte more than is taken: the reader says that it is too large.
        return stream.read(formats.MAX_FILE_BYTES + 1)
