"""What the store's tests work with: a clock that is moved by hand, and calls to keep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from engine.core.commands import Command, Post, Record, Release
from engine.core.conditions import ClauseOutcome
from engine.core.events import CallArrived
from engine.core.facts import (
    Answer,
    CallOpened,
    Candidate,
    Decision,
    Ending,
    Fault,
    LedgerEntry,
    Leg,
    Question,
    Step,
    Timer,
    Verdict,
)
from engine.core.limits import ScopedLimits, Window
from engine.core.places import Place
from engine.exchange.caps import Caps
from engine.store import Store
from engine.store.databases.transactions import Connection

START = 1_795_341_600_000  # 2026-11-22T10:00:00Z
CALLER_NUMBER = "+15125550123"
REVENUE = LedgerEntry("revenue", "lonestar", "lonestar", 45_000_000, "USD")
PAYOUT = LedgerEntry("payout", "radio-tx", "lonestar", 30_000_000, "USD")

OpenStore = Callable[..., Awaitable[Store]]


async def die(store: Store) -> None:
    """As a kill: nothing is written any more, nothing is said."""
    store._writes._task.cancel()
    await asyncio.gather(store._writes._task, return_exceptions=True)
    await store._database.close()


def limited(
    buyer: str, caps: Caps, hour_ms: int = START, day_ms: int = START, month_ms: int = START
) -> tuple[ScopedLimits, ...]:
    """The buyer's caps, in windows that began then."""
    starts: dict[Window, int] = {"hour": hour_ms, "day": day_ms, "month": month_ms}
    return (ScopedLimits("buyer", buyer, caps.limits(), starts),) if caps.limits() else ()


class Server(Protocol):
    """A PostgreSQL server of the tests' own."""

    def get_uri(self, database: str) -> str: ...
    def psql(self, command: str) -> str: ...
    def cleanup(self) -> None: ...


class Clock:
    """Milliseconds since 1970; stands still unless it is moved."""

    def __init__(self) -> None:
        self.now_ms = START

    def __call__(self) -> int:
        return self.now_ms

    def pass_ms(self, ms: int) -> None:
        self.now_ms += ms


def arrived(call: str = "call-1", caller_number: str = CALLER_NUMBER, started_at: int = START) -> CallArrived:
    return CallArrived(
        at=0,
        call=call,
        carrier="twilio",
        carrier_call=f"CA{call}",
        caller_number=caller_number,
        called_number="+15550100",
        started_at=started_at,
        seed=7,
    )


OPENED = CallOpened(at=0, flow="roofing", revision="sha256:aa", campaign="roofing", publisher="radio-tx")
STEP = Step(at=5120, node="ask_zip", exit="next")
ZIP = Answer(
    name="zip",
    kind="zip",
    value="78701",
    values={"zip": "78701", "zip.state": "TX"},
    label="78701",
    raw="78701",
    mode="keys",
    confidence=1.0,
    attempts=1,
    confirmed=False,
    node="ask_zip",
    question=Question("Please enter your ZIP code.", "en-US", "c0ffee"),
    asked_at=2000,
    answered_at=5100,
)
IN_TEXAS = ClauseOutcome(
    'zip.state == "TX"', Place("network.yaml", 41, 9), True, {"zip.state": "TX"}, ("zip",)
)
WITH_CLAIM = ClauseOutcome(
    'insurance == "claim"', Place("network.yaml", 42, 9), None, {"insurance": None}, ("insurance",)
)
UNKNOWN = {"condition": 'insurance == "claim"', "read": {"insurance": None}}
DECISION = Decision(
    at=9000,
    node="find",
    campaign="roofing",
    chosen="lonestar",
    candidates=(
        Candidate("lonestar", True, "eligible", (IN_TEXAS,), {}, 1, 45_000_000),
        Candidate("redriver", False, "terms_unknown", (IN_TEXAS, WITH_CLAIM), UNKNOWN),
    ),
)
RINGING = Leg("buyer-1", "lonestar", "+15550111", "roofing", 45_000_000, dialled_at=9100)
TALKED = Leg(
    leg="buyer-1",
    buyer="lonestar",
    to="+15550111",
    campaign="roofing",
    price_micros=45_000_000,
    dialled_at=9100,
    answered_at=12_000,
    accepted_at=15_000,
    bridged_at=15_050,
    ended_at=110_250,
    outcome="completed",
    ended_by="buyer",
)
VERDICT = Verdict(
    at=110_250,
    leg="buyer-1",
    buyer="lonestar",
    billable=True,
    reason="billable",
    timer=Timer("bridged", 95_200, 90_000),
    clauses=(IN_TEXAS,),
    revenue_micros=45_000_000,
    payable=True,
    payout_reason="billable",
    payout_clauses=(),
    payout_micros=30_000_000,
    currency="USD",
)
FAULT = Fault(
    at=4000, where="prompt p2", code="prompt_failed", details={"reason": "the voice did not answer"}
)
ENDING = Ending(at=110_300, ended_by="buyer", reason="completed")
CLOSING: tuple[Command, ...] = (
    Release("r1", used=True),
    Record(VERDICT),
    Post((REVENUE, PAYOUT)),
    Record(ENDING),
)


async def open_call(store: Store, first: CallArrived) -> None:
    """A call whose first event is committed."""
    store.append(first.call, 0, first)
    await store.flush(first.call)


async def bill(store: Store, call: str, *entries: LedgerEntry) -> tuple[int, ...]:
    """Enter the amounts as a call's end does; the numbers of the entries that stand then."""
    store.append_commands(call, 0, [Post(entries)])
    await store.flush(call)
    view = await store.call(call)
    assert view is not None
    return tuple(entry.entry for entry in view.ledger)


async def tamper_with(store: Store, work: Callable[[Connection], Awaitable[None]]) -> None:
    """Do to the database what no part of the store would."""
    await store._database.write(work)
