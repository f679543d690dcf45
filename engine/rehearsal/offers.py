"""The offer of a campaign, told from the very terms that route and bill: what is bought, when it is owed.

One document for all publishers, one for each publisher with its own numbers and limits, one for each buyer.
Nothing is written twice: what an offer says is read from the network and the flow, so that offer, call and
bill cannot differ. No party reads another's name, number, price or terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.core.conditions import Value
from engine.core.flow import Flow, Revision
from engine.core.money import format_money
from engine.exchange.hours import hours_text
from engine.exchange.panels import panel_of
from engine.exchange.spans import exact_span_text, seconds_text
from engine.exchange.terms import Buyer, Campaign, Network, Publisher
from engine.rehearsal import offered
from engine.rehearsal.comparison.cases import Case, cases_of
from engine.rehearsal.comparison.reach import codes_text, taken
from engine.rehearsal.offered import Line


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines; `at` is the file and line that a line rests on, "" where it rests on many."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PartyOffer:
    """What one party is offered."""

    party: str  # publishers, publisher:NAME or buyer:NAME
    title: str
    sections: tuple[Section, ...]


def offers(revision: Revision, network: Network, campaign: str) -> Iterator[PartyOffer]:
    """The publishers' offer, then that of each publisher of the campaign, then that of each buyer."""
    terms, flow = network.campaigns[campaign], revision.flows[network.campaigns[campaign].flow]
    shared = _to_publishers(network, terms, flow)
    yield PartyOffer("publishers", f"{campaign}: offer to publishers of {network.name}", shared)
    for key, publisher in network.publishers.items():
        if numbers := _numbers(network, campaign, key):
            own = tuple(_own(network, publisher, numbers))
            title = f"{campaign}: terms of {publisher.name} with {network.name}"
            yield PartyOffer(f"publisher:{key}", title, (Section("Your calls", own), *shared))
    for key in terms.buyers:
        yield _to_buyer(network, terms, flow, network.buyers[key])


def text_of(offer: PartyOffer) -> Iterator[str]:
    """Plain lines."""
    yield offer.title
    for section in offer.sections:
        yield ""
        yield section.heading
        for line, at in section.lines:
            yield f"  {line}" + (f"   ({at})" if at else "")


def markdown_of(offer: PartyOffer) -> Iterator[str]:
    """The same in Markdown."""
    yield f"# {offer.title}"
    for section in offer.sections:
        yield ""
        yield f"## {section.heading}"
        for line, at in section.lines:
            yield f"- {line}" + (f" `{at}`" if at else "")


def _to_publishers(network: Network, campaign: Campaign, flow: Flow) -> tuple[Section, ...]:
    wanted = [*_callers(network, campaign, flow), *_opening(network, campaign)] if campaign.buyers else []
    return _sections(
        ("What you are paid", _paid(campaign, network)),
        ("Callers wanted", wanted),
        ("Not offered to any buyer", _not_offered(network, campaign)),
        ("What callers are asked", offered.questions(flow)),
        ("Recording", offered.recording(campaign.recording)),
        ("Disputes and corrections", offered.disputes(network) if campaign.payout else ()),
    )


def _to_buyer(network: Network, campaign: Campaign, flow: Flow, buyer: Buyer) -> PartyOffer:
    price = offered.price_of(buyer, campaign, network.currency)
    owed = [
        (f"You owe {price} for each call that meets all of these terms:", buyer.place.at),
        *offered.owed(buyer.billable, network.zone),
        ("a call is billed to you only once", ""),
    ]
    near_ms = buyer.billable.near_miss_ms
    if buyer.billable.trigger == "seconds" and buyer.billable.after_ms:
        near = (
            f"if you hang up within {seconds_text(near_ms)} before a call is billed, it counts as a near miss"
        )
        owed.append((near, buyer.billable.places.get("near_miss", buyer.billable.place).at))
    sections = _sections(
        ("Calls that you take", offered.taken(network, campaign, buyer)),
        ("How you bid", offered.bidding(campaign, buyer)),
        ("What you pay", owed),
        ("Disputes and corrections", offered.disputes(network)),
        ("How a call comes", offered.delivery(flow, buyer)),
        ("What callers are asked", offered.questions(flow)),
        ("Recording", offered.recording(campaign.recording)),
    )
    return PartyOffer(
        f"buyer:{buyer.key}", f"{campaign.key}: terms of {buyer.name} with {network.name}", sections
    )


def _sections(*written: tuple[str, Iterator[Line] | Sequence[Line]]) -> tuple[Section, ...]:
    """Those that have something to say."""
    sections = [Section(heading, tuple(lines)) for heading, lines in written]
    return tuple(section for section in sections if section.lines)


def _paid(campaign: Campaign, network: Network) -> Iterator[Line]:
    payout = campaign.payout
    if payout is None:
        yield "Nothing: this campaign pays its publishers no payout.", campaign.place.at
        return
    amount = f"{format_money(payout.amount_micros)} {network.currency}"
    yield f"{amount} for each call that meets all of these terms:", payout.place.at
    yield from offered.owed(payout, network.zone)
    yield "a call is paid only once, whichever buyer takes it", ""


def _numbers(network: Network, campaign: str, publisher: str) -> Sequence[Line]:
    return [
        (each.number, each.place.at)
        for each in network.numbers.values()
        if (each.campaign, each.publisher) == (campaign, publisher)
    ]


def _own(network: Network, publisher: Publisher, numbers: Sequence[Line]) -> Iterator[Line]:
    for number, at in numbers:
        yield f"your calls come in on {number}", at
    limits = publisher.caps.limits()
    for limit in limits:
        paid = " paid to you" if limit.what == "spend" else ""
        yield (
            f"{offered.limit_text(limit)}{paid}; calls beyond that are offered to no buyer",
            publisher.place.at,
        )
    if any(limit.window in ("hour", "day", "month") for limit in limits):
        yield f"hours, days and months are those of {network.zone}", publisher.place.at
    if publisher.parameters is not None:
        for parameter, answer in publisher.parameters.answers.items():
            yield f"your parameter {parameter} answers {answer}, if it is signed", publisher.place.at


def _callers(network: Network, campaign: Campaign, flow: Flow) -> Iterator[Line]:
    """Who is wanted, without saying by whom."""
    panel = panel_of(network, campaign.key)
    cases = cases_of((panel,), flow.answers)
    sold = [case for case in cases if taken(panel, case).able]
    codes = {code for case in sold for code in case.codes}
    if codes and len(codes) < len({code for case in cases for code in case.codes}):
        yield codes_text(codes), ""
    for name in cases[0].answers if cases else ():
        wanted, asked = _values(sold, name), _values(cases, name)
        if len(wanted) < len(asked):
            yield f"{name}: {_told(wanted, asked)}", ""


def _values(cases: Sequence[Case], name: str) -> Sequence[Value]:
    return list(dict.fromkeys(case.answers[name] for case in cases))


def _told(wanted: Sequence[Value], asked: Sequence[Value]) -> str:
    """``car, truck``; numbers, of which the cases hold the bounds and their neighbours, as ranges."""
    numbers = sorted(
        value for value in asked if isinstance(value, int | float) and not isinstance(value, bool)
    )
    if len(numbers) < len(asked) or not numbers:
        words = [str(value).lower() if isinstance(value, bool) else str(value) for value in wanted]
        return ", ".join(words) or "none"
    runs: list[list[float]] = []
    for place, number in enumerate(numbers):
        if number not in wanted:
            continue
        if runs and numbers[place - 1] in wanted:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_range(run[0], run[-1], numbers) for run in runs) or "none"


def _range(first: float, last: float, numbers: Sequence[float]) -> str:
    if first == numbers[0]:
        return f"{last} or less"
    if last == numbers[-1]:
        return f"{first} or more"
    return str(first) if first == last else f"{first} to {last}"


def _opening(network: Network, campaign: Campaign) -> Iterator[Line]:
    """When some buyer takes calls; each schedule once."""
    buyers = [network.buyers[key] for key in campaign.buyers]
    if any(buyer.hours is None for buyer in buyers):
        yield "at any hour", ""
        return
    for text in dict.fromkeys(hours_text(buyer.hours) for buyer in buyers if buyer.hours is not None):
        yield f"open {text.removeprefix('hours ')}", ""


def _not_offered(network: Network, campaign: Campaign) -> Iterator[Line]:
    yield from offered.not_offered(network.callers)
    duplicates = campaign.duplicates
    if duplicates is not None and duplicates.then == "refuse" and duplicates.per == "campaign":
        had = "billed" if duplicates.after == "billed" else "connected to a buyer"
        yield f"callers {had} in the {exact_span_text(duplicates.within_ms)} before", duplicates.place.at
    for limit in campaign.caps.limits():
        if limit.what != "spend":  # what its buyers owe is theirs to know
            yield f"calls beyond {offered.limit_text(limit).removeprefix('at most ')}", campaign.place.at
