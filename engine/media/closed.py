"""How a media socket was closed, and the codes that we close one with."""

from __future__ import annotations

POLICY_VIOLATION = 1008
UNSUPPORTED_DATA = 1003
INTERNAL_ERROR = 1011
_THEIR_FAULT = frozenset({1002, 1007, 1008, 1009})
"""Codes with which frames are answered: broken ones, broken text, too many, a message over the limit."""


class SocketClosed(Exception):
    """The socket is closed. `code` is the one that was first sent; 1006 when the connection just broke."""

    def __init__(self, code: int, by_us: bool, why: str = "") -> None:
        who = "us" if by_us else "the other side"
        super().__init__(f"closed with {code} by {who}" + (f", {why}" if why and by_us else ""))
        self.code = code
        self.by_us = by_us

    @property
    def for_bad_frames(self) -> bool:
        """We closed, because what came was no websocket traffic that we take."""
        return self.by_us and self.code in _THEIR_FAULT
