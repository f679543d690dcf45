"""What a kind of answer offers: which keys it takes, what they mean, which names conditions may read.

The kinds themselves (zip, choice, …) are in engine.understanding; the core knows only what they have in
common.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, TypeAlias

from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.core.support import Support
from engine.core.zip_reads import ZipReads

ValueType = Literal["string", "bool", "int", "double"]

# The type of a node's setting that names an answer: a subflow's are renamed for the flow that enters it.
AnswerName: TypeAlias = Annotated[str, "the name of a declared answer"]


@dataclass(frozen=True, slots=True)
class Keypad:
    """The keys that can make an answer: how many, and which may come first.

    One of the `whole_keys` can be all of an answer, or the first key of a longer one that is keyed at a go.
    Some callers add `more_keys` to the longest answer, which mean nothing: the four of a ZIP+4. Some key
    `lead` before it, which no answer begins with: the 1 before a phone number.
    """

    min_keys: int
    max_keys: int
    first_keys: frozenset[str]
    whole_keys: frozenset[str] = frozenset()
    more_keys: int = 0
    lead: str = ""


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
    supports: tuple[Support, ...] = ()  # what else speaks for it, which the confidence reckons in

    def at(self, confidence: float) -> Understood:
        """The same, this sure."""
        return replace(self, confidence=confidence)

    def named(self, answer: str) -> dict[str, Value]:
        """The values under the names by which conditions and prompts of `answer` read them."""
        return {f"{answer}.{suffix}" if suffix else answer: value for suffix, value in self.values.items()}


class AnswerType:
    """One kind of answer with its settings, as declared under a flow's `answers`.

    A kind is a frozen dataclass whose fields are its settings. It says here what sets it apart, so that
    nobody else keeps a list of kinds; left alone, it is like any other.
    """

    __slots__ = ()

    kind: ClassVar[str]
    """The word that flows use for it."""

    HAS_LEADING_ZEROS: ClassVar[bool] = False
    """Whether 02134 is another answer than 2134, so that YAML must not read it as a number."""

    SPEECH_GOES_ON: ClassVar[Literal["never", "always", "after_no"]] = "always"
    """Whether a caller who has said an answer may go on: "two hundred … and ten"."""

    IS_SUPPORTED: ClassVar[bool] = False
    """Whether other evidence than its sound is weighed: where a caller is from, what was heard before."""

    STANDS_OUT: ClassVar[bool] = False
    """Whether its answers can be listened for in any sentence: numbers and yeses are too common."""

    NEEDS_ITS_QUESTION: ClassVar[bool] = False
    """Whether its words mean something only as the answer to a question: a yes."""

    IS_BARE_FIGURE: ClassVar[bool] = False
    """Whether a figure alone can be its answer, as it can be that of other such kinds."""

    SAYS_BY_ITSELF: ClassVar[int] = 0
    """How much its words say without a question. The higher of two gets the words that both want."""

    IS_LANGUAGE: ClassVar[bool] = False
    """Whether its value is the language that the call goes on in."""

    KEYPAD_OFFER: ClassVar[Mapping[str, str]] = {}
    """By tongue ("en"), how to key it; `{}` is how the keys end. Not needed where keys choose."""

    LINK: ClassVar[Mapping[str, str]] = {}
    """By tongue, the word that joins its value to those before it in a read-back: "in" 78701."""

    WRITTEN_AS: ClassVar[str] = ""
    """How whoever states a value writes it, in English: "five digits". Not needed where there are few."""

    CALLED: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """By tongue, what callers call it, beside the name that the flow gives it: "zip code"."""

    IS_FREE: ClassVar[bool] = False
    """Whether anything that is said is its answer: then nothing that decides or pays may read it."""

    # What a kind must say

    @property
    def sensitive(self) -> bool:
        """A setting of every kind: whether the answer is masked, and never recorded."""
        raise NotImplementedError

    @property
    def keypad(self) -> Keypad:
        raise NotImplementedError

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        """Suffix → type: what expressions may read, "" being the answer's own name."""
        raise NotImplementedError

    def understand_keys(self, keys: str) -> Understood | None:
        """The answer that these keys give, or None (a nomatch)."""
        raise NotImplementedError

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """What the caller's words can mean, best first; none where nothing fits.

        Two that are nearly as good are both unsure: the caller is asked, nothing is guessed.
        """
        raise NotImplementedError

    def understand_reply(self, words: str) -> tuple[Understood, ...]:
        """The same of words that were said to its own question, and to no other."""
        return self.understand_words(words)

    def understand_value(self, value: Value) -> Understood | None:
        """The answer that a flow or a publisher states outright, or None where it is no such answer."""
        raise NotImplementedError

    def bound(self, reads: ZipReads) -> AnswerType:
        """The kind as one call asks it: what it reads of the ZIP data is kept for the call."""
        return self

    def in_tongue(self, tongue: str) -> AnswerType:
        """The kind as it is asked in a language of this tongue ("es"); one that has no words for it is as
        in English."""
        return self

    def grammar(self, *, in_sentence: bool = False) -> GrammarSpec:
        """What a recogniser listens for; `in_sentence`, amid other words: without the keys' own names."""
        raise NotImplementedError

    # What it may say

    def lies_in_area(self, understood: Understood, area: str) -> bool | None:
        """Whether an answer lies where this area code is served; None where nobody knows."""
        return None

    @property
    def keeps_sound(self) -> bool:
        """Whether the sound of the words is kept with them."""
        return False

    @property
    def tells_in_prompt(self) -> bool:
        """Whether its question tells callers that the sound is kept, whatever else does."""
        return False

    @property
    def shortest_ms(self) -> int:
        """Speech that is shorter is no answer."""
        return 0

    @property
    def longest_ms(self) -> int | None:
        """Speech ends here, and what was said until then is the answer; None where that is no answer."""
        return None

    def keypad_offer(self, tongue: str) -> str:
        """How to key it, in this tongue; "" where it can't say so or can't be keyed."""
        return self.KEYPAD_OFFER.get(tongue, "")

    @property
    def few_values(self) -> tuple[Value, ...]:
        """Every value, where there are few: a choice's options."""
        return ()

    @property
    def key_meanings(self) -> Mapping[str, str]:
        """Key → what it means, where keys choose and do not spell."""
        return {}

    @classmethod
    def keys_written(cls, settings: Mapping[str, object]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The same of settings as they are written, right or wrong: meaning, default key, and its setting."""
        return ()

    def prepare(self) -> None:
        """Load now what understanding it takes, so that no call waits for it."""

    def likely_keys(self, today: datetime.date, below: Callable[[int], int]) -> str | None:
        """Keys that some caller might press, drawn by `below` (a number from 0 up to one less than it is
        given); None where any digits of the right count are as likely."""
        return None


def answers_behind(names: Iterable[str], answers: Collection[str]) -> Iterator[str]:
    """The answer of each name: `zip` of `zip.state`, `home.zip` of a subflow's `home.zip.state`."""
    for name in names:
        root = name
        while root not in answers and "." in root:
            root = root.rpartition(".")[0]
        if root in answers:
            yield root
