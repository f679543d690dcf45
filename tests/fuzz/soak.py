"""So many messages for one reader: what it did wrong, each kind once, with the draw that shows it again."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz.decoders import Fuzzer, Shot

MOST_FAULTS = 20


@dataclass(slots=True)
class Soaked:
    """What came of it. A fault is known by where it was raised."""

    name: str
    messages: int = 0
    seconds: float = 0.0
    faults: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        pace = self.messages / self.seconds if self.seconds else 0
        return f"{self.name:<16} {self.messages:>9,} messages  {self.seconds:>7.1f} s  {pace:>8,.0f}/s  {len(self.faults)} faults"


def soak(fuzzer: Fuzzer, messages: int, seed: str, most_s: float) -> Soaked:
    """Give it that many, or as many as `most_s` seconds allow."""
    with TemporaryDirectory() as folder:
        return _soaked(fuzzer, fuzzer.prepare(Path(folder)), range(messages), seed, most_s)


def _soaked(fuzzer: Fuzzer, shot: Shot, numbers: range, seed: str, most_s: float) -> Soaked:
    found, began = Soaked(fuzzer.name), time.perf_counter()
    for number in numbers:
        if number % 16 == 0 and time.perf_counter() - began > most_s:
            break
        found.messages += 1
        try:
            shot(Random(f"{seed} {fuzzer.name} {number}"))
        except Exception as fault:  # noqa: BLE001  whatever it is, it is what we look for
            note_fault(found.faults, fault, f"seed {seed!r}, message {number}")
            if len(found.faults) >= MOST_FAULTS:
                break
    found.seconds = time.perf_counter() - began
    return found


def note_fault(faults: dict[str, str], fault: BaseException, draw: str) -> None:
    """Keep the first of each place and kind."""
    cause = fault.__cause__ or fault
    frames = traceback.extract_tb(cause.__traceback__)
    where = next(
        (f"{frame.filename}:{frame.lineno}" for frame in reversed(frames) if "/engine/" in frame.filename), ""
    )
    told = "".join(traceback.format_exception(cause, limit=-6))
    faults.setdefault(f"{type(cause).__name__} {where}", f"{draw}\n{told}")
