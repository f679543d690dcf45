"""A decision among a campaign's buyers: whole where they are few, the first of the ranking where many.

Up to WRITTEN_WHOLE buyers a decision writes each one's clauses. Beyond that all are judged together
(`tally`), the eligible are ranked as far as needed, and only WRITTEN_FIRST of them are written; the others
are counted by code. What is not written follows from the journal: a market `in_full` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.events import Bid
from engine.core.facts import Candidate, Decision
from engine.core.moments import CallMoment
from engine.core.records import changed
from engine.exchange.bids import floor_of, held_against_floor
from engine.exchange.eligibility import Considered, Moment, consider
from engine.exchange.panels import Panel
from engine.exchange.ranking import Ranking
from engine.exchange.tally import runners_in, tally

WRITTEN_WHOLE = 100
WRITTEN_FIRST = 20


def moment_of(call: CallMoment, panel: Panel, at: int) -> Moment:
    """The panel as the call meets it at this time, in milliseconds since the call's start."""
    return Moment(
        panel=panel,
        evaluator=call.evaluator,
        arrived=call.arrived,
        instant_ms=call.arrived.started_at + at,
        tried=call.tried,
        standings=call.standings,
        at=at,
        bids=bids_of(call, panel),
    )


def bids_of(call: CallMoment, panel: Panel) -> Mapping[str, Bid]:
    """What the call's bidders said, each held against the floor of this campaign."""
    if not call.bids:
        return {}
    bidding = panel.campaign.bidding
    return {
        buyer: held_against_floor(call.bids[buyer], floor_of(terms, bidding))
        for buyer, terms in panel.bidders.items()
        if buyer in call.bids
    }


def choose(call: CallMoment, panel: Panel, *, in_full: bool) -> Decision:
    """The panel's buyers, the eligible ones ranked from 1."""
    moment = moment_of(call, panel, call.at)
    strategy = panel.campaign.strategy
    if in_full or panel.size <= WRITTEN_WHOLE:
        whole = _whole(moment)
        return Decision(call.at, call.node, panel.campaign.key, None, whole, strategy=strategy)
    found = tally(moment)
    first = _ranked(moment, found.eligible, 0, WRITTEN_FIRST)
    others = _less(found.counts(), len(first))
    return Decision(call.at, call.node, panel.campaign.key, None, first, others=others, strategy=strategy)


def choose_more(call: CallMoment, panel: Panel, decision: Decision) -> Decision:
    """The decision with the next WRITTEN_FIRST of its ranking; itself where all of it is written."""
    if not decision.others.get("eligible"):
        return decision
    moment = moment_of(call, panel, decision.at)
    eligible = tally(moment).eligible
    more = _ranked(moment, eligible, len(decision.candidates), WRITTEN_FIRST)
    others = _less(decision.others, len(more))
    return changed(decision, candidates=(*decision.candidates, *more), others=others)


def _whole(moment: Moment) -> tuple[Candidate, ...]:
    """Every buyer, in the campaign's order."""
    considered = [consider(prospect, moment) for prospect in moment.panel.prospects]
    ranking = _ranking(moment)
    runners = [each.runner for each in considered if each.runner is not None]
    ranks = {
        runner.buyer: rank for rank, runner in enumerate(ranking.rank(runners, moment.arrived.seed), start=1)
    }
    return tuple([_candidate(each, ranks.get(each.buyer.key), ranking, moment) for each in considered])


def _ranked(moment: Moment, eligible: int, past: int, count: int) -> tuple[Candidate, ...]:
    """`count` of the eligible from behind the first `past`, best first."""
    ranking, panel = _ranking(moment), moment.panel
    best = ranking.rank(runners_in(eligible, moment), moment.arrived.seed, past + count)
    return tuple(
        [
            _candidate(consider(panel.prospects[panel.place_of[runner.buyer]], moment), rank, ranking, moment)
            for rank, runner in enumerate(best[past:], start=past + 1)
        ]
    )


def _ranking(moment: Moment) -> Ranking:
    return Ranking(moment.panel.campaign.strategy, moment.standings, moment.panel.place_of)


def _candidate(considered: Considered, rank: int | None, ranking: Ranking, moment: Moment) -> Candidate:
    buyer, code, details, clauses, runner = considered
    expected = ranking.expected_micros(runner) if runner is not None and ranking.goes_by_revenue else None
    bid = moment.bids.get(buyer.key)
    price_micros = buyer.price_micros if bid is None else bid.amount_micros
    return Candidate(buyer.key, runner is not None, code, clauses, details, rank, price_micros, expected, bid)


def _less(counts: Mapping[str, int], written: int) -> Mapping[str, int]:
    """The counts without so many of the eligible."""
    left = {**counts, "eligible": counts.get("eligible", 0) - written}
    return {code: count for code, count in left.items() if count}
