"""An engine in a process of its own, to be killed: `python -m tests.journeys.serving FLOWS SPEED [VOICE_MS]`.

Settings come from CORDBOARD_* as for `cordboard serve`; the voice is the tests' tones.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from engine.runtime.clock import Clock
from engine.runtime.settings import Settings
from engine.web.serving import open_engine
from tests.journeys.journey_world import ToneVoice
from tests.unhurried import UnhurriedLoop


async def serve(flows: Path, speed: float, voice_ms: int) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    clock = Clock(speed, asyncio.get_running_loop().time)
    voice = ToneVoice(length_ms=voice_ms)
    async with await open_engine(Settings(), flows, clock=clock, voice=voice) as engine:
        sys.stdout.write(f"ready http={engine.http_address} media={engine.media_address}\n")
        sys.stdout.flush()
        await stopping.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=UnhurriedLoop) as runner:
        flows, speed, *voice_ms = sys.argv[1:]
        runner.run(
            serve(Path(flows), float(speed), int(*voice_ms or ["6000"]))
        )  # long enough to be killed in
