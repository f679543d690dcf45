"""What is wrong with a network beyond its shape: names that lead nowhere, parts that nobody uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.exchange.hours import NamedSchedule
from engine.language.dialling import check_destination, check_dialling, read_destinations
from engine.language.flows import FlowReading
from engine.language.hours import check_zone
from engine.language.lint.bids import check_price
from engine.language.lint.browser_calls import check_browser_calls
from engine.language.lint.flow import chooses
from engine.language.lint.joined_talks import check_joined
from engine.language.lint.kept_sounds import check_sounds_told
from engine.language.lint.lookups import check_hosts
from engine.language.lint.models import check_models
from engine.language.lint.money import check_money
from engine.language.lint.webhooks import check_webhooks
from engine.language.mistakes import Mistakes, suggestion
from engine.language.names import ASK_OTHERWISE, DECIDES_NOTHING
from engine.language.namings import named
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.nodes.settings import CampaignName, LookupUrl, Reachable


def check_network(document: Document, flows: Mapping[str, FlowReading], mistakes: Mistakes) -> None:
    """Everything that refers from one part of the network to another, or to a flow."""
    check_zone(document, ("zone",), mistakes)
    _check_numbers(document, flows, mistakes)
    _check_campaigns(document, flows, mistakes)
    _check_buyers(document, flows, mistakes)
    _check_flows(document, flows, mistakes)
    check_sounds_told(document, flows, mistakes)
    check_joined(document, flows, mistakes)
    check_webhooks(document, flows, mistakes)
    check_money(document, mistakes)
    check_dialling(document, mistakes)
    check_browser_calls(document, mistakes)
    allowed = read_destinations(document)
    for buyer in mapping_at(document, ("buyers",)):
        check_destination(allowed, document, ("buyers", buyer, "to"), mistakes)


def _refer(document: Document, path: Pointer, what: str, known: Collection[str], mistakes: Mistakes) -> None:
    """The name at a path must be one of the known."""
    name = text_at(document, path)
    if name and name not in known:
        found = f"{subject(path)}{what} '{name}' doesn't exist"
        mistakes.error(document.place(path), found, cure=suggestion(name, known))


def _check_parameters(
    document: Document, number: str, flows: Mapping[str, FlowReading], mistakes: Mistakes
) -> None:
    """What the number's publisher sends along must be answers of the flow that its calls enter."""
    publisher = text_at(document, ("numbers", number, "publisher")) or ""
    campaign = text_at(document, ("numbers", number, "campaign")) or ""
    flow = flows.get(text_at(document, ("campaigns", campaign, "flow")) or "")
    path = ("publishers", publisher, "parameters", "answers")
    for parameter in mapping_at(document, path) if flow is not None else ():
        answer = text_at(document, (*path, parameter))
        if flow is not None and answer and answer not in flow.declared:
            found = f"publisher '{publisher}': '{answer}' isn't an answer of flow '{flow.name}'"
            mistakes.error(document.place((*path, parameter)), found, cure=suggestion(answer, flow.declared))


def _given_by_publishers(document: Document) -> Mapping[str, set[str]]:
    """Flow → the answers that publishers of its numbers send along."""
    given: dict[str, set[str]] = {}
    for number in mapping_at(document, ("numbers",)):
        publisher = text_at(document, ("numbers", number, "publisher")) or ""
        campaign = text_at(document, ("numbers", number, "campaign")) or ""
        flow = text_at(document, ("campaigns", campaign, "flow")) or ""
        answers = mapping_at(document, ("publishers", publisher, "parameters", "answers"))
        given.setdefault(flow, set()).update(str(answer) for answer in answers.values())
    return given


def _check_numbers(document: Document, flows: Mapping[str, FlowReading], mistakes: Mistakes) -> None:
    campaigns = mapping_at(document, ("campaigns",))
    publishers = mapping_at(document, ("publishers",))
    served = set()
    for number in mapping_at(document, ("numbers",)):
        _refer(document, ("numbers", number, "campaign"), "campaign", campaigns, mistakes)
        _refer(document, ("numbers", number, "publisher"), "publisher", publishers, mistakes)
        _check_parameters(document, number, flows, mistakes)
        served.add(text_at(document, ("numbers", number, "campaign")))
    for both in sorted({*publishers} & {*mapping_at(document, ("buyers",))}):
        found = f"'{both}' is a buyer and a publisher; the ledger knows a party by its name alone"
        cure = f"give them two names, such as '{both}_traffic' for the publisher"
        mistakes.error(document.key_place(("publishers", both)), found, cure=cure)
    for campaign in campaigns:
        if campaign not in served:
            found = f"campaign '{campaign}' has no number, so it gets no calls"
            cure = f"add one under 'numbers': \"+1…\": {{campaign: {campaign}}}"
            mistakes.warn(document.key_place(("campaigns", campaign)), found, cure=cure)


def _check_campaigns(document: Document, flows: Mapping[str, FlowReading], mistakes: Mistakes) -> None:
    buyers = mapping_at(document, ("buyers",))
    used: set[str] = set()
    for campaign in mapping_at(document, ("campaigns",)):
        path = ("campaigns", campaign)
        _refer(document, (*path, "flow"), "flow", flows, mistakes)
        members = value_at(document, (*path, "buyers"))
        if members is None:
            _check_unsold(document, path, flows, mistakes)
        seen: set[str] = set()
        for index, buyer in enumerate(members if isinstance(members, list) else []):
            _refer(document, (*path, "buyers", index), "buyer", buyers, mistakes)
            if isinstance(buyer, str) and buyer in seen:
                found = f"campaign '{campaign}': buyer '{buyer}' is listed twice"
                mistakes.error(document.place((*path, "buyers", index)), found, cure="remove one of them")
            seen.add(buyer if isinstance(buyer, str) else "")
        used |= seen
        flow = text_at(document, (*path, "flow"))
        _check_requires(document, (*path, "payout", "requires"), [flow] if flow else [], flows, mistakes)
    for buyer in buyers:
        if buyer not in used:
            found = f"buyer '{buyer}' isn't in any campaign, so it gets no calls"
            cure = "add it to a campaign's 'buyers', or remove it"
            mistakes.warn(document.key_place(("buyers", buyer)), found, cure=cure)


def _check_unsold(
    document: Document, path: Pointer, flows: Mapping[str, FlowReading], mistakes: Mistakes
) -> None:
    """A campaign without buyers sells nothing: what would only make sense of a sale is a mistake."""
    if document.has((*path, "payout")):
        found = f"{subject(path)}it pays its publishers, but it has no buyers"
        mistakes.error(
            document.key_place((*path, "payout")), found, cure="add its buyers, or remove 'payout'"
        )
    flow = flows.get(text_at(document, (*path, "flow")) or "")
    if flow is None:
        return
    for step in flow.steps.values():
        campaign = [*named(flow.document, ("nodes", step.name), step.type, CampaignName)]
        if chooses(step) and not campaign:
            found = f"{subject(path)}it has no buyers, but node '{step.name}' of its flow chooses one"
            mistakes.error(document.key_place(path), found, cure="add 'buyers: […]'")


def _check_buyers(document: Document, flows: Mapping[str, FlowReading], mistakes: Mistakes) -> None:
    flows_of: dict[str, list[str]] = {}
    for campaign in mapping_at(document, ("campaigns",)):
        flow = text_at(document, ("campaigns", campaign, "flow"))
        members = value_at(document, ("campaigns", campaign, "buyers"))
        for buyer in members if isinstance(members, list) else []:
            if isinstance(buyer, str) and flow:
                flows_of.setdefault(buyer, []).append(flow)
    for buyer in mapping_at(document, ("buyers",)):
        path = ("buyers", buyer)
        its_flows = [flows[flow] for flow in dict.fromkeys(flows_of.get(buyer, [])) if flow in flows]
        check_price(document, buyer, its_flows, mistakes)
        _check_requires(document, (*path, "billable", "requires"), flows_of.get(buyer, []), flows, mistakes)
        _check_conflicts(document, buyer, flows_of.get(buyer, []), flows, mistakes)


def _check_requires(
    document: Document,
    path: Pointer,
    flow_names: list[str],
    flows: Mapping[str, FlowReading],
    mistakes: Mistakes,
) -> None:
    """Each flow that brings calls here must be able to give the required answers."""
    if isinstance(value_at(document, path), dict):
        path = (*path, "answers")
    required = value_at(document, path)
    for index, answer in enumerate(required if isinstance(required, list) else []):
        for name in dict.fromkeys(flow_names):
            if isinstance(answer, str) and name in flows and answer not in flows[name].declared:
                found = f"{subject(path)}it requires '{answer}', which isn't an answer of flow '{name}'"
                cure = suggestion(answer, flows[name].declared)
                mistakes.error(document.place((*path, index)), found, cure=cure)
            elif name in flows and answer in flows[name].names.free:
                found = f"{subject(path)}it requires '{answer}'{DECIDES_NOTHING}"
                mistakes.error(document.place((*path, index)), found, cure=ASK_OTHERWISE)


def _check_conflicts(
    document: Document,
    buyer: str,
    flow_names: list[str],
    flows: Mapping[str, FlowReading],
    mistakes: Mistakes,
) -> None:
    """One name must not mean text in one flow and a number in another."""
    kinds: dict[str, tuple[str, str]] = {}
    for flow in dict.fromkeys(flow_names):
        for name, kind in flows[flow].names.types.items() if flow in flows else ():
            known, other = kinds.setdefault(name, (kind, flow))
            if known != kind and document.has(("buyers", buyer, "accepts")):
                found = f"buyer '{buyer}': '{name}' is {known} in flow '{other}' but {kind} in flow '{flow}'"
                cure = "rename one of the answers, or split the buyer in two"
                mistakes.error(document.key_place(("buyers", buyer)), found, cure=cure)


def _check_flows(document: Document, flows: Mapping[str, FlowReading], mistakes: Mistakes) -> None:
    campaigns = mapping_at(document, ("campaigns",))
    schedules = mapping_at(document, ("schedules",))
    used = {text_at(document, ("campaigns", campaign, "flow")) for campaign in campaigns}
    entered = {file for flow in flows.values() for file in flow.enters}
    given = _given_by_publishers(document)
    allowed = read_destinations(document)
    for flow in flows.values():
        for answer in flow.uncollected:
            kind = flow.answers.get(answer)
            is_given = answer in given.get(flow.name, ()) or (kind is not None and kind.IS_LANGUAGE)
            if not is_given:
                found = f"answer '{answer}' is declared but never collected"
                place = flow.document.key_place(("answers", answer))
                mistakes.warn(place, found, cure="collect it, or remove it")
        for step in flow.steps.values():
            path: Pointer = ("nodes", step.name)
            for _, at in named(flow.document, path, step.type, CampaignName):
                _refer(flow.document, at, "campaign", campaigns, mistakes)
            for _, at in named(flow.document, path, step.type, NamedSchedule):
                _refer(flow.document, at, "schedule", schedules, mistakes)
            for _, at in named(flow.document, path, step.type, Reachable):
                check_destination(allowed, flow.document, at, mistakes)
            for _, at in named(flow.document, path, step.type, LookupUrl):
                check_hosts(document, flow.document, at, mistakes)
        check_models(document, flow, mistakes)
        if flow.name in used and flow.offer.must_be_entered:
            found = f"flow '{flow.name}' is in a campaign, but it only works inside another flow"
            cure = "enter it from the campaign's flow with a subflow node; it returns, or needs parameters"
            mistakes.error(flow.place, found, cure=cure)
        if flow.name not in used and flow.offer.file not in entered:
            cure = "add it to a campaign, enter it from another flow, or remove the file"
            mistakes.warn(
                flow.place, f"flow '{flow.name}' isn't in any campaign, so it gets no calls", cure=cure
            )
