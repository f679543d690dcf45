"""What a person holds during a call: an ear that remembers, a voice, keys.

A handset outlives the streams of its call (a document may connect one after the other) and knows when a
prompt begins and when it has ended, which is what people act on. A prompt has begun with the first sound
and ended when nothing audible was played for `SETTLE_MS`, nothing audible is waiting to be played, or the
engine cleared it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from engine.rehearsal.loopback.clock import LineClock
from engine.rehearsal.loopback.timeline import RehearsalStuck, Timeline, Who
from engine.rehearsal.loopback.tones import FRAME_BYTES, SILENCE, has_sound, length_ms

SETTLE_MS = 250
_MOST_FRAMES = 10  # of another party that wait to be heard
# At a high speed the pause between two clips of one prompt is the engine's own real time; allow for it.
_LEAST_SETTLE_REAL_S = 0.08


class PhoneKeys(Protocol):
    """Where keys go: the stream that is open at the moment."""

    async def press(self, digit: str) -> None: ...


class HeardSound:
    """Everything heard: (at_ms, mu-law bytes), without the silence between."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []

    def add(self, at_ms: int, audio: bytes) -> None:
        self.pieces.append((at_ms, audio))

    def audio(self, since_ms: int = 0) -> bytes:
        wanted: list[bytes] = []
        for at_ms, piece in reversed(self.pieces):
            if at_ms < since_ms:
                break
            wanted.append(piece)
        return b"".join(reversed(wanted))


class HandsetVoice:
    """What a person says, frame by frame: first what is queued, else what is repeated, else nothing."""

    def __init__(self) -> None:
        self._queued: deque[bytes] = deque()
        self._repeated = b""
        self._position = 0

    def say(self, audio: bytes) -> None:
        for begin in range(0, len(audio), FRAME_BYTES):
            self._queued.append(audio[begin : begin + FRAME_BYTES].ljust(FRAME_BYTES, SILENCE))

    def repeat(self, audio: bytes) -> None:
        self._repeated = audio.ljust(FRAME_BYTES, SILENCE)
        self._position = 0

    def hush(self) -> None:
        self._queued.clear()
        self._repeated = b""

    def next_frame(self) -> bytes | None:
        """20 ms of voice; None is silence."""
        if self._queued:
            return self._queued.popleft()
        if not self._repeated:
            return None
        end = self._position + FRAME_BYTES
        frame = self._repeated[self._position : end]
        if len(frame) < FRAME_BYTES:
            end = FRAME_BYTES - len(frame)
            frame += self._repeated[:end]
        self._position = end
        return frame


class Handset:
    def __init__(self, call: str, who: Who, clock: LineClock, timeline: Timeline, patience_s: float) -> None:
        self.call = call
        self.who = who
        self.clock = clock
        self.heard = HeardSound()
        self.voice = HandsetVoice()
        self.keypad: PhoneKeys | None = None
        self.is_down = False
        self.prompts_begun = 0
        self.prompts_ended = 0
        self.prompts_known = 0  # those that the person has already acted upon
        self._other: Handset | None = None  # who hears it beside the engine
        self._from_other: deque[bytes] = deque(maxlen=_MOST_FRAMES)
        self._timeline = timeline
        self._patience_s = patience_s
        self._settle_ms = max(SETTLE_MS, _LEAST_SETTLE_REAL_S * 1000 * clock.speed)
        self._prompt_began_ms = 0
        self._last_sound_ms = 0
        self._loop = asyncio.get_running_loop()
        self._last_sign_of_life_s = self._loop.time()
        self._pulse = asyncio.Event()

    # The line's side: what happens to the person.

    def connect(self, keypad: PhoneKeys) -> None:
        self.keypad = keypad
        self.notice()

    def disconnect(self) -> None:
        self.keypad = None
        if self._is_in_prompt:
            self._end_prompt("cut off")
        self.notice()

    def hear(self, frame: bytes, more_to_come: Callable[[], bool]) -> None:
        """Once a frame; `more_to_come` says whether something audible waits to be played."""
        now_ms = self.clock.now_ms()
        if frame:
            self.heard.add(now_ms, frame)
        if frame and has_sound(frame):
            self._last_sound_ms = now_ms
            if not self._is_in_prompt:
                self._prompt_began_ms = now_ms
                self.prompts_begun += 1
                self._timeline.record(self.call, self.who, "prompt_began")
        elif self._is_in_prompt and now_ms - self._last_sound_ms >= self._settle_ms and not more_to_come():
            self._end_prompt("heard to its end")
        self._wake()

    def join(self, other: Handset) -> None:
        """The carrier lets the two hear each other, beside their streams."""
        self._other, other._other = other, self

    def part(self) -> None:
        """One of the two is gone."""
        other, self._other = self._other, None
        if other is not None:
            other._other = None

    def pass_on(self, frame: bytes | None) -> None:
        """What it says, to whom it is joined with."""
        if self._other is not None and frame is not None:
            self._other._from_other.append(frame)

    def next_of_other(self) -> bytes:
        """20 ms of whom it is joined with; nothing where there is none."""
        return self._from_other.popleft() if self._from_other else b""

    def lose_prompt(self) -> None:
        """The engine took back what it had not yet played."""
        if self._is_in_prompt:
            self._end_prompt("cut short")

    def notice(self) -> None:
        """A sign of life from the engine: patience begins anew."""
        self._last_sign_of_life_s = self._loop.time()
        self._wake()

    # The person's side.

    async def press(self, digit: str) -> None:
        await self.until(lambda: self.keypad is not None, "a stream to press keys on")
        self._timeline.record(self.call, self.who, "key_pressed", digit)
        if self.keypad is not None:
            await self.keypad.press(digit)

    def say(self, audio: bytes) -> None:
        self._timeline.record(self.call, self.who, "voice_raised", f"{length_ms(audio) / 1000:.1f} s")
        self.voice.say(audio)

    def talk(self, audio: bytes) -> None:
        self._timeline.record(self.call, self.who, "voice_raised", "talks on")
        self.voice.repeat(audio)

    def hang_up(self) -> None:
        self.is_down = True
        self._timeline.record(self.call, self.who, "hung_up")

    async def until(self, met: Callable[[], bool], waiting_for: str) -> None:
        """Waits until `met`, looked at after each frame; a silent engine raises RehearsalStuck."""
        while not met():
            left_s = self._last_sign_of_life_s + self._patience_s - self._loop.time()
            if left_s <= 0:
                silence = f"the engine sent nothing for {self._patience_s:g} s"
                complaint = f"the {self.who} waited for {waiting_for} and {silence}"
                raise RehearsalStuck(complaint, self._timeline.of(self.call))
            try:
                async with asyncio.timeout(left_s):
                    await self._pulse.wait()
            except TimeoutError:
                continue

    @property
    def _is_in_prompt(self) -> bool:
        return self.prompts_begun > self.prompts_ended

    def _end_prompt(self, how: str) -> None:
        self.prompts_ended += 1
        heard_ms = max(self._last_sound_ms - self._prompt_began_ms, 0)
        self._timeline.record(self.call, self.who, "prompt_ended", f"{how} after {heard_ms / 1000:.1f} s")

    def _wake(self) -> None:
        self._pulse.set()  # whoever waits now is woken; the next to wait waits for the next pulse
        self._pulse.clear()
