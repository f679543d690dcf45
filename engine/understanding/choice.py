"""choice: one of the options that the flow names, each with its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.understanding.languages import language_of
from engine.understanding.languages.language import Phrasebook
from engine.understanding.own_words import OFFERED_AT_MOST, TONGUES, is_one_word_of_more
from engine.understanding.speaking import spoken_in
from engine.understanding.spoken_choice import chosen
from engine.understanding.words import SaidWords, phrase, utterance

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "string"})


@dataclass(frozen=True, slots=True)
class ChoiceOption:
    """What chooses the option, and how a prompt says it: `say`, or the option's name.

    `means` says what it is, `examples` what callers may say for it: what is said in other words is compared
    with these.
    """

    key: str
    phrases: tuple[str, ...] = ()
    say: str | None = None
    means: str | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice(AnswerType):
    """The value is the option's name. Keys may have several digits: 1 and 12 can stand side by side.

    Where one key begins another, the shorter one is taken when no further key follows in time.
    """

    kind: ClassVar[str] = "choice"
    SPEECH_GOES_ON: ClassVar[Literal["never", "always", "after_no"]] = "never"
    STANDS_OUT: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 40

    options: Mapping[str, ChoiceOption]
    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.options:
            raise ValueError("a choice needs at least one option")
        owners: dict[str, str] = {}
        for name, option in self.options.items():
            if not option.key or not set(option.key) <= set("0123456789*#"):
                raise ValueError(f"option '{name}' has the key {option.key!r}; it takes 0-9, * and #")
            if option.key in owners:
                raise ValueError(f"options '{owners[option.key]}' and '{name}' share the key {option.key}")
            owners[option.key] = name

    def in_tongue(self, tongue: str) -> Choice:
        """The same, chosen in this tongue. Its phrases are the flow's."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        keys = [option.key for option in self.options.values()]
        return Keypad(min(map(len, keys)), max(map(len, keys)), frozenset(key[0] for key in keys))

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        for name, option in self.options.items():
            if option.key == keys:
                return _understood(name, option)
        return None

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes an option's phrases, its name or what prompts call it, nearly so, or its key: "press 1"."""
        phrases = {
            name: tuple(dict.fromkeys(filter(None, map(phrase, _said_for(name, option)))))
            for name, option in self.options.items()
        }
        keys = {name: option.key for name, option in self.options.items()}
        readings = {name: _understood(name, option) for name, option in self.options.items()}
        examples = {
            name: tuple(filter(None, map(phrase, option.examples))) for name, option in self.options.items()
        }
        return chosen(words, phrases, keys, readings, self.tongue, examples=examples)

    def understand_reply(self, words: str) -> tuple[Understood, ...]:
        """As in any sentence; but one word of an option amid a sentence that says more is offered at most."""
        if self.tongue not in TONGUES:
            return self.understand_words(words)
        said = utterance(words, self.tongue)
        return tuple(
            each.at(min(each.confidence, OFFERED_AT_MOST)) if self._is_one_word(said, each) else each
            for each in self.understand_words(words)
        )

    def _is_one_word(self, said: SaidWords, understood: Understood) -> bool:
        option = self.options.get(str(understood.value))
        begin, end = understood.span
        inside = [at for at, word in enumerate(said.words) if begin <= word.begin and word.end <= end]
        if option is None or not inside:
            return False
        texts = (*_said_for(str(understood.value), option), *option.examples, option.means or "")
        return is_one_word_of_more(said, inside[0], inside[-1] + 1, map(phrase, texts))

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        phrases = tuple(_phrases_of(self.options))
        if in_sentence:  # a "one" amid other words presses no key
            return GrammarSpec("phrases", phrases=phrases, weights="phrases", tongue=self.tongue)
        book = language_of(self.tongue).phrasebook
        return GrammarSpec(
            "phrases",
            phrases=phrases,
            leads=book.choice_leads,
            tails=book.choice_tails,
            alone=tuple(_keys_said(self.options, book)),
            weights="phrases",
            tongue=self.tongue,
            takes_own_words=True,
            described=tuple(_described(self.options)),
        )

    @property
    def few_values(self) -> tuple[Value, ...]:
        return tuple(self.options)

    @property
    def key_meanings(self) -> Mapping[str, str]:
        return {option.key: name for name, option in self.options.items()}

    @classmethod
    def keys_written(cls, settings: Mapping[str, object]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        options = settings.get("options")
        names = options if isinstance(options, dict) else {}
        return tuple((name, "", ("options", name, "key")) for name in names)

    def understand_value(self, value: Value) -> Understood | None:
        """Takes an option's name, in capitals or not."""
        if not isinstance(value, str):
            return None
        stated = value.strip()
        option = self.options.get(stated)
        if option is not None:
            return _understood(stated, option)
        alike = [name for name in self.options if name.lower() == stated.lower()]
        return _understood(alike[0], self.options[alike[0]]) if len(alike) == 1 else None


def _said_for(name: str, option: ChoiceOption) -> tuple[str, ...]:
    """Everything that callers may say for an option."""
    return (name, *option.phrases, *((option.say,) if option.say else ()))


def _understood(name: str, option: ChoiceOption) -> Understood:
    return Understood(name, {"": name}, option.say or name.replace("_", " "))


def _phrases_of(options: Mapping[str, ChoiceOption]) -> Iterable[tuple[str, Value]]:
    for name, option in options.items():
        texts = [name.replace("_", " "), *option.phrases, *([option.say] if option.say else [])]
        yield from ((text, name) for text in dict.fromkeys(texts))


def _described(options: Mapping[str, ChoiceOption]) -> Iterable[tuple[str, Value]]:
    for name, option in options.items():
        texts = [*([option.means] if option.means else []), *option.examples]
        yield from ((text, name) for text in dict.fromkeys(texts))


def _keys_said(options: Mapping[str, ChoiceOption], book: Phrasebook) -> Iterable[tuple[str, Value]]:
    """A key by its number or place. Beside other words a "one" is none: noise is full of them."""
    for name, option in options.items():
        if option.key.isdigit():
            place = book.ordinal(int(option.key))
            numbers = (book.cardinal(int(option.key)), option.key)
            yield from ((form.format(number), name) for form in book.key_forms for number in numbers)
            yield from ((form.format(place), name) for form in book.place_forms)
