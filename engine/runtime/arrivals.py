"""Calls that the carrier has announced and whose audio is still to come.

A webhook announces a call (signed), and gets a one-time token; the stream brings the token back. What is
taken from the announcement is trusted, what the stream says of itself is not. A carrier's call is announced
once for each time that it is connected to us: announced again it has the same token, and none once its stream
came or came too late.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.core.events import CALLER
from engine.media.tokens import StreamGrant, StreamTokens

log = logging.getLogger("cordboard.calls")


REMEMBERED = 20_000  # connections that are over; those that were calls stand in the store for good

Connection = tuple[str, int]
"""The carrier's call, and how often it was brought back."""


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
    returns: int = 0  # how often it was brought back after its stream broke
    by_browser: bool = False  # practice, unless the network sells such calls

    @property
    def connection(self) -> Connection:
        return (self.carrier_call, self.returns)


@dataclass(frozen=True, slots=True)
class _Expected:
    arrival: Arrival
    token: str
    due: float


class Arrivals:
    """Announced calls by our name for them, forgotten when their stream does not come in time."""

    def __init__(self, tokens: StreamTokens, clock_s: Callable[[], float], timeout_s: float) -> None:
        self._tokens = tokens
        self._clock_s = clock_s
        self._timeout_s = timeout_s
        self._expected: dict[str, _Expected] = {}
        self._calls: dict[Connection, str] = {}
        self._over: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._expected)

    def expect(self, arrival: Arrival) -> str:
        """The token that the call's stream has to bring: the same while it is expected already.

        Earlier connections of the same carrier's call are over: the carrier asked what comes after them.
        """
        if (token := self.token_of(arrival.connection)) is not None:
            return token
        if arrival.returns:
            self.take_all(arrival.carrier_call)
        now = self._clock_s()
        grant = StreamGrant(arrival.call, CALLER, arrival.carrier_call)
        token = self._tokens.issue(grant, self._timeout_s, now)
        self._expected[arrival.call] = _Expected(arrival, token, now + self._timeout_s)
        self._calls[arrival.connection] = arrival.call
        return token

    def token_of(self, connection: Connection) -> str | None:
        """The unused token of one that is expected; None for any other."""
        call = self._calls.get(connection)
        return None if call is None else self._expected[call].token

    def is_over(self, connection: Connection) -> bool:
        """Whether its stream came, or came too late."""
        return connection in self._over

    def take(self, call: str) -> Arrival | None:
        """The announced call, once."""
        return self._end(call)

    def take_all(self, carrier_call: str) -> list[Arrival]:
        """Whatever is expected of this carrier's call, which will not come any more."""
        calls = [call for (name, _), call in self._calls.items() if name == carrier_call]
        return [arrival for call in calls if (arrival := self._end(call)) is not None]

    def use_up(self, connection: Connection) -> None:
        """It was here, as the next stream of a call that goes on."""
        self._over[connection] = None
        if len(self._over) > REMEMBERED:
            del self._over[next(iter(self._over))]

    def forget_late(self) -> list[Arrival]:
        """Drop, with a log line, the calls whose stream never came."""
        now = self._clock_s()
        late = [call for call, expected in self._expected.items() if expected.due <= now]
        dropped = [arrival for call in late if (arrival := self._end(call)) is not None]
        for arrival in dropped:
            log.warning("call %s (%s): its stream never started", arrival.call, arrival.carrier_call)
        return dropped

    def _end(self, call: str) -> Arrival | None:
        expected = self._expected.pop(call, None)
        if expected is None:
            return None
        connection = expected.arrival.connection
        del self._calls[connection]
        self.use_up(connection)
        return expected.arrival


def new_call_name(now_ms: int) -> str:
    """A name that sorts by time and cannot be guessed: 11 hex digits of milliseconds, 10 of chance."""
    return f"{now_ms:011x}{secrets.token_hex(5)}"
