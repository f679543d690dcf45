"""What a view says twice it says alike: answers and clauses, the leg's times and seconds, terms and clauses.

Whoever holds the network's key could sign a view that says in one part what another part does not. The
parts of a view are few, so each is held against all others that speak of the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from engine.core.conditions import ClauseOutcome
from engine.core.erasing import HIDDEN
from engine.core.facts import Answer, Timer
from engine.core.json_values import Json
from engine.core.places import Place
from engine.evidence.findings import Finding, fails
from engine.evidence.older import owes_as_written
from engine.evidence.shown import LegTimes, Revenue
from engine.evidence.vcon import Evidence
from engine.exchange.terms import Rounding, Terms, TimerFrom, Trigger
from engine.exchange.verdict import heard_clause, trigger_clause
from engine.language.yaml.units import duration_ms
from engine.store.instants import iso

REQUIRED = "answered"
"""The kind of a required answer's clause."""

HEARD = "heard"
"""The kind of a clause about what was heard of an answer's prompt."""

_HERE = Place("the file", 1, 1)


def check_call(evidence: Evidence, answers: Mapping[str, Answer]) -> Iterator[Finding]:
    """The instant and its spelling are one; each answer is the value that it hands to clauses."""
    call = evidence.bodies("call").get("", {})
    if call.get("started") != (spelled := iso(cast(int, call["started_at"]))):
        yield fails("call", "started_differs", part="call", held=call.get("started"), found=spelled)
    for name, answer in answers.items():
        if name in answer.values and answer.values[name] != answer.value:
            part = f"answer/{name}"
            yield fails(part, "answer_differs", part=part, value=answer.value, handed=answer.values[name])


def check_answers(
    given: Mapping[str, Sequence[Answer]], part: str, clauses: Sequence[ClauseOutcome], at: int
) -> Iterator[Finding]:
    """Each clause rests on values that the answers in the file had `at` then.

    A key counts from when it was pressed, and may be read after a decision, so any value until then will do.
    """
    for clause in clauses:
        for name in clause.answers:
            until = [one for one in given.get(name, ()) if one.answered_at <= at]
            # None of them is not in the view, or of an engine that kept only how it was given last.
            for key, held in clause.values.items():
                known_ones = [one.values[key] for one in until if key in one.values]
                if not known_ones or held is None or held in HIDDEN:
                    continue
                if not any(known in HIDDEN or held == known for known in known_ones):
                    known = known_ones[-1]
                    told = {"name": key, "held": held, "known": known, "answer": name}
                    yield fails(part, "clause_rests_on_another", part=part, clause=clause, **told)


def check_required(
    part: str, clauses: Sequence[ClauseOutcome], settings: Mapping[str, Json]
) -> Iterator[Finding]:
    """Each answer that the terms require has its clause, which is true where there is an answer."""
    required = required_by(settings)
    own = [clause for clause in clauses if clause.kind == REQUIRED]
    found = [str(clause.details.get("answer")) for clause in own]
    if found != required:
        yield fails(part, "required_differs", part=part, required=required, found=found)
    for clause in own:
        is_known = all(held is not None for held in clause.values.values())
        if clause.outcome is not is_known:
            code = "required_is_known" if is_known else "required_is_missing"
            yield fails(part, code, part=part, clause=clause, outcome=clause.outcome)


def required_by(settings: Mapping[str, Json]) -> list[str]:
    """The answers that terms require, as a list or in a group."""
    requires = settings.get("requires") or []
    if isinstance(requires, dict):
        requires = requires.get("answers") or []
    return [str(each) for each in cast("list[Json]", requires)]


def check_heard(
    given: Mapping[str, Sequence[Answer]],
    part: str,
    clauses: Sequence[ClauseOutcome],
    settings: Mapping[str, Json],
    at: int,
) -> Iterator[Finding]:
    """What the terms ask to have been heard has its clause, and that is what the answer's record says."""
    requires = settings.get("requires")
    own = {name: clause for clause in clauses if clause.kind == HEARD for name in clause.answers}
    for name in required_by(settings) if isinstance(requires, dict) and requires.get("heard") else ():
        answer = _answer_at(given.get(name, ()), at)
        if answer is not None and answer.is_asked and name not in own:
            yield fails(part, "heard_missing", part=part, answer=name)
    for name, clause in own.items():
        answer = _answer_at(given.get(name, ()), at)
        found = None if answer is None else heard_clause(answer, clause.place)
        if found is not None and (found.outcome, dict(found.values)) != (clause.outcome, dict(clause.values)):
            told = {"outcome": clause.outcome, "found": found.outcome}
            yield fails(part, "heard_differs", part=part, clause=clause, **told)


def _answer_at(given: Sequence[Answer], at: int) -> Answer | None:
    """None where it is not in the view, or of an engine that kept only how it was given last."""
    return next((one for one in reversed(given) if one.answered_at <= at), None)


def check_trigger(
    part: str,
    clauses: Sequence[ClauseOutcome],
    times: LegTimes | None,
    settings: Mapping[str, Json],
    at: int,
) -> Iterator[Finding]:
    """The first clause is the one that the terms and the leg's own times give."""
    timer, began = timer_of(times, settings, at)
    terms = Terms(
        amount_micros=0,
        after_ms=timer.needed_ms,
        timer_from=cast(TimerFrom, timer.counted_from),
        requires=(),
        when=None,
        place=_HERE,
        trigger=cast(Trigger, str(settings.get("trigger", "seconds"))),
        rounding=cast(Rounding, str(settings.get("rounding", "none"))),
    )
    expected = trigger_clause(timer, terms, is_begun=began is not None)
    if not clauses:
        yield fails(part, "trigger_missing", part=part, expected=expected)
        return
    first = clauses[0]
    if (first.kind, dict(first.details)) != (expected.kind, dict(expected.details)):
        yield fails(part, "trigger_is_another", part=part, clause=first, expected=expected)
    elif dict(first.values) != dict(expected.values):
        values = {"held": first.values, "found": expected.values}
        yield fails(part, "trigger_rests_on_another", part=part, clause=first, **values)
    elif first.outcome is not expected.outcome:
        outcomes = {"outcome": first.outcome, "found": expected.outcome}
        yield fails(part, "trigger_differs", part=part, clause=first, **outcomes)


def check_timer(part: str, told: Timer, expected: Timer) -> Iterator[Finding]:
    """The time that ran is that between the leg's own times, the time needed that of the terms."""
    for name, source in (("counted_from", "terms"), ("needed_ms", "terms"), ("ran_ms", "times")):
        held, found = getattr(told, name), getattr(expected, name)
        if held != found:
            yield fails(part, "timer_differs", part=part, name=name, held=held, source=source, found=found)


def check_sentence(part: str, revenue: Revenue) -> Iterator[Finding]:
    """The sentence that an older engine wrote names the amount that is owed."""
    if (begins := owes_as_written(revenue)) is not None:
        yield fails(part, "sentence_differs", part=part, held=_sentence(revenue), expected=begins)


def _sentence(revenue: Revenue) -> str:
    return str(next(iter(revenue.details.values())))


def timer_of(times: LegTimes | None, settings: Mapping[str, Json], at: int) -> tuple[Timer, int | None]:
    """How long ran what the terms count, and when that began; a leg without an end ends with its verdict."""
    trigger = str(settings.get("trigger", "seconds"))
    moment = str(settings.get("timer_from", "bridged")) if trigger == "seconds" else trigger
    moments = {
        "answered": times.answered_at if times else None,
        "accepted": times.accepted_at if times else None,
        "bridged": times.bridged_at if times else None,
    }
    began = moments[moment]
    ended = times.ended_at if times else None
    ran_ms = (
        0
        if began is None
        else max(0, (at if ended is None else ended) - began - (times.held_ms if times else 0))
    )
    needed_ms = duration_ms(str(settings.get("after", "0s"))) or 0
    return Timer(moment, ran_ms, needed_ms), began
