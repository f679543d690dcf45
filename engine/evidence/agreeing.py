"""What a view says twice it says alike: answers and clauses, the leg's times and seconds, terms and clauses.

Whoever holds the network's key could sign a view that says in one part what another part does not. The
parts of a view are few, so each is held against all others that speak of the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from engine.core.conditions import MASK
from engine.core.facts import Timer
from engine.core.journal import Json, JsonObject
from engine.core.money import format_money
from engine.core.places import Place
from engine.evidence.findings import Finding, briefly, fails
from engine.evidence.vcon import Evidence
from engine.exchange.terms import Rounding, Terms, TimerFrom, Trigger
from engine.exchange.verdict import trigger_clause
from engine.language.yaml.units import duration_ms
from engine.store.instants import iso

REQUIRED = "answered: "
"""How the clause of a required answer begins."""

_HERE = Place("the file", 1, 1)
_TOLD = {True: "true", False: "false", None: "unknown"}


def check_call(evidence: Evidence) -> Iterator[Finding]:
    """The instant and its spelling are one; each answer is the value that it hands to clauses."""
    call = evidence.bodies("call").get("", {})
    if call.get("started") != (spelled := iso(cast(int, call["started_at"]))):
        yield fails("call", f"call.started is {briefly(call.get('started'))}, call.started_at is {spelled}")
    for name, answer in evidence.bodies("answer").items():
        values = cast(JsonObject, answer.get("values") or {})
        if name in values and values[name] != answer["value"]:
            told = f"{briefly(answer['value'])}, and hands {briefly(values[name])} to clauses"
            yield fails(f"answer/{name}", f"answer/{name} says {told}")


def check_answers(evidence: Evidence, name: str, clauses: list[JsonObject], at: Json) -> Iterator[Finding]:
    """Each clause rests on the values that the answers in the file have, as far as they stood `at` then."""
    answers = evidence.bodies("answer")
    for clause in clauses:
        for answer_name in cast("list[str]", clause["answers"]):
            answer = answers.get(answer_name, {})
            if "values" not in answer or cast(int, answer["answered_at"]) > cast(int, at):
                continue  # not in the view, or given again since
            known = cast(JsonObject, answer["values"])
            for key, held in cast(JsonObject, clause["values"]).items():
                if (
                    key in known
                    and held is not None
                    and MASK not in (held, known[key])
                    and held != known[key]
                ):
                    told = f"rests on {key} = {briefly(held)}, the answer is {briefly(known[key])}"
                    yield fails(name, f"{name}: `{clause['clause']}` {told} (answer/{answer_name})")


def check_required(name: str, clauses: list[JsonObject], settings: Mapping[str, Json]) -> Iterator[Finding]:
    """Each answer that the terms require has its clause, which is true where there is an answer."""
    required = [str(each) for each in cast("list[Json]", settings.get("requires") or [])]
    found = {str(each["clause"]): each for each in clauses if str(each["clause"]).startswith(REQUIRED)}
    told = [clause.removeprefix(REQUIRED) for clause in found]
    if told != required:
        wanted, has = ", ".join(required) or "no answer", ", ".join(told) or "none"
        yield fails(name, f"{name}: the terms require {wanted}; answers with a clause are {has}")
    for text, clause in found.items():
        is_known = all(held is not None for held in cast(JsonObject, clause["values"]).values())
        if clause["outcome"] is not is_known:
            known = "is" if is_known else "is not"
            yield fails(name, f"{name}: `{text}` {_is_told(clause)}, the answer {known} there")


def check_trigger(
    name: str, clauses: list[JsonObject], times: Mapping[str, Json], settings: Mapping[str, Json], at: Json
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
    if not clauses or clauses[0]["clause"] != expected.clause:
        has = f"`{clauses[0]['clause']}`" if clauses else "missing"
        yield fails(name, f"{name}: its first clause is {has}, the terms say `{expected.clause}`")
        return
    if clauses[0]["values"] != dict(expected.values):
        has, gives = _spelled(cast(JsonObject, clauses[0]["values"])), _spelled(dict(expected.values))
        yield fails(name, f"{name}: `{expected.clause}` rests on {has}, the leg's times give {gives}")
    elif clauses[0]["outcome"] is not expected.outcome:
        gives = _TOLD[expected.outcome]
        yield fails(name, f"{name}: `{expected.clause}` {_is_told(clauses[0])}, the times give {gives}")


def check_timer(name: str, verdict: JsonObject, expected: Timer) -> Iterator[Finding]:
    """The time that ran is that between the leg's own times, the time needed that of the terms."""
    told = cast(JsonObject, verdict["timer"])
    wanted = {
        "counted_from": (expected.counted_from, "terms say"),
        "needed_ms": (expected.needed_ms, "terms say"),
        "ran_ms": (expected.ran_ms, "leg's times give"),
    }
    for part, (held, source) in wanted.items():
        if told[part] != held:
            yield fails(name, f"{name}.timer.{part} is {told[part]}, the {source} {held}")


def check_sentence(name: str, verdict: JsonObject) -> Iterator[Finding]:
    """The sentence names the amount that is owed."""
    owed = cast(int, verdict["revenue_micros"])
    amount = f"{format_money(owed)} {verdict['currency']}" if verdict["billable"] else "nothing"
    begins = f"{verdict['buyer']} owes {amount}: "
    if not str(verdict["sentence"]).startswith(begins):
        yield fails(name, f"{name}.sentence is {briefly(verdict['sentence'])}, expected it to say {begins!r}")


def timer_of(times: Mapping[str, Json], settings: Mapping[str, Json], at: Json) -> tuple[Timer, int | None]:
    """How long ran what the terms count, and when that began; a leg without an end ends with its verdict."""
    trigger = str(settings.get("trigger", "seconds"))
    moment = str(settings.get("timer_from", "bridged")) if trigger == "seconds" else trigger
    began, ended = times.get(f"{moment}_at"), times.get("ended_at")
    until = ended if isinstance(ended, int) else cast(int, at)
    since = began if isinstance(began, int) else None
    ran_ms = 0 if since is None else max(0, until - since)
    needed_ms = duration_ms(str(settings.get("after", "0s"))) or 0
    return Timer(cast(TimerFrom, moment), ran_ms, needed_ms), since


def _is_told(clause: JsonObject) -> str:
    return f"is {_TOLD[cast('bool | None', clause['outcome'])]} in the file"


def _spelled(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key} = {held}" for key, held in values.items()) or "nothing"
