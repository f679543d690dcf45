"""menu: one key, one exit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.call import Call
from engine.core.gathering import BargeIn, Listening
from engine.core.prompts import Prompt
from engine.nodes.asking import Script, ask
from engine.understanding.choice import Choice, ChoiceOption


@dataclass(frozen=True, slots=True)
class MenuOption:
    """A key and the words that choose an exit."""

    key: str
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """Offers `options`; each is an exit of its own name. Nothing is kept as an answer.

    ```yaml
    greet:
      type: menu
      prompt: For sales, press 1. For service, press 2.
      options:
        sales:   {key: "1", phrases: [sales]}
        service: {key: "2", phrases: [service]}
      exits: {sales: bye, service: bye, noinput: bye, nomatch: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("noinput", "nomatch")

    prompt: Prompt
    options: Mapping[str, MenuOption]
    noinput: tuple[Prompt, ...] = ()
    nomatch: tuple[Prompt, ...] = ()
    attempts: int = 3
    barge_in: BargeIn = "any"
    flush: bool = False
    noinput_timeout_ms: int = 5_000
    input: Literal["any", "keys"] = "any"
    complete_timeout_ms: int = 800
    max_speech_timeout_ms: int = 15_000

    @property
    def own_exits(self) -> tuple[str, ...]:
        return tuple(self.options)

    async def run(self, call: Call) -> str:
        options = {name: ChoiceOption(option.key, option.phrases) for name, option in self.options.items()}
        choice = Choice(options)
        listening = Listening(
            keypad=choice.keypad,
            kind=choice if self.input == "any" else None,
            noinput_timeout_ms=self.noinput_timeout_ms,
            interdigit_timeout_ms=self.noinput_timeout_ms,
            termchar="",
            barge_in=self.barge_in,
            flush=self.flush,
            complete_timeout_ms=self.complete_timeout_ms,
            max_speech_timeout_ms=self.max_speech_timeout_ms,
        )
        script = Script(self.prompt, self.noinput, self.nomatch, self.attempts)
        meant = await ask(call, script, listening, choice)
        return meant if isinstance(meant, str) else str(meant.best.value)
