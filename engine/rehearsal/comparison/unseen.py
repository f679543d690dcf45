"""What compared calls cannot show: what only others know, or the database of a running engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.core.flow import Flow
from engine.exchange.terms import Buyer, Campaign, Network, Publisher
from engine.language.mistakes import listed
from engine.nodes.node_type import NodeType
from engine.rehearsal.comparison.comparing import Side, are_flows_moved


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Stored calls that could not be looked at."""

    erased: int = 0
    unreadable: int = 0  # by this version: their revisions

    def sentences(self) -> Iterator[str]:
        if self.erased:
            yield f"stored calls of which something was erased: {self.erased:,} left out"
        if self.unreadable:
            yield f"stored calls whose revision can't be read here: {self.unreadable:,} left out"


NONE_PASSED_OVER = PassedOver()


def unseen_sentences(
    old: Side,
    new: Side,
    *,
    stored: bool,
    generated: bool,
    passed_over: PassedOver = NONE_PASSED_OVER,
) -> list[str]:
    """What of these two networks the calls leave out, a line each. Nothing where no calls were looked at."""
    if not (stored or generated):
        return ["no calls were tried, so nothing here says what the change earns or costs"]
    return [
        *(_unseen_by_stored(old, new, generated=generated) if stored else ()),
        *passed_over.sentences(),
        *_unseen(old, new, stored=stored),
    ]


def _unseen_by_stored(old: Side, new: Side, *, generated: bool) -> Iterator[str]:
    """Stored calls are judged again, and not made again."""
    if are_flows_moved(old, new):
        instead = "; the generated calls went through both" if generated else ""
        yield f"changed flows: stored calls kept their own, and only their buyers were chosen again{instead}"
    if never := sorted(_bidders(new) - _bidders(old)):
        yield f"bids of new bidders ({listed(never)}): they were never asked, so they get no stored call"
    if never := sorted(_asked(new) - _asked(old)):
        yield f"what new lookups answer ({listed(never)}): stored calls never asked them"
    yield "corrections: the money of stored calls is that of their verdicts, as they ended"


def _unseen(old: Side, new: Side, *, stored: bool) -> Iterator[str]:
    sides = (old, new)
    if bidders := _bidders(old) | (set() if stored else _bidders(new)):
        what = "were kept as recorded" if stored else "were drawn around floors and other prices"
        yield f"live prices of bidders ({listed(sorted(bidders))}): they {what}"
    if asked := _asked(old) | (set() if stored else _asked(new)):
        what = "were kept as recorded" if stored else "were invented"
        yield f"what web services answer ({listed(sorted(asked))}): their answers {what}"
    if not stored and (models := sorted({name for side in sides for name in side.network.models})):
        yield f"what language models say ({listed(models)}): calls went on as without them"
    sending = {key for side in sides for key, each in side.network.publishers.items() if each.parameters}
    if sending and not stored:
        yield f"what publishers send along ({listed(sorted(sending))}): it was invented"
    if counted := sorted({name for side in sides for name in _counted(side.network)}):
        yield f"what the database holds for {listed(counted)}: every count began at zero"
    yield "pauses of buyers, and how buyers stand in the database: nobody was paused"
    if not stored:
        yield "speech: callers keyed right answers, so phrases and reprompts were not tried"
    yield "the world outside: the phones of buyers, webhooks, secrets, and packages of another version"


def _bidders(side: Side) -> set[str]:
    return {key for key, buyer in side.network.buyers.items() if buyer.bid is not None}


def _asked(side: Side) -> set[str]:
    return {name for flow in side.revision.flows.values() for name in _looking_up(flow)}


def _looking_up(flow: Flow) -> Iterator[str]:
    for name, placed in flow.nodes.items():
        if isinstance(placed.node, NodeType) and placed.node.finds:
            yield name


def _counted(network: Network) -> Iterator[str]:
    """What counts calls that a database may hold already."""
    campaigns = network.campaigns.values()
    payouts = [each.payout for each in campaigns if each.payout is not None]
    parties: list[Buyer | Campaign | Publisher] = [
        *network.buyers.values(),
        *campaigns,
        *network.publishers.values(),
    ]
    if any(each.caps.limits() for each in parties) or any(each.caps for each in payouts):
        yield "caps"
    sold: list[Buyer | Campaign] = [*network.buyers.values(), *campaigns]
    terms = [*payouts, *(buyer.billable for buyer in network.buyers.values())]
    if any(each.duplicates for each in sold) or any(each.duplicates for each in terms):
        yield "duplicates"
    if network.callers is not None and network.callers.velocity is not None:
        yield "velocity"
    if any(each.strategy in ("round_robin", "least_recent", "expected_revenue") for each in campaigns):
        yield "turns and expected revenue"
