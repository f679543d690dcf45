"""How the engine reaches the telephone network: ring a number as a new leg, end a leg, by any carrier.

A leg that is rung comes back as a media stream with a one-time token; what becomes of it until then its
carrier tells (`LegNews`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from engine.carriers.contract import (
    CallLength,
    CarrierAccount,
    CarrierRefused,
    CarrierUnreachable,
    LegsToJoin,
    LegToRing,
    StreamAt,
)
from engine.core.leg_events import JoinFailure
from engine.media.tokens import StreamGrant, StreamTokens, stream_address
from engine.runtime.clock import Clock

log = logging.getLogger("cordboard.calls")

LEAST_RING_MS = 3_000
"""What is left of a leg's time to ring is worth dialling for."""
PAUSE_MS = 1_000  # before a carrier is asked again that did not say when
LONGEST_PAUSE_MS = 5_000  # before it is asked again to end a leg
ENDINGS = 4  # how often it is asked to


@dataclass(frozen=True, slots=True)
class Ring:
    """Whom to ring for which call by which carrier, and which number to show."""

    carrier: str
    call: str
    leg: str
    to: str
    caller_number: str  # "" when withheld
    own_number: str
    call_token: str  # the carrier's leave to show the caller's number; "" without
    ring_timeout_ms: int
    detects_machines: bool = False  # the carrier is asked what picks up, where it can tell
    caller_call: str = ""  # the caller's leg by this carrier's name; "" where another has it


class JoinRefused(Exception):
    """The carrier has not joined two legs; says why."""

    def __init__(self, code: JoinFailure, why: str) -> None:
        super().__init__(why)
        self.code: JoinFailure = code


class RingFailed(Exception):
    """The carrier did not take the call; says why. `is_ours`: whoever was called had no part in it."""

    def __init__(self, why: str, *, is_ours: bool = False) -> None:
        super().__init__(why)
        self.is_ours = is_ours


class RingUnanswered(RingFailed):
    """The carrier was asked and did not answer: the leg may ring."""


class Telephone(Protocol):
    """The carriers' accounts, as the engine uses them."""

    async def ring(self, ring: Ring, is_wanted: Callable[[], bool]) -> str:
        """Start ringing, while it `is_wanted`; the carrier's name for the leg. Raises RingFailed."""
        ...

    def detects_machines(self, carrier: str) -> bool:
        """Whether it can be asked what picks up."""
        ...

    async def end(self, carrier: str, carrier_call: str, tries: int = ENDINGS) -> None:
        """End a leg, whatever state it is in. Raises RingFailed where the carrier could not be told."""
        ...

    def joins(self, carrier: str) -> bool:
        """Whether this carrier can join two legs of its own by itself."""
        ...

    def keeps_streams(self, carrier: str) -> bool:
        """Whether the streams of legs that it has joined stay open, idle."""
        ...

    async def join(self, carrier: str, legs: LegsToJoin) -> None:
        """Have the carrier join them. Raises JoinRefused; their streams may be over all the same."""
        ...

    async def length(self, carrier: str, carrier_call: str) -> CallLength:
        """What the carrier has of a leg. Raises RingFailed where it can't be asked."""
        ...


class Switchboard:
    """Calls placed at carriers, whose audio comes to the media port.

    Rules
    1. Told to ask later, or not heard at all, a carrier is asked again while the leg has time to ring.
    2. A request without an answer is not repeated: the phone may be ringing (`RingUnanswered`).
    3. A carrier that won't show the caller's number is asked once more, with the number that was called.
    """

    def __init__(
        self,
        accounts: Mapping[str, CarrierAccount],
        tokens: StreamTokens,
        clock: Clock,
        stream_url: Callable[[str], str],
    ) -> None:
        """`stream_url` is where a carrier's streams come in."""
        self._accounts = accounts
        self._tokens = tokens
        self._clock = clock
        self._stream_url = stream_url

    async def ring(self, ring: Ring, is_wanted: Callable[[], bool]) -> str:
        account = self._account(ring.carrier)
        shown = ring.caller_number if ring.caller_number and ring.call_token else ring.own_number
        until_ms = self._clock.now_ms() + ring.ring_timeout_ms
        while True:
            left_ms = until_ms - self._clock.now_ms()
            try:
                return await account.ring(self._placing(ring, shown, left_ms))
            except CarrierRefused as refused:
                if refused.of == "shown" and shown != ring.own_number:
                    shown = ring.own_number
                    continue
                if not refused.is_for_now:
                    raise RingFailed(str(refused), is_ours=refused.of != "dialled") from refused
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

    def detects_machines(self, carrier: str) -> bool:
        account = self._accounts.get(carrier)
        return account is not None and account.capabilities.detects_machines

    def _account(self, carrier: str) -> CarrierAccount:
        account = self._accounts.get(carrier)
        if account is None:
            raise RingFailed(f"this engine speaks no carrier {carrier!r}", is_ours=True)
        return account

    def _placing(self, ring: Ring, shown: str, ring_ms: int) -> LegToRing:
        ring_s = max(1, round(ring_ms / 1000))

        def stream() -> StreamAt:
            grant = StreamGrant(ring.call, ring.leg, None)
            token = self._tokens.issue(grant, ring_s + 60, self._clock.now_s())
            return StreamAt(stream_address(self._stream_url(ring.carrier), token), token, 0)

        return LegToRing(
            ring.call,
            ring.leg,
            ring.to,
            shown,
            ring_s,
            stream,
            caller=ring.caller_number,
            leave=ring.call_token,
            caller_call=ring.caller_call,
            detects_machines=ring.detects_machines,
        )

    async def end(self, carrier: str, carrier_call: str, tries: int = ENDINGS) -> None:
        account = self._account(carrier)
        for tries_left in reversed(range(tries)):
            try:
                await account.end(carrier_call)
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

    def joins(self, carrier: str) -> bool:
        account = self._accounts.get(carrier)
        return account is not None and account.joins

    def keeps_streams(self, carrier: str) -> bool:
        account = self._accounts.get(carrier)
        return account is not None and account.streams_stay

    async def join(self, carrier: str, legs: LegsToJoin) -> None:
        try:
            await self._account(carrier).join(legs)
        except CarrierRefused as refused:
            raise JoinRefused("refused", str(refused)) from refused
        except (CarrierUnreachable, RingFailed) as unreachable:
            raise JoinRefused("unreachable", str(unreachable)) from unreachable

    async def length(self, carrier: str, carrier_call: str) -> CallLength:
        try:
            return await self._account(carrier).length(carrier_call)
        except (CarrierRefused, CarrierUnreachable) as failed:
            raise RingFailed(str(failed)) from failed


def _pause_ms(retry_after_s: float | None) -> int:
    return PAUSE_MS if retry_after_s is None else max(100, round(retry_after_s * 1000))
