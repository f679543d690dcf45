"""Asking: prompt, type-ahead, barge-in by key or speech, timeouts and commands, decided event by event.

Rules
1. Keys pressed before the question stand for it (type-ahead): the prompt is then skipped, unless
   `barge_in` is none, when it is heard out first. `flush` forgets them instead.
2. A key stops the prompt where `barge_in` is any or keys. Where it is speech or none, keys wait for
   the prompt's end.
3. The noinput timer runs from the heard end of the prompt, the interdigit timer from each key.
4. Keys are complete at `max_keys`, at the termchar, or when the interdigit timer fires.
5. A termchar before any key is dropped: callers press # after a full ZIP out of habit.
6. A command key counts only as the first key. Where no answer begins with it, it acts at once; where
   one does, it acts if nothing follows within the interdigit timeout. What is said as a command is for
   whoever asks to tell from an answer; below behaviour OBEYS_IN_SENTENCES it was all that was said.
7. A key that can be all of an answer waits only WHOLE_KEY_MS for another.
8. Where the question can be answered by voice, it listens from the prompt's beginning if speech may
   stop it, else from its end. Keys win: once one is pressed, nothing that is said counts any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from engine.core.answers import AnswerType, Keypad
from engine.core.call import next_event
from engine.core.commands import Listen, StopListening
from engine.core.events import (
    CALLER,
    Event,
    KeyPressed,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    Said,
    SpeechFailed,
    SpeechHeard,
    SpeechStarted,
    TimerFired,
)
from engine.core.leaving import JumpTo
from engine.core.spoken_commands import NOTHING_SPOKEN, CommandKey

if TYPE_CHECKING:
    from engine.core.call import Call
    from engine.core.prompts import Prompt

BargeIn = Literal["any", "keys", "speech", "none"]

SPEECH_ONLY: frozenset[BargeIn] = frozenset({"speech", "none"})
KEYS_ONLY: frozenset[BargeIn] = frozenset({"keys", "none"})

WHOLE_KEY_MS = 1_000  # who keys a code has pressed the next key by then


@dataclass(frozen=True, slots=True)
class Listening:
    """How a question listens, the same for every attempt at it. `kind` is what may be said, if anything."""

    keypad: Keypad
    kind: AnswerType | None
    noinput_timeout_ms: int
    interdigit_timeout_ms: int
    termchar: str
    barge_in: BargeIn
    flush: bool
    complete_timeout_ms: int
    max_speech_timeout_ms: int


@dataclass(frozen=True, slots=True)
class Keys:
    """What the caller keyed: 0-9 and *, without the termchar."""

    digits: str
    first_at: int
    last_at: int
    asked_at: int


@dataclass(frozen=True, slots=True)
class Speech:
    """What the caller said; no text: nothing that the question allows, or nothing for too long."""

    text: str
    confidence: float
    alternatives: tuple[Said, ...]
    engine: str
    started_at: int
    ended_at: int
    asked_at: int


@dataclass(frozen=True, slots=True)
class Unheard:
    """The caller spoke and the recogniser failed: not the caller's fault."""

    asked_at: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came within the noinput timeout."""

    asked_at: int


Heard = Keys | Speech | Unheard | Silence | CommandKey


class Asking:
    """One attempt in progress: `playing` is its prompt until that ends, `digits` what came so far."""

    __slots__ = (
        "asked_at",
        "call",
        "digits",
        "ear",
        "first_at",
        "is_spoken_to",
        "last_at",
        "listening",
        "playing",
        "prompt",
        "timer",
    )

    def __init__(self, call: Call, prompt: Prompt, listening: Listening) -> None:
        self.call = call
        self.prompt = prompt
        self.listening = listening
        self.digits = ""
        self.first_at = self.last_at = self.asked_at = call.at
        self.playing: str | None = None
        self.timer: str | None = None
        self.ear: str | None = None
        self.is_spoken_to = False  # the caller is in the middle of a sentence

    def ask(self) -> None:
        """Play the prompt, or pass it over for keys that are there already."""
        self.call.asking = self
        self.digits = ""
        self.asked_at = self.call.at
        typed = self.call.typed
        while typed and self._is_stray_termchar(typed[0][0]):
            typed.popleft()
        if typed and self.listening.barge_in not in SPEECH_ONLY:
            return
        self.playing = self.call.play(self.call.say_items(self.prompt))
        if self.listening.barge_in not in KEYS_ONLY:
            self.listen()

    def listen(self) -> None:
        kind = self.listening.kind
        if kind is not None and self.ear is None:
            self.ear = self.call.number("l")
            others, spoken = self.call.flow.command_phrases_at(self.call.node), NOTHING_SPOKEN
            if self.call.obeys:
                others, spoken = (), self.call.flow.spoken_at(self.call.node)
            self.call.do(Listen(self.ear, kind, others, self.listening.complete_timeout_ms, spoken))

    def rearm(self, after_ms: int) -> None:
        self.call.cancel_timer(self.timer)
        self.timer = self.call.set_timer(after_ms)

    def close(self) -> None:
        self.call.asking = None
        self.call.cancel_timer(self.timer)
        if self.ear is not None:
            self.call.do(StopListening(self.ear))
        if self.playing is not None:
            self.call.stop_playing()
            self.playing = None

    def suspend(self) -> None:
        """Nobody is there to be asked: `ask` begins anew once somebody is."""
        self.call.cancel_timer(self.timer)
        self.timer = None
        if self.ear is not None:
            self.call.do(StopListening(self.ear))
            self.ear = None
        if self.playing is not None:
            self.call.sounding.get(CALLER, {}).pop(self.playing, None)
            self.playing = None
        self.is_spoken_to = False

    def prompt_ended(self) -> None:
        self.playing = None
        self.listen()
        if not self.digits:
            self.rearm(self.listening.noinput_timeout_ms)

    def take_speech(self, event: SpeechStarted | SpeechHeard | SpeechFailed) -> Heard | None:
        """The ear's news; what it completes, if anything."""
        if self.digits or (self.playing is not None and self.listening.barge_in in KEYS_ONLY):
            return None
        if isinstance(event, SpeechStarted):
            if self.playing is not None:
                self.call.stop_playing()
                self.playing = None
            self.is_spoken_to = True
            self.rearm(self.listening.max_speech_timeout_ms)
            return None
        if isinstance(event, SpeechFailed):
            return Unheard(self.asked_at)
        command = None if self.call.obeys else self.call.flow.command_said(event.text, self.call.node)
        return command or Speech(
            event.text,
            event.confidence,
            event.alternatives,
            event.engine,
            event.started_at,
            event.ended_at,
            self.asked_at,
        )

    def may_take_keys(self) -> bool:
        return self.playing is None or self.listening.barge_in not in SPEECH_ONLY

    def take_key(self, key: str, at: int) -> Keys | CommandKey | None:
        """One key in; what it completes, if anything."""
        listening = self.listening
        if not self.digits and self._is_stray_termchar(key):
            return None
        if self.playing is not None:
            self.call.stop_playing()
            self.playing = None
        if not self.digits:
            command = self.commands.get(key)
            if command is not None and key not in listening.keypad.first_keys:
                return command
            self.first_at = at
        elif key == listening.termchar:
            return self.complete()
        self.digits += key
        self.last_at = at
        if len(self.digits) >= listening.keypad.max_keys or (
            len(self.digits) == 1 and key not in listening.keypad.first_keys
        ):
            return self.complete()
        patience_ms = listening.interdigit_timeout_ms
        if len(self.digits) == 1 and key in listening.keypad.whole_keys:
            patience_ms = min(patience_ms, WHOLE_KEY_MS)
        self.rearm(patience_ms)
        return None

    @property
    def commands(self) -> Mapping[str, CommandKey]:
        """Those that count where the call is, by key."""
        flow, node = self.call.flow, self.call.node
        return flow.keyed_at(node) if self.call.obeys else flow.commands_at(node)

    def _is_stray_termchar(self, key: str) -> bool:
        return (
            key == self.listening.termchar
            and key not in self.listening.keypad.first_keys
            and key not in self.commands
        )

    def complete(self) -> Keys:
        return Keys(self.digits, self.first_at, self.last_at, self.asked_at)

    def waited_long_enough(self) -> Heard:
        """The running timer fired."""
        self.timer = None
        if not self.digits and self.is_spoken_to:
            return Speech("", 0.0, (), "", self.call.at, self.call.at, self.asked_at)
        if not self.digits:
            return Silence(self.asked_at)
        command = self.commands.get(self.digits)
        return self.complete() if command is None else command


async def gather(call: Call, prompt: Prompt, listening: Listening) -> Heard:
    """Ask once. A command key is whoever asks' to obey (`engine.nodes.obeying`).

    Below behaviour OBEYS_IN_SENTENCES it was obeyed here: repeat asked again, `goto` left by JumpTo.
    """
    if listening.flush:
        call.typed.clear()
    asking = Asking(call, prompt, listening)
    while True:
        heard = await _ask_once(asking)
        asking.close()
        if call.obeys or not isinstance(heard, CommandKey):
            return heard
        if heard.goto is not None:
            raise JumpTo(heard.goto, heard.name)
        asking = Asking(call, prompt, replace(listening, flush=False))


async def _ask_once(asking: Asking) -> Heard:
    call = asking.call
    asking.ask()
    while True:
        while call.typed and asking.may_take_keys():
            key, at = call.typed.popleft()
            result = asking.take_key(key, at)
            if result is not None:
                return result
        event = await next_event()
        kind = type(event)
        if kind is KeyPressed:
            continue  # the machine has put the caller's key among the typed ones
        if kind is TimerFired:
            if event.timer == asking.timer:  # type: ignore[union-attr]
                return asking.waited_long_enough()
        elif kind is SpeechStarted or kind is SpeechHeard or kind is SpeechFailed:
            heard = _of_this_ear(asking, event)
            if heard is not None:
                return heard
        elif (
            (kind is PromptPlayed or kind is PromptCleared or kind is PromptFailed)
            and event.leg == CALLER  # type: ignore[union-attr]
            and event.prompt == asking.playing  # type: ignore[union-attr]
        ):
            asking.prompt_ended()


def _of_this_ear(asking: Asking, event: Event) -> Heard | None:
    """News of an ear that was told to stop is late, and nothing to this question."""
    if isinstance(event, SpeechStarted | SpeechHeard | SpeechFailed) and event.listening == asking.ear:
        return asking.take_speech(event)
    return None
