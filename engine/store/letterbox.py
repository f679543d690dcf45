"""The store's side of telling others: who is told of calls, and the letters on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from engine.exchange.webhooks import Webhook
from engine.store import outbox, subscriptions
from engine.store.database import Database
from engine.store.outbox import Claim, Letter, Sent, State


class Letterbox:
    """Part of an opened store. `news` is set when something was put into the outbox in this process."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self.news = asyncio.Event()
        self._database = database
        self._clock = clock

    async def subscribe(self, webhooks: Mapping[str, Webhook]) -> None:
        """From now on these webhooks are told of calls, and no others."""
        async with self._database.writing() as connection:
            await subscriptions.subscribe(connection, webhooks)

    async def subscribed(self) -> Mapping[str, Webhook]:
        """The webhooks that are told of calls."""
        async with self._database.reading() as connection:
            return await subscriptions.subscribed(connection)

    async def is_due(self, now_ms: int) -> bool:
        """Whether any letter waits to be sent now."""
        async with self._database.reading() as connection:
            return await outbox.is_due(connection, now_ms)

    async def turn(self, sent: Sequence[Sent], claim: Claim) -> Sequence[Letter]:
        """Note what came of letters and claim the next ones, in one transaction."""
        async with self._database.writing() as connection:
            await outbox.settle(connection, claim.holder, sent)
            return await outbox.claim(connection, claim)

    async def leave(self, holder: str, sent: Sequence[Sent]) -> None:
        """Note what came of letters and let go of the others."""
        async with self._database.writing() as connection:
            await outbox.settle(connection, holder, sent)
            await outbox.let_go(connection, holder)

    async def tidy(self, known: Collection[str], before_ms: int) -> None:
        """Give up letters to webhooks that are no more, forget those that were delivered before then."""
        async with self._database.writing() as connection:
            await outbox.give_up_strangers(connection, sorted(known), self._clock())
            await outbox.prune(connection, before_ms)

    async def letters(self, states: Sequence[State], limit: int) -> Sequence[Letter]:
        """Letters in these states, newest first."""
        async with self._database.reading() as connection:
            return await outbox.find(connection, states, limit)

    async def counts(self) -> Mapping[str, int]:
        """How many letters are in each state."""
        async with self._database.reading() as connection:
            return await outbox.counts(connection)

    async def retry(self, entries: Sequence[int] | None) -> int:
        """Send dead letters again, all of them where none is named; how many."""
        async with self._database.writing() as connection:
            again = await outbox.retry(connection, entries, self._clock())
        self.news.set()
        return again
