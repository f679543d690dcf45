"""What the journeys of callers who speak work with: their words, failing recognisers, an echoing line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.core.events import Event
from engine.media.speech.recognition import Recognition
from engine.media.speech.samples import to_mulaw, to_pcm
from engine.media.synthesiser import PiperProcess
from engine.rehearsal.loopback.handset import Handset, Voice
from engine.rehearsal.loopback.tones import FRAME_BYTES
from engine.understanding.grammars import GrammarSpec
from tests.journeys.journey_world import House

_spoken: dict[str, bytes] = {}


async def words(*texts: str) -> dict[str, bytes]:
    """Each text in the default voice, made once for all tests."""
    if missing := [text for text in texts if text not in _spoken]:
        async with PiperProcess() as voice:
            for text in missing:
                _spoken[text] = await voice.render(text, "en-US")
    return {text: _spoken[text] for text in texts}


def events_of(house: House) -> list[Event]:
    """Every event of the house from now on."""
    events: list[Event] = []
    house.engine.watch(lambda call, event, commands: events.append(event))
    return events


def is_running(pid: int) -> bool:
    """A process that has ended but was not waited for counts as running: it is a leak too."""
    return Path(f"/proc/{pid}").exists()


@dataclass(slots=True)
class FailingPool:
    """The house's real recognisers, each look of which meets the next of the failures; then none."""

    house: House
    pool: Any
    failures: Iterator[str]
    killed: list[int] = field(default_factory=list)

    async def recognise(self, sound: bytes, grammar: GrammarSpec, deadline_s: float) -> Recognition:
        failure = next(self.failures)
        if failure == "raise":
            grammar = GrammarSpec("colour")
        killing = asyncio.create_task(self._kill(failure)) if failure.startswith("kill") else None
        try:
            return cast(Recognition, await self.pool.recognise(sound, grammar, deadline_s))
        finally:
            if killing is not None:
                await killing

    async def _kill(self, failure: str) -> None:
        """All workers, one of which has the sound by then, or one of them."""
        assert self.house.engine.speech is not None
        pids = self.house.engine.speech.recogniser_pids
        for pid in pids[:1] if failure == "kill one" else pids:
            self.killed.append(pid)
            with contextlib.suppress(ProcessLookupError):  # it was killed before and is being replaced
                os.kill(pid, signal.SIGKILL)


def fail(house: House, *failures: str) -> FailingPool:
    """Let the recognisers fail so from now on: each look by one of these, the last one again and again."""
    speech = house.engine.speech
    assert speech is not None
    pool = FailingPool(house, speech.services.pool, chain(failures, repeat(failures[-1])))
    speech.services = replace(speech.services, pool=pool)
    return pool


class EchoingVoice(Voice):
    """What the handset hears, back on the line: `after_ms` later, `down_db` weaker."""

    def __init__(self, handset: Handset, down_db: float, after_ms: int) -> None:
        super().__init__()
        self._handset = handset
        self._gain = 10 ** (-down_db / 20)
        self._after_ms = after_ms
        self._taken = 0

    def next_frame(self) -> bytes | None:
        own = super().next_frame()
        pieces = self._handset.heard.pieces
        due_ms = self._handset.clock.now_ms() - self._after_ms
        if self._taken >= len(pieces) or pieces[self._taken][0] > due_ms:
            return own
        heard = pieces[self._taken][1].ljust(FRAME_BYTES, b"\xff")
        self._taken += 1
        echo = np.frombuffer(to_pcm(heard), "<i2") * self._gain
        if own is not None:
            echo = echo + np.frombuffer(to_pcm(own), "<i2")
        return to_mulaw(np.clip(echo, -32768, 32767).astype("<i2").tobytes())


@dataclass(frozen=True, slots=True)
class OnAnEchoingLine:
    """An act: from now on the line returns an echo."""

    down_db: float
    after_ms: int

    async def perform(self, handset: Handset) -> None:
        handset.voice = EchoingVoice(handset, self.down_db, self.after_ms)
