"""What people do on the phone, one act a class, and the script that strings acts together.

A script reads as a sentence: `Caller().waits_until_prompt_ends().presses("78701").hangs_up()`. Every method
returns a new script. After its last act a person stays on the line until the call ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, Self

from engine.rehearsal.loopback.handset import Handset
from engine.rehearsal.loopback.tones import hears_tone, length_ms

KEYS = frozenset("0123456789*#ABCD")
_EAR_MS = 1000  # a listener judges by the last second
_LOOK_EVERY_MS = 200


class Act(Protocol):
    async def perform(self, handset: Handset) -> None: ...


@dataclass(frozen=True, slots=True)
class WaitForPrompt:
    """Until a prompt that the person has not acted upon yet has begun, or been heard to its end."""

    to_its_end: bool

    async def perform(self, handset: Handset) -> None:
        known = handset.prompts_known
        if self.to_its_end:
            await handset.until(lambda: handset.prompts_ended > known, "a prompt to be heard to its end")
            handset.prompts_known = handset.prompts_ended
        else:
            await handset.until(lambda: handset.prompts_begun > known, "a prompt to begin")
            handset.prompts_known = handset.prompts_begun


@dataclass(frozen=True, slots=True)
class WaitForTurn:
    """Until the other side has said something and then nothing for `quiet_ms`: who talks, waits for pauses
    to be over, for a sentence after a pause would be talked into."""

    quiet_ms: int

    async def perform(self, handset: Handset) -> None:
        begun = -1
        while handset.prompts_begun != begun:
            known = handset.prompts_known
            await handset.until(lambda known=known: handset.prompts_ended > known, "its turn to speak")  # type: ignore[misc]
            handset.prompts_known = handset.prompts_ended
            begun = handset.prompts_begun
            await handset.clock.sleep_ms(self.quiet_ms)


@dataclass(frozen=True, slots=True)
class Press:
    keys: str
    gap_ms: int

    async def perform(self, handset: Handset) -> None:
        for position, key in enumerate(self.keys):
            if position:
                await handset.clock.sleep_ms(self.gap_ms)
            await handset.press(key)
        handset.prompts_known = handset.prompts_begun  # what was heard until now is answered


@dataclass(frozen=True, slots=True)
class Wait:
    span_s: float

    async def perform(self, handset: Handset) -> None:
        await handset.clock.sleep_ms(self.span_s * 1000)


@dataclass(frozen=True, slots=True)
class Speak:
    audio: bytes

    async def perform(self, handset: Handset) -> None:
        handset.say(self.audio)
        await handset.clock.sleep_ms(length_ms(self.audio))


@dataclass(frozen=True, slots=True)
class Talk:
    """Repeats the audio; without a span, in the background of what comes next."""

    audio: bytes
    span_s: float | None

    async def perform(self, handset: Handset) -> None:
        handset.talk(self.audio)
        if self.span_s is not None:
            await handset.clock.sleep_ms(self.span_s * 1000)
            handset.voice.hush()


@dataclass(frozen=True, slots=True)
class ListenUntil:
    """Until `hears`, given the last second of what was heard since the act began, says yes."""

    hears: Callable[[bytes], bool]
    what: str

    async def perform(self, handset: Handset) -> None:
        began_ms = handset.clock.now_ms()
        looked_ms = began_ms

        def met() -> bool:
            nonlocal looked_ms
            now_ms = handset.clock.now_ms()
            if now_ms - looked_ms < _LOOK_EVERY_MS:
                return False
            looked_ms = now_ms
            return self.hears(handset.heard.audio(max(began_ms, now_ms - _EAR_MS)))

        await handset.until(met, self.what)


@dataclass(frozen=True, slots=True)
class Stay:
    async def perform(self, handset: Handset) -> None:
        await handset.until(lambda: handset.is_down, "the call to end")


@dataclass(frozen=True, slots=True)
class GoOnHook:
    async def perform(self, handset: Handset) -> None:
        handset.hang_up()


@dataclass(frozen=True, slots=True)
class ActScript:
    acts: tuple[Act, ...] = ()

    def then(self, *acts: Act) -> Self:
        return replace(self, acts=(*self.acts, *acts))

    def waits_until_prompt_begins(self) -> Self:
        return self.then(WaitForPrompt(to_its_end=False))

    def waits_until_prompt_ends(self) -> Self:
        return self.then(WaitForPrompt(to_its_end=True))

    def waits_for_its_turn(self, quiet_ms: int = 600) -> Self:
        return self.then(WaitForTurn(quiet_ms))

    def presses(self, keys: str, gap_ms: int = 120) -> Self:
        strange = sorted(set(keys) - KEYS)
        if strange:
            raise ValueError(f"no phone has the key {strange[0]!r} of {keys!r}; the keys are 0-9 * # A-D")
        return self.then(Press(keys, gap_ms))

    def waits(self, span_s: float) -> Self:
        return self.then(Wait(span_s))

    def says(self, audio: bytes) -> Self:
        return self.then(Speak(audio))

    def talks(self, audio: bytes, span_s: float | None = None) -> Self:
        return self.then(Talk(audio, span_s))

    def listens_until(self, hears: Callable[[bytes], bool], what: str = "a certain sound") -> Self:
        return self.then(ListenUntil(hears, what))

    def listens_until_tone(self, hz: int) -> Self:
        return self.listens_until(lambda heard: hears_tone(heard, hz), f"a tone of {hz} Hz")

    def stays_until_end(self) -> Self:
        return self.then(Stay())

    def hangs_up(self) -> Self:
        return self.then(GoOnHook())

    async def perform(self, handset: Handset) -> None:
        for act in (*self.acts, Stay()):
            await act.perform(handset)
            if handset.is_down:
                return
