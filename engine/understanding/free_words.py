"""words: a name, an address, a sentence: what the caller says, as it was heard."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.understanding.speaking import spoken_in

LONGEST_MS = 20_000
"""A recogniser takes no more at once."""

MOST_LETTERS = 1_000
"""Nobody says twice as much in that time; what is longer is none of it."""

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "string"})
_TO_SKIP: Mapping[str, str] = MappingProxyType(
    {"en": "press {} to go on without it", "es": "oprima {} para continuar sin responder"}
)
_NO_KEY = Keypad(1, 1, frozenset())


@dataclass(frozen=True, slots=True)
class FreeWords(AnswerType):
    """Whatever the caller says, from `shortest` to `longest`, with its sound.

    The value is the transcript, and "" where the caller chose to say nothing (`optional`, by `skip_key`).
    It's for people to read and hear: no condition reads it. `sound` says whether the utterance is kept as a
    recording: "kept" after the call's own announcement, "told_in_prompt" where the question says so, "none".
    """

    kind: ClassVar[str] = "words"
    IS_FREE: ClassVar[bool] = True
    NEEDS_ITS_QUESTION: ClassVar[bool] = True

    shortest_ms: int = 0
    longest_ms: int = 15_000
    sound: Literal["kept", "told_in_prompt", "none"] = "kept"
    optional: bool = False
    skip_key: str = "1"
    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.longest_ms <= LONGEST_MS:
            raise ValueError(f"longest is {self.longest_ms} ms; it takes more than 0s, up to 20s")
        if self.shortest_ms >= self.longest_ms:
            raise ValueError(
                f"shortest is {self.shortest_ms} ms and longest {self.longest_ms} ms; "
                "it takes shortest < longest"
            )
        if len(self.skip_key) != 1 or self.skip_key not in "0123456789*":
            raise ValueError(f"skip_key is {self.skip_key!r}, which isn't a key; use one of 0-9 and *")

    def in_tongue(self, tongue: str) -> FreeWords:
        """The same, listened to in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keeps_sound(self) -> bool:
        return self.sound != "none" and not self.sensitive

    @property
    def tells_in_prompt(self) -> bool:
        return self.sound == "told_in_prompt"

    @property
    def keypad(self) -> Keypad:
        return Keypad(1, 1, frozenset(self.skip_key)) if self.optional else _NO_KEY

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    @property
    def key_meanings(self) -> Mapping[str, str]:
        return {self.skip_key: "skip"} if self.optional else {}

    @classmethod
    def keys_written(cls, settings: Mapping[str, object]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        return (("skip", cls().skip_key, ("skip_key",)),) if settings.get("optional") is True else ()

    def keypad_offer(self, tongue: str) -> str:
        return _TO_SKIP.get(tongue, "").format(self.skip_key) if self.optional else ""

    def understand_keys(self, keys: str) -> Understood | None:
        """Takes the key that skips the question, and no other."""
        return _understood("") if self.optional and keys == self.skip_key else None

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes anything in which there is a letter or a figure, up to MOST_LETTERS long."""
        if len(words) > MOST_LETTERS or not any(letter.isalnum() for letter in words):
            return ()
        return (replace(_understood(words), heard=words.strip(), span=(0, len(words))),)

    def understand_value(self, value: Value) -> Understood | None:
        """Takes text, up to MOST_LETTERS long; "" where it's optional."""
        if not isinstance(value, str) or len(value) > MOST_LETTERS:
            return None
        if not value.strip() and not self.optional:
            return None
        return _understood(value)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        return GrammarSpec("open", is_open=True)

    def likely_keys(self, today: datetime.date, below: Callable[[int], int]) -> str | None:
        return self.skip_key if self.optional else None


def _understood(words: str) -> Understood:
    """The words without the full stop that a recogniser sets behind a name."""
    said = " ".join(words.split())
    bare = said.rstrip(" .,;")
    value = bare if not any(mark in bare for mark in ".?!") else said
    return Understood(value, {"": value}, value)
