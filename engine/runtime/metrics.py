"""What /metrics tells Prometheus. A registry for each engine, so that two in one process do not mix."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from engine.store.outbox.letters import State


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

    def text(self, letters: Mapping[State, int]) -> bytes:
        """`letters`: how many the outbox keeps in each state, for all engines on its database."""
        for state, number in letters.items():
            self.letters.labels(state).set(number)
        return generate_latest(self.registry)
