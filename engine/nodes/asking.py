"""What every asking node does: attempts, reprompts that escalate, noinput and nomatch counted apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.core.answers import AnswerType, Understood
from engine.core.call import Call
from engine.core.gathering import Keys, Listening, Silence, Speech, Unheard, gather
from engine.core.prompts import Prompt

SURE = 0.8
"""From this confidence on, what was said is taken without asking."""

LIKELY = 0.3
"""From this confidence on, it is read back and asked about; below, it is a nomatch."""

NEAR = 0.15
"""A second reading this close makes the first one unsure."""

UNHEARD_AT_MOST = 2  # a recogniser that keeps failing must not keep the caller

Failure = Literal["noinput", "nomatch"]


@dataclass(frozen=True, slots=True)
class Meant:
    """What the caller gave that made sense: its readings, best first, at which attempt, to which prompt.

    A reading's confidence is that of hearing and understanding together.
    """

    readings: tuple[Understood, ...]
    given: Keys | Speech
    attempts: int
    prompt: Prompt

    @property
    def best(self) -> Understood:
        return self.readings[0]

    @property
    def is_sure(self) -> bool:
        if self.best.confidence < SURE:
            return False
        return len(self.readings) == 1 or self.best.confidence - self.readings[1].confidence >= NEAR


@dataclass(frozen=True, slots=True)
class Script:
    """What is said at the first attempt and after each failure.

    The n-th noinput (or nomatch) takes the n-th reprompt, the last one again when they run out, the
    question itself where there are none. The `attempts`-th failure of a kind leaves by that exit.
    """

    prompt: Prompt
    noinput: tuple[Prompt, ...]
    nomatch: tuple[Prompt, ...]
    attempts: int

    def after(self, failure: Failure, count: int) -> Prompt:
        reprompts = self.noinput if failure == "noinput" else self.nomatch
        return reprompts[min(count, len(reprompts)) - 1] if reprompts else self.prompt


async def ask(call: Call, script: Script, listening: Listening, kind: AnswerType) -> Meant | Failure:
    """Ask until it is understood or one kind of failure has happened `attempts` times.

    A recogniser that failed is nobody's failure: the question is asked again, twice at most.
    """
    failures: dict[Failure, int] = {"noinput": 0, "nomatch": 0}
    prompt = script.prompt
    attempt = unheard = 0
    while True:
        attempt += 1
        given = await gather(call, prompt, listening)
        if isinstance(given, Unheard) and unheard < UNHEARD_AT_MOST:
            unheard += 1
            prompt = script.after("nomatch", 1)
            continue
        if isinstance(given, Keys | Speech) and (readings := _readings(kind, given)):
            return Meant(readings, given, attempt, prompt)
        failure: Failure = "noinput" if isinstance(given, Silence) else "nomatch"
        failures[failure] += 1
        if failures[failure] >= script.attempts:
            return failure
        prompt = script.after(failure, failures[failure])


def _readings(kind: AnswerType, given: Keys | Speech) -> tuple[Understood, ...]:
    if isinstance(given, Keys):
        understood = kind.understand_keys(given.digits)
        return () if understood is None else (understood,)
    return _said(kind, given)


def _said(kind: AnswerType, speech: Speech) -> tuple[Understood, ...]:
    """Each value once, as sure as its surest hearing, where that is sure enough to ask about."""
    best: dict[object, Understood] = {}
    heard = [(said.text, said.confidence) for said in speech.alternatives]
    for text, confidence in (heard or [(speech.text, speech.confidence)]) if speech.text else ():
        for understood in kind.understand_words(text):
            together = understood.at(confidence * understood.confidence)
            known = best.get(understood.value)
            if together.confidence >= LIKELY and (known is None or known.confidence < together.confidence):
                best[understood.value] = together
    return tuple(sorted(best.values(), key=lambda reading: -reading.confidence))
