"""Many calls at once over random networks: real machines, a real SQLite file, and whatever may happen.

Calls come, are answered by buyers who are busy, decline or talk, are hung up, lose the engine, are handed in
twice, corrected and paused, in any order. What must hold is counted from what the calls left behind, not
from the store's own counts: no cap is passed, nobody is billed twice, the ledger is the verdicts and their
corrections, each candidate's trace explains it, a replay of the stored journal gives the same, and nothing
unknown is billed.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.core.commands import Command, Record, Release, Reserve
from engine.core.conditions import judge
from engine.core.events import CallArrived, CallerHungUp, CallInterrupted
from engine.core.facts import Decision, Verdict
from engine.core.replay import replay
from engine.exchange.caps import CapFull, Limit, ScopedLimits
from engine.exchange.codes import CANDIDATE_CODES, VERDICT_REASONS
from engine.exchange.limits import limits_of, payout_of
from engine.exchange.terms import Network, Terms
from engine.language.revisions import Published
from engine.language.stories import BuyerPlan
from engine.rehearsal.bookings import Booked, Bookings
from engine.rehearsal.virtual_world import VirtualWorld
from engine.store import Correction, CorrectionRefused, PauseStep, Refused, ReservationRequest, Store
from engine.store.ledger import Kind, standing_micros
from tests.properties.random_networks import (
    CALLERS,
    NUMBERS,
    ORDERS,
    PLANS,
    Drawn,
    hunting,
    is_explained,
    networks,
    published,
)
from tests.properties.test_the_shortest_interview import MONDAY_MORNING, Caller
from tests.store.store_world import Clock

T = TypeVar("T")
LEASE_MS = 90_000
FROM = ("+15125550123", "+15125550124", "")


@dataclass(frozen=True)
class Group:
    """Callers who come at the same time, say the same and meet the same buyers."""

    number: str
    caller: str
    answers: Mapping[str, str]
    plans: Mapping[str, BuyerPlan]
    at_once: int
    then_ms: int
    seed: int


GROUPS = st.builds(
    Group,
    number=st.sampled_from(sorted(NUMBERS.values())),
    caller=st.sampled_from(FROM),
    answers=CALLERS,
    plans=st.fixed_dictionaries({f"b{n}": PLANS for n in range(3)}),
    at_once=st.integers(2, 5),
    then_ms=st.sampled_from((0, 30_000, 300_000)),
    seed=st.integers(0, 1 << 32),
)


@dataclass
class Place:
    """A place that was granted to a call."""

    buyer: str
    campaign: str
    made_at: int
    is_held: bool = True


class OneCall(VirtualWorld):
    """A call that goes on while others do: its journal is kept, its places are the store's."""

    def __init__(self, stage: ManyCalls, name: str, caller: Caller, plans: Mapping[str, BuyerPlan]) -> None:
        assert stage.of.revision is not None
        assert stage.of.network is not None
        bookings = Places(stage.of.network, stage, self)
        super().__init__(
            stage.of.revision, caller, lambda dial: plans[dial.buyer or ""], bookings, watch=self._kept
        )
        self.stage = stage
        self.name = name
        self.places: dict[str, Place] = {}
        self.owed: dict[tuple[str, Kind], int] = {}  # buyer, kind → what must stand
        self.handed_in: list[tuple[int, Sequence[Command]]] = []
        caller.world = self

    @property
    def next_at(self) -> int | None:
        """When something happens next, in milliseconds since 1970."""
        return (
            None
            if self.machine.is_closed or not self._due
            else self.call.arrived.started_at + self._due[0][0]
        )

    def begin(self, arrived: CallArrived) -> None:
        self._happens(arrived)

    def step(self) -> None:
        """Let the next thing happen, if it still holds."""
        at, _, event = heapq.heappop(self._due)
        if self._still_holds(event):
            self.now = at
            self._happens(event)

    def suffers(self, event: CallerHungUp | CallInterrupted) -> None:
        """Something that happens now, from outside."""
        self.now = event.at
        self._happens(event)

    def facts(self, kind: type[T]) -> Iterator[T]:
        for command in self.commands:
            if isinstance(command, Record) and isinstance(command.fact, kind):
                yield command.fact

    def _kept(self, _: int, commands: Sequence[Command]) -> None:
        seq, store = len(self.journal) - 1, self.stage.store
        store.append(self.name, seq, self.journal[-1].event)
        store.append_commands(self.name, seq, commands)
        self.handed_in.append((seq, commands))
        for command in commands:
            if isinstance(command, Record) and isinstance(command.fact, Verdict):
                verdict = command.fact
                for kind, owed in (("revenue", verdict.revenue_micros), ("payout", verdict.payout_micros)):
                    key: tuple[str, Kind] = (verdict.buyer, kind)  # type: ignore[assignment]
                    self.owed[key] = self.owed.get(key, 0) + owed


class Places(Bookings):
    """Asks the store for places, as the engine does."""

    def __init__(self, network: Network, stage: ManyCalls, call: OneCall) -> None:
        super().__init__(network)
        self.network, self.stage, self.of = network, stage, call

    def reserve(self, wanted: Reserve, publisher: str, instant_ms: int) -> Booked | CapFull:
        market = self.of.machine.revision.market
        payout = payout_of(self.network, wanted.campaign, publisher)
        scopes = limits_of(self.network, wanted.buyer, wanted.campaign, publisher, instant_ms)
        request = ReservationRequest(
            wanted.reservation,
            self.of.name,
            wanted.buyer,
            wanted.price_micros,
            self.network.buyers[wanted.buyer].caps,
            instant_ms,
            *market.cap_window_starts(wanted.buyer, instant_ms),  # type: ignore[attr-defined]
            LEASE_MS,
            wanted.campaign,
            publisher,
            payout.amount_micros if payout is not None else 0,
            tuple(scope for scope in scopes if scope.kind != "buyer"),
        )
        answer = self.stage.do(self.stage.store.reserve(request))
        if isinstance(answer, Refused):
            return CapFull(answer.code, answer.sentence)
        self.of.places[wanted.reservation] = Place(wanted.buyer, wanted.campaign, instant_ms)
        self.stage.no_cap_is_passed()  # now, while most are on the line
        return Booked(answer.unpaid)

    def release(self, released: Release) -> None:
        self.of.places[released.reservation].is_held = False  # the store settles it with the journal


@dataclass
class Became:
    """What a place came to, as the call's facts tell."""

    call: str
    made_at: int
    is_call: bool
    is_connected: bool
    revenue: int
    payout: int
    is_held: bool = False


class ManyCalls(RuleBasedStateMachine):
    """One worker, one file, time that passes when it is told to."""

    of: Published
    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.clock.now_ms = MONDAY_MORNING
        self.folder = TemporaryDirectory()
        self.loop = asyncio.Runner()
        self.calls: list[OneCall] = []
        self.checked: set[str] = set()

    def do(self, work: Coroutine[object, object, T]) -> T:
        return self.loop.run(work)

    @initialize(
        network=networks(are_capped=True), order=ORDERS, rush=st.lists(GROUPS, min_size=2, max_size=4)
    )
    def opens(self, network: Drawn, order: list[str], rush: list[Group]) -> None:
        self.of = published(network, order)
        assert self.of.network is not None
        self.network = self.of.network
        self.store = self.do(Store.open(f"sqlite:///{self.folder.name}/calls.db", "worker-1", self.clock))
        for group in rush:
            self.calls_come(group)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self._pass(10 * 60_000)
            self.what_ended_is_right()
            self.no_cap_is_passed()
            self._tell_what_was_tried()
            self.do(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    def _tell_what_was_tried(self) -> None:
        """For --hypothesis-show-statistics: whether the calls were worth it."""
        codes = {
            each.code for call in self.calls for made in call.facts(Decision) for each in made.candidates
        }
        event(f"caps and pauses that refused: {sum('cap_' in code or code == 'paused' for code in codes)}")
        event(f"bills: {min(5, sum(owed > 0 for call in self.calls for owed in call.owed.values()))} or more")

    @property
    def going_on(self) -> list[OneCall]:
        return [call for call in self.calls if not call.machine.is_closed]

    # What happens

    @rule(group=GROUPS)
    def calls_come(self, group: Group) -> None:
        for n in range(group.at_once):
            name = f"call-{len(self.calls)}"
            now, number = self.clock(), group.caller
            contacts = self.do(self.store.contacts(number, now - 40 * 86_400_000)) if number else ()
            seed = group.seed + n
            arrived = CallArrived(0, name, "practice", name, number, group.number, now, seed, contacts)
            call = OneCall(self, name, Caller(group.answers), group.plans)
            self.calls.append(call)
            call.begin(arrived)
        self._pass(group.then_ms)

    @rule(ms=st.sampled_from((1_000, 15_000, 60_000, 240_000)))
    def time_passes(self, ms: int) -> None:
        self._pass(ms)

    @rule()
    def an_hour_goes_by(self) -> None:
        self._pass(10 * 60_000)
        self.clock.pass_ms(50 * 60_000)

    def _pass(self, ms: int) -> None:
        """Everything that is due until then happens, in its order over all calls."""
        until = self.clock() + ms
        while due := [call for call in self.going_on if (at := call.next_at) is not None and at <= until]:
            first = min(due, key=lambda call: call.next_at or 0)
            self.clock.now_ms = max(self.clock.now_ms, first.next_at or 0)
            first.step()
            names = [call.name for call in self.going_on]
            self.do(self.store.renew(names, self.clock() + LEASE_MS))
        self.clock.now_ms = until

    @precondition(lambda self: self.going_on)
    @rule(data=st.data(), is_interrupted=st.booleans())
    def a_call_breaks_off(self, data: st.DataObject, is_interrupted: bool) -> None:
        call = data.draw(st.sampled_from(self.going_on), label="call")
        at = self.clock() - call.call.arrived.started_at
        call.suffers(CallInterrupted(at, "the worker died") if is_interrupted else CallerHungUp(at))

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def a_call_is_handed_in_again(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.calls), label="call")
        for seq, commands in call.handed_in:
            self.store.append_commands(call.name, seq, commands)

    @precondition(lambda self: any(call.owed for call in self.calls))
    @rule(data=st.data(), amount=st.sampled_from((0, 1_000_000, 60_000_000)))
    def a_bill_is_corrected(self, data: st.DataObject, amount: int) -> None:
        judged = [call for call in self.calls if call.owed]
        call = data.draw(st.sampled_from(judged), label="call")
        buyer, kind = data.draw(st.sampled_from(sorted(call.owed)), label="bill")
        self.do(self.store.flush(call.name))
        wanted = Correction(call.name, buyer, kind, amount, "agreed", "desk")
        try:
            self.do(self.store.correct(wanted))
        except CorrectionRefused:
            assert call.owed[buyer, kind] == amount
        else:
            call.owed[buyer, kind] = amount

    @rule(buyer=st.integers(0, 2), is_paused=st.booleans())
    def a_buyer_is_paused_or_resumed(self, buyer: int, is_paused: bool) -> None:
        action = "pause" if is_paused else "resume"
        step = PauseStep(f"b{buyer}", "", action, "holiday", "desk", self.clock())  # type: ignore[arg-type]
        self.do(self.store.pause(step))

    # What must hold

    @invariant()
    def what_ended_is_right(self) -> None:
        if not hasattr(self, "store"):
            return
        self.do(self.store.flush())
        for call in self.calls:
            if call.machine.is_closed:
                self._the_ledger_is_its_verdicts(call)
                if call.name not in self.checked:
                    self.checked.add(call.name)
                    self._it_is_explained_and_replays(call)

    def _the_ledger_is_its_verdicts(self, call: OneCall) -> None:
        view = self.do(self.store.call(call.name))
        assert view is not None
        bills = Counter((entry.kind, entry.buyer) for entry in view.ledger if entry.corrects is None)
        assert all(count == 1 for count in bills.values())
        assert sum(kind == "payout" for kind, _ in bills) <= 1 + sum(e.made_by != "" for e in view.ledger)
        for (buyer, kind), owed in call.owed.items():
            assert standing_micros(view.ledger, kind, buyer) == owed
        assert sum(entry.amount_micros for entry in view.ledger) == sum(call.owed.values())

    def _it_is_explained_and_replays(self, call: OneCall) -> None:
        buyers = self.network.buyers
        for decision in call.facts(Decision):
            for candidate in decision.candidates:
                buyer = buyers[candidate.buyer]
                assert candidate.code in CANDIDATE_CODES
                assert is_explained(candidate, (buyer.area, buyer.accepts)), candidate
        for verdict in call.facts(Verdict):
            assert {verdict.reason, verdict.payout_reason} <= set(VERDICT_REASONS)
            campaign = self.network.campaigns[call.call.campaign]
            self._is_owed_for_what_is_known(call, verdict.billable, buyers[verdict.buyer].billable)
            if campaign.payout is not None:
                self._is_owed_for_what_is_known(call, verdict.payable, campaign.payout)
        journal = self.do(self.store.journal(call.name))
        assert [entry.event for entry in journal] == [entry.event for entry in call.journal]
        again = replay(journal, call.machine.revision)
        assert again.difference is None
        assert again.machine.call is not None
        verdicts = tuple(call.machine.revision.market.judge(again.machine.call))
        assert verdicts == tuple(call.facts(Verdict))

    def _is_owed_for_what_is_known(self, call: OneCall, is_owed: bool, terms: Terms) -> None:
        if is_owed:
            assert set(terms.requires) <= set(call.call.answers)
            assert judge(terms.when, call.call.evaluator) is True

    @invariant()
    def no_cap_is_passed(self) -> None:
        """Over every place ever granted, in each window in which one was: what the calls became by now."""
        became: dict[tuple[str, str], list[Became]] = defaultdict(list)
        scopes: dict[tuple[str, str], list[ScopedLimits]] = defaultdict(list)
        for call in self.calls:
            for place in call.places.values():
                told = _became(call, place)
                for scope in limits_of(self.network, place.buyer, place.campaign, "radio", place.made_at):
                    key = (scope.kind, scope.who)
                    became[key].append(told)
                    scopes[key].append(scope)
        for key, some in scopes.items():
            for scope in some:
                for limit in scope.limits:
                    counted = _counted(limit, scope, became[key])
                    assert counted <= limit.most, (key, limit, counted)


def _became(call: OneCall, place: Place) -> Became:
    legs = [leg for leg in call.call.legs.values() if leg.buyer == place.buyer]
    verdicts = [verdict for verdict in call.facts(Verdict) if verdict.buyer == place.buyer]
    return Became(
        call.name,
        place.made_at,
        is_call=any(leg.answered_at is not None for leg in legs),
        is_connected=any(leg.bridged_at is not None for leg in legs),
        revenue=sum(verdict.revenue_micros for verdict in verdicts),
        payout=sum(verdict.payout_micros for verdict in verdicts),
        is_held=place.is_held,
    )


def _counted(limit: Limit, scope: ScopedLimits, places: Sequence[Became]) -> int:
    """What counts against the limit since its window began, until the window that this one ends in is over."""
    since = scope.start_of(limit.window)
    length_ms = {"hour": 3_600_000, "day": 86_400_000}.get(limit.window)
    until = None if length_ms is None else since + length_ms  # no clock changes in that week
    some = [each for each in places if each.made_at >= since and (until is None or each.made_at < until)]
    if limit.what == "concurrent":
        held = [each.call for each in places if each.is_held]
        return len(held) if scope.kind == "buyer" else len(set(held))
    if limit.what == "spend":
        is_paid = scope.kind in ("payout", "publisher")
        return sum(each.payout if is_paid else each.revenue for each in some)
    if scope.kind == "payout":
        return len({each.call for each in some if each.payout})
    counts: Mapping[str, Callable[[Became], bool]] = {
        "calls": lambda each: each.is_call,
        "connected": lambda each: each.is_connected,
        "billed": lambda each: each.revenue > 0,
    }
    counting = [each.call for each in some if counts[limit.what](each)]
    return len(counting) if scope.kind == "buyer" else len(set(counting))


TestManyCalls: Callable[[], object] = ManyCalls.TestCase
TestManyCalls.settings = hunting(8, stateful_step_count=8)  # type: ignore[attr-defined]
