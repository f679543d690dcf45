"""Digits as Spanish says them: one by one, in pairs, in hundreds and thousands, doubled, in figures.

Rules, beside those of engine.understanding.digit_runs
1. "Setenta y ocho" is 78. "Setenta ocho" is 70 and 8 or, unsure, a 78 whose "y" was swallowed.
2. A hundred takes the number that follows: "setecientos uno" is 701.
3. "Doble cero" and "dos ceros" are 00; so are "tres sietes" 777.
4. "Mil" is filled up: "setenta y ocho mil setecientos uno" is 78701.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.core.sayers.spanish import below_thousand
from engine.understanding.digit_runs import FREE, UNUSUAL, Run, is_figures, readings_by, runs_by
from engine.understanding.words import SaidWords, plain, word_set

FILLERS = word_set(
    "eh em mm mmm hm hmm ah ay este esto pues bueno mira mire oiga oye ok okay va vale a ver digamos favor"
    " por gracias entonces"
)

ONES = {below_thousand(number): number for number in range(1, 10)} | {"un": 1, "una": 1}
ZEROS = frozenset({"cero", "zero"})
TEENS = {plain(below_thousand(number)): number for number in range(10, 30)} | {
    "veintiun": 21,
    "veintiuna": 21,
    "dieciseis": 16,
}
TENS = {below_thousand(number): number for number in range(20, 100, 10)}
HUNDREDS = (
    {below_thousand(number): number for number in range(200, 1000, 100)}
    | {below_thousand(number)[:-2] + "as": number for number in range(200, 1000, 100)}
    | {"cien": 100, "ciento": 100}
)
TIMES = {"doble": 2, "triple": 3, "cuadruple": 4}

_DIGITS = {word: str(number) for word, number in ONES.items()} | dict.fromkeys(ZEROS, "0")
_MANY = {
    "ceros": "0",
    "unos": "1",
    "doses": "2",
    "treses": "3",
    "cuatros": "4",
    "cincos": "5",
    "seises": "6",
    "sietes": "7",
    "ochos": "8",
    "nueves": "9",
}
_COUNTS = {"dos": 2, "tres": 3, "cuatro": 4}
_SAID_ALONE = TEENS | TENS | HUNDREDS
_INSIDE = FILLERS | {"-", "guion", "raya", "luego", "despues", "espacio", "coma", "y"}


def is_one(texts: Sequence[str], at: int) -> bool:
    """Whether "un" or "una" counts something big here: "un millón", "treinta y un mil"."""
    following = texts[at + 1] if at + 1 < len(texts) else ""
    before = texts[at - 2 : at] if at > 1 else ()
    return following in ("mil", "millon", "ciento") or (
        len(before) == 2 and before[1] == "y" and before[0] in TENS
    )


def is_numeral(texts: Sequence[str], at: int) -> bool:
    """Whether the word can be part of a number where it stands; "una casa" is none."""
    text = texts[at]
    following = texts[at + 1] if at + 1 < len(texts) else ""
    if text in ("un", "una"):
        return is_one(texts, at)
    if text in TIMES:
        return following in _DIGITS or (is_figures(following) and len(following) == 1)
    if text in _MANY:
        return at > 0 and (texts[at - 1] in _COUNTS or texts[at - 1] in ("2", "3", "4"))
    return is_figures(text) or text in _DIGITS or text in _SAID_ALONE or text in ("mil", "cientos")


def runs(said: SaidWords) -> list[Run]:
    """Every longest stretch of numerals. A "y" between tens and ones is one of them."""
    return runs_by(_is_part, lambda texts, at: texts[at] in _INSIDE, said)


def _is_part(texts: Sequence[str], at: int) -> bool:
    return is_numeral(texts, at) or joins(texts, at)


def joins(texts: Sequence[str], at: int) -> bool:
    """Whether this is the "y" of "treinta y uno"."""
    return (
        texts[at] == "y"
        and 0 < at < len(texts) - 1
        and (texts[at - 1] in TENS or texts[at - 1] == "diez")
        and texts[at + 1] in ONES
    )


def readings(numerals: Sequence[str], longest: int) -> dict[str, float]:
    """Digits → how sure, for every way to read all the numerals with at most `longest` digits."""
    return readings_by(_units, numerals, longest)


def below_hundred(texts: Sequence[str], at: int) -> tuple[int, int] | None:
    """(past, number) of a number from 1 to 99 in words, or of one or two figures."""
    if at >= len(texts):
        return None
    text = texts[at]
    if is_figures(text):
        return (at + 1, int(text)) if len(text) <= 2 and int(text) else None
    tens = TENS.get(text) or (10 if text == "diez" else 0)
    if tens and at + 2 < len(texts) and texts[at + 1] == "y" and texts[at + 2] in ONES:
        return at + 3, tens + ONES[texts[at + 2]]
    number = tens or TEENS.get(text) or ONES.get(text)
    return (at + 1, number) if number else None


def hundreds(texts: Sequence[str], at: int) -> tuple[int, int] | None:
    """(past, number) of a number from 1 to 999 in words, or of one to three figures."""
    if at >= len(texts):
        return None
    text = texts[at]
    if is_figures(text):
        return (at + 1, int(text)) if len(text) <= 3 and int(text) else None
    past, number = at + 1, HUNDREDS.get(text, 0)
    if not number and at + 1 < len(texts) and texts[at + 1] == "cientos" and ONES.get(text, 0) > 1:
        past, number = at + 2, 100 * ONES[text]
    if not number:
        return below_hundred(texts, at)
    rest = below_hundred(texts, past)
    return (past, number) if rest is None or text == "cien" else (rest[0], number + rest[1])


def _units(numerals: Sequence[str], at: int) -> Iterator[tuple[int, str, float]]:
    """(past, digits, how sure) of everything that can begin at a numeral."""
    text = numerals[at]
    following = numerals[at + 1] if at + 1 < len(numerals) else ""
    if text in TIMES:
        if following:
            yield at + 2, _DIGITS.get(following, following) * TIMES[text], 1.0
        return
    count = _COUNTS.get(text) or (int(text) if text in ("2", "3", "4") else 0)
    if count and following in _MANY:
        yield at + 2, _MANY[following] * count, 1.0
        return
    if is_figures(text):
        yield at + 1, text, 1.0
    elif text in _DIGITS:
        yield at + 1, _DIGITS[text], 1.0
    elif text == "mil":
        yield from _thousands(numerals, at + 1, 1)
        return
    pair = below_hundred(numerals, at)
    if pair is not None and not is_figures(text) and text not in _DIGITS:
        yield pair[0], str(pair[1]), 1.0
        if text in TENS and pair[0] == at + 1 and following in ONES:
            yield at + 2, str(TENS[text] + ONES[following]), UNUSUAL
    yield from _whole_hundreds(numerals, at)
    number = hundreds(numerals, at)
    if number is not None and number[0] < len(numerals) and numerals[number[0]] == "mil":
        yield from _thousands(numerals, number[0] + 1, number[1])


def _whole_hundreds(numerals: Sequence[str], at: int) -> Iterator[tuple[int, str, float]]:
    """ "Setecientos uno" is 701; "ochocientos cinco cinco cinco" is rather 800 555."""
    text = numerals[at]
    number = hundreds(numerals, at)
    if number is None or number[1] < 100 or is_figures(text):
        return
    past, value = number
    begin = at + (1 if text in HUNDREDS else 2)
    if past == begin:
        yield past, str(value), 1.0
        return
    is_spelled = past == begin + 1 and value % 100 < 10 and past < len(numerals) and numerals[past] in _DIGITS
    yield past, str(value), UNUSUAL if is_spelled else 1.0
    yield begin, str(value // 100 * 100), 1.0 if is_spelled else UNUSUAL


def _thousands(numerals: Sequence[str], at: int, number: int) -> Iterator[tuple[int, str, float]]:
    rest = hundreds(numerals, at)
    is_end = at == len(numerals)
    if rest is None:
        yield at, f"{number}000", 1.0 if is_end else UNUSUAL
    else:
        past, small = rest
        if past == len(numerals) or numerals[past] != "mil":
            yield past, f"{number}{small:03d}", 1.0 if past == len(numerals) else UNUSUAL
    spelled = ""
    for past in range(at, len(numerals)):
        text = numerals[past]
        spelled += _DIGITS.get(text) or (text if is_figures(text) else "?")
        if len(spelled) == 3 and "?" not in spelled:
            yield past + 1, f"{number}{spelled}", FREE
