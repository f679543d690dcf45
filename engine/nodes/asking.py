"""What every asking node does: attempts, reprompts that escalate, noinput and nomatch counted apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Generic, Literal, TypeVar

from engine.core.answers import AnswerType, Keypad, Understood
from engine.core.attempts import CommandGiven, Given, Keys, Silence, Speech, Unheard
from engine.core.behaviour import WEIGHS_WORDS
from engine.core.call import Call
from engine.core.events import Said
from engine.core.gathering import Listening, gather
from engine.core.hearing import Hearing
from engine.core.prompts import Prompt
from engine.nodes import wishes
from engine.nodes.certainty import LIKELY, NEAR, SURE, all_said
from engine.nodes.command_texts import spoken
from engine.nodes.obeying import Again, held, order_of, say_first, waiting

UNHEARD_AT_MOST = 2  # a recogniser that keeps failing must not keep the caller
OFFERED_AFTER = 2  # failures of any kind, after which a caller who spoke is shown the keypad
RECOGNISED_WITHIN_MS = 10_000  # after the end of speech that was cut at its greatest length

_HOW_IT_LISTENS = [field.name for field in fields(Listening) if field.name not in ("keypad", "kind")]

Failure = Literal["noinput", "nomatch"]
Readings = tuple[Understood, ...]
Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True)
class Taken(Generic[Meaning]):
    """What the caller gave that made sense: what it means, at which attempt, to which prompt."""

    meaning: Meaning
    given: Keys | Speech
    attempts: int
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Meant:
    """What the caller gave that made sense: its readings, best first, at which attempt, to which prompt.

    A reading's confidence is that of hearing and understanding together.
    """

    readings: Readings
    given: Keys | Speech
    attempts: int
    prompt: Prompt

    @property
    def best(self) -> Understood:
        return self.readings[0]

    @property
    def is_sure(self) -> bool:
        return is_sure(self.readings)


@dataclass(frozen=True, slots=True)
class Script:
    """What is said at the first attempt and after each failure.

    The n-th noinput (or nomatch) takes the n-th reprompt. When they run out it is `offer`, from the second
    failure on; else the last one again, the question itself where there are none. The `attempts`-th failure
    of a kind leaves by that exit.
    """

    prompt: Prompt
    noinput: tuple[Prompt, ...]
    nomatch: tuple[Prompt, ...]
    attempts: int
    offer: Prompt | None = None  # how to key the answer

    def after(self, failure: Failure, count: int, failures: int = 0) -> Prompt:
        """`count` is of this kind, `failures` of all."""
        reprompts = self.noinput if failure == "noinput" else self.nomatch
        if count <= len(reprompts):
            return reprompts[count - 1]
        if self.offer is not None and failures >= OFFERED_AFTER:
            return self.offer
        return reprompts[-1] if reprompts else self.prompt

    def after_denial(self, failures: int) -> Prompt:
        """No reprompt fits a value that was understood and denied."""
        return self.offer if self.offer is not None and failures >= OFFERED_AFTER else self.prompt


class Inquiry:
    """The attempts at a question in one visit of its node: which prompt is due, what failed how often."""

    def __init__(self, call: Call, script: Script, listening: Listening, *, was_heard: bool = False) -> None:
        """`was_heard`: a prompt of the question was heard to its end before."""
        self._call = call
        self._script = script
        self._listening = listening
        self._prompt = script.prompt
        self._failures: dict[Failure, int] = {"noinput": 0, "nomatch": 0}
        self._unheard = 0
        self.was_heard = was_heard
        self.attempts = 0

    async def hear(self, understand: Callable[[Keys | Speech], Meaning | None]) -> Taken[Meaning] | Failure:
        """Ask until it is understood or one kind of failure has happened `attempts` times.

        A recogniser that failed is nobody's failure: the question is asked again, twice at most. Commands are
        obeyed on the way, and may lead away (JumpTo).
        """
        while True:
            self.attempts += 1
            prompt = self._prompt
            given = await self._given(understand)
            if isinstance(given, Unheard) and self._unheard < UNHEARD_AT_MOST:
                self._unheard += 1
                self._prompt = self._script.after("nomatch", 1)
                continue
            if isinstance(given, Keys | Speech) and (meaning := understand(given)) is not None:
                return Taken(meaning, given, self.attempts, prompt)
            failure: Failure = "noinput" if isinstance(given, Silence) else "nomatch"
            if isinstance(given, Keys | Speech):
                note_unmatched(self._call, given)
            if isinstance(given, Keys):
                self._call.keys.refused()
            if self.failed(failure):
                return failure

    async def _given(
        self, understand: Callable[[Keys | Speech], object | None]
    ) -> Keys | Speech | Unheard | Silence:
        """What the caller gives to the question, once every command was obeyed. One that was asked about and
        denied is no words at all."""
        call, listening = self._call, self._listening
        if call.obeys:
            call.trail.comes_to(call)
        again = Again()
        while True:
            given = await self._gathered(again, listening)
            is_answer = isinstance(given, Speech) and understand(given) is not None
            order = order_of(call, given, is_answer=is_answer) if call.obeys else None
            if order is None:
                assert not isinstance(given, CommandGiven), "a command key is an order"
                if not again.hold or is_answer or isinstance(given, Keys):
                    return given
                again = held(call)  # nobody's failure: somebody else was talked to
                continue
            if isinstance(given, Speech) and not await wishes.is_meant(call, order, listening):
                return given if is_answer else wishes.denied(given)
            again = await wishes.carried_out(call, order, listening)
            listening = replace(listening, flush=False)

    async def _gathered(self, again: Again, listening: Listening) -> Given:
        """To the question; or to what is said to a caller who holds on, which is no prompt of it."""
        call = self._call
        if again.hold:
            given = await gather(call, spoken(again.hold, call.flow.language), waiting(listening))
            return replace(given, hearing=Hearing(None, 0, heard_before=self.was_heard))
        say_first(call, again.first)
        given = await gather(call, self._prompt, listening, was_heard=self.was_heard)
        if given.hearing is not None:
            self.was_heard = given.hearing.is_heard
        return given

    def failed(self, failure: Failure) -> bool:
        """Count a failure; whether it was the last that is forgiven."""
        self._failures[failure] += 1
        self._prompt = self._script.after(failure, self._failures[failure], sum(self._failures.values()))
        return self._failures[failure] >= self._script.attempts

    def denied(self) -> bool:
        """Count what was read back in vain: the caller was misunderstood, so it is a nomatch."""
        is_last = self.failed("nomatch")
        self._prompt = self._script.after_denial(sum(self._failures.values()))
        return is_last


async def ask(call: Call, script: Script, listening: Listening, kind: AnswerType) -> Meant | Failure:
    """Ask for one answer until it is understood or one kind of failure has happened `attempts` times."""
    inquiry = Inquiry(call, script, listening)
    weighs = weighs_words(call)
    taken = await inquiry.hear(lambda given: readings_of(kind, given, weighs=weighs) or None)
    return (
        taken if isinstance(taken, str) else Meant(taken.meaning, taken.given, taken.attempts, taken.prompt)
    )


def listening(node: object, keypad: Keypad, kind: AnswerType | None) -> Listening:
    """How this node listens, whose settings have the names of the listening's.

    A node without a termchar and an interdigit timeout asks for one key.
    """
    settings = {name: getattr(node, name) for name in _HOW_IT_LISTENS if hasattr(node, name)}
    if kind is not None and kind.longest_ms is not None:  # what is heard of it until then still counts
        settings["max_speech_timeout_ms"] = kind.longest_ms + RECOGNISED_WITHIN_MS
    one_key = {"termchar": "", "interdigit_timeout_ms": settings["noinput_timeout_ms"]}
    return Listening(keypad, kind, **{**one_key, **settings})


def note_unmatched(call: Call, given: Keys | Speech) -> None:
    """Keep what was not understood, for whoever wonders why the question came again."""
    call.unmatched.append((call.node, given.digits if isinstance(given, Keys) else given.text))


def is_passed_over(call: Call, answers: Collection[str]) -> bool:
    """Whether all that a question asks for is known, and the call comes to it for the first time.

    A flow that comes back to a question wants it asked: the answer did not do.
    """
    is_back = call.node in call.asked
    call.asked.add(call.node)
    return not is_back and all(name in call.answers for name in answers)


def is_sure(readings: Readings) -> bool:
    """Whether the best reading is to be taken without asking."""
    if readings[0].confidence < SURE:
        return False
    return len(readings) == 1 or readings[0].confidence - readings[1].confidence >= NEAR


def weighs_words(call: Call) -> bool:
    """Whether what is said beside an answer counts in this call."""
    return call.arrived.behaviour >= WEIGHS_WORDS


def readings_of(kind: AnswerType, given: Keys | Speech, *, weighs: bool = False) -> Readings:
    """What keys or words mean, best first; each value once, as sure as its surest hearing.

    `weighs`: they were given to the question of this kind itself, and what is said beside an answer counts.
    """
    if isinstance(given, Keys):
        understood = kind.understand_keys(given.digits)
        return () if understood is None else (understood,)
    return likely(all_readings(kind, given, weighs=weighs))


def all_readings(kind: AnswerType, given: Speech, *, weighs: bool = False) -> Iterator[Understood]:
    """All that words can mean, however unlikely."""
    if given.ended_at - given.started_at < kind.shortest_ms:
        return
    understand = kind.understand_reply if weighs else kind.understand_words
    for said in all_said(given)[:1] if kind.IS_FREE else all_said(given):
        for understood in in_other_words(kind, said) or understand(said.text):
            yield understood.at(said.confidence * understood.confidence)


def in_other_words(kind: AnswerType, said: Said) -> Readings:
    """What the recogniser weighed the words for; none where it did not."""
    understood = None if said.other is None else kind.understand_value(said.other.option)
    if understood is None:
        return ()
    return (replace(understood, heard=said.text, span=(0, len(said.text))),)


def likely(readings: Iterable[Understood]) -> Readings:
    """Each value once at its surest, best first, where that is sure enough to ask about."""
    best: dict[object, Understood] = {}
    for reading in readings:
        known = best.get(reading.value)
        if reading.confidence >= LIKELY and (known is None or known.confidence < reading.confidence):
            best[reading.value] = reading
    return tuple(sorted(best.values(), key=lambda reading: -reading.confidence))
