"""ZIP codes as people say them, in a sentence or alone; only those that exist.

"Seven eight seven oh one", "seven eighty seven oh one", "78701", "seventy eight thousand seven hundred
one" are one ZIP. Four digits, or six, are none: nothing is added or cut off, except an "oh" said as a
sigh, the four digits of a ZIP+4, and a start that was broken off ("seven eight, seven eight seven oh
one").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.understanding.digit_runs import Run, is_figures
from engine.understanding.languages import language_of
from engine.understanding.languages.language import Numerals
from engine.understanding.readings import UNSURE
from engine.understanding.words import SaidWords

IsZip = Callable[[str], bool]

_SIGHED = 0.9
_BROKEN_OFF = 0.7
_SAID_TWICE = 0.95
_WITH_FOUR = 0.95
_AMONG_FIGURES = 0.8


def spoken_zips(said: SaidWords, is_zip: IsZip) -> Iterator[tuple[str, float, int, int]]:
    """(code, how sure, first, past) of every reading that is a real ZIP."""
    numerals = language_of(said.tongue).numerals
    for run in numerals.runs(said):
        found = dict(_whole(numerals, run, is_zip))
        if not found and run.numerals[0] in numerals.zeros and len(run.numerals) > 1:
            rest = _whole(numerals, run.without_first(), is_zip)
            found = {code: min(sure, _SIGHED) for code, sure in rest.items()}
        for code, sure in found.items():
            yield code, sure, run.first, run.past
        if not found:
            yield from _among_figures(run, is_zip)


def _whole(numerals: Numerals, run: Run, is_zip: IsZip) -> dict[str, float]:
    found: dict[str, float] = {}
    for digits, sure in numerals.readings(run.numerals, 10).items():
        for code, factor in _codes(digits):
            if is_zip(code):
                found[code] = max(found.get(code, 0.0), sure * factor)
    return found


def _codes(digits: str) -> Iterator[tuple[str, float]]:
    """What digits can mean: five are a ZIP; more of them, a ZIP with something before or after."""
    if len(digits) == 5:
        yield digits, 1.0
    elif len(digits) == 10:
        if digits[:5] == digits[5:]:
            yield digits[:5], _SAID_TWICE
        else:
            yield digits[:5], UNSURE
            yield digits[5:], UNSURE
    elif len(digits) == 9:
        yield digits[:5], _WITH_FOUR
        if digits[5:].startswith(digits[:4]):
            yield digits[4:], _BROKEN_OFF
    elif 5 < len(digits) < 9 and digits[-5:].startswith(digits[:-5]):
        yield digits[-5:], _BROKEN_OFF


def _among_figures(run: Run, is_zip: IsZip) -> Iterator[tuple[str, float, int, int]]:
    """Five figures written together stand out among other numbers: "4 78701"."""
    for text, place in zip(run.numerals, run.places, strict=True):
        if len(text) == 5 and is_figures(text) and is_zip(text):
            yield text, _AMONG_FIGURES, place, place + 1
