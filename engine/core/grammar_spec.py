"""A grammar in plain values: what a recogniser's worker is sent, small, hashable, picklable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.core.conditions import Value

LARGEST_NUMBER = 999_999_999


@dataclass(frozen=True, slots=True)
class GrammarSpec:
    """What may be said. Equal specs are the same grammar, so a spec is its own key.

    `core` is the automaton that reads the answer itself; `weights` are those of the confidence
    (engine.media.speech.certainty).
    """

    core: Literal["zip_code", "digit_run", "figure", "day", "phrases", "spelled", "open"]
    lowest: int = 0  # of a number, or of the count of digits or letters
    highest: int = 0
    phrases: tuple[tuple[str, Value | None], ...] = ()  # what is said → the answer's value
    leads: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # phrases that are no answer: commands, "I don't know"
    alone: tuple[tuple[str, Value | None], ...] = ()  # an answer where nothing else is said: a choice's keys
    is_open: bool = False  # any sentence; its answers, those of `parts`, are listened for the more
    parts: tuple[GrammarSpec, ...] = ()
    weights: Literal["figures", "phrases", "yes_or_no"] = "figures"
    has_own_leads: bool = False  # nothing but its own `leads` comes before the answer
    is_led: bool = False  # heard better after a sentence that was begun for it
    asides: tuple[
        str, ...
    ] = ()  # commands, as they are said with `aside_leads` and `aside_tails` around them
    aside_leads: tuple[str, ...] = ()
    aside_tails: tuple[str, ...] = ()
    tongue: str = "en"  # in which it is said: it chooses the words of the automaton, and the recogniser
    masks: tuple[str, ...] = ()  # of what is spelled: A a letter, 9 a digit, ? either
    has_digits: bool = True  # among what is spelled
    takes_own_words: bool = False  # the answer may be given in other words than its phrases
    described: tuple[tuple[str, Value | None], ...] = ()  # what an answer is, and sentences for it
