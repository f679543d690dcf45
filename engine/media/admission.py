"""Who may wait at the media port for their start, so that those who are expected always can.

Rules
1. A socket whose path ends in a pass that is out is expected: it waits beside whatever crowd there is. A pass
   lets in `A_PASS` at once; more of one pass are those who saw it, and not the carrier.
2. All others share `max_waiting` places, of which one address has `max_of_a_peer`. Where streams are signed
   they were asked for their signature before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from engine.media.limits import UpgradeRefusal

A_PASS = 3


class Admission:
    """The places in which sockets wait until they have shown their token."""

    def __init__(self, expects: Callable[[str], bool], max_waiting: int, max_of_a_peer: int) -> None:
        self._expects = expects
        self._max_waiting = max_waiting
        self._max_of_a_peer = max_of_a_peer
        self._by_pass: Counter[str] = Counter()
        self._by_peer: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        return self._by_pass.total() + self._by_peer.total()

    def refusal(self, pass_: str, peer: str) -> UpgradeRefusal | None:
        """Why there is no place for this one; "" is no pass."""
        if pass_:
            if not self._expects(pass_):
                return UpgradeRefusal(404, "no stream is expected at this address, or no longer")
            if self._by_pass[pass_] >= A_PASS:
                return UpgradeRefusal(503, "its stream is being opened already")
            return None
        others = self._by_peer.total()
        if others >= self._max_waiting:
            return UpgradeRefusal(503, f"{others} sockets have not started yet", "no place")
        if self._by_peer[peer] >= self._max_of_a_peer:
            why = f"{self._by_peer[peer]} sockets of this address have not started yet"
            return UpgradeRefusal(503, why, "no place")
        return None

    def take(self, pass_: str, peer: str) -> Callable[[], None]:
        """A place, until it is given back by what is returned."""
        counted, name = (self._by_pass, pass_) if pass_ else (self._by_peer, peer)
        counted[name] += 1

        def give_back() -> None:
            counted[name] -= 1
            if counted[name] <= 0:
                del counted[name]

        return give_back
