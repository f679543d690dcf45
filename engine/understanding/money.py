"""money: an amount of US dollars, kept as its decimal text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from engine.core import filters
from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import LARGEST_NUMBER, GrammarSpec
from engine.core.money import MICROS, format_money, parse_money
from engine.core.sayers import sayer
from engine.understanding.digits import is_digits
from engine.understanding.languages import language_of
from engine.understanding.number import Number
from engine.understanding.readings import UNSURE, CandidateReading, meaningful, settled
from engine.understanding.speaking import spoken_in
from engine.understanding.words import utterance

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "string", "dollars": "int", "micros": "int"})
_LARGEST = 999_999_999


@dataclass(frozen=True, slots=True)
class Money(AnswerType):
    """From `min` to `max` whole dollars, both included; keys give whole dollars, words cents too.

    The value is text, "45.50". Conditions compare `budget.dollars`, the whole dollars, or `budget.micros`.
    """

    kind: ClassVar[str] = "money"
    WRITTEN_AS: ClassVar[str] = "dollars in figures, such as 45.50"
    CALLED: ClassVar[Mapping[str, tuple[str, ...]]] = {"en": ("amount",), "es": ("cantidad",)}
    IS_BARE_FIGURE: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 50
    KEYPAD_OFFER: ClassVar[Mapping[str, str]] = {
        "en": "enter the amount in whole dollars, {}",
        "es": "marque la cantidad en dólares enteros, {}",
    }

    min: int = 0
    max: int = 999_999_999
    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.min <= self.max <= _LARGEST:
            raise ValueError(f"min is {self.min} and max {self.max}; it takes 0 <= min <= max <= {_LARGEST}")

    def in_tongue(self, tongue: str) -> Money:
        """The same, understood and said in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        return Number(self.min, self.max).keypad

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        if not is_digits(keys) or len(keys) > len(str(self.max)):
            return None
        return self._within(int(keys) * MICROS)

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes "forty five dollars and fifty cents", "$45.50", "two and a half thousand", "two grand".

        "Two fifty" is $250.00 or $2.50, and so unsure.
        """
        said = utterance(words, self.tongue)
        candidates: list[CandidateReading] = []
        for amount in language_of(self.tongue).numerals.amounts(said):
            understood = self._within(amount.micros)
            if understood is not None:
                is_stray = (
                    amount.is_bare
                    and amount.micros == MICROS
                    and len(meaningful(said, amount.first, amount.past)) > 3
                )
                sure = min(amount.confidence, UNSURE) if is_stray else amount.confidence
                candidates.append(CandidateReading(understood, amount.first, amount.past, sure))
        return settled(said, candidates)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        book = language_of(self.tongue).phrasebook
        return GrammarSpec(
            "figure", 0, LARGEST_NUMBER, leads=book.number_leads, tails=book.money_tails, tongue=self.tongue
        )

    def understand_value(self, value: Value) -> Understood | None:
        """Takes dollars: "45.50", "$45.50", 45 and 45.5."""
        if isinstance(value, bool):
            return None
        try:
            return self._within(parse_money(str(value).strip().removeprefix("$")))
        except ValueError:
            return None

    def _within(self, micros: int) -> Understood | None:
        if not self.min * MICROS <= micros <= self.max * MICROS:
            return None
        amount = format_money(micros)
        values: dict[str, Value] = {"": amount, "dollars": micros // MICROS, "micros": micros}
        return Understood(amount, values, filters.money(micros, sayer(self.tongue)))
