"""Which of an operator's phrases a caller used: exactly, among other words, or nearly.

Rules, the first that finds something ends the search
1. The phrase itself, endings aside ("leaks", "leaking"): EXACT where nothing else was said, CONTAINED in
   a sentence.
2. Its words with others between them, or in another order.
3. Close spelling or close sound, as a recogniser mishears names; or one word that only one option has.
A match inside a longer one is none: "insurance" does not count where "no insurance" was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rapidfuzz import fuzz

from engine.understanding.languages import language_of
from engine.understanding.words import BARRIER, SaidWords

EXACT = 1.0
CONTAINED = 0.95
_OTHER_ENDING = 0.03
_REFUSED = 0.9  # "I don't have insurance" for "no insurance"
_IN_ORDER = 0.85
_ANY_ORDER = 0.78
_TELLING_WORD = 0.55

_SPELLED_ALIKE = 84.0  # of 100, rapidfuzz's ratio
_SOUNDS_ALIKE = 85.0
_SHORT_KEY = 3  # so short a sound is found in any talk: it must be all that was said
_RELATED = 50.0  # what sounds alike must also be spelled so alike

Phrases = Mapping[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Match:
    """An option and the words that speak for it."""

    option: str
    first: int
    past: int
    confidence: float


def matches(said: SaidWords, phrases: Phrases, examples: Phrases = MappingProxyType({})) -> list[Match]:
    """What the words say about the options, longest matches first.

    `examples` are whole sentences: they count where they are said as they stand.
    """
    for search in (_contained, _scattered, _nearly):
        found = list(search(said, phrases))
        if search is _contained:
            found += _contained(said, examples)
        if found:
            return _outermost(found)
    return []


def is_all(said: SaidWords, first: int, past: int) -> bool:
    """Whether nothing of weight was said beside these words."""
    light = language_of(said.tongue).choosing.light
    return all(
        word.text in light or word.text == BARRIER
        for at, word in enumerate(said.words)
        if not first <= at < past
    )


def _contained(said: SaidWords, phrases: Phrases) -> Iterator[Match]:
    choosing = language_of(said.tongue).choosing
    stem, no = choosing.stem, choosing.no
    texts = said.texts
    stems = [stem(text) for text in texts]
    for option, known in phrases.items():
        for words in known:
            length = len(words)
            wanted = [stem(word) for word in words]
            for first in range(len(texts) - length + 1):
                if stems[first : first + length] != wanted:
                    continue
                if words[0] in no and length > 1 and said.words[first + 1].after_pause:
                    continue  # "No, insurance" is a no and an insurance
                sure = EXACT if is_all(said, first, first + length) else CONTAINED
                if texts[first : first + length] != words:
                    sure -= _OTHER_ENDING
                yield Match(option, first, first + length, sure)
            if words[0] in no and length > 1:
                yield from _refused(said, option, stems, wanted[1:])


def _refused(said: SaidWords, option: str, stems: Sequence[str], wanted: Sequence[str]) -> Iterator[Match]:
    """ "No insurance", said as "I don't have insurance" or "without any insurance"."""
    for first in range(len(stems) - len(wanted) + 1):
        if stems[first : first + len(wanted)] == wanted:
            negation = language_of(said.tongue).refusal(said, first)
            if negation is not None:
                yield Match(option, negation, first + len(wanted), _REFUSED)


def _scattered(said: SaidWords, phrases: Phrases) -> Iterator[Match]:
    choosing = language_of(said.tongue).choosing
    stem, light = choosing.stem, choosing.light
    stems = [stem(text) for text in said.texts]
    for option, known in phrases.items():
        for words in known:
            wanted = [stem(word) for word in words if word not in light]
            if len(wanted) < 2 or not set(wanted) <= set(stems):
                continue
            places = [stems.index(word) for word in wanted]
            first, past = min(places), max(places) + 1
            if past - first <= len(words) + 3:
                sure = _IN_ORDER if places == sorted(places) else _ANY_ORDER
                yield Match(option, first, past, sure)


def _nearly(said: SaidWords, phrases: Phrases) -> Iterator[Match]:
    yield from _alike(said, phrases)
    yield from _telling(said, phrases)


def _alike(said: SaidWords, phrases: Phrases) -> Iterator[Match]:
    choosing = language_of(said.tongue).choosing
    light, no = choosing.light, choosing.no
    texts = said.texts
    for option, known in phrases.items():
        best: Match | None = None
        for words in known:
            phrase = " ".join(words)
            key = choosing.sound_key(phrase)
            for length in range(max(1, len(words) - 1), len(words) + 2):
                for first in range(len(texts) - length + 1):
                    window = texts[first : first + length]
                    if BARRIER in window or set(window) < set(words) or all(word in light for word in window):
                        continue
                    if words[0] in no and window[0] not in no:
                        continue
                    if len(key) < _SHORT_KEY and not is_all(said, first, first + length):
                        continue
                    sure = _likeness(" ".join(window), phrase, key, choosing.sound_key)
                    if sure and (best is None or sure > best.confidence):
                        best = Match(option, first, first + length, sure)
        if best is not None:
            yield best


def _likeness(heard: str, phrase: str, key: str, sound_key: Callable[[str], str]) -> float:
    """How sure it is that the phrase was meant, 0 where it is not alike."""
    spelled = fuzz.ratio(heard.replace(" ", ""), phrase.replace(" ", ""))
    if spelled >= _SPELLED_ALIKE and len(phrase) >= 5:
        return round(0.9 * spelled / 100, 3)
    if spelled < _RELATED or len(key) < 2:
        return 0.0
    sounded = fuzz.ratio(sound_key(heard), key)
    if sounded < _SOUNDS_ALIKE or (len(key) < _SHORT_KEY and sounded < 100):
        return 0.0
    return round(0.45 * sounded / 100 + 0.3 * spelled / 100, 3)


def _telling(said: SaidWords, phrases: Phrases) -> Iterator[Match]:
    choosing = language_of(said.tongue).choosing
    stem, light = choosing.stem, choosing.light
    owners: dict[str, set[str]] = {}
    for option, known in phrases.items():
        for words in known:
            for word in words:
                if word not in light and len(word) >= 4:
                    owners.setdefault(stem(word), set()).add(option)
    for at, text in enumerate(said.texts):
        options = owners.get(stem(text), set())
        if len(options) == 1:
            yield Match(next(iter(options)), at, at + 1, _TELLING_WORD)


def _outermost(found: list[Match]) -> list[Match]:
    """Without the matches that lie inside longer ones."""
    by_length = sorted(found, key=lambda match: (match.first - match.past, -match.confidence))
    kept: list[Match] = []
    for match in by_length:
        length = match.past - match.first
        if not any(
            other.first <= match.first and match.past <= other.past and other.past - other.first > length
            for other in kept
        ):
            kept.append(match)
    return kept
