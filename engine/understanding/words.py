"""What a caller said, as words that keep their place in the text.

Words are in small letters without accents or apostrophes ("don't" → `dont`), hyphens part them, figures
keep their digits ("1,200" → `1200`). A place that another answer has used up is a `|`: no reading crosses
it. A text knows its tongue, by which its words are read; Spanish figures take a comma for the point as well
("45,50"), and a point for thousands ("1.200").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

BARRIER = "|"


def word_set(text: str) -> frozenset[str]:
    """A lexicon of single words, parted by spaces."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[tuple[str, ...]]:
    """A lexicon of phrases, parted by commas and written as words come out: no apostrophes."""
    return frozenset(tuple(part.split()) for part in text.split(",") if part.strip())


FILLERS = word_set("uh um er erm ah eh hmm hm mm well so like just please thanks okay ok alright basically")
"""Said without meaning, at the beginning, in the middle or at the end."""

_FIGURES = {
    "en": r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:(?:st|nd|rd|th|k|m)(?![^\W_]))?",
    "es": r"(?:[0-9]{1,3}(?:[.,][0-9]{3})+(?![0-9])(?:[.,][0-9]{1,2}(?![0-9.,]))?"
    r"|(?<![0-9][.,])[0-9]+[.,][0-9]{1,2}(?![.,]?[0-9])|[0-9]+)(?:(?:[\xba\xaa]|er|ro|ra)(?![^\W_]))?",
}


def _tokens(figures: str) -> re.Pattern[str]:
    return re.compile(
        r"(?P<barrier>\|+)"
        rf"|(?P<figures>{figures})"
        r"|(?P<symbol>[$/#%*+]|(?<=\d)-(?=\d))"
        r"|(?P<word>[^\W\d_]+(?:['\u2019][^\W\d_]+)*)"
        r"|(?P<pause>[,.;:!?\xa1\xbf\u2026\u2013\u2014])",
        re.IGNORECASE,
    )


_TOKENS = {tongue: _tokens(figures) for tongue, figures in _FIGURES.items()}


@dataclass(frozen=True, slots=True)
class Word:
    """One word, where it stands in the text, and whether a comma or the like comes before it."""

    text: str
    begin: int
    end: int
    after_pause: bool = False


@dataclass(frozen=True, slots=True)
class SaidWords:
    """The text and its words; a stretch of words is given as (first, past), past not included."""

    source: str
    words: tuple[Word, ...]
    tongue: str = "en"

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(word.text for word in self.words)

    def span(self, first: int, past: int) -> tuple[int, int]:
        """Where these words begin and end in the text."""
        return self.words[first].begin, self.words[past - 1].end

    def heard(self, first: int, past: int) -> str:
        """The words as they were said."""
        begin, end = self.span(first, past)
        return self.source[begin:end]


def utterance(source: str, tongue: str = "en") -> SaidWords:
    """The words of a text; whatever is neither a word nor a figure parts words and is dropped."""
    words: list[Word] = []
    after_pause = False
    for match in _TOKENS.get(tongue, _TOKENS["en"]).finditer(source):
        if match.lastgroup == "pause":
            after_pause = True
            continue
        if match.lastgroup == "figures" and tongue == "es":
            text = _spanish_figures(match[0])
        else:
            text = BARRIER if match.lastgroup == "barrier" else plain(match[0])
        if text:
            words.append(Word(text, match.start(), match.end(), after_pause))
        after_pause = False
    return SaidWords(source, tuple(words), tongue)


@lru_cache(maxsize=8192)
def phrase(text: str) -> tuple[str, ...]:
    """The words of an operator's phrase or of a lexicon; never of a caller, as they are kept."""
    return utterance(text.replace("_", " ")).texts


def plain(text: str) -> str:
    """Small letters without accents, apostrophes and the commas of thousands."""
    if text.isascii():
        return text.lower().replace("'", "").replace(",", "")
    letters = unicodedata.normalize("NFKD", text)
    kept = (letter for letter in letters if not unicodedata.combining(letter))
    return "".join(kept).lower().replace("'", "").replace("\u2019", "").replace(",", "")


def _spanish_figures(text: str) -> str:
    """``1.200,50`` and ``1,200.50`` → ``1200.50``."""
    last = max(text.rfind("."), text.rfind(","))
    is_point = last >= 0 and len(text.rstrip("\xba\xaaeroaERA")) - last <= 3
    if is_point:
        return plain(f"{text[:last].replace('.', '')}.{text[last + 1 :]}")
    return plain(text.replace(".", ""))


def starts_at(words: Sequence[str], at: int, known: Collection[tuple[str, ...]], longest: int) -> int:
    """How many words from `at` on make the longest known phrase; 0 where none does."""
    for length in range(min(longest, len(words) - at), 0, -1):
        if tuple(words[at : at + length]) in known:
            return length
    return 0
