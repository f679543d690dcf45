"""The listening socket and all that came in by it.

A few connections are taken in a turn of the event loop, so that a crowd at the door holds up nobody inside.
Who has not been let in yet stands in the doorway, which has room for so many: the one who has stood there
longest makes room, for a carrier asks as soon as it is connected. The same frees a descriptor when there are
no more.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket as sockets
from collections.abc import Coroutine
from typing import Any

from engine.media.limits import Admit, SocketLimits
from engine.media.refusals import Refusals
from engine.media.socket import Handle, MediaSocket

log = logging.getLogger("cordboard.media")

_BACKLOG = 1024
_TAKEN_IN_A_TURN = 4
_OUT_OF_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_BREATH_S = 0.05


class Listener:
    """Made closed. `handle` runs for each socket that was let in; when it returns, the socket is closed."""

    def __init__(
        self, admit: Admit, handle: Handle, limits: SocketLimits, refusals: Refusals, max_in_doorway: int
    ) -> None:
        self.admit = admit
        self.limits = limits
        self.refusals = refusals
        self._handle = handle
        self._max_in_doorway = max_in_doorway
        self._loop = asyncio.get_running_loop()
        self._in_doorway: dict[MediaSocket, None] = {}
        self._inside: set[MediaSocket] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._accepting: list[asyncio.Task[None]] = []
        self._listening: list[sockets.socket] = []
        self._is_short = False

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
                one = sockets.create_server(same, family=family, backlog=_BACKLOG)
                one.setblocking(False)
                self._listening.append(one)
        except BaseException:
            for one in self._listening:
                one.close()
            raise
        self._accepting = [self._loop.create_task(self._accept(one)) for one in self._listening]

    async def close(self) -> None:
        """Stop listening, close every socket with 1001 and wait until their handlers are done."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        for one in self._listening:
            one.close()
        for stranger in list(self._in_doorway):
            stranger.abort()
        await asyncio.gather(*(socket.close(1001) for socket in list(self._inside)), return_exceptions=True)
        while self._tasks:
            await asyncio.wait(self._tasks)

    # For its sockets

    def entered(self, socket: MediaSocket) -> None:
        self._in_doorway.pop(socket, None)
        self._inside.add(socket)
        self._run(self._live(socket, self._handle(socket.path, socket)))

    def left(self, socket: MediaSocket) -> None:
        self._in_doorway.pop(socket, None)
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

    # The door

    async def _accept(self, listening: sockets.socket) -> None:
        while True:
            for _ in range(_TAKEN_IN_A_TURN):
                try:
                    connection, _address = await self._loop.sock_accept(listening)
                except OSError as error:
                    await self._not_accepted(error)
                    break
                self._is_short = False
                self._run(self._greet(connection))
            await asyncio.sleep(0)

    async def _not_accepted(self, error: OSError) -> None:
        """They left again, or we can have no more connections: then one who waits in the doorway goes."""
        if error.errno not in _OUT_OF_DESCRIPTORS:
            return
        if not self._is_short:
            self._is_short = True
            log.error(
                "no more media sockets can be opened: %s; the oldest of %d that wait at the door make room",
                error.strerror,
                len(self._in_doorway),
            )
        self._make_room()
        await asyncio.sleep(_BREATH_S)

    async def _greet(self, connection: sockets.socket) -> None:
        if len(self._in_doorway) >= self._max_in_doorway:
            self._make_room()
        socket = MediaSocket(self)
        self._in_doorway[socket] = None
        try:
            # Event loops do so only for sockets that say that they are TCP, and this one says nothing.
            connection.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(lambda: socket, connection)
        except OSError:
            connection.close()
            self.left(socket)

    def _make_room(self) -> None:
        for stranger in self._in_doorway:
            del self._in_doorway[stranger]
            stranger.abort()
            return
