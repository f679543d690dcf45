"""network.yaml → a checked `Network`: who sends calls, who buys them, and on which terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar, cast

from engine.core.conditions import Condition
from engine.core.money import parse_money
from engine.exchange.bids import Bidding
from engine.exchange.caps import Caps
from engine.exchange.retention import Retention
from engine.exchange.terms import (
    Buyer,
    Campaign,
    DisputeTerms,
    Duplicates,
    LookupHosts,
    Network,
    Parameters,
    Publisher,
    Strategy,
    Terms,
    TrackedNumber,
)
from engine.exchange.webhooks import Webhook
from engine.language.areas import read_area
from engine.language.building import Builder, setting_of
from engine.language.callers import read_callers
from engine.language.dialling import read_destinations
from engine.language.flows import FlowReading
from engine.language.hours import hours_at, read_hours
from engine.language.lint.flow import warn_unquoted
from engine.language.lint.late_answers import check_late_answers
from engine.language.lint.money import DEFAULT_CURRENCY
from engine.language.lint.needs import check_needs
from engine.language.lint.network import check_network
from engine.language.lint.network_languages import check_languages
from engine.language.lint.unheard import check_unheard
from engine.language.mistakes import Mistakes
from engine.language.names import Names, union
from engine.language.recordings import read_recording
from engine.language.shapes import check_shape, subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at

DEFAULT_ZONE = "America/New_York"

Part = TypeVar("Part")


def read_network(
    document: Document,
    flows: Mapping[str, FlowReading],
    mistakes: Mistakes,
    files: Mapping[str, str] = MappingProxyType({}),
) -> Network | None:
    """Check a whole network against its flows. None where there is an error.

    `files` are the revision's, by name: what its lists may name.
    """
    own = mistakes.apart()
    if own.is_judging:
        check_shape(document, "network", own)
        check_network(document, flows, own)
    reader = _NetworkReader(document, flows, own, files)
    network = Network(
        name=text_at(document, ("network",)) or "",
        almanac=document.reference,
        currency=text_at(document, ("currency",)) or DEFAULT_CURRENCY,
        zone=text_at(document, ("zone",)) or DEFAULT_ZONE,
        numbers=reader.all_of("numbers", reader.number),
        publishers=reader.all_of("publishers", reader.publisher),
        campaigns=reader.all_of("campaigns", reader.campaign),
        buyers=reader.all_of("buyers", reader.buyer),
        disputes=reader.part(DisputeTerms, ("disputes",)) or DisputeTerms(),
        lookups=reader.part(LookupHosts, ("lookups",)) or LookupHosts(),
        models=_texts(document, ("models",)),
        machine_detection=value_at(document, ("machine_detection",)) is True,
        sells_browser_calls=value_at(document, ("sells_browser_calls",)) is True,
        schedules={key: hours for key, hours in reader.schedules.items() if hours is not None},
        callers=read_callers(document, files, own),
        webhooks=reader.all_of("webhooks", reader.webhook),
        dialling=read_destinations(document),
        retention=reader.part(Retention, ("retention",)) or Retention(),
    )
    is_whole = not own.has_errors and not mistakes.has_errors  # what is missing for a mistake is no surprise
    if own.is_judging and is_whole:
        whole = {name: reading.flow for name, reading in flows.items() if reading.flow is not None}
        check_needs(network, whole, own)
        check_late_answers(network, whole, own)
        check_unheard(network, whole, own)
        check_languages(document, network, flows, own)
    mistakes.add(*own)
    return None if own.has_errors else network


class _NetworkReader:
    """Reads the parts of one network, each by its key."""

    def __init__(
        self,
        document: Document,
        flows: Mapping[str, FlowReading],
        mistakes: Mistakes,
        files: Mapping[str, str],
    ) -> None:
        self.document = document
        self.mistakes = mistakes
        self.flows = flows
        self.files = files
        self.schedules = {
            name: read_hours(document, ("schedules", name), mistakes)
            for name in mapping_at(document, ("schedules",))
        }
        self._names: dict[frozenset[str], Names] = {}
        self._flows_of_buyer: dict[str, set[str]] = {}
        for campaign in mapping_at(document, ("campaigns",)):
            flow = text_at(document, ("campaigns", campaign, "flow"))
            buyers = value_at(document, ("campaigns", campaign, "buyers"))
            for buyer in buyers if isinstance(buyers, list) else []:
                if isinstance(buyer, str) and flow is not None:
                    self._flows_of_buyer.setdefault(buyer, set()).add(flow)

    def all_of(self, section: str, read: Callable[[str], tuple[str, Part | None]]) -> dict[str, Part]:
        """Every part of a section that can be read, by its key."""
        parts: dict[str, Part] = {}
        for key in mapping_at(self.document, (section,)):
            part = read(key)[1]
            if part is None:
                path: Pointer = (section, key)
                self.mistakes.unread(
                    self.document.key_place(path), f"{subject(path)}this version can't read it"
                )
            else:
                parts[key] = part
        return parts

    def number(self, key: str) -> tuple[str, TrackedNumber | None]:
        path = ("numbers", key)
        campaign = text_at(self.document, (*path, "campaign")) or ""
        publisher = text_at(self.document, (*path, "publisher")) or ""
        language = text_at(self.document, (*path, "language")) or ""
        carrier = text_at(self.document, (*path, "carrier")) or ""
        return key, TrackedNumber(key, campaign, publisher, self.document.key_place(path), language, carrier)

    def publisher(self, key: str) -> tuple[str, Publisher | None]:
        path = ("publishers", key)
        name = text_at(self.document, (*path, "name")) or key
        sent = self.part(Parameters, (*path, "parameters"))
        language = text_at(self.document, (*path, "language")) or ""
        return key, Publisher(key, name, self.document.key_place(path), self._caps(path), sent, language)

    def campaign(self, key: str) -> tuple[str, Campaign | None]:
        path: Pointer = ("campaigns", key)
        flow = text_at(self.document, (*path, "flow"))
        buyers = value_at(self.document, (*path, "buyers"))
        payout = None
        if self.document.has((*path, "payout")):
            names = self._names_of({flow} if flow else ())
            payout = self._terms((*path, "payout"), (*path, "payout", "amount"), names)
        if flow is None or not isinstance(buyers, list | None):
            return key, None
        members = tuple(buyer for buyer in buyers or () if isinstance(buyer, str))
        return key, Campaign(
            key,
            flow,
            members,
            payout,
            self.document.key_place(path),
            self._caps(path),
            strategy=cast("Strategy", text_at(self.document, (*path, "strategy")) or "priority"),
            duplicates=self._duplicates((*path, "duplicates"), "campaign"),
            bidding=self.part(Bidding, (*path, "bidding")) or Bidding(),
            recording=read_recording(self.document, key, self._languages_of(flow), self.mistakes),
        )

    def _languages_of(self, flow: str) -> tuple[str, ...]:
        """Those of the flow, the one that its calls begin in first."""
        reading = self.flows.get(flow)
        return () if reading is None else reading.languages or (reading.offer.language,)

    def buyer(self, key: str) -> tuple[str, Buyer | None]:
        document = self.document
        path: Pointer = ("buyers", key)
        names = self._names_of(self._flows_of_buyer.get(key, ()))
        area = read_area(document, (*path, "area"), names, self.files, self.mistakes)
        accepts = None
        if document.has((*path, "accepts")):
            accepts = names.condition(document, (*path, "accepts"), self.mistakes)
        builder = Builder(document, names, self.mistakes)
        warn_unquoted(document, (*path, "to"), f"buyer '{key}': ", self.mistakes)
        given: dict[str, object] = {
            "key": key,
            "name": text_at(document, (*path, "name")) or key,
            "accepts": accepts,
            "area": area,
            "hours": hours_at(document, (*path, "hours"), self.schedules, self.mistakes),
            "caps": self._caps(path),
            "duplicates": self._duplicates((*path, "duplicates"), "buyer"),
            "billable": self._terms((*path, "billable"), (*path, "price"), names, (area, accepts)),
        }
        for setting in ("priority", "weight"):
            if not document.has((*path, setting)):
                given[setting] = 1
        if given["billable"] is None:
            return key, None
        return key, builder.build(Buyer, path, given)

    def _duplicates(self, path: Pointer, per: str) -> Duplicates | None:
        builder = Builder(self.document, self._names_of(()), self.mistakes)
        return self._part(builder, Duplicates, path, then="refuse", per=per)

    def webhook(self, key: str) -> tuple[str, Webhook | None]:
        return key, self.part(Webhook, ("webhooks", key))

    def part(self, made: type[Part], path: Pointer) -> Part | None:
        """The settings under `path`, none of which reads an answer."""
        return self._part(Builder(self.document, self._names_of(()), self.mistakes), made, path)

    def _caps(self, path: Pointer) -> Caps:
        return self.part(Caps, (*path, "caps")) or Caps()

    def _part(self, builder: Builder, made: type[Part], path: Pointer, **defaults: object) -> Part | None:
        if not isinstance(value_at(self.document, path), dict):
            return None
        given = {name: value for name, value in defaults.items() if not self.document.has((*path, name))}
        return builder.build(made, path, given)

    def _terms(
        self,
        path: Pointer,
        amount_path: Pointer,
        names: Names,
        chosen_by: Sequence[Condition | None] = (),
    ) -> Terms | None:
        """The terms under `path`; all of them may be left out, but not the amount."""
        document = self.document
        amount = text_at(document, amount_path)
        if amount is None and document.has((*path[:-1], "bid")):
            amount = text_at(document, (*path[:-1], "bid", "floor")) or "0"  # the least that it will be
        if amount is None:
            return None
        try:
            amount_micros = parse_money(amount)
        except ValueError:
            return None
        given: dict[str, object] = {
            "amount_micros": amount_micros,
            "places": {
                part: document.key_place((*path, part))
                for part in ("after", "requires", "when", "trigger", "caps")
                if document.has((*path, part))
            },
        }
        given |= _required(document, (*path, "requires"))
        leaves = [leaf for each in chosen_by if each is not None for leaf in each.leaves()]
        given["chosen_by"] = tuple(dict.fromkeys(name for leaf in leaves for name in leaf.answers))
        defaults = {"after_ms": 0, "timer_from": "bridged", "requires": (), "when": None}
        given |= {
            field: default
            for field, default in defaults.items()
            if field not in given and not document.has((*path, setting_of(field)))
        }
        return Builder(document, names, self.mistakes).build(Terms, path, given)

    def _names_of(self, flows: Iterable[str]) -> Names:
        """What terms may read whose calls come from these flows; where none is known, from any."""
        known = frozenset(flow for flow in flows if flow in self.flows) or frozenset(self.flows)
        if known not in self._names:
            self._names[known] = union(self.flows[flow].names for flow in sorted(known))
        return self._names[known]


def _texts(document: Document, path: Pointer) -> tuple[str, ...]:
    listed = value_at(document, path)
    return tuple(each for each in listed if isinstance(each, str)) if isinstance(listed, list) else ()


def _required(document: Document, path: Pointer) -> Mapping[str, object]:
    """`requires` as a group: its answers, and whether their prompts must have been heard."""
    if not isinstance(value_at(document, path), dict):
        return {}
    named = _texts(document, (*path, "answers"))
    return {"requires": named, "heard": text_at(document, (*path, "heard")) or ""}
