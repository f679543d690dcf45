"""Opens an engine together with its HTTP side.

async with await open_engine(settings, folder) as engine:
    …
"""

from __future__ import annotations

from pathlib import Path

from engine.media.prompts import Progress
from engine.media.synthesiser import Synthesiser
from engine.runtime.clock import Clock
from engine.runtime.engine import Engine
from engine.runtime.settings import Settings
from engine.web.server import WebServer, web_app


async def open_engine(
    settings: Settings,
    folder: Path,
    *,
    clock: Clock | None = None,
    on_progress: Progress | None = None,
    voice: Synthesiser | None = None,
) -> Engine:
    """An engine that serves the folder's flows. Raises what `Engine.open` raises."""
    return await Engine.open(
        settings, folder, front=_front_of, clock=clock, on_progress=on_progress, voice=voice
    )


def _front_of(engine: Engine) -> WebServer:
    return WebServer(web_app(engine))
