"""Whose conditions hold: those of ten thousand buyers judged together, by Kleene's logic over sets.

Theory of operation. A buyer's conditions are a conjunction: each of its parts must be true. The parts of all
buyers are sorted once into tables by their kind, so that a judgement asks a table and not a buyer:

- Clauses of one shape over one name (`zip in [...]`, `call.hour >= 9`, `zip.startsWith("787")`) are one
  table (`clause_tables`), which finds by one look-up for whom they hold.
- `any` is a table whose columns are indices themselves: the first alternatives of all buyers are one index,
  the second ones another; what the columns found is put together by `|` and `&`. `not` is moved down to the
  clauses, where it is a table around an index.
- Every other clause is judged once for all buyers that wrote it alike.

A clause whose text joins several (`need == "a" && (zip >= "78000" || insured)`) goes into the tables as what
it means; so do `all` and `any` of several clauses. Traces know nothing of this.

A table holds a buyer at most once; a buyer's second part of a kind goes to the kind's second table. Each
table answers with two sets of its members, *unmet* and *unknown*: for the others it holds. A buyer's
conjunction is unmet where one of its tables says so, else unknown where one does: as `All.judged` finds it,
one by one. Who is unmet already is not asked further; what is dear to ask is asked last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from engine.core.conditions import (
    Affix,
    All,
    AnyOf,
    Bound,
    Clause,
    Condition,
    Evaluator,
    Not,
    Selection,
)
from engine.exchange.buyer_sets import set_of
from engine.exchange.clause_tables import Affixes, Bounds, Clauses, ClauseTable, Opened, Outcomes, Selections

__all__ = ["ConditionIndex", "Opened", "Outcomes"]

Kind = TypeVar("Kind", bound=Condition)

Part = tuple[int, Condition]  # a buyer's place in the panel, and one of the conditions that must hold


class ConditionIndex:
    """The conditions of a panel of `size` buyers. A buyer may have several parts, or none."""

    __slots__ = ("_tables",)

    def __init__(self, parts: Iterable[Part], size: int) -> None:
        shaped: dict[tuple[object, ...], list[tuple[int, Clause]]] = defaultdict(list)
        clauses: list[tuple[int, Clause]] = []
        denials: list[tuple[int, Condition]] = []
        choices: list[tuple[int, AnyOf]] = []
        for place, part in parts:
            for simple in _simplified(part):
                match simple:
                    case Clause(meaning=Selection() | Bound() | Affix()):
                        shaped[_kind_of(simple)].append((place, simple))
                    case Clause():
                        clauses.append((place, simple))
                    case Not(child=child):
                        denials.append((place, child))
                    case AnyOf():
                        choices.append((place, simple))
        tables: list[ClauseTable] = []
        for some in shaped.values():
            tables += [_table_of(members, size) for members in _tables_of(some)]
        tables += [_Denials(members, size) for members in _tables_of(denials)]
        tables += [_Alternatives(members, size) for members in _tables_of(choices)]
        if clauses:
            tables.append(Clauses(clauses, size))
        self._tables = tuple(tables)

    def judge(self, evaluator: Evaluator, among: int) -> Outcomes:
        """Who of `among` does not take the call by its conditions, and of whom that is not known."""
        unmet = unknown = 0
        for table in self._tables:
            found = table.judge(evaluator, among & ~unmet)
            unmet |= found.unmet
            unknown |= found.unknown
        unmet &= among
        return Outcomes(unmet, unknown & among & ~unmet)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        """The answers behind what is unknown of the conditions of `among`, none of whom is unmet.

        What is unknown beside a met alternative decides nothing and is left out.
        """
        for table in self._tables:
            yield from table.opened(evaluator, among)


class _Denials:
    """`not`: one child for each member."""

    __slots__ = ("_children", "_members")

    def __init__(self, members: Sequence[tuple[int, Condition]], size: int) -> None:
        self._members = set_of((place for place, _ in members), size)
        self._children = ConditionIndex(members, size)

    def judge(self, evaluator: Evaluator, among: int) -> Outcomes:
        asked = self._members & among
        unmet, unknown = self._children.judge(evaluator, asked)
        return Outcomes(asked & ~unmet & ~unknown, unknown)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        asked = self._members & among
        yield from self._children.opened(evaluator, self._children.judge(evaluator, asked).unknown)


class _Alternatives:
    """`any`: a column for the first alternative of each member, one for the second, …"""

    __slots__ = ("_columns", "_members")

    def __init__(self, members: Sequence[tuple[int, AnyOf]], size: int) -> None:
        self._members = set_of((place for place, _ in members), size)
        columns: dict[int, list[Part]] = defaultdict(list)
        for place, any_of in members:
            for column, child in enumerate(any_of.children):
                columns[column].append((place, child))
        self._columns = [
            (ConditionIndex(parts, size), set_of((place for place, _ in parts), size))
            for parts in columns.values()
        ]

    def judge(self, evaluator: Evaluator, among: int) -> Outcomes:
        left, open_ = self._members & among, 0
        for column, members in self._columns:
            if not left:
                break
            asked = left & members
            failed, unknown = column.judge(evaluator, asked)
            open_ |= unknown
            left &= ~asked | failed | unknown
        return Outcomes(left & ~open_, left & open_)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        undecided = self.judge(evaluator, among).unknown
        for column, members in self._columns if undecided else ():
            unknown = column.judge(evaluator, undecided & members).unknown
            yield from column.opened(evaluator, unknown)


def _simplified(condition: Condition) -> Iterator[Condition]:
    """What must hold for the condition to hold: clauses, alternatives, and clauses denied."""
    match condition:
        case Clause(meaning=All() | AnyOf() | Not() as meaning):
            yield from _simplified(meaning)
        case All(children=children):
            for child in children:
                yield from _simplified(child)
        case Not(child=child):
            yield from _denied(child)
        case _:
            yield condition


def _denied(condition: Condition) -> Iterator[Condition]:
    """What must hold for the condition not to: De Morgan's laws, which are Kleene's too."""
    match condition:
        case Clause(meaning=Selection() as selection):
            denied = replace(selection, is_excluding=not selection.is_excluding)
            yield replace(condition, meaning=denied, evaluate=denied.evaluate)
        case Clause(meaning=All() | AnyOf() | Not() as meaning):
            yield from _denied(meaning)
        case Not(child=child):
            yield from _simplified(child)
        case AnyOf(children=children):
            for child in children:
                yield from _denied(child)
        case All(children=children):
            yield AnyOf(tuple(Not(child) for child in children))
        case _:
            yield Not(condition)


def _kind_of(clause: Clause) -> tuple[object, ...]:
    """What the clauses of one table have in common."""
    match clause.meaning:
        case Selection(names=names, is_excluding=is_excluding):
            return Selection, names, is_excluding
        case Bound(name=name, operator=operator, bound=bound):
            return Bound, name, operator, type(bound)  # what is put in order must be of one type
        case Affix(name=name, is_at_end=is_at_end):
            return Affix, name, is_at_end
    raise AssertionError(f"{clause.text} has no shape")


def _table_of(members: Sequence[tuple[int, Clause]], size: int) -> ClauseTable:
    kinds: dict[type, type[Selections | Bounds | Affixes]] = {
        Selection: Selections,
        Bound: Bounds,
        Affix: Affixes,
    }
    return kinds[type(members[0][1].meaning)](members, size)


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
