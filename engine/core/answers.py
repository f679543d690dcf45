"""What a kind of answer offers: which keys it takes, what they mean, which names conditions may read.

The kinds themselves (zip, choice, …) are in engine.understanding; the core knows only this protocol.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal, Protocol, TypeAlias

from engine.core.conditions import Value

ValueType = Literal["string", "bool", "int", "double"]

# The type of a node's setting that names an answer: a subflow's are renamed for the flow that enters it.
AnswerName: TypeAlias = Annotated[str, "the name of a declared answer"]


@dataclass(frozen=True, slots=True)
class Keypad:
    """The keys that can make an answer: how many, and which may come first.

    One of the `whole_keys` can be all of an answer, or the first key of a longer one that is keyed at a go.
    """

    min_keys: int
    max_keys: int
    first_keys: frozenset[str]
    whole_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Understood:
    """A reading of what the caller gave: the value, its derived names, how to say it, how sure.

    Of words it also tells which ones it rests on: `heard`, and as `span` where they begin and end in the
    text, together with what they corrected ("78701, no, 78702").
    """

    value: Value
    values: Mapping[str, Value]  # suffix → value: "" is the answer itself, "state" becomes zip.state
    label: str  # how a prompt says it
    confidence: float = 1.0  # of the understanding; how sure the hearing was is the recogniser's to say
    heard: str = ""
    span: tuple[int, int] = (0, 0)

    def at(self, confidence: float) -> Understood:
        """The same, this sure."""
        return replace(self, confidence=confidence)

    def named(self, answer: str) -> dict[str, Value]:
        """The values under the names by which conditions and prompts of `answer` read them."""
        return {f"{answer}.{suffix}" if suffix else answer: value for suffix, value in self.values.items()}


class AnswerType(Protocol):
    """One kind of answer with its settings, as declared under a flow's `answers`."""

    @property
    def kind(self) -> str: ...

    @property
    def sensitive(self) -> bool: ...

    @property
    def keypad(self) -> Keypad: ...

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        """Suffix → type: what expressions may read, "" being the answer's own name."""
        ...

    def understand_keys(self, keys: str) -> Understood | None:
        """The answer that these keys give, or None (a nomatch)."""
        ...

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """What the caller's words can mean, best first; none where nothing fits.

        Two that are nearly as good are both unsure: the caller is asked, nothing is guessed.
        """
        ...

    def understand_value(self, value: Value) -> Understood | None:
        """The answer that a flow or a publisher states outright, or None where it is no such answer."""
        ...


def answers_behind(names: Iterable[str], answers: Collection[str]) -> Iterator[str]:
    """The answer of each name: `zip` of `zip.state`, `home.zip` of a subflow's `home.zip.state`."""
    for name in names:
        root = name
        while root not in answers and "." in root:
            root = root.rpartition(".")[0]
        if root in answers:
            yield root
