"""Voices, recognisers and an ear to write down what a speech leg tells."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.media.mulaw import SILENCE
from engine.media.speech.question import Heard
from tests.spoken import words

FRAME_BYTES = 160


def silence(duration_ms: int) -> bytes:
    return bytes([SILENCE]) * (duration_ms * 8)


ZIP = "Seven, eight, seven, zero, one."
YES = "Yes, please."


async def spoken(text: str) -> bytes:
    """The text by the default voice, mu-law, without the silence around it."""
    return (await words(text))[text].strip(bytes([SILENCE]))


def frames(sound: bytes) -> list[bytes]:
    """As a line gives them: 20 ms each, in base64."""
    return [base64.b64encode(sound[at : at + FRAME_BYTES]) for at in range(0, len(sound), FRAME_BYTES)]


@dataclass(frozen=True)
class Reading:
    text: str
    confidence: float


@dataclass(frozen=True)
class Found:
    text: str
    confidence: float
    alternatives: tuple[Reading, ...] = ()


@dataclass
class ScriptedPool:
    """Does with each segment what `answers` says next: a text, an exception, or a hang; the last one stays."""

    answers: list[Found | Exception | None]
    segments: list[tuple[bytes, str]] = field(default_factory=list)

    async def recognise(self, sound: bytes, grammar: str, deadline_s: float) -> Found:
        self.segments.append((sound, grammar))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        assert answer is not None
        return answer


class Notebook:
    """A speech listener that keeps everything, and lets a test wait for it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self._more = asyncio.Event()

    def speech_started(self, at_ms: int) -> None:
        self._note("started", at_ms)

    def speech_ended(self, at_ms: int) -> None:
        self._note("ended", at_ms)

    def heard(self, heard: Heard) -> None:
        self._note("heard", heard)

    def recogniser_failed(self, reason: str) -> None:
        self._note("failed", reason)

    def vendor_failed(self, vendor: str, reason: str) -> None:
        self._note("vendor_failed", (vendor, reason))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]

    def all_heard(self) -> list[Heard]:
        return [what for _, what in self.told if isinstance(what, Heard)]

    async def until(self, is_so: Callable[[Notebook], bool]) -> None:
        async with asyncio.timeout(120):
            while not is_so(self):
                self._more.clear()
                await self._more.wait()

    async def until_told(self, name: str, times: int = 1) -> None:
        await self.until(lambda book: book.names.count(name) >= times)

    def _note(self, name: str, what: object) -> None:
        self.told.append((name, what))
        self._more.set()
