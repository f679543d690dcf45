"""Those who are connected and have not been let in yet: there is room for so many, and newcomers find some.

Who was refused goes first, and then the one who has stood longest of the address that has most here: so a
crowd pushes out its own, and a carrier whose request is a packet late stays.
"""

from __future__ import annotations

from typing import Protocol


class Newcomer(Protocol):
    """A connection that waits; `abort` cuts it."""

    peer: str

    def abort(self) -> None: ...


class Doorway:
    """Made for `most` at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._refused: dict[Newcomer, None] = {}
        self._of_peer: dict[str, dict[Newcomer, None]] = {}
        self._number = 0

    def __len__(self) -> int:
        return self._number

    def came(self, one: Newcomer) -> None:
        if self._number >= self._most:
            self.make_room()
        self._of_peer.setdefault(one.peer, {})[one] = None
        self._number += 1

    def is_from(self, one: Newcomer, peer: str) -> None:
        """It came from this address, as the proxy says before which it stands. It is the last of those."""
        if one.peer != peer:
            self.left(one)
            one.peer = peer
            self.came(one)

    def is_refused(self, one: Newcomer) -> None:
        """It waits only for its refusal from now on."""
        if one in self._of_peer.get(one.peer, ()):
            self._refused[one] = None

    def left(self, one: Newcomer) -> None:
        """It was let in, or its connection is over."""
        of_peer = self._of_peer.get(one.peer, {})
        if one in of_peer:
            del of_peer[one]
            self._refused.pop(one, None)
            self._number -= 1
            if not of_peer:
                del self._of_peer[one.peer]

    def make_room(self) -> None:
        """Send one away, if there is anybody."""
        one = next(iter(self._refused), None) or self._longest_of_most()
        if one is not None:
            self.left(one)
            one.abort()

    def clear(self) -> None:
        while self._number:
            self.make_room()

    def _longest_of_most(self) -> Newcomer | None:
        if not self._of_peer:
            return None
        crowd = max(self._of_peer.values(), key=len)
        return next(iter(crowd))
