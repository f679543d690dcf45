"""menu: one key, one exit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import AnswerName, AnswerType
from engine.core.call import Call
from engine.core.gathering import BargeIn
from engine.core.languages import tongue_here
from engine.core.prompts import Prompt
from engine.nodes.asking import Script, ask, listening
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.phrasing import keypad_offer
from engine.nodes.rounds import SILENCE, WAITS, Rounds
from engine.nodes.settings import ExitName
from engine.understanding.choice import Choice, ChoiceOption


@dataclass(frozen=True, slots=True)
class MenuOption:
    """A key and the words that choose an exit, and how the offer to key says it: `say`, or its name.

    `means` and `examples` are those of a choice's option.
    """

    key: str
    phrases: tuple[str, ...] = ()
    say: str | None = None
    means: str | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu(NodeType):
    """Offers `options`; each is an exit of its own name. Nothing is kept as an answer.

    From the second failure on, where no reprompt is left, the caller hears which key stands for which
    option; `keypad_offer: false` says the last reprompt again instead.

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
    options: Mapping[ExitName, MenuOption]
    noinput: tuple[Prompt, ...] = ()
    nomatch: tuple[Prompt, ...] = ()
    attempts: int = 3
    barge_in: BargeIn = "any"
    flush: bool = False
    noinput_timeout_ms: int = 5_000
    input: Literal["any", "keys"] = "any"
    complete_timeout_ms: int = 800
    max_speech_timeout_ms: int = 15_000
    keypad_offer: bool = True
    reveal: tuple[AnswerName, ...] = ()

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return SILENCE if exit_ == "noinput" else WAITS

    @property
    def keys(self) -> Mapping[str, str]:
        return {name: option.key for name, option in self.options.items()}

    async def run(self, call: Call) -> str:
        choice = self._choice().in_tongue(tongue_here(call))
        how = listening(self, choice.keypad, choice if self.input == "any" else None)
        script = Script(self.prompt, self.noinput, self.nomatch, self.attempts, self._offer(call))
        meant = await ask(call, script, how, choice)
        return meant if isinstance(meant, str) else str(meant.best.value)

    def said_by_engine(self, answers: Mapping[str, AnswerType]) -> tuple[Prompt, ...]:
        """The prompts that this node may say beside the operator's."""
        offer = self._offer(None)
        return () if offer is None else (offer,)

    def _choice(self) -> Choice:
        return Choice(
            {
                name: ChoiceOption(option.key, option.phrases, option.say, option.means, option.examples)
                for name, option in self.options.items()
            }
        )

    def _offer(self, call: Call | None) -> Prompt | None:
        is_offered = self.keypad_offer and self.input == "any"
        return keypad_offer(self._choice(), "", self.prompt.language, call) if is_offered else None
