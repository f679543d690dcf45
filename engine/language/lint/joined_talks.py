"""Talks that the carrier is to join, in calls that are recorded here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.flows import FlowReading
from engine.language.mistakes import Mistakes
from engine.language.recordings import is_recorded
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at

_VIA = "via"


def check_joined(network: Document, flows: Mapping[str, FlowReading], mistakes: Mistakes) -> None:
    """A talk that only the carrier may join cannot be recorded by us."""
    by_file = {flow.offer.file: flow for flow in flows.values()}
    told: set[tuple[str, str]] = set()
    for campaign in mapping_at(network, ("campaigns",)):
        entered = flows.get(text_at(network, ("campaigns", campaign, "flow")) or "")
        if entered is None or not is_recorded(network, campaign):
            continue
        for flow in _reached(entered, by_file):
            for step in flow.steps.values():
                where: Pointer = ("nodes", step.name, _VIA)
                if text_at(flow.document, where) != "carrier" or (flow.name, step.name) in told:
                    continue
                told.add((flow.name, step.name))
                found = f"node '{step.name}': a talk that the carrier joins can't be recorded here, "
                found += f"but campaign '{campaign}' is recorded"
                cure = "write 'via: auto', which goes through the engine if the call is recorded, "
                cure += "or 'recording: {channels: none}' in the campaign"
                mistakes.error(flow.document.place(where), found, cure=cure)


def _reached(flow: FlowReading, by_file: Mapping[str, FlowReading]) -> Iterator[FlowReading]:
    """The flow and those that it enters, each once."""
    left, seen = [flow], {flow.name}
    while left:
        one = left.pop()
        yield one
        for file in one.enters:
            other = by_file.get(file)
            if other is not None and other.name not in seen:
                seen.add(other.name)
                left.append(other)
