"""A carrier on loopback: it takes callers to the engine's webhook and rings buyers when the engine asks.

    async with LoopbackCarrier(sid, token, "http://127.0.0.1:8080/carriers/twilio/voice") as carrier:
        carrier.buyer("+15550111", Buyer.answers(presses=[(None, "1")], talk_s=95))
        call = await carrier.call("+15125550123", "+15550100", Caller.keys(["78701", "2", "1"]))

It plays Twilio, unless another part is given. The engine under rehearsal needs `carrier.settings`: its REST
address and secrets. Everything goes over real sockets on 127.0.0.1: signed webhooks, REST and one websocket a
stream. `speed` makes the carrier's time (rings, talk, audio, its durations) run faster than the wall's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from engine.rehearsal.loopback.acts import ActScript
from engine.rehearsal.loopback.buyers import BuyerPhone
from engine.rehearsal.loopback.calls import PhoneCall
from engine.rehearsal.loopback.clock import LineClock
from engine.rehearsal.loopback.conference import Conferences
from engine.rehearsal.loopback.inbound import InboundCall
from engine.rehearsal.loopback.outbound import OutboundCall
from engine.rehearsal.loopback.parts import (
    CarrierPart,
    Document,
    DocumentAt,
    NobodysNumber,
    StatusCallback,
    TellsAnswerer,
    Trunk,
)
from engine.rehearsal.loopback.posts import WebhookPost
from engine.rehearsal.loopback.serving import RestServer
from engine.rehearsal.loopback.timeline import Complaint, Happening, Timeline
from engine.rehearsal.loopback.twilio.part import TwilioPart

_CLOSE_TIMEOUT_S = 5


class LoopbackCarrier:
    """An async context manager; leaving it hangs up every call and waits until each has been reported.

    `patience_s` is how long people wait for a silent engine, `longest_call_s` how long any call may last
    (both in real seconds), before `call` raises RehearsalStuck. `status_url` is told how inbound calls
    ended. `other_buyers` answers for numbers that nobody was named for; without it such a number can't be
    reached. `signs_streams=False` leaves the signature off the websocket's upgrade.
    """

    def __init__(
        self,
        account_sid: str = "",
        auth_token: str = "",
        voice_url: str | None = None,
        speed: float = 1.0,
        *,
        status_url: str | None = None,
        other_buyers: BuyerPhone | None = None,
        patience_s: float = 30.0,
        longest_call_s: float = 900.0,
        signs_streams: bool = True,
        rest_port: int = 0,
        part: CarrierPart | None = None,
    ) -> None:
        self.part = part if part is not None else TwilioPart(account_sid, auth_token)
        self.voice_url = voice_url
        self.calls: dict[str, PhoneCall] = {}
        self._speed = speed
        self._status_url = status_url
        self._other_buyers = other_buyers if other_buyers is not None else BuyerPhone.fails()
        self._patience_s = patience_s
        self._longest_call_s = longest_call_s
        self._signs_streams = signs_streams
        self._rest_port = rest_port
        self._buyers: dict[str, list[BuyerPhone]] = {}
        self._listeners: list[Callable[[Happening], None]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._faults: list[BaseException] = []
        self.immovable: set[str] = set()  # numbers and calls that are given no other document

    async def __aenter__(self) -> Self:
        self._clock = LineClock(self._speed)
        self._timeline = Timeline(self._clock)
        for listener in self._listeners:
            self._timeline.listen(listener)
        self._post = WebhookPost()
        self.conferences = Conferences(self._clock)
        self._trunk = Trunk(
            part=self.part,
            clock=self._clock,
            timeline=self._timeline,
            post=self._post,
            patience_s=self._patience_s,
            longest_call_s=self._longest_call_s,
            signs_streams=self._signs_streams,
            conferences=self.conferences,
        )
        self.part.open(self._trunk)
        self._rest = RestServer(self.part.rest_api(self), self._rest_port)
        await self._rest.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for call in self.calls.values():
            call.end("carrier")
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=_CLOSE_TIMEOUT_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._rest.close()
        await self._post.close()
        if error is None and self._faults:
            raise self._faults[0]

    # Before and while calls run.

    @property
    def api_url(self) -> str:
        return self._rest.url

    @property
    def settings(self) -> Mapping[str, str]:
        """What an engine is to be told, so that it takes calls by this carrier."""
        return self.part.settings(self.api_url)

    @property
    def happenings(self) -> tuple[Happening, ...]:
        return tuple(self._timeline.happenings)

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """What the engine did that a carrier would log as an error, of all calls."""
        return tuple(self._timeline.complaints)

    @property
    def buyer_calls(self) -> tuple[PhoneCall, ...]:
        return tuple(call for call in self.calls.values() if call.person == "buyer")

    def on_event(self, listener: Callable[[Happening], None]) -> None:
        """`listener` is called with each happening as it happens; it must be quick."""
        self._listeners.append(listener)
        if hasattr(self, "_timeline"):
            self._timeline.listen(listener)

    def buyer(self, number: str, *conduct: BuyerPhone) -> None:
        """What happens when `number` is rung; of several, each call takes the next, and the last stays."""
        if not conduct:
            raise ValueError(f"buyer {number} needs at least one conduct, such as Buyer.answers()")
        self._buyers[number] = list(conduct)

    # Callers.

    async def call(
        self,
        from_: str,
        to: str,
        caller: ActScript,
        *,
        voice_url: str | None = None,
        place: Mapping[str, str] | None = None,
    ) -> PhoneCall:
        """A whole call, until it is over; raises RehearsalStuck when the engine leaves the caller waiting."""
        call, running = self._begin_inbound(from_, to, caller, voice_url, place)
        await running
        if call.stuck is not None:
            raise call.stuck
        return call

    def begin_call(
        self,
        from_: str,
        to: str,
        caller: ActScript,
        *,
        voice_url: str | None = None,
        place: Mapping[str, str] | None = None,
    ) -> PhoneCall:
        """The same, but returns at once; `await settled()` for its end, and look at `stuck`."""
        return self._begin_inbound(from_, to, caller, voice_url, place)[0]

    async def settled(self) -> None:
        """Returns when no call is up and every status has been delivered."""
        while self._running:
            await asyncio.wait(self._running)

    async def asked(self, within_s: float) -> bool:
        """Waits until the engine has read by REST each call whose end it could not be told.

        False where it didn't within that time.
        """
        unreported = [call.was_read.wait() for call in self.calls.values() if call.is_unreported]
        try:
            async with asyncio.timeout(within_s):
                await asyncio.gather(*unreported)
        except TimeoutError:
            return False
        return True

    def _begin_inbound(
        self, from_: str, to: str, caller: ActScript, voice_url: str | None, place: Mapping[str, str] | None
    ) -> tuple[PhoneCall, asyncio.Task[None]]:
        url = voice_url or self.voice_url
        if url is None:
            raise ValueError("no voice URL: give one to the carrier or to the call")
        callback = self.part.inbound_callback(url, self._status_url)
        call = InboundCall(
            self._trunk,
            from_=from_,
            to=to,
            caller=caller,
            voice=DocumentAt(url),
            callback=callback,
            place=place or {},
        )
        return call, self._start(call)

    # The REST API's desk.

    def dial(
        self,
        from_: str,
        to: str,
        document: Document,
        ring_timeout_s: float,
        callback: StatusCallback | None,
        *,
        tells_answerer: TellsAnswerer | None = None,
    ) -> PhoneCall:
        buyer = self._next_conduct(to)
        if buyer.pickup == "invalid":
            raise NobodysNumber(to)
        call = OutboundCall(
            self._trunk,
            from_=from_,
            to=to,
            buyer=buyer,
            document=document,
            ring_timeout_s=ring_timeout_s,
            callback=callback,
            tells_answerer=tells_answerer,
        )
        self._timeline.record(call.sid, "engine", "call_requested", f"{from_} → {to}")
        self._start(call)
        return call

    def find(self, sid: str) -> PhoneCall | None:
        return self.calls.get(sid)

    def note(self, call: str, what: str, refused: bool) -> None:
        self._timeline.record(call, "engine", "request_refused" if refused else "call_changed", what)

    def _next_conduct(self, number: str) -> BuyerPhone:
        conduct = self._buyers.get(number)
        if conduct is None:
            return self._other_buyers
        return conduct.pop(0) if len(conduct) > 1 else conduct[0]

    def _start(self, call: PhoneCall) -> asyncio.Task[None]:
        self.calls[call.sid] = call
        running = asyncio.create_task(call.run())
        self._running.add(running)
        running.add_done_callback(self._finished)
        return running

    def _finished(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        if not running.cancelled() and (fault := running.exception()) is not None:
            self._faults.append(fault)
