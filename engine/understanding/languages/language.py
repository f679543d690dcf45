"""What has to be known of a language to understand it: one `Language`, filled in by one module for each.

`Language` reads texts, of which it has words without accents (engine.understanding.words). `Phrasebook` is
what a recogniser listens for, written as the language is written.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.understanding.affirming import Affirmation
from engine.understanding.corrections import SpokenCorrection
from engine.understanding.digit_runs import Run
from engine.understanding.grammar_digits import DigitWord
from engine.understanding.spoken_dates import SpokenDate
from engine.understanding.spoken_money import SpokenAmount
from engine.understanding.spoken_numbers import SpokenNumber
from engine.understanding.tries import Trie
from engine.understanding.words import SaidWords

Phrases = tuple[str, ...]
Texts = Sequence[str]


@dataclass(frozen=True, slots=True)
class Numerals:
    """How the language says digits and numbers, amounts and days."""

    is_numeral: Callable[[Texts, int], bool]
    runs: Callable[[SaidWords], list[Run]]
    """Every longest stretch of numerals."""

    readings: Callable[[Texts, int], dict[str, float]]
    """Of a run's numerals, the digits that they can write, at most so many, and how surely."""

    zeros: Collection[str]
    numbers: Callable[[SaidWords], Iterator[SpokenNumber]]
    nothing: Collection[str]
    """Words that say zero where a count is asked for: "none"."""

    amounts: Callable[[SaidWords], Iterator[SpokenAmount]]
    dates: Callable[[SaidWords, datetime.date | None], Iterator[SpokenDate]]


@dataclass(frozen=True, slots=True)
class Choosing:
    """How the language chooses among options."""

    beside_a_key: Collection[str]
    """Words that may stand beside a key: "press one, please"."""

    places: Mapping[str, int]
    key_names: Mapping[str, str]
    light: Collection[str]
    """Words that carry an answer but are none."""

    no: Collection[str]
    """What a phrase such as "no insurance" begins with."""

    stem: Callable[[str], str]
    sound_key: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """What callers say around an answer, and instead of a plain yes or no. How they combine: grammars.py."""

    fillers: Phrases
    leads: Phrases
    tails: Phrases
    corrections: Phrases
    zip_leads: Phrases
    digits_leads: Phrases
    number_leads: Phrases
    date_leads: Phrases
    money_tails: Phrases
    choice_leads: Phrases
    choice_tails: Phrases
    key_forms: Phrases
    place_forms: Phrases
    """How a place is said, "the {} one", of what `ordinal` calls it."""

    yes: Phrases
    no: Phrases
    yes_leads: Phrases
    """All that comes before a yes or a no."""

    by_verb: Collection[str]
    """A yes to another question than "is that right?"; there it is rather the beginning of a value."""

    denials: Phrases
    """Before another value than the one that was read back; "yes" before the same again."""

    nots: Phrases
    """Before the value itself: "not 78701, 78702"."""

    unknown: Phrases
    cardinal: Callable[[int], str]
    ordinal: Callable[[int], str]
    digit_names: Callable[[str], str]
    digit_words: Callable[[], Trie[DigitWord]]
    """Every word of a run of digits. Called when a grammar is compiled."""

    figure: Callable[[int, int], Any]
    """The automaton (engine.understanding.grammars.AnswerCore) of a number between two limits."""

    days: Callable[[], Iterable[str]]
    """Every way to say a day without its year."""

    years: Callable[[], Iterable[str]]
    """Every way to say the year behind it; none where a recogniser does not listen for years."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language. `tongue` is its code: "en", "es"."""

    tongue: str
    fillers: Collection[str]
    """Said without meaning, at the beginning, in the middle or at the end."""

    numerals: Numerals
    choosing: Choosing
    affirmations: Callable[[SaidWords], Iterator[Affirmation]]
    not_known_places: Callable[[Texts], frozenset[int]]
    corrections: Callable[[SaidWords, Callable[[int], bool]], list[SpokenCorrection]]
    refusal: Callable[[SaidWords, int], int | None]
    """Where the negation stands that governs the words from there on."""

    bare_no: Collection[str]
    """A negation that may also stand for itself, as a reply: "no"."""

    no_governs_verbs: bool
    """Whether that is the "not" of a sentence as well."""

    nots: Collection[str]
    """What makes the answer right behind it none: "not 78701"."""

    articles: Collection[str]
    negative: Collection[str]
    """What opens a reply that denies."""

    before_a_correction: Collection[str]
    """Words between that and the right value."""

    phrasebook: Phrasebook
    day_label: Callable[[int | None, int, int], str]
    """How a prompt says a day, its year first: "November 22, 2026". None: without a year."""
