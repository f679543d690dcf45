"""Calls that the carrier has announced and whose audio is still to come.

A webhook announces a call (signed), and gets a one-time token; the stream brings the token back. What is
taken from the announcement is trusted, what the stream says of itself is not.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.core.events import CALLER
from engine.media.tokens import StreamGrant, StreamTokens

log = logging.getLogger("cordboard.calls")


@dataclass(frozen=True, slots=True)
class Arrival:
    """An announced call. `call` is our name for it, made when it was announced."""

    call: str
    carrier: str
    carrier_call: str
    caller_number: str
    called_number: str
    call_token: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)  # as they were sent, believed or not


class Arrivals:
    """Announced calls by our name for them, forgotten when their stream does not come in time."""

    def __init__(self, tokens: StreamTokens, clock_s: Callable[[], float], timeout_s: float) -> None:
        self._tokens = tokens
        self._clock_s = clock_s
        self._timeout_s = timeout_s
        self._expected: dict[str, tuple[Arrival, float]] = {}

    def __len__(self) -> int:
        return len(self._expected)

    def expect(self, arrival: Arrival) -> str:
        """The token that the call's stream has to bring."""
        now = self._clock_s()
        self._expected[arrival.call] = (arrival, now + self._timeout_s)
        grant = StreamGrant(arrival.call, CALLER, arrival.carrier_call)
        return self._tokens.issue(grant, self._timeout_s, now)

    def take(self, call: str) -> Arrival | None:
        """The announced call, once."""
        entry = self._expected.pop(call, None)
        return None if entry is None else entry[0]

    def forget_late(self) -> None:
        """Drop, with a log line, the calls whose stream never came."""
        now = self._clock_s()
        for call, (arrival, due) in list(self._expected.items()):
            if due <= now:
                del self._expected[call]
                log.warning("call %s (%s): its stream never started", call, arrival.carrier_call)


def new_call_name(now_ms: int) -> str:
    """A name that sorts by time and cannot be guessed: 11 hex digits of milliseconds, 10 of chance."""
    return f"{now_ms:011x}{secrets.token_hex(5)}"
