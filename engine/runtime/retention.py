"""Keeps a network's retention, beside the calls: erases what was kept long enough, a little at a time.

Rules
1. A round erases a few calls, each in a transaction of its own, so that no call waits for it. It's a task of
   its own: leases are renewed while it erases, and while the file is swept.
2. The file is swept only while no call is in progress: it is rewritten whole, and nobody can write meanwhile.
   Once an hour is enough for what retention erased; who was forgotten by name does not wait, wherever that
   was asked for.
3. What somebody asked to be erased of a call in progress is erased in the round after its end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Self

from engine.accounts.forgetting import Holdings, erase_waiting
from engine.evidence.signing import KEY_FILE, signing_key
from engine.exchange.retention import Retention
from engine.media.prompts import PromptLibrary
from engine.runtime.clock import Clock
from engine.runtime.publishing import InService
from engine.runtime.recordings import prune
from engine.runtime.settings import Settings
from engine.store.store import Store
from engine.store.tables.erasures import What

log = logging.getLogger("cordboard.retention")

EVERY_MS = 10_000
LOOKS_EVERY_MS = 1_000
A_ROUND = 10  # calls of each kind
LETTERS_A_ROUND = 500
ALL_AGAIN_AFTER_MS = 3_600_000
LONGEST_CALL_MS = 86_400_000  # which began before others that are erased, and ended after them
SWEEP_EVERY_MS = 3_600_000
AGAIN_AFTER_MS = 600_000  # an erasure that failed is tried again


def holdings_of(store: Store, settings: Settings, library: PromptLibrary) -> Holdings:
    """Where an engine keeps what is not in its database; raises EvidenceError for an unusable signing key."""
    given = settings.signing_key
    key = signing_key(store.beside(KEY_FILE), given.get_secret_value() if given else None)
    return Holdings(settings.recordings_folder, key, library.forget_spoken)


class RetentionRounds:
    """Keeps the retention of the network that is in service, every EVERY_MS, for as long as `run` runs."""

    def __init__(
        self, store: Store, clock: Clock, holdings: Callable[[], Holdings], is_idle: Callable[[], bool]
    ) -> None:
        self._store = store
        self._clock = clock
        self.holdings = holdings
        self._is_idle = is_idle
        self._done_ms: int | None = None
        self._swept_ms: int | None = None
        # What began before then is done, and until when that is believed.
        self._looked: dict[What, tuple[int, int]] = {}
        self._seen: tuple[int, int] | None = None
        self._failing: set[int] = set()
        self._failed_ms = 0

    @classmethod
    def of(
        cls,
        store: Store,
        clock: Clock,
        settings: Settings,
        library: PromptLibrary,
        calls: Collection[str],
    ) -> Self:
        """Of an engine that is idle without `calls`."""
        return cls(store, clock, lambda: holdings_of(store, settings, library), lambda: not calls)

    async def run(self, in_service: Callable[[], InService | None]) -> None:
        """Until cancelled; a round that fails is tried again."""
        while True:
            published = in_service()
            if published is not None:
                try:
                    await self.round(published.market.network.retention)
                except Exception:
                    log.exception("retention failed; it is tried again")
            await self._clock.sleep(LOOKS_EVERY_MS)

    async def round(self, retention: Retention) -> None:
        """A round, if it is time for one."""
        now_ms = self._clock.now_ms()
        if self._done_ms is not None and now_ms - self._done_ms < EVERY_MS:
            return
        self._done_ms = now_ms
        await self.ask(retention, now_ms)
        await self._erase(now_ms)
        await self._forget_spoken()
        await self._sweep(now_ms)

    async def ask(self, retention: Retention, now_ms: int) -> None:
        """Find what was kept as long as the network wants; files and letters are deleted at once."""
        kinds: tuple[tuple[What, int | None], ...] = (
            ("transcripts", retention.transcripts_ms),
            ("answers", retention.answers_ms),
            ("numbers", retention.numbers_ms),
            ("journal", retention.journals_ms),
        )
        for what, kept_ms in kinds:
            if kept_ms is not None:
                await self._ask(what, now_ms, now_ms - kept_ms)
        if retention.recordings_ms is not None:
            await self._prune(now_ms, retention.recordings_ms)
        if retention.letters_ms is not None:
            await self._store.outbox.forget_settled(now_ms - retention.letters_ms, LETTERS_A_ROUND)

    async def _erase(self, now_ms: int) -> None:
        """What was asked for. What failed is passed over for a while, so it keeps nothing else waiting."""
        if now_ms - self._failed_ms >= AGAIN_AFTER_MS:
            self._failing.clear()
        erased = await erase_waiting(self._store, self.holdings, A_ROUND * 5, self._failing)
        if erased.failed:
            self._failing |= {each.erasure for each in erased.failed}
            self._failed_ms = now_ms

    async def _ask(self, what: What, now_ms: int, before_ms: int) -> None:
        """What was looked through is passed over, until everything is looked through again after a while."""
        since_ms, until_ms = self._looked.get(what, (0, 0))
        if now_ms >= until_ms or before_ms < since_ms:
            since_ms, until_ms = 0, now_ms + ALL_AGAIN_AFTER_MS
        found = await self._store.shredder.ask_due(what, (since_ms, before_ms), A_ROUND)
        done_ms = found[-1] if len(found) == A_ROUND else before_ms - LONGEST_CALL_MS
        self._looked[what] = (done_ms, until_ms)

    async def _forget_spoken(self) -> None:
        """Whoever erased somebody, this worker's own cache may still say them."""
        seen = await self._store.shredder.progress()
        if seen != self._seen:
            if seen[0]:
                await self.holdings().forget_spoken()
            self._seen = seen

    async def _prune(self, now_ms: int, kept_ms: int) -> None:
        try:
            await prune(self._store, self.holdings().recordings, now_ms, kept_ms, A_ROUND * 5)
        except OSError as error:
            log.error("recordings whose time is over can't be deleted: %s; mend their folder's rights", error)

    async def _sweep(self, now_ms: int) -> None:
        shredder = self._store.shredder
        is_time = self._swept_ms is None or now_ms - self._swept_ms >= SWEEP_EVERY_MS
        if not self._is_idle() or not await (shredder.has_traces() if is_time else shredder.is_awaited()):
            return
        if await shredder.sweep():
            self._swept_ms = now_ms
            log.info("the database's file no longer holds what was erased")
