"""digits: a run of keys kept as text, such as an account number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.understanding.languages import language_of
from engine.understanding.readings import UNSURE, CandidateReading, meaningful, settled
from engine.understanding.speaking import spoken_in
from engine.understanding.words import utterance

DIGIT_KEYS = frozenset("0123456789")

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "string"})


def is_digits(text: str) -> bool:
    """Whether it is made of 0-9 alone; other scripts' figures are not keys."""
    return text.isascii() and text.isdigit()


def spoken_digits(digits: str) -> str:
    """``78701`` → ``7 8 7 0 1``, which a synthesiser of any language reads figure by figure."""
    return " ".join(digits)


@dataclass(frozen=True, slots=True)
class Digits(AnswerType):
    """Exactly `length` digits, or `min` to `max` of them. Leading zeros are kept."""

    kind: ClassVar[str] = "digits"
    WRITTEN_AS: ClassVar[str] = "digits alone"
    HAS_LEADING_ZEROS: ClassVar[bool] = True
    STANDS_OUT: ClassVar[bool] = True
    IS_BARE_FIGURE: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 30
    KEYPAD_OFFER: ClassVar[Mapping[str, str]] = {"en": "enter the digits, {}", "es": "marque los dígitos, {}"}

    length: int | None = None
    min: int = 1
    max: int = 20
    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.length is not None and self.length < 1:
            raise ValueError(f"length is {self.length}; an answer has at least 1 digit")
        if not 1 <= self.min <= self.max:
            raise ValueError(f"min is {self.min} and max {self.max}; it takes 1 <= min <= max")

    def in_tongue(self, tongue: str) -> Digits:
        """The same, understood in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        if self.length is not None:
            return Keypad(self.length, self.length, DIGIT_KEYS)
        return Keypad(self.min, self.max, DIGIT_KEYS)

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        keypad = self.keypad
        if not is_digits(keys) or not keypad.min_keys <= len(keys) <= keypad.max_keys:
            return None
        return Understood(keys, {"": keys}, spoken_digits(keys))

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes digits one by one, doubled, in pairs or figures; a lone "one" in a sentence is unsure."""
        said = utterance(words, self.tongue)
        numerals = language_of(self.tongue).numerals
        candidates: list[CandidateReading] = []
        for run in numerals.runs(said):
            is_stray = len(run.numerals) == 1 and len(meaningful(said, run.first, run.past)) > 3
            for digits, sure in numerals.readings(run.numerals, self.keypad.max_keys).items():
                understood = self.understand_keys(digits)
                if understood is not None:
                    limit = UNSURE if is_stray and len(digits) == 1 else 1.0
                    candidates.append(CandidateReading(understood, run.first, run.past, min(sure, limit)))
        return settled(said, candidates)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        leads = language_of(self.tongue).phrasebook.digits_leads
        keypad = self.keypad
        return GrammarSpec("digit_run", keypad.min_keys, keypad.max_keys, leads=leads, tongue=self.tongue)

    def understand_value(self, value: Value) -> Understood | None:
        """Takes text; a whole number too, as YAML reads unquoted digits so."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        return self.understand_keys(str(value).strip())
