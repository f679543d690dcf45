"""Letters and digits as people spell them: "B as in boy, double L, seven oh three", "Bravo Lima Lima".

Rules
1. A run is a stretch of spelled letters and digits; fillers and dashes inside it are passed over. A run is
   read whole: nothing is cut out of a longer one.
2. "B as in boy" is B. Where letter and word differ ("D as in boy") the word is likelier, and neither is sure.
3. "Double U" is W, and "double L" is LL. Other words than letters' names may be one ("you", "see"), and
   are unsure.
4. "Oh" is a digit beside a digit, else the letter, and may be the other; where only one can stand, it is
   that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.core.answers import Understood
from engine.understanding.digit_runs import ONES, TEENS, TENS, TIMES, is_figures
from engine.understanding.letter_names import ALPHABET, AS_IN, SOUNDS_LIKE, SPELLED_OUT
from engine.understanding.readings import UNSURE, CandidateReading, meaningful, settled
from engine.understanding.spelled_forms import SpelledForms
from engine.understanding.words import FILLERS, SaidWords, utterance, word_set

_INSIDE = FILLERS | word_set("- dash hyphen space then and capital letter letters number lowercase uppercase")
_OH = frozenset({"o", "oh"})
_NEVER_A_LETTER = 0.75  # a word that mostly means something else
_OTHER_WAY = 0.7  # "oh" as what it less likely is
_WORD_OF_TWO, _LETTER_OF_TWO = 0.75, 0.6  # "D as in boy"
_MOST_READINGS = 32
_SHORT = 3
_FIGURES = re.compile(r"([0-9]+)(?:[.]([0-9]+))?(st|nd|rd|th|k|m|)", re.ASCII)

Ways = tuple[tuple[str, float], ...]
"""What a piece may stand for, in capitals, and how surely."""


@dataclass(frozen=True, slots=True)
class _SpelledPiece:
    """A letter, a digit or several, from word `first` to `past`."""

    first: int
    past: int
    ways: Ways
    ohs: int = 0  # so many "oh" are all of it


def spelled_readings(
    words: str, forms: SpelledForms, understood: Callable[[str], Understood]
) -> tuple[Understood, ...]:
    """What the words spell, best first."""
    said = utterance(words)
    candidates: list[CandidateReading] = []
    for pieces in _runs(said):
        first, past = pieces[0].first, pieces[-1].past
        others = len(meaningful(said, first, past))
        for text, sure in _readings(pieces, forms).items():
            limit = UNSURE if len(text) < 3 and others > 3 else 1.0
            candidates.append(CandidateReading(understood(text), first, past, min(sure, limit)))
    return settled(said, candidates)


def _runs(said: SaidWords) -> list[list[_SpelledPiece]]:
    found: list[list[_SpelledPiece]] = []
    run: list[_SpelledPiece] = []
    at = 0
    while at < len(said.words):
        piece = _piece(said, at)
        if piece is not None:
            run.append(piece)
            at = piece.past
            continue
        if said.words[at].text not in _INSIDE and run:
            found.append(run)
            run = []
        at += 1
    return [*found, run] if run else found


def _readings(pieces: Sequence[_SpelledPiece], forms: SpelledForms) -> dict[str, float]:
    """Every whole text, with its confidence."""
    ways: dict[str, float] = {"": 1.0}
    for number, piece in enumerate(pieces):
        grown: dict[str, float] = {}
        for text, sure in ways.items():
            for more, own in _weighed(pieces, number, forms) if piece.ohs else piece.ways:
                whole = text + more
                if forms.begins(whole):
                    grown[whole] = max(grown.get(whole, 0.0), min(sure, own))
        best = sorted(grown.items(), key=lambda way: -way[1])[:_MOST_READINGS]
        ways = dict(best)
    return {text: sure for text, sure in ways.items() if forms.is_whole(text)}


def _weighed(pieces: Sequence[_SpelledPiece], number: int, forms: SpelledForms) -> Ways:
    """An "oh" beside a digit is one, else a letter; masks know better."""
    letters, digits = "O" * pieces[number].ohs, "0" * pieces[number].ohs
    if forms.masks:
        return ((letters, 1.0), (digits, 1.0))
    beside = pieces[number - 1] if number else pieces[1] if len(pieces) > 1 else None
    is_digit = beside is not None and not beside.ohs and beside.ways[0][0][-1].isdigit()
    if is_digit and forms.has_digits:
        return ((digits, 1.0), (letters, _OTHER_WAY))
    return ((letters, 1.0), (digits, _OTHER_WAY))


def _piece(said: SaidWords, at: int) -> _SpelledPiece | None:
    texts = said.texts
    text, following = texts[at], texts[at + 1] if at + 1 < len(texts) else ""
    if text == "double" and following in ("u", "you"):
        return _SpelledPiece(at, at + 2, (("W", 1.0), ("UU", UNSURE)))
    if text in TIMES:
        once = _piece(said, at + 1) if at + 1 < len(texts) else None
        if once is None or any(len(way) > 1 for way, _ in once.ways):
            return None
        times = TIMES[text]
        repeated = tuple((way * times, sure) for way, sure in once.ways)
        return _SpelledPiece(at, once.past, repeated, times * once.ohs)
    if text in _OH:
        return _with_word(said, _SpelledPiece(at, at + 1, (("O", 1.0), ("0", _OTHER_WAY)), ohs=1))
    ways = _ways(said, at)
    if ways is None and (text, following) == ("x", "ray"):
        ways = (("X", 1.0),)
    if ways is None:
        return None
    past = at + 1
    if text == "x" and following == "ray":
        past = at + 2
    elif text in TENS and following in ONES and ONES[following]:
        past, ways = at + 2, ((str(TENS[text] + ONES[following]), 1.0),)
    return _with_word(said, _SpelledPiece(at, past, ways))


def _ways(said: SaidWords, at: int) -> Ways | None:
    """What the word itself stands for."""
    word = said.words[at]
    text = word.text
    if figures := _FIGURES.fullmatch(text):  # recognisers write 7K and 982.5 as well
        return ((figures[1] + (figures[2] or "") + figures[3].upper(), 1.0),)
    if len(text) == 1 and text.isascii() and text.isalpha():
        return ((text.upper(), 1.0),)
    number = ONES.get(text, TEENS.get(text, TENS.get(text)))
    if number is not None:
        return ((str(number), 1.0),)
    if text in ALPHABET:
        return ((ALPHABET[text], 1.0),)
    if text in SPELLED_OUT:
        return ((SPELLED_OUT[text], 1.0),)
    written = said.source[word.begin : word.end]
    if written.isascii() and written.isalpha() and (written.isupper() or _is_beside_figures(said, at)):
        return ((written.upper(), 1.0),)  # ABC, Tx479
    if text in SOUNDS_LIKE:
        return ((SOUNDS_LIKE[text], _NEVER_A_LETTER),)
    return None


def _is_beside_figures(said: SaidWords, at: int) -> bool:
    """Whether a figure is written right beside a short word."""
    word = said.words[at]
    beside = said.source[max(0, word.begin - 1) : word.begin] + said.source[word.end : word.end + 1]
    return word.end - word.begin <= _SHORT and any(is_figures(sign) for sign in beside)


def _with_word(said: SaidWords, piece: _SpelledPiece) -> _SpelledPiece:
    """The letter that a word after "as in" tells."""
    texts = said.texts
    for joined in AS_IN:
        past = piece.past + len(joined)
        if texts[piece.past : past] != joined or past >= len(texts):
            continue
        initial = texts[past][0].upper()
        letters = {way for way, _ in piece.ways}
        if len(joined) == 1 and (initial not in letters or len(texts[past]) == 1):
            continue  # "B for seven", "A and A": no word for it
        if not initial.isascii() or not initial.isalpha() or any(len(way) > 1 for way in letters):
            continue
        if initial in letters:
            return _SpelledPiece(piece.first, past + 1, ((initial, 1.0),))
        told = piece.ways[0][0]
        return _SpelledPiece(piece.first, past + 1, ((initial, _WORD_OF_TWO), (told, _LETTER_OF_TWO)))
    return piece
