"""The tables of a condition index: clauses of one shape over one name, and clauses without a shape.

A table of a shape finds by one look-up for whom its clauses hold: a hash for values, a search in sorted
bounds for comparisons, a hash for each length of a beginning or an ending. All others are unmet; where the
name has no value, or none that can be compared, the whole table is unknown.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import NamedTuple, Protocol

from engine.core.conditions import Affix, Bound, Clause, Evaluator, Selection, Value
from engine.exchange.buyer_sets import Ordering, Posting, places_in, set_of


class Outcomes(NamedTuple):
    """Sets of buyers, apart from each other. Who is in neither meets the conditions."""

    unmet: int
    unknown: int


Opened = tuple[str, int]  # an answer, and the buyers who have it open
Member = tuple[int, Clause]  # a buyer's place in the panel, and its clause


class ClauseTable(Protocol):
    def judge(self, evaluator: Evaluator, among: int) -> Outcomes:
        """Right for the buyers of `among`; what is said of others may be left out."""
        ...

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        """The answers behind what is unknown of these buyers and could still decide."""
        ...


class _Shaped:
    """Clauses of one shape: `_met` says for whom they hold, None where that is not known of anybody."""

    __slots__ = ("_answers", "_members")

    def __init__(self, members: Sequence[Member], size: int) -> None:
        self._answers = members[0][1].answers  # of one name: the same for all
        self._members = set_of((place for place, _ in members), size)

    def _met(self, values: Mapping[str, Value]) -> int | None:
        raise NotImplementedError

    def judge(self, evaluator: Evaluator, among: int) -> Outcomes:
        asked = self._members & among
        met = self._met(evaluator.values) if asked else 0
        return Outcomes(0, asked) if met is None else Outcomes(asked & ~met, 0)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        if (open_to := self._members & among) and self._met(evaluator.values) is None:
            for answer in self._answers:
                yield answer, open_to


class Selections(_Shaped):
    """Clauses that ask for values of the same names, or that all shut them out."""

    __slots__ = ("_postings", "_selection")

    def __init__(self, members: Sequence[Member], size: int) -> None:
        super().__init__(members, size)
        named: dict[object, list[int]] = defaultdict(list)
        for place, clause in members:
            assert isinstance(clause.meaning, Selection), "a member of another shape"
            self._selection = clause.meaning
            for value in clause.meaning.values:
                named[value].append(place)
        self._postings = {value: Posting(places, size) for value, places in named.items()}

    def _met(self, values: Mapping[str, Value]) -> int | None:
        value = self._selection.value_in(values)
        if value is None:
            return None
        posting = self._postings.get(value)
        naming = 0 if posting is None else posting.buyers
        return self._members & ~naming if self._selection.is_excluding else naming


class Bounds(_Shaped):
    """Clauses that hold a name by the same operator against bounds of one type, in ascending order."""

    __slots__ = ("_bounds", "_is_upper", "_name", "_ordering", "_search")

    def __init__(self, members: Sequence[Member], size: int) -> None:
        super().__init__(members, size)
        bounds: list[tuple[Value, int]] = []
        for place, clause in members:
            assert isinstance(clause.meaning, Bound), "a member of another shape"
            first = clause.meaning
            bounds.append((clause.meaning.bound, place))
        bounds.sort()
        self._name = first.name
        self._is_upper = first.operator in ("<", "<=")
        # Bounds equal to the value lie behind those that `>` and `<=` leave on the lower side.
        self._search = bisect_left if first.operator in (">", "<=") else bisect_right
        self._bounds = [bound for bound, _ in bounds]
        self._ordering = Ordering([place for _, place in bounds], size)

    def _met(self, values: Mapping[str, Value]) -> int | None:
        value = values.get(self._name)
        if value is None:
            return None
        if isinstance(value, float) and isnan(value):  # in no order to anything
            return 0
        try:
            lower = self._ordering.first(self._search(self._bounds, value))
        except TypeError:
            return None
        return self._members & ~lower if self._is_upper else lower


class Affixes(_Shaped):
    """Clauses that ask how a name's text begins, or how it ends."""

    __slots__ = ("_is_at_end", "_name", "_postings")

    def __init__(self, members: Sequence[Member], size: int) -> None:
        super().__init__(members, size)
        named: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, clause in members:
            assert isinstance(clause.meaning, Affix), "a member of another shape"
            first = clause.meaning
            named[len(clause.meaning.text)][clause.meaning.text].append(place)
        self._name = first.name
        self._is_at_end = first.is_at_end
        self._postings = {
            length: {text: Posting(places, size) for text, places in texts.items()}
            for length, texts in named.items()
        }

    def _met(self, values: Mapping[str, Value]) -> int | None:
        value = values.get(self._name)
        if not isinstance(value, str):
            return None
        met = 0
        for length, postings in self._postings.items():
            affix = value[max(0, len(value) - length) :] if self._is_at_end else value[:length]
            posting = postings.get(affix)
            met |= 0 if posting is None else posting.buyers
        return met


class Clauses:
    """Clauses of any other shape, those that several buyers wrote alike judged once."""

    __slots__ = ("_alone", "_own", "_shared", "_size")

    def __init__(self, members: Sequence[Member], size: int) -> None:
        owners: dict[str, tuple[Clause, list[int]]] = {}
        for place, clause in members:
            owners.setdefault(clause.text, (clause, []))[1].append(place)
        self._shared = [
            (clause, set_of(places, size)) for clause, places in owners.values() if len(places) > 1
        ]
        own: dict[int, list[Clause]] = defaultdict(list)
        for clause, places in owners.values():
            if len(places) == 1:
                own[places[0]].append(clause)
        self._own: Mapping[int, Sequence[Clause]] = own
        self._alone = set_of(own, size)
        self._size = size

    def judge(self, evaluator: Evaluator, among: int) -> Outcomes:
        values = evaluator.values
        unmet = unknown = 0
        for clause, buyers in self._shared:
            if asked := buyers & among & ~unmet:
                outcome = clause.evaluate(values)
                if outcome is False:
                    unmet |= asked
                elif outcome is None:
                    unknown |= asked
        failed, open_ = [], []
        for place in places_in(self._alone & among & ~unmet):
            for clause in self._own[place]:
                outcome = clause.evaluate(values)
                if outcome is False:
                    failed.append(place)
                    break
                if outcome is None:
                    open_.append(place)
        unmet |= set_of(failed, self._size)
        return Outcomes(unmet, (unknown | set_of(open_, self._size)) & ~unmet)

    def opened(self, evaluator: Evaluator, among: int) -> Iterator[Opened]:
        values = evaluator.values
        for clause, buyers in self._shared:
            if buyers & among and clause.evaluate(values) is None:
                for answer in clause.answers:
                    yield answer, buyers & among
        lone: dict[str, list[int]] = defaultdict(list)
        for place in places_in(self._alone & among):
            for clause in self._own[place]:
                if clause.evaluate(values) is None:
                    for answer in clause.answers:
                        lone[answer].append(place)
        for answer, places in lone.items():
            yield answer, set_of(places, self._size)
