"""What callers say that they do not want: "I'm not filing a claim" is no claim."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from engine.understanding.not_known import not_known_places
from engine.understanding.words import BARRIER, SaidWords, word_set

NO = frozenset({"no", "not", "without"})

_NEGATIONS = word_set(
    "not never without isnt arent wasnt werent dont doesnt didnt havent hasnt hadnt wont wouldnt cant cannot"
    " couldnt shouldnt aint neither nor neednt"
)
_TURNS = frozenset({"but", "just", "rather", "instead", "only", "because"})
_BETWEEN_NO_AND_WORD = word_set("a an the any more more such kind of")
_REACH = 5  # words before the refused one


@dataclass(frozen=True, slots=True)
class RefusingWords:
    """A language's words of refusal."""

    negations: Collection[str]
    bare_no: Collection[str]
    """A negation that reaches over articles alone."""

    turns: Collection[str]
    """What ends the reach of a negation: "but"."""

    articles: Collection[str]
    not_known_places: Callable[[Sequence[str]], frozenset[int]]


_ENGLISH = RefusingWords(_NEGATIONS, frozenset({"no"}), _TURNS, _BETWEEN_NO_AND_WORD, not_known_places)


def refusal(said: SaidWords, first: int) -> int | None:
    """Where the negation stands that governs the English words from `first` on; None where there is none.

    A negation reaches over a few words, not over a pause nor a "but"; a bare "no" only over articles.
    """
    return refusal_by(said, first, _ENGLISH)


def refusal_by(said: SaidWords, first: int, words: RefusingWords) -> int | None:
    """The same in the language of these words."""
    unknown = words.not_known_places(said.texts)
    at = first - 1
    only_articles = True
    while at >= 0 and first - at <= _REACH:
        text = said.words[at].text
        if said.words[at + 1].after_pause or text in words.turns or text == BARRIER:
            return None
        if at not in unknown and (text in words.negations or (text in words.bare_no and only_articles)):
            return at
        only_articles = only_articles and text in words.articles
        at -= 1
    return None
