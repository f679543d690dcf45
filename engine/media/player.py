"""What waits in the carrier's player, by an account of what was sent against time.

The player plays one second of sound in a second, whatever it is sent. So what was sent and can't have been
played yet is waiting there, and whatever is sent now is heard behind it. Prompts and talk share the player.
"""

from __future__ import annotations

from engine.media import mulaw


def sound_s(payload_b64: bytes) -> float:
    """How long this much mu-law lasts."""
    padding = payload_b64.count(b"=", -2) if payload_b64[-1:] == b"=" else 0
    return (len(payload_b64) * 3 // 4 - padding) / mulaw.RATE_HZ


class Player:
    """One line's. Times are seconds of its `Pace`."""

    __slots__ = ("empty_at", "sent_s")

    def __init__(self) -> None:
        self.empty_at = 0.0
        """When all that was sent has been played, at the earliest."""
        self.sent_s = 0.0
        """All the sound that was ever sent."""

    def take(self, now: float, span_s: float) -> float:
        """So much is sent now. Gives when it begins to be heard."""
        begins_at = max(now, self.empty_at)
        self.empty_at = begins_at + span_s
        self.sent_s += span_s
        return begins_at

    def empty(self) -> None:
        """A clear was sent: nothing waits any more."""
        self.empty_at = 0.0
