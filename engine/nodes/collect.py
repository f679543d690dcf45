"""collect: ask for an answer and keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import AnswerName, AnswerType, Understood
from engine.core.attempts import Keys, Speech
from engine.core.call import Call
from engine.core.conditions import Value
from engine.core.gathering import BargeIn, Listening
from engine.core.prompts import Prompt
from engine.nodes.asking import (
    Failure,
    Inquiry,
    Readings,
    Script,
    Taken,
    is_passed_over,
    is_sure,
    listening,
    weighs_words,
)
from engine.nodes.confirming import confirm, keep
from engine.nodes.needing import needed_of, note_unasked
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.phrasing import keypad_offer, read_back
from engine.nodes.rounds import IDLE, SILENCE, WAITS, Rounds
from engine.nodes.settings import CampaignName
from engine.nodes.supporting import supported_readings
from engine.understanding.replies import Reply


@dataclass(frozen=True, slots=True)
class Collect(NodeType):
    """Asks `prompt` until the caller gives `answer`, by keys or by voice.

    It leaves by noinput or nomatch after `attempts` silences or attempts that made no sense. What was
    heard and is not sure is read back (`confirm: when_unsure`): yes or 1 keeps it, no or 2 asks again
    and counts as a nomatch, another value ("no, 78702", or keyed) is taken in its place, and of two
    readings that are nearly as good each is offered. `always` reads everything back, `never` takes the
    best reading. Keys are sure. `input: keys` listens to keys alone.

    From the second failure on, where no reprompt is left, the caller is told how to key the answer;
    `keypad_offer: false` says the last reprompt again instead. An answer that is known already (from a
    form, a publisher, another node) is not asked for, unless the flow comes back to this node or it
    says `ask: always`. With `ask: when_needed` it is not asked for either where it decides nothing any more:
    neither which buyer of `campaign` (the call's, unless another is named) takes the call, nor what is paid.

    ```yaml
    ask_zip:
      type: collect
      answer: zip
      prompt: Please say or enter your five digit ZIP code.
      noinput: [I didn't hear you. Please enter your ZIP code.]
      nomatch: [That is not a ZIP code. Please enter five digits.]
      next: bye
      exits: {noinput: bye, nomatch: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next", "noinput", "nomatch")
    LEARNS: ClassVar[tuple[str, ...]] = ("answer",)

    answer: AnswerName
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
    keypad_offer: bool = True
    ask: Literal["unless_known", "always", "when_needed"] = "unless_known"
    campaign: CampaignName | None = None
    reveal: tuple[AnswerName, ...] = ()

    def __post_init__(self) -> None:
        if self.campaign is not None and self.ask != "when_needed":
            raise ValueError("'campaign' has no effect here; add 'ask: when_needed', or remove it")

    @property
    def asks(self) -> tuple[str, ...]:
        return (self.answer,)

    @property
    def asks_when_needed(self) -> tuple[str, ...]:
        return self.asks if self.ask == "when_needed" else ()

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        if exit_ == "noinput":
            return SILENCE
        return IDLE if exit_ == "next" and settings.get("ask") == "when_needed" else WAITS

    async def run(self, call: Call) -> str:
        if is_passed_over(call, (self.answer,)) and self.ask != "always":
            return "next"
        if self.ask == "when_needed" and not self._is_needed(call):
            note_unasked(call, (self.answer,), self.campaign, "next")
            return "next"
        kind = call.answer_type(self.answer)
        inquiry = Inquiry(call, self._script(kind, call), self._listening(kind))
        denied: set[Value] = set()
        while True:
            taken = await inquiry.hear(lambda given: self._readings(call, kind, given, denied))
            if isinstance(taken, str):
                return taken
            exit_ = await self._settled(call, kind, inquiry, taken, denied)
            if exit_ is not None:
                return exit_

    def _readings(
        self, call: Call, kind: AnswerType, given: Keys | Speech, denied: set[Value]
    ) -> Readings | None:
        weighs = weighs_words(call)
        return supported_readings(call, self.answer, kind, given, denied, weighs=weighs) or None

    def _is_needed(self, call: Call) -> bool:
        """A known answer is asked for again where the flow comes back to it."""
        return self.answer in call.answers or bool(needed_of(call, (self.answer,), self.campaign))

    def said_by_engine(self, answers: Mapping[str, AnswerType]) -> tuple[Prompt, ...]:
        """The prompts that this node may say beside the operator's."""
        kind = answers[self.answer]
        offer = self._script(kind, None).offer
        read_backs = (
            ()
            if self.confirm_prompt or self.confirm == "never"
            else (self._read_back(kind, None, is_keyed=False),)
        )
        return (*read_backs, *((offer,) if offer else ()))

    async def _settled(
        self, call: Call, kind: AnswerType, inquiry: Inquiry, taken: Taken[Readings], denied: set[Value]
    ) -> str | None:
        """Read back what is not sure, and what the caller says instead; None: the question is asked again."""
        while True:
            if not self._is_asked_about(taken, denied):
                keep(call, self.answer, taken.meaning[0], taken, confirmed=False)
                return "next"
            corrected: Readings = ()
            reply: Taken[Reply] | Failure = "nomatch"
            for reading in _undenied(taken.meaning, denied)[:2]:
                reply = await self._confirm(call, kind, reading, taken, was_heard=inquiry.was_heard)
                if isinstance(reply, str):
                    return reply if inquiry.failed(reply) else None
                if reply.meaning.is_yes:
                    keep(call, self.answer, reading, taken, confirmed=True)
                    return "next"
                denied.add(reading.value)
                if corrected := reply.meaning.values.get(self.answer, ()):
                    break
            is_last = inquiry.denied()
            if isinstance(reply, str) or not corrected:
                return "nomatch" if is_last else None
            inquiry.attempts += 1
            taken = Taken(corrected, reply.given, inquiry.attempts, reply.prompt)
            if is_last and self._is_asked_about(taken, denied):
                return "nomatch"

    def _is_asked_about(self, taken: Taken[Readings], denied: set[Value]) -> bool:
        """A value that was denied and is heard again is never taken for granted; what is keyed is."""
        if self.confirm == "when_unsure":
            is_heard_again = taken.meaning[0].value in denied and not isinstance(taken.given, Keys)
            return is_heard_again or not is_sure(taken.meaning)
        return self.confirm == "always" and taken.meaning[0].value != ""  # "": skipped, and that is sure

    async def _confirm(
        self, call: Call, kind: AnswerType, reading: Understood, taken: Taken[Readings], *, was_heard: bool
    ) -> Taken[Reply] | Failure:
        prompt = self.confirm_prompt or self._read_back(kind, call, is_keyed=isinstance(taken.given, Keys))
        listening = self._listening(kind)
        return await confirm(
            call, {self.answer: reading}, {self.answer: kind}, prompt, listening, was_heard=was_heard
        )

    def _read_back(self, kind: AnswerType, call: Call | None, *, is_keyed: bool) -> Prompt:
        said, has_voice = {self.answer: kind}, self.input == "any"
        return read_back(said, self.prompt.language, call, is_keyed=is_keyed, has_voice=has_voice)

    def _script(self, kind: AnswerType, call: Call | None) -> Script:
        is_offered = self.keypad_offer and self.input == "any"
        offer = keypad_offer(kind, self.termchar, self.prompt.language, call) if is_offered else None
        return Script(self.prompt, self.noinput, self.nomatch, self.attempts, offer)

    def _listening(self, kind: AnswerType) -> Listening:
        return listening(self, kind.keypad, kind if self.input == "any" else None)


def _undenied(readings: Readings, denied: set[Value]) -> Readings:
    """What the caller has not denied; all of it where there is nothing else."""
    return tuple(reading for reading in readings if reading.value not in denied) or readings
