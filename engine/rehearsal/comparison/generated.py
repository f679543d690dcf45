"""Calls that nobody made: the same people, played through each of several revisions in the virtual world."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.answers import AnswerType
from engine.core.call import Call
from engine.core.commands import Dial, Record
from engine.core.events import CallArrived
from engine.core.facts import Verdict
from engine.core.records import changed
from engine.exchange.bids import floor_of
from engine.exchange.panels import panel_of
from engine.language.revisions import Published
from engine.language.stories.outside import KNOWS_NOTHING, BidPlan, LookupPlan
from engine.language.stories.story import BuyerPlan, CallerAct, PressKeys
from engine.nodes.node_type import NodeType
from engine.rehearsal.comparison.cases import cases_of
from engine.rehearsal.comparison.money_moved import MoneyMoved, Outcome
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
    """`count` callers who dial the old network's numbers in turn, through both; the same seed, the same.

    Over a week, four in five from a ZIP code that some buyer of either takes. They key right answers, some
    hang up at a question, some had a buyer before. Caps fill up as they would. A lookup finds something two
    times in three. Raises ValueError where one cannot be published.
    """
    before, after = _Side(old), _Side(new)
    renames = renames_of(before.network, after.network)
    codes = sorted(before.wanted_codes() | after.wanted_codes())
    around = {**after.usual_bids(NOBODY_RENAMED), **before.usual_bids(renames)}
    people = sorted((Person(seed, number, codes) for number in range(count)), key=lambda one: one.started_at)
    tracked = list(before.network.numbers)
    moved = MoneyMoved(calls=count)
    for person in people:
        number = tracked[person.number % len(tracked)]
        campaign = before.network.campaigns[before.network.numbers[number].campaign]
        had = person.contacts(campaign.key, campaign.buyers)
        had_renamed = [
            changed(each, buyer=renames.buyer(each.buyer), campaign=renames.campaign(each.campaign))
            for each in had
        ]
        moved.add(
            before.outcome(person, person.arrived(number, had), around, renames),
            after.outcome(person, person.arrived(number, had_renamed), around, NOBODY_RENAMED),
        )
    return moved


class _Side:
    """One revision with the trade that it has had."""

    def __init__(self, published: Published) -> None:
        if published.revision is None or published.network is None:
            raise ValueError("the network has errors; fix them before generating calls")
        self.revision = published.revision
        self.network = published.network
        self.trade = Trade(published.network)

    def wanted_codes(self) -> frozenset[str]:
        """Where callers come from whom some buyer of some campaign takes."""
        codes: frozenset[str] = frozenset()
        for campaign in self.network.campaigns.values():
            panel = panel_of(self.network, campaign.key)
            codes |= codes_taken(panel, cases_of((panel,), self.revision.flows[campaign.flow].answers))
        return codes

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
        self, person: Person, arrived: CallArrived, around: Mapping[str, int], names: Renames
    ) -> Outcome:
        """The person's call, under the names that both revisions share."""
        acting = _Acting(person, around, names)
        tracked = self.network.numbers.get(arrived.called_number)
        world = VirtualWorld(
            self.revision,
            ScriptedCaller((), acting.next_act),
            acting.plan,
            CallsPlaces(self.trade, arrived.call),
            outside=acting,
            standings=() if tracked is None else self.trade.standings(tracked.campaign),
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
        joined = [leg.buyer for leg in legs if leg.buyer is not None and leg.bridged_at is not None]
        shared = [changed(verdict, buyer=names.buyer(verdict.buyer)) for verdict in verdicts]
        return Outcome.of(names.buyer(joined[-1]) if joined else None, shared)


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
