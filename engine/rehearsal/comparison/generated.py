"""Calls that nobody made: the same people, played through each of several revisions in the virtual world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.core.answers import AnswerType
from engine.core.call import Call
from engine.core.commands import Dial, Record
from engine.core.events import CallArrived, Contact
from engine.core.facts import Leg, Verdict
from engine.core.records import changed
from engine.exchange.bids import floor_of
from engine.exchange.panels import panel_of
from engine.exchange.terms import TrackedNumber
from engine.language.revisions import Published
from engine.language.stories.outside import (
    KNOWS_NOTHING,
    REPLIES_NO_MORE,
    BidPlan,
    LookupPlan,
    ModelPlan,
)
from engine.language.stories.story import BuyerPlan, CallerAct, PressKeys
from engine.nodes.node_type import NodeType
from engine.rehearsal.comparison.cases import cases_of
from engine.rehearsal.comparison.money_moved import MoneyMoved, Outcome
from engine.rehearsal.comparison.occasions import Occasions, edges_of, numbers_of, spans_of
from engine.rehearsal.comparison.people import Person
from engine.rehearsal.comparison.reach import codes_taken
from engine.rehearsal.comparison.renames import NOBODY_RENAMED, Renames, renames_of
from engine.rehearsal.comparison.trade import CallsPlaces, Trade
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld
from engine.understanding.choice import Choice, ChoiceOption

PATIENCE = 25  # questions that a caller answers before giving up
YES_KEY = "1"  # at a read-back
USUAL_BID_MICROS = 30_000_000  # where neither a floor nor another buyer's price says more


def generated_money(old: Published, new: Published, count: int, seed: int) -> MoneyMoved:
    """`count` callers who dial the numbers of both networks in turn, through both; the same seed, the same.

    They come from wherever and call whenever the terms of either turn (`Occasions`), by day most of all.
    Some withhold their number, call again, had a buyer before, or hang up at a question. They key right
    answers, and publishers send along what they may. Caps fill up as they would. A lookup finds something
    two times in three. Raises ValueError where one cannot be published.
    """
    before, after = _Side(old), _Side(new)
    renames = renames_of(before.network, after.network)
    around = {**after.usual_bids(NOBODY_RENAMED), **before.usual_bids(renames)}
    occasions = _occasions(before, after)
    people = [Person(seed, number, occasions) for number in range(count)]
    tracked = list(dict.fromkeys((*before.network.numbers, *after.network.numbers)))
    moved = MoneyMoved(calls=count, currencies=(before.network.currency, after.network.currency))
    for person in sorted(people, key=lambda one: one.started_at):
        number = tracked[person.caller % len(tracked)] if tracked else ""
        had = before.had_before(person, number)
        had_renamed = [
            changed(each, buyer=renames.buyer(each.buyer), campaign=renames.campaign(each.campaign))
            for each in had
        ]
        moved.add(
            before.outcome(person, number, had, around, renames),
            after.outcome(person, number, had_renamed, around, NOBODY_RENAMED),
        )
    return moved


def _occasions(before: _Side, after: _Side) -> Occasions:
    networks = (before.network, after.network)
    flows = [flow for side in (before, after) for flow in side.revision.flows.values()]
    areas = {tuple(area): area for side in (before, after) for area in side.areas()}
    return Occasions(
        zone=after.network.almanac.zone(after.network.zone),
        wanted_codes=sorted(before.wanted_codes() | after.wanted_codes()),
        areas=[areas[key] for key in sorted(areas)],
        edges=edges_of(networks, flows),
        numbers=numbers_of(networks),
        spans=spans_of(networks),
    )


class _Side:
    """One revision with the trade that it has had."""

    def __init__(self, published: Published) -> None:
        if published.revision is None or published.network is None:
            raise ValueError("the network has errors; fix them before generating calls")
        self.revision = published.revision
        self.network = published.network
        self.trade = Trade(published.network)
        self._had: dict[str, list[Contact]] = {}  # by the caller's number
        self._called: dict[str, list[int]] = {}
        self._cases = {
            key: cases_of((panel_of(self.network, key),), self.revision.flows[campaign.flow].answers)
            for key, campaign in self.network.campaigns.items()
        }

    def wanted_codes(self) -> frozenset[str]:
        """Where callers come from whom some buyer of some campaign takes."""
        codes: frozenset[str] = frozenset()
        for key, cases in self._cases.items():
            codes |= codes_taken(panel_of(self.network, key), cases)
        return codes

    def areas(self) -> Iterator[Sequence[str]]:
        """The ZIP codes that the clauses of some campaign tell apart."""
        for cases in self._cases.values():
            yield from {id(case.codes): case.codes for case in cases if case.codes}.values()

    def usual_bids(self, renames: Renames) -> Mapping[str, int]:
        """Bidder → its floor, else its campaign's, else what others of the campaign pay on average."""
        usual: dict[str, int] = {}
        for campaign in self.network.campaigns.values():
            buyers = [self.network.buyers[key] for key in campaign.buyers]
            prices = [buyer.price_micros for buyer in buyers if buyer.bid is None]
            mean = sum(prices) // len(prices) if prices else USUAL_BID_MICROS
            for buyer in buyers:
                if buyer.bid is not None:
                    usual[renames.buyer(buyer.key)] = floor_of(buyer.bid, campaign.bidding) or mean
        return usual

    def outcome(
        self,
        person: Person,
        number: str,
        had: Sequence[Contact],
        around: Mapping[str, int],
        names: Renames,
    ) -> Outcome:
        """The person's call, under the names that both revisions share; `had` is what was before the week."""
        tracked = self.network.numbers.get(number)
        if tracked is None:
            return Outcome(None, {}, 0)
        acting = _Acting(person, around, names)
        arrived = self._arrived(person, tracked, had)
        world = VirtualWorld(
            self.revision,
            ScriptedCaller((), acting.next_act),
            acting.plan,
            CallsPlaces(self.trade, arrived.call),
            outside=acting,
            standings=self.trade.standings(tracked.campaign),
        )
        acting.world = world
        world.run(arrived)
        verdicts = [
            each.fact
            for each in world.commands
            if isinstance(each, Record) and isinstance(each.fact, Verdict)
        ]
        legs = world.call.legs.values()
        self.trade.settle(arrived.call, arrived.started_at, legs, verdicts)
        self._remember(arrived, legs, verdicts)
        joined = [leg.buyer for leg in legs if leg.buyer is not None and leg.bridged_at is not None]
        shared = [changed(verdict, buyer=names.buyer(verdict.buyer)) for verdict in verdicts]
        return Outcome.of(names.buyer(joined[-1]) if joined else None, shared)

    def had_before(self, person: Person, number: str) -> Sequence[Contact]:
        """What buyers of the dialled campaign had of the caller before the week."""
        tracked = self.network.numbers.get(number)
        if tracked is None:
            return ()
        return person.contacts(tracked.campaign, self.network.campaigns[tracked.campaign].buyers)

    def _arrived(self, person: Person, tracked: TrackedNumber, had: Sequence[Contact]) -> CallArrived:
        """The person's call, with what its caller did before and what the publisher sends along."""
        campaign = self.network.campaigns[tracked.campaign]
        caller = person.caller_number
        publisher = self.network.publishers.get(tracked.publisher)
        sent = None if publisher is None else publisher.parameters
        kinds = self.revision.flows[campaign.flow].answers
        parameters = {
            parameter: text
            for parameter, answer in (sent.answers if sent else {}).items()
            if answer in kinds and (text := person.sends(parameter, answer, kinds[answer])) is not None
        }
        contacts = [*had, *self._had.get(caller, ())]
        return person.arrived(tracked.number, contacts, self._called.get(caller, ()), parameters)

    def _remember(self, arrived: CallArrived, legs: Iterable[Leg], verdicts: Sequence[Verdict]) -> None:
        """What later calls of the same caller are held against."""
        billed = {verdict.buyer: verdict for verdict in verdicts}
        self._called.setdefault(arrived.caller_number, []).append(arrived.started_at)
        for leg in legs:
            if leg.buyer is None or leg.bridged_at is None:
                continue
            verdict = billed.get(leg.buyer)
            had = Contact(
                leg.buyer,
                arrived.started_at,
                billed=verdict is not None and verdict.revenue_micros > 0,
                campaign=leg.campaign,
                paid=verdict is not None and verdict.payout_micros > 0,
            )
            self._had.setdefault(arrived.caller_number, []).append(had)


class _Acting:
    """The person in one call: the caller, the buyers, and who is asked over HTTP."""

    def __init__(self, person: Person, around: Mapping[str, int], names: Renames) -> None:
        self._person = person
        self._around = around
        self._names = names
        self._asked = 0
        self.world: VirtualWorld | None = None

    def next_act(self, listens: bool) -> CallerAct | None:
        assert self.world is not None
        call = self.world.call
        asking = call.asking
        if asking is None:
            return None  # a message: nothing to say
        self._asked += 1
        asks, kinds = self._question(call)
        if self._asked > PATIENCE or self._person.gives_up_at(asks):
            self.world.hangs_up()
            return None
        if call.read_back:
            return PressKeys(YES_KEY)
        if asks in kinds:
            return PressKeys(self._person.keys(asks, kinds[asks]))
        first_keys = sorted(asking.listening.keypad.first_keys - {"*", "#"}) or ["1"]
        return PressKeys(self._person.prefers(asks, first_keys))

    def _question(self, call: Call) -> tuple[str, Mapping[str, AnswerType]]:
        """What the node asks for: an answer, or, where keys choose its exits, its own name."""
        placed = call.flow.nodes.get(call.node)
        node = None if placed is None else placed.node
        if isinstance(node, NodeType) and node.keys:
            choice = Choice({name: ChoiceOption(key) for name, key in node.keys.items()})
            return call.node, {call.node: choice}
        asks = node.asks if isinstance(node, NodeType) else ()
        open_ = [name for name in asks if name not in call.answers] or list(asks)
        return (open_[0] if open_ else call.node), call.flow.answers

    def plan(self, dial: Dial) -> BuyerPlan:
        return self._person.behaviour(self._names.buyer(dial.buyer or ""), dial)

    def bid(self, buyer: str) -> BidPlan:
        return self._person.bid(self._names.buyer(buyer), self._around)

    def lookup(self, node: str) -> LookupPlan:
        assert self.world is not None
        placed = self.world.call.flow.nodes.get(node)
        finds = placed.node.finds if placed is not None and isinstance(placed.node, NodeType) else ()
        if not finds or not self._person.is_found_at(node):
            return KNOWS_NOTHING
        kinds = self.world.call.flow.answers
        known = {name: self._person.answer(name, kinds[name]) for name in finds}
        return LookupPlan("found", known)

    def model(self, node: str, number: int) -> ModelPlan:
        """What a model would say, nobody can draw: the flow is walked as without it."""
        return REPLIES_NO_MORE
