"""What one socket at the media port may cost us, and how one is turned away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.media.budgets import Allowance
from engine.media.streams import Upgrade


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket may cost us."""

    max_message_bytes: int = 32_768
    max_pieces: int = 32
    """Fragments of one message; carriers send messages whole."""
    max_waiting_messages: int = 64
    """Read but not yet taken; beyond this nothing more is read."""
    max_buffered_bytes: int = 16_000_000
    """Sent but not taken by the other side: a quarter of an hour of prompts and more."""
    frames_before_trust: Allowance = field(default=Allowance(20))
    bytes_before_trust: Allowance = field(default=Allowance(32_768))
    frames: Allowance = field(default=Allowance(6_000, 500))
    """A minute and more of sound that a stalled network brings at once, and ten times its pace."""
    bytes: Allowance = field(default=Allowance(4_000_000, 200_000))
    control_frames: Allowance = field(default=Allowance(60, 5))
    handshake_timeout_s: float = 5.0
    refusal_after_s: float = 1.0
    """So long who is refused waits for it."""
    silence_s: float = 5.0
    """So long nothing may come, not one frame of sound, before we ask whether anybody is there."""
    answer_timeout_s: float = 5.0
    close_timeout_s: float = 2.0
    stranger_close_timeout_s: float = 0.5


@dataclass(frozen=True, slots=True)
class UpgradeRefusal:
    """An HTTP answer instead of a websocket."""

    status: int
    why: str
    kind: str = ""
    """What it has in common with others, where `why` tells more."""

    @property
    def what(self) -> str:
        return self.kind or self.why


Admit = Callable[[Upgrade], UpgradeRefusal | str]
"""A refusal, or the subprotocol to let it in with; "" for none."""
