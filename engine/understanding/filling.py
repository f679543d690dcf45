"""Several answers in one sentence: "I need a new roof in 78701 and I'm filing a claim".

Rules
1. A word serves one answer: what filled one is taken out of the sentence for the others.
2. The surest reading goes first; of equals the kind that says more by itself: a ZIP before a number.
3. Nothing is guessed: an answer with two near readings stays open, and so do two answers of one kind
   that want the same words, or a number and an amount that want the same figure.
4. A yes or a no belongs to a question. It fills an answer only where it is all that the caller said.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.answers import AnswerType, Understood
from engine.understanding.readings import NEAR
from engine.understanding.words import BARRIER

_FILLS_FROM = 0.6  # what is less sure is left to its own question


def fill(kinds: Mapping[str, AnswerType], words: str) -> Mapping[str, Understood]:
    """Answer name → what the words say about it, for the answers that they settle."""
    filled: dict[str, Understood] = {}
    rest = words
    open_names = [name for name in kinds if not kinds[name].NEEDS_ITS_QUESTION]
    while open_names:
        found = {name: best for name in open_names if (best := _clear_best(kinds[name], rest)) is not None}
        if not found:
            break
        name = min(found, key=lambda each: _order(kinds[each], found[each]))
        rivals = [
            other
            for other in found
            if _overlap(found[name], found[other])
            and (
                kinds[other].kind == kinds[name].kind
                or (
                    kinds[other].IS_BARE_FIGURE
                    and kinds[name].IS_BARE_FIGURE
                    and found[other].span == found[name].span
                )
            )
        ]
        if len(rivals) == 1:
            filled[name] = found[name]
        open_names = [each for each in open_names if each not in rivals]
        rest = _without(rest, found[name])
    if not filled:
        answered = [name for name in kinds if kinds[name].NEEDS_ITS_QUESTION]
        if len(answered) == 1 and (best := _clear_best(kinds[answered[0]], words)) is not None:
            filled[answered[0]] = best
    return filled


def _clear_best(kind: AnswerType, words: str) -> Understood | None:
    understood = kind.understand_words(words)
    if not understood or understood[0].confidence < _FILLS_FROM:
        return None
    has_rival = len(understood) > 1 and understood[0].confidence - understood[1].confidence < NEAR
    return None if has_rival else understood[0]


def _order(kind: AnswerType, understood: Understood) -> tuple[float, int, int]:
    """Sorts the surest first, then the most telling kind, then the longest stretch of words."""
    begin, end = understood.span
    return -round(understood.confidence, 1), -kind.SAYS_BY_ITSELF, begin - end


def _overlap(one: Understood, other: Understood) -> bool:
    return one.span[0] < other.span[1] and other.span[0] < one.span[1]


def _without(words: str, understood: Understood) -> str:
    begin, end = understood.span
    return words[:begin] + BARRIER * (end - begin) + words[end:]
