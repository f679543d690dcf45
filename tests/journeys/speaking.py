"""What the journeys of callers who speak work with: their words, failing recognisers, an echoing line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.core.commands import Command, Listen
from engine.core.events import CallArrived, Event, PromptPlayed
from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.recognition import Recognition
from engine.media.speech.samples import to_mulaw, to_pcm
from engine.rehearsal.loopback.handset import Handset, HandsetVoice
from engine.rehearsal.loopback.tones import FRAME_BYTES, FRAME_MS
from tests.journeys.journey_world import House, ToneVoice, network, open_house
from tests.spoken import kept

AMPLE_MS = 60_000
"""What a recogniser may take where it is to succeed, however busy the machine."""

_ASKS = re.compile(r"^( +)type: (collect|menu|form|consent|converse)$", re.MULTILINE)

_SIGNALS = {"kill": signal.SIGKILL, "kill once": signal.SIGKILL, "stall": signal.SIGSTOP}


def patient(flows: Path) -> Path:
    """The same flows, whose questions wait for a busy recogniser as long as it may take, and longer."""
    for path in flows.glob("*.yaml"):
        ample = rf"\g<0>\n\1max_speech_timeout: {2 * AMPLE_MS // 1000}s"
        path.write_text(_ASKS.sub(ample, path.read_text()))
    return flows


class KeptVoice(ToneVoice):
    """The default voice as it spoke once, where that was kept; else a tone."""

    name = "kept"

    async def render(self, text: str, language: str) -> bytes:
        return kept(text, language) or await super().render(text, language)


def events_of(house: House) -> list[Event]:
    """Every event of the house from now on."""
    events: list[Event] = []
    house.engine.watch(lambda call, event, commands: events.append(event))
    return events


@dataclass(slots=True)
class Turn:
    """An act: until the engine listens and its question was heard out, however long it took to ask it.

    By the line alone a pause between two prompts of a busy engine looks like the end of the question.
    """

    house: House
    offered: int = 0
    taken: int = 0
    _is_asking: bool = False

    def __post_init__(self) -> None:
        self.house.engine.watch(self._happened)

    async def perform(self, handset: Handset) -> None:
        await handset.until(lambda: self.offered > self.taken, "the engine to listen")
        self.taken = self.offered
        await handset.until(lambda: handset.prompts_ended == handset.prompts_begun, "the question's end")
        handset.prompts_known = handset.prompts_ended

    def _happened(self, call: str, event: Event, commands: Sequence[Command]) -> None:
        if isinstance(event, CallArrived):
            self.offered, self.taken, self._is_asking = 0, 0, False
        if isinstance(event, PromptPlayed) and self._is_asking:
            self.offered += 1
            self._is_asking = False
        self._is_asking |= any(isinstance(command, Listen) for command in commands)


def recogniser_processes() -> set[int]:
    """The children of this process that are recognisers or were: one that ended and was not waited for, too."""
    mine: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            command = (stat.parent / "cmdline").read_bytes()
            if int(parent) == os.getpid() and (state == "Z" or b"recogniser_worker" in command):
                mine.add(int(stat.parent.name))
    return mine


@contextlib.asynccontextmanager
async def hearing_house(
    folder: Path, changes: Mapping[str, str] | None = None, **more: Any
) -> AsyncIterator[House]:
    """A house that hears the roofing network's callers, who are patient; choices, by their own words alone.

    When it is closed none of its recognisers is left, not even an unburied one.
    """
    flows = patient(network(folder / "flows", changes))
    known: dict[str, Any] = {
        "speed": 1.0,
        "speech": "auto",
        "speech_meaning": "off",  # each recogniser that starts would load that model as well
        "speech_deadline_ms": AMPLE_MS,
        "patience_s": 120,
    }
    before = recogniser_processes()
    async with open_house(folder, flows, **{**known, **more}) as house:
        assert recogniser_processes() > before
        yield house
    assert recogniser_processes() == before


@dataclass(slots=True)
class FailingPool:
    """The house's real recognisers, each look of which meets the next of the failures; then none."""

    house: House
    pool: Any
    failures: Iterator[str]
    killed: set[int] = field(default_factory=set)
    looks: int = 0

    async def recognise(self, sound: bytes, grammar: GrammarSpec, deadline_s: float) -> Recognition:
        self.looks += 1
        failure = next(self.failures)
        if failure == "raise":
            grammar = GrammarSpec("colour")
        hearing = asyncio.ensure_future(self.pool.recognise(sound, grammar, deadline_s))
        try:
            await asyncio.sleep(0)  # a worker that is free has the sound now
            while not hearing.done() and failure in _SIGNALS:
                self._strike(_SIGNALS[failure])
                if failure == "kill once":
                    break
                # Whoever takes a dead worker's place is struck as well.
                await asyncio.wait([hearing], timeout=0.02)
            return cast(Recognition, await hearing)
        finally:
            hearing.cancel()

    def _strike(self, number: signal.Signals) -> None:
        assert self.house.engine.speech is not None
        for pid in self.house.engine.speech.recogniser_pids:
            self.killed.add(pid)
            with contextlib.suppress(ProcessLookupError):  # it was killed before and is being replaced
                os.kill(pid, number)


def fail(house: House, *failures: str) -> FailingPool:
    """Let the recognisers fail so from now on: each look by one of these, the last one again and again."""
    speech = house.engine.speech
    assert speech is not None
    pool = FailingPool(house, speech.services.pool, chain(failures, repeat(failures[-1])))
    speech.services = replace(speech.services, pool=pool)
    return pool


class EchoingVoice(HandsetVoice):
    """What the handset hears, back on the line: `after_ms` later, `down_db` weaker, and whole, as wires do it."""

    def __init__(self, handset: Handset, down_db: float, after_ms: int) -> None:
        super().__init__()
        self._handset = handset
        self._gain = 10 ** (-down_db / 20)
        self._on_its_way = deque([b""] * (after_ms // FRAME_MS))
        self._taken = len(handset.heard.pieces)

    def next_frame(self) -> bytes | None:
        """Asked for once a frame, right after the handset heard its frame."""
        own = super().next_frame()
        pieces = self._handset.heard.pieces
        self._on_its_way.append(b"".join(piece for _, piece in pieces[self._taken :]))
        self._taken = len(pieces)
        heard = self._on_its_way.popleft()
        if not heard:
            return own
        echo = np.frombuffer(to_pcm(heard.ljust(FRAME_BYTES, b"\xff")), "<i2") * self._gain
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
