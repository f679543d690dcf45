"""converse: let a language model talk with the caller, on a leash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar

from engine.core.answers import AnswerName, AnswerType
from engine.core.call import Call
from engine.core.commands import Record
from engine.core.conditions import Value
from engine.core.facts import Turn
from engine.core.gathering import BargeIn
from engine.core.prompts import Prompt
from engine.nodes.asking import is_passed_over
from engine.nodes.conversation import Conversation
from engine.nodes.conversation_terms import ConversationTerms, GivenUp
from engine.nodes.filled import Confirm
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.phrasing import read_back
from engine.nodes.rounds import IDLE, SILENCE, WAITS, Rounds
from engine.nodes.settings import ExitName, ModelName, NodeName

_TERMS = [each.name for each in fields(ConversationTerms)]


@dataclass(frozen=True, slots=True)
class Converse(NodeType):
    """Says `prompt`, and lets a language model answer what the caller says, until `answers` are known.

    The model may talk, fill these answers and leave by an exit of `leave_when`; the graph decides what comes
    of it. A fill has to quote the caller. What the engine surely understands in those words itself is kept
    (`confirm: when_unsure`), another value than that is refused, and what is only the model's reading is
    always read back first: yes keeps it, no drops it, "no, 78702" puts it right. `always` reads everything
    back; `never` spares the caller only what the engine understands itself.

    It leaves by next when all answers are known. A model that is slow, dies, is refused too often or comes to
    a limit (`max_steps` replies, `max_time`) is given up: the call goes to `else`, or leaves by failed where
    there is none. A reply has `max_words` words at most. Without `model`, every call goes to `else`. A
    sensitive answer is filled, and shown to the model, only where `reveal` names it.

    ```yaml
    talk:
      type: converse
      model: assistant
      prompt: What can I do for your roof?
      instructions: You answer the phone of a roofing company. Find out what the roof needs, and the ZIP code.
      answers: [need, zip]
      leave_when: {person: The caller asks for a person.}
      else: ask_zip
      next: find
      exits: {person: desk, noinput: bye, nomatch: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next", "noinput", "nomatch", "failed")
    LEARNS: ClassVar[tuple[str, ...]] = ("answers",)
    LEARNS_WITHOUT_QUESTION: ClassVar[bool] = True

    answers: tuple[AnswerName, ...]
    prompt: Prompt
    model: ModelName | None = None
    instructions: str = ""
    leave_when: Mapping[ExitName, str] = field(default_factory=dict)
    else_: NodeName | None = None
    noinput: tuple[Prompt, ...] = ()
    nomatch: tuple[Prompt, ...] = ()
    attempts: int = 3
    max_steps: int = 12
    max_time_ms: int = 120_000
    max_words: int = 40
    reply_timeout_ms: int = 4_000
    confirm: Confirm = "when_unsure"
    barge_in: BargeIn = "any"
    flush: bool = False
    termchar: str = "#"
    noinput_timeout_ms: int = 5_000
    interdigit_timeout_ms: int = 3_000
    complete_timeout_ms: int = 1_200
    max_speech_timeout_ms: int = 30_000
    reveal: tuple[AnswerName, ...] = ()

    @property
    def asks(self) -> tuple[str, ...]:
        return self.answers

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        if exit_ == "noinput":
            return SILENCE
        return IDLE if exit_ in ("failed", settings.get("else")) else WAITS

    @classmethod
    def closed_exits(cls, settings: Settings) -> Collection[str]:
        return ("failed",) if settings.get("else") else ()

    async def run(self, call: Call) -> str:
        if is_passed_over(call, self.answers):
            return "next"
        if self.model is None:
            return self._given_up(call, "none", 0)
        if not call.arrived.hears:
            return self._given_up(call, "deaf", 0)
        terms = ConversationTerms(**{name: getattr(self, name) for name in _TERMS})
        left = await Conversation(call, terms).held()
        if left.given_up is not None:
            return self._given_up(call, left.given_up, left.steps)
        if left.exit in self.leave_when:
            self._note(call, left.exit, "model_left", {"steps": left.steps})
        return left.exit

    def said_by_engine(self, answers: Mapping[str, AnswerType]) -> tuple[Prompt, ...]:
        """The read-backs of one answer; those of several are joined of the same pieces."""
        language = self.prompt.language
        return tuple(
            read_back({name: answers[name]}, language, is_keyed=False, has_voice=True)
            for name in self.answers
        )

    def _given_up(self, call: Call, why: GivenUp, steps: int) -> str:
        exit_ = self.else_ or "failed"
        details: dict[str, Value] = {"given_up": why, **({"steps": steps} if steps else {})}
        self._note(call, exit_, "model_given_up", details)
        return exit_

    def _note(self, call: Call, exit_: str, code: str, details: Mapping[str, Value]) -> None:
        call.do(Record(Turn(call.at, call.node, exit_, code, {}, details)))
