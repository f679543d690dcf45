"""language: the one that the caller chose; the call goes on in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar

from engine.core.answers import AnswerType, Understood
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.core.sayers import language_among, tongue_of
from engine.core.spoken_commands import bare
from engine.understanding.choice import Choice

NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": {"en": "English", "es": "inglés"}, "es": {"en": "Spanish", "es": "español"}}
)
"""By tongue, what it is called in each."""


@dataclass(frozen=True, slots=True)
class ChosenLanguage(Choice):
    """One of the flow's languages, each an option: `es: {key: "2", phrases: [castellano]}`.

    The value is the option's name, as conditions read it: `language == "es"`. From the moment that it is
    known, prompts, voice and recogniser are those of that language. What a language is called, in it and in
    the others, needs no phrases; the options' own names are not said: "en" is a word of Spanish.
    """

    kind: ClassVar[str] = "language"
    IS_LANGUAGE: ClassVar[bool] = True

    def understand_keys(self, keys: str) -> Understood | None:
        understood = Choice.understand_keys(self, keys)
        return None if understood is None else self._understood(str(understood.value), understood)

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes what a language is called, its phrases, or its key: "press 2"."""
        options = self._options_said
        found = self._asked.understand_words(words)
        return tuple(self._understood(options[str(each.value)], each) for each in found)

    def understand_reply(self, words: str) -> tuple[Understood, ...]:
        """The same: a language is named in whatever words of its own."""
        return self.understand_words(words)

    def understand_value(self, value: Value) -> Understood | None:
        """Takes an option's name, a language of its tongue ("es-MX" for "es"), or what callers say for it."""
        if not isinstance(value, str):
            return None
        name = language_among(self.options, value.strip()) or self._named(bare(value))
        understood = None if name is None else Choice.understand_value(self, name)
        return None if understood is None else self._understood(str(understood.value), understood)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        options = self._options_said
        spec = self._asked.grammar(in_sentence=in_sentence)
        phrases = tuple((text, options[str(value)]) for text, value in spec.phrases)
        alone = tuple((text, options[str(value)]) for text, value in spec.alone)
        return replace(spec, phrases=phrases, alone=alone, takes_own_words=False, described=())

    @property
    def _here(self) -> str:
        """The tongue in which it is asked."""
        return str(getattr(self, "tongue", "en"))

    @property
    def _options_said(self) -> Mapping[str, str]:
        """What each language calls itself → its option; by their names where two are of one tongue."""
        tongues = [tongue_of(name) for name in self.options]
        return {
            _called(name, tongue_of(name)) if tongues.count(tongue_of(name)) == 1 else name: name
            for name in self.options
        }

    @property
    def _asked(self) -> AnswerType:
        """The same as a choice whose options are called as they are said."""
        said = {}
        for called, name in self._options_said.items():
            option = self.options[name]
            others = tuple(NAMES.get(tongue_of(name), {}).values())
            said[called] = replace(option, phrases=tuple(dict.fromkeys((*option.phrases, *others))))
        return Choice(said, self.sensitive).in_tongue(self._here)

    def _understood(self, name: str, understood: Understood) -> Understood:
        label = self.options[name].say or _called(name, self._here)
        return replace(understood, value=name, values={"": name}, label=label)

    def _named(self, said: str) -> str | None:
        for name, option in self.options.items():
            if said and said in map(bare, (*option.phrases, *NAMES.get(tongue_of(name), {}).values())):
                return name
        return None


def _called(language: str, tongue: str) -> str:
    """What a language is called in a tongue; its code where nobody here knows."""
    return NAMES.get(tongue_of(language), {}).get(tongue, language)
