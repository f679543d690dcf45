"""form: one open question for several answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import AnswerName, AnswerType, Understood
from engine.core.attempts import Keys, Speech
from engine.core.call import Call
from engine.core.gathering import BargeIn, Listening
from engine.core.languages import tongue_here
from engine.core.prompts import Prompt
from engine.nodes.asking import Inquiry, Script, Taken, is_passed_over, likely, listening
from engine.nodes.certainty import heard_texts
from engine.nodes.confirming import confirm, keep
from engine.nodes.filled import Confirm, Denied, Filled, Found, Settled
from engine.nodes.needing import needed_of, note_unasked
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.phrasing import keypad_offer, read_back
from engine.nodes.rounds import IDLE, SILENCE, WAITS, Rounds
from engine.nodes.settings import CampaignName
from engine.understanding.filling import fill
from engine.understanding.several import Several


@dataclass(frozen=True, slots=True)
class Form(NodeType):
    """Asks `prompt` once for all of `answers`; one sentence may give several, in any order.

    What was surely understood is kept. The rest is read back together (`confirm: when_unsure`): yes keeps
    it, no drops it, and "no, 78702" puts one right. It leaves by next as soon as one answer is kept; those
    that are still unknown are left to their own `collect` nodes, which pass over the known ones. Keys are
    an answer to the first of `answers` that is unknown. Where all of them are known, nothing is asked,
    unless the flow comes back to this node. With `ask: when_needed` only those are asked for that still
    decide which buyer of `campaign` (the call's, unless another is named) takes the call, or what is paid.

    ```yaml
    intake:
      type: form
      answers: [need, zip]
      prompt: In a few words, what do you need, and in which ZIP code?
      noinput: [Tell me what you need and your ZIP code.]
      next: bye
      exits: {noinput: bye, nomatch: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next", "noinput", "nomatch")
    LEARNS: ClassVar[tuple[str, ...]] = ("answers",)
    HEARS_SEVERAL: ClassVar[bool] = True

    answers: tuple[AnswerName, ...]
    prompt: Prompt
    noinput: tuple[Prompt, ...] = ()
    nomatch: tuple[Prompt, ...] = ()
    attempts: int = 2
    confirm: Confirm = "when_unsure"
    barge_in: BargeIn = "any"
    flush: bool = False
    termchar: str = "#"
    noinput_timeout_ms: int = 5_000
    interdigit_timeout_ms: int = 3_000
    complete_timeout_ms: int = 1_200
    max_speech_timeout_ms: int = 30_000
    keypad_offer: bool = True
    ask: Literal["unless_known", "when_needed"] = "unless_known"
    campaign: CampaignName | None = None
    reveal: tuple[AnswerName, ...] = ()

    def __post_init__(self) -> None:
        if self.campaign is not None and self.ask != "when_needed":
            raise ValueError("'campaign' has no effect here; add 'ask: when_needed', or remove it")

    @property
    def asks(self) -> tuple[str, ...]:
        return self.answers

    @property
    def asks_when_needed(self) -> tuple[str, ...]:
        return self.asks if self.ask == "when_needed" else ()

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        if exit_ == "noinput":
            return SILENCE
        return IDLE if exit_ == "next" and settings.get("ask") == "when_needed" else WAITS

    async def run(self, call: Call) -> str:
        if is_passed_over(call, self.answers):
            return "next"
        unknown = [name for name in self.answers if name not in call.answers]
        needed = unknown if self.ask == "unless_known" else needed_of(call, unknown, self.campaign)
        unneeded = [name for name in unknown if name not in needed]
        wanted = [name for name in unknown if name in needed] or ([] if unneeded else list(self.answers))
        exit_ = await self._asked(call, wanted) if wanted else "next"
        if unneeded:
            note_unasked(call, unneeded, self.campaign, exit_)
        return exit_

    async def _asked(self, call: Call, wanted: list[str]) -> str:
        parts = {name: call.answer_type(name) for name in wanted}
        inquiry = Inquiry(call, self._script(parts[wanted[0]], call), self._listening(parts, call))
        denied: Denied = set()
        while True:
            taken = await inquiry.hear(lambda given: _found(parts, given) or None)
            if isinstance(taken, str):
                return taken
            settled = await self._settled(call, parts, inquiry, taken, denied)
            is_private = any(part.sensitive for part in parts.values())
            for name, each in settled.items():
                is_own = not is_private or parts[name].sensitive
                keep(call, name, each.reading, each.taken, confirmed=each.confirmed, is_private=not is_own)
            if settled:
                return "next"
            if inquiry.denied():
                return "nomatch"

    def said_by_engine(self, answers: Mapping[str, AnswerType]) -> tuple[Prompt, ...]:
        """The prompts that this node may say beside the operator's."""
        parts = {name: answers[name] for name in self.answers}
        offers = [self._script(part, None).offer for part in parts.values()]
        return (
            self._read_back(parts, None, is_keyed=False),
            *(offer for offer in offers if offer is not None),
        )

    async def _settled(
        self,
        call: Call,
        parts: Mapping[str, AnswerType],
        inquiry: Inquiry,
        taken: Taken[Found],
        denied: Denied,
    ) -> Mapping[str, Settled]:
        """What is to be kept: what is sure, and of the rest what the caller stands by or puts right."""
        filled = Filled(self.confirm, denied)
        filled.take(taken)
        for _ in range(self.attempts):
            if not filled.pending:
                break
            offered = {name: each.reading for name, each in filled.pending.items()}
            is_keyed = all(isinstance(each.taken.given, Keys) for each in filled.pending.values())
            prompt = self._read_back({name: parts[name] for name in offered}, call, is_keyed=is_keyed)
            reply = await confirm(
                call, offered, parts, prompt, self._listening(parts, call), was_heard=inquiry.was_heard
            )
            if isinstance(reply, str):
                break  # left to their own questions
            inquiry.attempts += 1 if reply.meaning.values else 0
            said = Taken(reply.meaning.values, reply.given, inquiry.attempts, reply.prompt)
            filled.answer(reply.meaning, said)
        return {name: filled.settled[name] for name in parts if name in filled.settled}

    def _read_back(self, parts: Mapping[str, AnswerType], call: Call | None, *, is_keyed: bool) -> Prompt:
        return read_back(parts, self.prompt.language, call, is_keyed=is_keyed, has_voice=True)

    def _script(self, keyed: AnswerType, call: Call | None) -> Script:
        is_offered, language = self.keypad_offer, self.prompt.language
        offer = keypad_offer(keyed, self.termchar, language, call) if is_offered else None
        return Script(self.prompt, self.noinput, self.nomatch, self.attempts, offer)

    def _listening(self, parts: Mapping[str, AnswerType], call: Call) -> Listening:
        several = Several(parts, next(iter(parts))).in_tongue(tongue_here(call))
        return listening(self, several.keypad, several)


def _found(parts: Mapping[str, AnswerType], given: Keys | Speech) -> Found:
    """Each answer's readings, best first, of all that may have been said; keys are the first one's."""
    if isinstance(given, Keys):
        name = next(iter(parts))
        understood = parts[name].understand_keys(given.digits)
        return {} if understood is None else {name: (understood,)}
    readings: dict[str, list[Understood]] = {}
    for text, confidence in heard_texts(given):
        for name, understood in fill(parts, text).items():
            readings.setdefault(name, []).append(understood.at(confidence * understood.confidence))
    return {name: kept for name in parts if (kept := likely(readings.get(name, ())))}
