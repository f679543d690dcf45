"""What every asking node does: attempts, reprompts that escalate, noinput and nomatch counted apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from engine.core.call import Call
from engine.core.gathering import Keys, Listening, Silence, gather
from engine.core.prompts import Prompt

Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller gave that made sense, at which attempt, and the prompt that it answers."""

    keys: Keys
    attempts: int
    prompt: Prompt


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

    def after(self, failure: Literal["noinput", "nomatch"], count: int) -> Prompt:
        reprompts = self.noinput if failure == "noinput" else self.nomatch
        return reprompts[min(count, len(reprompts)) - 1] if reprompts else self.prompt


async def ask(
    call: Call, script: Script, listening: Listening, understand: Callable[[str], Meaning | None]
) -> tuple[Heard, Meaning] | Literal["noinput", "nomatch"]:
    """Ask until it is understood or one kind of failure has happened `attempts` times."""
    failures = {"noinput": 0, "nomatch": 0}
    prompt = script.prompt
    attempt = 0
    while True:
        attempt += 1
        heard = await gather(call, prompt, listening)
        failure: Literal["noinput", "nomatch"] = "noinput"
        if not isinstance(heard, Silence):
            meaning = understand(heard.digits)
            if meaning is not None:
                return Heard(heard, attempt, prompt), meaning
            failure = "nomatch"
        failures[failure] += 1
        if failures[failure] >= script.attempts:
            return failure
        prompt = script.after(failure, failures[failure])
