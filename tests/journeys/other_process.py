"""Engines in processes of their own: started, waited for, stopped or killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.store import Store
from tests.journeys.journey_world import ACCOUNT, TOKEN
from tests.shown import show_json

Shown = dict[str, Any]

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    """A running engine and where it is reached."""

    process: asyncio.subprocess.Process
    http: str
    media: str

    @property
    def voice_url(self) -> str:
        return f"http://{self.http}/carriers/twilio/voice"

    async def killed(self) -> None:
        """As by kill -9: it can do nothing about it."""
        self.process.kill()
        await self.process.wait()

    async def stopped(self) -> int:
        self.process.terminate()
        return await self.process.wait()


def environment(folder: Path, carrier_url: str, **more: str) -> dict[str, str]:
    """What the process is told; nothing of the CORDBOARD_* that a developer may have set.

    It hears keys alone: recognisers take longer to start than all the rest.
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")}
    return {
        **plain,
        "CORDBOARD_DB": f"sqlite:///{folder / 'cordboard.db'}",
        "CORDBOARD_HTTP": "127.0.0.1:0",
        "CORDBOARD_MEDIA": "127.0.0.1:0",
        "CORDBOARD_TWILIO_ACCOUNT_SID": ACCOUNT,
        "CORDBOARD_TWILIO_AUTH_TOKEN": TOKEN,
        "CORDBOARD_TWILIO_API_URL": carrier_url,
        "CORDBOARD_CACHE_DIR": str(folder / "prompts"),
        "CORDBOARD_SPEECH": "off",
        **more,
    }


@contextlib.asynccontextmanager
async def served(*command: str, env: Mapping[str, str]) -> AsyncIterator[Served]:
    """Run the command until it says that it takes calls; killed at the block's end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, cwd=ROOT, env=dict(env), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(300):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("ready http="), f"found {line!r}"
        http, media = (word.partition("=")[2] for word in line.split()[1:])
        yield Served(process, http, media)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()  # to the end of its output, else the pipe is closed with a warning


async def kept(folder: Path) -> list[Shown]:
    """`cordboard show --json` of every call in the folder's database, newest first."""
    url = f"sqlite:///{folder / 'cordboard.db'}"
    async with await Store.open(url, "reader", lambda: 0, must_exist=True) as store:
        views = [await store.call(summary.record.call) for summary in await store.calls(100)]
        return [show_json(view) for view in views if view is not None]
