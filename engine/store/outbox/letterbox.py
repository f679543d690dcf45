"""The store's side of telling others: who is told of calls, and the letters on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from engine.exchange.webhooks import Webhook
from engine.store.databases.database import Database
from engine.store.databases.transactions import Connection
from engine.store.outbox import letters as outbox
from engine.store.outbox import subscriptions
from engine.store.outbox.letters import Letter, LetterClaim, Sent, State
from engine.store.tables import erasures


class Letterbox:
    """Part of an opened store. `news` is set when something was put into the outbox in this process."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self.news = asyncio.Event()
        self._database = database
        self._clock = clock

    async def subscribe(self, webhooks: Mapping[str, Webhook]) -> None:
        """From now on these webhooks are told of calls, and no others."""
        await self._database.write(lambda connection: subscriptions.subscribe(connection, webhooks))

    async def subscribed(self) -> Mapping[str, Webhook]:
        """The webhooks that are told of calls."""
        return await self._database.read(subscriptions.subscribed)

    async def is_due(self, now_ms: int) -> bool:
        """Whether any letter waits to be sent now."""
        return await self._database.read(lambda connection: outbox.is_due(connection, now_ms))

    async def turn(self, sent: Sequence[Sent], claim: LetterClaim) -> Sequence[Letter]:
        """Note what came of letters and claim the next ones, in one transaction."""

        async def work(connection: Connection) -> Sequence[Letter]:
            await outbox.settle(connection, claim.holder, sent)
            return await outbox.claim(connection, claim)

        return await self._database.write(work)

    async def leave(self, holder: str, sent: Sequence[Sent]) -> None:
        """Note what came of letters and let go of the others."""

        async def work(connection: Connection) -> None:
            await outbox.settle(connection, holder, sent)
            await outbox.let_go(connection, holder)

        await self._database.write(work)

    async def tidy(self, known: Collection[str], before_ms: int) -> None:
        """Give up letters to webhooks that are no more, forget those that were delivered before then."""

        async def work(connection: Connection) -> None:
            await outbox.give_up_strangers(connection, sorted(known), self._clock())
            await outbox.prune(connection, before_ms)

        await self._database.write(work)

    async def forget_settled(self, before_ms: int, most: int) -> int:
        """Forget up to so many that were delivered, or failed for good, before then; how many."""
        if not await self._database.read(lambda connection: outbox.has_settled(connection, before_ms)):
            return 0

        async def work(connection: Connection) -> int:
            await erasures.leave_traces(connection, self._clock())
            return await outbox.forget_settled(connection, before_ms, most)

        return await self._database.write(work)

    async def letters(self, states: Sequence[State], limit: int) -> Sequence[Letter]:
        """Letters in these states, newest first."""
        return await self._database.read(lambda connection: outbox.find(connection, states, limit))

    async def counts(self) -> Mapping[State, int]:
        """How many letters are in each state."""
        return await self._database.read(outbox.counts)

    async def drop(self, entries: Sequence[int] | None) -> int:
        """Forget dead letters, all of them where none is named; how many."""
        return await self._database.write(lambda connection: outbox.drop(connection, entries))

    async def retry(self, entries: Sequence[int] | None) -> int:
        """Send dead letters again, all of them where none is named; how many."""
        again = await self._database.write(
            lambda connection: outbox.retry(connection, entries, self._clock())
        )
        self.news.set()
        return again
