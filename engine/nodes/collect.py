"""collect: ask for an answer and keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import Keypad, Understood
from engine.core.call import Call
from engine.core.facts import Question
from engine.core.gathering import BargeIn, Listening
from engine.core.prompts import Prompt, Slot, Words
from engine.nodes.asking import Heard, Script, ask

YES_OR_NO = Keypad(1, 1, frozenset("12"))


@dataclass(frozen=True, slots=True)
class Collect:
    """Asks `prompt` until the caller gives `answer`, at most `attempts` times of silence or nonsense.

    `confirm` always reads the answer back: 1 keeps it, 2 asks again. Keys are sure, so when_unsure does
    not ask about them.

    ```yaml
    ask_zip:
      type: collect
      answer: zip
      prompt: Please enter your five digit ZIP code.
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

    async def run(self, call: Call) -> str:
        kind = call.answer_type(self.answer)
        script = Script(self.prompt, self.noinput, self.nomatch, self.attempts)
        listening = self._listening(kind.keypad)
        for round_ in range(1, self.attempts + 1):
            asked = await ask(call, script, listening, kind.understand_keys)
            if isinstance(asked, str):
                return asked
            heard, understood = asked
            confirmed = self.confirm == "always" and await self._confirmed(call, understood)
            if self.confirm != "always" or confirmed:
                self._keep(call, heard, understood, confirmed=confirmed, rounds=round_)
                return "next"
        return "nomatch"

    def _listening(self, keypad: Keypad) -> Listening:
        return Listening(
            keypad=keypad,
            noinput_timeout_ms=self.noinput_timeout_ms,
            interdigit_timeout_ms=self.interdigit_timeout_ms,
            termchar=self.termchar,
            barge_in=self.barge_in,
            flush=self.flush,
        )

    def _keep(
        self, call: Call, heard: Heard, understood: Understood, *, confirmed: bool, rounds: int
    ) -> None:
        prompt = heard.prompt
        call.learn(
            self.answer,
            understood,
            raw=heard.keys.digits,
            mode="keys",
            attempts=heard.attempts + rounds - 1,
            confirmed=confirmed,
            question=Question(prompt.text, prompt.language, prompt.sha256),
            asked_at=heard.keys.asked_at,
            answered_at=heard.keys.last_at,
        )

    async def _confirmed(self, call: Call, understood: Understood) -> bool:
        """Read the answer back; only a clear 1 keeps it."""
        prompt = self.confirm_prompt or Prompt(
            f"You entered {{{{ {self.answer} }}}}. If that is right, press 1. To change it, press 2.",
            (
                Words("You entered"),
                Slot(self.answer),
                Words(". If that is right, press 1. To change it, press 2."),
            ),
            self.prompt.language,
        )
        call.read_back = (self.answer, understood)
        try:
            asked = await ask(
                call,
                Script(prompt, (), (), 2),
                self._listening(YES_OR_NO),
                {"1": True, "2": False}.get,
            )
        finally:
            call.read_back = None
        return not isinstance(asked, str) and asked[1]
