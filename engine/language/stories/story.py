"""Stories: written calls. What the caller and the buyers do, and what must come of it.

One file holds any number of them, each under its claim; `schemas/stories.schema.json` documents the form.
This module reads and checks them; playing them is the rehearsal's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal, cast

from engine.core.answers import AnswerType
from engine.core.places import Place
from engine.exchange.codes import CANDIDATE_CODES
from engine.language.mistakes import Mistakes, suggestion
from engine.language.shapes import check_shape
from engine.language.stories.expected import Expectation, read_expectation
from engine.language.stories.given import NOTHING_GIVEN, Given, buyers_given, read_given
from engine.language.stories.outside import NOBODY_OUTSIDE, Outside, read_outside
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.language.yaml.units import duration_ms

STORIES_SUFFIX = ".stories.yaml"

DEFAULT_CALLER = "+15125550123"
DEFAULT_START = "2026-11-23T15:00:00Z"  # a Monday morning everywhere in America

KEY_GAP_MS = 120  # between two keys of a quick caller
TALK_KEYS_AFTER_MS = 5_000  # into the talk

BuyerOutcome = Literal["answers", "busy", "noanswer", "rejects", "declines", "machine", "fails", "breaks"]


@dataclass(frozen=True, slots=True)
class PressKeys:
    """The next question's answer, keyed after its prompt, or during it; or keys at the node `during`.

    `after_ms` counts from the beginning of the prompt, or of the node; None is a moment in its first half.
    """

    keys: str
    during_prompt: bool = False
    during: str | None = None
    after_ms: int | None = None
    gap_ms: int = KEY_GAP_MS


@dataclass(frozen=True, slots=True)
class SaySomething:
    """The answer in words, for the next question that listens, and how sure the recogniser is of them."""

    text: str
    confidence: float = 0.95
    during_prompt: bool = False


@dataclass(frozen=True, slots=True)
class PlayRecording:
    """The answer as sound, for the next question that listens. `file` lies below the network's folder."""

    file: str
    during_prompt: bool = False


@dataclass(frozen=True, slots=True)
class StaySilent:
    """The next question hears nothing until its noinput timer fires."""


@dataclass(frozen=True, slots=True)
class EndCall:
    """The caller hangs up `after_ms` into the next question, or into the node `during`.

    Where `is_interruption`, it is the engine that cannot go on.
    """

    after_ms: int = 0
    during: str | None = None
    is_interruption: bool = False


Speaking = SaySomething | PlayRecording
CallerAct = PressKeys | Speaking | StaySilent | EndCall


@dataclass(frozen=True, slots=True)
class BuyerPlan:
    """What happens when a buyer (or a number) is called. Times count for one that answers."""

    outcome: BuyerOutcome = "answers"
    answers_after_ms: int = 4_000
    accepts: bool = True
    talks_ms: int = 120_000
    presses: tuple[tuple[int, str], ...] = ()  # in the talk: so long after its beginning, these keys
    joins: bool = True  # whether its carrier joins it with the caller, where that is wanted


@dataclass(frozen=True, slots=True)
class Story:
    """One written call. `called_number` is None for the network's first number."""

    name: str
    caller_number: str
    called_number: str | None
    started_at: int  # milliseconds since 1970, UTC
    seed: int
    caller: tuple[CallerAct, ...]
    buyers: Mapping[str, BuyerPlan]  # by the buyer's key, or by number
    expect: Expectation
    place: Place
    outside: Outside = NOBODY_OUTSIDE
    parameters: Mapping[str, str] = field(default_factory=dict)
    given: Given = NOTHING_GIVEN


@dataclass(frozen=True, slots=True)
class StoryWorld:
    """What stories may speak of."""

    nodes: frozenset[str] = frozenset()
    answers: Mapping[str, AnswerType] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()  # also the answers that are declared wrongly
    buyers: frozenset[str] = frozenset()
    numbers: tuple[str, ...] = ()
    recordings: frozenset[str] = frozenset()  # WAV files below the network's folder


def read_stories(document: Document, world: StoryWorld, mistakes: Mistakes) -> list[Story]:
    """The stories of a file that are whole, in its order."""
    found = Mistakes()
    check_shape(document, "stories", found)
    reader = _StoryReader(document, world, found)
    for name in mapping_at(document, ("stories",)):
        reader.check(name)
    mistakes.add(*found)
    if found.has_errors:
        return []
    return [reader.story(name) for name in mapping_at(document, ("stories",))]


class _StoryReader:
    """Checks the stories of one document, then reads them: by then every setting has its shape."""

    def __init__(self, document: Document, world: StoryWorld, mistakes: Mistakes) -> None:
        self.document = document
        self.world = world
        self.mistakes = mistakes

    # Checking

    def check(self, name: str) -> None:
        path: Pointer = ("stories", name)
        numbers = self.world.numbers
        self._known((*path, "call", "to"), "number", numbers)
        self._moment((*path, "call", "at"))
        for buyer in mapping_at(self.document, (*path, "buyers")):
            if not buyer.startswith(("+", "sip")):
                self._refuse(buyer, (*path, "buyers", buyer), "buyer", self.world.buyers)
        for node in mapping_at(self.document, (*path, "lookups")):
            self._refuse(node, (*path, "lookups", node), "node", self.world.nodes)
        for node in mapping_at(self.document, (*path, "model")):
            self._refuse(node, (*path, "model", node), "node", self.world.nodes)
        for where in buyers_given(self.document, path):
            named = text_at(self.document, where) if where[-1] == "buyer" else str(where[-1])
            self._refuse(named or "", where, "buyer", self.world.buyers)
        for bidder in mapping_at(self.document, (*path, "bids")):
            self._refuse(bidder, (*path, "bids", bidder), "buyer", self.world.buyers)
        for index in range(len(_list(self.document, (*path, "caller")))):
            for act in ((), ("hangs_up",), ("interrupted",)):
                self._known((*path, "caller", index, *act, "during"), "node", self.world.nodes)
            self._keying((*path, "caller", index))
            self._speaking((*path, "caller", index))
        self._check_expected((*path, "expect"))

    def _check_expected(self, expect: Pointer) -> None:
        for index in range(len(_list(self.document, (*expect, "path")))):
            self._known((*expect, "path", index), "node", self.world.nodes)
        for index in range(len(_list(self.document, (*expect, "tried")))):
            self._known((*expect, "tried", index), "buyer", self.world.buyers)
        self._known((*expect, "buyer"), "buyer", self.world.buyers)
        for buyer in mapping_at(self.document, (*expect, "refused")):
            self._refuse(buyer, (*expect, "refused", buyer), "buyer", self.world.buyers)
            self._known((*expect, "refused", buyer), "code", tuple(CANDIDATE_CODES))
        for buyer in mapping_at(self.document, (*expect, "released")):
            self._refuse(buyer, (*expect, "released", buyer), "buyer", self.world.buyers)
        for answer in mapping_at(self.document, (*expect, "answers")):
            self._answer((*expect, "answers", answer), answer)
        for setting in ("outcomes", "keys", "joined_by"):
            for buyer in mapping_at(self.document, (*expect, setting)):
                self._refuse(buyer, (*expect, setting, buyer), "buyer", self.world.buyers)
        for setting in ("modes", "heard", "filled"):
            for answer in mapping_at(self.document, (*expect, setting)):
                self._refuse(answer, (*expect, setting, answer), "answer", self.world.declared)

    def _known(self, path: Pointer, what: str, known: frozenset[str] | tuple[str, ...]) -> None:
        name = text_at(self.document, path)
        if name:
            self._refuse(name, path, what, known)

    def _refuse(self, name: str, path: Pointer, what: str, known: frozenset[str] | tuple[str, ...]) -> None:
        if name not in known:
            found = f"story '{path[1]}': {what} '{name}' doesn't exist"
            self.mistakes.error(self.document.place(path), found, cure=suggestion(name, known))

    def _keying(self, path: Pointer) -> None:
        """`after` needs a beginning to count from, and all of these are of keys."""
        for setting in ("gap", "during", "after"):
            if not self.document.has((*path, setting)):
                continue
            place = self.document.key_place((*path, setting))
            if not self.document.has((*path, "keys")):
                found = f"story '{path[1]}': '{setting}' has no effect here, because no keys are pressed"
                self.mistakes.error(place, found, cure="remove it")
            elif setting == "after" and not self._has_beginning(path):
                found = f"story '{path[1]}': 'after' has no beginning to count from"
                self.mistakes.error(place, found, cure="add 'during_prompt: true', or 'during: NODE'")
        if self.document.has((*path, "during")) and self.document.has((*path, "during_prompt")):
            found = f"story '{path[1]}': keys are pressed at a node, or during a question's prompt"
            self.mistakes.error(self.document.key_place((*path, "during_prompt")), found, cure="remove it")

    def _has_beginning(self, path: Pointer) -> bool:
        is_during_prompt = value_at(self.document, (*path, "during_prompt")) is True
        return is_during_prompt or self.document.has((*path, "during"))

    def _speaking(self, path: Pointer) -> None:
        said = mapping_at(self.document, (*path, "says"))
        if "keys" in mapping_at(self.document, path) and self.document.has((*path, "says")):
            found = f"story '{path[1]}': the caller speaks and presses keys in one act"
            self.mistakes.error(
                self.document.key_place((*path, "says")), found, cure="split it into two acts"
            )
        if said and ("text" in said) == ("wav" in said):
            found = f"story '{path[1]}': 'says' has {'both text and a WAV' if 'wav' in said else 'no words'}"
            place = self.document.key_place((*path, "says"))
            self.mistakes.error(place, found, expected="either 'text' or 'wav'")
        if "wav" in said and "confidence" in said:
            found = f"story '{path[1]}': a WAV can't set a confidence; the recogniser works it out"
            self.mistakes.error(
                self.document.key_place((*path, "says", "confidence")), found, cure="remove it"
            )
        wav = text_at(self.document, (*path, "says", "wav"))
        if wav is not None:
            self._refuse(self._recording(wav), (*path, "says", "wav"), "recording", self.world.recordings)

    def _recording(self, wav: str) -> str:
        """The file as the network's folder knows it; stories name it from where they lie."""
        return (PurePosixPath(self.document.name).parent / wav).as_posix()

    def _moment(self, path: Pointer) -> None:
        text = text_at(self.document, path)
        if text is not None and text.endswith("Z") and _instant_ms(text) is None:
            found = f"story '{path[1]}': {text} isn't a valid date and time"
            self.mistakes.error(self.document.place(path), found, expected='"2026-11-23T15:00:00Z"')

    def _answer(self, path: Pointer, name: str) -> None:
        answer = self.world.answers.get(name)
        if answer is None:
            if name not in self.world.declared:
                self._refuse(name, path, "answer", frozenset(self.world.declared))
            return
        value = value_at(self.document, path)
        wanted = {"string": str, "bool": bool, "int": int, "double": float}[answer.value_types[""]]
        if isinstance(value, str | int | float) and type(value) is not wanted:
            raw = self.document.raw(path)
            cure = f'put it in quotes: "{raw}"' if wanted is str else "write it without quotes"
            found = f"story '{path[1]}': '{name}' is {raw}, not {_WORDS[wanted]}"
            self.mistakes.error(self.document.place(path), found, cure=cure)
        elif isinstance(value, str) and hasattr(answer, "options") and value not in answer.options:
            found = f"story '{path[1]}': '{value}' isn't an option of '{name}'"
            self.mistakes.error(self.document.place(path), found, cure=suggestion(value, answer.options))

    # Reading

    def story(self, name: str) -> Story:
        document, path = self.document, ("stories", name)
        call = (*path, "call")
        started_at = _instant_ms(text_at(document, (*call, "at")) or DEFAULT_START)
        seed = value_at(document, (*call, "seed"))
        return Story(
            name=name,
            caller_number=_number(text_at(document, (*call, "from"))),
            called_number=text_at(document, (*call, "to")),
            started_at=cast("int", started_at),
            seed=1 if seed is None else cast("int", seed),
            caller=tuple(
                self._act((*path, "caller", i)) for i in range(len(_list(document, (*path, "caller"))))
            ),
            buyers={
                buyer: self._plan((*path, "buyers", buyer))
                for buyer in mapping_at(document, (*path, "buyers"))
            },
            expect=read_expectation(self.document, (*path, "expect")),
            place=document.key_place(path),
            outside=read_outside(document, path),
            parameters={
                name: str(text) for name, text in mapping_at(document, (*call, "parameters")).items()
            },
            given=read_given(document, path, cast("int", started_at)),
        )

    def _act(self, path: Pointer) -> CallerAct:
        value = value_at(self.document, path)
        if value == "silence":
            return StaySilent()
        if value == "hangs_up":
            return EndCall()
        keys = text_at(self.document, (*path, "keys"))
        if keys is not None:
            after = text_at(self.document, (*path, "after"))
            return PressKeys(
                keys,
                during_prompt=value_at(self.document, (*path, "during_prompt")) is True,
                during=text_at(self.document, (*path, "during")),
                after_ms=None if after is None else duration_ms(after),
                gap_ms=self._duration((*path, "gap"), KEY_GAP_MS),
            )
        if self.document.has((*path, "says")):
            return self._said(path)
        is_interrupted = self.document.has((*path, "interrupted"))
        act = (*path, "interrupted" if is_interrupted else "hangs_up")
        during = text_at(self.document, (*act, "during"))
        return EndCall(self._duration((*act, "after"), 0), during, is_interrupted)

    def _said(self, path: Pointer) -> Speaking:
        is_during_prompt = value_at(self.document, (*path, "during_prompt")) is True
        says = (*path, "says")
        wav = text_at(self.document, (*says, "wav"))
        if wav is not None:
            return PlayRecording(self._recording(wav), is_during_prompt)
        text = text_at(self.document, says) or text_at(self.document, (*says, "text")) or ""
        confidence = value_at(self.document, (*says, "confidence"))
        if confidence is None:
            return SaySomething(text, during_prompt=is_during_prompt)
        return SaySomething(text, float(cast("float", confidence)), is_during_prompt)

    def _plan(self, path: Pointer) -> BuyerPlan:
        outcome = text_at(self.document, path)
        if outcome is not None:
            return BuyerPlan(cast("BuyerOutcome", outcome))
        answers = (*path, "answers")
        accepts = value_at(self.document, (*answers, "accepts"))
        return BuyerPlan(
            "answers",
            self._duration((*answers, "after"), BuyerPlan().answers_after_ms),
            accepts is not False,
            self._duration((*answers, "talks"), BuyerPlan().talks_ms),
            tuple(self._pressed((*answers, "presses"))),
            value_at(self.document, (*answers, "joins")) is not False,
        )

    def _pressed(self, path: Pointer) -> Iterator[tuple[int, str]]:
        """The keys of a talk, each with when."""
        for index in range(len(_list(self.document, path))):
            keys = text_at(self.document, (*path, index, "keys")) or ""
            yield self._duration((*path, index, "after"), TALK_KEYS_AFTER_MS), keys

    def _duration(self, path: Pointer, default: int) -> int:
        text = text_at(self.document, path)
        duration = None if text is None else duration_ms(text)
        return default if duration is None else duration


_WORDS: Mapping[type, str] = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def _number(written: str | None) -> str:
    """The caller's number, "" where it is withheld."""
    return "" if written == "withheld" else written or DEFAULT_CALLER


def _list(document: Document, path: Pointer) -> list[object]:
    value = value_at(document, path)
    return value if isinstance(value, list) else []


def _instant_ms(text: str) -> int | None:
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        return None
