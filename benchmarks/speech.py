"""Listening: its CPU beside a stock pipecat pipeline, whether 60 calls keep pace, the delay after speech, and
how long recognisers at work may hold up another call's sound. `python -m benchmarks.speech` prints it.

All calls say the same, a ZIP of three seconds by the default voice every six. The callers run in this
process, the side that is measured in one of its own; only that one's CPU counts.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import multiprocessing
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from engine.media.speech.leg import SpeechLeg, SpeechServices
from engine.media.speech.pool import RecogniserPool
from engine.media.speech.question import Heard, Question
from engine.media.speech.recognition import Recognition
from engine.media.speech.vad import VoiceDetector
from engine.media.synthesiser import PiperProcess
from engine.understanding.grammars import GrammarSpec, grammar_of
from engine.understanding.zip import Zip

from . import speech_sides
from .media_load import FRAME_S, connected
from .speech_sides import Side

BASELINE = "stock pipecat: FastAPI websocket transport and its own Silero VAD a call, in the same run"
_FRAME_BYTES = 160
_SILENCE = b"\xff"
_LATE_S = 20.0

Progress = Callable[[str], None]


async def run(seconds: float = 12.0, on_progress: Progress | None = None) -> dict[str, object]:
    """About seven times `seconds` of wall time, and the loading of voice and recogniser."""
    tell = on_progress or (lambda _: None)
    tell("rendering what callers say")
    async with PiperProcess() as voice:
        said = await voice.render("Seven eight seven zero one.", "en-US")
    figures: list[dict[str, object]] = []
    measured: dict[Side, Listened] = {}
    for side in ("stock", "ours"):
        tell(f"20 calls listen: {side}")
        measured[side] = await _listened(side, 20, seconds, said)
    ours, stock = measured["ours"].cpu_ms, measured["stock"].cpu_ms
    figures.append(_figure("listening, 20 calls", "CPU ms per call-second", ours, stock, BASELINE))
    for side in ("stock", "ours"):
        tell(f"60 calls listen: {side}")
        measured[side] = await _listened(side, 60, seconds, said)
    kept = {side: listened.frames_kept for side, listened in measured.items()}
    figures.append(
        _figure("60 calls keep pace", "frames of 50 read a second", kept["ours"], kept["stock"], BASELINE)
    )
    tell("recognisers at work")
    figures += await _recognising(said, 2 * seconds)
    return {"name": "speech", "figures": figures}


def _figure(what: str, unit: str, ours: float, baseline: float | None, is_: str = "") -> dict[str, object]:
    ratio = None if not baseline else round(ours / baseline, 3)
    rounded = None if baseline is None else round(baseline, 3)
    return {
        "what": what,
        "unit": unit,
        "ours": round(ours, 3),
        "baseline": rounded,
        "baseline_is": is_,
        "ratio": ratio,
    }


@dataclass(frozen=True, slots=True)
class Listened:
    cpu_ms: float
    """Per call-second."""

    frames_kept: float
    """Frames that were read of each second's 50, when the callers fell silent."""


async def _listened(side: Side, calls: int, seconds: float, said: bytes) -> Listened:
    frames = round(seconds / FRAME_S)
    control, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(
        target=speech_sides.main, args=(side, calls, theirs), daemon=True
    )
    child.start()
    theirs.close()
    try:
        port, tokens = await asyncio.to_thread(control.recv)
        legs = await connected(port, calls)
        for leg, token in zip(legs, tokens, strict=True):
            await leg.start(token)
        before = float(await _asked(control, "cpu"))
        # Pipelines are made while the calls wait; that is not listening.
        while True:
            await asyncio.sleep(1.0)
            now = float(await _asked(control, "cpu"))
            if now - before < 0.1:
                break
            before = now
        begin, before = time.monotonic(), now
        sound = _conversation(said, frames)
        await asyncio.gather(
            *(_talk(leg.socket.send, leg.stream, sound, number) for number, leg in enumerate(legs))
        )
        taken_s = time.monotonic() - begin
        heard, _ = await _asked(control, "heard")
        cpu_s = float(await _asked(control, "cpu")) - before
        for leg in legs:
            await leg.socket.close()
        control.send("stop")
    finally:
        await asyncio.to_thread(child.join, _LATE_S)
        if child.is_alive():
            child.kill()
            child.join()
        control.close()
        child.close()
    return Listened(cpu_s * 1000 / (calls * taken_s), heard / calls / taken_s)


async def _asked(control: Connection, what: str) -> object:
    control.send(what)
    return await asyncio.to_thread(control.recv)


def _conversation(said: bytes, frames: int) -> list[str]:
    once = (said + _SILENCE * 48_000)[:48_000]
    sound = (once * (frames * _FRAME_BYTES // len(once) + 1))[: frames * _FRAME_BYTES]
    return [
        base64.b64encode(sound[at : at + _FRAME_BYTES]).decode() for at in range(0, len(sound), _FRAME_BYTES)
    ]


async def _talk(send: Callable[[str], Awaitable[None]], stream: str, sound: list[str], number: int) -> None:
    loop = asyncio.get_running_loop()
    # Spread within the frame, as calls are.
    begin = loop.time() + number * FRAME_S / 60
    media = '{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d",'
    media += '"payload":"%s"},"streamSid":"' + stream + '"}'
    for at, payload in enumerate(sound):
        await asyncio.sleep(begin + at * FRAME_S - loop.time())
        await send(media % (at + 2, at + 1, at * 20, payload))


# Recognisers at work, with real legs and real processes


@dataclass(slots=True)
class _Timed:
    """A speech listener and recogniser pool that note when what happened, on the loop's clock."""

    pool: RecogniserPool
    begin: float = 0.0
    asked_at: float = 0.0
    waits_ms: list[float] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)

    async def recognise(self, sound: bytes, grammar: GrammarSpec, deadline_s: float) -> Recognition:
        self.asked_at = asyncio.get_running_loop().time()
        return await self.pool.recognise(sound, grammar, deadline_s)

    def heard(self, heard: Heard) -> None:
        if heard.text:
            ended = self.begin + heard.ended_ms / 1000
            self.waits_ms.append((self.asked_at - ended) * 1000)
            self.delays_ms.append((asyncio.get_running_loop().time() - ended) * 1000)

    def speech_started(self, at_ms: int) -> None: ...
    def speech_ended(self, at_ms: int) -> None: ...
    def recogniser_failed(self, reason: str) -> None: ...
    def vendor_failed(self, vendor: str, reason: str) -> None: ...


async def _recognising(said: bytes, seconds: float) -> list[dict[str, object]]:
    sound = [payload.encode() for payload in _conversation(said, round(seconds / FRAME_S))]
    detector, lateness_ms = VoiceDetector(), list[float]()
    detector.warm_up()
    async with RecogniserPool(workers=1) as pool:
        calls = [_Timed(pool) for _ in range(2)]
        legs = [SpeechLeg(SpeechServices(call, detector), call) for call in calls]
        await asyncio.sleep(1.0)
        watching = asyncio.create_task(_watch(lateness_ms))
        await asyncio.gather(
            # Half a conversation apart: two callers who end at once wait for one another's recogniser.
            *(
                _feed(call, leg, sound, 3.0 * at)
                for at, (call, leg) in enumerate(zip(calls, legs, strict=True))
            )
        )
        watching.cancel()
        for leg in legs:
            await leg.close()
    await detector.close()
    delays = [delay for call in calls for delay in call.delays_ms]
    waits = [wait for call in calls for wait in call.waits_ms]
    late = statistics.quantiles(lateness_ms, n=1000)[-1]
    return [
        _figure("another call's frame held up while recognisers work, p99.9", "ms", late, None),
        _figure("end of speech to the recognised text, median", "ms", _median(delays), None),
        _figure("of it the end-of-turn wait, median", "ms", _median(waits), None),
    ]


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else math.nan


async def _feed(call: _Timed, leg: SpeechLeg[GrammarSpec], sound: list[bytes], after_s: float) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(after_s)
    leg.listen(Question(grammar_of(Zip())))
    call.begin = loop.time()
    for at, payload in enumerate(sound):
        # A frame is sent when its last sample was spoken.
        await asyncio.sleep(call.begin + (at + 1) * FRAME_S - loop.time())
        leg.feed(payload)


async def _watch(lateness_ms: list[float]) -> None:
    """How late the loop that carries all sound gets to a frame that is due."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due += FRAME_S
        await asyncio.sleep(due - loop.time())
        lateness_ms.append((loop.time() - due) * 1000)


def _print_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(on_progress=_print_progress)), indent=2))
