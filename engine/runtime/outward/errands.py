"""What a call asks of others, over HTTP or of the store: each command is answered by its event.

Whatever breaks here is told as the failure of the errand: a caller must not wait for an answer that never
comes.
"""

from __future__ import annotations

import asyncio
import logging

from engine.core.commands import AskModel, Confirm, LookUp, Ping, ReleaseBid, Survey, TellBuyer
from engine.core.events import Bid, BidConfirmed, BidsIn, BuyerTold, CallArrived, LookedUp, Surveyed
from engine.core.model_events import ModelAnswer, ModelFailed
from engine.core.records import changed
from engine.exchange.bid_answers import ConfirmAnswer
from engine.exchange.terms import Network
from engine.runtime.legs.ears import Happens
from engine.runtime.outward.pinging import AskingCall, Confirmation
from engine.runtime.outward.tellings import tell_buyer
from engine.runtime.world import World

log = logging.getLogger("cordboard.calls")

PRACTICE = "nobody is asked or told in a practice call"


class Errands:
    """The errands of one call. `begin` comes first.

    Of a practice call no buyer hears: none is asked for a bid, none is told of its leg.
    """

    def __init__(self, world: World, network: Network, happens: Happens) -> None:
        self._world = world
        self._network = network
        self._happens = happens
        self._arrived: CallArrived | None = None
        self._confirmed: dict[str, asyncio.Event] = {}  # by confirmation, whether it is over

    def begin(self, arrived: CallArrived) -> None:
        self._arrived = arrived

    async def ping(self, command: Ping) -> None:
        if self._is_practice:
            nobody = tuple([Bid(each.buyer, "no_bid", detail=PRACTICE) for each in command.bidders])
            self._happens(lambda at: BidsIn(at, command.ping, nobody))
            return
        try:
            asked = await self._world.pinging.ask(command, self._asking())
            bids = tuple([self._network.dialling.held(bid) for bid in asked])
        except Exception as error:
            log.exception("bids could not be asked for")
            why = type(error).__name__
            bids = tuple([Bid(bidder.buyer, "failed", detail=why) for bidder in command.bidders])
        self._happens(lambda at: self._network.dialling.answered(BidsIn(at, command.ping, bids)))

    async def survey(self, command: Survey) -> None:
        standings = await self._world.surveys.of(command.campaign)
        self._happens(lambda at: Surveyed(at, command.campaign, standings))

    async def confirm(self, command: Confirm) -> None:
        name = command.confirmation
        is_over = self._confirmed[name] = asyncio.Event()
        try:
            said = await self._world.pinging.confirm(command, self._asking())
        except Exception as error:
            log.exception("a bid could not be confirmed")
            said = Confirmation(ConfirmAnswer(False, reason=type(error).__name__), 0, is_clear=False)
        finally:
            is_over.set()
        answer = said.answer
        event = BidConfirmed(0, name, answer.accepted, said.ms, answer.reason, answer.to, said.is_clear)
        held = self._network.dialling.answered(event)
        self._happens(lambda at: changed(held, at=at))

    def release_bid(self, command: ReleaseBid) -> None:
        """Begin to tell the bidder; what it is told must not overtake its confirmation."""
        confirmed = self._confirmed.get(command.confirmation)
        self._world.releases.tell(command, self._asking().call, after=confirmed)

    async def look_up(self, command: LookUp) -> None:
        try:
            found = await self._world.lookups.look_up(command, self._network.lookups.hosts)
        except Exception as error:
            log.exception("node %s: the lookup broke", command.node)
            found = LookedUp(0, command.lookup, "failed", detail=type(error).__name__)
        self._happens(lambda at: changed(found, at=at))

    async def ask_model(self, command: AskModel) -> None:
        said: ModelAnswer
        try:
            said = await self._world.models.ask(command, self._network.models)
        except Exception as error:
            log.exception("node %s: the model could not be asked", command.node)
            said = ModelFailed(0, command.asking, "failed", detail=type(error).__name__)
        self._happens(lambda at: changed(said, at=at))

    async def tell(self, command: TellBuyer) -> None:
        if self._is_practice:
            self._happens(lambda at: BuyerTold(at, command.leg, "failed", detail=PRACTICE))
            return
        try:
            told = await tell_buyer(command, self._world.outward, self._asking())
        except Exception as error:
            log.exception("buyer %s could not be told", command.buyer)
            told = BuyerTold(0, command.leg, "failed", detail=type(error).__name__)
        self._happens(lambda at: changed(told, at=at))

    @property
    def _is_practice(self) -> bool:
        return self._arrived is not None and self._arrived.practice

    def _asking(self) -> AskingCall:
        arrived, clock = self._arrived, self._world.clock
        assert arrived is not None, "a call asks nothing before it arrives"
        return AskingCall(arrived.call, arrived.caller_number, lambda: clock.now_ms() - arrived.started_at)
