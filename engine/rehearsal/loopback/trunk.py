"""What all calls of one carrier share, and Twilio's words for the state of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.rehearsal.loopback.clock import LineClock
from engine.rehearsal.loopback.timeline import Timeline
from engine.rehearsal.loopback.webhooks import Webhooks

API_VERSION = "2010-04-01"
Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"]
FINAL: frozenset[Status] = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
EndedBy = Literal["caller", "buyer", "engine", "carrier"]


@dataclass(frozen=True, slots=True)
class Trunk:
    """What all calls of one carrier share."""

    account_sid: str
    clock: LineClock
    timeline: Timeline
    webhooks: Webhooks
    patience_s: float
    longest_call_s: float
    signs_streams: bool
