"""voicemail: ask for a message, record it, and go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.core.answers import AnswerName
from engine.core.call import Call, next_event
from engine.core.commands import Listen, Sound, StopListening
from engine.core.events import (
    CALLER,
    Event,
    KeyPressed,
    SpeechFailed,
    SpeechHeard,
    SpeechStarted,
    TimerFired,
)
from engine.core.facts import Question
from engine.core.languages import heard_language, tongue_here
from engine.core.messages import MessageEnd, MessageTaken
from engine.core.prompts import Prompt
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import SILENCE, WAITS, Rounds
from engine.understanding.message import Message

_SENTENCE_MS = 1_000  # a pause that ends a sentence; the message goes on


@dataclass(frozen=True, slots=True)
class VoicemailNode(NodeType):
    """Says `prompt` and a beep, then records the caller, at most `max_length`.

    The message ends by `termchar`, by `silence` after the last word, at its length, or when the caller hangs
    up; it is kept in each case, with what was understood of it. Who says nothing leaves by silent. Where the
    engine has no ears it cannot tell, and the message ends by key, length or hang-up. In a call that is
    recorded anyway the message is a part of that recording. `keep` says when its own is deleted.

    ```yaml
    take_message:
      type: voicemail
      prompt: Please leave your name and number after the tone, then press pound.
      max_length: 90s
      next: bye
      exits: {silent: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("recorded", "silent")
    EXIT_OF_NEXT: ClassVar[str] = "recorded"

    prompt: Prompt
    max_length_ms: int = 120_000
    silence_ms: int = 4_000
    termchar: str = "#"
    keep_ms: int | None = None
    reveal: tuple[AnswerName, ...] = ()

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return SILENCE if exit_ == "silent" else WAITS

    async def run(self, call: Call) -> str:
        prompt = self.prompt
        question = Question(prompt.text, prompt.language, prompt.sha256, prompt.audio_sha256)
        message = MessageTaken(call, question, call.at, self.keep_ms)
        await call.finish_playing(call.play((*call.say_items(self.prompt), Sound("beep"))))
        call.typed.clear()  # what was keyed before the tone ends no message
        message.begin()
        taking = _Taking(call, message, self)
        ended_by = await taking.ended()
        call.typed.clear()
        message.end(ended_by)
        has_heard_nothing = call.arrived.hears and not message.is_voiced
        return "silent" if has_heard_nothing or not message.is_kept else "recorded"


class _Taking:
    """The clocks and the ear of one message."""

    def __init__(self, call: Call, message: MessageTaken, node: VoicemailNode) -> None:
        self.call = call
        self.message = message
        self.node = node
        self.limit = call.set_timer(node.max_length_ms)
        self.quiet: str | None = None
        self.ear: str | None = None
        if call.arrived.hears:
            self.ear = call.number("l")
            kind = Message().in_tongue(tongue_here(call))
            call.do(Listen(self.ear, kind, (), _SENTENCE_MS, language=heard_language(call)))
            self.quiet = call.set_timer(node.silence_ms)

    async def ended(self) -> MessageEnd:
        while True:
            event = await next_event()
            self.message.notice(event)
            by = self._taken(event)
            if by is not None or not self.message.is_kept:
                self._let_go()
                return by or "silence"

    def _taken(self, event: Event) -> MessageEnd | None:
        """What ended the message, if the event did."""
        kind = type(event)
        if kind is KeyPressed and event.leg == CALLER and event.key == self.node.termchar:  # type: ignore[union-attr]
            return "key"
        if kind is TimerFired and event.timer == self.limit:  # type: ignore[union-attr]
            return "limit"
        if kind is TimerFired and event.timer == self.quiet:  # type: ignore[union-attr]
            self.quiet = None
            return "silence"
        if getattr(event, "listening", None) == self.ear and self.ear is not None:
            self._heard(event)
        return None

    def _heard(self, event: Event) -> None:
        self.message.is_voiced = True
        self.call.cancel_timer(self.quiet)
        self.quiet = None
        if isinstance(event, SpeechStarted):
            return  # the silence counts from the sentence's end
        if isinstance(event, SpeechHeard) and event.text:
            self.message.said.append(event.text)
        if isinstance(event, SpeechHeard | SpeechFailed):
            self.quiet = self.call.set_timer(max(1, self.node.silence_ms - _SENTENCE_MS))

    def _let_go(self) -> None:
        self.call.cancel_timer(self.limit)
        self.call.cancel_timer(self.quiet)
        if self.ear is not None:
            self.call.do(StopListening(self.ear))
