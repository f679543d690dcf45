"""Answers that change under a buyer's feet: kept after it was chosen, though its terms read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

from engine.core.answers import answers_behind
from engine.core.flow import Flow, Placed
from engine.core.places import Place
from engine.exchange.terms import Campaign, Network
from engine.language.mistakes import Mistakes, listed
from engine.nodes.node_type import NodeType
from engine.nodes.rounds import CHOOSES

# A buyer was chosen and is not called yet; a talk is over and judged when the call ends.
_Phase = Literal["chosen", "talked"]


def check_late_answers(network: Network, flows: Mapping[str, Flow], mistakes: Mistakes) -> None:
    """Warn of each node that asks or sets what the chosen buyers read, at a time when they have the call."""
    late: dict[tuple[Place, str, str], list[str]] = {}  # with the buyers of each
    for flow in flows.values():
        campaigns = [each for each in network.campaigns.values() if each.flow == flow.name]
        for chooser in flow.nodes.values() if campaigns else ():
            if not _chooses(chooser):
                continue
            named = getattr(chooser.node, "campaign", None)
            sold = campaigns if named is None else [network.campaigns[named]]
            for name, phase in _after(flow, chooser):
                placed = flow.nodes[name]
                for answer in _kept(placed, flow):
                    if readers := _readers(network, sold, flow.answers, answer, phase):
                        late.setdefault((placed.place, name, answer), []).extend(readers)
    for (place, name, answer), readers in late.items():
        whose = listed(f"'{buyer}'" for buyer in sorted(set(readers)))
        found = f"node '{name}': '{answer}' may change here, after a buyer was chosen by it ({whose})"
        mistakes.warn(place, found, cure="ask before 'choose_buyer', or keep it as another answer")


def _after(flow: Flow, chooser: Placed) -> Iterator[tuple[str, _Phase]]:
    """Every node that a call comes to while a buyer that this one chose has it."""
    seen: set[tuple[str, _Phase]] = set()
    waiting: list[tuple[str, _Phase]] = [
        (target, "chosen") for exit_, target in chooser.exits.items() if exit_ != "none"
    ]
    while waiting:
        name, phase = each = waiting.pop()
        placed = flow.nodes.get(name)
        if each in seen or placed is None or _chooses(placed):
            continue
        seen.add(each)
        yield each
        if _calls(placed):  # in vain by every other exit: that buyer has it no longer
            usual = getattr(placed.node, "EXIT_OF_NEXT", "")
            waiting += [(target, "talked") for exit_, target in placed.exits.items() if exit_ == usual]
        else:
            waiting += [(target, phase) for target in placed.exits.values()]


def _chooses(placed: Placed) -> bool:
    node = placed.node
    return isinstance(node, NodeType) and any(node.idles(exit_, {}) == CHOOSES for exit_ in node.EXITS)


def _calls(placed: Placed) -> bool:
    ringing = placed.node.ringing if isinstance(placed.node, NodeType) else None
    return ringing is not None and ringing.to is None


def _kept(placed: Placed, flow: Flow) -> Iterator[str]:
    """The answers that the node keeps."""
    node = placed.node
    for setting in node.LEARNS if isinstance(node, NodeType) else ():
        held = getattr(node, setting)
        names: Iterable[object] = (held,) if isinstance(held, str) else held
        yield from (str(name) for name in names if name in flow.answers)


def _readers(
    network: Network, campaigns: Iterable[Campaign], answers: Collection[str], answer: str, phase: _Phase
) -> Iterable[str]:
    """The buyers that were chosen by the answer, or bid by it; once they have talked, that pay by it."""
    found = []
    for campaign in campaigns:
        for key in campaign.buyers:
            buyer = network.buyers[key]
            conditions = [buyer.area, buyer.accepts]
            if phase == "talked":
                conditions.append(buyer.billable.when)
            leaves = [leaf for each in conditions if each is not None for leaf in each.leaves()]
            told = buyer.bid.sends if buyer.bid is not None and phase == "chosen" else ()
            is_told = answer in answers_behind(told, answers)
            if is_told or any(answer in leaf.answers for leaf in leaves):
                found.append(key)
    return found
