"""Asking: prompt, type-ahead, barge-in by key or speech, timeouts and commands, decided event by event.

Rules
1. Keys pressed before the question stand for it (type-ahead): the prompt is then skipped, unless
   `barge_in` is none, when it is heard out first. `flush` forgets them instead. What is left over of an
   earlier entry is none of them (`engine.core.keying`).
2. A key stops the prompt where `barge_in` is any or keys. Where it is speech or none, keys wait for
   the prompt's end.
3. The noinput timer runs from the heard end of the prompt, the interdigit timer from each key.
4. Keys are complete at `max_keys`, at the termchar, or when the interdigit timer fires.
5. A termchar before any key is dropped: callers press # after a full ZIP out of habit. So is a `lead`.
6. A command key counts only as the first key. Where no answer begins with it, it acts at once; where
   one does, it acts if nothing follows within the interdigit timeout. What is said as a command is for
   whoever asks to tell from an answer; below behaviour OBEYS_IN_SENTENCES it was all that was said.
7. A key that can be all of an answer waits only WHOLE_KEY_MS for another.
8. Where callers add keys to the answer before (ZIP+4), the first keys to this question wait WHOLE_KEY_MS
   for more: as many as they add are the rest of that answer, and the question is asked again.
9. Where the question can be answered by voice, it listens from the prompt's beginning if speech may
   stop it, else from its end. Keys win: once one is pressed, nothing that is said counts any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from engine.core.answers import AnswerType, Keypad
from engine.core.attempts import CommandGiven, Given, Keys, Rest, Silence, Speech, Unheard
from engine.core.behaviour import NOTHING_UNHEARD
from engine.core.call import next_event
from engine.core.commands import Listen, StopListening
from engine.core.events import (
    CALLER,
    Event,
    KeyPressed,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    SpeechFailed,
    SpeechHeard,
    SpeechStarted,
    TimerFired,
)
from engine.core.hearing import Hearing, PromptSound
from engine.core.keying import WINDOW_MS, KeyEntry, KeysSoFar
from engine.core.languages import heard_language
from engine.core.leaving import JumpTo
from engine.core.prompt_events import PromptBegan
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

    @property
    def entry_ms(self) -> int:
        """How soon after another a key belongs to the same entry."""
        return self.interdigit_timeout_ms if self.termchar else WINDOW_MS


Heard = Given | Rest


class Asking:
    """One attempt in progress: `playing` is its prompt until that ends, `digits` what came so far."""

    __slots__ = (
        "asked_at",
        "call",
        "ear",
        "entry",
        "is_spoken_to",
        "listening",
        "more_keys",
        "playing",
        "prompt",
        "sound",
        "taken_at",
        "timer",
        "was_heard",
    )

    def __init__(self, call: Call, prompt: Prompt, listening: Listening, *, was_heard: bool = False) -> None:
        """`was_heard`: an earlier prompt of the same question was heard to its end."""
        self.call = call
        self.prompt = prompt
        self.listening = listening
        self.entry = KeysSoFar()
        self.asked_at = call.at
        self.taken_at = call.at  # when the first key was, which may have waited for the prompt's end
        self.more_keys = 0  # how many keys would be the rest of the answer before
        self.sound = PromptSound()
        self.was_heard = was_heard
        self.playing: str | None = None
        self.timer: str | None = None
        self.ear: str | None = None
        self.is_spoken_to = False  # the caller is in the middle of a sentence

    @property
    def digits(self) -> str:
        return self.entry.digits

    def ask(self) -> None:
        """Play the prompt, or pass it over for keys that are there already."""
        self.call.asking = self
        self.entry = KeysSoFar()
        self.sound = PromptSound()
        self.asked_at = self.call.at
        typed = self.call.typed
        while typed and self._is_stray(typed[0][0]):
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
            patience_ms, language = self.listening.complete_timeout_ms, heard_language(self.call)
            self.call.do(Listen(self.ear, kind, others, patience_ms, spoken, language))

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
            if self.call.recorder is not None:  # nobody will tell of its end
                self.call.recorder.unheard(self.playing)
            self.playing = None
        self.is_spoken_to = False

    def prompt_begins(self, event: PromptBegan) -> bool:
        """It, or one that is over already; no node waits for that."""
        if event.leg == CALLER and event.prompt == self.playing:
            self.sound.begins(event)
        return False

    def prompt_ended(self, event: PromptPlayed | PromptCleared | PromptFailed) -> None:
        self.playing = None
        if isinstance(event, PromptPlayed):
            self.sound.ends(event.at)
        elif isinstance(event, PromptFailed):
            self.sound.fails()
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
            return Unheard(self.asked_at, self.hearing(event.at))
        if not self.call.obeys and (command := self.call.flow.command_said(event.text, self.call.node)):
            return CommandGiven(command)
        return Speech(
            event.text,
            event.confidence,
            event.alternatives,
            event.engine,
            event.started_at,
            event.ended_at,
            self.asked_at,
            self.hearing(event.started_at),
            event.sound,
        )

    def may_take_keys(self) -> bool:
        return self.playing is None or self.listening.barge_in not in SPEECH_ONLY

    def take_key(self, key: str, at: int) -> Keys | CommandGiven | Rest | None:
        """One key in; what it completes, if anything."""
        listening = self.listening
        if not self.digits and self._is_stray(key):
            self.call.keys.closed()
            return None
        if self.playing is not None:
            self.call.stop_playing()
            self.playing = None
        if not self.digits:
            self.more_keys, self.taken_at = self._doubt(key, at), self.call.at
            command = self.commands.get(key)
            if command is not None and key not in listening.keypad.first_keys and not self.more_keys:
                self.call.keys.closed()
                return CommandGiven(command, self.hearing(self.taken_at, keyed_at=at))
        elif key == listening.termchar:
            return self.complete()
        self.entry.add(key, at)
        if self._is_full():
            return self.complete(is_full=True)
        return self._wait_for_more()

    def _doubt(self, key: str, at: int) -> int:
        """How many keys, of which this is the first, would be the rest of the answer before."""
        more = self.call.keys.more_keys(at) if key.isdigit() else 0
        return more if self.listening.keypad.max_keys < more else 0

    def _is_full(self) -> bool:
        keypad = self.listening.keypad
        if self.more_keys:
            return len(self.digits) > self.more_keys
        is_wrong = len(self.digits) == 1 and self.digits not in keypad.first_keys
        return is_wrong or len(self.digits) >= keypad.max_keys

    def _wait_for_more(self) -> Keys | CommandGiven | Rest | None:
        """Until the next key; who keyed this long ago has keyed that by now."""
        patience_ms = self.listening.interdigit_timeout_ms
        if self.more_keys or (len(self.digits) == 1 and self.digits in self.listening.keypad.whole_keys):
            patience_ms = min(patience_ms, WHOLE_KEY_MS)
        if self.more_keys:
            patience_ms -= self.call.at - self.entry.times[-1]
            if patience_ms <= 0 and not self.call.typed:
                return self._over()
        self.rearm(max(1, patience_ms))
        return None

    @property
    def commands(self) -> Mapping[str, CommandKey]:
        """Those that count where the call is, by key."""
        flow, node = self.call.flow, self.call.node
        return flow.keyed_at(node) if self.call.obeys else flow.commands_at(node)

    def _is_stray(self, key: str) -> bool:
        """A termchar, or what callers put before the answer, that nothing begins with."""
        keypad = self.listening.keypad
        lead = keypad.lead if self.call.arrived.behaviour >= NOTHING_UNHEARD else ""
        is_none = key not in keypad.first_keys and key not in self.commands
        return is_none and key in (self.listening.termchar, lead)

    def complete(self, *, is_full: bool = False) -> Keys | Rest:
        """The entry is over: by its last key where it `is_full`, else by a termchar or the timer."""
        keys, listening, whole = self.call.keys, self.listening, self.entry
        is_rest = len(whole.digits) == self.more_keys  # 0 where there is no doubt
        taken = whole.first(listening.keypad.max_keys) if self.more_keys and not is_rest else whole
        rest = whole.after(len(taken.digits))
        first_at, last_at = taken.times[0], taken.times[-1]
        is_ahead = keys.is_ahead(first_at) or not self.sound.is_noticed_by(first_at)
        entry = KeyEntry("complete", last_at, taken.slowest_ms, listening.entry_ms, listening.termchar)
        entry.is_ahead = is_ahead and not is_rest
        entry.more_keys = 0 if is_rest else listening.keypad.more_keys
        keys.typed.extendleft(reversed(rest))
        if is_full or rest or is_rest:
            keys.complete(entry)
        else:
            keys.closed(last_at + entry.window_ms if is_ahead else 0)
        heard = self.hearing(self.taken_at, keyed_at=first_at)
        return Rest() if is_rest else Keys(taken.digits, first_at, last_at, self.asked_at, heard)

    def waited_long_enough(self) -> Heard:
        """The running timer fired."""
        self.timer = None
        if not self.digits and self.is_spoken_to:
            hearing = self.hearing(self.call.at)
            return Speech("", 0.0, (), "", self.call.at, self.call.at, self.asked_at, hearing)
        if not self.digits:
            return Silence(self.asked_at, self.hearing(self.call.at))
        return self._over()

    def _over(self) -> Keys | CommandGiven | Rest:
        """No more keys come."""
        command = self.commands.get(self.digits)
        if command is None:
            return self.complete()
        self.call.keys.closed()
        return CommandGiven(command, self.hearing(self.taken_at, keyed_at=self.entry.times[0]))

    def hearing(self, at: int, *, keyed_at: int | None = None) -> Hearing | None:
        """What the caller had heard of the prompt at that moment; None in calls of older engines."""
        if self.call.arrived.behaviour < NOTHING_UNHEARD:
            return None
        return self.sound.heard_by(at, keyed_at=keyed_at, was_heard=self.was_heard)


async def gather(call: Call, prompt: Prompt, listening: Listening, *, was_heard: bool = False) -> Given:
    """Ask once. A command key is whoever asks' to obey (`engine.nodes.obeying`).

    Below behaviour OBEYS_IN_SENTENCES it was obeyed here: repeat asked again, `goto` left by JumpTo.
    `was_heard`: an earlier prompt of the same question was heard to its end.
    """
    if listening.flush:
        call.keys.flushed(listening.entry_ms)
    asking = Asking(call, prompt, listening, was_heard=was_heard)
    while True:
        heard = await _ask_once(asking)
        asking.close()
        if not isinstance(heard, CommandGiven | Rest):
            return heard
        if isinstance(heard, CommandGiven) and call.obeys:
            return heard
        if isinstance(heard, CommandGiven) and heard.command.goto is not None:
            raise JumpTo(heard.command.goto, heard.command.name)
        was_heard = was_heard or asking.sound.is_whole
        asking = Asking(call, prompt, replace(listening, flush=False), was_heard=was_heard)


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
            asking.prompt_ended(event)  # type: ignore[arg-type]


def _of_this_ear(asking: Asking, event: Event) -> Heard | None:
    """News of an ear that was told to stop is late, and nothing to this question."""
    if isinstance(event, SpeechStarted | SpeechHeard | SpeechFailed) and event.listening == asking.ear:
        return asking.take_speech(event)
    return None
