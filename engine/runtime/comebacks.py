"""Phone calls that are with us already: streams that come back, and what the carrier tells of its calls.

Rules
1. A carrier that asks what comes after a stream of a call that goes on is given the next stream of that same
   call, once for each: asked again, it gets the same answer.
2. The carrier's own word that a caller or a leg is gone, or is there, counts more than the state of a socket.
3. A leg that rings for a call that is over is hung up.
4. A caller is brought back to the start of the flow where the stream broke or its engine died, and nowhere
   else: a call that ended otherwise is over, whatever the carrier asks, and however often.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.carriers.contract import LegNews
from engine.core.endings import CALLER_GONE
from engine.core.events import CALLER
from engine.media.tokens import StreamGrant, StreamTokens
from engine.runtime.arrivals import REMEMBERED, Arrivals
from engine.runtime.beginnings import Beginnings
from engine.runtime.callers_times import keep_callers_time
from engine.runtime.calls import LiveCall
from engine.runtime.clock import Clock
from engine.runtime.legs.telephone import RingFailed, Telephone
from engine.store.store import Store
from engine.store.tables.carrier_legs import CarrierName

log = logging.getLogger("cordboard.calls")

ENDING_WITHIN_S = 10.0  # carriers give a webhook 15 s
MOST_STREAMS = 20
"""Of one phone call: a stream that breaks again and again is not opened for ever."""
AGAIN_MS = 10_000
"""So long a leg that the carrier could not be told to end is left alone, whoever tells of it."""
MAX_RETURNS = 2  # how often a caller is brought back to the start of the flow
CUT_OFF: frozenset[str | None] = frozenset({*CALLER_GONE.values(), "interrupted", None})
"""How a record ended whose caller may still be there; None: it is open, and its engine dead."""

Next = Literal["hang_up", "give_up", "begin_again"]


@dataclass(frozen=True, slots=True)
class Comebacks:
    """What is known of the phone calls that this worker has. `calls` are those in progress, by name."""

    calls: Mapping[str, LiveCall]
    arrivals: Arrivals
    tokens: StreamTokens
    store: Store
    clock: Clock
    beginnings: Beginnings
    stream_timeout_s: float
    is_waiting: bool  # for streams that break

    async def was_taken(self, carrier_call: str, stream: int) -> bool:
        """Whether this stream of the carrier's call was here, with us or with another worker."""
        taken = await self.store.carrier_desk.streams_taken(carrier_call)
        # What came meanwhile is not in what was read, so memory is looked at afterwards.
        return taken > stream or self.arrivals.is_over((carrier_call, stream))

    async def next_stream(self, carrier_call: str, stream: int) -> str | None:
        """The token of what follows this stream of a call that goes on; None where none does."""
        live = self._in_progress(carrier_call)
        if live is None or stream >= MOST_STREAMS or not self.is_waiting:
            return None
        (name, found) = live
        self.arrivals.use_up((carrier_call, stream + 1))
        is_next = stream >= found.caller.stream
        token = found.caller.invite(stream, self._issuing(name, CALLER, carrier_call))
        if is_next:
            await self.beginnings.take_stream(carrier_call, stream + 1)
        return token

    def next_leg_stream(self, call: str, leg: str, carrier_call: str, stream: int) -> str:
        """The same of a dialled leg; "" where nobody waits for it."""
        live = self.calls.get(call)
        dialled = live.legs.get(leg) if live is not None and not live.machine.is_over else None
        if dialled is None or stream >= MOST_STREAMS or not self.is_waiting:
            return ""
        return dialled.invite(stream, self._issuing(call, leg, carrier_call))

    def first_leg_stream(self, call: str, leg: str, carrier_call: str) -> str:
        """The token of a leg's first stream, where its carrier asks for it; "" where nobody waits for it."""
        live = self.calls.get(call)
        dialled = live.legs.get(leg) if live is not None and not live.machine.is_over else None
        return "" if dialled is None else dialled.first_stream(self._issuing(call, leg, carrier_call))

    async def caller_ended(self, carrier: str, carrier_call: str, duration_ms: int | None) -> None:
        """The carrier says that the caller's call is over. How long it lasted bounds whatever was talked."""
        live = self._in_progress(carrier_call)
        if live is not None:
            live[1].caller.gone()
        if duration_ms is not None:
            if live is not None:
                await self.store.flush(live[0])
            now_ms = self.clock.now_ms()
            await keep_callers_time(self.store, carrier, carrier_call, duration_ms, now_ms)

    async def what_follows(self, carrier_call: str, stream: int) -> Next:
        """What becomes of a caller after this stream of a call that is not in progress any more."""
        for live in list(self.calls.values()):
            if live.caller.carrier_call == carrier_call:
                # Not `await`: a carrier that stops waiting would cancel what the whole call waits for.
                await asyncio.wait([live.finished], timeout=ENDING_WITHIN_S)
        last = await self.store.carrier_desk.last_part(carrier_call)
        if last is not None and last.reason not in CUT_OFF:
            return "hang_up"
        returns = stream if last is None else last.records - 1
        return "give_up" if returns >= MAX_RETURNS or stream >= MOST_STREAMS else "begin_again"

    def _in_progress(self, carrier_call: str) -> tuple[str, LiveCall] | None:
        for name, live in self.calls.items():
            if live.caller.carrier_call == carrier_call and not live.machine.is_over:
                return name, live
        return None

    def _issuing(self, call: str, leg: str, carrier_call: str) -> Callable[[], str]:
        grant = StreamGrant(call, leg, carrier_call)
        return lambda: self.tokens.issue(grant, self.stream_timeout_s, self.clock.now_s())


class Strays:
    """Legs that ring or talk for calls of ours that are over: each is ended once, however often it is told
    of."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._ended: dict[str, int | None] = {}  # until when they are not ended again; None: for good
        self._left: list[tuple[str, CarrierName]] = []
        self._ending: set[asyncio.Task[None]] = set()

    def leave(self, call: str, name: CarrierName) -> None:
        """A leg that a dead worker left; it is ended by `end_left`."""
        self._left.append((call, name))

    def end_left(self, telephone: Telephone) -> None:
        """Begin to end what dead workers left: the carrier may be too busy for an answer now."""
        left, self._left = self._left, []
        for call, (carrier, carrier_call) in left:
            task = asyncio.create_task(self._end(telephone, carrier, call, carrier_call))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Leave what is being ended to the carrier's next news."""
        for task in list(self._ending):
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def hang_up(self, telephone: Telephone, carrier: str, call: str, news: LegNews) -> bool:
        """End the leg of which there is news, where it is a stray; whether the carrier was asked to."""
        carrier_call = news.carrier_call
        if not carrier_call or news.state == "ended" or self._is_ended(carrier_call):
            return False
        if not await self._store.is_over(call) or self._is_ended(carrier_call):
            return False
        said = news.said or news.state
        log.warning(
            "call %s is over: its leg %s, which the carrier reports %s, is ended", call, carrier_call, said
        )
        await self._end(telephone, carrier, call, carrier_call)
        return True

    async def _end(self, telephone: Telephone, carrier: str, call: str, carrier_call: str) -> None:
        self._ended[carrier_call] = None
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]
        try:
            await telephone.end(carrier, carrier_call)
        except RingFailed as failed:
            self._ended[carrier_call] = self._clock.now_ms() + AGAIN_MS
            log.warning("call %s: the carrier was not told to end %s: %s", call, carrier_call, failed)

    def _is_ended(self, carrier_call: str) -> bool:
        until_ms = self._ended.get(carrier_call, 0)
        return until_ms is None or until_ms > self._clock.now_ms()
