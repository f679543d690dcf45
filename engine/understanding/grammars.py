"""What a question lets a caller say, as an automaton that a recogniser's search follows letter by letter.

Two steps, for recognisers work in processes of their own:

- `grammar_of(kind, …)` states an answer kind's grammar as a `GrammarSpec`: plain, small, hashable, picklable.
- `compile_grammar(spec)` makes the `Grammar` of it, where the search runs.

Letters are those that `squashed` keeps: small letters and figures, so that neither spacing, capitals nor
punctuation matter, and an answer may be written in words or in figures. A sentence is

    lead-ins  answer  (correction answer)*  tail          "it's 78701, no, 78702 please"
  | one of the other phrases alone                        "I don't know"
  | lead-ins  a command  tail                             "can I talk to a person, please"

A state is a set of places in it. `step` returns None where nothing allowed goes on so; `readings` tells what
a state means when speech ends there. Where one text has several readings, all are returned.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from engine.core.answers import AnswerType
from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.core.spoken_commands import NOTHING_SPOKEN, SpokenCommands
from engine.understanding import command_words
from engine.understanding.free_words import FreeWords
from engine.understanding.grammar_digits import run_of_digits, zip_digits
from engine.understanding.grammar_spelled import SpelledCore, SpelledNode
from engine.understanding.languages import language_of
from engine.understanding.message import Message
from engine.understanding.replies import Confirming
from engine.understanding.several import Several
from engine.understanding.spelled_forms import SpelledForms
from engine.understanding.tries import Trie, squashed
from engine.understanding.yes_no import YesNo


@dataclass(frozen=True, slots=True)
class Reading:
    """What a caller said: an answer (`value`), or one of the other phrases (`phrase`).

    An answer of a kind that the grammar cannot value (a date) has neither: its words are to be understood.
    """

    value: Value | None = None
    phrase: str | None = None


def grammar_of(
    kind: AnswerType, others: Iterable[str] = (), spoken: SpokenCommands = NOTHING_SPOKEN
) -> GrammarSpec:
    """The grammar of a kind. `others` are further phrases to listen for, `spoken` the commands.

    "I don't know" in its forms is always listened for.
    """
    spec = _grammar_of(kind, others)
    if not spoken.commands:
        return spec
    return replace(
        spec,
        asides=spoken.phrases,
        aside_leads=command_words.LEADS.get(spoken.tongue, ()),
        aside_tails=command_words.TAILS.get(spoken.tongue, ()),
    )


def _grammar_of(kind: AnswerType, others: Iterable[str]) -> GrammarSpec:
    if isinstance(kind, Message | FreeWords):
        return open_grammar((), others, kind.tongue)
    if isinstance(kind, Several):
        unknown = language_of(kind.tongue).phrasebook.unknown
        return open_grammar(kind.parts.values(), (*others, *unknown), kind.tongue)
    if isinstance(kind, Confirming):
        return _confirming_grammar(kind, others)
    spec = kind.grammar()
    book = language_of(spec.tongue).phrasebook
    return replace(
        spec,
        leads=spec.leads if spec.has_own_leads else (*book.fillers, *book.leads, *spec.leads),
        tails=(*book.tails, *spec.tails),
        others=tuple(dict.fromkeys((*others, *book.unknown))),
    )


def open_grammar(kinds: Iterable[AnswerType], others: Iterable[str] = (), tongue: str = "en") -> GrammarSpec:
    """Any sentence, in which answers of these kinds are likely: "I need a new roof in 78701".

    Its readings are texts: what they say is for the kinds' `understand_words`. A number or a yes is too
    common in any sentence to be listened for.
    """
    parts = tuple(kind.grammar(in_sentence=True) for kind in kinds if kind.STANDS_OUT)
    return GrammarSpec("open", others=tuple(others), is_open=True, parts=parts, tongue=tongue)


def _confirming_grammar(asked: Confirming, others: Iterable[str]) -> GrammarSpec:
    """Yes, no, and other values of what was read back, with a "no" before them or without."""
    correctable = asked.correctable
    if not correctable:
        return _grammar_of(YesNo().in_tongue(asked.tongue), others)
    book = language_of(asked.tongue).phrasebook
    yes = (text for text in book.yes if text not in book.by_verb)
    replies = (*others, *yes, *book.no)
    if len(correctable) > 1:
        return open_grammar(correctable.values(), (*replies, *book.unknown), asked.tongue)
    (name,) = correctable
    spec = _grammar_of(correctable[name], replies)
    stated = asked.read_back[name]
    told = (stated.label, *([book.digit_names(str(stated.value))] if stated.label[:1].isdigit() else []))
    denials = (f"{no} {text}" for no in book.nots for text in told)
    leads = (*book.denials, *denials, *spec.leads)
    return replace(spec, leads=leads, takes_own_words=False)


Place = tuple[str, Hashable, "Value | None"]
"""Where in a sentence: which part, the part's own node, and the answer that stands so far."""

State = frozenset[Place]

_LEAD, _ANSWER, _TAIL, _CORRECTION, _OTHER = "lead", "answer", "tail", "correction", "other"
_ASIDE_LEAD, _ASIDE, _ASIDE_TAIL = "aside lead", "aside", "aside tail"
_NO_VALUE = "\0"
"""Stands for an answer without a value while a tail is read, so that None can mean none."""


class AnswerCore(Protocol):
    """The part of a sentence that is the answer."""

    def start(self) -> Any: ...

    def step(self, node: Any, letter: str) -> Iterable[Any]: ...

    def value(self, node: Any) -> Value | None: ...


class _PhraseCore:
    """One of a list of phrases."""

    def __init__(self, phrases: Iterable[tuple[str, Value | None]]) -> None:
        self._phrases: Trie[Value] = Trie(
            (text, _NO_VALUE if value is None else value) for text, value in phrases
        )

    def start(self) -> tuple[int, Value | None]:
        return 0, None

    def step(self, node: tuple[int, Value | None], letter: str) -> Iterable[tuple[int, Value | None]]:
        at = self._phrases.step(node[0], letter)
        if at is None:
            return ()
        return [(at, value) for value in self._phrases.ends(at)] or [(at, None)]

    def value(self, node: tuple[int, Value | None]) -> Value | None:
        return node[1]


class _DayCore:
    """A day, and its year where one follows. What they say is for understanding: they have no value."""

    def __init__(self, days: Iterable[str], years: Iterable[str]) -> None:
        self._days = Trie((text, text) for text in days)
        self._years = Trie((text, text) for text in years)

    def start(self) -> tuple[bool, int]:
        return False, 0

    def step(self, node: tuple[bool, int], letter: str) -> Iterable[tuple[bool, int]]:
        in_year, at = node
        following = (self._years if in_year else self._days).step(at, letter)
        if following is not None:
            yield in_year, following
        if not in_year and at and self._days.ends(at):
            year = self._years.step(0, letter)
            if year is not None:
                yield True, year

    def value(self, node: tuple[bool, int]) -> Value | None:
        in_year, at = node
        return _NO_VALUE if (self._years if in_year else self._days).ends(at) else None


class Grammar:
    """A compiled grammar. Steps are remembered, so that a long-lived grammar grows quick; not for threads."""

    def __init__(self, spec: GrammarSpec) -> None:
        self.spec = spec
        self._core = answer_core(spec)
        self.is_spelled = spec.core == "spelled"
        self._leads = Trie((text, text) for text in spec.leads)
        self._tails = Trie((text, text) for text in spec.tails)
        self._corrections = Trie((text, text) for text in language_of(spec.tongue).phrasebook.corrections)
        self._others: Trie[Reading] = Trie((text, Reading(phrase=text)) for text in spec.others)
        for text, value in spec.alone:
            self._others.add(text, Reading(value=value))
        self._tries: Mapping[str, Trie[Any]] = {
            _LEAD: self._leads,
            _TAIL: self._tails,
            _CORRECTION: self._corrections,
            _OTHER: self._others,
            _ASIDE_LEAD: Trie((text, text) for text in spec.aside_leads),
            _ASIDE: Trie((text, text) for text in spec.asides),
            _ASIDE_TAIL: Trie((text, text) for text in spec.aside_tails),
        }
        self._steps: dict[tuple[State, str], State | None] = {}
        asides: State = frozenset({(_ASIDE_LEAD, 0, None), (_ASIDE, 0, None)}) if spec.asides else frozenset()
        self.start: State = asides | {
            (_LEAD, 0, None),
            (_ANSWER, self._core.start(), None),
            (_OTHER, 0, None),
        }

    def step(self, state: State, letter: str) -> State | None:
        """The state after one more letter (of those that `squashed` keeps), None where it leads nowhere."""
        key = (state, letter)
        if key not in self._steps:
            if len(self._steps) > 400_000:
                self._steps.clear()
            places: set[Place] = set()
            for place in state:
                self._advance(place, letter, places)
            if self.is_spelled:
                places = _begun_anew(places, (_ANSWER, self._core.start(), None))
            self._steps[key] = frozenset(places) or None
        return self._steps[key]

    def follow(self, text: str) -> State | None:
        """The state after a whole text, None where the text is not allowed."""
        state: State | None = self.start
        for letter in squashed(text):
            state = self.step(state, letter) if state is not None else None
        return state

    def readings(self, state: State) -> tuple[Reading, ...]:
        """What the speech means if it ends here; nothing where it cannot end here."""
        found: dict[Reading, None] = {}
        for place in state:
            if place[0] == _OTHER:
                found |= dict.fromkeys(self._others.ends(cast(int, place[1])))
            elif place[0] in (_ASIDE, _ASIDE_TAIL):
                found |= dict.fromkeys(Reading(phrase=text) for text in self._commands_at(place))
            elif (value := self._answer_at(place)) is not None:
                found[Reading(value=None if value == _NO_VALUE else value)] = None
        return self._as_words(state, found) if self.is_spelled else tuple(found)

    def _as_words(self, state: State, found: Iterable[Reading]) -> tuple[Reading, ...]:
        """Without what spells words that mean something as they are: a "no", a "please" behind."""
        phrases = tuple(reading for reading in found if reading.phrase is not None)
        spelled = {Reading(self._core.value(node)) for part, node, _ in state if part == _ANSWER}
        return phrases or tuple(reading for reading in found if reading not in spelled) or tuple(found)

    def _answer_at(self, place: Place) -> Value | None:
        """The answer of a sentence that ends here; None where none can."""
        part, node, value = place
        if part == _ANSWER:
            return self._core.value(node)
        is_whole = part == _TAIL and (node == 0 or bool(self._tails.ends(cast(int, node))))
        return value if is_whole else None

    def _commands_at(self, place: Place) -> tuple[str, ...]:
        """The command of a sentence that ends here, if one can."""
        part, node, value = place
        ends = self._tries[part].ends(cast(int, node))
        if part == _ASIDE:
            return ends
        return (str(value),) if node == 0 or ends else ()

    def _advance(self, place: Place, letter: str, into: set[Place]) -> None:
        part, node, value = place
        if part == _ANSWER:
            for answer in self._core.step(node, letter):
                into.add((_ANSWER, answer, None))
                whole = self._core.value(answer)
                if whole is not None:
                    into |= {(_TAIL, 0, whole), (_CORRECTION, 0, None)}
            return
        trie = self._tries[part]
        at = trie.step(cast(int, node), letter)
        if at is None:
            return
        into.add((part, at, value))
        if not trie.ends(at):
            return
        if part in (_TAIL, _ASIDE_TAIL):
            into.add((part, 0, value))
        elif part == _ASIDE_LEAD:
            into |= {(_ASIDE_LEAD, 0, None), (_ASIDE, 0, None)}
        elif part == _ASIDE:
            into |= {(_ASIDE_TAIL, 0, text) for text in trie.ends(at)}
        elif part in (_LEAD, _CORRECTION):
            into |= {(_LEAD, 0, None), (_ANSWER, self._core.start(), None)}

    def spelled_within(self, state: State, longest: int) -> State | None:
        """The state without what has spelled more than so many letters, or words for them."""
        kept = (place for place in state if place[0] != _ANSWER or _spelled_so_far(place) <= longest)
        return frozenset(kept) or None

    def longest_spelled(self, state: State) -> int:
        """How many letters, or words for them, were spelled at most by now."""
        return max((_spelled_so_far(place) for place in state if place[0] == _ANSWER), default=0)


def _spelled_so_far(place: Place) -> int:
    return cast(SpelledNode, place[1]).pieces


def _begun_anew(places: set[Place], start: Place) -> set[Place]:
    """After "my plate is" the letters begin: M, Y, P, … are none of them."""
    return {place for place in places if place[0] != _ANSWER or place == start} if start in places else places


def compile_grammar(spec: GrammarSpec) -> Grammar:
    """The automaton of a spec. A ZIP's takes half a second the first time, for the table."""
    return Grammar(spec)


def answer_core(spec: GrammarSpec) -> AnswerCore:
    """The automaton of a spec's answer alone."""
    book = language_of(spec.tongue).phrasebook
    match spec.core:
        case "zip_code":
            return zip_digits(book.digit_words())
        case "figure":
            return cast(AnswerCore, book.figure(spec.lowest, spec.highest))
        case "digit_run":
            return run_of_digits(book.digit_words(), spec.lowest, spec.highest)
        case "day":
            return _DayCore(book.days(), book.years())
        case "phrases":
            return _PhraseCore(spec.phrases)
        case "spelled":
            return SpelledCore(SpelledForms(spec.lowest, spec.highest, spec.masks, spec.has_digits))
        case other:
            raise ValueError(f"no automaton reads answers by a grammar of '{other}'")
