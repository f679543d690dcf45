"""How moments are written wherever the store's content is shown."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(epoch_ms: int | None) -> str | None:
    """2026-11-22T10:00:00.000Z, and null for what has not happened."""
    return None if epoch_ms is None else iso_of(epoch_ms)


def iso_of(epoch_ms: int) -> str:
    """2026-11-22T10:00:00.000Z"""
    seconds, ms = divmod(epoch_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"
