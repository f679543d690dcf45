"""date: a day, kept as its ISO date."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.understanding.digits import is_digits
from engine.understanding.languages import language_of
from engine.understanding.readings import CandidateReading, settled
from engine.understanding.speaking import spoken_in
from engine.understanding.spoken_dates import SpokenDate
from engine.understanding.words import utterance

_KEYPAD = Keypad(8, 8, frozenset("01"))
_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType(
    {"": "string", "year": "int", "month": "int", "day": "int"}
)
_STATED = re.compile(r"(\d{4}|-)-(\d\d)-(\d\d)", re.ASCII)
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Date(AnswerType):
    """A day of the calendar. Keys give month, day and year: 11222026.

    `when` tells which year is meant where none is said: the last (past), the next (future), or the nearest
    (any) such day, counted from `today`. Where `today` is not given, such a day keeps no year: its value is
    "--11-22" and `date.year` stays unknown to conditions; "yesterday" is then not understood.
    """

    kind: ClassVar[str] = "date"
    WRITTEN_AS: ClassVar[str] = "an ISO date such as 2026-11-22; --11-22 where the year was not said"
    CALLED: ClassVar[Mapping[str, tuple[str, ...]]] = {"en": ("date",), "es": ("fecha",)}
    STANDS_OUT: ClassVar[bool] = True
    SAYS_BY_ITSELF: ClassVar[int] = 60
    KEYPAD_OFFER: ClassVar[Mapping[str, str]] = {
        "en": "enter two digits for the month, two for the day, and four for the year",
        "es": "marque dos dígitos para el mes, dos para el día y cuatro para el año",
    }
    LINK: ClassVar[Mapping[str, str]] = {"en": "on", "es": "el"}

    when: Literal["any", "past", "future"] = "any"
    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def in_tongue(self, tongue: str) -> Date:
        """The same, understood and said in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        return _KEYPAD

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        if len(keys) != 8 or not is_digits(keys):
            return None
        return self._understood(int(keys[4:]), int(keys[:2]), int(keys[2:4]))

    def understand_words(self, words: str, today: datetime.date | None = None) -> tuple[Understood, ...]:
        """Takes "November twenty second", "11/22/2026", "the third of May"; with `today` also "yesterday"."""
        said = utterance(words, self.tongue)
        candidates: list[CandidateReading] = []
        for spoken in language_of(self.tongue).numerals.dates(said, today):
            understood = self._placed(spoken, today)
            if understood is not None:
                candidates.append(CandidateReading(understood, spoken.first, spoken.past, spoken.confidence))
        return settled(said, candidates)

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        leads = language_of(self.tongue).phrasebook.date_leads
        return GrammarSpec("day", leads=leads, weights="phrases", tongue=self.tongue)

    def likely_keys(self, today: datetime.date, below: Callable[[int], int]) -> str | None:
        """A day of the last four years."""
        day = today - datetime.timedelta(days=1 + below(4 * 365 - 1))
        return day.strftime("%m%d%Y")

    def understand_value(self, value: Value) -> Understood | None:
        """Takes an ISO date, and "--11-22" for a day of any year."""
        match = _STATED.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            return None
        return self._understood(None if match[1] == "-" else int(match[1]), int(match[2]), int(match[3]))

    def _placed(self, spoken: SpokenDate, today: datetime.date | None) -> Understood | None:
        if spoken.year is not None or today is None:
            return self._understood(spoken.year, spoken.month, spoken.day)
        days = [
            day
            for year in range(today.year - 4, today.year + 5)  # a 29 February may be four years away
            if (day := _day(year, spoken.month, spoken.day)) is not None
            and (self.when != "past" or day <= today)
            and (self.when != "future" or day >= today)
        ]
        if not days:
            return None
        nearest = min(days, key=lambda day: abs(day - today))
        return self._understood(nearest.year, nearest.month, nearest.day)

    def _understood(self, year: int | None, month: int, day: int) -> Understood | None:
        """None where there is no such day."""
        is_day = _day(_LEAP_YEAR if year is None else year, month, day) is not None
        if (year is not None and year < 1000) or not is_day:
            return None
        value = f"--{month:02d}-{day:02d}" if year is None else f"{year:04d}-{month:02d}-{day:02d}"
        values: dict[str, Value] = {"": value, "month": month, "day": day}
        if year is not None:
            values["year"] = year
        return Understood(value, values, language_of(self.tongue).day_label(year, month, day))


def _day(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
