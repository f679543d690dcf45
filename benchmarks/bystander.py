"""Two ports of nobody's, for `benchmarks.strangers`: an attack on them takes of the machine alone."""

from __future__ import annotations

import asyncio
import resource
import threading
from multiprocessing.connection import Connection

_STAYS_S = 1.0


def main(control: Connection) -> None:
    """Says where it listens, its HTTP port and its media port, and ends at "stop"."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    asyncio.run(_serve(control))


async def _serve(control: Connection) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    http, media = [await loop.create_server(_Nobody, "127.0.0.1", 0, backlog=1024) for _ in range(2)]
    ports = [server.sockets[0].getsockname()[1] for server in (http, media)]

    def obey() -> None:
        control.send((ports[0], [f"127.0.0.1:{ports[1]}"]))
        control.recv()
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=obey, daemon=True).start()
    await stopped.wait()


class _Nobody(asyncio.Protocol):
    """Takes what comes, answers nothing, and is gone after a second."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        asyncio.get_running_loop().call_later(_STAYS_S, transport.abort)
