"""The listening sockets and all that came in by them.

Who has not been let in yet stands in the doorway and does its handshake. The same place frees a descriptor
when there are no more.
"""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
from collections.abc import Coroutine
from functools import partial
from typing import Any

from websockets.server import ServerProtocol

from engine.media.doors.acceptor import Acceptor
from engine.media.doors.doorway import Doorway
from engine.media.doors.handshake import Handshake
from engine.media.doors.proxies import Proxies
from engine.media.doors.rationed_log import RationedLog
from engine.media.doors.turns import Turns
from engine.media.limits import Admit, SocketLimits
from engine.media.socket import Handle, MediaSocket
from engine.media.streams import Upgrade

log = logging.getLogger("cordboard.media")


class Listener:
    """Made closed. `handle` runs for each socket that was let in; when it returns, the socket is closed."""

    def __init__(
        self,
        admit: Admit,
        handle: Handle,
        limits: SocketLimits,
        refusals: RationedLog,
        *,
        max_in_doorway: int,
        proxies: Proxies,
    ) -> None:
        self.admit = admit
        self.limits = limits
        self.refusals = refusals
        self.doorway = Doorway(max_in_doorway)
        self.proxies = proxies
        self.turns = Turns()
        self._handle = handle
        self._loop = asyncio.get_running_loop()
        self._inside: set[MediaSocket] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._acceptors: list[Acceptor] = []
        self._listening: list[sockets.socket] = []

    @property
    def port(self) -> int:
        return int(self._listening[0].getsockname()[1])

    async def open(self, host: str, port: int) -> None:
        try:
            found = await self._loop.getaddrinfo(
                host, port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE
            )
            for family, address in dict.fromkeys((one[0], one[4]) for one in found):
                # Port 0 is the same one under each address.
                same = (address[0], self.port, *address[2:]) if self._listening else address
                self._listening.append(sockets.create_server(same, family=family))
        except BaseException:
            for one in self._listening:
                one.close()
            raise
        make = partial(Handshake, self)
        self._acceptors = [Acceptor(one, make, self.doorway.make_room, log) for one in self._listening]

    async def close(self) -> None:
        """Stop listening, close every socket with 1001 and wait until their handlers are done."""
        for acceptor in self._acceptors:
            acceptor.close()
            await acceptor.wait_closed()
        for one in self._listening:
            one.close()
        self.doorway.clear()
        await asyncio.gather(*(socket.close(1001) for socket in list(self._inside)), return_exceptions=True)
        while self._tasks:
            await asyncio.wait(self._tasks)

    # The door

    def let_in(self, transport: asyncio.Transport, protocol: ServerProtocol, upgrade: Upgrade) -> None:
        socket = MediaSocket(self, transport, protocol, upgrade.target, upgrade.peer)
        transport.set_protocol(socket)
        self._inside.add(socket)
        self._run(self._live(socket, self._handle(upgrade, socket)))

    def left(self, socket: MediaSocket) -> None:
        self._inside.discard(socket)

    async def _live(self, socket: MediaSocket, life: Coroutine[Any, Any, None]) -> None:
        try:
            await life
        except Exception:
            log.exception("a media socket's life ended in a fault")
        finally:
            await socket.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
