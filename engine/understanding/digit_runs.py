"""Digits as people say them: one by one, doubled, in pairs, in hundreds and thousands, in figures.

Rules
1. A run is a stretch of numerals; fillers and dashes inside it are passed over. A run is read whole: no
   code is ever cut out of a longer one.
2. "Ninety two" is 92, never 90 and 2: "ninety two ten" has four digits.
3. A hundred takes the number that follows ("seven hundred eighty seven" → 787) or leaves it beside
   itself ("eight hundred five five five" → 800 555). Both are readings; the less usual is less sure.
4. A thousand is filled up: "ten thousand one" → 10001.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.understanding.words import FILLERS, SaidWords, word_set

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ONES = {word: number for number, word in enumerate(_ONES)}
TEENS = {word: number for number, word in enumerate(_TEENS, 10)}
TENS = {word: 10 * number for number, word in enumerate(_TENS, 2)} | {"fourty": 40}
ZEROS = frozenset({"oh", "o", "zero", "nought", "naught"})
TIMES = {"double": 2, "triple": 3, "treble": 3}

_DIGITS = {word: str(number) for word, number in ONES.items()} | dict.fromkeys(ZEROS, "0")
_HEARD_AS = {"to": "2", "too": "2", "for": "4", "fore": "4", "ate": "8", "won": "1"}
_SCALE_WORDS = frozenset({"hundred", "thousand"})
_INSIDE = FILLERS | {"-", "dash", "hyphen", "then", "space", "comma"}
_EXCLAIMED_BEFORE = word_set("no nope wait sorry yes yeah yep i my well god actually its it thats")

UNUSUAL = 0.75  # a reading that a listener would ask about
FREE = 0.85
_MISHEARD = 0.8


Stands = Callable[[Sequence[str], int], bool]
"""Whether the word at a place is such a one."""


@dataclass(frozen=True, slots=True)
class Run:
    """The numerals from word `first` to `past`, what lies between them left out."""

    first: int
    past: int
    numerals: tuple[str, ...]
    places: tuple[int, ...]  # the word of each numeral

    def without_first(self) -> Run:
        return Run(self.places[1], self.past, self.numerals[1:], self.places[1:])


def is_figures(text: str) -> bool:
    return text.isascii() and text.isdigit()


def is_numeral(texts: Sequence[str], at: int) -> bool:
    """Whether the word can be part of a number where it stands; "oh no" is no zero."""
    text = texts[at]
    following = texts[at + 1] if at + 1 < len(texts) else ""
    if text in ("oh", "o"):
        return following not in _EXCLAIMED_BEFORE
    if text in TIMES:
        return following in _DIGITS or (is_figures(following) and len(following) == 1)
    if text == "a":
        return following in ("hundred", "thousand")
    return is_figures(text) or text in _DIGITS or text in TEENS or text in TENS or text in _SCALE_WORDS


def runs(said: SaidWords) -> list[Run]:
    """Every longest stretch of numerals."""
    return runs_by(lambda texts, at: is_numeral(texts, at) or _is_misheard(texts, at), _is_inside, said)


def runs_by(is_part: Stands, is_inside: Stands, said: SaidWords) -> list[Run]:
    """The same, by what is a part of a run in a language, and what may stand inside one."""
    found: list[Run] = []
    texts = said.texts
    places: list[int] = []
    for at in range(len(texts) + 1):
        is_end = at == len(texts)
        is_here = not is_end and is_part(texts, at)
        if places and (_parts_codes(said, places[-1], at) if is_here else is_end or not is_inside(texts, at)):
            numerals = tuple(texts[place] for place in places)
            found.append(Run(places[0], places[-1] + 1, numerals, tuple(places)))
            places = []
        if is_here:
            places.append(at)
    return found


def _is_misheard(texts: Sequence[str], at: int) -> bool:
    """ "To" between two digits is a recogniser's two."""
    around = (texts[at - 1] if at else "", texts[at + 1] if at + 1 < len(texts) else "")
    return texts[at] in _HEARD_AS and all(text in _DIGITS for text in around)


def _parts_codes(said: SaidWords, last: int, at: int) -> bool:
    """A pause beside a whole code in figures parts it from the next: "78701, 78702"."""
    texts = said.texts
    longest = max(len(text) if is_figures(text) else 0 for text in (texts[last], texts[at]))
    return longest >= 5 and said.words[at].after_pause


def _is_inside(texts: Sequence[str], at: int) -> bool:
    return texts[at] in _INSIDE or (texts[at] == "and" and texts[at - 1] in _SCALE_WORDS)


def readings(numerals: Sequence[str], longest: int) -> dict[str, float]:
    """Digits → how sure, for every way to read all the numerals with at most `longest` digits."""
    return readings_by(_units, numerals, longest)


Units = Callable[[Sequence[str], int], Iterator[tuple[int, str, float]]]
"""(past, digits, how sure) of everything that can begin at a numeral."""


def readings_by(units: Units, numerals: Sequence[str], longest: int) -> dict[str, float]:
    """The same, by the units of a language."""
    # From the end: ways[at] holds the readings of the numerals from `at` on.
    ways: list[dict[str, float]] = [{} for _ in numerals] + [{"": 1.0}]
    for at in range(len(numerals) - 1, -1, -1):
        for past, digits, sure in units(numerals, at):
            for rest, rest_sure in ways[past].items():
                if len(digits) + len(rest) <= longest:
                    whole = digits + rest
                    ways[at][whole] = max(ways[at].get(whole, 0.0), min(sure, rest_sure))
    return ways[0]


def below_hundred(numerals: Sequence[str], at: int) -> tuple[int, int] | None:
    """(past, number) of a number from 1 to 99 in words, or of one or two figures."""
    if at >= len(numerals):
        return None
    text = numerals[at]
    if text == "a":
        return at + 1, 1
    if is_figures(text):
        return (at + 1, int(text)) if len(text) <= 2 and int(text) else None
    if text in TENS:
        ones = ONES.get(numerals[at + 1], 0) if at + 1 < len(numerals) else 0
        return (at + 2, TENS[text] + ones) if ones else (at + 1, TENS[text])
    number = TEENS.get(text) or ONES.get(text)
    return (at + 1, number) if number else None


def _units(numerals: Sequence[str], at: int) -> Iterator[tuple[int, str, float]]:
    """(past, digits, how sure) of everything that can begin at a numeral."""
    text = numerals[at]
    if text in TIMES:
        once = _DIGITS.get(numerals[at + 1], numerals[at + 1])
        yield at + 2, once * TIMES[text], 1.0
        return
    if is_figures(text):
        yield from _figures(numerals, at)
    elif text in _DIGITS:
        yield at + 1, _DIGITS[text], 1.0
    elif text in _HEARD_AS:
        yield at + 1, _HEARD_AS[text], _MISHEARD
    group = below_hundred(numerals, at)
    if group is None:
        return
    past, number = group
    if not is_figures(text) and text not in _DIGITS and text != "a":
        yield past, str(number), 1.0
    if past < len(numerals) and numerals[past] == "hundred":
        yield from _hundreds(numerals, past + 1, number)
    if past < len(numerals) and numerals[past] == "thousand":
        yield from _thousands(numerals, past + 1, number)


def _figures(numerals: Sequence[str], at: int) -> Iterator[tuple[int, str, float]]:
    text = numerals[at]
    following = numerals[at + 1] if at + 1 < len(numerals) else ""
    if len(text) == 2 and text[1] == "0" != text[0] and len(following) == 1 and following in "123456789":
        yield at + 2, text[0] + following, UNUSUAL  # "90 2" may be a recogniser's ninety-two
        yield at + 1, text, UNUSUAL
    else:
        yield at + 1, text, 1.0


def _hundreds(numerals: Sequence[str], at: int, number: int) -> Iterator[tuple[int, str, float]]:
    rest = below_hundred(numerals, at)
    is_alone = rest is None or numerals[at] == "a"
    one_by_one = (
        rest is not None
        and rest[0] == at + 1
        and rest[1] < 10
        and at + 1 < len(numerals)
        and numerals[at + 1] in _DIGITS
    )
    yield at, f"{number}00", 1.0 if is_alone or one_by_one else UNUSUAL
    if rest is not None and not is_alone:
        yield rest[0], str(100 * number + rest[1]), UNUSUAL if one_by_one else 1.0


def _thousands(numerals: Sequence[str], at: int, number: int) -> Iterator[tuple[int, str, float]]:
    rest = below_hundred(numerals, at)
    if rest is None:
        yield at, f"{number}000", 1.0 if at == len(numerals) else UNUSUAL
    if rest is not None:
        past, small = rest
        if past < len(numerals) and numerals[past] == "hundred":
            if small < 10:
                for end, digits, sure in _hundreds(numerals, past + 1, small):
                    if len(digits) == 3:
                        yield end, f"{number}{digits}", sure
        else:
            yield past, f"{number}{small:03d}", 1.0 if past == len(numerals) else UNUSUAL
    spelled = ""
    for past in range(at, len(numerals)):
        text = numerals[past]
        spelled += _DIGITS.get(text) or (text if is_figures(text) else "?")
        if len(spelled) == 3 and "?" not in spelled:
            yield past + 1, f"{number}{spelled}", FREE
