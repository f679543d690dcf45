"""Wrong API tokens: told in the log without flooding it, and answered ever more slowly.

A peer may be wrong ten times a minute. After that one of its tokens in five seconds is looked at, and every
other request of it is refused unlooked, so that nobody tries a thousand. A right token that is looked at
counts as ever, but may have to come again. Behind a proxy that isn't in `CORDBOARD_TRUSTED_PROXIES` all
clients are one peer, and wait for one who guesses.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

log = logging.getLogger("cordboard.web")

FREE = 10  # wrong tokens of a peer within WINDOW_MS
WINDOW_MS = 60_000
LOOK_EVERY_MS = 5_000
LOG_EVERY_MS = 10_000
MOST_PEERS = 10_000


@dataclass(slots=True)
class _Peer:
    since_ms: int
    wrong: int = 0
    looked_ms: int = -LOOK_EVERY_MS
    logged_ms: int = -LOG_EVERY_MS
    untold: int = 0


class WrongTokens:
    """What this worker knows of peers that came with a wrong token."""

    def __init__(self) -> None:
        self._peers: OrderedDict[str, _Peer] = OrderedDict()

    def may_be_looked_at(self, peer: str, now_ms: int) -> bool:
        """Whether the peer's token is compared at all."""
        known = self._peers.get(peer)
        if known is None or known.wrong < FREE:
            return True
        if now_ms - known.since_ms >= WINDOW_MS:
            del self._peers[peer]
            return True
        if now_ms - known.looked_ms >= LOOK_EVERY_MS:
            known.looked_ms = now_ms
            return True
        self._told(peer, known, now_ms)
        return False

    def was_wrong(self, peer: str, now_ms: int) -> None:
        known = self._peers.pop(peer, None)
        if known is None or now_ms - known.since_ms >= WINDOW_MS:
            known = _Peer(now_ms)
        self._peers[peer] = known
        known.wrong += 1
        known.looked_ms = now_ms
        if known.wrong >= FREE:
            known.since_ms = now_ms  # who goes on has to rest from now on
        self._told(peer, known, now_ms)
        while len(self._peers) > MOST_PEERS:
            self._peers.popitem(last=False)

    @staticmethod
    def _told(peer: str, known: _Peer, now_ms: int) -> None:
        known.untold += 1
        if now_ms - known.logged_ms < LOG_EVERY_MS:
            return
        log.warning("%s: %d requests to the API with a wrong token", peer, known.untold)
        known.logged_ms, known.untold = now_ms, 0
