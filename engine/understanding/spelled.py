"""spelled: letters and digits, one by one: a name, a license plate, a reference."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.understanding.digits import DIGIT_KEYS, is_digits
from engine.understanding.letter_names import SPELLED_LEADS
from engine.understanding.spelled_forms import EITHER, FIGURE, LETTER, SpelledForms
from engine.understanding.spoken_letters import spelled_readings

LONGEST = 24

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "string"})
_LETTERS_OF = {
    "2": "ABC",
    "3": "DEF",
    "4": "GHI",
    "5": "JKL",
    "6": "MNO",
    "7": "PQRS",
    "8": "TUV",
    "9": "WXYZ",
}
_KEYED: Mapping[str, str] = MappingProxyType(
    {
        **{
            f"*{key}{place}": letter
            for key, letters in _LETTERS_OF.items()
            for place, letter in enumerate(letters, start=1)
        },
        "*11": "Q",  # on telephones whose keys leave these two out
        "*12": "Z",
    }
)
_KEYS_OF = {letter: keys for keys, letter in reversed([*_KEYED.items()])}
_A_LETTER = 3  # keys


@dataclass(frozen=True, slots=True)
class Spelled(AnswerType):
    """Letters and digits: exactly `length`, or `min` to `max`, or one of the `patterns`. Kept in capitals.

    In a pattern A is a letter, 9 a digit, ? either: AAA9999. Without `digits` there are letters alone.
    A letter is keyed as star, its key, and its place on the key: *21 is A, *22 B, *23 C; digits are keyed as
    they are.
    """

    kind: ClassVar[str] = "spelled"
    HAS_LEADING_ZEROS: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 20
    KEYPAD_OFFER: ClassVar[Mapping[str, str]] = {
        "en": "for each letter press star, its key, and 1, 2, 3 or 4 for its place on that key; "
        "press digits as they are, {}",
        "es": "para cada letra oprima asterisco, su tecla, y 1, 2, 3 o 4 según su lugar en esa tecla; "
        "los números oprímalos como son, {}",
    }

    length: int | None = None
    min: int = 2
    max: int = 12
    patterns: tuple[str, ...] = ()
    digits: bool = True
    sensitive: bool = False

    def __post_init__(self) -> None:
        if self.length is not None and not 1 <= self.length <= LONGEST:
            raise ValueError(f"length is {self.length}; it takes 1 to {LONGEST}")
        if not 1 <= self.min <= self.max <= LONGEST:
            raise ValueError(f"min is {self.min} and max {self.max}; it takes 1 <= min <= max <= {LONGEST}")
        for pattern in self.patterns:
            if not 1 <= len(pattern) <= LONGEST or not {*pattern} <= {LETTER, FIGURE, EITHER}:
                raise ValueError(
                    f"{pattern!r} isn't a pattern; it takes A for a letter, 9 for a digit and ? for either, "
                    f"1 to {LONGEST} of them: AAA9999"
                )
        if self.patterns and self.length is not None:
            raise ValueError("a pattern says how long it is; remove 'length' or 'patterns'")
        if self.patterns and not self.digits:
            raise ValueError("a pattern says where digits are; remove 'digits' or 'patterns'")

    @property
    def forms(self) -> SpelledForms:
        """What it may look like."""
        low, high = (self.min, self.max) if self.length is None else (self.length, self.length)
        return SpelledForms(low, high, self.patterns, self.digits)

    @property
    def keypad(self) -> Keypad:
        if not self.patterns:
            forms = self.forms
            least, first = (1, DIGIT_KEYS | {"*"}) if self.digits else (_A_LETTER, frozenset("*"))
            return Keypad(least * forms.shortest, _A_LETTER * forms.longest, first)
        firsts = {pattern[0] for pattern in self.patterns}
        digits = DIGIT_KEYS if firsts & {FIGURE, EITHER} else frozenset[str]()
        return Keypad(
            min(sum(_A_LETTER if each == LETTER else 1 for each in pattern) for pattern in self.patterns),
            max(sum(1 if each == FIGURE else _A_LETTER for each in pattern) for pattern in self.patterns),
            digits | ({"*"} if firsts & {LETTER, EITHER} else frozenset[str]()),
        )

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        """Takes digits, and letters as star, key and place."""
        text, rest = "", keys
        while rest:
            letter = _KEYED.get(rest[:_A_LETTER])
            if letter is None and not is_digits(rest[0]):
                return None
            text += letter or rest[0]
            rest = rest[_A_LETTER if letter else 1 :]
        return self._fitting(text)

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes letters by their names, by the radio alphabet, "B as in boy", "double L", and digits."""
        return spelled_readings(words, self.forms, _understood)

    def understand_value(self, value: Value) -> Understood | None:
        """Takes text, with spaces, dots and hyphens or without; a whole number too."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        return self._fitting("".join(each for each in str(value).upper() if each not in " .-"))

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        forms = self.forms
        return GrammarSpec(
            "spelled",
            forms.shortest,
            forms.longest,
            leads=SPELLED_LEADS,
            has_own_leads=True,
            masks=forms.masks,
            has_digits=forms.has_digits,
        )

    def likely_keys(self, today: datetime.date, below: Callable[[int], int]) -> str | None:
        pattern = self.patterns[below(len(self.patterns))] if self.patterns else LETTER * self.forms.shortest
        return "".join(_keys_of(pattern, below))

    def _fitting(self, text: str) -> Understood | None:
        return _understood(text) if self.forms.is_whole(text) else None


def _understood(text: str) -> Understood:
    return Understood(text, {"": text}, ", ".join(text))


def _keys_of(pattern: str, below: Callable[[int], int]) -> Iterable[str]:
    for each in pattern:
        yield str(below(10)) if each == FIGURE else _KEYS_OF[chr(ord("A") + below(26))]
