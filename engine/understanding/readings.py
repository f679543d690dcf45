"""From what could have been meant to what is understood: corrections, refusals and rivals are settled.

Rules
1. What follows a correction replaces what came before it.
2. "Not X" is no X.
3. The same value read twice is one reading, at its best confidence.
4. Where the second best is nearly as good as the best, neither is sure: both come back at UNSURE or
   below, so that the caller is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from engine.core.answers import Understood
from engine.understanding.languages import language_of
from engine.understanding.words import BARRIER, SaidWords

UNSURE = 0.6  # at most so sure where a rival is near or the caller hesitates
NEAR = 0.15  # rivals within this are near


@dataclass(frozen=True, slots=True)
class CandidateReading:
    """One reading of the words from `first` to `past`."""

    understood: Understood
    first: int
    past: int
    confidence: float


def settled(said: SaidWords, candidates: Sequence[CandidateReading]) -> tuple[Understood, ...]:
    """What is understood, best first."""
    if not candidates:
        return ()
    begin = min(said.words[candidate.first].begin for candidate in candidates)
    kept = _last_said(said, candidates)
    corrected = len(kept) < len(candidates)
    kept = [candidate for candidate in kept if not is_refused(said, candidate.first)]
    limit = UNSURE if kept and language_of(said.tongue).not_known_places(_outside(said, kept)) else 1.0
    understood: list[Understood] = []
    for candidate in kept:
        first, end = said.span(candidate.first, candidate.past)
        understood.append(
            replace(
                candidate.understood,
                confidence=round(min(candidate.confidence, limit), 3),
                heard=said.source[first:end],
                span=(min(begin, first) if corrected else first, end),
            )
        )
    return ranked(understood)


def ranked(understood: Iterable[Understood]) -> tuple[Understood, ...]:
    """Best first, one for each value; near rivals make each other unsure."""
    best: dict[object, Understood] = {}
    for each in sorted(understood, key=lambda each: -each.confidence):
        best.setdefault(each.value, each)
    ordered = list(best.values())
    if len(ordered) > 1 and ordered[0].confidence - ordered[1].confidence < NEAR:
        top = ordered[0].confidence
        share = min(1.0, UNSURE / top) if top else 1.0
        ordered = [replace(each, confidence=round(each.confidence * share, 3)) for each in ordered]
    return tuple(ordered)


def is_refused(said: SaidWords, first: int) -> bool:
    """Whether a "not" stands right before these words, articles aside."""
    language = language_of(said.tongue)
    at = first - 1
    while at >= 0 and said.words[at].text in language.articles and not said.words[at + 1].after_pause:
        at -= 1
    return at >= 0 and said.words[at].text in language.nots and not said.words[at + 1].after_pause


def meaningful(said: SaidWords, first: int, past: int) -> list[str]:
    """The words outside a stretch that are no fillers: what a reading leaves unexplained."""
    fillers = language_of(said.tongue).fillers
    return [
        word.text
        for at, word in enumerate(said.words)
        if not first <= at < past and word.text not in fillers and word.text != BARRIER
    ]


def _last_said(said: SaidWords, candidates: Sequence[CandidateReading]) -> list[CandidateReading]:
    language = language_of(said.tongue)
    is_numeral = language.numerals.is_numeral
    texts = said.texts
    starts = {candidate.first for candidate in candidates}
    of_numerals = any(is_numeral(texts, first) for first in starts)

    def is_answer(at: int) -> bool:
        # "78701, no, two" corrects a part: that can't be put together, but it is a correction.
        return at in starts or (of_numerals and is_numeral(texts, at))

    inside = {at for candidate in candidates for at in range(candidate.first, candidate.past)}
    kept = list(candidates)
    for correction in language.corrections(said, is_answer):
        if correction.first in inside:
            continue
        later = [candidate for candidate in kept if candidate.first >= correction.past]
        if later or correction.takes_back:
            kept = later
    return kept


def _outside(said: SaidWords, candidates: Sequence[CandidateReading]) -> list[str]:
    """The words that no candidate rests on."""
    inside = {at for candidate in candidates for at in range(candidate.first, candidate.past)}
    return [BARRIER if at in inside else word.text for at, word in enumerate(said.words)]
