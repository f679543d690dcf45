"""Many calls at once over random networks: real machines, real SQLite files, and whatever may happen.

Calls come on two workers that share a database, are answered by buyers who are busy, decline or talk, are
hung up, lose their worker in the middle (another one closes their records), are handed in twice, corrected,
disputed and paused, in any order, over midnights and clock changes; every example ends at the desk. What must
hold is counted from what the calls left behind: no cap is passed and none refuses in vain, nobody is billed
twice, no caller is owed for twice in a duplicate window, the ledger is the verdicts with what the desk said,
reports and chains agree with it, each candidate's trace explains it, a replay of the stored journal gives the
same, and nothing unknown is billed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from tempfile import TemporaryDirectory
from typing import ClassVar, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.core.commands import Reserve
from engine.core.events import CallArrived, CallerHungUp, CallInterrupted
from engine.core.facts import Decision
from engine.language.revisions import Published
from engine.runtime.recovery import close_abandoned
from engine.store import PauseStep, Refused, Store
from engine.store.reports.spans import Span
from tests.properties.calls_at_once import GROUPS, LEASE_MS, Group, OneCall
from tests.properties.caps_must_hold import it_was_not_refused_in_vain, no_cap_is_passed
from tests.properties.desk import AMOUNTS, DECISIONS, Decided, Desk
from tests.properties.random_networks import ORDERS, TAILS, Drawn, hunting, networks, published
from tests.properties.test_the_shortest_interview import MONDAY_MORNING
from tests.properties.what_must_hold import (
    it_is_explained_and_replays,
    no_buyer_has_a_caller_again,
    nobody_is_owed_for_a_caller_twice,
    the_amounts_are_those_of_the_terms,
    the_ledger_is_its_verdicts,
)
from tests.store.store_world import Clock, die

T = TypeVar("T")
DAY_MS = 86_400_000
STARTS = (
    MONDAY_MORNING,
    1_795_496_100_000,  # 23:55 of that Monday in New York, 20:55 in Los Angeles
    1_795_499_700_000,  # 23:55 of that Monday in Chicago
    1_795_478_100_000,  # 23:55 of that Monday in UTC
    1_772_952_900_000,  # 2026-03-08 01:55 in New York, five minutes before its clocks go on
    1_793_511_900_000,  # 2026-11-01 01:45 in New York, a quarter before its clocks go back
)
WORKERS = ("worker-1", "worker-2")


class ManyCalls(RuleBasedStateMachine):
    """Two workers, one file, time that passes when it is told to."""

    of: Published
    tail: ClassVar[int] = 0  # how its flows look for a buyer

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.folder = TemporaryDirectory()
        self.loop = asyncio.Runner()
        self.stores: dict[str, Store] = {}
        self.calls: list[OneCall] = []
        self.checked: set[str] = set()
        self.paused: set[str] = set()
        self.desk = Desk(self)
        self.last_words: list[Decided] = []
        self.places = self.came = self.refused = 0

    def do(self, work: Coroutine[object, object, T]) -> T:
        return self.loop.run(work)

    def place_taken(self) -> int:
        """How many there were; caps are looked at now, while most are on the line."""
        self.places += 1
        self.no_cap_is_passed()
        return self.places

    def place_refused(self, call: OneCall, wanted: Reserve, refused: Refused) -> None:
        self.refused += 1
        if refused.code == "paused":
            assert wanted.buyer in self.paused
        elif refused.code == "duplicate":
            number = call.call.arrived.caller_number
            others = [other for other in self.calls if other.call.arrived.caller_number == number]
            assert any(other.places for other in others if other is not call)
        else:
            it_was_not_refused_in_vain(self.calls, self.network, call, wanted, refused, self.clock())

    @initialize(
        network=networks(are_capped=True),
        order=ORDERS,
        start=st.sampled_from(STARTS),
        rush=st.lists(GROUPS, min_size=2, max_size=4),
        dies_after_ms=st.sampled_from((None, 0, 20_000)),
        last_words=st.lists(DECISIONS, min_size=3, max_size=3),
    )
    def opens(
        self,
        network: Drawn,
        order: list[str],
        start: int,
        rush: list[Group],
        dies_after_ms: int | None,
        last_words: list[Decided],
    ) -> None:
        self.clock.now_ms, self.last_words = start, last_words
        tail = TAILS[self.tail]
        self.of = published(network, order, tail)
        assert self.of.network is not None
        assert self.of.revision is not None
        self.network = self.of.network
        self.stores = {name: self.do(self.opened(name)) for name in WORKERS}
        self.do(self.stores["worker-1"].keep_revision(self.of.revision.id, self.of.files))
        for group in rush:
            self.calls_come(group)
        if dies_after_ms is not None:
            self.a_worker_dies("worker-2", dies_after_ms, False)
            for wait_ms, group in zip((10_000, LEASE_MS), rush, strict=False):
                self._pass(wait_ms)  # at first the dead one's leases hold, then they are over
                self.calls_come(group)

    async def opened(self, worker: str) -> Store:
        url = f"sqlite:///{self.folder.name}/calls.db"
        return await Store.open(url, worker, self.clock, lease_ms=LEASE_MS)

    def teardown(self) -> None:
        if len(self.stores) == len(WORKERS):
            self._pass(10 * 60_000)
            self.records_are_closed()
            self.what_ended_is_right()
            self.no_cap_is_passed()
            self.no_caller_is_sold_twice()
            self._tell_what_was_tried()
            self.the_desk_has_the_last_word()
            self.what_ended_is_right()
            self.the_books_are_the_ledger()
        for store in self.stores.values():
            self.do(store.close())
        self.loop.close()
        self.folder.cleanup()

    def _tell_what_was_tried(self) -> None:
        """For --hypothesis-show-statistics: whether the calls were worth it."""
        codes = {
            each.code for call in self.calls for made in call.facts(Decision) for each in made.candidates
        }
        event(f"caps and pauses that refused: {sum('cap_' in code or code == 'paused' for code in codes)}")
        event(f"a caller's other line kept it from a buyer: {'duplicate' in codes}")
        refused = [each for call in self.calls for each in call.call.claimed.values() if each is not None]
        event(f"places refused with everything written: {min(3, self.refused)} or more")
        event(f"claims refused: {min(3, len(refused))} or more")
        event(f"bills: {min(5, sum(owed > 0 for call in self.calls for owed in call.owed.values()))} or more")

    @property
    def going_on(self) -> list[OneCall]:
        return [call for call in self.calls if call.goes_on]

    @property
    def closed(self) -> list[OneCall]:
        return [call for call in self.calls if not call.is_lost and call.machine.is_closed]

    # What happens

    @rule(group=GROUPS)
    def calls_come(self, group: Group) -> None:
        for n in range(group.at_once):
            self.came += 1
            name = f"call-{self.came}"
            store = self.stores[WORKERS[n % 2]]
            now, number = self.clock(), group.callers[n % len(group.callers)]
            contacts = self.do(store.contacts(number, now - 40 * DAY_MS))
            arrived = CallArrived(
                0, name, "practice", name, number, group.number, now, group.seed + n, contacts, claims=True
            )
            call = OneCall(self, store, name, group)
            self.calls.append(call)
            call.begin(arrived)
        self._pass(group.then_ms)

    @rule(ms=st.sampled_from((1, 1_000, 15_000, 60_000, 240_000)))
    def time_passes(self, ms: int) -> None:
        self._pass(ms)

    @rule(hours=st.sampled_from((1, 20)))
    def hours_go_by(self, hours: int) -> None:
        self._pass(hours * 3_600_000)

    def _pass(self, ms: int) -> None:
        """Everything that is due until then happens, in its order over all calls."""
        until = self.clock() + ms
        while due := [call for call in self.going_on if (at := call.next_at) is not None and at <= until]:
            first = min(due, key=lambda call: call.next_at or 0)
            self._wait_until(first.next_at or 0)
            first.step()
            self._renew()
        self._wait_until(until)
        self._renew()
        if ms >= 60_000:  # nothing waits so long to be written
            self.everything_is_written()

    def _wait_until(self, at: int) -> None:
        """No lease of a living worker's is over meanwhile."""
        while self.going_on and at - self.clock() > LEASE_MS // 2:
            self.clock.pass_ms(LEASE_MS // 2)
            self._renew()
        self.clock.now_ms = max(self.clock.now_ms, at)

    def everything_is_written(self) -> None:
        for store in self.stores.values():
            self.do(store.flush())

    def _renew(self) -> None:
        for store in self.stores.values():
            names = [call.name for call in self.going_on if call.store is store]
            self.do(store.renew(names, self.clock() + LEASE_MS))

    @precondition(lambda self: self.going_on)
    @rule(data=st.data(), is_interrupted=st.booleans())
    def a_call_breaks_off(self, data: st.DataObject, is_interrupted: bool) -> None:
        call = data.draw(st.sampled_from(self.going_on), label="call")
        at = max(call.now, self.clock() - call.call.arrived.started_at)
        call.suffers(CallInterrupted(at, "the worker stops") if is_interrupted else CallerHungUp(at))

    @rule(
        worker=st.sampled_from(WORKERS),
        after_ms=st.sampled_from((0, 1_000, 30_000, 100_000)),
        is_restarted=st.booleans(),
    )
    def a_worker_dies(self, worker: str, after_ms: int, is_restarted: bool) -> None:
        """As by a kill: what was not written is lost. It comes back, and may close what it finds."""
        self._pass(after_ms)
        store = self.stores[worker]
        for call in self.calls:
            if call.store is store and (call.goes_on or call.name not in self.checked):
                call.loses_its_worker(self.clock())
        self.do(die(store))
        self.stores[worker] = self.do(self.opened(worker))
        for call in self.calls:
            if call.store is store:
                call.store, call.handed_in = self.stores[worker], []
        if is_restarted:
            self.records_are_closed(worker)

    @rule(worker=st.sampled_from(WORKERS))
    def records_are_closed(self, worker: str = "worker-1") -> None:
        """Of calls that a worker in an earlier life, or a dead one whose leases are over, left open."""
        store = self.stores[worker]
        ours = {call.name for call in self.calls if not call.is_lost}
        self.do(close_abandoned(store, self.clock(), lambda name: name in ours, lambda *_: None))
        for call in [each for each in self.calls if each.is_lost]:
            view = self.do(store.call(call.name))
            if view is None:  # even its arrival was not written
                self.calls.remove(call)
            elif view.record.ended_at is not None:
                call.is_closed_by(store)

    @precondition(lambda self: any(not call.is_lost for call in self.calls))
    @rule(data=st.data())
    def a_call_is_handed_in_again(self, data: st.DataObject) -> None:
        self._hand_in(data.draw(st.sampled_from([each for each in self.calls if not each.is_lost])))

    def _hand_in(self, call: OneCall) -> None:
        for seq, commands in call.handed_in:
            call.store.append_commands(call.name, seq, commands)

    @precondition(lambda self: any(call.owed for call in self.closed))
    @rule(data=st.data(), amount=AMOUNTS)
    def a_bill_is_corrected(self, data: st.DataObject, amount: int) -> None:
        call = data.draw(st.sampled_from([call for call in self.closed if call.owed]), label="call")
        self.desk.corrects(call, data.draw(st.sampled_from(sorted(call.owed)), label="bill"), amount)

    @precondition(lambda self: any(call.owed for call in self.closed))
    @rule(data=st.data())
    def a_bill_is_disputed(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from([call for call in self.closed if call.owed]), label="call")
        buyer = data.draw(st.sampled_from(sorted({buyer for buyer, _ in call.owed})), label="buyer")
        self.desk.opens_a_dispute(call, buyer, self.clock())

    @precondition(lambda self: self.desk.open)
    @rule(data=st.data(), decided=DECISIONS)
    def a_dispute_is_decided(self, data: st.DataObject, decided: Decided) -> None:
        name, buyer = data.draw(st.sampled_from(sorted(self.desk.open)), label="dispute")
        self.desk.decides(self._named(name), buyer, decided)

    def the_desk_has_the_last_word(self) -> None:
        """Whatever rules were drawn: everything is handed in again, and the first bills come to the desk."""
        for call in self.closed:
            self._hand_in(call)
        billed = [(call, bill) for call in self.closed for bill, owed in sorted(call.owed.items()) if owed]
        for (call, (buyer, kind)), decided in zip(billed, self.last_words * 2, strict=False):
            if kind == "revenue":
                self.desk.opens_a_dispute(call, buyer, self.clock())
            self.desk.corrects(call, (buyer, kind), decided.amount)
            self.desk.corrects(call, (buyer, kind), decided.amount // 2)
        for (name, buyer), decided in zip(sorted(self.desk.open), self.last_words, strict=False):
            self.desk.decides(self._named(name), buyer, decided)

    def _named(self, name: str) -> OneCall:
        return next(call for call in self.calls if call.name == name)

    @rule(buyer=st.integers(0, 2), is_paused=st.booleans())
    def a_buyer_is_paused_or_resumed(self, buyer: int, is_paused: bool) -> None:
        action = "pause" if is_paused else "resume"
        (self.paused.add if is_paused else self.paused.discard)(f"b{buyer}")
        step = PauseStep(f"b{buyer}", "", action, "holiday", "desk", self.clock())  # type: ignore[arg-type]
        self.do(self.stores["worker-1"].pause(step))

    # What must hold

    @invariant()
    def what_ended_is_right(self) -> None:
        self.everything_is_written()
        for call in self.closed:
            view = self.do(call.store.call(call.name))
            assert view is not None
            the_ledger_is_its_verdicts(call, view.ledger)
            self.desk.is_told_in(call, view.ledger)
            if call.name not in self.checked:
                self.checked.add(call.name)
                the_amounts_are_those_of_the_terms(call, self.network)
                it_is_explained_and_replays(call, self.network, self.do(call.store.journal(call.name)))

    def the_books_are_the_ledger(self) -> None:
        """Reports add up to what is owed, and every party's chain holds."""
        store = self.stores["worker-1"]
        report = self.do(store.books.report("buyer", Span(), ZoneInfo("America/Chicago")))
        for kind, told in (("revenue", "revenue_micros"), ("payout", "payout_micros")):
            owed = sum(owed for call in self.calls for (_, side), owed in call.owed.items() if side == kind)
            assert sum(getattr(money, told) for row in report.rows for money in row.money.values()) == owed
        assert [check for check in self.do(store.verify_ledger()) if not check.holds] == []

    @invariant()
    def no_cap_is_passed(self) -> None:
        no_cap_is_passed(self.calls, getattr(self, "network", None))  # type: ignore[arg-type]

    @invariant()
    def no_caller_is_sold_twice(self) -> None:
        if self.closed:
            nobody_is_owed_for_a_caller_twice(self.closed, self.network)
            no_buyer_has_a_caller_again([call for call in self.calls if not call.is_lost], self.network)


class CallsSoldAgain(ManyCalls):
    """Two buyers ring at once and have to accept; a talk below the duration is sold to the next."""

    tail = 1


class CallsRolledOver(ManyCalls):
    """What a buyer refuses, or ends too soon, goes to the next of the ranking."""

    tail = 2


TestManyCalls: Callable[[], object] = ManyCalls.TestCase
TestCallsSoldAgain: Callable[[], object] = CallsSoldAgain.TestCase
TestCallsRolledOver: Callable[[], object] = CallsRolledOver.TestCase
for _case in (TestManyCalls, TestCallsSoldAgain, TestCallsRolledOver):
    _case.settings = hunting(5, stateful_step_count=8)  # type: ignore[attr-defined]
del _case
