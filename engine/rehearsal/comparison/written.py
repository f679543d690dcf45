"""Any setting as an operator writes it: every field of a party, an answer or a node by its path, as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.core.conditions import All, AnyOf, Clause, Condition, Not
from engine.core.expressions import Expression
from engine.core.money import format_money
from engine.core.places import Place
from engine.core.prompts import Prompt
from engine.exchange.hours import hours_text
from engine.exchange.spans import exact_span_text
from engine.exchange.terms import Buyer, Callers, Hours

# A place is no setting; a key is the name under which the setting stands.
_NO_SETTINGS = frozenset({"key", "place", "places", "blocked_place", "anonymous_place"})
_NAMED_AT_MOST = 4


@dataclass(frozen=True, slots=True)
class Written:
    """A setting's text; `entries` where it is a set, whose members come and go one by one."""

    text: str
    entries: frozenset[str] | None = None


def settings(value: object, leave_out: frozenset[str] = frozenset()) -> Mapping[str, Written]:
    """Every setting by its name; what is not set is left out."""
    return dict(_settings(value, "", leave_out | _NO_SETTINGS))


def settings_moved(
    old: object,
    new: object,
    leave_out: frozenset[str] = frozenset(),
    stands: Callable[[str], bool] | None = None,
) -> Iterator[str]:
    """``price 38.00 → 60.00``, ``blocked gains +15125550166``.

    `stands` says of a setting's path whether the new network has it; what it has not is the default.
    """
    before, after = settings(old, leave_out), settings(new, leave_out)
    for name in [*before, *(name for name in after if name not in before)]:
        was, now = before.get(name), after.get(name)
        if was == now or (was is None and now == Written("none")):
            continue
        sets = [each.entries for each in (was, now) if each is not None]
        if all(entries is not None for entries in sets):
            yield from _entries_moved(name, was, now)
        else:
            is_default = now is not None and stands is not None and not stands(name)
            default = " (the default)" if is_default else ""
            yield f"{name} {was.text if was else 'none'} → {now.text if now else 'none'}{default}".lstrip()


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


def _entries_moved(name: str, was: Written | None, now: Written | None) -> Iterator[str]:
    had = (was.entries if was else None) or frozenset()
    has = (now.entries if now else None) or frozenset()
    for verb, some in (("loses", had - has), ("gains", has - had)):
        if some:
            named = ", ".join(sorted(some)[:_NAMED_AT_MOST])
            more = f" and {len(some) - _NAMED_AT_MOST} more" if len(some) > _NAMED_AT_MOST else ""
            yield f"{name} {verb} {named}{more}"


def _settings(value: object, name: str, leave_out: frozenset[str]) -> Iterator[tuple[str, Written]]:
    if value is None or value == "" or isinstance(value, Place) or callable(value):
        return
    whole = _whole(value)
    if whole is not None:
        yield name, whole
        return
    parts = _parts(value, leave_out)
    if parts is not None:
        for part, held in parts:
            yield from _settings(held, f"{name}.{part}" if name else part, leave_out)
    else:
        yield _unitless(name), Written(_text(name, value))


def _whole(value: object) -> Written | None:
    """What is told in one piece."""
    match value:
        case Hours():
            return Written(hours_text(value).removeprefix("hours "))
        case Clause() | All() | AnyOf() | Not():
            return Written(condition_text(value))
        case Expression():
            return Written(value.text)
        case Prompt():
            sound = value.audio_sha256
            return Written(f"“{value.text}”" + (f", said by sound {sound[:12]}" if sound else ""))
        case frozenset() | set():
            return Written("", frozenset(map(str, value)))
        case tuple() | list() if not any(map(dataclasses.is_dataclass, value)):
            return Written(", ".join(map(str, value)) or "none")
    return None


def _parts(value: object, leave_out: frozenset[str]) -> Sequence[tuple[str, object]] | None:
    """What is told setting by setting; None for a single value."""
    if isinstance(value, Callers):
        return _parts_of_callers(value)
    if isinstance(value, Mapping):
        return [(str(key), held) for key, held in value.items()]
    if isinstance(value, tuple | list):
        return [(str(number), held) for number, held in enumerate(value, start=1)]
    if dataclasses.is_dataclass(value):
        fields = [field for field in dataclasses.fields(value) if field.init and field.name not in leave_out]
        parts = [(field.name.rstrip("_"), getattr(value, field.name)) for field in fields]
        if isinstance(value, Buyer) and value.bid is not None:
            return [(name, _without_price(part) if part is value.billable else part) for name, part in parts]
        return parts
    return None


def _without_price(terms: object) -> object:
    """The terms of a bidder: its price is what it bids, and at least its floor, which is told as that."""
    parts = _parts(terms, _NO_SETTINGS) or ()
    return {name: part for name, part in parts if name != "amount_micros"}


def _parts_of_callers(callers: Callers) -> Sequence[tuple[str, object]]:
    prefixes = {f"{prefix}*" for prefix in callers.blocked_prefixes}
    return (
        ("blocked", frozenset(callers.blocked | prefixes)),
        ("anonymous", "refuse" if callers.refuses_anonymous else "accept"),
        ("velocity", callers.velocity),
        ("opted_out", "refuse" if callers.refuses_opted_out else "accept"),
    )


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and name.endswith("_micros"):
        return format_money(value)
    if isinstance(value, int) and name.endswith("_ms"):
        return f"{value}ms" if value % 1000 else exact_span_text(value)
    return str(value)


def _unitless(name: str) -> str:
    return name.removesuffix("_micros").removesuffix("_ms").replace("billable.amount", "price")
