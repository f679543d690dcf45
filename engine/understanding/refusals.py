"""What callers say that they do not want: "I'm not filing a claim" is no claim."""

from __future__ import annotations

from engine.understanding.not_known import not_known_places
from engine.understanding.words import BARRIER, SaidWords, word_set

NO = frozenset({"no", "not", "without"})

_NEGATIONS = word_set(
    "not never without isnt arent wasnt werent dont doesnt didnt havent hasnt hadnt wont wouldnt cant cannot"
    " couldnt shouldnt aint neither nor neednt"
)
_TURNS = frozenset({"but", "just", "rather", "instead", "only", "because", BARRIER})
_BETWEEN_NO_AND_WORD = word_set("a an the any more more such kind of")
_REACH = 5  # words before the refused one


def refusal(said: SaidWords, first: int) -> int | None:
    """Where the negation stands that governs the words from `first` on; None where there is none.

    A negation reaches over a few words, not over a pause nor a "but"; a bare "no" only over articles.
    """
    unknown = not_known_places(said.texts)
    at = first - 1
    only_articles = True
    while at >= 0 and first - at <= _REACH:
        text = said.words[at].text
        if said.words[at + 1].after_pause or text in _TURNS:
            return None
        if at not in unknown and (text in _NEGATIONS or (text == "no" and only_articles)):
            return at
        only_articles = only_articles and text in _BETWEEN_NO_AND_WORD
        at -= 1
    return None
