"""collect: ask for an answer and keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import AnswerType, Understood
from engine.core.call import Call
from engine.core.facts import Question, Utterance
from engine.core.gathering import BargeIn, Keys, Listening
from engine.core.prompts import Prompt, Slot, Words
from engine.nodes.asking import Meant, Script, ask
from engine.understanding.yes_no import YesNo


@dataclass(frozen=True, slots=True)
class Collect:
    """Asks `prompt` until the caller gives `answer`, by keys or by voice.

    It leaves by noinput or nomatch after `attempts` silences or attempts that made no sense. What was
    heard and is not sure is read back (`confirm: when_unsure`): yes or 1 keeps it, no or 2 asks again,
    and of two readings that are nearly as good each is offered. `always` reads everything back, `never`
    takes the best reading. Keys are sure. `input: keys` listens to keys alone.

    ```yaml
    ask_zip:
      type: collect
      answer: zip
      prompt: Please say or enter your five digit ZIP code.
      noinput: [I didn't hear you. Please enter your ZIP code.]
      nomatch: [That is no ZIP code. Please enter five digits.]
      next: bye
      exits: {noinput: bye, nomatch: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next", "noinput", "nomatch")

    answer: str
    prompt: Prompt
    noinput: tuple[Prompt, ...] = ()
    nomatch: tuple[Prompt, ...] = ()
    attempts: int = 3
    confirm: Literal["never", "always", "when_unsure"] = "when_unsure"
    confirm_prompt: Prompt | None = None
    barge_in: BargeIn = "any"
    flush: bool = False
    termchar: str = "#"
    noinput_timeout_ms: int = 5_000
    interdigit_timeout_ms: int = 3_000
    input: Literal["any", "keys"] = "any"
    complete_timeout_ms: int = 800
    max_speech_timeout_ms: int = 15_000

    @property
    def asks(self) -> tuple[str, ...]:
        return (self.answer,)

    async def run(self, call: Call) -> str:
        kind = call.answer_type(self.answer)
        script = Script(self.prompt, self.noinput, self.nomatch, self.attempts)
        for round_ in range(1, self.attempts + 1):
            meant = await ask(call, script, self._listening(kind), kind)
            if isinstance(meant, str):
                return meant
            if not self._is_asked_about(meant):
                self._keep(call, meant, meant.best, confirmed=False, rounds=round_)
                return "next"
            for reading in meant.readings[:2]:
                if await self._confirmed(call, meant, reading):
                    self._keep(call, meant, reading, confirmed=True, rounds=round_)
                    return "next"
        return "nomatch"

    def _is_asked_about(self, meant: Meant) -> bool:
        return self.confirm == "always" or (self.confirm == "when_unsure" and not meant.is_sure)

    def _listening(self, kind: AnswerType) -> Listening:
        return Listening(
            keypad=kind.keypad,
            kind=kind if self.input == "any" else None,
            noinput_timeout_ms=self.noinput_timeout_ms,
            interdigit_timeout_ms=self.interdigit_timeout_ms,
            termchar=self.termchar,
            barge_in=self.barge_in,
            flush=self.flush,
            complete_timeout_ms=self.complete_timeout_ms,
            max_speech_timeout_ms=self.max_speech_timeout_ms,
        )

    def _keep(self, call: Call, meant: Meant, reading: Understood, *, confirmed: bool, rounds: int) -> None:
        prompt, given = meant.prompt, meant.given
        is_keyed = isinstance(given, Keys)
        call.learn(
            self.answer,
            reading,
            raw=given.digits if isinstance(given, Keys) else given.text,
            mode="keys" if is_keyed else "voice",
            attempts=meant.attempts + rounds - 1,
            confirmed=confirmed,
            question=Question(prompt.text, prompt.language, prompt.sha256),
            asked_at=given.asked_at,
            answered_at=given.last_at if isinstance(given, Keys) else given.ended_at,
            utterance=None
            if isinstance(given, Keys)
            else Utterance(given.alternatives, given.engine, given.started_at, given.ended_at),
            began_at=given.first_at if isinstance(given, Keys) else given.started_at,
        )

    async def _confirmed(self, call: Call, meant: Meant, reading: Understood) -> bool:
        """Read the answer back; only a clear yes keeps it."""
        prompt = self.confirm_prompt or self._read_back(
            "You entered" if isinstance(meant.given, Keys) else "I heard"
        )
        call.read_back = (self.answer, reading)
        try:
            yes_no = YesNo()
            asked = await ask(call, Script(prompt, (), (), 2), self._listening(yes_no), yes_no)
        finally:
            call.read_back = None
        return not isinstance(asked, str) and asked.best.value is True

    def _read_back(self, lead: str) -> Prompt:
        tail = ". If that is right, say yes or press 1. To change it, say no or press 2."
        if self.input == "keys":
            tail = ". If that is right, press 1. To change it, press 2."
        text = f"{lead} {{{{ {self.answer} }}}}{tail}"
        return Prompt(text, (Words(lead), Slot(self.answer), Words(tail)), self.prompt.language)
