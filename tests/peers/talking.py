"""Telephones in processes of their own, and what is said on them: noise that can be told from any other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import time
import wave
from array import array
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
RATE_HZ = 8000
PIECE = RATE_HZ // 4
Sound = np.ndarray[Any, Any]
Conduct = Mapping[str, Any]


@dataclass
class Telephone:
    """A running phone and what it told."""

    process: asyncio.subprocess.Process
    folder: Path
    told: list[dict[str, Any]] = field(default_factory=list)
    is_off: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if line.startswith(b"{"):
                self.told.append({**json.loads(line), "came": time.monotonic()})
                self._news.set()
                self._news = asyncio.Event()
        self.is_off = True
        self._news.set()

    async def until(self, met: Callable[[dict[str, Any]], bool], within_s: float = 60) -> dict[str, Any]:
        """What it told, or tells, that is so."""
        async with asyncio.timeout(within_s):
            while True:
                news = self._news
                for each in self.told:
                    if met(each):
                        return each
                assert not self.is_off, f"the telephone is off; it told {self.told}"
                await news.wait()

    async def over(self, within_s: float = 60) -> None:
        """A phone that calls: until its call is over."""
        async with asyncio.timeout(within_s):
            await self.process.wait()

    def states(self, number: str) -> list[tuple[str, int]]:
        return [
            (each["state"], each["code"])
            for each in self.told
            if each.get("number") == number and "state" in each
        ]

    def heard(self, number: str, since: float = 0.0) -> Sound:
        """What this number heard, from its answer on, or from a moment of the monotonic clock on."""
        with wave.open(str(self.folder / f"{number}.wav")) as sound:
            whole = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
        (answered,) = [
            each["came"]
            for each in self.told
            if each.get("number") == number and each.get("state") == "CONFIRMED"
        ]
        return whole[max(0, round((since - answered) * RATE_HZ)) :]


@contextlib.asynccontextmanager
async def telephone(folder: Path, **conduct: Any) -> AsyncIterator[Telephone]:
    folder.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            str(ROOT / "tests" / "peers" / "phone.py"),
            json.dumps({**conduct, "folder": str(folder)}),
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    phone = Telephone(process, folder)
    listening = asyncio.create_task(phone.listen())
    try:
        await phone.until(lambda each: each["what"] == "ready")
        yield phone
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await listening


def noise(path: Path, seed: int, seconds: float = 2.0) -> str:
    """A WAV of noise below 3 kHz, nothing like that of any other seed."""
    drawn = random.Random(seed)
    spectrum = np.zeros(int(seconds * RATE_HZ) // 2 + 1, complex)
    for at in range(len(spectrum)):
        if 300 < at / seconds < 3000:
            spectrum[at] = complex(drawn.gauss(0, 1), drawn.gauss(0, 1))
    sound = np.fft.irfft(spectrum)
    samples = (sound / np.abs(sound).max() * 12_000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(array("h", samples.tolist()).tobytes())
    return str(path)


def likeness(heard: Sound, said: str) -> float:
    """How like a WAV the best matching quarter of a second of what was heard is: 1 is the same, below 0.25 any other
    sound. So short, for a phone on a busy machine loses frames."""
    with wave.open(said) as sound:
        whole = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
    if len(heard) < PIECE:
        return 0.0
    size = 1 << (len(heard) + PIECE).bit_length()
    spectrum = np.fft.rfft(heard, size)
    energy = np.concatenate(([0.0], np.cumsum(heard**2)))
    power = np.sqrt(np.maximum(energy[PIECE:] - energy[:-PIECE], 1e6))
    best = 0.0
    for begin in range(0, len(whole) - PIECE + 1, PIECE):
        wanted = whole[begin : begin + PIECE]
        products = np.fft.irfft(spectrum * np.conj(np.fft.rfft(wanted, size)), size)
        alike = products[: len(power)] / (power * np.sqrt((wanted**2).sum()))
        best = max(best, float(alike.max()))
    return best
