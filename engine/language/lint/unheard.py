"""Terms that ask for questions to be heard, and questions that callers may answer over the prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.flow import Flow
from engine.core.places import Place
from engine.exchange.terms import Campaign, Network, Terms
from engine.language.mistakes import Mistakes, listed
from engine.nodes.node_type import NodeType


def check_unheard(network: Network, flows: Mapping[str, Flow], mistakes: Mistakes) -> None:
    """Warn of each question that may be interrupted, though somebody pays only once it was heard."""
    found: dict[tuple[Place, str, str], list[str]] = {}  # with whose terms ask for it
    for flow in flows.values():
        own = [campaign for campaign in network.campaigns.values() if campaign.flow == flow.name]
        for placed in flow.nodes.values() if own else ():
            node = placed.node
            if not isinstance(node, NodeType) or getattr(node, "barge_in", "none") == "none":
                continue
            for answer in node.asks:
                whose = [
                    name
                    for campaign in own
                    for name, terms in _terms(network, campaign)
                    if answer in terms.to_be_heard
                ]
                if whose:
                    found.setdefault((placed.place, placed.name, answer), []).extend(whose)
    for (place, name, answer), whose in found.items():
        payers = listed(sorted(set(whose)))
        said = (
            f"node '{name}': callers may answer over its prompt; '{answer}' then doesn't count for {payers}"
        )
        mistakes.warn(place, said, cure="add 'barge_in: none', or remove 'heard: prompt' from 'requires'")


def _terms(network: Network, campaign: Campaign) -> Iterator[tuple[str, Terms]]:
    if campaign.payout is not None:
        yield f"the payout of '{campaign.key}'", campaign.payout
    for key in campaign.buyers:
        yield f"'{key}'", network.buyers[key].billable
