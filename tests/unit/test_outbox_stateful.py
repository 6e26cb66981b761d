"""The outbox driven at random beside a model that only remembers: nothing lost, doubled or overtaken."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.domain.answers import Answer
from core.domain.commands import AddScore, Command, Notify, StartMatch, match_of, priority
from core.domain.ids import CommandId, MatchId, TeamId, TournamentId
from core.errors import NotSaved
from core.realtime.config import EngineConfig
from core.realtime.effects import JournalRow, LinkId
from core.realtime.outbox.lanes import LONGEST_PAUSE
from core.realtime.outbox.outbox import Outbox
from core.wire.messages import Deferred
from tests.support.tournaments import EPOCH, entry

if TYPE_CHECKING:
    from core.domain.answers import Outcome
    from core.domain.commands import Entry, Priority

TOURNAMENTS = (TournamentId("spring"), TournamentId("autumn"))
OUTCOMES: tuple[Outcome, ...] = ("accepted", "accepted", "held", "refused", "withdrawn")
WINDOW, ROOM, TTL = 5, 24, 500.0
KINDS = st.lists(st.integers(0, 11), min_size=1, max_size=6)
FEW = st.sampled_from(["link-1", "link-1", "link-2"])


@dataclass
class Known:
    """An entry as the model knows it."""

    entry: Entry
    row: int = 0
    left: bool = False
    """Whether it was ever sent, or another process may have sent it."""
    gone_on: LinkId | None = None
    """The living link on which it went last, unless it is to go again."""
    end: str = ""
    """`answered`, `dropped` or `withdrawn`; empty while it waits."""

    @property
    def priority(self) -> Priority:
        return priority(self.entry.command)


def bound(first: Entry, second: Entry) -> bool:
    """Tell whether the second of two entries must not overtake the first."""
    if first.tournament != second.tournament:
        return False
    one, other = match_of(first.command), match_of(second.command)
    return one == other or one is None or other is None


@dataclass
class Model:
    """All that was ever entered."""

    entries: dict[CommandId, Known] = field(default_factory=dict)

    def waiting(self) -> list[Known]:
        """Return what has no end yet, in the order of the key presses."""
        found = [known for known in self.entries.values() if known.row and not known.end]
        return sorted(found, key=lambda known: known.row)


class Outboxes(RuleBasedStateMachine):
    """One device; `carrier` says which link carries which tournament."""

    def __init__(self) -> None:
        super().__init__()
        self.config = EngineConfig(
            window_entries=WINDOW, outbox_entries=ROOM, answer_timeout=10.0, low_ttl=TTL
        )
        self.outbox = Outbox(self.config, Random(1))
        self.model = Model()
        self.saving: list[CommandId] = []
        self.carrier = dict.fromkeys(TOURNAMENTS, LinkId("link-1"))
        self.numbers = 0
        self.rows = 0
        self.evicted = 0
        self.now = 0.0

    def make(self, kind: int, tournament: TournamentId) -> Entry:
        self.numbers += 1
        match = MatchId(f"{tournament}.m{kind % 3}")
        commands: tuple[Command, ...] = (
            AddScore(match, TeamId("a"), 1),
            StartMatch(match),
            AddScore(match, TeamId("b"), 1),
            Notify("Lunch"),
        )
        return entry(tournament, commands[kind % 4], id=f"e{self.numbers}")

    @rule(kinds=KINDS, tournament=st.sampled_from(TOURNAMENTS), saved=st.sampled_from([True, True, False]))
    def enter(self, kinds: list[int], tournament: TournamentId, saved: bool) -> None:
        for kind in kinds:
            self.press(self.make(kind, tournament))
        if saved and self.saving:
            self.save(fails=False)

    def press(self, one: Entry) -> None:
        waiting = len(self.model.waiting()) + len(self.saving)
        try:
            is_new, records = self.outbox.submit(one)
        except NotSaved:
            assert waiting >= ROOM
            evictable = [known for known in self.model.waiting() if known.priority == "low"]
            assert all(known.left for known in evictable), "it was refused though a message could make room"
            return
        assert is_new
        assert len(records) == (waiting >= ROOM)
        for record in records:
            dropped = self.model.entries[record.id]
            assert dropped.priority == "low", "what counts was evicted"
            assert not dropped.left, "what may count was evicted"
            dropped.end = "dropped"
            self.evicted += 1
        self.model.entries[one.id] = Known(one)
        self.saving.append(one.id)

    @precondition(lambda self: self.saving)
    @rule(fails=st.booleans())
    def save(self, fails: bool) -> None:
        if fails:
            self.outbox.receive_save_failed(self.saving)
            for id in self.saving:
                del self.model.entries[id]
        else:
            rows = {id: self.rows + number for number, id in enumerate(self.saving, 1)}
            self.rows += len(rows)
            self.outbox.receive_saved(rows, self.now)
            for id, row in rows.items():
                self.model.entries[id].row = row
        self.saving = []

    @precondition(lambda self: not self.saving)
    @rule(kind=st.integers(0, 11), tournament=st.sampled_from(TOURNAMENTS))
    def appended_by_another_process(self, kind: int, tournament: TournamentId) -> None:
        one = self.make(kind, tournament)
        self.rows += 1
        self.outbox.receive_rows([JournalRow(self.rows, one, "saved")])
        self.model.entries[one.id] = Known(one, self.rows, left=True)

    @rule(tournament=st.sampled_from(TOURNAMENTS), link=FEW)
    def move(self, tournament: TournamentId, link: str) -> None:
        self.carrier[tournament] = LinkId(link)

    @rule(link=FEW)
    def take(self, link: str) -> None:
        here = LinkId(link)
        barred = {tournament for tournament, carrier in self.carrier.items() if carrier != here}
        for one in self.outbox.take(here, barred, TOURNAMENTS, self.now):
            known = self.model.entries[one.id]
            assert not known.end, "an entry goes again after its end"
            assert self.carrier[one.tournament] == here
            for earlier in self.model.waiting():
                if earlier.row < known.row and bound(earlier.entry, one):
                    assert earlier.gone_on == here, f"{one.id} overtakes {earlier.entry.id}"
            known.gone_on, known.left = here, True

    @rule(which=st.integers(0, 9), outcome=st.sampled_from(OUTCOMES))
    def answer(self, which: int, outcome: Outcome) -> None:
        """Have the hub answer what left: the first of its match that has no answer."""
        left = [known for known in self.model.waiting() if known.left]
        if not left:
            return
        known = left[which % len(left)]
        firsts = [other for other in self.model.waiting() if bound(other.entry, known.entry)]
        first = firsts[0]
        if not first.left:
            return
        answer = Answer(id=first.entry.id, outcome=outcome, epoch=EPOCH, seq=1)
        (record,) = self.outbox.receive_answers([answer], self.now)
        assert record.answer == answer
        assert self.outbox.receive_answers([answer], self.now) == [], "an answer counts once"
        first.end = "answered"

    @rule(which=st.integers(0, 9), seconds=st.sampled_from([0.0, 1.0, 20.0]))
    def defer(self, which: int, seconds: float) -> None:
        flying = [known for known in self.model.waiting() if known.gone_on]
        if flying:
            one = flying[which % len(flying)].entry
            self.outbox.receive_deferred(Deferred((one.id,), "busy", "busy", seconds), self.now)

    @rule(link=FEW)
    def lose(self, link: str) -> None:
        self.outbox.receive_link_lost(LinkId(link))
        for known in self.model.entries.values():
            if known.gone_on == link:
                known.gone_on = None

    @rule(seconds=st.sampled_from([0.1, 1.0, 11.0, 40.0, 300.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for record in self.outbox.handle_deadline(self.now):
            expired = self.model.entries[record.id]
            assert expired.priority == "low", "what counts has expired"
            assert not expired.left, "what may count has expired"
            expired.end = "dropped"
        due = self.outbox.next_deadline()
        assert due is None or due > self.now

    @rule(which=st.integers(0, 30))
    def withdraw(self, which: int) -> None:
        waiting = self.model.waiting()
        if not waiting:
            return
        known = waiting[which % len(waiting)]
        assert self.outbox.withdrawable(known.entry.id) is not known.left
        if not known.left:
            self.outbox.withdraw(known.entry.id)
            known.end = "withdrawn"

    @rule(which=st.integers(0, 30))
    def retry(self, which: int) -> None:
        known = [*self.model.entries.values()]
        if known:
            one = known[which % len(known)]
            revived = self.outbox.retry(one.entry.id, self.now)
            assert bool(revived) is (one.end == "dropped")
            if revived:
                one.end = ""

    @invariant()
    def all_is_listed_with_its_state(self) -> None:
        for known in self.model.entries.values():
            state = self.outbox.state(known.entry.id)
            match known.end:
                case "":
                    assert state in ({"saved", "sending"} if known.row else {"saving"})
                case "answered":
                    assert state in {"confirmed", "conflict", "refused", "withdrawn"}
                case "dropped":
                    assert state == "refused"
                case _:
                    assert state == "withdrawn"

    @invariant()
    def what_may_have_left_is_named(self) -> None:
        for tournament in TOURNAMENTS:
            left = [k.entry.id for k in self.model.waiting() if k.left and k.entry.tournament == tournament]
            assert list(self.outbox.named(tournament)) == left

    def teardown(self) -> None:
        """With a link that stays and a hub that answers, everything drains in the end."""
        if self.saving:
            self.save(fails=False)
        for _ in range(len(self.model.entries) + 1):
            self.now += LONGEST_PAUSE + 60
            for record in self.outbox.handle_deadline(self.now):
                self.model.entries[record.id].end = "dropped"
            taken = self.outbox.take(LinkId("link-3"), (), TOURNAMENTS, self.now)
            assert len(taken) <= WINDOW
            for one in taken:
                self.model.entries[one.id].end = "answered"
                self.outbox.receive_answers([Answer(id=one.id, outcome="accepted", epoch=EPOCH)], self.now)
        assert self.model.waiting() == []
        change = self.outbox.change()
        assert change is None or change.evicted_total == self.evicted


TestOutbox = Outboxes.TestCase
TestOutbox.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
