"""menu: one key, one exit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.core.answers import Keypad
from engine.core.call import Call
from engine.core.gathering import BargeIn, Listening
from engine.core.prompts import Prompt
from engine.nodes.asking import Script, ask


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

    @property
    def own_exits(self) -> tuple[str, ...]:
        return tuple(self.options)

    async def run(self, call: Call) -> str:
        exits = {option.key: name for name, option in self.options.items()}
        asked = await ask(
            call,
            Script(self.prompt, self.noinput, self.nomatch, self.attempts),
            Listening(
                keypad=Keypad(1, 1, frozenset(exits)),
                noinput_timeout_ms=self.noinput_timeout_ms,
                interdigit_timeout_ms=self.noinput_timeout_ms,
                termchar="",
                barge_in=self.barge_in,
                flush=self.flush,
            ),
            exits.get,
        )
        return asked if isinstance(asked, str) else asked[1]
