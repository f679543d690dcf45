"""Which option of a choice a caller means who uses other words than the operator's: "my roof is leaking".

Theory. A choice's grammar explains a whole utterance or refuses it. Where it leaves doubt, four things are
asked about each option, and weighed together:

grammar  how sure the grammar is of it, 0 to 1
named    the log of how likely it is that a text was said that names it, of all texts that may have been
words    how well its phrases and examples match the words, endings and sounds aside, 0 to 1
sound    how like its phrases sound to what was said there, 0 to 1: less than what counts as a match
meaning  how near in meaning its texts are to what was said, to the `rest` (what was said without the words
         that name options), and to its nearest word of weight (`kin`: "toilet" is kin to "plumbing"); 1 at
         most, None where nothing tells meanings

They make one score an option, and "none of them" has one as well; the shares of e to the scores are the
certainties (a conditional logit). So rivals take from each other, and what is near nothing is nobody's. Where
several texts may have been said, each is scored by itself, and an option's e to the score is their mean by
their shares: a text that is likely by its sound alone and one that alone makes sense both count. The weights
were fitted on sentences and voices, and judged on others (benchmarks/README.md).

Rules
1. One word of an option in a sentence that says more ("a wasp nest by the front door") is offered at most.
   So is what no word names, and whatever is less sure than _TAKEN_FROM.
2. A yes, a no, an "I don't know", a "none of these" are no option in other words.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz

from engine.understanding.languages import language_of
from engine.understanding.matching import Match, matches
from engine.understanding.words import BARRIER, SaidWords, phrase, phrases, starts_at, utterance

TONGUES = frozenset({"en"})
"""Those in which other words are weighed: meanings are told in these alone, and the weights are theirs."""

OFFERED_AT_MOST = 0.75
"""What is offered and never taken."""

_TAKEN_FROM = 0.9
"""Other words must be the surer to be taken without asking."""

_NAMED = 0.5
"""How well its words must match, of all that may have been said: by its meaning alone nothing is taken."""

_LEAST_SHARE = 1e-9
_LEAST_NAMED = -10.0
_LEAST_GRAMMAR = 0.001

_SHORTEST_ALIKE, _LONGEST_ALIKE = 4, 4
"""Letters of a phrase, so that it sounds like itself alone; words of a text that may sound like one."""

_NONE_OF_THEM = phrases(
    "none of these, none of those, none of them, none of the above, neither, neither of these, neither one,"
    "neither of them, neither of those, something else, anything else, something different, no option,"
    "none of your options, all of them, all of these, all of the above, both, both of them, any of them"
)

Wordings = Mapping[str, Sequence[tuple[str, ...]]]
"""By option, what may be said for it, in words."""


@dataclass(frozen=True, slots=True)
class OptionFigures:
    """What is known of one option. `is_one_word`: one word amid others is all that names it in any text."""

    grammar: float = 0.0
    named: float = _LEAST_NAMED
    words: float = 0.0
    sound: float = 0.0
    meaning: float | None = None
    rest: float | None = None
    kin: float | None = None
    is_one_word: bool = False


class OptionWeights(NamedTuple):
    """What each part of an option's score counts (`parts_of`), and the score of none of them."""

    grammar: float
    named: float
    words: float
    sound: float
    meaning: float
    rest: float
    kin: float
    none_of_them: float


WITH_MEANING = OptionWeights(0.23, 3.35, 0.0, 0.48, 12.76, 7.06, 2.09, none_of_them=5.5)
WITHOUT = OptionWeights(0.18, 2.73, 2.45, 2.55, 0.0, 0.0, 0.0, none_of_them=2.77)


@dataclass(frozen=True, slots=True)
class TextFigures:
    """What one text that may have been said makes of each option, and its share of all such texts."""

    share: float
    options: Mapping[str, OptionFigures]


def weighed(texts: Sequence[TextFigures]) -> dict[str, float]:
    """How sure each option is, the surest first. All texts have the same options."""
    sure = {option: _limited(share, option, texts) for option, share in shares(texts).items()}
    return dict(sorted(sure.items(), key=lambda pair: -pair[1]))


def shares(texts: Sequence[TextFigures]) -> dict[str, float]:
    """How likely it is that each option is meant; what is missing to 1 is "none of them"."""
    if not texts or not texts[0].options:
        return {}
    knows_meanings = all(each.meaning is not None for text in texts for each in text.options.values())
    weights = WITH_MEANING if knows_meanings else WITHOUT
    scores = {option: _mean_score(option, texts, weights) for option in texts[0].options}
    highest = max(weights.none_of_them, *scores.values())
    whole = math.exp(weights.none_of_them - highest)
    whole += sum(math.exp(score - highest) for score in scores.values())
    return {option: math.exp(score - highest) / whole for option, score in scores.items()}


def _mean_score(option: str, texts: Sequence[TextFigures], weights: OptionWeights) -> float:
    """The log of the mean of e to the scores, by the texts' shares."""
    scores = [(max(each.share, _LEAST_SHARE), _score(each.options[option], weights)) for each in texts]
    highest = max(score for _, score in scores)
    return highest + math.log(sum(share * math.exp(score - highest) for share, score in scores))


def _limited(share: float, option: str, texts: Sequence[TextFigures]) -> float:
    """What is to be asked about is as sure as that, at most."""
    words = sum(each.share * each.options[option].words for each in texts)
    is_named = words >= _NAMED and not any(each.options[option].is_one_word for each in texts)
    is_taken = share >= _TAKEN_FROM and is_named
    return share if is_taken else min(share, OFFERED_AT_MOST)


def _score(figures: OptionFigures, weights: OptionWeights) -> float:
    return sum(weight * part for weight, part in zip(weights, parts_of(figures), strict=False))


def parts_of(figures: OptionFigures) -> tuple[float, ...]:
    """What a score is made of, in the order of OptionWeights: 0 and more, the more the surer."""
    return (
        math.log(max(figures.grammar, _LEAST_GRAMMAR) / _LEAST_GRAMMAR),
        max(1 - figures.named / _LEAST_NAMED, 0.0),
        figures.words,
        figures.sound,
        figures.meaning or 0.0,
        figures.rest or 0.0,
        figures.kin or 0.0,
    )


def may_be_an_option(text: str, tongue: str = "en") -> bool:
    """Whether the words may mean an option: something is said that is neither a yes nor a no nor a "none"."""
    said = utterance(text, tongue)
    language = language_of(tongue)
    if language.not_known_places(said.texts) or _says(said, _NONE_OF_THEM):
        return False
    affirmed = {at for each in language.affirmations(said) for at in range(each.first, each.past)}
    light = language.choosing.light
    return any(
        word.text not in light and word.text != BARRIER and at not in affirmed
        for at, word in enumerate(said.words)
    )


@dataclass(frozen=True, slots=True)
class WordMatches:
    """What one text says of the options by its words."""

    said: SaidWords
    found: tuple[Match, ...]

    @property
    def strengths(self) -> dict[str, float]:
        """How well each option that the words speak for matches, 0 to 1."""
        best: dict[str, float] = {}
        for match in self.found:
            best[match.option] = max(best.get(match.option, 0.0), match.confidence)
        return best

    @property
    def without(self) -> str:
        """The text without the words that name options."""
        named = {at for match in self.found for at in range(match.first, match.past)}
        return " ".join(word.text for at, word in enumerate(self.said.words) if at not in named)

    @property
    def weighty(self) -> tuple[str, ...]:
        """The words that say something, each once."""
        light = language_of(self.said.tongue).choosing.light
        texts = (text for text in self.said.texts if text not in light and text != BARRIER)
        return tuple(dict.fromkeys(texts))

    def by_one_word(self, wordings: Wordings) -> frozenset[str]:
        """The options for which one word of several speaks, and nothing else does."""
        of_more = {
            match.option
            for match in self.found
            if not is_one_word_of_more(self.said, match.first, match.past, wordings.get(match.option, ()), 0)
        }
        return frozenset(match.option for match in self.found) - of_more


def word_matches(
    text: str, wordings: Wordings, examples: Wordings | None = None, tongue: str = "en"
) -> WordMatches:
    """The options that the text speaks for by its words; not those that it refuses ("not the roof")."""
    said = utterance(text, tongue)
    refusal = language_of(tongue).refusal
    found = (match for match in matches(said, wordings, examples or {}) if refusal(said, match.first) is None)
    return WordMatches(said, tuple(found))


def is_one_word_of_more(
    said: SaidWords, first: int, past: int, wording: Iterable[tuple[str, ...]] = (), most_beside: int = 1
) -> bool:
    """Whether these words are one of weight, beside which stand more than `most_beside` others that the
    option's texts lack."""
    light, stem = _light(said.tongue), language_of(said.tongue).choosing.stem
    texts = said.texts
    if sum(text not in light for text in texts[first:past]) > 1:
        return False
    own = {stem(word) for words in wording for word in words}
    beside = [text for at, text in enumerate(texts) if not first <= at < past and text != BARRIER]
    return sum(text not in light and stem(text) not in own for text in beside) > most_beside


@lru_cache(maxsize=8)
def _light(tongue: str) -> frozenset[str]:
    """Words that say nothing beside an option: those that a grammar allows there, too."""
    language = language_of(tongue)
    book = language.phrasebook
    around = (*book.fillers, *book.leads, *book.choice_leads, *book.tails, *book.choice_tails)
    return frozenset(language.choosing.light) | {word for text in around for word in phrase(text)}


def sounding(said: SaidWords, wordings: Wordings) -> dict[str, float]:
    """How like each option's likeliest phrase sounds to some words of the text, 0 to 1."""
    sound_key = language_of(said.tongue).choosing.sound_key
    texts = said.texts
    windows: dict[int, list[tuple[str, str]]] = {}
    for length in range(1, _LONGEST_ALIKE + 1):
        runs = ("".join(texts[first : first + length]) for first in range(len(texts) - length + 1))
        windows[length] = [(run, sound_key(run)) for run in dict.fromkeys(runs)]
    found: dict[str, float] = {}
    for option, phrases_of in wordings.items():
        for words in phrases_of:
            letters = "".join(words)
            if len(letters) < _SHORTEST_ALIKE:
                continue
            key = sound_key(letters)
            near = max(
                (
                    fuzz.ratio(run, letters) + fuzz.ratio(run_key, key)
                    for length in range(max(1, len(words) - 1), len(words) + 2)
                    for run, run_key in windows.get(length, ())
                ),
                default=0.0,
            )
            found[option] = max(found.get(option, 0.0), near / 100 - 1, 0.0)
    return found


def wordings_of(texts: Iterable[tuple[str, str]]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """By option, its texts in words, each once. `texts` are pairs of a text and an option."""
    found: dict[str, dict[tuple[str, ...], None]] = {}
    for text, option in texts:
        words = phrase(text)
        if words:
            found.setdefault(option, {})[words] = None
    return {option: tuple(each) for option, each in found.items()}


def _says(said: SaidWords, lexicon: Collection[tuple[str, ...]]) -> bool:
    """Whether one of these phrases is all of weight that is said."""
    longest = max(map(len, lexicon))
    light = language_of(said.tongue).choosing.light
    texts = said.texts
    for at in range(len(texts)):
        length = starts_at(texts, at, lexicon, longest)
        if length:
            rest = (*texts[:at], *texts[at + length :])
            return all(text in light for text in rest)
    return False
