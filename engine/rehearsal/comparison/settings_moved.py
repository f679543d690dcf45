"""What was written differently: buyers, campaigns, publishers and numbers, setting by setting.

What a buyer accepts is left to `reach`, which tells whom it means rather than which text moved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping

from engine.exchange.terms import Campaign, Network
from engine.rehearsal.comparison.written import settings_moved

_REACH = frozenset({"accepts", "area"})
_LISTS = frozenset({"buyers"})
_CALLERS_UNSAID = {"opted_out": "refuse"}
"""What holds of callers where the network's file says nothing of them."""


Stands = Callable[[tuple[str, ...]], bool]  # whether the new network.yaml has something at a path


def settings_sentences(old: Network, new: Network, stands: Stands = lambda path: True) -> Iterator[str]:
    """A sentence for each party that came or went, then one for each setting that changed."""
    groups: tuple[tuple[str, Mapping[str, object], Mapping[str, object]], ...] = (
        ("number", old.numbers, new.numbers),
        ("publisher", old.publishers, new.publishers),
        ("campaign", old.campaigns, new.campaigns),
        ("buyer", old.buyers, new.buyers),
    )
    for word, had, has in groups:
        for key in had:
            if key not in has:
                yield f"{word} {key} was removed"
        for key in has:
            if key not in had:
                yield f"{word} {key} was added"
    for key, campaign in new.campaigns.items():
        if key in old.campaigns:
            yield from _sold_to(old.campaigns[key], campaign)
    for word, had, has in groups:
        for key in had:
            if key in has:
                who = key if word == "buyer" else f"{word} {key}"
                left_out = _REACH | (_LISTS if word == "campaign" else frozenset())
                own = _standing(stands, (f"{word}s", key))
                for moved in settings_moved(had[key], has[key], left_out, own):
                    yield f"{who}: {moved}"
    for moved in settings_moved(_alone(old), _alone(new), stands=_standing(stands, ())):
        yield f"network: {moved}"


def _standing(stands: Stands, path: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a setting of the party at `path` is written: there, or for all of the network, or as a list."""

    def is_written(name: str) -> bool:
        steps = tuple(name.split("."))
        is_counted = any(step.isdigit() for step in steps)
        return is_counted or stands((*path, *steps)) or stands(steps)

    return is_written


def _sold_to(old: Campaign, new: Campaign) -> Iterator[str]:
    was, now = old.buyers, new.buyers
    for buyer in was:
        if buyer not in now:
            yield f"campaign {new.key}: is no longer sold to {buyer}"
    for buyer in now:
        if buyer not in was:
            yield f"campaign {new.key}: is now also sold to {buyer}"
    if was != now and sorted(was) == sorted(now) and new.strategy == "round_robin":
        yield f"campaign {new.key}: the order of its buyers changed: {', '.join(now)}"


def _alone(network: Network) -> object:
    """The network without its parties."""
    alone: dict[str, object] = {
        "network" if field.name == "name" else field.name: getattr(network, field.name)
        for field in dataclasses.fields(network)
        if field.compare and field.name not in ("numbers", "publishers", "campaigns", "buyers")
    }
    return alone if network.callers is not None else {**alone, "callers": _CALLERS_UNSAID}
