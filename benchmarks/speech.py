"""Listening: its CPU beside a stock pipecat pipeline, whether 60 calls keep pace, how long recognisers at
work hold up another call's sound, and the delay from the end of speech to the next prompt.
`cordboard bench speech [FOLDER]` prints it; with a folder (that of `bench understand`) the delay and the
share of turns that end too early are measured on its people instead of the default voice.

All calls say the same, a ZIP of three seconds by the default voice every six. The callers run in this
process, the side that is measured in one of its own; only that one's CPU counts.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from engine.media.synthesiser import PiperProcess

from . import speech_delay, speech_sides
from .media_load import FRAME_S, connected
from .other_side import other_side
from .speech_sides import Side
from .speech_stall import held_up

BASELINE = "stock pipecat: FastAPI websocket transport and its own Silero VAD a call, in the same run"
_FRAME_BYTES = 160
_SILENCE = b"\xff"

Progress = Callable[[str], None]


async def run(
    seconds: float = 12.0,
    on_progress: Progress | None = None,
    folder: Path | None = None,
    calls: tuple[int, int] = (20, 60),
    most_turns: int = 20,
) -> dict[str, object]:
    """Some nine times `seconds` of wall time, four minutes of calls, and the loading of models.

    `calls` are how many are measured for their cost, and how many must keep pace; `most_turns` are those of
    a kind of question.
    """
    tell = on_progress or (lambda _: None)
    few, many = calls
    phrases = None if folder is None else speech_delay.recorded(folder, most_turns)
    tell("rendering what callers say")
    async with PiperProcess() as voice:
        said = await voice.render("Seven eight seven zero one.", "en-US")
    figures: list[dict[str, object]] = []
    measured: dict[Side, Listened] = {}
    for side in ("stock", "ours"):
        tell(f"{few} calls listen: {side}")
        measured[side] = await _listened(side, few, seconds, said)
    ours, stock = measured["ours"].cpu_ms, measured["stock"].cpu_ms
    figures.append(_figure(f"listening, {few} calls", "CPU ms per call-second", ours, stock, BASELINE))
    for side in ("stock", "ours"):
        tell(f"{many} calls listen: {side}")
        measured[side] = await _listened(side, many, seconds, said)
    kept = {side: listened.frames_kept for side, listened in measured.items()}
    figures.append(
        _figure(
            f"{many} calls keep pace", "frames of 50 read a second", kept["ours"], kept["stock"], BASELINE
        )
    )
    tell("other calls while recognisers rest")
    rest = await held_up(None, 2 * seconds)
    tell("other calls while recognisers work")
    work = await held_up(_conversation(said, round(2 * seconds / FRAME_S)), 2 * seconds)
    idle = f"the same calls with nothing said, in the same run; {work.texts} answers were recognised"
    held = "a joined call's frame, one way, while recognisers work"
    figures.append(_figure(f"{held}, p99.9", "ms", work.p999_ms, rest.p999_ms, idle))
    figures.append(_figure(f"{held}, median", "ms", work.median_ms, rest.median_ms, idle))
    for kind, delays in (await speech_delay.run(tell, phrases, most_turns)).items():
        figures += delays.figures(kind)
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
    async with other_side(speech_sides.main, side, calls) as other:
        legs = await connected(other.port, calls)
        for leg, token in zip(legs, other.tokens, strict=True):
            await leg.start(token)
        before = float(await other.asked("cpu"))
        # Pipelines are made while the calls wait; that is not listening.
        while True:
            await asyncio.sleep(1.0)
            now = float(await other.asked("cpu"))
            if now - before < 0.1:
                break
            before = now
        begin, before = time.monotonic(), now
        sound = _conversation(said, frames)
        await asyncio.gather(
            *(_talk(leg.socket.send, leg.stream, sound, number) for number, leg in enumerate(legs))
        )
        taken_s = time.monotonic() - begin
        heard, _ = await other.asked("heard")
        cpu_s = float(await other.asked("cpu")) - before
        for leg in legs:
            await leg.socket.close()
    return Listened(cpu_s * 1000 / (calls * taken_s), heard / calls / taken_s)


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


def _print_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(on_progress=_print_progress)), indent=2))
