"""Telling bidders that a call which they took does not come to them, so that the place may go to another.

A release is sent beside the call and after it, up to three times; any 2xx ends it. It says as `request` and
`id` what the confirmation said, and the same however often it comes. A worker that dies in the middle of a
call leaves it to who closes the call. What nobody could deliver is a warning in the log: a bidder's own
reservation should run out by itself.
"""

from __future__ import annotations

import asyncio
import logging

from engine.core.commands import ReleaseBid
from engine.runtime.outward.pinging import request_of
from engine.runtime.outward.requests import Outward, OutwardFailed

log = logging.getLogger("cordboard.bids")

RETRY_AFTER_MS = (2_000, 10_000)
FAREWELL_S = 3.0


class BidReleases:
    """The releases on their way, of all calls of this worker."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward
        self._on_their_way: set[asyncio.Task[None]] = set()

    def tell(self, release: ReleaseBid, call: str, after: asyncio.Event | None = None) -> None:
        """Begin to tell the bidder, once `after` has happened."""
        task = asyncio.create_task(self._deliver(release, call, after), name=f"release of call {call}")
        self._on_their_way.add(task)
        task.add_done_callback(self._on_their_way.discard)

    async def close(self) -> None:
        """Give what is on its way a moment to arrive."""
        if self._on_their_way:
            await asyncio.wait(self._on_their_way, timeout=FAREWELL_S)
        for task in list(self._on_their_way):
            task.cancel()
        await asyncio.gather(*self._on_their_way, return_exceptions=True)

    async def _deliver(self, release: ReleaseBid, call: str, after: asyncio.Event | None) -> None:
        if after is not None:
            await after.wait()
        failure = await self._send(release, call)
        for rest_ms in RETRY_AFTER_MS:
            if failure is None:
                return
            await self._outward.clock.sleep(rest_ms)
            failure = await self._send(release, call)
        if failure is not None:
            log.warning(
                "call %s: bidder %s was not told that the call does not come (%s): %s",
                call,
                release.bidder.buyer,
                release.reason,
                failure,
            )

    async def _send(self, release: ReleaseBid, call: str) -> str | None:
        """None where it was taken, else why not."""
        bidder = release.bidder
        content = {"request": request_of(call, release.ping), "id": release.bid, "reason": release.reason}
        try:
            reply = await self._outward.post(bidder.url, content, bidder.timeout_ms, bidder.secret)
        except OutwardFailed as failed:
            return str(failed)
        return None if reply.is_success else reply.refusal
