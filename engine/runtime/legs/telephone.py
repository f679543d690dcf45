"""How the engine reaches the telephone network: ring a number as a new leg, end a leg.

Only Twilio so far. A leg that is rung comes back as a media stream with a one-time token; what becomes of
it until then is told by status callbacks (`outcome_of`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from engine.core.events import LegOutcome
from engine.core.leg_events import Answerer
from engine.media.tokens import StreamGrant, StreamTokens, stream_address
from engine.media.twilio_rest import CarrierRefused, CarrierUnreachable, TwilioRest
from engine.media.twiml import connect_stream
from engine.runtime.clock import Clock

log = logging.getLogger("cordboard.calls")

# Twilio: the caller's number may not be shown without a CallToken, or not to this destination.
_NUMBER_NOT_OURS = frozenset({21210, 21212})
_NOBODYS_NUMBER = frozenset({21211, 21214, 21217, 13223, 13224, 13225})
"""Twilio: the number that was dialled is none, or can't be reached. Any other refusal is of us: our account,
our number, our request."""

LEAST_RING_MS = 3_000
"""What is left of a leg's time to ring is worth dialling for."""
PAUSE_MS = 1_000  # before a carrier is asked again that did not say when
LONGEST_PAUSE_MS = 5_000  # before it is asked again to end a leg
ENDINGS = 4  # how often it is asked to

OUTCOME_OF_STATUS: Mapping[str, LegOutcome] = {
    "busy": "busy",
    "no-answer": "noanswer",
    "failed": "failed",
    "canceled": "noanswer",
    "completed": "completed",
}


ANSWERER_OF_WORD: Mapping[str, Answerer] = {
    "human": "person",
    "machine_start": "machine",
    "machine_end_beep": "machine",
    "machine_end_silence": "machine",
    "machine_end_other": "machine",
    "fax": "machine",
}
"""Twilio: what AnsweredBy says picked up. Any other word says nothing (unknown)."""


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
    detects_machines: bool = False  # the carrier is asked what picks up, where it can tell


class RingFailed(Exception):
    """The carrier did not take the call; says why. `is_ours`: whoever was called had no part in it."""

    def __init__(self, why: str, *, is_ours: bool = False) -> None:
        super().__init__(why)
        self.is_ours = is_ours


class RingUnanswered(RingFailed):
    """The carrier was asked and did not answer: the leg may ring."""


class Telephone(Protocol):
    """A carrier account, as the engine uses it."""

    async def ring(self, ring: Ring, is_wanted: Callable[[], bool]) -> str:
        """Start ringing, while it `is_wanted`; the carrier's name for the leg. Raises RingFailed."""
        ...

    async def end(self, carrier_call: str, tries: int = ENDINGS) -> None:
        """End a leg, whatever state it is in. Raises RingFailed where the carrier could not be told."""
        ...


class TwilioTelephone:
    """Calls placed through Twilio's REST API, whose audio comes to `stream_url`.

    Rules
    1. Told to ask later (429, 503), or not heard at all, it asks again while the leg has time to ring.
    2. A request without an answer is not repeated: the phone may be ringing (`RingUnanswered`).
    """

    def __init__(
        self, rest: TwilioRest, tokens: StreamTokens, clock: Clock, stream_url: str, carrier_url: str
    ) -> None:
        """`carrier_url` is where the carrier's webhooks come in."""
        self._rest = rest
        self._tokens = tokens
        self._clock = clock
        self._stream_url = stream_url
        self._carrier_url = carrier_url

    async def ring(self, ring: Ring, is_wanted: Callable[[], bool]) -> str:
        shown = ring.caller_number if ring.caller_number and ring.call_token else ring.own_number
        until_ms = self._clock.now_ms() + ring.ring_timeout_ms
        while True:
            left_ms = until_ms - self._clock.now_ms()
            try:
                return await self._create(ring, shown, left_ms)
            except CarrierRefused as refused:
                if refused.code in _NUMBER_NOT_OURS and shown != ring.own_number:
                    shown = ring.own_number
                    continue
                if not refused.is_for_now:
                    raise RingFailed(str(refused), is_ours=refused.code not in _NOBODYS_NUMBER) from refused
                failed, pause_ms = str(refused), _pause_ms(refused.retry_after_s)
            except CarrierUnreachable as unreachable:
                if unreachable.is_sent:
                    raise RingUnanswered(str(unreachable), is_ours=True) from unreachable
                failed, pause_ms = str(unreachable), PAUSE_MS
            if until_ms - self._clock.now_ms() - pause_ms < LEAST_RING_MS:
                raise RingFailed(failed, is_ours=True)
            log.warning("leg %s of call %s is dialled again: %s", ring.leg, ring.call, failed)
            await self._clock.sleep(pause_ms)
            if not is_wanted():
                raise RingFailed(failed, is_ours=True)

    async def _create(self, ring: Ring, shown: str, ring_ms: int) -> str:
        ring_s = max(1, round(ring_ms / 1000))
        token = self._tokens.issue(StreamGrant(ring.call, ring.leg, None), ring_s + 60, self._clock.now_s())
        created = await self._rest.create_call(
            ring.to,
            shown,
            connect_stream(
                stream_address(self._stream_url, token),
                {"token": token},
                leg_after(self._carrier_url, ring.call, ring.leg),
            ),
            ring_s,
            f"{self._carrier_url}/status/{ring.call}/{ring.leg}",
            call_token=ring.call_token if shown == ring.caller_number else "",
            answerer_callback=f"{self._carrier_url}/answerer/{ring.call}/{ring.leg}"
            if ring.detects_machines
            else "",
        )
        return created.sid

    async def end(self, carrier_call: str, tries: int = ENDINGS) -> None:
        for tries_left in reversed(range(tries)):
            try:
                await self._rest.end_call(carrier_call)
                return
            except CarrierRefused as refused:
                if not refused.is_for_now or not tries_left:
                    raise RingFailed(str(refused)) from refused
                pause_ms = _pause_ms(refused.retry_after_s)
            except CarrierUnreachable as unreachable:
                if not tries_left:
                    raise RingFailed(str(unreachable)) from unreachable
                pause_ms = PAUSE_MS
            await self._clock.sleep(min(pause_ms, LONGEST_PAUSE_MS))


def leg_after(carrier_url: str, call: str, leg: str, stream: int = 0) -> str:
    """Where the carrier asks what comes after the leg's stream of this number."""
    return f"{carrier_url}/leg/{call}/{leg}/{stream}"


def _pause_ms(retry_after_s: float | None) -> int:
    return PAUSE_MS if retry_after_s is None else max(100, round(retry_after_s * 1000))
