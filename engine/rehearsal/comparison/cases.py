"""The callers to hold two revisions against: every combination of answers that their terms tell apart.

ZIP codes that no clause of either revision distinguishes form one class; a case stands for one class and one
choice of the other answers, and knows how many codes it stands for.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.core.answers import AnswerType, answers_behind
from engine.core.conditions import Clause, Value
from engine.core.money import format_money
from engine.exchange.panels import Panel
from engine.language.cel.expressions import Vocabulary, bounds, comparisons
from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table

MOST_COMBINATIONS = 2_000

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Case:
    """A caller: the values that conditions read, what was answered, and the ZIP codes alike."""

    values: Values
    answers: Values  # the answers other than the ZIP, by name
    codes: Sequence[str]  # none where no clause reads a ZIP


def cases_of(panels: Iterable[Panel], kinds: Mapping[str, AnswerType]) -> list[Case]:
    """Every case of a campaign, of its panels in all revisions compared."""
    clauses = _clauses(panels)
    choices = _choices(clauses, kinds)
    answered = [_answered(combination, kinds) for combination in _combinations(choices)]
    zips = [name for name in _read(clauses, kinds) if isinstance(kinds[name], Zip)]
    places = _places(zips[0], kinds[zips[0]], clauses) if zips else [({}, ())]
    return [
        Case({**values, **place}, answers, codes) for values, answers in answered for place, codes in places
    ]


def combinations_of(panels: Iterable[Panel], kinds: Mapping[str, AnswerType]) -> int:
    """How many combinations of answers there are beside the ZIP; of more than MOST_COMBINATIONS so many are
    drawn."""
    return math.prod(map(len, _choices(_clauses(panels), kinds).values()))


def tries_all_of(clauses: Iterable[Clause], kinds: Mapping[str, AnswerType]) -> bool:
    """Whether cases, where none is left out, have every answer that the clauses read."""
    read = {*answers_behind((name for clause in clauses for name in clause.names), kinds)}
    zips = [name for name in read if isinstance(kinds[name], Zip)]
    return len(zips) < 2 and all(kinds[name].few_values or name in zips for name in read)


def _clauses(panels: Iterable[Panel]) -> Sequence[Clause]:
    return list({leaf.text: leaf for panel in panels for leaf in _leaves(panel)}.values())


def _read(clauses: Iterable[Clause], kinds: Mapping[str, AnswerType]) -> Sequence[str]:
    """The answers that the clauses read, a subflow's (`home.zip`) under its whole name."""
    read = set(answers_behind((name for clause in clauses for name in clause.names), kinds))
    return [name for name in kinds if name in read]


def _choices(clauses: Sequence[Clause], kinds: Mapping[str, AnswerType]) -> Mapping[str, Sequence[Value]]:
    return {
        name: _worth_asking(name, kinds[name], clauses)
        for name in _read(clauses, kinds)
        if not isinstance(kinds[name], Zip)
    }


def _combinations(choices: Mapping[str, Sequence[Value]]) -> Iterator[Values]:
    """All of them, or so many drawn evenly, the same in every run."""
    there_are = math.prod(map(len, choices.values()))
    numbers: Iterable[int] = range(there_are)
    if there_are > MOST_COMBINATIONS:
        numbers = sorted(random.Random(0).sample(range(there_are), MOST_COMBINATIONS))  # noqa: S311  no secret
    for number in numbers:
        combination, rest = {}, number
        for name, values in choices.items():
            rest, place = divmod(rest, len(values))
            combination[name] = values[place]
        yield combination


def _leaves(panel: Panel) -> Iterator[Clause]:
    for prospect in panel.prospects:
        yield from prospect.leaves


def _worth_asking(name: str, kind: AnswerType, clauses: Iterable[Clause]) -> list[Value]:
    """All options, both truths, each bound with its neighbours: every side of what the clauses ask."""
    if kind.few_values:
        return list(kind.few_values)
    found: set[Value] = set()
    vocabulary = Vocabulary(
        {f"{name}.{suffix}" if suffix else name: t for suffix, t in kind.value_types.items()}
    )
    for clause in clauses:
        if any(_is_of(read, name) for read in clause.names):
            held = (*comparisons(clause.text, vocabulary), *bounds(clause.text, vocabulary))
            for compared, literal in held:
                if _is_of(compared, name):
                    found |= _stated(compared.removeprefix(name), literal)
    return sorted(found, key=str) or [0 if kind.value_types.get("") in ("int", "double") else ""]


def _stated(part: str, literal: Value) -> set[Value]:
    """Answers on every side of what a clause holds the answer, or a part of it, against."""
    if isinstance(literal, bool) or not isinstance(literal, int | float):
        return {literal, ""} if not part else set()
    around = (literal - 1, literal, literal + 1)
    if part in (".dollars", ".micros"):  # of an amount, which is stated as text
        micros = 1_000_000 if part == ".dollars" else 1
        return {format_money(int(value * micros)) for value in around if value >= 0}
    return set(around) if not part else set()


def _answered(answers: Mapping[str, Value], kinds: Mapping[str, AnswerType]) -> tuple[Values, Values]:
    """The values of these answers; one that is no such answer stays unknown."""
    values: dict[str, Value] = {}
    for name, value in answers.items():
        understood = kinds[name].understand_value(value)
        if understood is not None:
            values |= understood.named(name)
    return values, answers


@lru_cache(maxsize=8)
def _classes(
    name: str, kind: Zip, alone: tuple[Clause, ...], *, by_state: bool
) -> Sequence[tuple[Values, Sequence[str]]]:
    """The ZIP codes by what these clauses say of them, and by state where that is asked for."""
    classes: dict[tuple[object, ...], list[str]] = defaultdict(list)
    first: dict[tuple[object, ...], Values] = {}
    for code in zip_table().codes():
        understood = kind.understand_value(code)
        assert understood is not None, f"{code} is in the table"
        values = understood.named(name)
        state = values.get(f"{name}.state") if by_state else None
        told = (*(clause.evaluate(values) for clause in alone), state)
        classes[told].append(code)
        first.setdefault(told, values)
    return [(first[alike], codes) for alike, codes in classes.items()]


def _places(name: str, kind: AnswerType, clauses: Iterable[Clause]) -> Sequence[tuple[Values, Sequence[str]]]:
    """The ZIP codes in classes, by the clauses that read nothing but the ZIP.

    Where a clause reads the ZIP and another answer too, codes of different states are kept apart.
    """
    assert isinstance(kind, Zip)
    reading = [clause for clause in clauses if any(_is_of(read, name) for read in clause.names)]
    alone = tuple(clause for clause in reading if all(_is_of(read, name) for read in clause.names))
    return _classes(name, kind, alone, by_state=len(alone) < len(reading))


def _is_of(read: str, answer: str) -> bool:
    return read == answer or read.startswith(f"{answer}.")
