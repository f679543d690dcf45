"""An outbound call: the carrier rings a buyer for the engine, and tells it how that goes."""

from __future__ import annotations

import asyncio

from engine.rehearsal.loopback.buyers import BuyerPhone
from engine.rehearsal.loopback.calls import HangUpOrder, PhoneCall
from engine.rehearsal.loopback.parts import Document, StatusCallback, TellsAnswerer, Trunk
from engine.rehearsal.loopback.posts import WebhookFailed


class OutboundCall(PhoneCall):
    """The engine had a buyer's number dialled."""

    def __init__(
        self,
        trunk: Trunk,
        *,
        from_: str,
        to: str,
        buyer: BuyerPhone,
        document: Document,
        ring_timeout_s: float,
        callback: StatusCallback | None,
        tells_answerer: TellsAnswerer | None = None,
    ) -> None:
        """`tells_answerer` tells the engine what picked up, where it asked for that."""
        super().__init__(
            trunk, direction="outbound-api", from_=from_, to=to, script=buyer.script, callback=callback
        )
        self._buyer = buyer
        self._document = document
        self._ring_timeout_s = ring_timeout_s
        self._tells_answerer = tells_answerer

    async def _live(self) -> None:
        self.tell("initiated", "initiated")
        if self._buyer.pickup != "fails":
            self.status = "ringing"
            self.tell("ringing", "ringing")
        after_s = self._ring_timeout_s if self._buyer.pickup == "noanswer" else self._buyer.after_s
        if not await self._rings_for(min(after_s, self._ring_timeout_s)):
            return
        if self._buyer.pickup == "fails":
            self.over("failed", "carrier")
        elif after_s >= self._ring_timeout_s:
            self.over("no-answer", "carrier")
        elif self._buyer.pickup == "busy":
            self.over("busy", "buyer")
        else:
            self.answered()
            telling = asyncio.create_task(self._tell_answerer())
            try:
                await self._converse(self._document)
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)

    async def _tell_answerer(self) -> None:
        """What picked up, where the engine asked and the carrier finds out."""
        tell, said = self._tells_answerer, self._buyer.answered_by
        if tell is None or not said:
            return
        took_ms = round(self._buyer.told_after_s * 1000)
        await self.trunk.clock.sleep_ms(took_ms)
        try:
            await tell(self, said, took_ms)
        except WebhookFailed as failure:
            self.complain(failure.code, f"machine detection callback: {failure}")

    async def _rings_for(self, span_s: float) -> bool:
        """False when the engine ended the call meanwhile."""
        try:
            async with asyncio.timeout(self.trunk.clock.real_s(span_s * 1000)):
                order = await self._orders.get()
        except TimeoutError:
            return True
        self.over("canceled", order.by if isinstance(order, HangUpOrder) else "engine")
        return False
