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
    found: dict[tuple[Place, str, str, bool], list[str]] = {}  # with whose terms ask for it
    for flow in flows.values():
        own = [campaign for campaign in network.campaigns.values() if campaign.flow == flow.name]
        for placed in flow.nodes.values() if own else ():
            node = placed.node
            if not isinstance(node, NodeType) or not _may_be_unheard(node):
                continue
            for answer in node.asks:
                whose = [
                    name
                    for campaign in own
                    for name, terms in _terms(network, campaign)
                    if answer in terms.to_be_heard
                ]
                if whose:
                    key = placed.place, placed.name, answer, _is_asked_by_nobody(node)
                    found.setdefault(key, []).extend(whose)
    for (place, name, answer, is_asked_by_nobody), whose in found.items():
        payers = listed(sorted(set(whose)))
        said = f"callers may answer over its prompt; '{answer}' then doesn't count for {payers}"
        cure = "add 'barge_in: none', or remove 'heard: prompt' from 'requires'"
        if is_asked_by_nobody:
            said = f"'{answer}' counts for {payers} only where what the model fills in is read back"
            cure = "add 'confirm: always' and 'barge_in: none', or remove 'heard: prompt' from 'requires'"
        mistakes.warn(place, f"node '{name}': {said}", cure=cure)


def _may_be_unheard(node: NodeType) -> bool:
    """Whether callers may answer over its prompts, or what it learns was asked for by none."""
    return _is_asked_by_nobody(node) or getattr(node, "barge_in", "none") != "none"


def _is_asked_by_nobody(node: NodeType) -> bool:
    return node.LEARNS_WITHOUT_QUESTION and getattr(node, "confirm", "always") != "always"


def _terms(network: Network, campaign: Campaign) -> Iterator[tuple[str, Terms]]:
    if campaign.payout is not None:
        yield f"the payout of '{campaign.key}'", campaign.payout
    for key in campaign.buyers:
        yield f"'{key}'", network.buyers[key].billable
