"""Opens an engine together with its HTTP side.

async with await open_engine(settings, folder) as engine:
    …
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.carriers import CARRIERS
from engine.carriers.contract import Carrier
from engine.media.prompts import Progress
from engine.media.synthesiser import Synthesiser
from engine.runtime.clock import Clock
from engine.runtime.descriptors import http_share, open_files
from engine.runtime.engine import Engine
from engine.runtime.settings import Settings
from engine.web.port import Connections, PortLimits
from engine.web.server import WebServer, web_app


async def open_engine(
    settings: Settings,
    folder: Path,
    *,
    clock: Clock | None = None,
    on_progress: Progress | None = None,
    voice: Synthesiser | None = None,
    carriers: Sequence[Carrier] = CARRIERS,
) -> Engine:
    """An engine that serves the folder's flows and speaks these carriers. Raises what `Engine.open`
    raises."""
    return await Engine.open(
        settings,
        folder,
        front=_front_of,
        clock=clock,
        on_progress=on_progress,
        voice=voice,
        carriers=carriers,
    )


def _front_of(engine: Engine) -> WebServer:
    connections = Connections(limits_of(engine.settings, open_files()), engine.metrics.connections_closed)
    engine.metrics.connections.set_function(lambda: len(connections))
    return WebServer(web_app(engine), connections)


def limits_of(settings: Settings, files: int) -> PortLimits:
    """The port's limits where so many files may be open."""
    return PortLimits(
        head_s=settings.http_head_s,
        body_s=settings.http_body_s,
        most=http_share(settings, files),
        most_a_peer=settings.http_connections_per_peer,
        trusted=settings.proxies,
    )
