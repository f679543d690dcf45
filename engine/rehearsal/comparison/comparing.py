"""Two revisions held against each other: what the change means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.core.flow import Revision
from engine.exchange.panels import panel_of
from engine.exchange.terms import Network
from engine.language.revisions import NETWORK_FILE, Published
from engine.language.yaml.documents import load as load_document
from engine.rehearsal.comparison.cases import MOST_COMBINATIONS, cases_of, combinations_of
from engine.rehearsal.comparison.conditions_moved import conditions_sentences
from engine.rehearsal.comparison.flows_moved import flow_sentences
from engine.rehearsal.comparison.reach import new_option_sentences, reach_sentences
from engine.rehearsal.comparison.renames import renamed_network, renames_of
from engine.rehearsal.comparison.settings_moved import settings_sentences


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two."""

    revision: Revision
    network: Network
    files: Mapping[str, str] = field(default_factory=dict)


def side_of(published: Published) -> Side:
    """Raises ValueError where nothing could be published."""
    if published.revision is None or published.network is None:
        raise ValueError("the network has errors; fix them before comparing")
    return Side(published.revision, published.network, published.files)


def are_flows_moved(old: Side, new: Side) -> bool:
    """Whether some call would hear something else, or go another way, before it comes to buyers."""
    return _flows_of(old) != _flows_of(new) or any(flow_sentences(old.revision.flows, new.revision.flows))


def _flows_of(side: Side) -> Mapping[str, str]:
    """The flow that each number leads to."""
    campaigns = side.network.campaigns
    return {number: campaigns[each.campaign].flow for number, each in side.network.numbers.items()}


def settings_moved(old: Side, new: Side) -> list[str]:
    """Names, then parties and their settings, then the flows'."""
    renames = renames_of(old.network, new.network)
    document, _ = load_document(new.files.get(NETWORK_FILE, ""), NETWORK_FILE)

    def stands(path: tuple[str, ...]) -> bool:
        return document is None or document.has(path)

    return [
        *renames.sentences(),
        *settings_sentences(renamed_network(old.network, renames), new.network, stands),
        *flow_sentences(old.revision.flows, new.revision.flows),
    ]


def reach_moved(old: Side, new: Side) -> Iterator[tuple[str, str]]:
    """(campaign, sentence) for each campaign that both have."""
    network = renamed_network(old.network, renames_of(old.network, new.network))
    for key in network.campaigns:
        if key not in new.network.campaigns:
            continue
        before, after = panel_of(network, key), panel_of(new.network, key)
        had = old.revision.flows[before.campaign.flow].answers
        has = new.revision.flows[after.campaign.flow].answers
        kinds, panels = {**had, **has}, (before, after)
        cases = cases_of(panels, kinds)
        reach = list(reach_sentences(before, after, cases))
        for sentence in reach:
            yield key, sentence
        there_are = combinations_of(panels, kinds)
        for sentence in conditions_sentences(
            before, after, kinds, reach, is_whole=there_are <= MOST_COMBINATIONS
        ):
            yield key, sentence
        for sentence in new_option_sentences(had, has, after, cases):
            yield key, sentence
        if there_are > MOST_COMBINATIONS:
            yield key, f"looked at {MOST_COMBINATIONS:,} of {there_are:,} combinations of answers"
