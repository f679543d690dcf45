"""consent: say the exact wording, and keep proof of what the caller answered to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import AnswerName
from engine.core.attempts import Keys
from engine.core.call import Call, next_event
from engine.core.commands import Record
from engine.core.conditions import MASK
from engine.core.events import PromptCleared, PromptFailed, PromptPlayed
from engine.core.facts import Consent, Question, Utterance
from engine.core.gathering import BargeIn
from engine.core.prompts import Prompt
from engine.nodes.asking import Failure, Meant, Script, ask, listening, note_unmatched
from engine.nodes.node_type import AgreedTo, NodeType, Settings
from engine.nodes.rounds import IDLE, SILENCE, WAITS, Rounds
from engine.understanding.yes_no import YesNo


class WordingUnheardError(Exception):
    """What was not heard cannot be agreed to: the call must not go on."""


@dataclass(frozen=True, slots=True)
class ConsentNode(NodeType):
    """Says `wording` and takes a clear yes for granted, a clear no for refused, as the yes_no `answer`.

    The record keeps the wording, its hash, `version` and how the caller answered. Nothing interrupts the
    wording and keys pressed before it do not count, unless `barge_in` and `flush` say otherwise. What is
    not surely a yes or a no is asked again: consent is never guessed. After `attempts` silences (or
    answers that made no sense) it leaves by noinput (nomatch), and nothing is granted.

    `implied: true` is for wordings that make staying on the line the consent: it is granted when the
    wording was heard to its end, and a caller who hangs up before has granted nothing. It leaves by
    granted alone; a wording that cannot be played is a fault, and the call does not go on as if it had.

    ```yaml
    may_we_record:
      type: consent
      answer: agreed
      version: "2026-11"
      wording: This call is recorded. To agree, say yes or press 1. Otherwise say no or press 2.
      next: bye
      exits: {refused: bye, noinput: bye, nomatch: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("granted", "refused", "noinput", "nomatch")
    EXIT_OF_NEXT: ClassVar[str] = "granted"
    LEARNS: ClassVar[tuple[str, ...]] = ("answer",)
    LEARNS_KIND: ClassVar[str] = YesNo.kind

    answer: AnswerName
    wording: Prompt
    version: str
    implied: bool = False
    noinput: tuple[Prompt, ...] = ()
    nomatch: tuple[Prompt, ...] = ()
    attempts: int = 2
    barge_in: BargeIn = "none"
    flush: bool = True
    noinput_timeout_ms: int = 5_000
    input: Literal["any", "keys"] = "any"
    complete_timeout_ms: int = 800
    max_speech_timeout_ms: int = 15_000
    reveal: tuple[AnswerName, ...] = ()

    @property
    def asks(self) -> tuple[str, ...]:
        return (self.answer,)

    @property
    def agreed_to(self) -> AgreedTo:
        return AgreedTo(self.version, self.wording)

    def question_text(self, name: str) -> str:
        how = "by staying on the line" if self.implied else "asked"
        return f"consent {self.answer}, version {self.version}, {how}: “{self.wording.text}”"

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        if settings.get("implied") is True:
            return IDLE
        return SILENCE if exit_ == "noinput" else WAITS

    @classmethod
    def closed_exits(cls, settings: Settings) -> Collection[str]:
        return () if settings.get("implied") is not True else ("refused", "noinput", "nomatch")

    @classmethod
    def meaningless(cls, settings: Settings) -> Mapping[str, str]:
        if settings.get("implied") is not True:
            return {}
        of_a_question = ("noinput", "nomatch", "input", "barge_in", "flush", "noinput_timeout")
        return dict.fromkeys(of_a_question, "when consent is implied, because the caller isn't asked")

    async def run(self, call: Call) -> str:
        if self.implied:
            return await self._implied(call)
        kind = call.answer_type(self.answer)
        assert isinstance(kind, YesNo), "the lint allows no other"
        asked = await self._asked(call, kind)
        if isinstance(asked, str):
            self._record(call, granted=False, given_by="nothing")
            return asked
        granted = asked.best.value is True
        is_keyed = isinstance(asked.given, Keys)
        self._learn(call, asked)
        self._record(call, granted=granted, given_by="keys" if is_keyed else "voice")
        return "granted" if granted else "refused"

    async def _asked(self, call: Call, kind: YesNo) -> Meant | Failure:
        """A sure answer, or how it failed. What was heard and is not sure counts as a nomatch."""
        how = listening(self, kind.keypad, kind if self.input == "any" else None)
        script = Script(self.wording, self.noinput, self.nomatch, self.attempts)
        for doubts in range(1, self.attempts + 1):
            meant = await ask(call, script, how, kind)
            if isinstance(meant, str) or meant.is_sure:
                return meant
            note_unmatched(call, meant.given)
            script = Script(
                script.after("nomatch", doubts), self.noinput, self.nomatch, self.attempts - doubts or 1
            )
        return "nomatch"

    async def _implied(self, call: Call) -> str:
        for _ in range(self.attempts):
            if await self._is_heard(call):
                break
        else:
            self._record(call, granted=False, given_by="nothing")
            raise WordingUnheardError(f"the wording could not be played, {self.attempts} times")
        understood = call.answer_type(self.answer).understand_value(True)
        assert understood is not None, "the lint allows no other kind than yes_no"
        question = self._question(self.wording)
        call.learn(self.answer, understood, raw="stayed on the line", mode="flow", question=question)
        self._record(call, granted=True, given_by="staying")
        return "granted"

    async def _is_heard(self, call: Call) -> bool:
        """Say the wording; only its heard end counts."""
        prompt = call.play(call.say_items(self.wording))
        while True:
            event = await next_event()
            if isinstance(event, PromptPlayed | PromptFailed | PromptCleared) and event.prompt == prompt:
                return isinstance(event, PromptPlayed)

    def _learn(self, call: Call, meant: Meant) -> None:
        given = meant.given
        is_keyed = isinstance(given, Keys)
        call.learn(
            self.answer,
            meant.best,
            raw=given.digits if isinstance(given, Keys) else given.text,
            mode="keys" if is_keyed else "voice",
            attempts=meant.attempts,
            question=self._question(meant.prompt),
            asked_at=given.asked_at,
            answered_at=given.last_at if isinstance(given, Keys) else given.ended_at,
            utterance=None
            if isinstance(given, Keys)
            else Utterance(given.alternatives, given.engine, given.started_at, given.ended_at),
            hearing=given.hearing,
        )

    def _question(self, prompt: Prompt) -> Question:
        return Question(prompt.text, prompt.language, prompt.sha256, prompt.audio_sha256)

    def _record(
        self, call: Call, *, granted: bool, given_by: Literal["keys", "voice", "staying", "nothing"]
    ) -> None:
        wording = self.wording
        spoken = " ".join(MASK if item.sensitive else item.text for item in call.say_items(wording))
        kept = Consent(
            at=call.at,
            node=call.node,
            answer=self.answer,
            version=self.version,
            wording=wording.text,
            sha256=wording.sha256,
            spoken=spoken,
            granted=granted,
            given_by=given_by,
        )
        call.do(Record(kept))
