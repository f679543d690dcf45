"""Two revisions held against each other: what the change means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.core.events import Event
from engine.core.flow import Revision
from engine.exchange.panels import panel_of
from engine.exchange.terms import Network
from engine.language.revisions import Published
from engine.rehearsal.comparison.cases import cases_of
from engine.rehearsal.comparison.money_moved import MoneyMoved
from engine.rehearsal.comparison.reach import reach_sentences
from engine.rehearsal.comparison.settings_moved import settings_sentences


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two."""

    revision: Revision
    network: Network


def side_of(published: Published) -> Side:
    """Raises ValueError where nothing could be published."""
    if published.revision is None or published.network is None:
        raise ValueError("the network has mistakes; only what can be published can be compared")
    return Side(published.revision, published.network)


def settings_moved(old: Side, new: Side) -> list[str]:
    return list(settings_sentences(old.network, new.network))


def reach_moved(old: Side, new: Side) -> Iterator[tuple[str, str]]:
    """(campaign, sentence) for each campaign that both have."""
    for key in old.network.campaigns:
        if key not in new.network.campaigns:
            continue
        before, after = panel_of(old.network, key), panel_of(new.network, key)
        kinds = {
            **old.revision.flows[before.campaign.flow].answers,
            **new.revision.flows[after.campaign.flow].answers,
        }
        cases = cases_of((before, after), kinds)
        for sentence in reach_sentences(before, after, cases):
            yield key, sentence


def money_moved(journals: Iterable[tuple[Sequence[Event], Revision]], new: Side) -> MoneyMoved:
    """Every journal, with the revision that it ran by, under the new one."""
    moved = MoneyMoved()
    for events, own in journals:
        moved.add(events, own, new.revision)
    return moved
