"""Where carriers reach the engine: callers who come in, streams that end, what is told of legs.

A `CarrierDoor` is what one carrier sees of it. A signature holds for ever, and a carrier may deliver a
webhook twice; so a call is taken once: until its stream comes the same webhook gets the same answer, and
afterwards none that rings anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.carriers.contract import Arriving, LegNews, NotACall, StreamAt, TurnedAway
from engine.carriers.names import is_name
from engine.core.leg_events import Answerer
from engine.core.phone_numbers import NotANumber, called_number, caller_number
from engine.media.doors.rationed_log import RationedLog
from engine.media.messages import Started
from engine.media.tokens import StreamGrant, StreamTokens, stream_address
from engine.runtime.addresses import Addresses
from engine.runtime.arrivals import Arrival, Arrivals, new_call_name
from engine.runtime.beginnings import Beginnings
from engine.runtime.calls import LiveCall
from engine.runtime.clock import Clock
from engine.runtime.comebacks import Comebacks, Strays
from engine.runtime.legs.telephone import Telephone
from engine.runtime.metrics import Metrics
from engine.runtime.outward.parameters import collected
from engine.runtime.publishing import InService
from engine.store.store import Store
from engine.store.tables.carrier_legs import CarrierLeg
from engine.store.tables.carrier_records import CarrierRecord

log = logging.getLogger("cordboard.web")
_replays = RationedLog(log)

BUSY = "All of our lines are busy. Please call again in a few minutes."
CUT_OFF = "We are sorry, we were cut off. Please call again."
OVER = TurnedAway("over")


@dataclass(frozen=True, slots=True)
class Reception:
    """What the doors of all carriers share. `has_room` says whether another call is taken, `telephone` by
    whom legs are ended, None before the engine has begun."""

    calls: Mapping[str, LiveCall]
    arrivals: Arrivals
    tokens: StreamTokens
    store: Store
    clock: Clock
    beginnings: Beginnings
    comebacks: Comebacks
    strays: Strays
    metrics: Metrics
    addresses: Addresses
    takes_unsigned: bool
    has_room: Callable[[], bool]
    published: Callable[[], InService | None]
    telephone: Callable[[], Telephone | None]

    def door(self, carrier: str) -> CarrierDoor:
        return CarrierDoor(self, carrier)

    async def announced(self, carrier: str, started: Started) -> StreamGrant | None:
        """A call that is heard of by its stream alone: taken as if a webhook had announced it. One that was
        here before comes back, as if it had been asked what follows its last stream."""
        arriving = Arriving(started.carrier_call, started.caller, started.called, query=started.parameters)
        door = self.door(carrier)
        try:
            before = await self.store.carrier_desk.streams_taken(started.carrier_call)
            at = await (door.after(arriving, before - 1) if before else door.welcome(arriving))
        except NotACall:
            return None
        if isinstance(at, TurnedAway):
            return None
        return self.tokens.redeem(at.token, started.carrier_call, self.clock.now_s())


@dataclass(frozen=True, slots=True)
class CarrierDoor:
    """The engine as this carrier sees it."""

    reception: Reception
    carrier: str

    @property
    def public_url(self) -> str:
        return self.reception.addresses.public_url

    @property
    def carrier_url(self) -> str:
        return f"{self.public_url}/carriers/{self.carrier}"

    @property
    def stream_url(self) -> str:
        return self.reception.addresses.stream_url(self.carrier)

    @property
    def takes_unsigned(self) -> bool:
        return self.reception.takes_unsigned

    def now_s(self) -> float:
        return self.reception.clock.now_ms() / 1000

    # The caller's leg

    async def welcome(self, arriving: Arriving) -> StreamAt | TurnedAway:
        return await self._welcome(arriving, 0)

    async def after(self, arriving: Arriving, number: int) -> StreamAt | TurnedAway:
        reception = self.reception
        token = await reception.comebacks.next_stream(arriving.carrier_call, number)
        if token is not None:
            reception.metrics.webhooks.labels("returned").inc()
            return self._at(token, number + 1)
        follows = await reception.comebacks.what_follows(arriving.carrier_call, number)
        if follows == "begin_again":
            return await self._welcome(arriving, number + 1)
        return OVER if follows == "hang_up" else TurnedAway("cut_off", CUT_OFF)

    async def _welcome(self, arriving: Arriving, number: int) -> StreamAt | TurnedAway:
        """Connect the call's audio to us, or say why not."""
        reception, carrier_call = self.reception, arriving.carrier_call
        counted = reception.metrics.webhooks
        if not _is_whole(arriving):
            counted.labels("malformed").inc()
            raise NotACall("a call has a name, a caller and a called number")
        token = reception.arrivals.token_of((carrier_call, number))  # it's delivered again
        if token is None and await reception.comebacks.was_taken(carrier_call, number):
            counted.labels("replayed").inc()
            _replays.warn("call %s: its webhook came again after the call was taken: refused", carrier_call)
            return TurnedAway("taken")
        if token is None and not reception.has_room():
            counted.labels("no_room").inc()
            log.warning("call %s was turned away: no room", carrier_call)
            return TurnedAway("no_room", BUSY)
        try:
            token = token or self._announce(arriving, number)
        except NotANumber as refused:
            counted.labels("malformed").inc()
            log.warning("call %s was refused: %s", carrier_call, refused)
            raise NotACall(f"the caller's number or the called one: {refused}") from refused
        counted.labels("accepted").inc()
        return self._at(token, number)

    def _announce(self, arriving: Arriving, number: int) -> str:
        """A call is coming: the token that its stream has to bring. Raises NotANumber."""
        reception = self.reception
        published = reception.published()
        numbers = published.market.network.numbers if published is not None else {}
        to = called_number(arriving.called, next(iter(numbers), ""))
        own = numbers.get(to)
        if own is not None and own.carrier and own.carrier != self.carrier:
            log.warning("call %s to %s came in by %s", arriving.carrier_call, to, self.carrier)
        arrival = Arrival(
            new_call_name(reception.clock.now_ms()),
            self.carrier,
            arriving.carrier_call,
            caller_number(arriving.caller, to),
            to,
            arriving.leave,
            collected(arriving.query, arriving.sip_headers),
            returns=number,
            by_browser=arriving.by_browser,
        )
        return reception.arrivals.expect(arrival)

    def _at(self, token: str, number: int) -> StreamAt:
        return StreamAt(stream_address(self.stream_url, token), token, number)

    async def caller_ended(self, news: LegNews) -> None:
        reception = self.reception
        gone = reception.arrivals.take_all(news.carrier_call)
        try:
            await reception.beginnings.keep_gone(reception.published(), gone, "hung_up")
        finally:
            await reception.comebacks.caller_ended(self.carrier, news.carrier_call, news.duration_ms)

    # A leg that we dialled

    def answered(self, call: str, leg: str, carrier_call: str) -> StreamAt | TurnedAway:
        token = self.reception.comebacks.first_leg_stream(call, leg, carrier_call)
        return self._at(token, 0) if token else OVER

    def after_leg(self, call: str, leg: str, carrier_call: str, number: int) -> StreamAt | TurnedAway:
        token = self.reception.comebacks.next_leg_stream(call, leg, carrier_call, number)
        return self._at(token, number + 1) if token else OVER

    async def leg_news(self, call: str, leg: str, news: LegNews) -> None:
        reception = self.reception
        live = reception.calls.get(call)
        dialled = live.legs.get(leg) if live is not None else None
        if dialled is not None:
            dialled.news(news)
        elif live is None:
            if news.carrier_call:  # its worker may have died before it kept the name
                await reception.store.carrier_desk.name(
                    CarrierLeg(call, leg, self.carrier, news.carrier_call)
                )
            telephone = reception.telephone()
            if telephone is not None:
                await reception.strays.hang_up(telephone, self.carrier, call, news)
        if news.duration_ms is not None:
            now_ms = reception.clock.now_ms()
            await reception.store.keep_carrier_record(
                CarrierRecord(call, leg, self.carrier, news.duration_ms, now_ms)
            )

    def leg_answerer(self, call: str, leg: str, answerer: Answerer, said: str) -> None:
        live = self.reception.calls.get(call)
        dialled = live.legs.get(leg) if live is not None else None
        if dialled is not None:
            dialled.answerer(answerer, said)

    def pressed(self, carrier_call: str, digit: str) -> None:
        for live in self.reception.calls.values():
            for line in live.lines:
                if line.started.carrier_call == carrier_call:
                    line.key_came(digit)
                    return

    def malformed(self) -> None:
        self.reception.metrics.webhooks.labels("malformed").inc()


def _is_whole(arriving: Arriving) -> bool:
    """Whether it names a call that may go into addresses, and numbers that a terminal can show."""
    shown = arriving.caller + arriving.called
    return is_name(arriving.carrier_call) and bool(arriving.called) and shown.isprintable()
