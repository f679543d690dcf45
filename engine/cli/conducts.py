"""What those who are called do: `--buyer` in words, as people who take a call as its flow asks them to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.cli.options import stop
from engine.core.extensions import parted
from engine.core.flow import Revision
from engine.exchange.terms import Network
from engine.nodes.node_type import NodeType, Ringing
from engine.rehearsal.loopback import BuyerPhone

CONDUCTS = ("answers", "busy", "noanswer", "rejects", "declines", "machine")

_PICKS_UP_AFTER_S = 2.0
_PRESSES_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Conducts:
    """Who does what, by number; `others` are all whose number is not there."""

    by_number: Mapping[str, BuyerPhone]
    others: BuyerPhone


def read_conducts(
    given: Sequence[str], talk_s: float, network: Network, revision: Revision, number: str
) -> Conducts:
    """The conducts of a call to `number`. Stops where one is none, or its buyer is unknown."""
    campaign = network.campaigns[network.numbers[number].campaign] if number in network.numbers else None
    nodes = revision.flows[campaign.flow].nodes.values() if campaign else ()
    found = [placed.node.ringing for placed in nodes if isinstance(placed.node, NodeType)]
    rings = [ringing for ringing in found if ringing is not None]
    of_buyers = next((ringing for ringing in rings if ringing.to is None), Ringing(None, True, "1"))
    usual, named = "answers", dict[str, str]()
    for text in given:
        name, equals, conduct = text.rpartition("=")
        if conduct not in CONDUCTS:
            stop(f"--buyer {text}: found '{conduct}'; expected one of {', '.join(CONDUCTS)}")
        if not equals:
            usual = conduct
        elif name in network.buyers:
            named[parted(network.buyers[name].to)[0]] = conduct
        else:
            stop(f"--buyer {text}: buyer '{name}' doesn't exist; available: {', '.join(network.buyers)}")
    desks = {parted(ringing.to)[0]: _buyer(usual, talk_s, ringing) for ringing in rings if ringing.to}
    buyers = {to: _buyer(conduct, talk_s, of_buyers) for to, conduct in named.items()}
    return Conducts({**desks, **buyers}, _buyer(usual, talk_s, of_buyers))


def _buyer(conduct: str, talk_s: float, asked: Ringing) -> BuyerPhone:
    """Nobody waits for words that are not said, or presses a key that nobody asks for."""
    match conduct:
        case "busy":
            return BuyerPhone.busy()
        case "noanswer":
            return BuyerPhone.noanswer()
        case "machine":
            return BuyerPhone.machine(after_s=_PICKS_UP_AFTER_S)
        case "declines" if asked.decline_key is not None:
            wait_s = None if asked.whispers else _PRESSES_AFTER_S
            return BuyerPhone.declines(key=asked.decline_key, wait_s=wait_s)
        case "rejects" | "declines" if asked.accept_key is not None:
            return BuyerPhone.rejects()
        case "rejects" | "declines" if asked.whispers:
            return BuyerPhone.hangs_up_during_whisper()
        case "rejects" | "declines":
            return BuyerPhone.busy()  # who is not asked can only decline while it rings
    presses = (
        ()
        if asked.accept_key is None
        else ((None if asked.whispers else _PRESSES_AFTER_S, asked.accept_key),)
    )
    return BuyerPhone.answers(after_s=_PICKS_UP_AFTER_S, presses=presses, talk_s=talk_s)
