"""What becomes of a disputed bill, as far as the evidence says: a proposal, for a person to decide. Pure.

Rules
1. The bill is judged again over the same journal. Where that owes nothing, the dispute is right.
2. So it is where the carrier's record is below the duration.
3. A clause that was not true, of a bill that holds, is one alternative of several: the bill rests on the
   others, and the dispute is wrong. A true clause is as good as the answers behind it: keyed, confirmed or
   well recognised, the dispute is wrong; one that rests on an answer heard below SURE and never confirmed
   is half right. The answers are those of the moment of judging. One that the caller changed before the buyer
   was called makes the dispute half right: the clause held at the choice, and no longer at the call; what was
   said after that, even the first again, is the buyer's own affair.
5. Half is rounded down to what the currency can pay.
4. A talk less than a second above its duration, with no carrier's record to confirm it, is half right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from engine.core.conditions import MASK, ClauseOutcome, Detail, Details, Value
from engine.core.facts import Answer, Verdict
from engine.core.hearing import Hearing
from engine.core.older import AS_WRITTEN
from engine.core.records import Frozen, changed
from engine.exchange.codes import DISPUTE_REASONS
from engine.exchange.currencies import unit_micros

SURE = 0.8  # from here on an answer is taken without asking (see docs/voice.md)
DOUBTFUL_MS = 1_000

Outcome = Literal["accept", "partly", "reject"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is disputed of a call's bill: one clause as it is written, or a reason of DISPUTE_REASONS."""

    call: str
    buyer: str
    clause: str
    reason: str
    says: str


@dataclass(frozen=True, slots=True)
class BilledLeg:
    """What is known of the billed leg. `again` is the verdict of today's judging over the same journal.

    `spelled` gives a clause's text, by which claims name it.
    """

    verdict: Verdict
    again: Verdict | None
    chosen_by: Sequence[ClauseOutcome]  # the clauses by which the buyer was chosen
    answers: Mapping[str, Answer]
    carrier_ms: int | None  # from answer to end, by the carrier's signed record
    measured_ms: int  # the same by our own times
    stands_micros: int
    spelled: Callable[[ClauseOutcome], str]
    answers_then: Mapping[str, Answer] | None = None  # at the choice; None where they are the same
    answers_at_dial: Mapping[str, Answer] | None = None  # when the buyer was called; None likewise


class Known(Frozen, frozen=True):
    """How an answer behind a clause was learnt, and what it was, masked where it is sensitive.

    `mode` is "" where there is no answer. `at` is when it was given, since the call's start; older disputes
    have neither that nor the value, nor what was heard of its prompt.
    """

    answer: str
    mode: str = ""
    confidence: float = 1.0
    confirmed: bool = False
    attempts: int = 1
    node: str = ""
    value: Value | None = None
    at: int | None = None
    hearing: Hearing | None = None
    is_filled: bool = False  # a language model read it into what was said

    @property
    def is_unsure(self) -> bool:
        return self.mode == "voice" and not self.confirmed and self.confidence < SURE


class Ground(Frozen, frozen=True):
    """One reason of a proposal: a code, the clause that it is about, the answers behind that.

    `known` are the answers as they were when the clause was judged, `since` what was given again after that.
    """

    code: str
    details: Mapping[str, Detail] = {}
    line: ClauseOutcome | None = None
    known: tuple[Known, ...] = ()
    since: tuple[Known, ...] = ()


class Proposal(Frozen, frozen=True):
    """What the evidence says: the amount that should stand, and the grounds for it."""

    outcome: Outcome
    amount_micros: int
    grounds: tuple[Ground, ...]


def says_the_same(was: Proposal, now: Proposal) -> bool:
    """Whether the evidence says what it said before; of an older engine's proposal, as far as that said it.

    Older ones kept neither what answers were nor when they were given; the oldest kept sentences alone.
    """
    if was.outcome != now.outcome:
        return False
    if any(ground.code == AS_WRITTEN for ground in was.grounds):
        return True
    known = [each for ground in was.grounds for each in ground.known]
    if all(each.at is None and each.value is None for each in known):
        return [_as_older(ground) for ground in was.grounds] == [_as_older(ground) for ground in now.grounds]
    return was.grounds == now.grounds


def _as_older(ground: Ground) -> Ground:
    return changed(ground, known=tuple(changed(each, value=None, at=None) for each in ground.known), since=())


class ClaimRefusedError(ValueError):
    """The claim names nothing that this bill rests on; says what it could name."""


def propose(claim: Claim, evidence: BilledLeg) -> Proposal:
    """Accept, partly or reject. Raises ClaimRefusedError for a clause that the bill does not have."""
    lines = _disputed(claim, evidence)
    again = evidence.again
    if again is None:
        return Proposal("accept", 0, (Ground("leg_not_judged"),))
    if not again.billable:
        return Proposal("accept", 0, (Ground("nothing_owed", _judged(again)),))
    findings = [_weigh(line, evidence) for line in lines]
    outcomes = {outcome for outcome, _ in findings}
    grounds = tuple(ground for _, ground in findings)
    if not lines:
        grounds = (Ground("no_clause", {"reason": claim.reason}),)
    if "accept" in outcomes:
        return Proposal("accept", 0, grounds)
    if "partly" in outcomes:
        half = evidence.stands_micros // 2
        return Proposal("partly", half - half % unit_micros(evidence.verdict.currency), grounds)
    return Proposal("reject", evidence.stands_micros, grounds)


def _judged(verdict: Verdict) -> Details:
    """A verdict that owes nothing, as a ground tells it."""
    timer = verdict.timer
    ran: dict[str, Value] = {"from": timer.counted_from, "ran_ms": timer.ran_ms, "needed_ms": timer.needed_ms}
    return {"buyer": verdict.buyer, "reason": verdict.reason, **ran, **verdict.details}


def _disputed(claim: Claim, evidence: BilledLeg) -> list[ClauseOutcome]:
    """The lines of the bill that the claim is about."""
    trigger, *others = evidence.verdict.clauses
    lines = [trigger, *others, *evidence.chosen_by]
    if claim.clause:
        wanted = _plain(claim.clause)
        texts = [evidence.spelled(line) for line in lines]
        found = [line for line, text in zip(lines, texts, strict=True) if _plain(text) == wanted]
        if not found:
            known = "; ".join(dict.fromkeys(texts))
            raise ClaimRefusedError(f"the bill has no clause '{claim.clause}'; its clauses are: {known}")
        return found[:1]
    if claim.reason == "too_short":
        return [trigger]
    if claim.reason == "duplicate":
        return [line for line in lines if _is_about_duplicates(line)]
    if claim.reason == "wrong_answer":
        return [line for line in lines if line.answers]
    if claim.reason == "other":
        return lines
    known = ", ".join(DISPUTE_REASONS)
    raise ClaimRefusedError(f"'{claim.reason}' isn't a reason for a dispute; available: {known}")


def _weigh(line: ClauseOutcome, evidence: BilledLeg) -> tuple[Outcome, Ground]:
    if line is evidence.verdict.clauses[0]:
        return _weigh_trigger(line, evidence)
    if line.outcome is not True:
        return "reject", Ground("rests_on_another", line=line)
    then, at_dial = _answers_behind(line, evidence)
    known = tuple(_known(name, then.get(name)) for name in line.answers)
    since = tuple(
        _known(name, answer)
        for name in line.answers
        for answer in _given_since(name, then, at_dial, evidence.answers)
    )
    if any(_is_withdrawn(name, then, at_dial) for name in line.answers):
        return "partly", Ground("changed_since", {}, line, known, since)
    if any(each.is_unsure for each in known):
        return "partly", Ground("rests_on_unsure", {}, line, known, since)
    return "reject", Ground("holds", {}, line, known, since)


_Answers = Mapping[str, Answer]


def _answers_behind(line: ClauseOutcome, evidence: BilledLeg) -> tuple[_Answers, _Answers]:
    """The answers that the clause was judged over, at the choice or the end; and those at the dial."""
    is_of_choice = any(line is each for each in evidence.chosen_by)
    then = evidence.answers_then if is_of_choice else None
    if then is None:
        return evidence.answers, evidence.answers
    return then, then if evidence.answers_at_dial is None else evidence.answers_at_dial


def _given_since(name: str, *moments: _Answers) -> Iterator[Answer]:
    """What the answer was at each later moment where it was another than at the one before."""
    for before, after in pairwise(moments):
        if name in after and after[name] != before.get(name):
            yield after[name]


def _is_withdrawn(name: str, then: _Answers, at_dial: _Answers) -> bool:
    """Whether the caller said something else before the buyer's phone rang."""
    before, after = then.get(name), at_dial.get(name)
    return after is not None and (before is None or after.value != before.value)


def _weigh_trigger(line: ClauseOutcome, evidence: BilledLeg) -> tuple[Outcome, Ground]:
    timer, carrier_ms = evidence.verdict.timer, evidence.carrier_ms
    ran: dict[str, Detail] = {
        "from": timer.counted_from,
        "ran_ms": timer.ran_ms,
    }
    if carrier_ms is not None:
        by_carrier_ms = timer.ran_ms + carrier_ms - evidence.measured_ms
        times = {**ran, "carrier_ms": carrier_ms, "measured_ms": evidence.measured_ms}
        if by_carrier_ms + DOUBTFUL_MS < timer.needed_ms:
            return "accept", Ground("carrier_denies", times, line)
        return "reject", Ground("carrier_confirms", times, line)
    if timer.needed_ms and timer.ran_ms - timer.needed_ms < DOUBTFUL_MS:
        return "partly", Ground("barely_long_enough", ran, line)
    return "reject", Ground("long_enough", ran, line)


def _known(name: str, answer: Answer | None) -> Known:
    if answer is None:
        return Known(name)
    how = (answer.mode, answer.confidence, answer.confirmed, answer.attempts, answer.node)
    value = MASK if answer.sensitive else answer.value
    is_filled = answer.filled is not None
    return Known(name, *how, value, answer.answered_at, answer.hearing, is_filled)


def _is_about_duplicates(line: ClauseOutcome) -> bool:
    return "last_owed_ago" in line.values or "last_call_ago" in line.values


def _plain(text: str) -> str:
    """A clause as written, whatever its quotes and spaces."""
    return " ".join(text.replace("'", '"').split())
