"""Voice activity for all calls of a process at once: Silero in one session, windows batched over streams.

Every tick takes one window (32 ms) of each stream that has one and scores them in a single run: a window
costs a fifth of what it costs alone, and the scores are the same to the last bit as pipecat's own
`SileroVADAnalyzer` gives for each stream by itself, with the same resets of the model's memory. A process
holds one session instead of one of 10 MB for every call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.media import mulaw
from engine.media.speech.samples import to_pcm

log = logging.getLogger("cordboard.speech")

WINDOW_BYTES = 256
_CONTEXT = 32
"""Samples of the window before, which the model wants in front of each."""

_MEMORY = 128
_TICK_S = WINDOW_BYTES / mulaw.RATE_HZ

# The model's memory drifts over music, noise and long silence until it misses the speech that follows, so it
# is cleared during clear non-speech: the rule and numbers of pipecat's SileroVADAnalyzer.
_RESET_AFTER = 63
_RESET_BELOW = 0.1
_RESET_RUN = 5

Floats = NDArray[np.float32]


class VoiceStream(Protocol):
    """A party's sound, in windows of 256 bytes of mu-law. Called in the event loop; must not block."""

    @property
    def is_quiet(self) -> bool:
        """Nobody speaks now: the model's memory may be cleared."""
        ...

    def next_window(self) -> bytes | None: ...

    def window_scored(self, window: bytes, confidence: float) -> None: ...


class Silero:
    """The model in one session: a batch of windows with their contexts and memories in, scores out."""

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        with as_file(files("pipecat.audio.vad.data") / "silero_vad.onnx") as path:
            self._session = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        self._rate = np.array(mulaw.RATE_HZ, dtype=np.int64)

    def score(self, sound: Floats, memory: Floats) -> tuple[Floats, Floats]:
        """Sound [n, 32 + 256] and memory [2, n, 128] to confidences [n] and the new memory."""
        scores, memory = self._session.run(None, {"input": sound, "state": memory, "sr": self._rate})
        return scores[:, 0], memory

    def confidences(self, sound: bytes) -> Iterator[tuple[bytes, float]]:
        """Each whole window of a sound with its confidence, as a stream by itself would be scored."""
        memory: Floats = np.zeros((2, 1, _MEMORY), np.float32)
        samples: Floats = np.zeros(_CONTEXT, np.float32)
        for at in range(0, len(sound) - WINDOW_BYTES + 1, WINDOW_BYTES):
            window = sound[at : at + WINDOW_BYTES]
            heard = _as_floats()[np.frombuffer(window, np.uint8)]
            samples = np.concatenate((samples[-_CONTEXT:], heard))
            scores, memory = self.score(samples[None], memory)
            yield window, float(scores[0])


@cache
def _as_floats() -> Floats:
    """A mu-law byte as the sample that the model takes."""
    return np.frombuffer(to_pcm(bytes(range(256))), dtype="<i2").astype(np.float32) / np.float32(32768.0)


class VoiceDetector:
    """Scores the windows of every stream that joined, until it leaves. Costs nothing while there is none."""

    def __init__(self) -> None:
        self._silero: Silero | None = None
        self._slots: dict[VoiceStream, int] = {}
        self._free: list[int] = []
        self._memory: Floats = np.zeros((2, 0, _MEMORY), dtype=np.float32)
        self._context: Floats = np.zeros((0, _CONTEXT), dtype=np.float32)
        self._since_reset: list[int] = []
        self._low_run: list[int] = []
        self._ticking: asyncio.Task[None] | None = None

    def warm_up(self) -> None:
        """Load the model now (some 50 ms), so that no call waits for it."""
        if self._silero is None:
            self._silero = Silero()

    def join(self, stream: VoiceStream) -> None:
        """Score this stream's windows from now on, with a fresh memory."""
        if stream not in self._slots:
            if not self._free:
                self._grow()
            self._slots[stream] = self._free.pop()
        self._reset(self._slots[stream])
        self._low_run[self._slots[stream]] = 0
        if self._ticking is None:
            self.warm_up()
            self._ticking = asyncio.get_running_loop().create_task(self._tick())

    def leave(self, stream: VoiceStream) -> None:
        slot = self._slots.pop(stream, None)
        if slot is not None:
            self._free.append(slot)

    async def close(self) -> None:
        """Score nothing more, whoever is still here."""
        self._slots.clear()
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            await asyncio.wait([ticking])

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self._slots:
            while self.score_round():  # noqa: ASYNC110 - it yields, it does not wait for something
                # A loop that was late finds several windows a stream; media goes first between them.
                await asyncio.sleep(0)
            due = max(due + _TICK_S, loop.time())
            await asyncio.sleep(due - loop.time())
        self._ticking = None

    def score_round(self) -> int:
        """Score one window of every stream that has one; how many there were."""
        streams, windows, slots = [], [], []
        for stream, slot in self._slots.items():
            window = stream.next_window()
            if window is not None:
                streams.append(stream)
                windows.append(window)
                slots.append(slot)
        if streams:
            for stream, window, slot, score in zip(
                streams, windows, slots, self._scores(windows, slots), strict=True
            ):
                self._note(slot, score, stream.is_quiet)
                try:
                    stream.window_scored(window, score)
                except Exception:  # one call's bug must not deafen the others
                    log.exception("a scored window could not be handled")
        return len(streams)

    def _scores(self, windows: list[bytes], slots: list[int]) -> list[float]:
        assert self._silero is not None
        codes = np.frombuffer(b"".join(windows), dtype=np.uint8).reshape(len(windows), WINDOW_BYTES)
        sound = np.concatenate((self._context[slots], _as_floats()[codes]), axis=1)
        scores, memory = self._silero.score(sound, self._memory[:, slots])
        self._memory[:, slots] = memory
        self._context[slots] = sound[:, -_CONTEXT:]
        return [float(score) for score in scores]

    def _note(self, slot: int, score: float, is_quiet: bool) -> None:
        self._since_reset[slot] += 1
        self._low_run[slot] = self._low_run[slot] + 1 if score < _RESET_BELOW else 0
        if is_quiet and self._since_reset[slot] >= _RESET_AFTER and self._low_run[slot] >= _RESET_RUN:
            self._reset(slot)

    def _reset(self, slot: int) -> None:
        self._memory[:, slot] = 0
        self._context[slot] = 0
        self._since_reset[slot] = 0

    def _grow(self) -> None:
        held = len(self._context)
        more = max(16, held)
        self._memory = np.concatenate((self._memory, np.zeros((2, more, _MEMORY), np.float32)), axis=1)
        self._context = np.concatenate((self._context, np.zeros((more, _CONTEXT), np.float32)))
        self._since_reset += [0] * more
        self._low_run += [0] * more
        self._free += range(held, held + more)
