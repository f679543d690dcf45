"""How the engine reaches the telephone network: ring a number as a new leg, end a leg.

Only Twilio so far. A leg that is rung comes back as a media stream with a one-time token; what becomes of
it until then is told by status callbacks (`outcome_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from engine.core.events import LegOutcome
from engine.media.tokens import StreamGrant, StreamTokens, stream_address
from engine.media.twilio_rest import CarrierRefused, CarrierUnreachable, TwilioRest
from engine.media.twiml import connect_stream

# Twilio: the caller's number may not be shown without a CallToken, or not to this destination.
_NUMBER_NOT_OURS = frozenset({21210, 21212})

OUTCOME_OF_STATUS: Mapping[str, LegOutcome] = {
    "busy": "busy",
    "no-answer": "noanswer",
    "failed": "failed",
    "canceled": "noanswer",
    "completed": "completed",
}


@dataclass(frozen=True, slots=True)
class Ring:
    """Whom to ring for which call, and which number to show."""

    call: str
    leg: str
    to: str
    caller_number: str  # "" when withheld
    own_number: str
    call_token: str  # the carrier's leave to show the caller's number; "" without
    ring_timeout_ms: int


class RingFailed(Exception):
    """The carrier did not take the call; says why."""


class Telephone(Protocol):
    """A carrier account, as the engine uses it."""

    async def ring(self, ring: Ring) -> str:
        """Start ringing; the carrier's name for the leg. Raises RingFailed."""
        ...

    async def end(self, carrier_call: str) -> None:
        """End a leg, whatever state it is in. Raises RingFailed where the carrier could not be told."""
        ...


class TwilioTelephone:
    """Calls placed through Twilio's REST API, whose audio comes to `stream_url`."""

    def __init__(
        self,
        rest: TwilioRest,
        tokens: StreamTokens,
        clock_s: Callable[[], float],
        stream_url: str,
        status_url: str,
    ) -> None:
        self._rest = rest
        self._tokens = tokens
        self._clock_s = clock_s
        self._stream_url = stream_url
        self._status_url = status_url

    async def ring(self, ring: Ring) -> str:
        shown = ring.caller_number if ring.caller_number and ring.call_token else ring.own_number
        try:
            return await self._create(ring, shown, ring.call_token if shown == ring.caller_number else "")
        except CarrierRefused as refused:
            if refused.code not in _NUMBER_NOT_OURS or shown == ring.own_number:
                raise RingFailed(str(refused)) from refused
        except CarrierUnreachable as unreachable:
            raise RingFailed(str(unreachable)) from unreachable
        try:
            return await self._create(ring, ring.own_number, "")
        except (CarrierRefused, CarrierUnreachable) as failed:
            raise RingFailed(str(failed)) from failed

    async def _create(self, ring: Ring, shown: str, call_token: str) -> str:
        ring_s = max(1, round(ring.ring_timeout_ms / 1000))
        token = self._tokens.issue(StreamGrant(ring.call, ring.leg, None), ring_s + 60, self._clock_s())
        created = await self._rest.create_call(
            ring.to,
            shown,
            connect_stream(stream_address(self._stream_url, token), {"token": token}),
            ring_s,
            f"{self._status_url}/{ring.call}/{ring.leg}",
            call_token=call_token,
        )
        return created.sid

    async def end(self, carrier_call: str) -> None:
        try:
            await self._rest.end_call(carrier_call)
        except (CarrierRefused, CarrierUnreachable) as failed:
            raise RingFailed(str(failed)) from failed
