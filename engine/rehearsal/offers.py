"""The offer of a campaign, told from the very terms that route and bill: what is bought, when it is owed.

One document for publishers, one for each buyer. Nothing is written twice: what an offer says is read from
the network and the flow, so that offer, call and bill cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.core.conditions import All, Condition
from engine.core.flow import Flow, Revision
from engine.core.money import format_money
from engine.core.places import Place
from engine.core.prompts import Prompt
from engine.exchange.hours import hours_text
from engine.exchange.panels import panel_of
from engine.exchange.spans import seconds_text, span_text
from engine.exchange.terms import Buyer, Campaign, Network, Terms
from engine.nodes.bridge import Bridge
from engine.rehearsal.comparison.cases import cases_of
from engine.rehearsal.comparison.reach import codes_taken, codes_text
from engine.rehearsal.comparison.written import condition_text


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines; `at` is the file and line that a line rests on, "" where it rests on many."""

    heading: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What one party is offered."""

    party: str  # publishers, or buyer:NAME
    title: str
    sections: tuple[Section, ...]


def offers(revision: Revision, network: Network, campaign: str) -> Iterator[Offer]:
    """The publishers' offer, then that of each buyer."""
    terms, flow = network.campaigns[campaign], revision.flows[network.campaigns[campaign].flow]
    yield _to_publishers(revision, network, terms, flow)
    for key in terms.buyers:
        yield _to_buyer(network, terms, flow, network.buyers[key])


def text_of(offer: Offer) -> Iterator[str]:
    """Plain lines."""
    yield offer.title
    for section in offer.sections:
        yield ""
        yield section.heading
        for line, at in section.lines:
            yield f"  {line}" + (f"   ({at})" if at else "")


def markdown_of(offer: Offer) -> Iterator[str]:
    """The same in Markdown."""
    yield f"# {offer.title}"
    for section in offer.sections:
        yield ""
        yield f"## {section.heading}"
        for line, at in section.lines:
            yield f"- {line}" + (f" `{at}`" if at else "")


def _to_publishers(revision: Revision, network: Network, campaign: Campaign, flow: Flow) -> Offer:
    sections = [Section("What you are paid", tuple(_paid(campaign, network)))]
    if callers := tuple(_callers(revision, network, campaign)):
        sections.append(Section("Callers wanted", callers))
    sections.append(Section("What callers are asked", tuple(_questions(flow))))
    return Offer("publishers", f"{campaign.key}: offer to publishers of {network.name}", tuple(sections))


def _to_buyer(network: Network, campaign: Campaign, flow: Flow, buyer: Buyer) -> Offer:
    price = f"{format_money(buyer.price_micros)} {network.currency} for each call"
    if buyer.bid is not None:
        price = f"what you bid for each call, at least {format_money(buyer.price_micros)} {network.currency}"
    owed = [(f"You owe {price} that meets all of this:", buyer.place.at), *_owed(buyer.billable)]
    if network.disputes.window_ms is not None:
        owed.append((f"A bill may be disputed for {span_text(network.disputes.window_ms)}", ""))
    sections = [
        Section("Calls that you take", tuple(_taken(campaign, buyer))),
        Section("What you pay", tuple(owed)),
        Section("How a call comes", tuple(_delivery(flow))),
        Section("What callers are asked", tuple(_questions(flow))),
    ]
    return Offer(
        f"buyer:{buyer.key}", f"{campaign.key}: terms of {buyer.name} with {network.name}", tuple(sections)
    )


def _paid(campaign: Campaign, network: Network) -> Iterator[tuple[str, str]]:
    payout = campaign.payout
    if payout is None:
        yield "Nothing: this campaign owes its publishers no payout.", campaign.place.at
        return
    amount = f"{format_money(payout.amount_micros)} {network.currency}"
    yield f"{amount} for each call that meets all of this:", payout.place.at
    yield from _owed(payout)


def _owed(terms: Terms) -> Iterator[tuple[str, str]]:
    def at(setting: str) -> str:
        return terms.places.get(setting, terms.place).at

    if terms.trigger == "seconds":
        counted = {"up_second": ", a begun second counts", "down_second": ", full seconds count"}
        rounding = counted.get(terms.rounding, "")
        yield f"{terms.timer_from} for at least {seconds_text(terms.after_ms)}{rounding}", at("after")
    else:
        yield f"the call was {terms.trigger}", at("trigger")
    if terms.requires:
        yield f"answered: {', '.join(terms.requires)}", at("requires")
    if terms.when is not None:
        yield condition_text(terms.when), at("when")
    if terms.duplicates is not None:
        yield (
            f"not the same caller again within {span_text(terms.duplicates.within_ms)}",
            terms.duplicates.place.at,
        )
    for limit in terms.caps.limits() if terms.caps else ():
        yield f"at most {limit.text}", at("caps")


def _taken(campaign: Campaign, buyer: Buyer) -> Iterator[tuple[str, str]]:
    for condition in (buyer.area, buyer.accepts):
        for part in _parts(condition):
            yield condition_text(part), _place(part, buyer).at
    if buyer.area is None and buyer.accepts is None:
        yield "every caller", buyer.place.at
    if buyer.hours is not None:
        yield f"open {hours_text(buyer.hours)}", buyer.hours.place.at
    for limit in buyer.caps.limits():
        yield f"at most {limit.text}", buyer.place.at
    duplicates = buyer.duplicates or campaign.duplicates
    if duplicates is not None:
        verbs = {
            "refuse": "are not sent",
            "route_same": "come to you first",
            "route_other": "come to you last",
        }
        had = "billed" if duplicates.after == "billed" else "talked to"
        whom = "by you" if duplicates.per == "buyer" else "in this campaign"
        within = f"callers {had} {whom} within {span_text(duplicates.within_ms)}"
        yield f"{within} {verbs[duplicates.then]}", duplicates.place.at


def _delivery(flow: Flow) -> Iterator[tuple[str, str]]:
    for placed in flow.nodes.values():
        node = placed.node
        if isinstance(node, Bridge) and node.to is None:
            if node.whisper is not None:
                yield f"you hear first: “{node.whisper.text}”", placed.place.at
            if node.accept is not None:
                yield (
                    f"you take it by key {node.accept.key} within {seconds_text(node.accept.timeout_ms)}",
                    placed.place.at,
                )
            yield f"it rings for {seconds_text(node.ring_timeout_ms)}", placed.place.at


def _questions(flow: Flow) -> Iterator[tuple[str, str]]:
    for placed in flow.nodes.values():
        asks, prompt = getattr(placed.node, "asks", ()), getattr(placed.node, "prompt", None)
        if asks and isinstance(prompt, Prompt):
            yield f"{', '.join(asks)}: “{prompt.text}”", placed.place.at


def _callers(revision: Revision, network: Network, campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Where callers are wanted from, without saying by whom."""
    panel = panel_of(network, campaign.key)
    codes = codes_taken(panel, cases_of((panel,), revision.flows[campaign.flow].answers))
    if codes:
        yield codes_text(codes), ""


def _parts(condition: Condition | None) -> Sequence[Condition]:
    if condition is None:
        return ()
    return condition.children if isinstance(condition, All) else (condition,)


def _place(condition: Condition, buyer: Buyer) -> Place:
    leaves = condition.leaves()
    return leaves[0].place if leaves else buyer.place
