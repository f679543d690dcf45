"""One call that happened, as another revision would have had it: whom it would have chosen, who would owe.

The call's journal is fed to its own revision. Wherever that chose, the other is asked with the answers and
the time of that moment, and with whom it would have tried before. Who was called in this call behaves as it
did, whenever the other would have called it; who was not, as the one in whose place it is: answers as soon,
talks as long.

Reservations: whom a cap, a pause or its own word kept from the call stays kept from it, unless that very
cap has moved; who had the call has it again, unless a cap or its price has moved, or it had more calls since.
Otherwise the caps count over the calls looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.call import Call
from engine.core.commands import Reserve
from engine.core.facts import Candidate, Decision, Leg, Verdict
from engine.core.flow import Revision
from engine.core.machine import CallMachine
from engine.core.moments import CallMoment
from engine.core.records import changed
from engine.exchange.caps import CapFull
from engine.exchange.limits import limits_of
from engine.exchange.market import NetworkMarket
from engine.exchange.terms import Network
from engine.rehearsal.comparison.renames import Renames, renames_of
from engine.rehearsal.comparison.trade import CallsPlaces, Trade


def network_of(revision: Revision) -> Network:
    """What the revision sells and to whom."""
    assert isinstance(revision.market, NetworkMarket), "a published revision has no other"
    return revision.market.network


@dataclass(slots=True)
class Elsewhere:
    """The other revision, and the trade that it would have had so far."""

    other: Revision
    trade: Trade
    gained: set[str] = field(default_factory=set)  # who had calls that went elsewhere before
    _renames: dict[str, Renames] = field(default_factory=dict)  # by the own revision's name

    @classmethod
    def of(cls, other: Revision) -> Elsewhere:
        return cls(other, Trade(network_of(other)))

    def call(self, machine: CallMachine, own: Revision) -> CallElsewhere:
        """`machine` walks the call's own revision."""
        network = network_of(own)
        if own.id not in self._renames:
            self._renames[own.id] = renames_of(network, self.trade.network)
        return CallElsewhere(self, machine, network, self._renames[own.id])


@dataclass(slots=True)
class CallElsewhere:
    """The choices of one call, made again."""

    elsewhere: Elsewhere
    machine: CallMachine
    own: Network
    renames: Renames
    chosen: dict[str, Candidate | None] = field(default_factory=dict)  # by the buyer who was chosen
    unasked: tuple[str, ...] = ()  # who wants an answer that this call was never asked for
    _tried: set[str] = field(default_factory=set)
    _unpaid: dict[str, str] = field(default_factory=dict)
    _places: CallsPlaces | None = None

    def choose(self, was: Decision) -> Sequence[Candidate]:
        """Whom the other would have chosen for this decision; nobody where it has no such campaign."""
        winners = was.together or ((was.chosen,) if was.chosen else ())
        wanted = 0 if was.limit else max(1, len(winners))
        won = {self.renames.buyer(winner): winner for winner in winners}
        would = self._chosen(was, wanted, won)
        self.elsewhere.gained.update(each.buyer for each in would if each.buyer not in won)
        for place, winner in enumerate(winners):
            self.chosen[winner] = would[place] if place < len(would) else None
        self._tried.update(candidate.buyer for candidate in would)
        return would

    def judged(self) -> Sequence[Verdict]:
        """What would be owed, by the other's terms, for the legs as they were."""
        twin = changed(self._twin(), legs=self._legs(), unpaid=self._unpaid)
        return self.elsewhere.other.market.judge(twin)

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """The call is over: it leaves what it took to the trade."""
        started_at = self._call.arrived.started_at
        self.elsewhere.trade.settle(self._name, started_at, self._legs().values(), verdicts)

    @property
    def joined(self) -> str | None:
        """Whom the caller would have talked to in the end."""
        legs = reversed(self._legs().values())
        return next((leg.buyer for leg in legs if leg.buyer and leg.bridged_at is not None), None)

    @property
    def _call(self) -> Call:
        assert self.machine.call is not None, "the call has arrived"
        return self.machine.call

    @property
    def _name(self) -> str:
        return self._call.arrived.call

    def _chosen(self, was: Decision, wanted: int, won: Mapping[str, str]) -> Sequence[Candidate]:
        campaign = self.renames.campaign(was.campaign)
        if not wanted or campaign not in self.elsewhere.trade.network.campaigns:
            return ()
        twin, market = self._twin(), self.elsewhere.other.market
        if not twin.standings and market.wants_survey(campaign):
            standings = {each.buyer: each for each in self.elsewhere.trade.standings(campaign)}
            twin = changed(twin, standings=standings)
        decision = market.choose(twin, campaign)
        kept_from = self._kept_from(was)
        chosen: list[Candidate] = []
        looked_at = 0
        while len(chosen) < wanted and looked_at < len(decision.candidates):
            for candidate in _ranked(decision.candidates[looked_at:]):
                if len(chosen) == wanted:
                    break
                code = kept_from.get(candidate.buyer)
                if code is not None and not self._has_moved(code, candidate.buyer, campaign):
                    continue
                if self._takes(candidate, campaign, won.get(candidate.buyer)):
                    chosen.append(candidate)
            looked_at = len(decision.candidates)
            if len(chosen) < wanted:
                decision = market.choose_more(twin, decision)
        if not chosen:
            self._note_unasked(was, decision)
        return chosen

    def _takes(self, candidate: Candidate, campaign: str, won: str | None) -> bool:
        """Whether a place is to be had; `won` is the own name of a buyer that had one."""
        if self._places is None:
            self._places = CallsPlaces(self.elsewhere.trade, self._name)
        buyer, twin = candidate.buyer, self._twin()
        terms = self.elsewhere.other.market.place_terms(twin, buyer, campaign)
        wanted = Reserve(buyer, buyer, campaign, candidate.price_micros or 0, terms)
        publisher = twin.publisher
        instant_ms = self._call.arrived.started_at + self._call.at
        if won is not None and self._stands(won, candidate.buyer, campaign):
            self._places.take(wanted, publisher, instant_ms)
            if won in self._call.unpaid:
                self._unpaid[candidate.buyer] = self._call.unpaid[won]
            return True
        taken = self._places.reserve(wanted, publisher, instant_ms)
        if isinstance(taken, CapFull):
            return False
        if taken.unpaid:
            self._unpaid[candidate.buyer] = taken.unpaid
        return True

    def _stands(self, won: str, buyer: str, campaign: str) -> bool:
        """Whether nothing has moved that the buyer's place hung on."""
        if buyer in self.elsewhere.gained or won not in self.own.buyers:
            return False
        price_micros = self.elsewhere.trade.network.buyers[buyer].price_micros
        if self.own.buyers[won].price_micros != price_micros:
            return False
        kinds = ("", "campaign_", "publisher_", "payout_")
        return not any(self._has_moved(f"{kind}cap_", buyer, campaign) for kind in kinds)

    def _kept_from(self, was: Decision) -> Mapping[str, str]:
        """Who came as far as a reservation and was refused there, by which code."""
        return {
            self.renames.buyer(each.buyer): each.code
            for each in was.candidates
            if each.rank is not None and not each.eligible
        }

    def _has_moved(self, code: str, buyer: str, campaign: str) -> bool:
        """Whether the limit behind this refusal is another one in the other network."""
        if "cap_" not in code:
            return False
        kind = code.partition("cap_")[0].rstrip("_") or "buyer"
        was_buyer, was_campaign = _old(self.renames.buyers, buyer), _old(self.renames.campaigns, campaign)
        was_publisher = self._call.publisher
        if was_buyer not in self.own.buyers:
            return True
        sides = (
            (self.own, was_buyer, was_campaign, was_publisher),
            (self.elsewhere.trade.network, buyer, campaign, self.renames.publisher(was_publisher)),
        )
        limits = [
            [scope.limits for scope in limits_of(*side, self._call.arrived.started_at) if scope.kind == kind]
            for side in sides
        ]
        return limits[0] != limits[1]

    def _note_unasked(self, was: Decision, would: Decision) -> None:
        knew = {self.renames.buyer(each.buyer) for each in was.candidates if each.code != "terms_unknown"}
        self.unasked += tuple(
            each.buyer for each in would.candidates if each.code == "terms_unknown" and each.buyer in knew
        )

    def _legs(self) -> dict[str, Leg]:
        """The legs that there would have been, in order: none after the talk that ended the choosing."""
        legs = {name: leg for name, leg in self._call.legs.items() if leg.buyer is None}
        would = {each.buyer: each for each in self.chosen.values() if each is not None}
        own = {
            self.renames.buyer(leg.buyer): leg for leg in self._call.legs.values() if leg.buyer is not None
        }
        last_talk = next((leg for leg in reversed(own.values()) if leg.bridged_at is not None), None)
        free = [leg for buyer, leg in own.items() if buyer not in would]
        for buyer, candidate in would.items():
            leg = own.get(buyer) or (free.pop(0) if free else None)
            if leg is None:
                continue
            price_micros = candidate.price_micros or 0
            campaign = self.renames.campaign(leg.campaign)
            legs[leg.leg] = changed(leg, buyer=buyer, price_micros=price_micros, campaign=campaign)
            if leg is last_talk:
                break
        return legs

    def _twin(self) -> CallMoment:
        """The call as the other revision would know it now."""
        call, renames = self._call.moment, self.renames
        contacts = tuple(
            changed(each, buyer=renames.buyer(each.buyer), campaign=renames.campaign(each.campaign))
            for each in call.arrived.contacts
        )
        return changed(
            call,
            arrived=changed(call.arrived, contacts=contacts),
            campaign=renames.campaign(call.campaign),
            publisher=renames.publisher(call.publisher),
            tried=frozenset(self._tried),
            bids={
                renames.buyer(key): changed(bid, buyer=renames.buyer(key)) for key, bid in call.bids.items()
            },
            standings={
                renames.buyer(key): changed(each, buyer=renames.buyer(key))
                for key, each in call.standings.items()
            },
        )


def _ranked(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    takers = [each for each in candidates if each.rank is not None and each.eligible]
    return sorted(takers, key=lambda candidate: candidate.rank or 0)


def _old(renames: Mapping[str, str], name: str) -> str:
    return next((was for was, now in renames.items() if now == name), name)
