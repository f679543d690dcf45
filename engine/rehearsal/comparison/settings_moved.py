"""What was written differently: buyers, campaigns, publishers and numbers, setting by setting.

What a buyer accepts is left to `reach`, which tells whom it means rather than which text moved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from engine.core.conditions import All, AnyOf, Clause, Condition, Not
from engine.core.money import format_money
from engine.core.places import Place
from engine.exchange.hours import hours_text
from engine.exchange.spans import seconds_text, span_text
from engine.exchange.terms import Hours, Network

_TOLD_ELSEWHERE = frozenset({"key", "place", "places", "accepts", "area", "blocked_place", "anonymous_place"})
_LONG_MS = 3_600_000


def settings_sentences(old: Network, new: Network) -> Iterator[str]:
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
                yield f"{word} {key} is gone"
        for key in has:
            if key not in had:
                yield f"{word} {key} is new"
    for word, had, has in groups:
        for key in had:
            if key in has:
                yield from _moved(key if word == "buyer" else f"{word} {key}", had[key], has[key])
    yield from _moved("network", _alone(old), _alone(new))


def _moved(who: str, old: object, new: object) -> Iterator[str]:
    before, after = dict(_settings(old)), dict(_settings(new))
    for name in [*before, *(name for name in after if name not in before)]:
        was, now = before.get(name, "none"), after.get(name, "none")
        if was != now:
            yield f"{who}: {name} {was} → {now}"


def _alone(network: Network) -> object:
    """The network without its parties."""
    return {
        field.name: getattr(network, field.name)
        for field in dataclasses.fields(network)
        if field.name not in ("numbers", "publishers", "campaigns", "buyers")
    }


def _settings(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every setting by its name, as text; what is not set is left out."""
    if value is None or isinstance(value, Place):
        return
    if isinstance(value, Hours):
        yield name, hours_text(value)
    elif isinstance(value, Clause | All | AnyOf | Not):
        yield name, condition_text(value)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in _TOLD_ELSEWHERE:
                yield from _settings(getattr(value, field.name), _joined(name, field.name))
    elif isinstance(value, Mapping):
        for key, held in value.items():
            if key not in _TOLD_ELSEWHERE:
                yield from _settings(held, _joined(name, str(key)))
    elif isinstance(value, frozenset | set):
        yield (
            name,
            f"{len(value)} entries" if len(value) > 6 else ", ".join(sorted(map(str, value))) or "none",
        )
    elif isinstance(value, tuple | list):
        yield name, ", ".join(map(str, value)) or "none"
    else:
        yield _unitless(name), _text(name, value)


def condition_text(condition: Condition) -> str:
    """A condition on one line: ``zip.state == "TX" and (need == "replace" or insurance == "claim")``."""
    if isinstance(condition, Clause):
        return condition.text
    if isinstance(condition, Not):
        return f"not ({condition_text(condition.child)})"
    word = " and " if isinstance(condition, All) else " or "
    parts = [
        f"({condition_text(child)})" if isinstance(child, All | AnyOf) else condition_text(child)
        for child in condition.children
    ]
    return word.join(parts)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and name.endswith("_micros"):
        return format_money(value)
    if isinstance(value, int) and name.endswith("_ms"):
        return span_text(value) if value >= _LONG_MS else seconds_text(value)
    return str(value)


def _unitless(name: str) -> str:
    return name.removesuffix("_micros").removesuffix("_ms").replace("billable.amount", "price")


def _joined(name: str, field: str) -> str:
    return f"{name}.{field}" if name else field
