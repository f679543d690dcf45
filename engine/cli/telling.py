"""A call told in lines, from the records of `show`: what a dispute is settled by reading.

Callers, carriers and buyers put words into these records. A teller that others use is `@plain`: such words
can't steer the terminal.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ParamSpec, TypeVar

import click
from msgspec import UNSET

from engine.accounts.answer_shown import AnswerShown
from engine.accounts.call_line import CallLine
from engine.accounts.call_shown import CallShown, LegShown
from engine.accounts.clause_shown import ClauseShown
from engine.accounts.decision_shown import BidShown, DecisionShown
from engine.accounts.dispute_shown import DisputeShown
from engine.accounts.verdict_shown import CorrectedVerdict, JudgementShown, VerdictShown
from engine.core.conditions import OutcomeWord, Value
from engine.core.money import format_money
from engine.core.printable import printable_record
from engine.wording.catalogue import english

MARKS: Mapping[OutcomeWord, str] = {"true": "✓", "false": "✗", "unknown": "?"}
COLOURS: Mapping[OutcomeWord, str] = {"true": "green", "false": "red", "unknown": "yellow"}


Given = ParamSpec("Given")
Told = TypeVar("Told")


def plain(teller: Callable[Given, Told]) -> Callable[Given, Told]:
    """The teller, given its records with printable texts."""

    @functools.wraps(teller)
    def telling(*args: Given.args, **kwargs: Given.kwargs) -> Told:
        return teller(*map(printable_record, args), **kwargs)  # type: ignore[arg-type]

    return telling


@plain
def call_line(call: CallLine) -> str:
    """One call of a list."""
    money = f"{call.revenue} {call.currency or ''}".strip()
    paying = [f"{one.buyer} {one.revenue}" for one in call.buyers if one.revenue != format_money(0)]
    several = f": {', '.join(paying)}" if len(paying) > 1 else ""
    return (
        f"{call.call}  {call.started_at[:19]}  {call.from_ or 'withheld':<13} → "
        f"{call.to:<13} {call.campaign or '-':<12} {call.buyer or '-':<12} "
        f"{money:>12}  {call.ended_by or 'in progress'}{several}"
        f"{'  practice' if call.practice else ''}"
    )


@plain
def tell_call(call: CallShown) -> Iterator[str]:
    """The whole call: head, path, answers, decisions, legs, verdicts, ledger."""
    yield _heading(f"call {call.call}")
    yield f"  {call.from_ or 'withheld'} → {call.to}, {call.started_at}, by {call.carrier}"
    if call.practice:
        yield "  a practice call: it's judged like any other, and nobody is billed for it"
    if call.again_of:
        yield f"  the same phone call as {call.again_of}, and counted with it"
    if call.went_on_in:
        yield f"  the phone call went on in {', '.join(call.went_on_in)}"
    yield f"  flow {call.flow or '-'}, campaign {call.campaign or '-'}, revision {call.revision[:19]}"
    yield f"  ended by {call.ended_by or '(in progress)'}: {call.reason or ''}"
    for gone in call.erased:
        said = english().say(f"erasure.{gone.what}", {})
        yield f"  {said} on {gone.at[:19]}Z by {gone.by}"
    yield _heading("path")
    for step in call.path:
        yield f"  {_at(step.at_ms)}  {step.node} → {step.exit}"
    yield _heading("answers")
    for name, answer in call.answers.items():
        yield from tell_answer(name, answer)
    yield from _tell_flow(call)
    for decision in call.decisions:
        yield from tell_decision(decision)
    yield from _tell_legs(call)
    yield from _tell_recordings(call)
    for verdict in call.verdicts:
        yield from tell_verdict(verdict)
    yield from tell_ledger(call)
    for lost in call.lost_legs or ():
        given_up = "never said how long it lasted, and isn't asked any more; correct the bill by hand"
        asked = f"asked how long it lasted, next at {lost.ask_at}; the bill follows its answer"
        yield f"  {lost.carrier} on {lost.leg}: {given_up if lost.ask_at is None else asked}"
    for record in call.carrier_records:
        finding = record.finding or "not read yet"
        yield f"  {record.carrier} on {record.leg}: {record.seconds} s; {finding}"
    for dispute in call.disputes:
        yield from tell_dispute(dispute)
    yield from _tell_faults(call)


def _tell_flow(call: CallShown) -> Iterator[str]:
    """What the flow decided by itself, what the caller agreed to, and what it noted on the call."""
    if call.consents:
        yield _heading("consent")
    for consent in call.consents:
        word = "granted" if consent.granted else "not granted"
        edition = f"{consent.answer}, version {consent.version}"
        yield f"  {_at(consent.at_ms)}  {edition}: {word}, by {consent.given_by}  “{consent.spoken}”"
    if call.voicemails:
        yield _heading("voicemail")
    for message in call.voicemails:
        heard = f"“{message.transcript}”" if message.transcript else "nothing recognised"
        lasted = f"{_at(message.began_at)} to {_at(message.at_ms).strip()}, ended by {message.ended_by}"
        yield f"  {lasted}, in {message.recording or 'no recording'}: {heard}"
    if call.turns:
        yield _heading("turns")
    for turn in call.turns:
        yield f"  {_at(turn.at_ms)}  {turn.node} → {turn.exit}: {turn.sentence}"
    if call.tags:
        yield _heading("tags")
        yield "  " + ", ".join(f"{name} = {value}" for name, value in call.tags.items())


@plain
def tell_outcome(call: CallShown) -> Iterator[str]:
    """What came of a call that was told while it happened: path, legs, the answers that paid, ledger."""
    yield _heading(f"call {call.call}: ended by {call.ended_by}, {call.reason}")
    yield "  " + " → ".join(f"{step.node}.{step.exit}" for step in call.path)
    yield from _tell_legs(call)
    yield _heading("answers")
    for name, answer in call.answers.items():
        yield from tell_answer(name, answer)
    yield from tell_ledger(call)
    yield from _tell_faults(call)


def _tell_legs(call: CallShown) -> Iterator[str]:
    yield _heading("legs")
    for leg in call.legs:
        yield from tell_leg(leg)


@plain
def tell_ledger(call: CallShown) -> Iterator[str]:
    """The entries of a call, and who made them and why where no verdict did."""
    yield _heading("ledger")
    for entry in call.ledger:
        amount = f"{entry.amount} {entry.currency}"
        corrects = f"  corrects #{entry.corrects}" if entry.corrects else ""
        why = f"  {entry.made_by}: {entry.why}" if entry.made_by else ""
        yield f"  #{entry.entry}  {entry.kind:<10} {entry.party:<14} {amount}{corrects}{why}"
    if not call.ledger:
        yield "  nothing was billed"
    if any(entry.corrects for entry in call.ledger):
        for bill in call.stands:
            yield f"  {bill.kind} {bill.party}: {bill.amount} {bill.currency} after corrections"


@plain
def tell_dispute(dispute: DisputeShown) -> Iterator[str]:
    """A dispute: what is said, what the evidence says, how it was decided."""
    about = dispute.clause or dispute.reason
    yield _heading(f"dispute {dispute.dispute} of call {dispute.call}: {dispute.state}")
    yield f"  {dispute.buyer} on {about}, by {dispute.opened_by}: “{dispute.says}”"
    yield f"  proposed: {dispute.proposal.outcome}, new amount {dispute.proposal.amount}"
    for sentence in dispute.proposal.sentences:
        yield f"      {sentence}"
    if dispute.decided_by:
        why = f": {dispute.why}" if dispute.why else ""
        yield f"  {dispute.state} by {dispute.decided_by}, amount {dispute.amount}{why}"
        if dispute.payout:
            yield f"  the payout for the call is {dispute.payout}"


def _tell_faults(call: CallShown) -> Iterator[str]:
    for fault in call.faults:
        where = f"fault at {_at(fault.at_ms).strip()} in {fault.where}"
        yield click.style(f"  {where}: {fault.detail}", fg="red")


def _tell_recordings(call: CallShown) -> Iterator[str]:
    """What was recorded, whether it is whole, and what is silent in it."""
    if call.recordings:
        yield _heading("recordings")
    for one in call.recordings:
        length = _at(one.duration_ms).strip()
        state = "being made" if one.complete is None else f"{length}, sha256 {str(one.sha256)[:12]}…"
        gone = f", deleted {one.pruned_at}" if one.pruned_at else ""
        silent = f", {len(one.silenced)} silenced" if one.silenced else ""
        yield f"  {one.recording}  {one.path} ({one.channels}): {state}{silent}{gone}"
        if one.fault:
            yield click.style(f"            incomplete: {one.fault}", fg="red")


@plain
def tell_answer(name: str, answer: AnswerShown) -> Iterator[str]:
    asked = f", asked “{answer.prompt.text}”" if answer.prompt else ""
    again = f", attempt {answer.attempts}" if answer.attempts != 1 else ""
    confirmed = ", confirmed" if answer.confirmed else ""
    sure = f", {answer.confidence:.0%} sure" if answer.mode == "voice" else ""
    source = f", from {answer.source.name} ({answer.source.detail})" if answer.source else ""
    heard = _prompt_heard(answer) + _filled(answer)
    how = f"by {answer.mode} “{answer.raw}”{sure}{again}{confirmed}{source}, at {answer.node}{asked}{heard}"
    told = click.style(f"{name} = {answer.value}", bold=True)
    if answer.withdrawn_at_ms is not UNSET:
        how += f", taken back at {_at(answer.withdrawn_at_ms).strip()}"
    for before in answer.earlier or ():
        was = f"was {before.value} until then: by {before.mode} “{before.raw}”, at {before.node}"
        yield f"  {_at(before.answered_at_ms)}  {name} {was}"
    yield f"  {_at(answer.answered_at_ms)}  {told}  {how}"
    derived = {key: part for key, part in answer.values.items() if "." in key and part != answer.value}
    if derived:
        yield "            " + ", ".join(f"{key} {part}" for key, part in derived.items())


def _filled(answer: AnswerShown) -> str:
    """Which model read it into the caller's words, and what bears it out."""
    if answer.filled is UNSET:
        return ""
    borne_out = "read back" if answer.filled.is_read_back else "not read back"
    alike = ", understood alike" if answer.filled.is_alike else ""
    return f", filled by model {answer.filled.model} from “{answer.words}”{alike}, {borne_out}"


def _prompt_heard(answer: AnswerShown) -> str:
    """How much of the prompt was heard, where the record says it."""
    if answer.prompt_heard_ms is None:
        return ""
    if answer.keyed_ahead:
        told = ", keyed before the prompt began"
    elif answer.prompt_ms is None:
        told = f", {answer.prompt_heard_ms / 1000:.1f} s of it heard"
    else:
        told = f", {answer.prompt_heard_ms / 1000:.1f} of {answer.prompt_ms / 1000:.1f} s heard"
    return told + (", asked before" if answer.heard_before else "")


@plain
def tell_decision(decision: DecisionShown) -> Iterator[str]:
    chosen = decision.chosen or "nobody"
    yield _heading(f"decision at {_at(decision.at_ms).strip()} in {decision.node}: {chosen}")
    for candidate in decision.candidates:
        word: OutcomeWord = "true" if candidate.eligible else "false"
        rank = f", rank {candidate.rank}" if candidate.rank else ""
        price = f", {candidate.price}" if candidate.price else ""
        price += f" (expected {candidate.expected})" if candidate.expected else ""
        yield click.style(
            f"  {MARKS[word]} {candidate.buyer}{rank}{price}: {candidate.sentence}", fg=COLOURS[word]
        )
        if candidate.bid is not UNSET:
            yield f"      {_bid_told(candidate.bid)}"
        yield from tell_clauses(candidate.clauses)
    if decision.together is not UNSET:
        yield f"  ring together: {', '.join(decision.together)}"
    if decision.limit is not UNSET:
        yield f"  {decision.limit}"
    if decision.others:
        told = ", ".join(f"{count:,} {code}" for code, count in decision.others.items())
        yield f"  others not shown (use --all): {told}"


def _bid_told(bid: BidShown) -> str:
    amount = f" {bid.amount}" if bid.outcome in ("bid", "cached", "below_floor") else ""
    detail = f": {bid.detail}" if bid.detail else ""
    return f"asked for a bid: {bid.outcome}{amount} after {bid.ms} ms{detail}"


@plain
def tell_leg(leg: LegShown) -> Iterator[str]:
    moments = {
        "dialled": leg.dialled_at_ms,
        "answered": leg.answered_at_ms,
        "accepted": leg.accepted_at_ms,
        "bridged": leg.bridged_at_ms,
        "ended": leg.ended_at_ms,
    }
    times = ", ".join(f"{name} {_at(ms).strip()}" for name, ms in moments.items() if ms is not None)
    by = f" by the {leg.ended_by}" if leg.ended_by else ""
    whom = f"{leg.leg}  {leg.buyer or 'transfer'} {leg.to}"
    yield f"  {whom}: {leg.outcome or 'in progress'}{by}  ({times})"
    if leg.told is not UNSET:
        yield f"      its webhook: {leg.told}"
    if leg.extension is not UNSET:
        when = "not keyed" if leg.keyed_at_ms is UNSET else f"keyed at {_at(leg.keyed_at_ms).strip()}"
        yield f"      its extension {leg.extension}: {when}"
    if leg.answered_by is not UNSET:
        picked_up = leg.answered_by
        yield f"      the carrier says who picked up: {picked_up.said}, at {_at(picked_up.at_ms).strip()}"
    if leg.joined is not UNSET:
        yield f"      the talk: {leg.joined.detail}, at {_at(leg.joined.at_ms).strip()}"
        if leg.joined.rests_on is not UNSET:
            yield f"      its seconds rest on {leg.joined.rests_on}"
    if leg.keys_pressed is not UNSET and leg.keys is not UNSET:
        pressed = ", ".join(f"{each.by} {each.key or 'a key'} {_at(each.at_ms).strip()}" for each in leg.keys)
        yield f"      keys pressed in the talk: {leg.keys_pressed} ({pressed})"


@plain
def tell_verdict(verdict: VerdictShown) -> Iterator[str]:
    yield _heading(f"verdict on {verdict.buyer} ({verdict.leg}): {_judged(verdict)}")
    yield from _tell_owed(verdict)
    yield from tell_clauses(verdict.clauses)
    yield _payout(verdict)
    yield from tell_clauses(verdict.payout_clauses)
    if isinstance(verdict, JudgementShown) and verdict.corrected is not None:
        yield from _tell_correction(verdict.corrected)


def _tell_correction(verdict: CorrectedVerdict) -> Iterator[str]:
    """What a verdict became over the carrier's times; its other clauses are those of the first."""
    whose = f"by the times of {verdict.by}" if verdict.by else "by a carrier's times"
    yield click.style(f"  corrected {whose}: {_judged(verdict)}", bold=True)
    yield from _tell_owed(verdict)
    yield _payout(verdict)


def _judged(verdict: VerdictShown) -> str:
    return "billable" if verdict.billable else f"not billable, {verdict.reason}"


def _tell_owed(verdict: VerdictShown) -> Iterator[str]:
    timer = verdict.timer
    yield f"  {verdict.sentence}"
    ran = f"{timer.seconds} s since {timer.from_}, {timer.needed} s needed"
    yield f"  {ran}; revenue {verdict.revenue} {verdict.currency}"


def _payout(verdict: VerdictShown) -> str:
    return f"  payout {verdict.payout} {verdict.currency}: {verdict.payout_reason}"


@plain
def tell_clauses(clauses: Sequence[ClauseShown]) -> Iterator[str]:
    for clause in clauses:
        values = ", ".join(f"{name} = {_value(value, clause)}" for name, value in clause.values.items())
        behind = f"  [{', '.join(clause.answers)}]" if clause.answers else ""
        yield (
            f"      {click.style(MARKS[clause.outcome], fg=COLOURS[clause.outcome])} {clause.clause}"
            + (f"   {values}" if values else "")
            + click.style(f"   {clause.at}{behind}", dim=True)
        )


def _value(value: Value | None, clause: ClauseShown) -> str:
    if value is None:
        return "unknown" if clause.outcome == "unknown" else "none"
    return str(value)


def _heading(text: str) -> str:
    return click.style(f"\n{text}", bold=True)


def _at(ms: int | None) -> str:
    return f"{ms / 1000:.2f}s".rjust(8) if ms is not None else "-"
