"""Takes connections in by small groups, so that a crowd at the door never holds up the calls that run.

The loops' own servers take in all who wait, hundreds in one turn. Here they wait in the system's queue.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

log = logging.getLogger("cordboard.web")

A_TURN = 4  # connections
QUEUE = 1024
NO_MORE_S = 0.5  # until it is tried again where no file may be opened any more


class Acceptor:
    """Listens on a socket until `close`."""

    def __init__(self, listener: socket.socket, make: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._joining: set[asyncio.Task[object]] = set()
        self._is_open = True
        listener.setblocking(False)
        listener.listen(QUEUE)
        self._watch()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._listener)

    async def wait_closed(self) -> None:
        """Returns when nobody is on the way in any more."""
        if self._joining:
            await asyncio.wait(self._joining)

    def _watch(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listener, self._take_in)

    def _take_in(self) -> None:
        for _ in range(A_TURN):
            try:
                taken, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no file may be opened
                log.error("no connection can be taken in: %s", error)
                self._loop.remove_reader(self._listener)
                self._loop.call_later(NO_MORE_S, self._watch)
                return
            taken.setblocking(False)
            joining = self._loop.create_task(self._join(taken))
            self._joining.add(joining)
            joining.add_done_callback(self._joining.discard)

    async def _join(self, taken: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make, taken)
        except OSError:
            taken.close()  # it was gone before it came
