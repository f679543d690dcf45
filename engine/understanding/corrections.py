"""Corrections in one breath: "78701, no, 78702" means the last.

Rules
1. "I mean", "sorry", "make that" and the like put what follows in place of what came before; with
   nothing after them they mean nothing.
2. A "no" does so where it stands by itself: a pause or the end follows, or the new answer. With nothing
   after it, it takes back what came before. "No insurance" is no correction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from engine.understanding.words import FILLERS, SaidWords, phrases, starts_at, word_set

_INSTEAD = phrases(
    "i mean, i meant, sorry, im sorry, i am sorry, wait, hold on, actually, rather, or rather, make that,"
    "make it, correction, excuse me, my mistake, my bad, i said, oops, let me correct that, change that to,"
    "change it to, let me start over, start over, let me try again, pardon me"
)
_TAKEN_BACK = phrases(
    "scratch that, strike that, forget that, never mind that, not that, thats wrong, that is wrong,"
    "thats not right, that is not right, thats not it"
)
_NO = frozenset({"no", "nope", "nah"})
_LEADING_IN = word_set("it its it's is thats that the a an i im am mean sorry wait make should be")


@dataclass(frozen=True, slots=True)
class SpokenCorrection:
    """The words from `first` to `past` replace what came before; alone, they may take it back."""

    first: int
    past: int
    takes_back: bool


@dataclass(frozen=True, slots=True)
class CorrectingWords:
    """A language's words of correction."""

    instead: frozenset[tuple[str, ...]]
    taken_back: frozenset[tuple[str, ...]]
    no: Collection[str]
    leading_in: Collection[str]
    """Words that may stand between a "no" and the new answer."""

    fillers: Collection[str]


_ENGLISH = CorrectingWords(_INSTEAD, _TAKEN_BACK, _NO, _LEADING_IN, FILLERS)


def corrections(said: SaidWords, is_answer: Callable[[int], bool]) -> list[SpokenCorrection]:
    """Every correction in English, in order; `is_answer` tells whether a new answer begins at a word."""
    return corrections_by(said, is_answer, _ENGLISH)


def corrections_by(
    said: SaidWords, is_answer: Callable[[int], bool], words: CorrectingWords
) -> list[SpokenCorrection]:
    """The same in the language of these words."""
    found: list[SpokenCorrection] = []
    texts = said.texts
    longest = max(map(len, words.instead | words.taken_back))
    at = 0
    while at < len(texts):
        if length := starts_at(texts, at, words.taken_back, longest):
            found.append(SpokenCorrection(at, at + length, takes_back=True))
        elif length := starts_at(texts, at, words.instead, longest):
            found.append(SpokenCorrection(at, at + length, takes_back=False))
        elif texts[at] in words.no and _stands_alone(said, at, is_answer, words):
            length = 1
            found.append(SpokenCorrection(at, at + 1, takes_back=True))
        at += length or 1
    return found


def _stands_alone(said: SaidWords, at: int, is_answer: Callable[[int], bool], words: CorrectingWords) -> bool:
    following = at + 1
    while following < len(said.words):
        word = said.words[following]
        if word.after_pause or is_answer(following) or word.text in words.no:
            return True
        if word.text not in words.leading_in and word.text not in words.fillers:
            return False
        following += 1
    return True
