"""The sentences of an offer, each with the line of YAML that it rests on ("" where it rests on many)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.core.conditions import All, Condition
from engine.core.flow import Flow
from engine.core.limits import Limit
from engine.core.market import RecordingTerms
from engine.core.money import format_money
from engine.core.places import Place
from engine.exchange.bids import floor_of
from engine.exchange.hours import hours_text
from engine.exchange.spans import exact_span_text, seconds_text
from engine.exchange.terms import Buyer, Callers, Campaign, Duplicates, Network, Terms
from engine.nodes.node_type import NodeType
from engine.rehearsal.comparison.written import condition_text

Line = tuple[str, str]

_MOMENTS = {
    "answered": "the buyer answered",
    "accepted": "the buyer took the call",
    "bridged": "the caller and the buyer were connected",
}
_ROUNDED = {
    "none": "not rounded",
    "up_second": "rounded up to full seconds",
    "down_second": "rounded down to full seconds",
}
_KINDS = {"connected": "connected ", "billed": "billed "}


def owed(terms: Terms, zone: str) -> Iterator[Line]:
    """What all must hold for the amount to be owed."""

    def at(setting: str) -> str:
        return terms.places.get(setting, terms.place).at

    if terms.trigger != "seconds":
        yield _MOMENTS[terms.trigger], at("trigger")
    elif terms.after_ms:
        rounding = _ROUNDED[terms.rounding]
        yield (
            f"at least {seconds_text(terms.after_ms)} since {_MOMENTS[terms.timer_from]}, {rounding}",
            at("after"),
        )
    else:
        yield f"{_MOMENTS[terms.timer_from]}, however long they talked", at("timer_from")
    if terms.requires:
        yield f"the caller answered: {', '.join(terms.requires)}", at("requires")
    if terms.heard:
        yield "an answer that this rests on was given after its question was heard to the end", at("requires")
        yield "an answer that was keyed or said before that doesn't count", at("requires")
    if terms.when is not None:
        yield f"at the end of the call: {condition_text(terms.when)}", at("when")
    if terms.duplicates is not None:
        within = exact_span_text(terms.duplicates.within_ms)
        yield f"nothing was owed for the same caller in the {within} before", terms.duplicates.place.at
    for limit in terms.caps.limits() if terms.caps else ():
        yield f"{limit_text(limit, 'paid ')}; calls beyond it are not paid", at("caps")
    if terms.caps is not None:
        yield f"hours, days and months are in the {zone} time zone", at("caps")


def price_of(buyer: Buyer, campaign: Campaign, currency: str) -> str:
    if buyer.bid is None:
        return f"{format_money(buyer.price_micros)} {currency}"
    floor_micros = floor_of(buyer.bid, campaign.bidding)
    least = f", at least {format_money(floor_micros)} {currency}" if floor_micros else ""
    return f"your bid{least}"


def limit_text(limit: Limit, kind: str = "") -> str:
    """``at most 40 calls a day``, ``at most 2000.00 a day``, ``at most 2 calls at once``."""
    kind = kind or _KINDS.get(limit.what, "")
    noun = "call" if limit.most == 1 else "calls"
    most = format_money(limit.most) if limit.what == "spend" else f"{limit.most} {kind}{noun}"
    when = {"now": "at once", "total": "in all"}.get(
        limit.window, f"a{'n' * (limit.window == 'hour')} {limit.window}"
    )
    return f"at most {most} {when}"


def taken(network: Network, campaign: Campaign, buyer: Buyer) -> Iterator[Line]:
    """Which calls the buyer takes."""
    for condition in (buyer.area, buyer.accepts):
        for part in _parts(condition):
            yield condition_text(part), _place(part, buyer).at
    if buyer.area is None and buyer.accepts is None:
        yield "every caller", buyer.place.at
    if buyer.hours is not None:
        yield f"open {hours_text(buyer.hours).removeprefix('hours ')}", buyer.hours.place.at
    else:
        yield "at any hour", buyer.place.at
    limits = buyer.caps.limits()
    for limit in limits:
        yield limit_text(limit), buyer.place.at
    if any(limit.window in ("hour", "day", "month") for limit in limits):
        zone = network.zone_of(buyer)
        yield f"hours, days and months are in the {zone} time zone", buyer.place.at
    duplicates = buyer.duplicates or campaign.duplicates
    if duplicates is not None:
        yield from _had_before(duplicates)


def bidding(campaign: Campaign, buyer: Buyer) -> Iterator[Line]:
    """How a bidder is asked."""
    bid = buyer.bid
    if bid is None:
        return
    sends = ", ".join(bid.sends) or "no answers"
    yield f"you are asked at {bid.ping.url}, with {sends}, never with the caller's number", buyer.place.at
    patience_ms = min(bid.ping.timeout_ms or campaign.bidding.deadline_ms, campaign.bidding.deadline_ms)
    yield f"your bid counts if it arrives within {patience_ms} ms", buyer.place.at
    if bid.confirm is not None:
        yield f"a winning bid is confirmed at {bid.confirm.url}, with the caller's number", buyer.place.at


def delivery(flow: Flow, buyer: Buyer) -> Iterator[Line]:
    """How a call reaches the buyer."""
    yield f"calls go to {buyer.to}", buyer.place.at
    for placed in flow.nodes.values():
        node, at = placed.node, placed.place.at
        for text in node.delivery_texts() if isinstance(node, NodeType) else ():
            yield text, at
    tell = buyer.tell
    if tell is not None:
        ways = [f"by POST to {tell.webhook.url}"] if tell.webhook else []
        ways += ["by SIP headers X-Cordboard-…"] if tell.headers else []
        sends = ", ".join(tell.sends) or "no answers"
        yield f"you receive {sends} {' and '.join(ways)}", buyer.place.at


def questions(flow: Flow) -> Iterator[Line]:
    """What callers are asked, or agree to, in the words of the flow."""
    for placed in flow.nodes.values():
        node, at = placed.node, placed.place.at
        text = node.question_text(placed.name) if isinstance(node, NodeType) else ""
        if text:
            yield text, at


def recording(terms: RecordingTerms | None) -> Iterator[Line]:
    """Whether the call is recorded, and how callers are told."""
    if terms is None or terms.channels == "none":
        yield "calls are not recorded", "" if terms is None else terms.place.at
        return
    who = "only the caller" if terms.channels == "caller" else "the caller, and what the caller hears"
    until = (
        "until the caller and the buyer are connected"
        if terms.until == "bridge"
        else "to the end of the call"
    )
    yield f"recorded: {who}, {until}", terms.place.at
    if terms.announcement is not None:
        yield f"callers hear this first: “{terms.announcement.text}”", terms.place.at
    else:
        yield "callers are informed and agree before they call", terms.place.at
    if terms.keep_ms is not None:
        yield f"kept for {exact_span_text(terms.keep_ms)}", terms.place.at


def not_offered(callers: Callers | None) -> Iterator[Line]:
    """Whose calls no buyer is offered, so that nothing is owed for them."""
    if callers is None:
        return
    if callers.blocked or callers.blocked_prefixes:
        count = len(callers.blocked) + len(callers.blocked_prefixes)
        yield f"callers on the network's block list ({count} numbers and prefixes)", callers.blocked_place.at
    if callers.refuses_anonymous:
        yield "callers who withhold their number", callers.anonymous_place.at
    if callers.velocity is not None:
        span = exact_span_text(callers.velocity.within_ms)
        yield (
            f"callers who call more than {callers.velocity.calls} times in {span}",
            callers.velocity.place.at,
        )


def disputes(network: Network) -> Iterator[Line]:
    """How long amounts may still move."""
    window_ms = network.disputes.window_ms
    until = "at any time" if window_ms is None else f"for {exact_span_text(window_ms)} after the call"
    yield (
        f"a bill may be disputed {until}; correcting it may also correct the payout",
        "",
    )
    yield "corrections are new entries that refer to the one they correct; nothing is changed in place", ""


def _had_before(duplicates: Duplicates) -> Iterator[Line]:
    verbs = {"refuse": "are not sent", "route_same": "come to you first", "route_other": "come to you last"}
    had = "billed to" if duplicates.after == "billed" else "connected to"
    of_all = "any buyer of the campaign" if duplicates.then == "refuse" else "you in the campaign"
    whom = "you" if duplicates.per == "buyer" else of_all
    within = f"callers {had} {whom} in the {exact_span_text(duplicates.within_ms)} before"
    yield f"{within} {verbs[duplicates.then]}", duplicates.place.at
    if duplicates.then == "refuse":
        yield (
            "callers who withhold their number are not sent, because duplicates of them can't be recognised",
            duplicates.place.at,
        )


def _parts(condition: Condition | None) -> Sequence[Condition]:
    if condition is None:
        return ()
    return condition.children if isinstance(condition, All) else (condition,)


def _place(condition: Condition, buyer: Buyer) -> Place:
    leaves = condition.leaves()
    return leaves[0].place if leaves else buyer.place
