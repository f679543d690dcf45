"""Other evidence for what was heard: where the caller's number is from, and what was heard before.

Rules
1. It never decides alone. Nothing is supported unless a reading is likely by its sound, and what the caller
   denied is not supported at all.
2. What is sure by its sound is left as it is, and nothing is looked up for it.
3. Readings exclude each other: each one's confidence is multiplied by its odds, and all that was heard and
   all that was not heard share what is left (Bayes). So a factor turns "read back" into "taken" only where
   little was missing, and of two near readings it says which is read back first.
4. What was used is kept with the answer (`Utterance.supports`).

Two things are known of a caller who keeps a number while moving: most live in the state of their area code,
and a ZIP that was misheard mostly lies in the same state as the right one. So the factor is small. A second
hearing is by the same ear and perhaps as wrong as the first: the odds rise by what the first hearing leaves
open if all of that were the same wrong value again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from engine.core.answers import AnswerType, Understood
from engine.core.attempts import Keys, Speech
from engine.core.behaviour import WEIGHS_OTHER_EVIDENCE
from engine.core.call import Call
from engine.core.conditions import Value
from engine.core.phone_numbers import area_of
from engine.core.support import Support
from engine.nodes.asking import Readings, all_readings, is_sure, likely, readings_of
from engine.nodes.certainty import LIKELY

_IN_AREA = 1.5
_OUT_OF_AREA = 1 / 1.5
_TWICE_AT_MOST = 3.0
_SUREST = 0.97
"""What other evidence makes of a reading at most."""


def supported_readings(
    call: Call,
    name: str,
    kind: AnswerType,
    given: Keys | Speech,
    denied: Collection[Value] = (),
    *,
    weighs: bool = False,
) -> Readings:
    """As `readings_of`, with what else the call knows; the attempt is remembered for the next one."""
    found = readings_of(kind, given, weighs=weighs)
    if not isinstance(given, Speech) or not kind.IS_SUPPORTED or call.secrecy.hides(name):
        return found
    if call.arrived.behaviour < WEIGHS_OTHER_EVIDENCE:
        return found
    heard = _each_once(all_readings(kind, given, weighs=weighs))
    earlier = call.heard_before.setdefault(name, {})
    before = {at: readings for at, readings in earlier.items() if at < given.started_at}
    earlier[given.started_at] = {reading.value: reading.confidence for reading in heard}
    if not found or is_sure(found):
        return found
    area = area_of(call.arrived.caller_number)
    open_readings = [reading for reading in heard if reading.value not in denied]
    return likely(weighed(heard, {each.value: _supports(kind, each, area, before) for each in open_readings}))


def weighed(
    readings: Iterable[Understood], supports: dict[Value, tuple[Support, ...]]
) -> tuple[Understood, ...]:
    """Each reading's confidence once what speaks for it is reckoned in; all of them exclude each other."""
    each_once = tuple(readings)
    odds = {reading.value: _product(supports.get(reading.value, ())) for reading in each_once}
    heard = sum(reading.confidence for reading in each_once)
    whole = sum(reading.confidence * odds[reading.value] for reading in each_once) + max(1e-9, 1 - heard)
    return tuple(
        replace(
            reading,
            confidence=_weighed(reading.confidence, reading.confidence * odds[reading.value] / whole),
            supports=supports.get(reading.value, ()),
        )
        for reading in each_once
    )


def _weighed(before: float, after: float) -> float:
    """What is likely by its sound stays likely enough to be read back."""
    return round(min(max(after, min(before, LIKELY)), max(before, _SUREST)), 4)


def _supports(
    kind: AnswerType, reading: Understood, area: str, before: dict[int, dict[Value, float]]
) -> tuple[Support, ...]:
    found: list[Support] = []
    fits = kind.lies_in_area(reading, area) if area else None
    if fits is not None:
        found.append(Support("area", area, round(_IN_AREA if fits else _OUT_OF_AREA, 3)))
    for at, values in before.items():
        if earlier := values.get(reading.value, 0.0):
            odds = min(_TWICE_AT_MOST, 1 / max(1e-9, 1 - earlier))
            found.append(Support("heard_before", str(at), round(odds, 3)))
    return tuple(found)


def _product(supports: Iterable[Support]) -> float:
    whole = 1.0
    for support in supports:
        whole *= support.odds
    return whole


def _each_once(readings: Iterable[Understood]) -> tuple[Understood, ...]:
    """Each value at its surest."""
    best: dict[Value, Understood] = {}
    for reading in sorted(readings, key=lambda reading: -reading.confidence):
        best.setdefault(reading.value, reading)
    return tuple(best.values())
