"""Those who deal with the write rounds: what a sender is told at the end of one."""

from __future__ import annotations

from core.domain.answers import Answer
from core.domain.ids import CommandId
from core.hub.door.access import TRUSTED
from core.hub.judging.gate import Gate
from core.hub.judging.parties import Reply
from core.wire.messages import Deferred, Problem


class Ann:
    """Takes what she is told."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.pass_ = TRUSTED
        self.told: list[object] = []

    def give_answers(self, answers: tuple[Answer, ...]) -> None:
        self.told.append(answers)

    def give_deferred(self, deferred: Deferred) -> None:
        self.told.append(deferred)

    def give_problem(self, problem: Problem) -> None:
        self.told.append(problem)


def test_problems_are_told_before_answers_and_nothing_is_told_of_nothing() -> None:
    ann, answer, problem = Ann(), Answer(id=CommandId("c1"), outcome="accepted"), Problem("malformed", "no")
    Reply([answer], [problem]).give(ann)
    assert ann.told == [problem, (answer,)]
    Reply().give(ann)
    assert len(ann.told) == 2
