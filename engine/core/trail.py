"""The way back: which questions a call has asked, and what becomes of answers that are taken back.

Rules
1. The way back ends where a buyer and the caller were joined: what was sold stands.
2. An answer that is taken back is not known any more, so no clause over it is met until it is given again.
   Its record stays, as it was, and says when it was taken back.
3. A buyer that was chosen on the way is given back, unless the way leads to a question after the choice.
4. Questions whose answers are known are passed over on the way on; those that were taken back are asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.commands import Record
from engine.core.events import CallArrived
from engine.core.facts import Answer
from engine.core.records import changed

if TYPE_CHECKING:
    from engine.core.call import Call

LED_TO = " → "
"""Stands in a mark of `Call.asked` between a node and the answer to whose question it led."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A node that asked, when it did so first in this visit, and whether a buyer was chosen by then."""

    node: str
    at: int
    is_after_choice: bool


class Trail:
    """The questions of a call in their order, without those that the caller went back over."""

    def __init__(self) -> None:
        self.questions: list[AskedQuestion] = []

    def comes_to(self, call: Call) -> None:
        """The running node asks."""
        if not self.questions or self.questions[-1].node != call.node:
            self.questions.append(AskedQuestion(call.node, call.at, bool(call.chosen)))

    def before(self, call: Call) -> AskedQuestion | None:
        """The question before the one that is asked now; None where there is none to go back to."""
        earlier = [each for each in self.questions if each.node != call.node and is_open(call, each.at)]
        return earlier[-1] if earlier else None

    def last_of(self, node: str) -> AskedQuestion | None:
        return next((each for each in reversed(self.questions) if each.node == node), None)

    def cut(self, question: AskedQuestion) -> None:
        """Forget this question and all after it."""
        del self.questions[self.questions.index(question) :]


def is_open(call: Call, at: int) -> bool:
    """Whether what was asked or answered then may be changed: no buyer was joined with the caller since."""
    joined = [leg.bridged_at for leg in call.legs.values() if leg.buyer and leg.bridged_at is not None]
    return not joined or at > max(joined)


def given_by_caller(call: Call, answers: Iterable[str] | None = None) -> list[str]:
    """Those of the answers that the caller gave."""
    names = call.answers if answers is None else answers
    return [name for name in names if name in call.answers and call.answers[name].mode in ("keys", "voice")]


def lead_back(call: Call, to: AskedQuestion | None, withdrawn: Collection[str]) -> None:
    """Make way for a question to be asked again. `to` is when it was; None where it was not yet."""
    for name in withdrawn:
        _withdraw(call, call.answers[name])
    if to is not None:
        call.trail.cut(to)
    nodes = call.flow.nodes
    marks = [mark for mark in call.asked if mark in nodes or mark.partition(LED_TO)[2] in withdrawn]
    call.asked.difference_update(marks)
    if to is None or not to.is_after_choice:
        for unused in call.chosen:
            call.release(unused.buyer, used=False)
        call.chosen = ()


def opt_out(arrived: CallArrived) -> CallArrived:
    """The call as one of somebody who opted out."""
    return changed(arrived, opted_out=True)


def _withdraw(call: Call, answer: Answer) -> None:
    del call.answers[answer.name]
    call.forget_values(answer.values)
    call.do(Record(changed(answer, withdrawn_at=call.at)))
