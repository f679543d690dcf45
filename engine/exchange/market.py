"""The exchange as a call sees it: one network, made ready once and asked by every call.

Pure: the same moment of a call gives the same answer. The machine's `Market` (engine.core.market).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from types import MappingProxyType

from engine.core.answers import ValueType
from engine.core.commands import Bidder, BillClaim
from engine.core.conditions import Details, Value, clause_of_kind
from engine.core.facts import Candidate, Decision, Leg, Verdict
from engine.core.limits import PlaceTerms
from engine.core.market import NumberEntry, Telling
from engine.core.moments import CallMoment
from engine.core.records import changed
from engine.exchange import choosing
from engine.exchange.bidders import bidder, bidders
from engine.exchange.caps import Caps
from engine.exchange.hours import WEEKDAYS, Schedule, local_time
from engine.exchange.limits import place_terms
from engine.exchange.needs import INTERVIEW_MS, needed_answers
from engine.exchange.panels import Panel, schedules_of
from engine.exchange.ranking import NEEDS_STANDINGS
from engine.exchange.telling import telling
from engine.exchange.terms import Network
from engine.exchange.verdict import claims_of, find, judge_call

# What expressions may read of the call. Date, time, hour and weekday are told in the network's zone, at
# the moment of the call's arrival. `call.from` is unknown where the caller withheld the number.
CALL_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType(
    {
        "call.from": "string",
        "call.to": "string",
        "call.publisher": "string",
        "call.campaign": "string",
        "call.hour": "int",
        "call.weekday": "string",  # mon … sun
        "call.date": "string",  # 2026-11-22
        "call.time": "string",  # 09:05
    }
)

CONFIRM_TIMEOUT_MS = 1_500  # where the buyer's terms say nothing


class NetworkMarket:
    """A network's buyers, publishers and numbers, answering calls."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._zone = network.almanac.zone(network.zone)
        self._writes_all = False
        terms = [buyer.billable for buyer in network.buyers.values()]
        terms += [sold.payout for sold in network.campaigns.values() if sold.payout is not None]
        self._owes_once = any(each.duplicates is not None for each in terms)
        self._schedules = {
            name: Schedule(hours, network.almanac) for name, hours in network.schedules.items()
        }
        schedules = schedules_of(network)
        self._panels: Mapping[str, Panel] = {
            key: Panel(campaign, network, schedules) for key, campaign in network.campaigns.items()
        }

    def entry(self, called_number: str) -> NumberEntry | None:
        """Whose calls the number's are; None where it is none of the network's."""
        number = self.network.numbers.get(called_number)
        if number is None:
            return None
        campaign = self.network.campaigns[number.campaign]
        publisher = self.network.publishers.get(number.publisher)
        sent = None if publisher is None else publisher.parameters
        answers = {} if sent is None else sent.answers
        language = number.language or ("" if publisher is None else publisher.language)
        return NumberEntry(
            number.campaign, number.publisher, campaign.flow, campaign.recording, answers, language
        )

    def values(self, call: CallMoment) -> Mapping[str, Value]:
        """The names of CALL_VALUE_TYPES, without those that are not known."""
        local = local_time(call.arrived.started_at + call.arrived.at, self._zone)
        values: dict[str, Value] = {
            "call.hour": local.hour,
            "call.weekday": WEEKDAYS[local.weekday()],
            "call.date": local.date().isoformat(),
            "call.time": local.time().isoformat("minutes"),
        }
        named = {
            "call.from": call.arrived.caller_number,
            "call.to": call.arrived.called_number,
            "call.publisher": call.publisher,
            "call.campaign": call.campaign,
        }
        values.update({name: text for name, text in named.items() if text})
        return values

    def choose(self, call: CallMoment, campaign: str) -> Decision:
        """The campaign's buyers, the eligible ones ranked from 1; of many only the first are written."""
        return choosing.choose(call, self._panels[campaign], in_full=self._writes_all)

    def choose_more(self, call: CallMoment, decision: Decision) -> Decision:
        """The decision with the next of its ranking written too; itself where nobody is left."""
        return choosing.choose_more(call, self._panels[decision.campaign], decision)

    def bidders(self, call: CallMoment, campaign: str) -> tuple[Bidder, ...]:
        """Who of the eligible is to be asked for its price before the choice."""
        panel = self._panels[campaign]
        if not panel.bidders:
            return ()
        return bidders(call, choosing.moment_of(call, panel, call.at), self.bid_deadline_ms(campaign))

    def bid_deadline_ms(self, campaign: str) -> int:
        return self.network.campaigns[campaign].bidding.deadline_ms

    def confirmer(self, call: CallMoment, buyer: str) -> Bidder | None:
        """Where to tell the buyer that its bid won; None where it need not be told."""
        terms = self.network.buyers[buyer].bid
        if terms is None or terms.confirm is None:
            return None
        return bidder(call, buyer, terms, terms.confirm, CONFIRM_TIMEOUT_MS)

    def releaser(self, call: CallMoment, buyer: str) -> Bidder | None:
        """Where to tell the buyer that the call it was promised does not come; None where nowhere."""
        terms = self.network.buyers[buyer].bid
        if terms is None or terms.release is None:
            return None
        told = bidder(call, buyer, terms, terms.release, CONFIRM_TIMEOUT_MS)
        return changed(told, answers={})  # it has them from the confirmation

    def in_full(self) -> NetworkMarket:
        """The same market, whose decisions write every buyer."""
        whole = copy(self)
        whole._writes_all = True
        return whole

    def wants_survey(self, campaign: str) -> bool:
        """Whether the campaign's order depends on what its buyers did lately."""
        return self.network.campaigns[campaign].strategy in NEEDS_STANDINGS

    def needed(self, call: CallMoment, campaign: str) -> tuple[str, ...]:
        """The answers that still decide who takes the call and what is paid, the most valuable first."""
        panel = self._panels[campaign]
        later = choosing.moment_of(call, panel, call.at + INTERVIEW_MS)
        return needed_answers(call, choosing.moment_of(call, panel, call.at), later)

    @property
    def velocity_ms(self) -> int:
        """How far back a caller's calls are counted; 0 where nobody counts them."""
        callers = self.network.callers
        return 0 if callers is None or callers.velocity is None else callers.velocity.within_ms

    def schedule(self, name: str) -> Schedule:
        """The hours that the network names so; KeyError where there are none."""
        return self._schedules[name]

    def refuse(self, candidate: Candidate, code: str, details: Details) -> Candidate:
        """The candidate after a cap or a pause refused it. It keeps its rank: that is how far it came."""
        buyer = self.network.buyers[candidate.buyer]
        kind, of_clause = _refusing_clause(code, buyer.caps)
        clause = clause_of_kind(kind, buyer.place, False, {}, details=of_clause)
        clauses = (*candidate.clauses, clause)
        return changed(candidate, eligible=False, code=code, details=details, clauses=clauses)

    def number_of(self, buyer: str) -> str:
        return self.network.buyers[buyer].to

    def detects_machines(self, buyer: str | None) -> bool:
        own = None if buyer is None else self.network.buyers[buyer].machine_detection
        return self.network.machine_detection if own is None else own

    def carrier_of(self, call: CallMoment, buyer: str) -> tuple[str, str]:
        """The buyer's, where it is another than the caller's, and the network's first number there."""
        carrier = self.network.buyers[buyer].carrier
        if carrier in ("", call.arrived.carrier):
            return "", ""
        numbers = self.network.numbers
        return carrier, next((number for number, own in numbers.items() if own.carrier == carrier), "")

    def language_of(self, buyer: str) -> str:
        return self.network.buyers[buyer].language

    def telling(self, call: CallMoment, buyer: str) -> Telling | None:
        """What the buyer is told of this call as it is called; None where nothing."""
        terms = self.network.buyers[buyer].tell
        return None if terms is None else telling(call, terms)

    def is_too_short(self, call: CallMoment, leg: Leg) -> bool:
        """Whether the leg ended before the duration that its buyer pays for."""
        return find(call, leg, self.network.buyers[leg.buyer or ""].billable).reason == "below_duration"

    def claims(self, call: CallMoment) -> tuple[BillClaim, ...]:
        """What must be claimed before the ended call is judged; () once nothing more must."""
        return claims_of(call, self.network) if self._owes_once or call.is_in_parts else ()

    def judge(self, call: CallMoment) -> Sequence[Verdict]:
        """A verdict for each leg to a buyer that was answered."""
        return judge_call(call, self.network)

    def place_terms(self, call: CallMoment, buyer: str, campaign: str) -> PlaceTerms:
        """The caps that a place with the buyer has to pass now, its payout, and refused duplicates."""
        instant_ms = call.arrived.started_at + call.at
        return place_terms(self.network, buyer, campaign, call.publisher, instant_ms)


_REFUSING_KINDS = {
    "paused": "not_paused",
    "duplicate": "no_call_beside",
    "bid_expired": "bid_good",
    "bid_unconfirmed": "bid_confirmed",
}


def _refusing_clause(code: str, caps: Caps) -> tuple[str, Details]:
    """The kind of the clause by which it refuses, and its details: its own cap, or whose caps."""
    if code in _REFUSING_KINDS:
        return _REFUSING_KINDS[code], {}
    scope, is_anothers, _ = code.partition("_cap_")
    if is_anothers:
        return "caps_of", {"scope": scope}
    for limit in caps.limits():
        if limit.code == code:
            return "cap", {"cap": limit.name, "most": limit.most}
    return "cap", {"cap": code.removeprefix("cap_")}
