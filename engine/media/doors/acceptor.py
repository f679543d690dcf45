"""Takes connections in by small groups, so that a crowd at the door never holds up the calls that run.

The loops' own servers take in all who wait, hundreds in one turn. Here they wait in the system's queue: a few
are taken in a turn, with a breath after a full group. Where no file may be opened any more, somebody who
waits inside makes room.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

A_TURN = 4  # connections
QUEUE = 1024
BREATH_S = 0.002
NO_MORE_S = 0.05  # until it is tried again where no file may be opened any more

_NO_MORE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """Listens on a socket until `close`, which leaves the socket open."""

    def __init__(
        self,
        listener: socket.socket,
        make: Callable[[str], asyncio.BaseProtocol],
        make_room: Callable[[], None],
        log: logging.Logger,
    ) -> None:
        """`make` gets the peer's address and gives what speaks with it."""
        self._listener = listener
        self._make = make
        self._make_room = make_room
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._joining: set[asyncio.Task[object]] = set()
        self._is_open = True
        self._is_short = False
        # Connections inherit it. Without it the last piece of an answer waits for the other side's receipt.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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

    def _rest(self, for_s: float) -> None:
        self._loop.remove_reader(self._listener)
        self._loop.call_later(for_s, self._watch)

    def _take_in(self) -> None:
        for number in range(A_TURN):
            try:
                taken, address = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _NO_MORE:
                    if number:  # the last file went to the one before; it is not known whether more wait
                        break
                    self._no_more(error)
                    return
                continue  # that one left again
            self._is_short = False
            taken.setblocking(False)
            joining = self._loop.create_task(self._join(taken, str(address[0])))
            self._joining.add(joining)
            joining.add_done_callback(self._joining.discard)
        self._rest(BREATH_S)

    def _no_more(self, error: OSError) -> None:
        if not self._is_short:
            self._is_short = True
            self._log.error("no connection can be taken in: %s; one that waits makes room", error.strerror)
        self._make_room()
        self._rest(NO_MORE_S)

    async def _join(self, taken: socket.socket, peer: str) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: self._make(peer), taken)
        except OSError:
            taken.close()  # it was gone before it came
