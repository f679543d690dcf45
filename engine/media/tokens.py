"""One-time stream tokens: they tie a media socket to a call that was signed for.

The voice webhook (signed) issues a token into its TwiML; the stream brings it back in `start`. A token works
once, for a short time, and only for the carrier's call that it was issued for, where that is known.

Each token has a *pass*, by which the stream's address ends. Who asks for a socket with a pass that is out is
expected, before a word was said; the pass alone opens no stream.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamGrant:
    """What a token stands for: this leg of this call, and the carrier's name for it once known."""

    call: str
    leg: str
    carrier_call: str | None


def pass_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def stream_address(base: str, token: str) -> str:
    """Where the stream of this token is expected. (Not every carrier takes a query there.)"""
    return f"{base}/{pass_of(token)}"


class StreamTokens:
    """The tokens out at the moment. Times are seconds of any one monotonic clock, given by the caller."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._out: dict[str, tuple[StreamGrant, float]] = {}
        """By their passes: the tokens themselves are not kept."""

    def __len__(self) -> int:
        return len(self._out)

    def issue(self, grant: StreamGrant, ttl_s: float, now: float) -> str:
        """A fresh token. When full, expired ones go first and then the oldest: a flood of webhooks may
        cost its own calls, never our memory."""
        if len(self._out) >= self._capacity:
            self._out = {name: entry for name, entry in self._out.items() if entry[1] > now}
            while len(self._out) >= self._capacity:
                del self._out[next(iter(self._out))]
        token = secrets.token_urlsafe(32)
        self._out[pass_of(token)] = (grant, now + ttl_s)
        return token

    def expects(self, pass_: str, now: float) -> bool:
        """Whether a token with this pass is out."""
        entry = self._out.get(pass_)
        return entry is not None and entry[1] > now

    def redeem(self, token: str, carrier_call: str, now: float) -> StreamGrant | None:
        """What the token stands for, once; None if unknown, used, expired or of another carrier call.

        A foreign call id leaves the token in place: whoever it was meant for may still come.
        """
        name = pass_of(token)
        entry = self._out.get(name)
        if entry is None:
            return None
        grant, expires_at = entry
        if expires_at > now and grant.carrier_call not in (None, carrier_call):
            return None
        del self._out[name]
        return grant if expires_at > now else None
