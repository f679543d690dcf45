"""How a campaign's buyers stand, for calls that choose by it: asked of the store, kept for a few seconds.

Calls that come together share one survey. What this worker offers meanwhile is noted in it at once, or the
calls of those seconds would all go to the same buyer.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from engine.core.events import Standing
from engine.core.records import changed
from engine.runtime.clock import Clock
from engine.store.store import Store

log = logging.getLogger("cordboard.surveys")

KEPT_MS = 5_000
LATELY_MS = 14 * 24 * 60 * 60 * 1000
PATIENCE_S = 3.0  # a caller waits meanwhile


@dataclass(slots=True)
class _Kept:
    until_ms: int = 0
    standings: dict[str, Standing] = field(default_factory=dict)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Surveys:
    """The surveys of one worker."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def of(self, campaign: str) -> tuple[Standing, ...]:
        """Never raises: where the store does not answer, an older survey serves, or none."""
        kept = self._kept.setdefault(campaign, _Kept())
        async with kept.asking:
            if self._clock.now_ms() >= kept.until_ms:
                try:
                    kept.standings = await asyncio.wait_for(self._ask(campaign), PATIENCE_S)
                except Exception:
                    log.exception("campaign %s: how its buyers stand is not known now", campaign)
                kept.until_ms = self._clock.now_ms() + KEPT_MS
        return tuple(kept.standings.values())

    def offered(self, campaign: str, buyer: str) -> None:
        """A call is on its way to the buyer."""
        kept = self._kept.get(campaign)
        if kept is not None:
            known = kept.standings.get(buyer, Standing(buyer))
            kept.standings[buyer] = changed(known, last_offered_at=self._clock.now_ms())

    async def _ask(self, campaign: str) -> dict[str, Standing]:
        standings = await self._store.standings(campaign, self._clock.now_ms() - LATELY_MS)
        for buyer, why in (await self._store.paused(campaign)).items():
            standings[buyer] = changed(standings.get(buyer, Standing(buyer)), paused=why)
        return standings
