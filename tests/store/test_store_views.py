"""What is shown of a call, in the form that scripts rely on."""

from __future__ import annotations

import json

import pytest

from engine.accounts.call_line import CallLine
from engine.cli.telling import call_line
from engine.core.commands import Command, Post, Record
from engine.core.events import Contact
from engine.core.money import format_money
from engine.core.records import changed
from engine.store import AmbiguousCall, Correction, Store
from engine.store.instants import iso
from tests.shown import show_json, summary_json
from tests.store.store_world import (
    CALLER_NUMBER,
    CLOSING,
    DECISION,
    ENDING,
    FAULT,
    OPENED,
    REVENUE,
    RINGING,
    START,
    STEP,
    TALKED,
    VERDICT,
    ZIP,
    arrived,
    open_call,
)


async def finished_call(store: Store, call: str = "call-1", started_at: int = START) -> None:
    store.append(call, 0, arrived(call, started_at=started_at))
    facts = (OPENED, changed(ZIP, value="7870", attempts=0), ZIP, STEP, FAULT, DECISION, RINGING, TALKED)
    store.append_commands(call, 0, [*(Record(fact) for fact in facts), *CLOSING])
    await store.flush()


IN_TEXAS = {
    "clause": 'zip.state == "TX"',
    "kind": "condition",
    "at": "network.yaml:41",
    "outcome": "true",
    "values": {"zip.state": "TX"},
    "answers": ["zip"],
}
SHOWN = {
    "call": "call-1",
    "carrier": "twilio",
    "carrier_call": "CAcall-1",
    "from": "+15125550123",
    "to": "+15550100",
    "flow": "roofing",
    "campaign": "roofing",
    "publisher": "radio-tx",
    "revision": "sha256:aa",
    "started_at": "2026-11-22T10:00:00.000Z",
    "ended_at": "2026-11-22T10:01:50.300Z",
    "ended_by": "buyer",
    "reason": "completed",
    "reason_code": "completed",
    "path": [{"node": "ask_zip", "exit": "next", "at_ms": 5120}],
    "answers": {
        "zip": {
            "kind": "zip",
            "value": "78701",
            "label": "78701",
            "values": {"zip": "78701", "zip.state": "TX"},
            "raw": "78701",
            "words": None,
            "mode": "keys",
            "source": None,
            "confidence": 1.0,
            "attempts": 1,
            "confirmed": False,
            "sensitive": False,
            "node": "ask_zip",
            "prompt": {
                "text": "Please enter your ZIP code.",
                "language": "en-US",
                "sha256": "c0ffee",
                "audio_sha256": None,
            },
            "asked_at_ms": 2000,
            "answered_at_ms": 5100,
            "prompt_ms": None,
            "prompt_heard_ms": None,
            "keyed_ahead": None,
            "heard_before": None,
            "heard": None,
            "audio": None,
        }
    },
    "decisions": [
        {
            "node": "find",
            "at_ms": 9000,
            "campaign": "roofing",
            "chosen": "lonestar",
            "strategy": "priority",
            "others": {},
            "candidates": [
                {
                    "buyer": "lonestar",
                    "eligible": True,
                    "code": "eligible",
                    "sentence": "lonestar takes this call.",
                    "rank": 1,
                    "price": "45.00",
                    "expected": None,
                    "clauses": [IN_TEXAS],
                },
                {
                    "buyer": "redriver",
                    "eligible": False,
                    "code": "terms_unknown",
                    "sentence": 'redriver wants insurance == "claim"; insurance is not known.',
                    "rank": None,
                    "price": None,
                    "expected": None,
                    "clauses": [
                        IN_TEXAS,
                        {
                            "clause": 'insurance == "claim"',
                            "kind": "condition",
                            "at": "network.yaml:42",
                            "outcome": "unknown",
                            "values": {"insurance": None},
                            "answers": ["insurance"],
                        },
                    ],
                },
            ],
        }
    ],
    "legs": [
        {
            "leg": "buyer-1",
            "buyer": "lonestar",
            "to": "+15550111",
            "campaign": "roofing",
            "price": "45.00",
            "outcome": "completed",
            "dialled_at_ms": 9100,
            "answered_at_ms": 12_000,
            "accepted_at_ms": 15_000,
            "bridged_at_ms": 15_050,
            "ended_at_ms": 110_250,
            "ended_by": "buyer",
            "detail": "",
            "held_ms": 0,
        }
    ],
    "verdicts": [
        {
            "leg": "buyer-1",
            "buyer": "lonestar",
            "at_ms": 110_250,
            "billable": True,
            "reason": "billable",
            "sentence": "lonestar owes 45.00 USD: bridged for 95.2s.",
            "timer": {"from": "bridged", "seconds": 95.2, "needed": 90},
            "clauses": [IN_TEXAS],
            "revenue": "45.00",
            "payable": True,
            "payout_reason": "billable",
            "payout_clauses": [],
            "payout": "30.00",
            "currency": "USD",
            "near_miss_by": None,
            "corrected": None,
        }
    ],
    "ledger": [
        {
            "entry": 1,
            "kind": "revenue",
            "party": "lonestar",
            "buyer": "lonestar",
            "amount": "45.00",
            "currency": "USD",
            "posted_at": "2026-11-22T10:00:00.000Z",
            "corrects": None,
            "why": "",
            "made_by": "",
            "cause": "verdict",
        },
        {
            "entry": 2,
            "kind": "payout",
            "party": "radio-tx",
            "buyer": "lonestar",
            "amount": "30.00",
            "currency": "USD",
            "posted_at": "2026-11-22T10:00:00.000Z",
            "corrects": None,
            "why": "",
            "made_by": "",
            "cause": "verdict",
        },
    ],
    "stands": [
        {"kind": "revenue", "party": "lonestar", "buyer": "lonestar", "amount": "45.00", "currency": "USD"},
        {"kind": "payout", "party": "radio-tx", "buyer": "lonestar", "amount": "30.00", "currency": "USD"},
    ],
    "recordings": [],
    "faults": [
        {"at_ms": 4000, "where": "prompt p2", "code": "prompt_failed", "detail": "the voice did not answer"}
    ],
    "carrier_records": [],
    "disputes": [],
    "turns": [],
    "tags": {},
    "consents": [],
    "voicemails": [],
    "erased": [],
}


async def test_a_finished_call_is_shown_whole(store: Store) -> None:
    await finished_call(store)
    view = await store.call("call-1")
    assert view is not None
    shown = json.loads(json.dumps(show_json(view)))
    for entry, posted in zip(shown["ledger"], view.ledger, strict=True):
        assert entry.pop("hash") == posted.hash
    assert shown == SHOWN


async def test_a_call_in_progress_has_every_key(store: Store) -> None:
    await open_call(store, arrived())
    view = await store.call("call-1")
    assert view is not None
    shown = show_json(view)
    assert set(shown) == set(SHOWN)
    assert (shown["ended_at"], shown["ended_by"], shown["path"], shown["answers"]) == (None, None, [], {})


async def test_an_unknown_call_is_none(store: Store) -> None:
    assert await store.call("nobody") is None
    assert await store.find("nobody") is None
    assert await store.find("") is None


async def test_calls_are_listed_newest_first_and_by_pages(store: Store) -> None:
    for n in range(5):
        await finished_call(store, f"call-{n}", START + n // 2 * 1000)  # some began in the same millisecond
    listed = [summary.record.call for summary in await store.calls(10)]
    assert listed == ["call-4", "call-3", "call-2", "call-1", "call-0"]
    paged = [summary.record.call for summary in await store.calls(2)]
    while page := await store.calls(2, before=paged[-1]):
        paged += [summary.record.call for summary in page]
    assert paged == listed


async def test_a_line_of_the_list_tells_buyer_and_money(store: Store) -> None:
    await finished_call(store)
    await open_call(store, arrived("call-2", started_at=START + 1))
    running, finished = [summary_json(summary) for summary in await store.calls(10)]
    assert finished == {
        "call": "call-1",
        "carrier": "twilio",
        "from": "+15125550123",
        "to": "+15550100",
        "flow": "roofing",
        "campaign": "roofing",
        "publisher": "radio-tx",
        "started_at": "2026-11-22T10:00:00.000Z",
        "ended_at": "2026-11-22T10:01:50.300Z",
        "ended_by": "buyer",
        "buyer": "lonestar",
        "billable": True,
        "revenue": "45.00",
        "payout": "30.00",
        "currency": "USD",
        "buyers": [{"buyer": "lonestar", "billable": True, "revenue": "45.00", "payout": "30.00"}],
    }
    assert set(running) == set(finished)
    assert (running["buyer"], running["billable"], running["revenue"]) == (None, None, "0.00")
    assert running["buyers"] == []


async def test_a_line_of_two_buyers_parts_what_each_owes(store: Store) -> None:
    owed = {"lonestar": 12_000_000, "redriver": 20_000_000}
    commands: list[Command] = [Record(OPENED)]
    for number, (buyer, micros) in enumerate(owed.items()):
        leg = f"buyer-{number}"
        talked = changed(TALKED, leg=leg, buyer=buyer, bridged_at=15_050 + number)
        verdict = changed(VERDICT, leg=leg, buyer=buyer, revenue_micros=micros, payout_micros=0)
        bill = changed(REVENUE, party=buyer, buyer=buyer, amount_micros=micros)
        commands += [Record(talked), Record(verdict), Post((bill,))]
    store.append("both", 0, arrived("both"))
    store.append_commands("both", 0, [*commands, Record(ENDING)])
    await store.flush()
    (summary,) = await store.calls(10)
    shown = summary_json(summary)
    assert (shown["buyer"], shown["revenue"], shown["billable"]) == (None, "32.00", True)
    parts = [(one["buyer"], one["revenue"]) for one in shown["buyers"]]
    assert parts == [("lonestar", "12.00"), ("redriver", "20.00")]
    assert call_line(CallLine.of(summary)).endswith("32.00 USD  buyer: lonestar 12.00, redriver 20.00")
    await store.correct(Correction("both", "lonestar", "revenue", 0, "void", "desk"))
    (summary,) = await store.calls(10)
    assert (summary.buyer, summary.revenue_micros) == ("redriver", 20_000_000)


async def test_a_call_is_found_by_a_beginning_that_only_it_has(store: Store) -> None:
    for name in ("ab12", "ab34", "ab3", "x_1", "xy1"):
        await open_call(store, arrived(name))
    assert await store.find("ab1") == "ab12"
    assert await store.find("ab3") == "ab3"  # the whole name wins over a beginning
    assert await store.find("x_") == "x_1"
    assert await store.find("AB1") is None
    with pytest.raises(AmbiguousCall, match="ab3, ab12, ab34"):
        await store.find("ab")


async def test_contacts_are_the_callers_bridged_calls_since_then(store: Store) -> None:
    await finished_call(store, "old", START - 10_000)
    await finished_call(store, "recent", START)
    await open_call(store, arrived("unbilled", started_at=START + 1))
    store.append_commands("unbilled", 0, [Record(changed(TALKED, buyer="redriver"))])
    await open_call(store, arrived("unbridged", started_at=START + 2))
    store.append_commands("unbridged", 0, [Record(RINGING)])
    await open_call(store, arrived("other", caller_number="+15125550199"))
    await store.flush()
    assert await store.contacts(CALLER_NUMBER, START) == (
        Contact("lonestar", START, True, "roofing", True, True),
        Contact("redriver", START + 1, False, "roofing"),
    )
    assert len(await store.contacts(CALLER_NUMBER, 0)) == 3
    assert await store.contacts("", 0) == ()


async def test_a_revision_is_kept_once_and_read_back(store: Store) -> None:
    files = {"network.yaml": "network: acme\n", "flows/main.yaml": "flow: “main”\n"}
    await store.keep_revision("sha256:aa", files)
    await store.keep_revision("sha256:aa", {})
    assert await store.revision_files("sha256:aa") == files
    assert await store.revision_files("sha256:bb") is None


@pytest.mark.parametrize(
    ("micros", "text"),
    [(45_000_000, "45.00"), (0, "0.00"), (12_500, "0.0125"), (-5_500_000, "-5.50"), (1, "0.000001")],
)
def test_amounts_are_exact_decimals(micros: int, text: str) -> None:
    assert format_money(micros) == text


def test_times_are_iso_with_milliseconds() -> None:
    assert iso(START + 7) == "2026-11-22T10:00:00.007Z"
    assert iso(None) is None
