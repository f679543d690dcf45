"""What a caller says to a read-back: yes, no, or another value in the same breath.

    "I heard 7 8 7 0 1. If that is right, …"     "no, 78702"   "not 78701, 78702"   "seven eight seven oh two"

Rules
1. Another value is a correction, with or without a "no" before it. The value itself, said again, is a yes.
2. What is denied is never a reading: "no, 78701" to 78701 is a no and nothing else.
3. Where yes and no, or a yes and another value, stand in one breath, or a bare "two" can be both a key and
   a value, nothing is sure: the caller is asked again.
4. The keys 1 and 2 are yes and no. Further keys, soon after or beginning otherwise, are another value; one
   that begins with 1 or 2 is unsure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.understanding.filling import fill
from engine.understanding.languages import language_of
from engine.understanding.languages.language import Language
from engine.understanding.readings import NEAR, UNSURE
from engine.understanding.speaking import spoken_in
from engine.understanding.words import SaidWords, utterance
from engine.understanding.yes_no import YesNo

Readings = tuple[Understood, ...]

_YES_NO = YesNo()
_SHORTEST_KEYED = 3  # fewer keys would wait after each 1 and 2 for what hardly ever comes
_PLAIN = 0.9  # an option that begins with "no" is meant where it is said so plainly
_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reply:
    """`is_yes` is None where neither was said; `values` are other values by answer, best first."""

    is_yes: bool | None
    confidence: float
    values: Mapping[str, Readings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Confirming(AnswerType):
    """The question whether what was read back is right. `parts` are the answers that a reply may give.

    No flow declares it. As a kind by itself it understands yes and no.
    """

    kind: ClassVar[str] = "confirm"
    SPEECH_GOES_ON: ClassVar[Literal["never", "always", "after_no"]] = "after_no"

    read_back: Mapping[str, Understood]
    parts: Mapping[str, AnswerType]
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def in_tongue(self, tongue: str) -> Confirming:
        """The same question, answered in this tongue; its parts come in it already."""
        return spoken_in(self, tongue)

    @property
    def correctable(self) -> Mapping[str, AnswerType]:
        """The parts that a reply may give; to a yes or no, only the opposite could be said."""
        return {name: part for name, part in self.parts.items() if not part.NEEDS_ITS_QUESTION}

    @property
    def keyed(self) -> str | None:
        """The answer that keys correct, where they can correct only one."""
        names = [name for name in self.read_back if name in self.correctable]
        if len(self.read_back) != 1 or not names:
            return None
        return names[0] if self.parts[names[0]].keypad.min_keys >= _SHORTEST_KEYED else None

    @property
    def sensitive(self) -> bool:
        return any(part.sensitive for part in self.parts.values())

    @property
    def keypad(self) -> Keypad:
        own = _YES_NO.keypad
        if self.keyed is None:
            return own
        other = self.parts[self.keyed].keypad
        return Keypad(1, other.max_keys, own.first_keys | other.first_keys, whole_keys=own.first_keys)

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        return _YES_NO.understand_keys(keys)

    def understand_words(self, words: str) -> Readings:
        return _YES_NO.in_tongue(self.tongue).understand_words(words)

    def understand_value(self, value: Value) -> Understood | None:
        return None

    def reply_by_keys(self, keys: str) -> tuple[Reply, str] | None:
        """The reply, and the keys that are none of it; None where they make no sense."""
        if (whole := _YES_NO.understand_keys(keys)) is not None:
            return Reply(whole.value is True, 1.0), ""
        value = None if self.keyed is None else self.parts[self.keyed].understand_keys(keys)
        first = _YES_NO.understand_keys(keys[:1])
        if self.keyed is not None and value is not None:
            if value.value == self.read_back[self.keyed].value:
                return Reply(True, 1.0), ""
            sure = 1.0 if first is None else UNSURE
            return Reply(None, sure, {self.keyed: (value.at(sure),)}), ""
        return None if first is None else (Reply(first.value is True, 1.0), keys[1:])

    def reply_in_words(self, words: str) -> Reply | None:
        """What the words say; None where they say neither yes nor no nor a value."""
        said = utterance(words, self.tongue)
        whole = self._understood(words)
        yes, no = _affirmed(said, whole)
        values, is_denied = self._values(said, whole)
        if is_denied and not yes:
            no = max(no, _PLAIN)
        other = {name: kept for name, some in values.items() if (kept := self._other(name, some))}
        restated = [
            values[name][0].confidence for name in values if name in self.read_back and name not in other
        ]
        by_name = (
            () if any(self._language.affirmations(said)) else self.understand_words(words)
        )  # "one", "press two"
        if any(name in self.read_back for name in other):
            is_mixed = bool(by_name) or (yes > 0 and yes >= no)
            return _correcting(other, UNSURE if is_mixed else 1.0, is_no=no > yes)
        if by_name:
            return None if restated else Reply(by_name[0].value is True, by_name[0].confidence, other)
        if no and abs(yes - no) < NEAR:
            return None
        if no > yes:
            return Reply(False, no, other)
        if yes or len(restated) == len(self.read_back):
            return Reply(True, max(yes, *restated) if restated else yes, other)
        return _correcting(other, 1.0, is_no=False) if other else None

    @property
    def _language(self) -> Language:
        return language_of(self.tongue)

    def _values(self, said: SaidWords, whole: Mapping[str, Readings]) -> tuple[Mapping[str, Readings], bool]:
        """What the words say of each part, and whether they open with a "no" to what was read back.

        After a "no" that opens them they are read without it too.
        """
        rest = _after_no(said)
        if rest is None:
            return whole, False
        begin, after = rest
        values, is_denied = dict(whole), False
        for name, readings in self._understood(after).items():
            known, some = whole.get(name, ()), self._other(name, readings)
            if known and known[0].confidence >= _PLAIN and _holds_a_no(said, known[0], begin):
                continue  # the "no" belongs to it: "no insurance"
            if not some:
                is_denied = True
            elif known and known[0].value == some[0].value:
                values[name] = max(known, some, key=lambda each: each[0].confidence)
            else:
                values[name] = _limited(some, UNSURE if known else 1.0)
        return values, is_denied

    def _understood(self, words: str) -> Mapping[str, Readings]:
        correctable = self.correctable
        if len(correctable) != 1:
            return {name: (each,) for name, each in fill(correctable, words).items()}
        (name,) = correctable
        readings = correctable[name].understand_words(words)
        return {name: readings} if readings else {}

    def _other(self, name: str, readings: Readings) -> Readings:
        stated = self.read_back.get(name)
        return tuple(each for each in readings if stated is None or each.value != stated.value)


def _correcting(values: Mapping[str, Readings], limit: float, *, is_no: bool) -> Reply:
    limited = {name: _limited(some, limit) for name, some in values.items()}
    return Reply(False if is_no else None, max(some[0].confidence for some in limited.values()), limited)


def _limited(readings: Readings, limit: float) -> Readings:
    return tuple(each.at(min(each.confidence, limit)) for each in readings)


def _affirmed(said: SaidWords, whole: Mapping[str, Readings]) -> tuple[float, float]:
    """How surely yes is said, and no, where that is no part of a value: "no insurance" is neither."""
    spans = [some[0].span for some in whole.values() if some[0].confidence >= _PLAIN]
    sure = {True: 0.0, False: 0.0}
    for each in language_of(said.tongue).affirmations(said):
        is_inside = any(begin <= said.words[each.first].begin < end for begin, end in spans)
        if not is_inside and each.confidence > UNSURE:
            sure[each.is_yes] = max(sure[each.is_yes], each.confidence)
    return sure[True], sure[False]


def _holds_a_no(said: SaidWords, reading: Understood, before: int) -> bool:
    """Whether the reading begins in the words that stand before the value."""
    negative = language_of(said.tongue).negative
    return reading.span[0] < before and any(
        word.text in negative and reading.span[0] <= word.begin < before for word in said.words
    )


def _after_no(said: SaidWords) -> tuple[int, str] | None:
    """Where the words that follow an opening "no", "that's not right, it's" begin, and those words."""
    language = language_of(said.tongue)
    texts = said.texts
    past = 0
    while past < len(texts) and texts[past] in language.before_a_correction:
        past += 1
    if past == len(texts) or not any(text in language.negative for text in texts[:past]):
        return None
    begin = said.words[past].begin
    return begin, said.source[begin:]
