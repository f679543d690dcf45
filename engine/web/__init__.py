"""HTTP: the carrier's webhooks, the API, health and metrics."""
