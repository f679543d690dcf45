"""Whether what a language model fills in rests on the caller's words.

Rules
1. The words that the model quotes must be the caller's, in this conversation, in that order; else nothing is
   filled.
2. The value must be one of the answer's kind.
3. What the engine surely understands in those words wins: the same value may be taken as if the model had not
   been there, another one is refused.
4. What the engine doesn't understand in them, or not surely, is the model's own reading. It is never taken
   without the caller's yes.
5. A key stands for a choice only where a prompt said so. The words before it were the model's, so it is read
   back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.core.answers import AnswerType, Understood
from engine.core.attempts import Keys, Speech
from engine.core.model_events import Fill
from engine.core.prompts import Prompt
from engine.nodes.asking import Readings, is_sure, likely, readings_of
from engine.nodes.certainty import heard_texts
from engine.understanding.filling import fill
from engine.understanding.readings import UNSURE
from engine.understanding.words import BARRIER, utterance

Ungrounded = Literal["not_valid", "not_said", "contradicts"]

VEIL = "•"
"""Stands for each letter that the model is not shown."""

_VEILED = re.compile(f"{VEIL}+")


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """What the caller gave in one turn, and to which words. `text` is what of it the model is shown, letter
    by letter."""

    number: int
    given: Keys | Speech
    prompt: Prompt
    text: str

    @property
    def shown(self) -> str:
        """As the model reads it, to whom even the length of what it isn't shown says nothing."""
        return _VEILED.sub(VEIL * 3, self.text)


@dataclass(frozen=True, slots=True)
class Grounded:
    """An answer in the caller's words. `is_alike`: the engine surely reads the same in them."""

    reading: Understood
    turn: CallerTurn
    is_alike: bool


def grounded(
    name: str, kinds: Mapping[str, AnswerType], filled: Fill, turns: Sequence[CallerTurn]
) -> Grounded | Ungrounded:
    """What the fill rests on, or why on nothing. `kinds` are those of the conversation's answers."""
    understood = kinds[name].understand_value(filled.value)
    if understood is None:
        return "not_valid"
    quoted = _quoted(filled.quote, turns)
    if quoted is None:
        return "not_said"
    turn, (begin, end) = quoted
    readings = _understood_in(turn.given, name, kinds)
    words = turn.text[begin:end]
    if readings and is_sure(readings) and _share_words(readings[0].heard, words):
        best = readings[0]
        return Grounded(best, turn, is_alike=True) if best.value == understood.value else "contradicts"
    same = [reading for reading in readings if reading.value == understood.value]
    sure = same[0].confidence if same else 1.0
    hearing = turn.given.confidence if isinstance(turn.given, Speech) else 1.0
    reading = replace(understood, confidence=min(sure, hearing, UNSURE), heard=words, span=(begin, end))
    return Grounded(reading, turn, is_alike=False)


def veiled(text: str, kinds: Mapping[str, AnswerType], values: Mapping[str, object]) -> str:
    """The text without what may be one of these answers. One of `values` is hidden only where it is that
    value; the others wherever something of the kind is said."""
    for name, kind in kinds.items():
        keyed = kind.understand_keys(text)
        if keyed is not None and keyed.value == values.get(name, keyed.value):
            text = VEIL * len(text)
        for _ in range(len(text)):  # it may be said more than once
            readings = kind.understand_words(text)
            spans = [each.span for each in readings if each.value == values.get(name, each.value)]
            if not (hidden := [span for span in spans if text[slice(*span)].strip(VEIL)]):
                break
            for begin, end in hidden:
                text = text[:begin] + VEIL * (end - begin) + text[end:]
    return text


def _quoted(quote: str, turns: Sequence[CallerTurn]) -> tuple[CallerTurn, tuple[int, int]] | None:
    """The last turn in which the caller said those words, and where they stand in it."""
    sought = utterance(quote).texts
    if not sought or BARRIER in sought:
        return None
    for turn in reversed(turns):
        said = utterance(turn.text)
        for first in range(len(said.words) - len(sought) + 1):
            if said.texts[first : first + len(sought)] == sought:
                return turn, said.span(first, first + len(sought))
    return None


def _understood_in(given: Keys | Speech, name: str, kinds: Mapping[str, AnswerType]) -> Readings:
    """What the engine itself reads of the answer, best first, as a form would."""
    kind = kinds[name]
    if isinstance(given, Keys):
        keyed = None if kind.key_meanings else kind.understand_keys(given.digits)
        return () if keyed is None else (replace(keyed, heard=given.digits, span=(0, len(given.digits))),)
    found = [
        understood.at(sure * understood.confidence)
        for text, sure in heard_texts(given)
        if (understood := fill(kinds, text).get(name)) is not None
    ]
    return likely(found) or readings_of(kind, given)


def _share_words(one: str, other: str) -> bool:
    return not set(utterance(one).texts).isdisjoint(utterance(other).texts)
