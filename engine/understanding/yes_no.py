"""yes_no: one key for yes, one for no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.core.sayers import sayer
from engine.understanding.languages import language_of
from engine.understanding.readings import CandidateReading, settled
from engine.understanding.speaking import spoken_in
from engine.understanding.spoken_choice import chosen
from engine.understanding.words import utterance

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "bool"})
_STATED: Mapping[str, bool] = MappingProxyType({"yes": True, "true": True, "no": False, "false": False})


@dataclass(frozen=True, slots=True)
class YesNo(AnswerType):
    """True or false."""

    kind: ClassVar[str] = "yes_no"
    SPEECH_GOES_ON: ClassVar[Literal["never", "always", "after_no"]] = "never"
    NEEDS_ITS_QUESTION: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 10

    yes_key: str = "1"
    no_key: str = "2"
    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for key in (self.yes_key, self.no_key):
            if len(key) != 1 or key not in "0123456789*#":
                raise ValueError(f"{key!r} isn't a key; use one of 0-9, * and #")
        if self.yes_key == self.no_key:
            raise ValueError(f"key {self.yes_key} means both yes and no; give each a key of its own")

    def in_tongue(self, tongue: str) -> YesNo:
        """The same, understood and said in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        return Keypad(1, 1, frozenset((self.yes_key, self.no_key)))

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        if keys == self.yes_key:
            return self._understood(is_yes=True)
        return self._understood(is_yes=False) if keys == self.no_key else None

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes yes and no in their many forms, or the key's name; "yes, no" is both and so unsure."""
        said = utterance(words, self.tongue)
        candidates = [
            CandidateReading(self._understood(is_yes=each.is_yes), each.first, each.past, each.confidence)
            for each in language_of(self.tongue).affirmations(said)
        ]
        if candidates:
            return settled(said, candidates)
        keys = {"yes": self.yes_key, "no": self.no_key}
        readings = {"yes": self._understood(is_yes=True), "no": self._understood(is_yes=False)}
        return chosen(words, {}, keys, readings, self.tongue)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        book = language_of(self.tongue).phrasebook
        yes = ((text, True) for text in book.yes)
        no = ((text, False) for text in book.no)
        return GrammarSpec(
            "phrases",
            phrases=(*yes, *no),
            leads=book.yes_leads,
            weights="yes_or_no",
            has_own_leads=True,
            tongue=self.tongue,
        )

    @property
    def few_values(self) -> tuple[Value, ...]:
        return (True, False)

    @property
    def key_meanings(self) -> Mapping[str, str]:
        return {self.yes_key: "yes", self.no_key: "no"}

    @classmethod
    def keys_written(cls, settings: Mapping[str, object]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        return (("yes", cls().yes_key, ("yes_key",)), ("no", cls().no_key, ("no_key",)))

    def understand_value(self, value: Value) -> Understood | None:
        """Takes true and false, and the words yes, no, true and false."""
        is_yes = _STATED.get(value.strip().lower()) if isinstance(value, str) else value
        return self._understood(is_yes=is_yes) if isinstance(is_yes, bool) else None

    def _understood(self, *, is_yes: bool) -> Understood:
        return Understood(is_yes, {"": is_yes}, sayer(self.tongue).yes_or_no(is_yes))
