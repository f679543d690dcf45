"""What becomes of a disputed bill, as far as the evidence says: a proposal, for a person to decide. Pure.

Rules
1. The bill is judged again over the same journal. Where that owes nothing, the dispute is right.
2. So it is where the carrier's record is below the duration.
3. A clause that was not true, of a bill that holds, is one alternative of several: the bill rests on the
   others, and the dispute is wrong. A true clause is as good as the answers behind it: keyed, confirmed or
   well recognised, the dispute is wrong; one that rests on an answer heard below SURE and never confirmed
   is half right.
4. A talk less than a second above its duration, with no carrier's record to confirm it, is half right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.core.conditions import ClauseOutcome, outcome_word
from engine.core.facts import Answer, Verdict
from engine.exchange.codes import DISPUTE_REASONS
from engine.exchange.spans import seconds_text

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
    """What is known of the billed leg. `again` is the verdict of today's judging over the same journal."""

    verdict: Verdict
    again: Verdict | None
    chosen_by: Sequence[ClauseOutcome]  # the clauses by which the buyer was chosen
    answers: Mapping[str, Answer]
    carrier_ms: int | None  # from answer to end, by the carrier's signed record
    measured_ms: int  # the same by our own times
    stands_micros: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the evidence says: the amount that should stand, and why, sentence by sentence."""

    outcome: Outcome
    amount_micros: int
    sentences: tuple[str, ...]


class ClaimRefusedError(ValueError):
    """The claim names nothing that this bill rests on; says what it could name."""


def propose(claim: Claim, evidence: BilledLeg) -> Proposal:
    """Accept, partly or reject. Raises ClaimRefusedError for a clause that the bill does not have."""
    lines = _disputed(claim, evidence)
    again = evidence.again
    if again is None or not again.billable:
        why = again.sentence if again is not None else "its leg is judged no more"
        return Proposal("accept", 0, (f"Judged again over the same journal, nothing is owed: {why}",))
    findings = [_weigh(line, evidence) for line in lines]
    outcomes = {outcome for outcome, _ in findings}
    sentences = tuple(sentence for _, sentence in findings)
    if not lines:
        sentences = (f"The terms hold no clause on it: {DISPUTE_REASONS[claim.reason]}",)
    if "accept" in outcomes:
        return Proposal("accept", 0, sentences)
    if "partly" in outcomes:
        return Proposal("partly", evidence.stands_micros // 2, sentences)
    return Proposal("reject", evidence.stands_micros, sentences)


def _disputed(claim: Claim, evidence: BilledLeg) -> list[ClauseOutcome]:
    """The lines of the bill that the claim is about."""
    trigger, *others = evidence.verdict.clauses
    lines = [trigger, *others, *evidence.chosen_by]
    if claim.clause:
        wanted = _plain(claim.clause)
        found = [line for line in lines if _plain(line.clause) == wanted]
        if not found:
            known = "; ".join(dict.fromkeys(line.clause for line in lines))
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
    raise ClaimRefusedError(f"there is no reason '{claim.reason}' to dispute a bill for; there are {known}")


def _weigh(line: ClauseOutcome, evidence: BilledLeg) -> tuple[Outcome, str]:
    if line is evidence.verdict.clauses[0]:
        return _weigh_trigger(line, evidence)
    told = f"“{line.clause}” ({line.place.at})"
    if line.outcome is not True:
        word = outcome_word(line.outcome)
        return "reject", f"{told} was {word}, and the bill does not rest on it: another alternative held."
    unsure = [name for name in line.answers if _is_unsure(evidence.answers.get(name))]
    how = "; ".join(_how_known(name, evidence.answers.get(name)) for name in line.answers)
    if unsure:
        return "partly", f"{told} was true, but rests on an answer that was not sure: {how}."
    return "reject", f"{told} was true{': ' + how if how else ''}."


def _weigh_trigger(line: ClauseOutcome, evidence: BilledLeg) -> tuple[Outcome, str]:
    timer, carrier_ms = evidence.verdict.timer, evidence.carrier_ms
    told = f"“{line.clause}” ({line.place.at}): {timer.counted_from} for {seconds_text(timer.ran_ms)}"
    if carrier_ms is not None:
        by_carrier_ms = timer.ran_ms + carrier_ms - evidence.measured_ms
        heard = f"the carrier's record has {seconds_text(carrier_ms)} from answer to end"
        if by_carrier_ms + DOUBTFUL_MS < timer.needed_ms:
            return "accept", f"{told}, but {heard}, {seconds_text(evidence.measured_ms)} by our times."
        return "reject", f"{told}, and {heard}."
    if timer.needed_ms and timer.ran_ms - timer.needed_ms < DOUBTFUL_MS:
        return "partly", f"{told}, less than a second more than agreed, and no carrier's record confirms it."
    return "reject", f"{told}."


def _is_unsure(answer: Answer | None) -> bool:
    return answer is not None and answer.mode == "voice" and not answer.confirmed and answer.confidence < SURE


def _how_known(name: str, answer: Answer | None) -> str:
    """How an answer was learnt; never what it was, for it may be sensitive."""
    if answer is None:
        return f"{name} was not answered"
    return f"{name} " + ", ".join(_manner(answer))


def _manner(answer: Answer) -> Iterator[str]:
    yield {"keys": "was keyed", "voice": "was said"}.get(answer.mode, f"came by {answer.mode}")
    if answer.mode == "voice":
        yield f"{answer.confidence:.0%} sure"
    if answer.confirmed:
        yield "confirmed by the caller"
    if answer.attempts > 1:
        yield f"attempt {answer.attempts}"
    yield f"at {answer.node}"


def _is_about_duplicates(line: ClauseOutcome) -> bool:
    return "last_owed_ago" in line.values or "last_call_ago" in line.values


def _plain(text: str) -> str:
    """A clause as written, whatever its quotes and spaces."""
    return " ".join(text.replace("'", '"').split())
