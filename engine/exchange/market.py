"""The exchange as a call sees it: one network, made ready once and asked by every call.

Pure: the same call gives the same answer. The machine's `Market` (engine.core.flow).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from zoneinfo import ZoneInfo

from engine.core.answers import ValueType
from engine.core.call import Call
from engine.core.conditions import ClauseOutcome, Value
from engine.core.facts import Candidate, Decision, Verdict
from engine.core.flow import Entry
from engine.core.money import format_money
from engine.core.records import changed
from engine.exchange.eligibility import Considered, Moment, Panel, consider, latest_contacts, panel_of
from engine.exchange.hours import WEEKDAYS, Schedule, local_time, window_starts
from engine.exchange.ranking import rank
from engine.exchange.terms import Caps, Network
from engine.exchange.verdict import judge_call

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


class NetworkMarket:
    """A network's buyers, publishers and numbers, answering calls."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._zone = ZoneInfo(network.zone)
        schedules = {key: Schedule(buyer.hours) for key, buyer in network.buyers.items() if buyer.hours}
        self._panels: Mapping[str, Panel] = {
            key: panel_of((network.buyers[buyer] for buyer in campaign.buyers), schedules)
            for key, campaign in network.campaigns.items()
        }

    def entry(self, called_number: str) -> Entry | None:
        """Whose calls the number's are; None where it is none of the network's."""
        number = self.network.numbers.get(called_number)
        if number is None:
            return None
        return Entry(number.campaign, number.publisher, self.network.campaigns[number.campaign].flow)

    def values(self, call: Call) -> Mapping[str, Value]:
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

    def choose(self, call: Call, campaign: str) -> Decision:
        """Every buyer of the campaign, in its order; the eligible ones ranked from 1."""
        panel = self._panels[campaign]
        moment = Moment(
            panel=panel,
            evaluator=call.evaluator,
            instant_ms=call.arrived.started_at + call.at,
            started_ms=call.arrived.started_at,
            caller_is_known=bool(call.arrived.caller_number),
            contacts=latest_contacts(call.arrived.contacts),
            tried=call.tried,
        )
        considered = [consider(prospect, moment) for prospect in panel.prospects]
        ranked = rank((each.runner for each in considered if each.runner is not None), call.arrived.seed)
        ranks = {runner.buyer: place for place, runner in enumerate(ranked, start=1)}
        candidates = tuple([_candidate(each, ranks) for each in considered])
        return Decision(call.at, call.node, campaign, None, candidates)

    def refuse(self, candidate: Candidate, code: str, sentence: str) -> Candidate:
        """The candidate after a cap refused it. It keeps its rank: that is how far it came."""
        buyer = self.network.buyers[candidate.buyer]
        clause = ClauseOutcome(_cap_text(code, buyer.caps), buyer.place, False, {}, ())
        return changed(
            candidate, eligible=False, code=code, sentence=sentence, clauses=(*candidate.clauses, clause)
        )

    def number_of(self, buyer: str) -> str:
        return self.network.buyers[buyer].to

    def judge(self, call: Call) -> Sequence[Verdict]:
        """A verdict for each leg to a buyer that was answered."""
        return judge_call(call, self.network)

    def caps_of(self, buyer: str) -> Caps:
        return self.network.buyers[buyer].caps

    def cap_window_starts(self, buyer: str, instant_ms: int) -> tuple[int, int, int]:
        """When the buyer's hour, day and month began: in the zone of its hours, else in the network's."""
        hours = self.network.buyers[buyer].hours
        return window_starts(instant_ms, hours.zone if hours is not None else self.network.zone)


def _candidate(considered: Considered, ranks: Mapping[str, int]) -> Candidate:
    buyer, code, sentence, clauses, runner = considered
    rank_ = ranks.get(buyer.key)
    return Candidate(buyer.key, runner is not None, code, sentence, clauses, rank_, buyer.price_micros)


def _cap_text(code: str, caps: Caps) -> str:
    """``cap_concurrent`` → ``under its cap: concurrent 2``."""
    name = code.removeprefix("cap_")
    limits = {
        "concurrent": caps.concurrent,
        "hour": caps.hour,
        "day": caps.day,
        "month": caps.month,
        "total": caps.total,
        "day_spend": None if caps.day_spend_micros is None else format_money(caps.day_spend_micros),
        "month_spend": None if caps.month_spend_micros is None else format_money(caps.month_spend_micros),
    }
    limit = limits.get(name)
    return f"under its cap: {name}" + ("" if limit is None else f" {limit}")
