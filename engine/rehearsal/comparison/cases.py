"""The callers to hold two revisions against: every combination of answers that their terms tell apart.

ZIP codes that no clause of either revision distinguishes form one class; a case stands for one class and one
choice of the other answers, and knows how many codes it stands for.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.core.answers import AnswerType
from engine.core.conditions import Clause, Value
from engine.exchange.panels import Panel
from engine.language.expressions import Vocabulary, comparisons
from engine.understanding.choice import Choice
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
    clauses = {leaf.text: leaf for panel in panels for leaf in _leaves(panel)}
    read = {name.partition(".")[0] for clause in clauses.values() for name in clause.names}
    zips = [name for name in kinds if name in read and isinstance(kinds[name], Zip)]
    others = [name for name in kinds if name in read and name not in zips]
    choices = [_worth_asking(name, kinds[name], clauses.values()) for name in others]
    combinations = list(itertools.islice(itertools.product(*choices), MOST_COMBINATIONS))
    answered = [_answered(dict(zip(others, combination, strict=True)), kinds) for combination in combinations]
    places = _places(zips[0], kinds[zips[0]], clauses.values()) if zips else [({}, ())]
    return [
        Case({**values, **place}, answers, codes) for values, answers in answered for place, codes in places
    ]


def _leaves(panel: Panel) -> Iterator[Clause]:
    for prospect in panel.prospects:
        yield from prospect.leaves


def _worth_asking(name: str, kind: AnswerType, clauses: Iterable[Clause]) -> list[Value]:
    """All options, both truths, each bound with its neighbours: every side of what the clauses ask."""
    if isinstance(kind, Choice):
        return list(kind.options)
    if kind.value_types.get("") == "bool":
        return [True, False]
    found: set[Value] = set()
    vocabulary = Vocabulary(
        {f"{name}.{suffix}" if suffix else name: t for suffix, t in kind.value_types.items()}
    )
    for clause in clauses:
        if name in clause.names:
            for compared, literal in comparisons(clause.text, vocabulary):
                if compared == name:
                    found |= _around(literal)
    return sorted(found, key=str) or [0 if kind.value_types.get("") in ("int", "double") else ""]


def _around(literal: Value) -> set[Value]:
    if isinstance(literal, int | float) and not isinstance(literal, bool):
        return {literal - 1, literal, literal + 1}
    return {literal, ""}


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
    reading = [clause for clause in clauses if any(_root(read) == name for read in clause.names)]
    alone = tuple(clause for clause in reading if all(_root(read) == name for read in clause.names))
    return _classes(name, kind, alone, by_state=len(alone) < len(reading))


def _root(name: str) -> str:
    return name.partition(".")[0]
