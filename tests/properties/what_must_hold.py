"""What must hold of calls, counted from what they left behind and not from the store's own counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from engine.core.conditions import ClauseOutcome, judge
from engine.core.facts import Candidate, Decision, Leg, Verdict
from engine.core.journal import Entry
from engine.core.replay import replay
from engine.exchange.codes import CANDIDATE_CODES, VERDICT_REASONS
from engine.exchange.limits import refused_duplicates
from engine.exchange.terms import Buyer, Network, Terms
from engine.store.ledger.entries import PostedEntry, standing_micros
from tests.properties.calls_at_once import OneCall, Place
from tests.properties.caps_must_hold import PUBLISHER
from tests.properties.random_networks import is_explained, outcome_told

# Bills


def the_ledger_is_its_verdicts(call: OneCall, ledger: Sequence[PostedEntry]) -> None:
    """One bill a buyer and side, at most one payout but for those made by hand, and all amounts balance."""
    bills = Counter((entry.kind, entry.buyer) for entry in ledger if entry.corrects is None)
    assert all(count == 1 for count in bills.values())
    paid = sum(verdict.payable for verdict in call.facts(Verdict))
    assert paid <= 1
    billed = Counter(verdict.buyer for verdict in call.facts(Verdict) if verdict.billable)
    assert all(count == 1 for count in billed.values()), "no buyer is billed for two legs of a call"
    assert sum(kind == "payout" for kind, _ in bills) <= 1 + sum(entry.made_by != "" for entry in ledger)
    for (buyer, kind), owed in call.owed.items():
        assert standing_micros(ledger, kind, buyer) == owed
    assert sum(entry.amount_micros for entry in ledger) == sum(call.owed.values())
    parties = {entry.entry: entry.party for entry in ledger}
    for entry in ledger:
        payer = entry.buyer if _kind_of(entry, ledger) == "revenue" else PUBLISHER
        assert entry.party == payer
        assert entry.corrects is None or parties[entry.corrects] == entry.party


def _kind_of(entry: PostedEntry, ledger: Sequence[PostedEntry]) -> str:
    named = next((each for each in ledger if each.entry == entry.corrects), entry)
    return named.kind


def the_amounts_are_those_of_the_terms(call: OneCall, network: Network) -> None:
    """To the micro: the price, or the bid that won, or nothing."""
    for verdict in call.facts(Verdict):
        leg: Leg = call.call.legs[verdict.leg]
        buyer = network.buyers[verdict.buyer]
        price = buyer.price_micros if buyer.bid is None else call.group.bids[buyer.key].amount_micros
        assert verdict.revenue_micros == (price if verdict.billable else 0)
        payout = network.campaigns[leg.campaign].payout
        assert verdict.payout_micros == (payout.amount_micros if verdict.payable and payout else 0)
        _is_told_as_it_was(call, verdict, leg, buyer.billable)
        if verdict.billable:
            _has_lasted(leg, buyer.billable)
        if verdict.payable and payout is not None:
            _has_lasted(leg, payout)


def _is_told_as_it_was(call: OneCall, verdict: Verdict, leg: Leg, terms: Terms) -> None:
    """The timer, the line of the trigger and those of the answers, with the values that they had."""
    moment = terms.timer_from if terms.trigger == "seconds" else terms.trigger
    began = {"answered": leg.answered_at, "accepted": leg.accepted_at, "bridged": leg.bridged_at}[moment]
    ran_ms = 0 if began is None or leg.ended_at is None else max(0, leg.ended_at - began)
    assert (verdict.timer.counted_from, verdict.timer.ran_ms) == (moment, ran_ms)
    trigger, *answers = verdict.clauses[: 1 + len(terms.requires)]
    if terms.trigger == "seconds":
        assert trigger.values["seconds"] == ran_ms / 1000
    for name, line in zip(terms.requires, answers, strict=True):
        answer = call.call.answers.get(name)
        assert line.values == {name: None if answer is None else answer.value}
        assert line.outcome is (answer is not None)


def _has_lasted(leg: Leg, terms: Terms) -> None:
    """The trigger came, counted here from the leg's own times."""
    began = {"answered": leg.answered_at, "accepted": leg.accepted_at, "bridged": leg.bridged_at}
    since = began[terms.timer_from if terms.trigger == "seconds" else terms.trigger]
    assert since is not None
    assert leg.ended_at is not None
    assert leg.outcome != "lost_race"
    slack_ms = {"none": 0, "down_second": 0, "up_second": 999}[terms.rounding]
    assert leg.ended_at - since + slack_ms >= terms.after_ms


def nobody_is_owed_for_a_caller_twice(calls: Sequence[OneCall], network: Network) -> None:
    """Within a duplicate window two calls of a caller never both bill, but where a person made them."""
    for number in {call.call.arrived.caller_number for call in calls}:
        of_caller = [call for call in calls if call.call.arrived.caller_number == number]
        for key, buyer in network.buyers.items():
            window = buyer.billable.duplicates
            billed = [
                call
                for call in of_caller
                if "revenue" not in call.is_corrected
                and any(verdict.billable and verdict.buyer == key for verdict in call.facts(Verdict))
            ]
            _are_apart(billed, None if window is None else window.within_ms)
            assert window is None or number or not billed, "who withholds the number may be a duplicate"
        for key, campaign in network.campaigns.items():
            window = None if campaign.payout is None else campaign.payout.duplicates
            paid = [
                call
                for call in of_caller
                if "payout" not in call.is_corrected
                and any(
                    verdict.payable and call.call.legs[verdict.leg].campaign == key
                    for verdict in call.facts(Verdict)
                )
            ]
            _are_apart(paid, None if window is None else window.within_ms)


def _are_apart(calls: Sequence[OneCall], within_ms: int | None) -> None:
    if within_ms is None:
        return
    times = sorted(call.call.arrived.started_at for call in calls)
    for one, following in pairwise(times):
        assert following - one >= within_ms, [call.name for call in calls]


def no_buyer_has_a_caller_again(calls: Sequence[OneCall], network: Network) -> None:
    """Who refuses duplicates was given no place after another call of the caller held one that counts."""
    for later in calls:
        for place in later.places.values():
            refuses = refused_duplicates(network, place.buyer, place.campaign)
            if refuses is None:
                continue
            for earlier in calls:
                if earlier is later or not _is_of_the_same_caller(earlier, later, refuses.within_ms):
                    continue
                for held in earlier.places.values():
                    same = held.buyer == place.buyer
                    if refuses.per == "campaign":
                        same = held.campaign == place.campaign
                    if same and held.order < place.order:
                        assert not _counts(earlier, held, refuses.after), (earlier.name, later.name, place)


def _is_of_the_same_caller(earlier: OneCall, later: OneCall, within_ms: int) -> bool:
    one, other = earlier.call.arrived, later.call.arrived
    return one.caller_number == other.caller_number and other.started_at - one.started_at < within_ms


def _counts(call: OneCall, place: Place, after: str) -> bool:
    if after == "billed":
        is_billed = any(each.billable and each.buyer == place.buyer for each in call.facts(Verdict))
        return is_billed and "revenue" not in call.is_corrected
    legs = call.call.legs.values()
    return any(leg.buyer == place.buyer and leg.bridged_at is not None for leg in legs)


# Explanations


def it_is_explained_and_replays(call: OneCall, network: Network, journal: Sequence[Entry]) -> None:
    """Each trace gives its outcome, nothing unknown is owed, and the stored journal leads to the same."""
    for decision in call.facts(Decision):
        for candidate in decision.candidates:
            buyer = network.buyers[candidate.buyer]
            assert candidate.code in CANDIDATE_CODES
            _is_told_by_its_clock(call, decision, candidate, buyer)
            assert is_explained(candidate, (buyer.area, buyer.accepts)), candidate
    for verdict in call.facts(Verdict):
        assert {verdict.reason, verdict.payout_reason} <= set(VERDICT_REASONS)
        told = _told(list(verdict.clauses), network.buyers[verdict.buyer].billable)
        assert verdict.billable is (told and verdict.reason != "lost_race"), verdict
        _is_owed_for_what_is_known(call, verdict.billable, network.buyers[verdict.buyer].billable)
        payout = network.campaigns[call.call.legs[verdict.leg].campaign].payout
        if payout is not None and call.call.publisher:
            paid = _told(list(verdict.payout_clauses), payout)
            assert verdict.payable is (paid and verdict.payout_reason not in ("lost_race", "already_paid"))
            _is_owed_for_what_is_known(call, verdict.payable, payout)
    assert [entry.event for entry in journal] == [entry.event for entry in call.journal]
    again = replay(journal, call.machine.revision)
    assert again.difference is None, str(again.difference)
    assert again.machine.is_closed
    assert again.machine.call is not None
    verdicts = tuple(call.machine.revision.market.judge(again.machine.call.moment))
    assert verdicts == tuple(call.facts(Verdict))


def _is_told_by_its_clock(call: OneCall, decision: Decision, candidate: Candidate, buyer: Buyer) -> None:
    """The line of its hours has the time on the buyer's wall when it was considered."""
    instant = datetime.fromtimestamp((call.call.arrived.started_at + decision.at) // 1000, UTC)
    for line in candidate.clauses:
        if buyer.hours is not None and "local" in line.values:
            assert line.values["local"] == f"{instant.astimezone(ZoneInfo(buyer.hours.zone)):%a %H:%M}"


def _told(clauses: list[ClauseOutcome], terms: Terms) -> bool:
    """Whether the terms hold by the lines alone: trigger, answers, condition, the rest."""
    before = [clauses.pop(0) for _ in range(1 + len(terms.requires))]
    condition = outcome_told(terms.when, clauses)
    return condition is True and all(line.outcome is True for line in (*before, *clauses))


def _is_owed_for_what_is_known(call: OneCall, is_owed: bool, terms: Terms) -> None:
    if is_owed:
        assert set(terms.requires) <= set(call.call.answers)
        assert judge(terms.when, call.call.evaluator) is True
