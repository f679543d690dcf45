"""phone: a telephone number of North America, kept as +1 and ten digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.understanding.digits import is_digits, spoken_digits
from engine.understanding.languages import language_of
from engine.understanding.readings import CandidateReading, settled
from engine.understanding.speaking import spoken_in
from engine.understanding.words import utterance

_KEYPAD = Keypad(10, 10, frozenset("23456789"), lead="1")
_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "string", "area_code": "string"})
_PUNCTUATION = re.compile(r"[\s().\-]")
_PART = re.compile(r"[2-9]\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Phone(AnswerType):
    """Ten digits, area code first; the area code and what follows it begin with 2 to 9.

    Conditions also read `phone.area_code`.
    """

    kind: ClassVar[str] = "phone"
    WRITTEN_AS: ClassVar[str] = "the ten digits of a North American number"
    CALLED: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "en": ("phone number", "telephone number", "number"),
        "es": ("número de teléfono", "teléfono"),
    }
    SPEECH_GOES_ON: ClassVar[Literal["never", "always", "after_no"]] = "never"
    STANDS_OUT: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 70
    KEYPAD_OFFER: ClassVar[Mapping[str, str]] = {
        "en": "enter the ten digits, area code first",
        "es": "marque los diez dígitos, primero el código de área",
    }
    LINK: ClassVar[Mapping[str, str]] = {"en": "at", "es": "al"}

    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def in_tongue(self, tongue: str) -> Phone:
        """The same, understood in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        return _KEYPAD

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        """Takes ten digits."""
        if len(keys) != 10 or not is_digits(keys) or not _PART.match(keys) or not _PART.match(keys, 3):
            return None
        number = f"+1{keys}"
        label = ", ".join(map(spoken_digits, (keys[:3], keys[3:6], keys[6:])))
        return Understood(number, {"": number, "area_code": keys[:3]}, label)

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes the digits in any grouping, with or without a leading one, and figures."""
        said = utterance(words.replace("+", " "), self.tongue)
        numerals = language_of(self.tongue).numerals
        candidates: list[CandidateReading] = []
        for run in numerals.runs(said):
            for digits, sure in numerals.readings(run.numerals, 11).items():
                understood = self._national(digits)
                if understood is not None:
                    candidates.append(CandidateReading(understood, run.first, run.past, sure))
        return settled(said, candidates)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        leads = language_of(self.tongue).phrasebook.digits_leads
        return GrammarSpec("digit_run", 7, 11, leads=leads, tongue=self.tongue)

    def understand_value(self, value: Value) -> Understood | None:
        """Takes "+1 512-555-0123" and other ways to write it; a whole number too."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        return self._national(_PUNCTUATION.sub("", str(value)).removeprefix("+"))

    def _national(self, digits: str) -> Understood | None:
        return self.understand_keys(digits[1:] if len(digits) == 11 and digits[0] == "1" else digits)
