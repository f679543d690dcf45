"""A view judged by itself: whether its verdict follows from the terms, answers and times that it shows.

A buyer's view holds no journal and no other buyer's terms, so nothing is replayed. What can be reckoned
again is: every clause from the values beside it and these from the answers, the condition from its clauses,
the duration from the leg's times, the amount and what is required from the terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from engine.core.conditions import MASK, Value
from engine.core.journal import Json, JsonObject, objects
from engine.core.money import format_money, parse_money
from engine.core.places import Place
from engine.evidence.agreeing import (
    REQUIRED,
    check_answers,
    check_call,
    check_required,
    check_sentence,
    check_timer,
    check_trigger,
    timer_of,
)
from engine.evidence.findings import Finding, fails, holds, not_checked
from engine.evidence.vcon import Evidence
from engine.language.cel.expressions import Vocabulary, compile_clause

_HERE = Place("the file", 1, 1)
_TYPES: Mapping[type, str] = {str: "string", bool: "bool", int: "int", float: "double"}

Outcomes = Mapping[str, bool | None]


def check_by_judging(evidence: Evidence) -> Iterator[Finding]:
    """Every candidate, revenue and payout that the view shows."""
    yield from check_call(evidence)
    for name, candidate in evidence.bodies("decision").items():
        if "clauses" in candidate:
            clauses = objects(candidate["clauses"])
            yield from check_answers(evidence, f"decision/{name}", clauses, candidate["at"])
            yield from _candidate(f"decision/{name}", candidate, _terms(evidence, candidate.get("buyer")))
    for group, times_of in (("verdict", _our_times), ("corrected", _carriers_times)):
        for name, verdict in evidence.bodies(group).items():
            yield from _verdict(evidence, f"{group}/{name}", verdict, times_of(evidence, str(verdict["leg"])))


def _our_times(evidence: Evidence, leg: str) -> Mapping[str, Json]:
    return evidence.bodies("leg").get(leg, {})


def _carriers_times(evidence: Evidence, leg: str) -> Mapping[str, Json]:
    """The leg's times with the end that the carrier's record gives it."""
    times, record = _our_times(evidence, leg), evidence.bodies("carrier").get(leg)
    answered_at = times.get("answered_at")
    if record is None or not isinstance(answered_at, int):
        return times
    return {**times, "ended_at": answered_at + cast(int, record["duration_ms"])}


def _verdict(
    evidence: Evidence, name: str, verdict: JsonObject, times: Mapping[str, Json]
) -> Iterator[Finding]:
    if "revenue_micros" in verdict:
        terms = _terms(evidence, verdict["buyer"])
        agreed = _agreed(evidence, str(verdict["leg"]), terms)
        yield from check_answers(evidence, name, objects(verdict["clauses"]), verdict["at"])
        yield from _revenue(name, verdict, times, terms, agreed)
    if "payout_micros" in verdict:
        yield from check_answers(evidence, name, objects(verdict["payout_clauses"]), verdict["at"])
        yield from _payout(name, verdict, times, _promised(evidence, verdict))


def _promised(evidence: Evidence, verdict: JsonObject) -> JsonObject | None:
    """The payout's terms that the verdict's clauses rest on: of several campaigns, by their lines."""
    payouts = [terms for key, terms in evidence.bodies("terms").items() if key.startswith("payout/")]
    lines = {_line(clause["place"]) for clause in objects(verdict["payout_clauses"])}
    for terms in payouts:
        places = cast("list[tuple[Json, Json]]", terms["places"])
        if not lines.isdisjoint(_line(place) for _, place in places):
            return terms
    return payouts[0] if payouts else None


def _line(place: Json) -> str:
    """`network.yaml:23` of `network.yaml:23:11`: a setting and its value begin in other columns."""
    return str(place).rpartition(":")[0]


def _agreed(evidence: Evidence, leg: str, terms: JsonObject | None) -> int | None:
    """What the leg costs if it is billed."""
    if terms is None or _setting(terms, "bid") is not None:
        party = evidence.bodies("leg").get(f"{leg}/party", {})
        return cast("int | None", party.get("price_micros"))
    price = _setting(terms, "price")
    return None if price is None else parse_money(str(price))


def _candidate(name: str, candidate: JsonObject, terms: JsonObject | None) -> Iterator[Finding]:
    clauses = objects(candidate["clauses"])
    yield _evaluated(name, clauses)
    if terms is None:
        return
    area, accepts, rest = _wanted(terms, clauses)
    follows = area and accepts is True and all(clause["outcome"] is True for clause in rest)
    if follows == candidate["eligible"]:
        is_passed_over = candidate["eligible"] and not candidate["is_chosen"]
        told = "it could have taken this call" if is_passed_over else candidate["sentence"]
        yield holds(name, f"{candidate['buyer']}: {told}")
    else:
        yield fails(name, f"{name}.eligible is {candidate['eligible']}, its clauses give {follows}")


def _wanted(terms: JsonObject, clauses: list[JsonObject]) -> tuple[bool, bool | None, list[JsonObject]]:
    """Whether the area holds, what `accepts` comes to, and the clauses that are of neither."""
    accepts = _setting(terms, "accepts")
    leaves = set(map(str.strip, _leaves(accepts)))
    area = cast(JsonObject, _setting(terms, "area") or {})
    reads = (f"{area.get('answer', 'zip')}.", f"{area.get('answer', 'zip')} ")
    circles = area.get("within") or []
    count = sum(bool(area.get(each)) for each in ("states", "counties", "zips"))
    count += len(circles) if isinstance(circles, list) else 1
    alternatives = [each for each in clauses if str(each["clause"]).startswith(reads)][:count]
    rest = [
        each for each in clauses if each not in alternatives and str(each["clause"]).strip() not in leaves
    ]
    holds_there = not count or any(each["outcome"] is True for each in alternatives)
    return holds_there, _combined(accepts, _outcomes(clauses)), rest


def _revenue(
    name: str,
    verdict: JsonObject,
    times: Mapping[str, Json],
    terms: JsonObject | None,
    agreed: int | None,
) -> Iterator[Finding]:
    """`agreed` is the price: that of the terms, or of the bid that won."""
    clauses = objects(verdict["clauses"])
    yield _evaluated(name, clauses, 0 if terms is None else _reckoned(clauses))
    if terms is None:
        yield not_checked(name, "the terms are not in the file")
        return
    billable = cast(JsonObject, _setting(terms, "billable") or {})
    yield from check_timer(name, verdict, timer_of(times, billable, verdict["at"])[0])
    yield from check_trigger(name, clauses, times, billable, verdict["at"])
    yield from check_required(name, clauses, billable)
    yield from check_sentence(name, verdict)
    when = _combined(billable.get("when"), _outcomes(clauses))
    rest = clauses[: len(clauses) - len(list(_leaves(billable.get("when"))))]
    follows = when is True and all(clause["outcome"] is True for clause in rest)
    if verdict["billable"] and not follows:
        yield fails(name, f"{name}.billable is true, its clauses do not give that")
    elif follows and not verdict["billable"] and str(verdict["reason"]) in _CLAUSE_REASONS:
        yield fails(name, f"{name}.billable is false by {verdict['reason']}, yet every clause is true")
    else:
        yield holds(name, str(verdict["sentence"]))
    owed = cast(int, verdict["revenue_micros"])
    if not verdict["billable"] and owed:
        yield fails(name, f"{name}.revenue_micros is {owed} for a call that is not billable")
    elif verdict["billable"] and agreed is not None and agreed != owed:
        told = f"{format_money(agreed)} was agreed"
        yield fails(name, f"{name}.revenue_micros is {format_money(owed)}, {told}")


_CLAUSE_REASONS = frozenset(
    {
        "below_duration",
        "not_accepted",
        "not_bridged",
        "interrupted",
        "answer_missing",
        "condition_not_met",
        "condition_unknown",
    }
)
"""Reasons that a clause of the verdict itself must show as not true."""


def _payout(
    name: str, verdict: JsonObject, times: Mapping[str, Json], terms: JsonObject | None
) -> Iterator[Finding]:
    clauses = objects(verdict["payout_clauses"])
    yield _evaluated(name, clauses, 0 if terms is None else _reckoned(clauses))
    if terms is None:
        return
    settings = cast(JsonObject, terms["settings"])
    if clauses:
        yield from check_trigger(name, clauses, times, settings, verdict["at"])
        yield from check_required(name, clauses, settings)
    when = _combined(settings.get("when"), _outcomes(clauses))
    rest = clauses[: len(clauses) - len(list(_leaves(settings.get("when"))))]
    follows = when is True and all(clause["outcome"] is True for clause in rest)
    paid = cast(int, verdict["payout_micros"])
    if verdict["payable"] and not follows:
        yield fails(name, f"{name}.payable is true, its clauses do not give that")
    elif verdict["payable"] and paid != parse_money(str(settings["amount"])):
        yield fails(name, f"{name}.payout_micros is {format_money(paid)}, the terms say {settings['amount']}")
    elif not verdict["payable"] and paid:
        yield fails(name, f"{name}.payout_micros is {paid} for a call that is not payable")
    else:
        yield holds(name, f"payout: {verdict['payout_reason']}, {format_money(paid)}")


def _evaluated(name: str, clauses: list[JsonObject], reckoned: int = 0) -> Finding:
    """Each clause that is an expression, evaluated again from the values that it names.

    The first clauses, as many as are `reckoned` otherwise, are in words, and `agreeing` looks at them.
    """
    in_words: list[str] = []
    for clause in clauses[reckoned:]:
        values = {
            key: cast(Value, held)
            for key, held in cast(JsonObject, clause["values"]).items()
            if held is not None and held != MASK
        }
        if len(values) < len(cast(JsonObject, clause["values"])):
            in_words.append(str(clause["clause"]))  # what is unknown or masked cannot be judged here
            continue
        types = {key: _TYPES[type(held)] for key, held in values.items()}
        compiled = compile_clause(str(clause["clause"]), _HERE, Vocabulary(types))  # type: ignore[arg-type]
        if isinstance(compiled, tuple):
            in_words.append(str(clause["clause"]))  # hours, duplicates, caps
            continue
        outcome = compiled.evaluate(values)
        if outcome != clause["outcome"]:
            told = {True: "true", False: "false", None: "unknown"}
            return fails(
                name,
                f"{name}: `{clause['clause']}` is {told[outcome]} for {values}, the file says "
                f"{told[cast('bool | None', clause['outcome'])]}",
            )
    told_alone = f"; on the network's word: {', '.join(in_words)}" if in_words else ""
    return holds(name, f"{len(clauses) - len(in_words)} of {len(clauses)} clauses reckoned again{told_alone}")


def _reckoned(clauses: list[JsonObject]) -> int:
    """How many of a verdict's clauses the leg's times and the required answers give."""
    return min(len(clauses), 1) + sum(str(clause["clause"]).startswith(REQUIRED) for clause in clauses)


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


def _outcomes(clauses: list[JsonObject]) -> Outcomes:
    return {str(clause["clause"]): cast("bool | None", clause["outcome"]) for clause in clauses}


def _terms(evidence: Evidence, buyer: Json) -> JsonObject | None:
    return evidence.bodies("terms").get(f"buyer/{buyer}")


def _setting(terms: JsonObject, name: str) -> Json:
    return cast(JsonObject, terms["settings"]).get(name)
