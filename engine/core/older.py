"""Journals of format 1, in which facts and clauses were sentences, brought to the form of today.

Theory. A record of format 1 becomes one of today's by moving what it says, never by judging again: a known
sentence becomes its code and details; where only whoever wrote it knew the code, the sentence is kept under
AS_WRITTEN and shown as it is. What an even older engine did not write yet gets the record's defaults.
Everything here works on JSON and leaves what is of today's form untouched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import cast

from engine.core.endings import CALLER_GONE
from engine.core.json_values import Json, JsonObject
from engine.core.money import parse_money

AS_WRITTEN = "as_written"
"""The code, or the one detail, of what stands as the sentence that an older engine wrote."""

_UNITS_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_SPAN = r"(\d+(?:\.\d+)?[dhms])"


def event_of_today(event: JsonObject) -> JsonObject:
    """An event as the records of today have it."""
    match event.get("type"):
        case "CallArrived":
            return {"format": 1, "behaviour": 1, **event}
        case "CallerHungUp":
            return {**event, "detail": str(event.get("detail", "")).removeprefix(_STREAM_ENDED)}
        case "ReservationRefused":
            return _sentence_to_details(event)
    return event


def command_of_today(command: JsonObject) -> JsonObject:
    """A command as the records of today have it."""
    fact = command.get("fact")
    return {**command, "fact": fact_of_today(fact)} if isinstance(fact, dict) else command


def fact_of_today(fact: JsonObject) -> JsonObject:
    """A fact as the records of today have it."""
    upgrade = _FACTS.get(str(fact.get("type")))
    return fact if upgrade is None else upgrade(fact)


def _sentence_to_details(record: JsonObject) -> JsonObject:
    if "sentence" not in record:
        return record
    rest = {name: held for name, held in record.items() if name != "sentence"}
    return {**rest, "details": {AS_WRITTEN: record["sentence"]}}


def decision_of_today(fact: JsonObject) -> JsonObject:
    """A decision as the records of today have it."""
    candidates = [candidate_of_today(one) for one in cast("list[JsonObject]", fact["candidates"])]
    limit = str(fact.get("limit") or "")
    called = re.match(r"\d+", limit)
    if called is not None:
        fact = {**fact, "limit": "rollover", "called": int(called[0])}
    return {**fact, "candidates": cast(Json, candidates)}


def candidate_of_today(candidate: JsonObject) -> JsonObject:
    """A candidate, or what a proof shows of one, as the records of today have it."""
    whole = _with_clauses(_sentence_to_details(candidate), "clauses")
    bid = whole.get("bid")
    if isinstance(bid, dict) and bid.get("outcome") == "below_floor":
        whole["bid"] = {**bid, "detail": ""}  # a sentence of ours; what the bidder said is its amount
    return whole


def verdict_of_today(fact: JsonObject) -> JsonObject:
    """A verdict, or the half of one that a proof shows, as the records of today have it."""
    return _with_clauses(_sentence_to_details(fact), "clauses", "payout_clauses")


def _with_clauses(record: JsonObject, *names: str) -> JsonObject:
    return {**record, **{name: _clauses(record[name]) for name in names if name in record}}


def leg_of_today(fact: JsonObject) -> JsonObject:
    """A leg, or what a proof shows of one, as the records of today have it."""
    rest = {name: held for name, held in fact.items() if name != "detail"}
    if "detail" in fact:
        rest["details"] = _leg_details(str(fact["detail"]))
    told = fact.get("told")
    if isinstance(told, str):
        rest["told"] = _notice(told)
    return rest


def _leg_details(detail: str) -> JsonObject:
    if detail in _WHY_A_LEG_ENDED:
        return {"because": _WHY_A_LEG_ENDED[detail]}
    return {AS_WRITTEN: detail} if detail else {}


_WHY_A_LEG_ENDED = {
    "another took the call first": "another_was_first",
    "nobody pressed the key to take the call": "key_not_pressed",
    "the carrier reported no answer in time": "rang_too_long",
    "the bridge reached its time limit": "talk_too_long",
    "the flow hung up": "flow_hung_up",
}


def _notice(told: str) -> JsonObject | None:
    """``delivered after 120 ms: HTTP 200``; "" where there was no webhook to tell."""
    found = re.fullmatch(r"(\w+) after (\d+) ms: (.*)", told, re.DOTALL)
    return None if found is None else {"outcome": found[1], "ms": int(found[2]), "said": found[3]}


def _turn(fact: JsonObject) -> JsonObject:
    return {"code": AS_WRITTEN, **_sentence_to_details(fact)}


def _fault(fact: JsonObject) -> JsonObject:
    if "detail" not in fact:
        return fact
    rest = {name: held for name, held in fact.items() if name != "detail"}
    return {**rest, "code": AS_WRITTEN, "details": {AS_WRITTEN: fact["detail"]}}


def _ending(fact: JsonObject) -> JsonObject:
    return {**fact, "reason": reason_of_today(str(fact["reason"]), str(fact["ended_by"]))}


def reason_of_today(reason: str, ended_by: str | None) -> str:
    """Why a call ended; that was a sentence, or whatever the carrier said of the caller's hanging up."""
    if _CODE.fullmatch(reason):
        return reason
    for pattern, code in _WHY_A_CALL_ENDED:
        if pattern.fullmatch(reason):
            return code
    if reason.startswith(_STREAM_ENDED):
        return CALLER_GONE.get(reason.removeprefix(_STREAM_ENDED), "caller_hung_up")
    return "caller_hung_up" if ended_by == "caller" else "interrupted"


_STREAM_ENDED = "its stream ended: "
_WHY_A_CALL_ENDED = (
    (re.compile("the flow hung up"), "flow_hung_up"),
    (re.compile("exit '.*' of '.*' leads nowhere"), "exit_unwired"),
    (re.compile(".* is no number of this network"), "unknown_number"),
    (re.compile("step limit"), "step_limit"),
    (re.compile("a fault in the engine"), "engine_fault"),
)
_CODE = re.compile("interrupted|[a-z]+(_[a-z]+)+")  # no sentence of format 1 looks like this


_FACTS: Mapping[str, Callable[[JsonObject], JsonObject]] = {
    "Decision": decision_of_today,
    "Verdict": verdict_of_today,
    "Leg": leg_of_today,
    "Turn": _turn,
    "Fault": _fault,
    "Ending": _ending,
}


# Clauses


def _clauses(clauses: Json) -> list[Json]:
    return [clause_of_today(clause) for clause in cast("list[JsonObject]", clauses)]


def clause_of_today(clause: JsonObject) -> JsonObject:
    """A clause with its kind. What none of our sentences matches is the operator's own condition."""
    if "kind" in clause:
        return clause
    text = str(clause["clause"])
    if text.startswith("hours "):
        return {**clause, "kind": "hours"}
    for pattern, kind, details in _CLAUSES:
        found = pattern.fullmatch(text)
        if found is not None:
            return {**clause, "clause": "", "kind": kind, "details": details(found)}
    return clause


def _ms(span: str) -> int:
    """``36h``, ``1.5s`` → milliseconds, exact."""
    whole, _, rest = span[:-1].partition(".")
    thousandths = int(whole) * 1000 + int((rest + "000")[:3])
    return thousandths * _UNITS_MS[span[-1]] // 1000


def _talk(found: re.Match[str]) -> JsonObject:
    rounding = {"up": "up_second", "down": "down_second"}.get(found[3] or "", "none")
    return {"from": found[1], "needed_ms": _ms(found[2]), "rounding": rounding}


def _duplicates(found: re.Match[str]) -> JsonObject:
    after = "billed" if found[1] else "connected"
    return {"after": after, "per": "campaign" if found[2] else "buyer", "within_ms": _ms(found[3])}


def _returning(found: re.Match[str]) -> JsonObject:
    then = "route_same" if found[2] == "the same buyer" else "route_other"
    return {"then": then, "within_ms": _ms(found[1])}


def _cap(found: re.Match[str]) -> JsonObject:
    name, _, most = found[1].rpartition(" ")
    if not name:
        return {"cap": found[1]}
    return {"cap": name, "most": parse_money(most) if "spend" in name else int(most)}


def _moment(name: str) -> Callable[[re.Match[str]], JsonObject]:
    return lambda _: {"moment": name}


def _nothing(_: re.Match[str]) -> JsonObject:
    return {}


_Parse = Callable[[re.Match[str]], JsonObject]

_TEXTS: tuple[tuple[str, str, _Parse], ...] = (
    (rf"(\w+) for at least {_SPAN}(?:, rounded (up|down) to seconds)?", "talk", _talk),
    ("the buyer answered", "moment", _moment("answered")),
    ("the buyer took the call", "moment", _moment("accepted")),
    ("joined with the caller", "moment", _moment("bridged")),
    (r"answered: (\S+)", "answered", lambda found: {"answer": found[1]}),
    (
        rf"nothing owed for this caller within {_SPAN}",
        "not_owed",
        lambda found: {"within_ms": _ms(found[1])},
    ),
    ("under the payout's caps", "payout_caps", _nothing),
    ("caller is not blocked", "not_blocked", _nothing),
    ("caller shows a number", "number_shown", _nothing),
    (
        rf"at most (\d+) calls of one caller in {_SPAN}",
        "velocity",
        lambda found: {"most": int(found[1]), "within_ms": _ms(found[2])},
    ),
    ("not tried in this call", "not_tried", _nothing),
    ("not paused", "not_paused", _nothing),
    ("bids a price", "bids", _nothing),
    ("its bid is still good", "bid_good", _nothing),
    ("confirms its bid", "bid_confirmed", _nothing),
    ("no call of this caller beside this one", "no_call_beside", _nothing),
    (
        rf"no (billed )?call of this caller( to the campaign)? within {_SPAN}",
        "no_duplicate",
        _duplicates,
    ),
    (
        rf"caller of the last {_SPAN} goes to (the same buyer|another buyer first)",
        "returning",
        _returning,
    ),
    (r"under its cap: (.+)", "cap", _cap),
    (r"under the (\w+)'s caps", "caps_of", lambda found: {"scope": found[1]}),
)
_CLAUSES = tuple((re.compile(pattern), kind, details) for pattern, kind, details in _TEXTS)
