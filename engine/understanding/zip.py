"""zip: a US ZIP code that exists, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.core.zip_reads import Row, RowOf, ZipReads
from engine.understanding.digits import DIGIT_KEYS, spoken_digits
from engine.understanding.languages import language_of
from engine.understanding.readings import CandidateReading, settled
from engine.understanding.speaking import spoken_in
from engine.understanding.spoken_zip import spoken_zips
from engine.understanding.words import utterance
from engine.understanding.zip_table import zip_table


def table_row(code: str) -> Row | None:
    """What the installed data knows of a code."""
    place = zip_table().place(code)
    if place is None:
        return None
    row: dict[str, Value] = {"city": place.city, "state": place.state}
    if place.county is not None:
        row["county"] = place.county
    if place.timezone is not None:
        row["timezone"] = place.timezone
    if place.latitude is not None and place.longitude is not None:
        row["latitude"] = place.latitude
        row["longitude"] = place.longitude
    return row


def area_row(area: str) -> Row | None:
    """The states in which the installed data has this area code."""
    states = zip_table().states_of_area(area)
    return {"states": " ".join(states)} if states else None


_KEYPAD = Keypad(5, 5, DIGIT_KEYS, more_keys=4)
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
    WRITTEN_AS: ClassVar[str] = "five digits, such as 78701"
    CALLED: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "en": ("zip", "zip code", "postal code"),
        "es": ("código postal",),
    }
    HAS_LEADING_ZEROS: ClassVar[bool] = True
    SPEECH_GOES_ON: ClassVar[Literal["never", "always", "after_no"]] = "never"
    IS_SUPPORTED: ClassVar[bool] = True
    STANDS_OUT: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 80
    LINK: ClassVar[Mapping[str, str]] = {"en": "in", "es": "en"}

    sensitive: bool = False
    row_of: RowOf = field(default=table_row, init=False, repr=False, compare=False)
    area_row_of: RowOf = field(default=area_row, init=False, repr=False, compare=False)
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def bound(self, reads: ZipReads) -> Zip:
        """The kind as one call asks it: what it reads is recorded. What is sensitive is in no record."""
        if self.sensitive:
            return self
        bound = Zip()
        object.__setattr__(bound, "row_of", lambda code: reads.row(code, table_row))
        object.__setattr__(bound, "area_row_of", lambda area: reads.row(area, area_row))
        return spoken_in(bound, self.tongue)

    def in_tongue(self, tongue: str) -> Zip:
        """The same, understood in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        return _KEYPAD

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        row = self._row(keys)
        return None if row is None else _understood(keys, row)

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes "seven eight seven oh one", "seven eighty seven oh one", "78701", also in a sentence."""
        said = utterance(words, self.tongue)
        candidates: list[CandidateReading] = []
        for code, sure, first, past in spoken_zips(said, lambda code: self._row(code) is not None):
            row = self._row(code)
            if row is not None:
                candidates.append(CandidateReading(_understood(code, row), first, past, sure))
        return settled(said, candidates)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        book = language_of(self.tongue).phrasebook
        return GrammarSpec(
            "zip_code", 5, 5, leads=book.zip_leads, is_led=self.tongue == "en", tongue=self.tongue
        )

    def lies_in_area(self, understood: Understood, area: str) -> bool | None:
        """Whether the ZIP's state is one of the area code's."""
        row = self.area_row_of(area)
        return None if row is None else understood.values.get("state") in str(row["states"]).split()

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

    def _row(self, code: str) -> Row | None:
        """The row of five digits; anything else is not even looked up."""
        return self.row_of(code) if len(code) == 5 and code.isascii() and code.isdigit() else None


def _understood(code: str, row: Row) -> Understood:
    return Understood(code, {"": code, "code": code, **row}, spoken_digits(code))
