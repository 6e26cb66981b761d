"""The one key table: what each key does, and where. Bindings, help, footer and palette all read it.

An action's id is what settings remap (`[console.keys]`, `"scores.open" = "o"`). Keys are named as Textual
names them; `shown` says how a person calls them. Guarantees that a letter that moves is never also an
action on a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from textual.binding import Binding, BindingType

Place = Literal["scores", "entry", "feed", "people", "links", "queue", "board", "table"]
Keymap: TypeAlias = Mapping[str, str]
"""Keys by the id of their action: what the person changed."""
LISTS: tuple[Place, ...] = ("scores", "feed", "people", "links", "queue", "table")
JUMPS: tuple[Place, ...] = (*LISTS, "board")
"""Screens on which a digit leads to another one."""
ALL: tuple[Place, ...] = (*JUMPS, "entry")


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the table."""

    id: str
    keys: str
    """Textual's names, comma separated."""
    action: str
    label: str
    """In the footer and the palette."""
    help: str
    places: tuple[Place, ...] = ALL
    rank: int = 0
    """Place in the footer, the most useful first; 0 for not there."""
    last: bool = False
    """Whether it stands at the footer's right end."""
    listed: bool = True
    """Whether help and palette name it: of a row of digits only the first."""
    name: str = ""
    """How help calls the keys, where that is not what they are."""
    beside: str = ""
    """Id of the action whose key stands beside this one in the footer."""
    looks: str = ""
    """What the footer calls it where a person may only look; `""` for the same."""


NAMES = {
    "slash": "/",
    "question_mark": "?",
    "exclamation_mark": "!",
    "equals_sign": "=",
    "colon": ":",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "plus": "+",
    "minus": "-",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "f1": "F1",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
}

MOVING = frozenset({"filter", "open"})
"""Actions after which the keys mean something else."""

TABLE: tuple[Key, ...] = (
    Key(
        "scores.open",
        "enter",
        "open",
        "score",
        "Open the match under the cursor, and enter its scores",
        ("scores",),
        1,
        looks="open match",
    ),
    Key("feed.open", "enter", "open", "match", "Open the match of the line", ("feed",), 4),
    Key("queue.open", "enter", "open", "open match", "Open the match of the entry", ("queue",), 3),
    Key(
        "entry.home_add",
        "a",
        "add('home', 1)",
        "+1",
        "A point for the home side",
        ("entry",),
        1,
        beside="entry.away_add",
    ),
    Key(
        "entry.home_off",
        "A",
        "add('home', -1)",
        "-1",
        "A point off the home side",
        ("entry",),
        3,
        beside="entry.away_off",
    ),
    Key("entry.away_add", "l", "add('away', 1)", "+1", "A point for the away side", ("entry",)),
    Key("entry.away_off", "L", "add('away', -1)", "-1", "A point off the away side", ("entry",)),
    Key("entry.undo", "u", "step_back", "undo", "Undo this laptop's last entry here", ("entry",), 5),
    Key("entry.redo", "U", "step_forward", "redo", "Do again what was undone last", ("entry",), 10),
    Key("entry.exact", "equals_sign", "exact", "exact", "Set an exact score", ("entry",), 6),
    Key("entry.final", "F", "final", "final", "End the match", ("entry",), 7),
    Key(
        "entry.official",
        "O",
        "official",
        "official",
        "Confirm the result: it becomes official",
        ("entry",),
        8,
    ),
    Key("entry.reopen", "V", "reopen", "reopen", "Reopen a finished match (ops)", ("entry",), 11),
    Key("entry.end_set", "n", "end_set", "set", "End the set with these points", ("entry",), 4),
    Key("entry.sets", "N", "sets", "all sets", "Enter all sets as they stand on paper", ("entry",), 9),
    Key("entry.bounce", "b", "throw('bounce')", "bounce", "A bounce of the chosen side", ("entry",), 2),
    Key("entry.miss", "m", "throw('miss')", "miss", "A miss of the chosen side", ("entry",), 2),
    Key("entry.player", "p", "player", "player", "Who throws", ("entry",), 4),
    Key(
        "entry.forfeit",
        "X",
        "forfeit",
        "forfeit",
        "End it without playing on: not there, given up",
        ("entry",),
        12,
    ),
    Key("entry.start", "S", "start", "start", "Start the match without a point", ("entry",)),
    Key("entry.choose_home", "left", "choose('home')", "choose home", "Choose the home side", ("entry",)),
    Key("entry.choose_away", "right", "choose('away')", "choose away", "Choose the away side", ("entry",)),
    Key("entry.add", "up,space", "add_chosen(1)", "+1", "A point for the chosen side", ("entry",)),
    Key("entry.off", "down", "add_chosen(-1)", "-1", "A point off the chosen side", ("entry",)),
    *(
        Key(
            f"entry.add_{points}",
            str(points),
            f"add_chosen({points})",
            f"+{points}",
            "That many points for the chosen side",
            ("entry",),
            listed=points == 1,
            name="1 to 9",
        )
        for points in range(1, 10)
    ),
    Key("entry.edit", "e", "edit", "edit refused", "Edit the newest refused entry", ("entry",)),
    Key(
        "entry.withdraw", "w", "withdraw", "withdraw refused", "Withdraw the newest refused entry", ("entry",)
    ),
    Key("queue.take", "t", "take", "take hub's", "Conflict: the hub's score stays", ("queue",), 1),
    Key("queue.mine", "m", "mine", "send mine", "Conflict: enter mine again on top", ("queue",), 2),
    Key("queue.edit", "e", "edit", "edit", "Conflict or refused: set another score", ("queue",), 4),
    Key("queue.later", "d", "later", "later", "Conflict: decide later", ("queue",), 5),
    Key("queue.withdraw", "w", "withdraw", "withdraw", "Withdraw the entry under the cursor", ("queue",), 6),
    Key("feed.pause", "space", "pause", "pause", "Pause or follow", ("feed",), 1),
    Key("board.pause", "space", "pause", "stop pages", "Stop the pages, or let them turn", ("board",), 1),
    Key("board.more", "plus", "courts(1)", "more courts", "More courts on a page", ("board",), 2),
    Key("board.fewer", "minus", "courts(-1)", "fewer courts", "Fewer courts on a page", ("board",), 3),
    Key("table.open", "enter", "open", "open match", "Open the match under the cursor", ("table",), 1),
    Key("table.history", "h", "history", "history", "As it stood at any event", ("table",), 2),
    Key("table.earlier", "left_square_bracket", "event(-1)", "earlier", "One event back", ("table",), 5),
    Key("table.later", "right_square_bracket", "event(1)", "later", "One event on", ("table",), 6),
    Key("table.tenth_back", "left_curly_bracket", "tenth(-1)", "much earlier", "A tenth back", ("table",)),
    Key("table.tenth_on", "right_curly_bracket", "tenth(1)", "much later", "A tenth on", ("table",)),
    Key("table.left", "left", "sideways(-1)", "left", "Bracket: the round before", ("table",)),
    Key("table.right", "right", "sideways(1)", "right", "Bracket: the round after", ("table",)),
    Key("people.open", "enter", "open", "match", "Open the match that they score", ("people",), 1),
    Key("links.drain", "D", "drain", "drain", "Carry nothing over the endpoint, or again", ("links",), 1),
    Key("links.acknowledge", "a", "acknowledge", "ack", "Acknowledge the alert", ("links",), 2),
    Key("links.shorter", "left_square_bracket", "window(-1)", "shorter", "A shorter window", ("links",), 4),
    Key("links.longer", "right_square_bracket", "window(1)", "longer", "A longer window", ("links",), 5),
    Key(
        "list.filter",
        "slash",
        "filter",
        "filter",
        "Filter as you type",
        ("scores", "feed", "people"),
        2,
    ),
    Key("list.tab", "f,tab", "turn(1)", "tab", "Next tab, kind, table or grouping", LISTS, 3),
    Key(
        "list.tab_back",
        "shift+tab",
        "turn(-1)",
        "tab before",
        "The tab or kind before",
        LISTS,
    ),
    Key("scores.sort", "s", "sort", "sort", "Sort by court, time or last change", ("scores",), 4),
    Key("scores.star", "x", "star", "star", "Pin the match to the top", ("scores",), 5),
    Key("list.copy", "y", "copy", "copy", "Copy the row as text", LISTS, 8),
    Key("list.export", "E", "export", "export", "Write the list to a file", LISTS, 11),
    Key("list.up", "up,k", "move(-1)", "up", "One row up", LISTS),
    Key("list.down", "down,j", "move(1)", "down", "One row down", LISTS),
    Key("list.page_up", "pageup", "page(-1)", "page up", "One page up", LISTS),
    Key("list.page_down", "pagedown", "page(1)", "page down", "One page down", LISTS),
    Key("list.first", "home,g", "edge(-1)", "first", "The first row", LISTS),
    Key("list.last", "end,G", "edge(1)", "last", "The last row; in the feed, follow", LISTS),
    Key("go.scores", "1", "app.go('scores')", "Scores", "All matches", JUMPS),
    Key("go.entry", "2", "app.go('entry')", "Entry", "The match being scored", JUMPS),
    Key("go.feed", "3", "app.go('feed')", "Feed", "What happened", JUMPS),
    Key("go.people", "4", "app.go('people')", "People", "Who is there", JUMPS),
    Key("go.links", "5", "app.go('links')", "Links", "Endpoints, devices, rooms, outbox, alerts", JUMPS),
    Key("go.board", "b,7", "app.go('board')", "board", "The hall screen", LISTS, 12),
    Key("go.table", "8", "app.go('table')", "Table", "Standings and bracket", JUMPS),
    Key("go.queue", "6", "app.go('queue')", "Queue", "What waits here, and conflicts", JUMPS),
    Key("app.back", "escape", "back", "back", "Close, clear the filter, one step back"),
    Key("app.reconnect", "R", "app.reconnect", "reconnect", "Try the hub again now", ALL, 9),
    Key(
        "app.attention",
        "exclamation_mark",
        "app.attention",
        "attention",
        "The next thing that needs attention",
    ),
    Key("app.make", "n", "app.make", "new", "Make a tournament (ops)", LISTS, 6),
    Key("app.open_file", "o", "app.open_file", "open file", "Make a tournament from a file (ops)", LISTS, 7),
    Key(
        "app.organise",
        "T",
        "app.organise",
        "tournament",
        "Status, teams, courts, rounds, notices (ops)",
        LISTS,
        10,
    ),
    Key("app.sign_in", "i", "app.sign_in", "sign in", "Sign in with a join code"),
    Key("app.let_in", "I", "app.let_in", "let in", "A join code for somebody else (ops)"),
    Key("app.bell", "M", "app.bell_switch", "bell", "Bell on or off"),
    Key("app.help", "question_mark,f1", "app.keys", "help", "The keys of this screen", ALL, 1, last=True),
    Key(
        "app.palette", "ctrl+p,colon", "app.command_palette", "cmds", "Everything by name", ALL, 2, last=True
    ),
    Key(
        "app.leave", "q,ctrl+q", "app.leave", "quit", "Leave; asks only if something waits", ALL, 3, last=True
    ),
    Key("app.suspend", "ctrl+z", "app.suspend_process", "suspend", "Back to the shell; fg returns"),
)


def for_place(place: Place) -> tuple[Key, ...]:
    """Return the keys that work on a screen, in the order of the table."""
    return tuple(key for key in TABLE if place in key.places)


def bindings(place: Place) -> list[BindingType]:
    """Return a screen's bindings.

    Those of `MOVING` have priority: they act before the next key of the same burst is handed on, which
    would otherwise go where the focus was.
    """
    return [
        Binding(key.keys, key.action, key.label, id=key.id, show=False, priority=key.action in MOVING)
        for key in for_place(place)
    ]


def bound(key: Key, keymap: Keymap) -> tuple[str, ...]:
    """Return the keys of an action as they are now, by Textual's names."""
    return tuple(part.strip() for part in keymap.get(key.id, key.keys).split(",") if part.strip())


def shown(name: str) -> str:
    """Return how a person calls a key."""
    return NAMES.get(name, name.replace("ctrl+", "^"))


ENTERING = (
    "add",
    "step_",
    "exact",
    "final",
    "start",
    "choose",
    "end_set",
    "sets",
    "throw",
    "player",
    "forfeit",
)
POINTS = frozenset(key.id for key in TABLE if key.action.startswith(ENTERING))
"""The keys that enter points, or lead to it."""


FOR_OPS = frozenset({"app.make", "app.open_file", "app.organise"})
"""The keys on lists that do nothing for others."""


def called(key: Key, keymap: Keymap) -> str:
    """Return how help calls the keys of an action."""
    if key.name and key.id not in keymap:
        return key.name
    return " ".join(shown(name) for name in bound(key, keymap))


def _first(key: Key, keymap: Keymap) -> str:
    return shown(next(iter(bound(key, keymap)), "-"))


def _beside(key: Key) -> tuple[Key, ...]:
    return tuple(other for other in TABLE if other.id == key.beside)


def footer(
    place: Place, keymap: Keymap, width: int, off: frozenset[str] = frozenset(), *, looks: bool = False
) -> tuple[str, str]:
    """Return both ends of the footer in `width` cells: whole entries are dropped, never `? help`.

    Args:
        place: the screen.
        keymap: what the person changed.
        width: of the window.
        off: ids of the keys that do nothing at the moment.
        looks: whether this person may only look.
    """
    here = [key for key in for_place(place) if key.rank and key.id not in off]
    left = sorted((key for key in here if not key.last), key=lambda key: key.rank)
    right = sorted((key for key in here if key.last), key=lambda key: key.rank)

    def told(listed: list[Key]) -> str:
        names = ("/".join(_first(part, keymap) for part in (key, *_beside(key))) for key in listed)
        labels = (key.looks if looks and key.looks else key.label for key in listed)
        return "  ".join(f"{name} {label}" for name, label in zip(names, labels, strict=True))

    while len(right) > 1 and len(told(right)) + 30 > width:
        right.pop()
    while left and len(told(left)) + len(told(right)) + 4 > width:
        left.pop()
    return told(left), told(right)
