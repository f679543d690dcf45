"""A view judged by itself: whether its verdict follows from the terms, answers and times that it shows.

A buyer's view holds no journal and no other buyer's terms, so nothing is replayed. What can be reckoned
again is: every clause from the values beside it and these from the answers, the condition from its clauses,
the duration from the leg's times, the amount and what is required from the terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from engine.core.conditions import CONDITION, ClauseOutcome
from engine.core.erasing import HIDDEN
from engine.core.events import CALLER
from engine.core.facts import Candidate
from engine.core.json_values import Json, JsonObject
from engine.core.money import parse_money
from engine.core.places import Place
from engine.core.records import changed
from engine.evidence.agreeing import (
    HEARD,
    REQUIRED,
    check_answers,
    check_call,
    check_heard,
    check_required,
    check_sentence,
    check_timer,
    check_trigger,
    timer_of,
)
from engine.evidence.findings import Finding, fails, holds, not_checked
from engine.evidence.shown import (
    LegTimes,
    Payout,
    Placing,
    Revenue,
    answers_of,
    candidates_of,
    given_of,
    parties_of,
    payouts_of,
    revenues_of,
    times_of,
)
from engine.evidence.vcon import Evidence
from engine.exchange.carrier_times import TOLERANCE_MS
from engine.language.cel.expressions import Vocabulary, compile_clause

_HERE = Place("the file", 1, 1)
_TYPES: Mapping[type, str] = {str: "string", bool: "bool", int: "int", float: "double"}

Clauses = Sequence[ClauseOutcome]
Outcomes = Mapping[str, bool | None]


def check_by_judging(evidence: Evidence) -> Iterator[Finding]:
    """Every candidate, revenue and payout that the view shows."""
    answers = answers_of(evidence)
    yield from check_call(evidence, answers)
    given = given_of(evidence)
    for name, (candidate, placing) in candidates_of(evidence).items():
        part = f"decision/{name}"
        yield from check_answers(given, part, candidate.clauses, placing.at)
        yield from _candidate(part, candidate, placing, _terms(evidence, candidate.buyer))
    ours = times_of(evidence)
    for group, times in (("verdict", ours), ("corrected", _by_carriers(evidence, ours))):
        for leg, revenue in revenues_of(evidence, group).items():
            part, terms = f"{group}/{leg}/revenue", _terms(evidence, revenue.buyer)
            yield from check_answers(given, part, revenue.clauses, revenue.at)
            yield from _revenue(part, revenue, times.get(leg), terms, _agreed(evidence, leg, terms))
            billable = cast(JsonObject, _setting(terms, "billable") or {}) if terms is not None else {}
            yield from check_heard(given, part, revenue.clauses, billable, revenue.at)
        for leg, payout in payouts_of(evidence, group).items():
            part = f"{group}/{leg}/payout"
            yield from check_answers(given, part, payout.payout_clauses, payout.at)
            promised = _promised(evidence, payout)
            yield from _payout(part, payout, times.get(leg), promised)
            settings = cast(JsonObject, promised["settings"]) if promised is not None else {}
            if payout.payout_clauses:
                yield from check_heard(given, part, payout.payout_clauses, settings, payout.at)


def _by_carriers(evidence: Evidence, ours: Mapping[str, LegTimes]) -> Mapping[str, LegTimes]:
    """The legs' times with the ends that the carriers' records give them, where a record changed its leg."""
    records = evidence.bodies("carrier")
    measured = {
        leg: changed(times, ended_at=times.answered_at + cast(int, records[leg]["duration_ms"]))
        if leg in records and times.answered_at is not None and _counts(records, leg)
        else times
        for leg, times in ours.items()
    }
    if CALLER not in records:
        return measured
    longest_ms = cast(int, records[CALLER]["duration_ms"])  # of the caller's own call, which bounds every leg
    return {
        leg: changed(times, ended_at=max(times.answered_at, longest_ms))
        if times.answered_at is not None and (times.ended_at or 0) > longest_ms + TOLERANCE_MS
        else times
        for leg, times in measured.items()
    }


def _counts(records: Mapping[str, JsonObject], leg: str) -> bool:
    """Whether the carrier's time of the leg is the one that counts: one that agrees leaves ours."""
    finding = cast(JsonObject, records.get(f"{leg}/finding", {}).get("finding") or {})
    return finding.get("code") not in ("agrees", "hanging_up")


def _promised(evidence: Evidence, payout: Payout) -> JsonObject | None:
    """The payout's terms that the verdict's clauses rest on: of several campaigns, by their lines."""
    named = [(name.partition("/")[0], terms) for name, terms in evidence.bodies("terms").items()]
    payouts = [terms for whose, terms in named if whose == "payout"]
    lines = {_line(str(clause.place)) for clause in payout.payout_clauses}
    for terms in payouts:
        if not lines.isdisjoint(_line(place) for _, place in _places(terms)):
            return terms
    return payouts[0] if payouts else None


def _line(place: str) -> str:
    """`network.yaml:23` of `network.yaml:23:11`: a setting and its value begin in other columns."""
    return place.rpartition(":")[0]


def _places(terms: JsonObject) -> list[tuple[list[Json], str]]:
    """Where each setting of the terms stands in the file, by its path."""
    return cast("list[tuple[list[Json], str]]", terms["places"])


def _agreed(evidence: Evidence, leg: str, terms: JsonObject | None) -> int | None:
    """What the leg costs if it is billed."""
    if terms is None or _setting(terms, "bid") is not None:
        party = parties_of(evidence).get(leg)
        return None if party is None else party.price_micros
    price = _setting(terms, "price")
    return None if price is None else parse_money(str(price))


def _candidate(
    part: str, candidate: Candidate, placing: Placing, terms: JsonObject | None
) -> Iterator[Finding]:
    yield _evaluated(part, candidate.clauses)
    if terms is None:
        return
    area, accepts, rest = _wanted(terms, candidate.clauses)
    follows = area and accepts is True and all(clause.outcome is True for clause in rest)
    if follows != candidate.eligible:
        yield fails(part, "eligible_differs", part=part, held=candidate.eligible, found=follows)
    elif candidate.eligible and not placing.is_chosen:
        yield holds(part, "candidate_passed_over", buyer=candidate.buyer)
    else:
        yield holds(part, "candidate_follows", buyer=candidate.buyer, candidate=candidate)


def _wanted(terms: JsonObject, clauses: Clauses) -> tuple[bool, bool | None, Clauses]:
    """Whether the area holds, what `accepts` comes to, and the clauses that are of neither."""
    accepts = _setting(terms, "accepts")
    leaves = set(map(str.strip, _leaves(accepts)))
    conditions = [clause for clause in clauses if clause.kind == CONDITION]
    of_area = [clause for clause in conditions if _is_in(clause.place, terms, "area")]
    of_accepts = [clause for clause in conditions if clause.clause.strip() in leaves]
    rest = [clause for clause in clauses if clause not in of_area and clause not in of_accepts]
    has_area = bool(_setting(terms, "area")) and bool(_circles_and_lists(terms))
    holds_there = not has_area or any(clause.outcome is True for clause in of_area)
    return holds_there, _combined(accepts, _outcomes(of_accepts)), rest


def _circles_and_lists(terms: JsonObject) -> list[Json]:
    """What an area names: states, counties, ZIP codes, circles."""
    area = cast(JsonObject, _setting(terms, "area"))
    return [held for name in ("states", "counties", "zips", "within") if (held := area.get(name))]


def _is_in(place: Place, terms: JsonObject, setting: str) -> bool:
    """Whether the place is inside a setting of the terms."""
    own = [Place.parse(at) for path, at in _places(terms) if path[:1] == [setting]]
    return bool(own) and min(own) <= place <= max(own)


def _revenue(
    part: str,
    revenue: Revenue,
    times: LegTimes | None,
    terms: JsonObject | None,
    agreed: int | None,
) -> Iterator[Finding]:
    """`agreed` is the price: that of the terms, or of the bid that won."""
    clauses = revenue.clauses
    yield _evaluated(part, clauses, is_agreed=terms is not None)
    if terms is None:
        yield not_checked(part, "terms_missing")
        return
    billable = cast(JsonObject, _setting(terms, "billable") or {})
    yield from check_timer(part, revenue.timer, timer_of(times, billable, revenue.at)[0])
    yield from check_trigger(part, clauses, times, billable, revenue.at)
    yield from check_required(part, clauses, billable)
    yield from check_sentence(part, revenue)
    follows = _follows(clauses, billable.get("when"))
    if revenue.billable and not follows:
        yield fails(part, "billable_does_not_follow", part=part)
    elif follows and not revenue.billable and revenue.reason in _CLAUSE_REASONS:
        yield fails(part, "billable_should_follow", part=part, reason=revenue.reason)
    else:
        yield holds(part, "revenue_follows", verdict=revenue)
    if (revenue.reason == "billable") is not revenue.billable:
        yield fails(part, "reason_differs", part=part, reason=revenue.reason, outcome=revenue.billable)
    owed = revenue.revenue_micros
    if not revenue.billable and owed:
        yield fails(part, "revenue_without_bill", part=part, held=owed)
    elif revenue.billable and agreed is not None and agreed != owed:
        yield fails(part, "revenue_differs", part=part, held=owed, agreed=agreed)


_CLAUSE_REASONS = frozenset(
    {
        "below_duration",
        "not_accepted",
        "declined",
        "not_bridged",
        "interrupted",
        "answer_missing",
        "answer_unheard",
        "condition_not_met",
        "condition_unknown",
    }
)
"""Reasons that a clause of the verdict itself must show as not true."""


def _payout(part: str, payout: Payout, times: LegTimes | None, terms: JsonObject | None) -> Iterator[Finding]:
    clauses = payout.payout_clauses
    yield _evaluated(part, clauses, is_agreed=terms is not None)
    if terms is None:
        return
    settings = cast(JsonObject, terms["settings"])
    if clauses:
        yield from check_trigger(part, clauses, times, settings, payout.at)
        yield from check_required(part, clauses, settings)
    paid = payout.payout_micros
    if payout.payable and not _follows(clauses, settings.get("when")):
        yield fails(part, "payable_does_not_follow", part=part)
    elif payout.payable and paid != parse_money(str(settings["amount"])):
        yield fails(part, "payout_differs", part=part, held=paid, amount=settings["amount"])
    elif not payout.payable and paid:
        yield fails(part, "payout_without_term", part=part, held=paid)
    else:
        yield holds(part, "payout_follows", reason=payout.payout_reason, paid=paid)


def _follows(clauses: Clauses, when: Json) -> bool:
    """Whether the clauses of terms give a bill: the condition holds, and each clause beside it."""
    conditions = [clause for clause in clauses if clause.kind == CONDITION]
    rest = [clause for clause in clauses if clause.kind != CONDITION]
    leaves = set(map(str.strip, _leaves(when)))
    rest += [clause for clause in conditions if clause.clause.strip() not in leaves]
    return _combined(when, _outcomes(conditions)) is True and all(each.outcome is True for each in rest)


_AGREED = frozenset({"talk", "moment", REQUIRED, HEARD})
"""Kinds of clauses that the leg's times and the answers give: `agreeing` looks at them."""


def _evaluated(part: str, clauses: Clauses, *, is_agreed: bool = False) -> Finding:
    """Each clause that is an expression, evaluated again from the values that it names.

    With `is_agreed`, those that follow from times and answers are looked at elsewhere.
    """
    on_word: list[ClauseOutcome] = []
    for clause in clauses:
        if is_agreed and clause.kind in _AGREED:
            continue
        values = {key: held for key, held in clause.values.items() if held not in (None, *HIDDEN)}
        if clause.kind != CONDITION or len(values) < len(clause.values):
            on_word.append(clause)  # hours, duplicates, caps; what is unknown or masked
            continue
        types = {key: _TYPES[type(held)] for key, held in values.items()}
        compiled = compile_clause(clause.clause, _HERE, Vocabulary(types))  # type: ignore[arg-type]
        if isinstance(compiled, tuple):
            on_word.append(clause)  # an area's list, which is no expression
            continue
        outcome = compiled.evaluate(values)
        if outcome != clause.outcome:
            told = {"values": values, "found": outcome, "outcome": clause.outcome}
            return fails(part, "clause_differs", part=part, clause=clause, **told)
    counted = {"reckoned": len(clauses) - len(on_word), "count": len(clauses)}
    return holds(part, "clauses_reckoned", **counted, **({"in_words": tuple(on_word)} if on_word else {}))


def _combined(condition: Json, outcomes: Outcomes) -> bool | None:
    """A condition as YAML has it, from its clauses' outcomes; Kleene's logic."""
    if condition is None:
        return True
    if isinstance(condition, str):
        return outcomes.get(condition.strip())
    group, children = next(iter(cast(JsonObject, condition).items()))
    if group == "not":
        found = _combined(children, outcomes)
        return None if found is None else not found
    found_all = [_combined(child, outcomes) for child in cast("list[Json]", children)]
    decisive = group == "any"
    if decisive in found_all:
        return decisive
    return None if None in found_all else not decisive


def _leaves(condition: Json) -> Iterator[str]:
    if isinstance(condition, str):
        yield condition
    elif isinstance(condition, list):
        for child in condition:
            yield from _leaves(child)
    elif isinstance(condition, dict):
        for child in condition.values():
            yield from _leaves(child)


def _outcomes(clauses: Clauses) -> Outcomes:
    return {clause.clause.strip(): clause.outcome for clause in clauses}


def _terms(evidence: Evidence, buyer: str) -> JsonObject | None:
    return evidence.bodies("terms").get(f"buyer/{buyer}")


def _setting(terms: JsonObject, name: str) -> Json:
    return cast(JsonObject, terms["settings"]).get(name)
