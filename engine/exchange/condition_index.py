"""Whose conditions hold: those of ten thousand buyers judged together, by Kleene's logic over sets.

Theory of operation. A buyer's conditions are a conjunction: each of its parts must be true. The parts of all
buyers are sorted once into tables by their kind, so that a judgement asks a table and not a buyer:

- Clauses that ask for values of a name (`zip.state == "TX"`, `zip in [...]`, `need != "repair"`) are one
  table a name: value → the buyers that name it. One look-up answers for all of them.
- Every other clause is judged once for all buyers that wrote it alike.
- `any` and `not` are tables whose columns are indices themselves: the first alternatives of all buyers are
  one index, the second ones another; what the columns found is put together by `|` and `&`.

A table holds a buyer at most once; a buyer's second part of a kind goes to the kind's second table. Each
table answers with two sets of its members, *unmet* and *unknown*: for the others it holds. A buyer's
conjunction is unmet where one of its tables says so, else unknown where one does: as `All.judged` finds it,
one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

from engine.core.conditions import All, AnyOf, Clause, Condition, Evaluator, Not, Selection, Value
from engine.exchange.buyer_sets import Posting, set_of

Kind = TypeVar("Kind", bound=Condition)

Part = tuple[int, Condition]  # a buyer's place in the panel, and one of the conditions that must hold


class Outcomes(NamedTuple):
    """Sets of buyers, apart from each other. Who is in neither meets the conditions."""

    unmet: int
    unknown: int


Opened = tuple[str, int]  # an answer, and the buyers who have it open


class _Table(Protocol):
    def judge(self, evaluator: Evaluator) -> Outcomes: ...

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        """The answers behind what is unknown of these buyers and could still decide."""
        ...


class ConditionIndex:
    """The conditions of a panel of `size` buyers. A buyer may have several parts, or none."""

    __slots__ = ("_tables",)

    def __init__(self, parts: Iterable[Part], size: int) -> None:
        selections: dict[tuple[str, bool], list[tuple[int, Clause]]] = defaultdict(list)
        clauses: list[tuple[int, Clause]] = []
        denials: list[tuple[int, Condition]] = []
        choices: dict[int, list[tuple[int, AnyOf]]] = defaultdict(list)
        for place, part in _flattened(parts):
            match part:
                case Clause(selection=Selection() as selection):
                    selections[selection.name, selection.is_excluding].append((place, part))
                case Clause():
                    clauses.append((place, part))
                case Not(child=child):
                    denials.append((place, child))
                case AnyOf(children=children):
                    choices[len(children)].append((place, part))
        tables: list[_Table] = [_Clauses(clauses, size)] if clauses else []
        for some in selections.values():
            tables += [_Selections(members, size) for members in _tables_of(some)]
        tables += [_Denials(members, size) for members in _tables_of(denials)]
        for width, any_of in choices.items():
            tables += [_Alternatives(members, width, size) for members in _tables_of(any_of)]
        self._tables = tuple(tables)

    def judge(self, evaluator: Evaluator) -> Outcomes:
        """Who does not take the call by its conditions, and of whom that is not known."""
        unmet = unknown = 0
        for table in self._tables:
            found = table.judge(evaluator)
            unmet |= found.unmet
            unknown |= found.unknown
        return Outcomes(unmet, unknown & ~unmet)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        """The answers behind what is unknown of the conditions of `among`, none of whom is unmet.

        What is unknown beside a met alternative decides nothing and is left out.
        """
        for table in self._tables:
            yield from table.opened(evaluator, among)


class _Selections:
    """Clauses that ask for values of one name, or shut them out."""

    __slots__ = ("_answers", "_is_excluding", "_members", "_name", "_postings")

    def __init__(self, members: Sequence[tuple[int, Clause]], size: int) -> None:
        first = members[0][1]
        assert first.selection is not None, "a clause without a selection is no member of this table"
        self._name = first.selection.name
        self._is_excluding = first.selection.is_excluding
        self._answers = first.answers
        self._members = set_of((place for place, _ in members), size)
        named: dict[Value, list[int]] = defaultdict(list)
        for place, clause in members:
            for value in clause.selection.values if clause.selection else ():
                named[value].append(place)
        self._postings = {value: Posting(places, size) for value, places in named.items()}

    def judge(self, evaluator: Evaluator) -> Outcomes:
        value = evaluator.values.get(self._name)
        if value is None:
            return Outcomes(0, self._members)
        posting = self._postings.get(value)
        naming = 0 if posting is None else posting.buyers
        return Outcomes(naming if self._is_excluding else self._members & ~naming, 0)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        if evaluator.values.get(self._name) is None and (open_to := self._members & among):
            for answer in self._answers:
                yield answer, open_to


class _Clauses:
    """Clauses of any other shape, those that several buyers wrote alike judged once."""

    __slots__ = ("_own", "_owners", "_shared", "_size")

    def __init__(self, members: Sequence[tuple[int, Clause]], size: int) -> None:
        owners: dict[str, tuple[Clause, list[int]]] = {}
        for place, clause in members:
            owners.setdefault(clause.text, (clause, []))[1].append(place)
        self._shared = [
            (clause, set_of(places, size)) for clause, places in owners.values() if len(places) > 1
        ]
        alone = [(clause, places[0]) for clause, places in owners.values() if len(places) == 1]
        self._own = [clause for clause, _ in alone]
        self._owners = [place for _, place in alone]
        self._size = size

    def judge(self, evaluator: Evaluator) -> Outcomes:
        values = evaluator.values
        outcomes = [clause.evaluate(values) for clause in self._own]
        owned = zip(self._owners, outcomes, strict=True)
        failures = [pair for pair in owned if pair[1] is not True]
        unmet = set_of((place for place, outcome in failures if outcome is False), self._size)
        unknown = set_of((place for place, outcome in failures if outcome is None), self._size)
        for clause, buyers in self._shared:
            outcome = clause.evaluate(values)
            if outcome is False:
                unmet |= buyers
            elif outcome is None:
                unknown |= buyers
        return Outcomes(unmet, unknown)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        values = evaluator.values
        lone: dict[str, list[int]] = defaultdict(list)
        for place, clause in zip(self._owners, self._own, strict=True):
            if clause.evaluate(values) is None:
                for answer in clause.answers:
                    lone[answer].append(place)
        for answer, places in lone.items():
            yield answer, set_of(places, self._size) & among
        for clause, buyers in self._shared:
            if buyers & among and clause.evaluate(values) is None:
                for answer in clause.answers:
                    yield answer, buyers & among


class _Denials:
    """`not`: one child for each member."""

    __slots__ = ("_children", "_members")

    def __init__(self, members: Sequence[tuple[int, Condition]], size: int) -> None:
        self._members = set_of((place for place, _ in members), size)
        self._children = ConditionIndex(members, size)

    def judge(self, evaluator: Evaluator) -> Outcomes:
        unmet, unknown = self._children.judge(evaluator)
        return Outcomes(self._members & ~unmet & ~unknown, unknown)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        yield from self._children.opened(evaluator, among & self._children.judge(evaluator).unknown)


class _Alternatives:
    """`any` of so many alternatives: a column for the first of each member, one for the second, …"""

    __slots__ = ("_columns", "_members")

    def __init__(self, members: Sequence[tuple[int, AnyOf]], width: int, size: int) -> None:
        self._members = set_of((place for place, _ in members), size)
        self._columns = [
            ConditionIndex(((place, any_of.children[column]) for place, any_of in members), size)
            for column in range(width)
        ]

    def judge(self, evaluator: Evaluator) -> Outcomes:
        unmet, met = self._members, 0
        for column in self._columns:
            failed, unknown = column.judge(evaluator)
            unmet &= failed
            met |= self._members & ~failed & ~unknown
        return Outcomes(unmet, self._members & ~unmet & ~met)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        among &= self.judge(evaluator).unknown
        for column in self._columns if among else ():
            yield from column.opened(evaluator, among & column.judge(evaluator).unknown)


def _flattened(parts: Iterable[Part]) -> Iterable[Part]:
    for place, part in parts:
        if isinstance(part, All):
            yield from _flattened((place, child) for child in part.children)
        else:
            yield place, part


def _tables_of(members: Sequence[tuple[int, Kind]]) -> Sequence[Sequence[tuple[int, Kind]]]:
    """The same members in as few tables as hold each buyer once."""
    tables: list[list[tuple[int, Kind]]] = []
    depth: dict[int, int] = defaultdict(int)
    for member in members:
        nth = depth[member[0]]
        depth[member[0]] += 1
        if nth == len(tables):
            tables.append([])
        tables[nth].append(member)
    return tables
