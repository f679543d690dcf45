"""CPU of the media path, beside a bare websockets + JSON loop that does the same socket work.

Counted is the process CPU of the engine's side alone; the callers run in this process, the engine and the
bare loop each in one of their own. The two take turns, and medians are compared, so that a busy machine
burdens both. `python -m benchmarks.media` prints the figures.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Callable

from . import media_sides
from .media_load import FRAME_S, Leg, connected
from .media_sides import Side, Work
from .other_side import OtherSide, other_side

_BASELINE_OF_JOINED = "bare websockets + JSON loop that relays the same call, in the same run"
BASELINE = "bare websockets + JSON loop with the same socket work, on the same event loop, in the same run"
_WHAT: dict[Work, str] = {
    "prompt": "a call in a prompt, with audio coming in",
    "relay": "a relayed call, both legs",
    "joined": "a call that the carrier has joined, both legs",
}
_LATE_S = 60.0
_LEAVING_S = 1.0  # until both sides are done with streams that were left
_PASSED_ON = 0.95
"""Of a relay: what comes in a burst, because the callers' side had no turn, may be left out by ours."""
_BUNDLES_AT_ONCE = len(media_sides.PROMPT) // 8000


async def run(
    calls: int = 20,
    seconds: float = 10.0,
    rounds: int = 3,
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Measure each kind of work, `rounds` times a side; about 6 x rounds x seconds of wall time."""
    figures: list[dict[str, object]] = []
    sides: tuple[Side, Side] = ("bare", "ours")
    for work, what in _WHAT.items():
        measured: dict[Side, list[float]] = {"ours": [], "bare": []}
        for number in range(rounds):
            for side in sides:
                if on_progress is not None:
                    on_progress(f"{what}: {side}, {number + 1} of {rounds}")
                measured[side].append(await _cpu_ms_per_call_second(side, work, calls, seconds))
        ours, bare = statistics.median(measured["ours"]), statistics.median(measured["bare"])
        figures.append(
            {
                "what": what,
                "unit": "CPU ms per call-second",
                "ours": round(ours, 3),
                "baseline": round(bare, 3),
                "baseline_is": _BASELINE_OF_JOINED if work == "joined" else BASELINE,
                "ratio": round(ours / bare, 3),
            }
        )
    return {"name": "media", "figures": figures}


async def _cpu_ms_per_call_second(side: Side, work: Work, calls: int, seconds: float) -> float:
    if side == "bare" and work == "joined":
        work = "relay"
    legs = calls if work == "prompt" else 2 * calls
    frames = max(1, round(seconds / FRAME_S))
    async with other_side(media_sides.main, side, work, legs) as other:
        cpu_s = await _talked(other, await connected(other.port, legs), work, frames)
    return cpu_s * 1000 / (calls * frames * FRAME_S)


async def _talked(other: OtherSide, legs: list[Leg], work: Work, frames: int) -> float:
    """The CPU seconds that the other process spent on these legs from their start to their last frame."""
    listening = [asyncio.create_task(leg.listen()) for leg in legs]
    try:
        before = float(await other.asked("cpu"))
        for leg, token in zip(legs, other.tokens, strict=True):
            leg.frames_due = _BUNDLES_AT_ONCE
            await leg.start(token)
        if work != "prompt":
            await _until_paired(legs)
        if work == "joined":
            return await _elsewhere(other, legs, frames)
        if work == "relay":
            for leg in legs:
                leg.frames_heard, leg.frames_due = 0, round(frames * _PASSED_ON)
                leg.heard_all.clear()
        await asyncio.gather(*(leg.talk(frames) for leg in legs))
        # Both sides must have done all of the work, or the comparison is worth nothing.
        async with asyncio.timeout(_LATE_S):
            await asyncio.gather(*(leg.heard_all.wait() for leg in legs))
        return float(await other.asked("cpu")) - before
    finally:
        for leg in legs:
            await leg.socket.close()
        await asyncio.gather(*listening)


async def _elsewhere(other: OtherSide, legs: list[Leg], frames: int) -> float:
    """The CPU seconds of as long a talk, once the carrier has joined the legs and left their streams."""
    for leg in legs:
        await leg.stop()
    await asyncio.sleep(_LEAVING_S)
    before = float(await other.asked("cpu"))
    await asyncio.sleep(frames * FRAME_S)
    return float(await other.asked("cpu")) - before


async def _until_paired(legs: list[Leg]) -> None:
    """Frames sent before the other leg has started are lost, on either side; so try until one passes."""
    async with asyncio.timeout(_LATE_S):
        for number, leg in enumerate(legs):
            while leg.frames_heard == 0:
                await legs[number ^ 1].talk(1)
                await asyncio.sleep(FRAME_S)
    # What is still on its way of these would be counted as heard later.
    await asyncio.sleep(5 * FRAME_S)


def _print_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(on_progress=_print_progress)), indent=2))
