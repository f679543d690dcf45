"""What /metrics tells Prometheus. A registry for each engine, so that two in one process do not mix."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from engine.store.errors import StoreError
from engine.store.outbox.letters import State

KEPT_MS = 1_000


class Metrics:
    """Counters of one engine."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.in_progress = Gauge("cordboard_calls_in_progress", "Calls in progress", registry=self.registry)
        self.started = Counter("cordboard_calls_started", "Calls that began", registry=self.registry)
        self.ended = Counter("cordboard_calls_ended", "Calls that ended", registry=self.registry)
        self.webhooks = Counter(
            "cordboard_webhooks",
            "Carrier webhooks by what became of them",
            ["outcome"],
            registry=self.registry,
        )
        self.sockets_refused = Counter(
            "cordboard_sockets_refused",
            "Media sockets that were sent away before their stream began",
            registry=self.registry,
        )

        self.connections = Gauge(
            "cordboard_http_connections", "Connections open at the HTTP port", registry=self.registry
        )
        self.connections_closed = Counter(
            "cordboard_http_connections_closed",
            "Connections that the HTTP port closed before their time: late, broken or too many",
            ["why"],
            registry=self.registry,
        )
        self.letters = Gauge(
            "cordboard_outbox_letters",
            "Letters to webhooks that the outbox keeps, by their state; delivered ones for seven days",
            ["state"],
            registry=self.registry,
        )

        self._making = asyncio.Lock()
        self._page, self._made_ms = b"", -KEPT_MS

    async def page(self, count_letters: Callable[[], Awaitable[Mapping[State, int]]], now_ms: int) -> bytes:
        """What Prometheus reads, at most KEPT_MS old: anybody may ask, as often as they like.

        `count_letters` asks how many the outbox keeps in each state, for all engines on its database.
        """
        async with self._making:
            if not 0 <= now_ms - self._made_ms < KEPT_MS:
                with contextlib.suppress(StoreError):  # the other metrics need no database
                    for state, number in (await count_letters()).items():
                        self.letters.labels(state).set(number)
                self._page, self._made_ms = generate_latest(self.registry), now_ms
            return self._page
