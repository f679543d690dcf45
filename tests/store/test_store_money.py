"""Money in any order: calls reserve, are answered, joined, billed, handed in twice, corrected, disputed and
crash; no cap is passed, nobody is billed twice, amounts balance and every chain holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from engine.core.commands import Command, Post, Record, Release
from engine.core.events import CallerHungUp
from engine.core.facts import LedgerEntry
from engine.core.limits import ScopedLimits, Window
from engine.core.records import changed
from engine.exchange.caps import Caps, Counts, PaidCaps, Spending
from engine.exchange.disputes import Proposal
from engine.store import Correction, CorrectionRefused, Granted, Refused, ReservationRequest, Store
from engine.store.errors import DisputeRefused
from engine.store.ledger.disputes import NewDispute, Outcome, Settlement
from engine.store.ledger.entries import standing_micros
from tests.properties.random_networks import hunting
from tests.store.store_world import ENDING, OPENED, START, TALKED, VERDICT, Clock, arrived, die

T = TypeVar("T")
HOUR_MS = 3_600_000
LEASE_MS = 30_000
PRICE, PAYOUT = 45, 30
BUYERS = ("lonestar", "redriver")
BECAME = ("nothing", "call", "connected", "billed")
OFTEN_BILLED = st.sampled_from((*BECAME, "billed", "billed", "billed", "billed"))

BUYER_CAPS = Caps(
    concurrent=4,
    hour=5,
    connected=Counts(day=6),
    billed=Counts(hour=2, day=5),
    spend=Spending(day_micros=4 * PRICE, total_micros=9 * PRICE),
)
CAMPAIGN_CAPS = Caps(day=9, spend=Spending(day_micros=7 * PRICE))
PAYOUT_CAPS = PaidCaps(day=4, spend=Spending(total_micros=6 * PAYOUT))


@dataclass
class Sale:
    """What the model knows of a granted place."""

    buyer: str
    made_at: int
    lease_until: int
    payout: int  # the least that ever stood of it, as of the revenue
    became: str = ""  # "" while the call goes on
    revenue: int = 0

    @property
    def goes_on(self) -> bool:
        return not self.became


class Money(RuleBasedStateMachine):
    """One file, one worker that may die at any moment and come back, against a plain model."""

    sales = Bundle("sales")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.folder = TemporaryDirectory()
        self.loop = asyncio.Runner()
        self.made: dict[str, Sale] = {}
        self.owed: dict[tuple[str, str], int] = {}  # call, kind → what stands
        self.disputes: dict[str, int] = {}  # those that nobody decided, by call
        self.heads: dict[str, str] = {}
        self.number = 0

    @initialize()
    def opens(self) -> None:
        self.store = self.do(self.open())

    async def open(self) -> Store:
        return await Store.open(f"sqlite:///{self.folder.name}/money.db", "worker-1", self.clock)

    def do(self, work: Coroutine[object, object, T]) -> T:
        return self.loop.run(work)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.do(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    def starts(self) -> tuple[int, int, int]:
        hours = (self.clock() - START) // HOUR_MS
        return START + hours * HOUR_MS, START + hours // 4 * 4 * HOUR_MS, START

    # What happens

    @rule(target=sales, buyer=st.sampled_from(BUYERS), at_once=st.integers(1, 4))
    def calls_come(self, buyer: str, at_once: int) -> object:
        names = [f"call-{self.number + n}" for n in range(at_once)]
        self.number += at_once

        async def come() -> list[Granted | Refused]:
            for name in names:
                self.store.append(name, 0, arrived(name))
                self.store.append_commands(name, 0, [Record(OPENED)])
            return list(await asyncio.gather(*(self.store.reserve(self.asks(name, buyer)) for name in names)))

        granted = []
        for name, answer in zip(names, self.do(come()), strict=True):
            if isinstance(answer, Granted):
                payout = 0 if answer.unpaid else PAYOUT
                self.made[name] = Sale(buyer, self.clock(), answer.lease_until, payout)
                granted.append(name)
        return multiple(*granted)

    def asks(self, call: str, buyer: str) -> ReservationRequest:
        hour, day, month = self.starts()
        starts: dict[Window, int] = {"hour": hour, "day": day, "month": month}
        scopes = (
            ScopedLimits("buyer", buyer, BUYER_CAPS.limits(), starts),
            ScopedLimits("campaign", "the campaign", CAMPAIGN_CAPS.limits(), starts),
            ScopedLimits("payout", "the publisher", PAYOUT_CAPS.limits(), starts),
        )
        return ReservationRequest(
            "r1", call, buyer, PRICE, self.clock(), LEASE_MS, "roofing", "radio-tx", PAYOUT, scopes,
        )  # fmt: skip

    @rule(call=sales, became=OFTEN_BILLED, again=st.booleans())
    def a_call_ends(self, call: str, became: str, again: bool) -> None:
        sale = self.made[call]
        if not sale.goes_on:
            return
        commands = self.closing(sale, became)

        async def end() -> None:
            self.store.append(call, 1, CallerHungUp(1))
            self.store.append_commands(call, 1, commands)
            if again:
                self.store.append_commands(call, 1, commands)
            await self.store.flush(call)

        self.do(end())
        self.ends(call, became)

    def closing(self, sale: Sale, became: str) -> list[Command]:
        billed = became == "billed"
        leg = changed(TALKED, buyer=sale.buyer)
        if became in ("nothing", "call"):
            answered = None if became == "nothing" else leg.answered_at
            leg = changed(leg, answered_at=answered, accepted_at=None, bridged_at=None, outcome="rejected")
        verdict = changed(
            VERDICT,
            buyer=sale.buyer,
            billable=billed,
            revenue_micros=PRICE if billed else 0,
            payable=billed and sale.payout > 0,
            payout_micros=sale.payout if billed else 0,
        )
        commands: list[Command] = [Record(leg), Release("r1", became in ("connected", "billed"))]
        if became != "nothing":
            commands.append(Record(verdict))
        if billed:
            entries = [LedgerEntry("revenue", sale.buyer, sale.buyer, PRICE, "USD")]
            entries += [LedgerEntry("payout", "radio-tx", sale.buyer, sale.payout, "USD")] * bool(sale.payout)
            commands.append(Post(tuple(entries)))
        return [*commands, Record(ENDING)]

    def ends(self, call: str, became: str) -> None:
        sale = self.made[call]
        sale.became = became
        if became == "billed":
            sale.revenue = PRICE
            self.owed[call, "revenue"] = PRICE
            if sale.payout:
                self.owed[call, "payout"] = sale.payout
        else:
            sale.payout = 0

    @rule(call=sales, kind=st.sampled_from(("revenue", "payout")), amount=st.sampled_from((0, 10, 20, PRICE)))
    def a_bill_is_corrected(self, call: str, kind: str, amount: int) -> None:
        sale = self.made[call]
        correction = Correction(call, sale.buyer, kind, amount, "agreed", "desk")  # type: ignore[arg-type]
        try:
            self.do(self.store.correct(correction))
        except CorrectionRefused:
            was_judged = sale.became not in ("", "nothing")
            assert self.owed.get((call, kind), 0) == amount or not was_judged
        else:
            assert self.owed.get((call, kind), 0) != amount
            self.stands(call, kind, amount)

    @rule(call=sales)
    def a_bill_is_disputed(self, call: str) -> None:
        opening = NewDispute(
            call, self.made[call].buyer, "", "other", "not ours", Proposal("reject", 0, ()), "lonestar"
        )
        try:
            dispute = self.do(self.store.open_dispute(opening))
        except DisputeRefused:
            assert call in self.disputes
        else:
            assert call not in self.disputes
            self.disputes[call] = dispute.dispute

    @precondition(lambda self: self.disputes)
    @rule(
        data=st.data(),
        outcome=st.sampled_from(("accepted", "partly", "partly", "rejected")),
        amount=st.sampled_from((1, 10, PRICE - 1, PRICE)),
        payout=st.sampled_from((None, None, 0, 7)),
    )
    def a_dispute_is_decided(
        self, data: st.DataObject, outcome: Outcome, amount: int, payout: int | None
    ) -> None:
        """What is decided stands at once, whole or not at all, and is decided for good."""
        call = data.draw(st.sampled_from(sorted(self.disputes)), label="call")
        number, stands = self.disputes[call], self.owed.get((call, "revenue"), 0)
        wanted = Settlement(outcome, amount if outcome == "partly" else 0, payout, "agreed", "desk")
        try:
            dispute = self.do(self.store.decide_dispute(number, wanted))
        except DisputeRefused:
            assert outcome == "partly"
            assert not 0 < amount < stands
            return
        except CorrectionRefused:
            assert self.made[call].became in ("", "nothing"), "nothing was judged that could be paid"
            return
        del self.disputes[call]
        shall_stand = {"accepted": 0, "partly": amount, "rejected": stands}[outcome]
        assert (dispute.state, dispute.amount_micros) == (outcome, shall_stand)
        self.stands(call, "revenue", shall_stand)
        if payout is not None:
            self.stands(call, "payout", payout)
        with pytest.raises(DisputeRefused):
            self.do(self.store.decide_dispute(number, wanted))

    @rule(ms=st.sampled_from((1, LEASE_MS, HOUR_MS, 4 * HOUR_MS)))
    def time_passes(self, ms: int) -> None:
        self.clock.pass_ms(ms)

    @rule()
    def leases_are_renewed(self) -> None:
        going = [call for call, sale in self.made.items() if sale.goes_on]
        self.do(self.store.renew(going, self.clock() + LEASE_MS))
        for call in going:
            if self.made[call].lease_until > self.clock():
                self.made[call].lease_until = self.clock() + LEASE_MS

    @rule(data=st.data(), are_closed=st.booleans())
    def the_worker_dies(self, data: st.DataObject, are_closed: bool) -> None:
        """What was not flushed is lost; the next life closes some of what it finds, or leaves it for later."""

        async def live_again() -> Store:
            await die(self.store)
            return await self.open()

        self.store = self.do(live_again())
        for found in self.do(self.store.abandoned(self.clock())):
            assert self.do(self.store.take_over(found.call))
            sale = self.made.get(found.call)
            if are_closed and sale is not None:
                self.a_call_ends(found.call, data.draw(OFTEN_BILLED), False)

    def stands(self, call: str, kind: str, amount: int) -> None:
        """What is refunded is free for other calls. What a correction adds again, no cap is asked for."""
        self.owed[call, kind] = amount
        sale = self.made[call]
        if kind == "revenue":
            sale.revenue = min(sale.revenue, amount)
        elif not sale.goes_on:
            sale.payout = min(sale.payout, amount)

    # What must hold

    def counted(self, since: int, kinds: tuple[str, ...], buyer: str | None = None) -> list[Sale]:
        return [
            sale
            for sale in self.made.values()
            if sale.made_at >= since and buyer in (None, sale.buyer) and sale.became in kinds
        ]

    def spent(self, since: int, buyer: str | None = None) -> int:
        return sum(sale.revenue for sale in self.counted(since, ("billed",), buyer))

    @invariant()
    def no_cap_is_passed(self) -> None:
        hour, day, _ = self.starts()
        for buyer in BUYERS:
            own = [sale for sale in self.made.values() if sale.buyer == buyer]
            assert sum(sale.goes_on and sale.lease_until > self.clock() for sale in own) <= 4
            assert len(self.counted(hour, ("call", "connected", "billed"), buyer)) <= 5
            assert len(self.counted(day, ("connected", "billed"), buyer)) <= 6
            assert len(self.counted(hour, ("billed",), buyer)) <= 2
            assert len(self.counted(day, ("billed",), buyer)) <= 5
            assert self.spent(day, buyer) <= 4 * PRICE
            assert self.spent(0, buyer) <= 9 * PRICE
        assert len(self.counted(day, ("call", "connected", "billed"))) <= 9
        assert self.spent(day) <= 7 * PRICE
        paid = [sale for sale in self.counted(0, ("billed",)) if sale.payout]
        assert sum(sale.made_at >= day for sale in paid) <= 4
        assert sum(sale.payout for sale in paid) <= 6 * PAYOUT

    @invariant()
    def nobody_is_billed_twice_and_amounts_balance(self) -> None:
        for call, sale in self.made.items():
            view = self.do(self.store.call(call))
            assert view is not None
            bills = [entry.kind for entry in view.ledger if entry.corrects is None]
            assert len(bills) == len(set(bills))
            for kind in ("revenue", "payout"):
                assert standing_micros(view.ledger, kind, sale.buyer) == self.owed.get((call, kind), 0)

    @invariant()
    def every_chain_holds_and_passes_through_what_was_noted(self) -> None:
        if not hasattr(self, "store"):
            return
        for check in self.do(self.store.verify_ledger()):
            assert check.holds
            pinned = self.heads.get(check.party, "")
            (again,) = self.do(self.store.verify_ledger(check.party, pinned))
            assert again.holds
            self.heads[check.party] = check.head


TestMoney: Callable[[], object] = Money.TestCase
TestMoney.settings = hunting(20, stateful_step_count=20)  # type: ignore[attr-defined]
