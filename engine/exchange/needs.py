"""Which answers still decide: what is left to ask, and what hangs on it.

An answer is needed while a buyer that could still take the call has it open: a clause of its area or its
accepts is unknown for want of it and could decide, what the buyer pays for (or the publisher is paid for)
requires it or reads it, or the buyer is told it when it is asked for its price. A buyer could still take the
call where its terms are not false and no other reason refuses it. One that is closed now and opens while a
long interview goes on is not given up.

Asking only what is needed, in any order, until nothing is, leads to the same choice and the same bill as
asking everything: what was not asked could not have decided (a test over random networks).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from engine.core.moments import CallMoment
from engine.exchange.buyer_sets import places_in
from engine.exchange.condition_index import ConditionIndex, Opened
from engine.exchange.eligibility import Moment
from engine.exchange.tally import closed_at, refused_whatever_is_answered

INTERVIEW_MS = 5 * 60_000  # how long the questions before a choice may take


def needed_answers(call: CallMoment, moment: Moment, later: Moment) -> tuple[str, ...]:
    """The answers of the call's flow that are not known and still decide, the most valuable first.

    An answer's value is the sum of the prices of the buyers who have it open; among equals the flow's order
    counts. `later` is the moment when a long interview is over.
    """
    panel = moment.panel
    unmet, _ = panel.index.judge(moment.evaluator, panel.everybody)
    impossible = unmet | refused_whatever_is_answered(moment) | (closed_at(moment) & closed_at(later))
    open_to: dict[str, int] = defaultdict(int)
    possible = panel.everybody & ~impossible
    for answer, buyers in _opened(moment, possible):
        open_to[answer] |= buyers
    for name, buyers in panel.telling.items():
        if name not in call.sensitive:  # which nobody is told
            open_to[_answer_of(name, call)] |= buyers & possible
    worth = {
        answer: sum(panel.prospects[place].buyer.price_micros for place in places_in(open_to[answer]))
        for answer in call.kinds
        if open_to.get(answer) and answer not in call.answers
    }
    return tuple(sorted(worth, key=lambda answer: -worth[answer]))


def _answer_of(name: str, call: CallMoment) -> str:
    """`zip.state` → `zip`"""
    while name not in call.kinds and "." in name:
        name = name.rpartition(".")[0]
    return name


def _opened(moment: Moment, possible: int) -> Iterator[Opened]:
    panel, evaluator = moment.panel, moment.evaluator
    yield from panel.index.opened(evaluator, possible)
    yield from panel.billable.opened(evaluator, panel.billable.judge(evaluator, possible).unknown)
    for answer, buyers in panel.requiring.items():
        yield answer, buyers & possible
    payout = panel.campaign.payout
    if payout is None:
        return
    for answer in payout.requires:
        yield answer, possible
    if payout.when is not None:
        whole = ConditionIndex([(0, payout.when)], 1)
        for answer, _ in whole.opened(evaluator, whole.judge(evaluator, 1).unknown):
            yield answer, possible
