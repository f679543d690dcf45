"""What texts say of a choice's options: by their words, and by their meaning where the model is installed.

What an option's own texts mean is worked out when its grammar is learnt, not while a caller waits.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.core.grammar_spec import GrammarSpec
from engine.core.other_words import InOtherWords
from engine.media.speech.meaning import Meaning, MeaningMissing, Vectors, meaning_is_here
from engine.media.speech.recognition import Alternative
from engine.understanding.grammars import Grammar
from engine.understanding.open_sentences import OpenGrammar
from engine.understanding.own_words import (
    TONGUES,
    OptionFigures,
    TextFigures,
    Wordings,
    WordMatches,
    may_be_an_option,
    sounding,
    weighed,
    word_matches,
    wordings_of,
)

log = logging.getLogger("cordboard.speech")

_MOST_WORDS = 12
"""Of a text that are looked at one by one."""

_MOST_WORDS_IN_ALL = 24

_ANYTHING = 0.11
"""How much of an option's nearness to talk of nothing in particular is taken off."""

_TALK = (
    *("hello", "yes", "no thank you", "I need help", "my house", "something is wrong", "I have a question"),
    *("it's broken", "please call me back", "how much does it cost", "the car", "the kitchen", "money"),
    *("water", "outside", "a problem with it", "I want to talk to somebody", "we have it", "insurance"),
    *("repair", "new", "next week", "in the morning", "the children", "a long time ago", "it was raining"),
    *("the company", "the front", "the back yard", "food"),
)

_SOUNDED = 4
"""Texts whose sound is compared: it costs the most, and the first ones say the most."""

_SHOWN = 4
_LEAST_SURE = 0.02


@dataclass(frozen=True, slots=True)
class LikelyText:
    """A text that may have been said, its share of all of them, and the options that it names."""

    text: str
    share: float
    named: frozenset[str]


@dataclass(frozen=True, slots=True)
class SpeakingFor:
    """What else is known of the options, by option: how sure the grammar is, and the log of the share of the
    texts that name it."""

    grammar: Mapping[str, float]
    named: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Vectors:
    """What an option's texts mean: all its phrases at once; each by itself; each as what is the matter, with
    what the option is; its examples; and how near it is to talk of nothing in particular."""

    whole: Vectors
    phrases: Vectors
    matters: Vectors
    examples: Vectors
    anything: float

    def nearness(self, vector: Vectors) -> float:
        near = (float(self.whole @ vector) + float((self.matters @ vector).max())) / 2
        near -= _ANYTHING * self.anything
        return max(near, *(float(each) for each in self.examples @ vector)) if len(self.examples) else near

    def kinship(self, words: Vectors) -> float:
        """How near the nearest of these words is to the nearest of its phrases."""
        return float((words @ self.phrases.T).max()) if len(words) else 0.0


@dataclass(frozen=True, slots=True)
class _Options:
    """A grammar's options, ready to be asked about."""

    wordings: Wordings
    examples: Wordings
    vectors: Mapping[str, _Vectors] | None  # None where nothing tells meanings


@dataclass(frozen=True, slots=True)
class _Near:
    """What the meaning says of one option."""

    meaning: float
    rest: float
    kin: float


class OptionsMeant:
    """One recogniser's; not for several threads. Without the model of meaning, words alone are weighed."""

    def __init__(self, *, tells_meanings: bool = True) -> None:
        self._tells_meanings = tells_meanings and meaning_is_here()
        self._meaning: Meaning | None = None
        self._options: dict[GrammarSpec, _Options] = {}

    @staticmethod
    def takes(spec: GrammarSpec) -> bool:
        """Whether this grammar's answers may be given in other words."""
        return spec.takes_own_words and spec.tongue in TONGUES

    def prepare(self, spec: GrammarSpec) -> None:
        """Work out now what the options mean."""
        self._of(spec)

    def forget(self, spec: GrammarSpec) -> None:
        self._options.pop(spec, None)

    def readings(
        self, texts: Sequence[LikelyText], spec: GrammarSpec, known: SpeakingFor
    ) -> tuple[Alternative, ...]:
        """The options that the texts may mean, the surest first. The likeliest text comes first."""
        if not texts or not may_be_an_option(texts[0].text, spec.tongue):
            return ()
        figures = self.figures(texts, spec, known)
        sure = weighed(figures)
        return tuple(
            Alternative(_text_naming(option, texts), option, None, round(share, 4), _shown(option, figures))
            for option, share in list(sure.items())[:_SHOWN]
            if share >= _LEAST_SURE
        )

    def of_text(self, text: str, grammar: Grammar) -> tuple[Alternative, ...]:
        """The same of one text that was heard for sure; what the grammar allows is what it says."""
        state = grammar.follow(text)
        allowed = () if state is None else grammar.readings(state)
        if allowed:
            return tuple(Alternative(text, each.value, each.phrase, 1.0) for each in allowed)
        spoken = GrammarSpec("phrases", phrases=grammar.spec.phrases)
        opened = OpenGrammar(GrammarSpec("open", is_open=True, parts=(spoken,)))
        named = frozenset(str(one.value) for one in opened.named(opened.after(opened.start, text)))
        known = SpeakingFor({}, dict.fromkeys(named, 0.0))
        return self.readings([LikelyText(text, 1.0, named)], grammar.spec, known)

    def figures(
        self, texts: Sequence[LikelyText], spec: GrammarSpec, known: SpeakingFor
    ) -> tuple[TextFigures, ...]:
        """What each text makes of each option."""
        options = self._of(spec)
        read = [word_matches(each.text, options.wordings, options.examples) for each in texts]
        one_word = _by_one_word(read, options.wordings)
        sound = _by_sound(read[:_SOUNDED], options.wordings)
        near = self._near([each.text for each in texts], read, options)
        found = []
        for at, (text, matched) in enumerate(zip(texts, read, strict=True)):
            words = matched.strengths
            of_options = {
                option: OptionFigures(
                    known.grammar.get(option, 0.0),
                    known.named.get(option, -math.inf),
                    words.get(option, 0.0),
                    sound.get(option, 0.0),
                    None if near is None else near[at][option].meaning,
                    None if near is None else near[at][option].rest,
                    None if near is None else near[at][option].kin,
                    option in one_word,
                )
                for option in options.wordings
            }
            found.append(TextFigures(text.share, of_options))
        return tuple(found)

    def _near(
        self, texts: Sequence[str], read: Sequence[WordMatches], options: _Options
    ) -> list[dict[str, _Near]] | None:
        """By text, what the meaning says of each option; None where nothing tells meanings."""
        if options.vectors is None or self._meaning is None:
            return None
        rests = [matched.without if matched.found else "" for matched in read]
        words = dict.fromkeys(word for matched in read for word in matched.weighty[:_MOST_WORDS])
        asked = list(dict.fromkeys([*texts, *list(words)[:_MOST_WORDS_IN_ALL], *filter(None, rests)]))
        vector = dict(zip(asked, self._meaning.of(asked), strict=True))
        found = []
        for text, matched, rest in zip(texts, read, rests, strict=True):
            of_words = [vector[word] for word in matched.weighty[:_MOST_WORDS] if word in vector]
            stacked: Vectors = np.array(of_words, np.float32)
            near = {}
            for option, own in options.vectors.items():
                nearness = own.nearness(vector[text])
                left = own.nearness(vector[rest]) if rest else 0.0 if matched.found else nearness
                near[option] = _Near(nearness, left, own.kinship(stacked))
            found.append(near)
        return found

    def _of(self, spec: GrammarSpec) -> _Options:
        if spec not in self._options:
            phrases = [(text, str(value)) for text, value in spec.phrases]
            described = [(text, str(value)) for text, value in spec.described]
            self._options[spec] = _Options(
                wordings_of(phrases),
                wordings_of(described),
                self._vectors(phrases, described),
            )
        return self._options[spec]

    def _vectors(
        self, phrases: Sequence[tuple[str, str]], described: Sequence[tuple[str, str]]
    ) -> dict[str, _Vectors] | None:
        if not self._tells_meanings:
            return None
        try:
            self._meaning = self._meaning or Meaning()
        except MeaningMissing as missing:
            log.warning("choices are understood by their words alone: %s", missing)
            self._tells_meanings = False
            return None
        anything = self._meaning.of(_TALK)
        options = dict.fromkeys(option for _, option in phrases)
        return {
            option: _vectors_of(
                self._meaning,
                anything,
                tuple(dict.fromkeys(text.lower() for text, whose in phrases if whose == option)),
                tuple(text for text, whose in described if whose == option),
            )
            for option in options
        }


def may_mean(texts: Sequence[LikelyText], spec: GrammarSpec) -> bool:
    """Whether the likeliest text, the first one, may mean an option at all."""
    return bool(texts) and may_be_an_option(texts[0].text, spec.tongue)


def readings_of(figures: Sequence[TextFigures], texts: Sequence[LikelyText]) -> tuple[Alternative, ...]:
    """The options by what is known of them, the surest first."""
    return tuple(
        Alternative(_text_naming(option, texts), option, None, round(sure, 4), _shown(option, figures))
        for option, sure in list(weighed(figures).items())[:_SHOWN]
        if sure >= _LEAST_SURE
    )


def _vectors_of(
    meaning: Meaning, anything: Vectors, phrases: Sequence[str], described: Sequence[str]
) -> _Vectors:
    own = meaning.of(phrases)
    matters = [*(f"a problem with the {phrase}" for phrase in phrases), *described]
    return _Vectors(
        meaning.of([", ".join(phrases)])[0],
        own,
        meaning.of(matters),
        meaning.of(described),
        float((anything @ own.T).max(axis=1).mean()),
    )


def _by_sound(read: Sequence[WordMatches], wordings: Wordings) -> dict[str, float]:
    """By option, how like it sounds to words of some text."""
    found: dict[str, float] = {}
    for matched in read:
        for option, near in sounding(matched.said, wordings).items():
            found[option] = max(found.get(option, 0.0), near)
    return found


def _by_one_word(read: Sequence[WordMatches], wordings: Wordings) -> frozenset[str]:
    """The options that some text names by one word of several, and none in more."""
    one = frozenset(option for matched in read for option in matched.by_one_word(wordings))
    more = frozenset(
        option for matched in read for option in matched.strengths.keys() - matched.by_one_word(wordings)
    )
    return one - more


def _text_naming(option: str, texts: Sequence[LikelyText]) -> str:
    """The likeliest text that names it, or else the likeliest of all."""
    return next((each.text for each in texts if option in each.named), texts[0].text)


def _shown(option: str, texts: Sequence[TextFigures]) -> InOtherWords:
    """The figures of one option, the mean over all texts by their shares."""
    own = [(each.share, each.options[option]) for each in texts]
    words = sum(share * figures.words for share, figures in own)
    meanings = [share * figures.meaning for share, figures in own if figures.meaning is not None]
    meaning = round(sum(meanings), 3) if meanings else None
    return InOtherWords(option, round(own[0][1].grammar, 3), round(words, 3), meaning)
