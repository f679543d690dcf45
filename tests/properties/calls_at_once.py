"""Calls that go on at once, each kept by a worker's store: who calls, who answers, what is reserved and claimed."""

from __future__ import annotations

import heapq
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from engine.core.commands import BillClaim, Command, Record, Release, Reserve
from engine.core.events import CallArrived, Event
from engine.core.facts import Verdict
from engine.core.machine import CallMachine
from engine.exchange.caps import CapFull
from engine.exchange.terms import Network
from engine.language.revisions import Published
from engine.language.stories.outside import BidPlan, Outside
from engine.language.stories.story import BuyerPlan
from engine.rehearsal.bookings import Booked, Bookings
from engine.rehearsal.virtual_world import VirtualWorld
from engine.store import Refused, ReservationRequest, Store
from engine.store.ledger.entries import Kind
from engine.store.tables.same_caller import Seeker
from tests.properties.random_networks import CALLERS, NUMBERS, TALKERS
from tests.properties.test_the_shortest_interview import Caller

T = TypeVar("T")
LEASE_MS = 90_000
CALLING = ("+15125550123", "+15125550124", "+15125550125", "+15125550126")
Bill = tuple[str, Kind]  # the buyer, and which side of it


@dataclass(frozen=True)
class Group:
    """Callers who come at the same time, say the same and meet the same buyers."""

    number: str
    callers: Sequence[str]  # in turn; "" withholds the number
    answers: Mapping[str, str]
    plans: Mapping[str, BuyerPlan]
    bids: Mapping[str, BidPlan]
    at_once: int
    then_ms: int
    seed: int


WANTED = {"zip": "78701", "need": "1", "insured": "1", "roofs": "3#"}  # which all the NARROW terms want
TAKERS = st.builds(  # most of whom take the call and talk long enough
    BuyerPlan,
    outcome=st.sampled_from((*("answers",) * 14, "busy", "noanswer", "fails", "rejects")),
    talks_ms=st.sampled_from(
        (*(120_000, 240_000) * 3, 30_000, 30_000, 90_000, 89_001, 60_000, 59_999, 5_000)
    ),
)
BIDS = st.builds(
    BidPlan,
    outcome=st.sampled_from((*("bid",) * 6, "no_bid", "late", "malformed", "failed")),
    amount_micros=st.sampled_from((12_000_000, 31_500_001, 12_000_000, 31_500_001, 4_999_999)),
    confirms=st.sampled_from((*(True,) * 5, False)),
    expires_ms=st.sampled_from((None, None, None, 60_000, 1)),
)
GROUPS = st.builds(
    Group,
    number=st.sampled_from(sorted(NUMBERS.values())),
    callers=st.one_of(
        st.sampled_from(CALLING).map(lambda number: (number,)),
        st.just(CALLING),
        st.permutations(CALLING),
        st.just((*CALLING[:2], "")),
    ),
    answers=st.one_of(st.just(WANTED), st.just(WANTED), TALKERS, CALLERS),
    plans=st.fixed_dictionaries({f"b{n}": TAKERS for n in range(3)}),
    bids=st.fixed_dictionaries({f"b{n}": BIDS for n in range(3)}),
    at_once=st.integers(2, 5),
    then_ms=st.sampled_from((0, 30_000, 120_000, 300_000)),
    seed=st.integers(0, 1 << 32),
)


@dataclass
class Place:
    """A place that was granted to a call; `order` is when, among all places."""

    buyer: str
    campaign: str
    made_at: int
    price: int
    payout: int
    order: int
    is_held: bool = True


class Stage(Protocol):
    """Where the calls take place."""

    of: Published

    def do(self, work: Coroutine[object, object, T]) -> T: ...
    def place_taken(self) -> int: ...
    def place_refused(self, call: OneCall, wanted: Reserve, refused: Refused) -> None: ...
    def everything_is_written(self) -> None: ...


class OneCall(VirtualWorld):
    """A call that goes on while others do: its journal is kept by `store`, its places are the store's."""

    def __init__(self, stage: Stage, store: Store, name: str, group: Group) -> None:
        assert stage.of.revision is not None
        assert stage.of.network is not None
        caller = Caller(group.answers)
        super().__init__(
            stage.of.revision,
            caller,
            lambda dial: group.plans[dial.buyer or ""],
            Places(stage.of.network, stage, self),
            watch=self._kept,
            outside=Outside(group.bids),
        )
        caller.world = self
        self.stage, self.store, self.name, self.group = stage, store, name, group
        self.places: dict[str, Place] = {}
        self.owed: dict[Bill, int] = {}  # what must stand
        self.is_corrected: set[Kind] = set()  # by hand: what stands is what somebody wanted
        self.handed_in: list[tuple[int, Sequence[Command]]] = []
        self.is_lost = False  # its worker died, and nobody closed its record yet
        self.lost_at = 0  # in milliseconds since 1970

    @property
    def next_at(self) -> int | None:
        """When something happens next, in milliseconds since 1970."""
        if self.is_lost or self.machine.is_closed or not self._due:
            return None
        return self.call.arrived.started_at + self._due[0][0]

    @property
    def goes_on(self) -> bool:
        return not self.is_lost and not self.machine.is_closed

    def begin(self, arrived: CallArrived) -> None:
        self._happens(arrived)

    def step(self) -> None:
        """Let the next thing happen, if it still holds."""
        at, _, event = heapq.heappop(self._due)
        if self._still_holds(event):
            self.now = max(self.now, at)
            self._happens(event)

    def suffers(self, event: Event) -> None:
        """Something that happens now, from outside."""
        self.now = max(self.now, event.at)
        self._happens(event)

    def facts(self, kind: type[T]) -> Iterator[T]:
        for command in self.commands:
            if isinstance(command, Record) and isinstance(command.fact, kind):
                yield command.fact

    def loses_its_worker(self, now_ms: int) -> None:
        """Nothing more comes of it until somebody closes its record."""
        self.is_lost, self.lost_at = True, now_ms
        for place in self.places.values():
            place.is_held = False  # the line is dead; the store holds it until its lease is over

    def is_closed_by(self, store: Store) -> None:
        """The call as its record tells it now: what was not written never happened."""
        self.store, self.is_lost = store, False
        self.journal = self.stage.do(store.journal(self.name))
        self.machine = CallMachine(self.machine.revision)
        self.commands, self.owed = [], {}
        for entry in self.journal:
            commands = self.machine.receive(entry.event)
            self.commands += commands
            self._owes(commands)
        self.handed_in = []

    def _owes(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, Record) and isinstance(command.fact, Verdict):
                verdict = command.fact
                for kind, owed in _sides(verdict).items():
                    key = (verdict.buyer, kind)
                    self.owed[key] = self.owed.get(key, 0) + owed

    def _kept(self, _: int, commands: Sequence[Command]) -> None:
        seq = len(self.journal) - 1
        self.store.append(self.name, seq, self.journal[-1].event)
        self.store.append_commands(self.name, seq, commands)
        self.handed_in.append((seq, commands))
        self._owes(commands)


def _sides(verdict: Verdict) -> dict[Kind, int]:
    return {"revenue": verdict.revenue_micros, "payout": verdict.payout_micros}


class Places(Bookings):
    """Asks the store for places and claims, as the engine does."""

    def __init__(self, network: Network, stage: Stage, call: OneCall) -> None:
        super().__init__(network)
        self.network, self.stage, self.of = network, stage, call

    def reserve(self, wanted: Reserve, publisher: str, instant_ms: int) -> Booked | CapFull:
        is_all_written = self.of.call.arrived.seed % 2 == 0
        if is_all_written:  # so that it can be told whether a refusal was right
            self.stage.everything_is_written()
        request = self._asks(wanted, publisher, instant_ms)
        answer = self.stage.do(self.of.store.reserve(request))
        if isinstance(answer, Refused):
            if is_all_written:
                self.stage.place_refused(self.of, wanted, answer)
            return CapFull(answer.code, answer.details)
        payout = 0 if answer.unpaid else request.payout_micros
        place = Place(wanted.buyer, wanted.campaign, instant_ms, wanted.price_micros, payout, 0)
        self.of.places[wanted.reservation] = place
        place.order = self.stage.place_taken()
        return Booked(answer.unpaid)

    def _asks(self, wanted: Reserve, publisher: str, instant_ms: int) -> ReservationRequest:
        terms = wanted.terms
        assert terms is not None
        arrived = self.of.call.arrived
        number, started_at = arrived.caller_number, arrived.started_at
        return ReservationRequest(
            wanted.reservation,
            self.of.name,
            wanted.buyer,
            wanted.price_micros,
            instant_ms,
            LEASE_MS,
            wanted.campaign,
            publisher,
            terms.payout_micros,
            terms.scopes,
            Seeker(self.of.name, number, started_at, terms.refuses) if terms.refuses and number else None,
        )

    def release(self, released: Release) -> None:
        if released.reservation in self.of.places:
            self.of.places[released.reservation].is_held = False  # the store settles it with the journal

    def claim(self, claims: Sequence[BillClaim], started_at: int) -> Any:
        return self.stage.do(self.of.store.claim(self.of.name, claims))
