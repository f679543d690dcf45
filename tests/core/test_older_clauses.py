"""What a journal of format 1 says in sentences is read as the codes of today."""

from __future__ import annotations

import pytest

from engine.core.facts import Decision, Ending, Fault, Leg, Turn, Verdict
from engine.core.journal import event_from_json, fact_from_json
from engine.core.json_values import JsonObject
from engine.core.older import command_of_today, fact_of_today
from engine.wording.sentences import (
    candidate_sentence,
    clause_text,
    fault_sentence,
    leg_sentence,
    turn_sentence,
)

CLAUSES = (
    ("bridged for at least 90s", "talk", {"from": "bridged", "needed_ms": 90_000, "rounding": "none"}),
    (
        "answered for at least 1.5s, rounded up to seconds",
        "talk",
        {"from": "answered", "needed_ms": 1_500, "rounding": "up_second"},
    ),
    ("the buyer took the call", "moment", {"moment": "accepted"}),
    ("answered: home.owner", "answered", {"answer": "home.owner"}),
    ("nothing owed for this caller within 30d", "not_owed", {"within_ms": 30 * 86_400_000}),
    ("under the payout's caps", "payout_caps", {}),
    ("at most 3 calls of one caller in 36h", "velocity", {"most": 3, "within_ms": 36 * 3_600_000}),
    (
        "no billed call of this caller to the campaign within 90m",
        "no_duplicate",
        {"after": "billed", "per": "campaign", "within_ms": 5_400_000},
    ),
    (
        "caller of the last 30d goes to another buyer first",
        "returning",
        {"then": "route_other", "within_ms": 30 * 86_400_000},
    ),
    ("under its cap: concurrent 2", "cap", {"cap": "concurrent", "most": 2}),
    ("under its cap: spend.day 2000.00", "cap", {"cap": "spend.day", "most": 2_000_000_000}),
    ("under the campaign's caps", "caps_of", {"scope": "campaign"}),
    ("not tried in this call", "not_tried", {}),
    ('zip.state == "TX"', "condition", {}),
)


def clause(text: str) -> JsonObject:
    return {"clause": text, "place": "network.yaml:41:9", "outcome": True, "values": {}, "answers": []}


def candidate(**changes: object) -> JsonObject:
    made: JsonObject = {
        "buyer": "lonestar",
        "eligible": False,
        "code": "closed",
        "sentence": "lonestar is closed: it is Mon 12:31 in America/Chicago.",
        "clauses": [],
    }
    return {**made, **changes}  # type: ignore[dict-item]


def decision(*candidates: JsonObject, limit: str = "") -> JsonObject:
    head: JsonObject = {"type": "Decision", "at": 1, "node": "find", "campaign": "c", "chosen": None}
    return {**head, "candidates": list(candidates), "limit": limit}


@pytest.mark.parametrize(("text", "kind", "details"), CLAUSES)
def test_a_clause_has_its_kind_and_reads_as_it_was_written(text: str, kind: str, details: JsonObject) -> None:
    read = fact_from_json(decision(candidate(clauses=[clause(text)])))
    assert isinstance(read, Decision)
    (line,) = read.candidates[0].clauses
    assert (line.kind, line.details) == (kind, details)
    assert clause_text(line) == text


def test_the_hours_of_a_buyer_keep_their_text() -> None:
    text = "hours mon 08:00-12:00 America/Chicago"
    read = fact_from_json(decision(candidate(clauses=[clause(text)])))
    assert isinstance(read, Decision)
    (line,) = read.candidates[0].clauses
    assert (line.kind, line.clause) == ("hours", text)


def test_what_no_code_stands_for_is_shown_as_it_was_written() -> None:
    read = fact_from_json(
        decision(candidate(), limit="2 buyers were called in this call, and rollover ends there")
    )
    assert isinstance(read, Decision)
    assert (read.limit, read.called) == ("rollover", 2)
    assert candidate_sentence(read.candidates[0]) == candidate()["sentence"]
    turn = fact_from_json(
        {"type": "Turn", "at": 1, "node": "n", "exit": "e", "sentence": "So.", "values": {}}
    )
    assert isinstance(turn, Turn)
    assert turn_sentence(turn) == "So."
    fault = fact_from_json({"type": "Fault", "at": 1, "where": "voice", "detail": "It broke."})
    assert isinstance(fault, Fault)
    assert fault_sentence(fault) == "It broke."


def test_a_leg_says_why_it_ended_and_what_its_webhook_was_told() -> None:
    written: JsonObject = {
        "type": "Leg",
        "leg": "buyer-1",
        "buyer": "b",
        "to": "+15550111",
        "campaign": "c",
        "price_micros": 1,
        "dialled_at": 5,
        "told": "delivered after 120 ms: HTTP 200",
    }
    ours = fact_from_json({**written, "detail": "another took the call first"})
    theirs = fact_from_json({**written, "detail": "486 Busy Here"})
    assert isinstance(ours, Leg)
    assert isinstance(theirs, Leg)
    assert ours.details == {"because": "another_was_first"}
    assert leg_sentence(theirs) == "486 Busy Here"
    assert ours.told is not None
    assert (ours.told.outcome, ours.told.ms, ours.told.said) == ("delivered", 120, "HTTP 200")


def test_a_record_of_today_is_left_as_it_is() -> None:
    for fact in (Ending(5, "caller", "caller_hung_up"), Fault(1, "voice", "voice_replaced", {"reason": "x"})):
        written: JsonObject = {
            "type": type(fact).__name__,
            **{n: getattr(fact, n) for n in fact.__struct_fields__},
        }
        assert fact_of_today(written) == written
        assert command_of_today({"type": "Record", "fact": written})["fact"] == written


def test_a_journal_that_names_no_format_and_no_behaviour_has_the_first() -> None:
    arrived = event_from_json(
        {
            "type": "CallArrived",
            "at": 0,
            "call": "c1",
            "carrier": "twilio",
            "carrier_call": "CA1",
            "caller_number": "",
            "called_number": "+15550100",
            "started_at": 0,
            "seed": 7,
        }
    )
    assert (arrived.format, arrived.behaviour) == (1, 1)  # type: ignore[union-attr]


def test_a_verdict_keeps_its_sentence_until_it_is_judged_again() -> None:
    written: JsonObject = {
        "type": "Verdict",
        "at": 1,
        "leg": "buyer-1",
        "buyer": "b",
        "billable": False,
        "reason": "not_bridged",
        "sentence": "b owes nothing: so it was.",
        "clauses": [clause("joined with the caller")],
        "timer": {"counted_from": "bridged", "ran_ms": 0, "needed_ms": 0},
        "revenue_micros": 0,
        "payable": False,
        "payout_reason": "no_payout",
        "payout_clauses": [],
        "payout_micros": 0,
        "currency": "USD",
    }
    read = fact_from_json(written)
    assert isinstance(read, Verdict)
    assert read.details == {"as_written": "b owes nothing: so it was."}
    assert read.clauses[0].kind == "moment"
