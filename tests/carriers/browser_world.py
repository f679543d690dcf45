"""An engine whose only telephones are tabs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from engine.runtime.engine import Engine
from engine.runtime.settings import Settings
from engine.web.serving import open_engine
from tests.journeys.journey_world import SHORT_BILLS, ToneVoice, network
from tests.journeys.speaking import patient

KEY = "the-operator's-key"


@contextlib.asynccontextmanager
async def phone(folder: Path, **more: Any) -> AsyncIterator[Engine]:
    """It serves the roofing network, with everything of it under `folder`."""
    known: dict[str, Any] = {
        "db": f"sqlite:///{folder / 'cordboard.db'}",
        "http": "127.0.0.1:0",
        "media": "127.0.0.1:0",
        "cache_dir": folder / "prompts",
        "browser_key": KEY,
    }
    flows = patient(network(folder / "flows", SHORT_BILLS))
    async with await open_engine(Settings(**{**known, **more}), flows, voice=ToneVoice()) as engine:
        yield engine
