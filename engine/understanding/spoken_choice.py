"""Choosing in words: by phrase, by key ("option two"), by place ("the first one"), by refusing the rest.

Rules
1. An option that is refused ("not a repair") is not chosen. Where one option alone is left, it is
   offered, unsure.
2. A key or a place counts only where nothing else was said: a "one" in a sentence is no key.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.core.answers import Understood
from engine.understanding.languages import language_of
from engine.understanding.matching import Phrases, matches
from engine.understanding.readings import UNSURE, CandidateReading, settled
from engine.understanding.words import SaidWords, utterance

_BY_PLACE = 0.85
_PLAIN = 0.9  # a phrase so sure goes before a key


def chosen(
    words: str,
    phrases: Phrases,
    keys: Mapping[str, str],
    readings: Mapping[str, Understood],
    tongue: str = "en",
    *,
    examples: Phrases = MappingProxyType({}),
) -> tuple[Understood, ...]:
    """What the words choose among the options; `keys` and `readings` are by option, in their order.

    `examples` are sentences that count where they are said as they stand."""
    said = utterance(words, tongue)
    language = language_of(tongue)
    found = matches(said, phrases, examples)
    by_key = _by_key(said, keys, readings)
    if by_key is not None and not any(match.confidence >= _PLAIN for match in found):
        return settled(said, [by_key])
    refused: dict[str, tuple[int, int]] = {}
    candidates: list[CandidateReading] = []
    for match in sorted(found, key=lambda match: match.first):
        negation = language.refusal(said, match.first)
        sure = match.confidence
        if (
            negation is not None
            and said.texts[negation] in language.bare_no
            and any(candidate.past <= negation for candidate in candidates)
        ):
            # "Repair, no, replacement" may have lost its pauses: a correction or a refusal, so we ask.
            negation, sure = None, min(sure, UNSURE)
        if negation is None:
            candidates.append(CandidateReading(readings[match.option], match.first, match.past, sure))
        else:
            refused.setdefault(match.option, (negation, match.past))
    left = [option for option in readings if option not in refused]
    if not candidates and refused and len(left) == 1:
        first = min(first for first, _ in refused.values())
        past = max(past for _, past in refused.values())
        candidates.append(CandidateReading(readings[left[0]], first, past, UNSURE))
    return settled(said, candidates)


def _by_key(
    said: SaidWords, keys: Mapping[str, str], readings: Mapping[str, Understood]
) -> CandidateReading | None:
    """The option whose key or place is all that was said."""
    texts = said.texts
    language = language_of(said.tongue)
    places, key_names = language.choosing.places, language.choosing.key_names
    for at, text in enumerate(texts):
        if text in places and places[text] < len(keys) and _is_alone(said, at, at + 1):
            option = list(keys)[places[text]]
            return CandidateReading(readings[option], at, at + 1, _BY_PLACE)
    pressed: dict[str, tuple[int, int]] = {
        key_names[text]: (at, at + 1) for at, text in enumerate(texts) if text in key_names
    }
    for run in language.numerals.runs(said):
        pressed |= {
            digits: (run.first, run.past)
            for digits, sure in language.numerals.readings(run.numerals, 4).items()
            if sure == 1
        }
    for option, key in keys.items():
        place = pressed.get(key)
        if place is not None and _is_alone(said, *place):
            return CandidateReading(readings[option], *place, 1.0)
    return None


def _is_alone(said: SaidWords, first: int, past: int) -> bool:
    beside = language_of(said.tongue).choosing.beside_a_key
    return all(word.text in beside for at, word in enumerate(said.words) if not first <= at < past)
