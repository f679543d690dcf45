"""zip: a US ZIP code that exists, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.understanding import grammar_phrases as said
from engine.understanding.digits import DIGIT_KEYS, spoken_digits
from engine.understanding.readings import CandidateReading, settled
from engine.understanding.spoken_zip import spoken_zips
from engine.understanding.words import utterance
from engine.understanding.zip_table import ZipPlace, zip_table

_KEYPAD = Keypad(5, 5, DIGIT_KEYS)
_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType(
    {
        "": "string",
        "code": "string",
        "city": "string",
        "county": "string",
        "state": "string",
        "timezone": "string",
        "latitude": "double",
        "longitude": "double",
    }
)


@dataclass(frozen=True, slots=True)
class Zip(AnswerType):
    """Five keys that are a real ZIP code.

    `zip.county` is what the data says, "Travis County". A part that the data lacks (a military code has
    neither county nor timezone) stays unknown to conditions.
    """

    kind: ClassVar[str] = "zip"
    HAS_LEADING_ZEROS: ClassVar[bool] = True
    SPEECH_GOES_ON: ClassVar[Literal["never", "always", "after_no"]] = "never"
    STANDS_OUT: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 80
    LINK: ClassVar[Mapping[str, str]] = {"en": "in"}

    sensitive: bool = False

    @property
    def keypad(self) -> Keypad:
        return _KEYPAD

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        place = zip_table().place(keys)
        return None if place is None else _understood(place)

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes "seven eight seven oh one", "seven eighty seven oh one", "78701", also in a sentence."""
        said = utterance(words)
        candidates: list[CandidateReading] = []
        for code, sure, first, past in spoken_zips(said):
            understood = self.understand_keys(code)
            if understood is not None:
                candidates.append(CandidateReading(understood, first, past, sure))
        return settled(said, candidates)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        return GrammarSpec("zip_code", 5, 5, leads=said.ZIP_LEADS, is_led=True)

    def prepare(self) -> None:
        """The table takes half a second to load."""
        zip_table()

    def understand_value(self, value: Value) -> Understood | None:
        """Takes "78701", "78701-4242" and the number 2134, which has lost its leading zero."""
        if isinstance(value, int) and not isinstance(value, bool):
            return self.understand_keys(f"{value:05d}") if value >= 0 else None
        if not isinstance(value, str):
            return None
        code, dash, extension = value.strip().partition("-")
        if dash and not (len(extension) == 4 and extension.isascii() and extension.isdigit()):
            return None
        return self.understand_keys(code)


def _understood(place: ZipPlace) -> Understood:
    values: dict[str, Value] = {"": place.code, "code": place.code, "city": place.city, "state": place.state}
    if place.county is not None:
        values["county"] = place.county
    if place.timezone is not None:
        values["timezone"] = place.timezone
    if place.latitude is not None and place.longitude is not None:
        values["latitude"] = place.latitude
        values["longitude"] = place.longitude
    return Understood(place.code, values, spoken_digits(place.code))
