"""number: a whole number between two limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import LARGEST_NUMBER, GrammarSpec
from engine.understanding.digits import is_digits
from engine.understanding.languages import language_of
from engine.understanding.readings import UNSURE, CandidateReading, meaningful, settled
from engine.understanding.speaking import spoken_in
from engine.understanding.words import utterance

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "int"})
_LARGEST = 10**15 - 1


@dataclass(frozen=True, slots=True)
class Number(AnswerType):
    """A whole number from `min` to `max`, both included; a keypad gives none below 0."""

    kind: ClassVar[str] = "number"
    WRITTEN_AS: ClassVar[str] = "a whole number in figures"
    IS_BARE_FIGURE: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 20
    KEYPAD_OFFER: ClassVar[Mapping[str, str]] = {"en": "enter the number, {}", "es": "marque el número, {}"}

    min: int = 0
    max: int = 999_999_999
    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.min <= self.max <= _LARGEST:
            raise ValueError(f"min is {self.min} and max {self.max}; it takes 0 <= min <= max <= {_LARGEST}")

    def in_tongue(self, tongue: str) -> Number:
        """The same, understood in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        """0 comes first only where it is a number of its own, so that a 0 for the operator acts at once."""
        longest = len(str(self.max))
        first_keys = frozenset(key for key in "0123456789" if self._can_begin_with(int(key), longest))
        return Keypad(len(str(self.min)), longest, first_keys)

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        return self._within(int(keys)) if is_digits(keys) and len(keys) <= len(str(self.max)) else None

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes "forty five", "a hundred and twenty", "two grand", "1,200", "one two zero", "none" for 0."""
        said = utterance(words, self.tongue)
        numerals = language_of(self.tongue).numerals
        candidates: list[CandidateReading] = []
        for number in numerals.numbers(said):
            understood = self._within(int(number.value)) if number.value.denominator == 1 else None
            if understood is not None:
                is_stray = number.value == 1 and len(meaningful(said, number.first, number.past)) > 3
                sure = min(number.confidence, UNSURE) if is_stray else number.confidence
                candidates.append(CandidateReading(understood, number.first, number.past, sure))
        nothing = self._within(0)
        if not candidates and nothing is not None:
            for at, text in enumerate(said.texts):
                if text in numerals.nothing:
                    candidates.append(CandidateReading(nothing, at, at + 1, 0.8))
        return settled(said, candidates)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        leads = language_of(self.tongue).phrasebook.number_leads
        return GrammarSpec("figure", self.min, min(self.max, LARGEST_NUMBER), leads=leads, tongue=self.tongue)

    def understand_value(self, value: Value) -> Understood | None:
        """Takes a whole number, also written as text or as 12.0."""
        if isinstance(value, bool):
            return None
        if isinstance(value, str):
            stated = value.strip()
            return self._within(int(stated)) if is_digits(stated) and len(stated) <= 15 else None
        if isinstance(value, float):
            return self._within(int(value)) if value.is_integer() else None
        return self._within(value)

    def _can_begin_with(self, digit: int, longest: int) -> bool:
        if digit == 0:
            return self.min == 0
        return any(
            digit * 10**places <= self.max and (digit + 1) * 10**places > self.min
            for places in range(longest)
        )

    def _within(self, number: int) -> Understood | None:
        if not self.min <= number <= self.max:
            return None
        return Understood(number, {"": number}, str(number))
