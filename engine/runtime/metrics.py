"""What /metrics tells Prometheus. A registry for each engine, so that two in one process do not mix."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


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

    def text(self) -> bytes:
        return generate_latest(self.registry)
