"""Questions that are asked when needed, and that nobody ever needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.core.conditions import Condition
from engine.core.flow import Flow, Placed
from engine.core.places import Place
from engine.exchange.terms import Campaign, Network, Terms
from engine.language.mistakes import Mistakes
from engine.nodes.node_type import NodeType


def check_needs(network: Network, flows: Mapping[str, Flow], mistakes: Mistakes) -> None:
    """Warn of each answer that is asked when needed, and that no buyer of the call's campaigns reads.

    A node of a subflow is blamed where none of the flows that enter it has a use for its answer.
    """
    unread: dict[tuple[Place, str], str] = {}
    read: set[tuple[Place, str]] = set()
    for flow in flows.values():
        own = [campaign for campaign in network.campaigns.values() if campaign.flow == flow.name]
        for placed in flow.nodes.values() if own else ():
            node = placed.node
            named = getattr(node, "campaign", None)
            campaigns = own if named is None else [network.campaigns[named]]
            known = set().union(*(answers_read(network, campaign) for campaign in campaigns))
            for answer in node.asks_when_needed if isinstance(node, NodeType) else ():
                whose = ", ".join(f"'{campaign.key}'" for campaign in campaigns)
                if answer in known:
                    read.add((placed.place, answer))
                else:
                    unread.setdefault((placed.place, answer), _found(placed, answer, whose))
    for key, found in unread.items():
        if key not in read:
            mistakes.warn(key[0], found, cure="use it in a buyer's terms, or write 'ask: unless_known'")


def answers_read(network: Network, campaign: Campaign) -> frozenset[str]:
    """The answers that decide who of the campaign takes a call, what is bid for it, and what is paid."""
    return frozenset(_read_by(network, campaign))


def _read_by(network: Network, campaign: Campaign) -> Iterator[str]:
    if campaign.payout is not None:
        yield from _read_by_terms(campaign.payout)
    for key in campaign.buyers:
        buyer = network.buyers[key]
        yield from _leaves((buyer.area, buyer.accepts))
        yield from _read_by_terms(buyer.billable)
        for name in buyer.bid.sends if buyer.bid is not None else ():
            yield name
            yield name.rpartition(".")[0]


def _read_by_terms(terms: Terms) -> Iterator[str]:
    yield from terms.requires
    yield from _leaves((terms.when,))


def _leaves(conditions: Iterable[Condition | None]) -> Iterator[str]:
    for condition in conditions:
        for leaf in condition.leaves() if condition is not None else ():
            yield from leaf.answers


def _found(placed: Placed, answer: str, campaigns: str) -> str:
    return f"node '{placed.name}': no buyer of {campaigns} uses '{answer}', so the caller is never asked"
