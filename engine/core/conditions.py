"""Conditions over answers that may not be known yet, judged and traced clause by clause.

Rules
1. An outcome is True, False or None: None is *unknown*, and unknown never qualifies (Kleene's logic).
2. A clause that reads a value that is missing is unknown, unless the rest decides it.
3. Judging may stop early; a trace never does: it lists every leaf, so that a refusal can be explained.
4. Clauses of one text mean the same within one evaluator and are evaluated once. A call therefore asks
   a thousand buyers' terms for little more than the price of their distinct clauses.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from engine.core.places import Place
from engine.core.records import Frozen

Value: TypeAlias = str | bool | int | float

Detail: TypeAlias = Value | Mapping[str, Value | None] | None
Details: TypeAlias = Mapping[str, Detail]
"""What fills the sentence of a code: names with values, or with the values that a condition read."""

CONDITION = "condition"
"""The kind of a clause that the operator wrote, in CEL."""

OutcomeWord: TypeAlias = Literal["true", "false", "unknown"]

MASK = "•••"  # what stands for a sensitive value wherever it could be read


def outcome_word(outcome: bool | None) -> OutcomeWord:
    """An outcome as records and operators read it."""
    if outcome is None:
        return "unknown"
    return "true" if outcome else "false"


@dataclass(frozen=True, slots=True)
class Selection:
    """True exactly where the name has one of some values, or where it has none of them.

    Several names are held together against values that are tuples.
    """

    names: tuple[str, ...]
    values: frozenset[Value | tuple[Value, ...]]
    is_excluding: bool = False

    def value_in(self, values: Mapping[str, Value]) -> Value | tuple[Value, ...] | None:
        """What is looked for among the values; None where a name has none."""
        if len(self.names) == 1:
            return values.get(self.names[0])
        found = [value for name in self.names if (value := values.get(name)) is not None]
        return tuple(found) if len(found) == len(self.names) else None

    def evaluate(self, values: Mapping[str, Value]) -> bool | None:
        value = self.value_in(values)
        return None if value is None else (value in self.values) is not self.is_excluding


@dataclass(frozen=True, slots=True)
class Bound:
    """True where the name's value stands in this order to the bound: ``zip >= "78000"``."""

    name: str
    operator: Literal["<", "<=", ">", ">="]
    bound: Value


@dataclass(frozen=True, slots=True)
class Affix:
    """True where the name's text begins so, or ends so."""

    name: str
    text: str
    is_at_end: bool = False


# What an index can serve. A shape is unknown while its name has no value, or one of another type.
Shape: TypeAlias = Selection | Bound | Affix


@dataclass(frozen=True, slots=True)
class Clause:
    """One leaf: the operator's own text, where it stands, and what it reads.

    ``names`` are the variables read (``zip.state``), ``answers`` the declared answers behind them
    (``zip``). ``evaluate`` takes the known values and never raises: what fails is unknown. A ``meaning``
    is the same as ``evaluate`` told to those who judge many clauses together: a shape, or a condition over
    simpler clauses, whose texts are nobody's but tell them apart.
    """

    text: str
    place: Place
    names: tuple[str, ...]
    answers: tuple[str, ...]
    evaluate: Callable[[Mapping[str, Value]], bool | None] = field(compare=False, repr=False)
    meaning: "Shape | All | AnyOf | Not | None" = field(default=None, compare=False, repr=False)

    def judged(self, evaluator: "Evaluator") -> bool | None:
        return evaluator.outcome(self)

    def leaves(self) -> tuple["Clause", ...]:
        return (self,)


@dataclass(frozen=True, slots=True)
class All:
    """True when every child is; an empty one is true."""

    children: tuple["Condition", ...]
    flattened: tuple[Clause, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flattened", _leaves_of(self.children))

    def judged(self, evaluator: "Evaluator") -> bool | None:
        result: bool | None = True
        for child in self.children:
            outcome = child.judged(evaluator)
            if outcome is False:
                return False
            if outcome is None:
                result = None
        return result

    def leaves(self) -> tuple[Clause, ...]:
        return self.flattened


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one child is; an empty one is false."""

    children: tuple["Condition", ...]
    flattened: tuple[Clause, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flattened", _leaves_of(self.children))

    def judged(self, evaluator: "Evaluator") -> bool | None:
        result: bool | None = False
        for child in self.children:
            outcome = child.judged(evaluator)
            if outcome is True:
                return True
            if outcome is None:
                result = None
        return result

    def leaves(self) -> tuple[Clause, ...]:
        return self.flattened


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its child; the opposite of unknown is unknown."""

    child: "Condition"

    def judged(self, evaluator: "Evaluator") -> bool | None:
        outcome = self.child.judged(evaluator)
        return None if outcome is None else not outcome

    def leaves(self) -> tuple[Clause, ...]:
        return self.child.leaves()


Condition: TypeAlias = Clause | All | AnyOf | Not


class ClauseOutcome(Frozen, frozen=True):
    """One line of a trace: a clause, where it stands, what came of it, and what it read.

    `clause` is the operator's own text. A clause of another kind than CONDITION has a sentence in the
    catalogue instead, which `details` fill; only `hours` has both.
    """

    clause: str
    place: Place
    outcome: bool | None
    values: Mapping[str, Value | None]
    answers: tuple[str, ...]
    kind: str = CONDITION
    details: Mapping[str, Detail] = {}


def clause_of_kind(
    kind: str,
    place: Place,
    outcome: bool | None,
    values: Mapping[str, Value | None],
    *,
    answers: tuple[str, ...] = (),
    details: Details = MappingProxyType({}),
    clause: str = "",
) -> ClauseOutcome:
    """A line for a clause that follows from a setting rather than from an expression."""
    return ClauseOutcome(clause, place, outcome, values, answers, kind, details)


Found: TypeAlias = tuple[bool | None, Mapping[str, Value | None]]


class Evaluator:
    """The values of one moment, and the outcomes of the clauses asked so far.

    The values must not change while it lives; make a new one when an answer comes in.
    """

    __slots__ = ("_found", "_readings", "_sensitive", "values")

    def __init__(self, values: Mapping[str, Value], sensitive: Collection[str] = ()) -> None:
        self.values = values
        self._sensitive = frozenset(sensitive)
        self._found: dict[str, Found] = {}
        self._readings: dict[tuple[str, ...], Mapping[str, Value | None]] = {}  # shared: clauses read alike

    def found(self, clause: Clause) -> Found:
        """The clause's outcome, and what it read."""
        return self._found.get(clause.text) or self._find(clause)

    def outcome(self, clause: Clause) -> bool | None:
        """True, False or None (unknown)."""
        return self.found(clause)[0]

    def read(self, names: tuple[str, ...]) -> Mapping[str, Value | None]:
        """The names with their values as a record may show them; shared by clauses that read alike."""
        reading = self._readings.get(names)
        if reading is None:
            reading = {name: self.values.get(name) for name in names}
            for name, value in reading.items():
                if value is not None and not self._sensitive.isdisjoint((name, name.partition(".")[0])):
                    reading[name] = MASK
            self._readings[names] = reading
        return reading

    def reading(self, clause: Clause) -> Mapping[str, Value | None]:
        """What the clause read: its names with their values, None where a value is missing.

        Values of sensitive answers are masked: a trace is kept and shown.
        """
        return self.found(clause)[1]

    def traced(self, clauses: Iterable[Clause]) -> tuple[ClauseOutcome, ...]:
        """A line for each clause, in their order."""
        lines = []
        for clause in clauses:
            outcome, reading = self.found(clause)
            lines.append(ClauseOutcome(clause.text, clause.place, outcome, reading, clause.answers))
        return tuple(lines)

    def _find(self, clause: Clause) -> Found:
        found = self._found[clause.text] = (clause.evaluate(self.values), self.read(clause.names))
        return found


def judge(condition: Condition | None, evaluator: Evaluator) -> bool | None:
    """The outcome of a condition; none at all asks for nothing and is true."""
    return True if condition is None else condition.judged(evaluator)


def trace(condition: Condition | None, evaluator: Evaluator) -> tuple[ClauseOutcome, ...]:
    """Every leaf in reading order with its outcome, whether or not it was decisive."""
    return () if condition is None else evaluator.traced(condition.leaves())


def _leaves_of(children: Iterable["Condition"]) -> tuple[Clause, ...]:
    return tuple([leaf for child in children for leaf in child.leaves()])
