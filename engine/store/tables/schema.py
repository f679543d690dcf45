"""The tables, as they are now. `migrations/` brings a database here; a test holds both equal.

Times ending in `_at` are milliseconds since 1970 (UTC), `at_ms` milliseconds since the call's start.
The tables of APPEND_ONLY are append-only: triggers refuse to change or delete a row. Of those in ERASABLE the
named columns may change, where an erasure of the row's call is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.store.tables.schema_calls import (
    answers,
    calls,
    consents,
    decisions,
    faults,
    journal,
    legs,
    metadata,
    recordings,
    revisions,
    steps,
    tags,
    turns,
    verdicts,
    voicemails,
)
from engine.store.tables.schema_erasing import erasures, forgettings, traces
from engine.store.tables.schema_trade import (
    bill_claims,
    carrier_legs,
    carrier_records,
    dispute_decisions,
    disputes,
    ledger,
    ledger_heads,
    outbox,
    pauses,
    reservations,
    streams_taken,
    webhooks,
)
from engine.store.tables.schema_wishes import callbacks, opt_outs

__all__ = [
    "APPEND_ONLY",
    "answers",
    "bill_claims",
    "callbacks",
    "calls",
    "carrier_legs",
    "carrier_records",
    "consents",
    "decisions",
    "dispute_decisions",
    "disputes",
    "erasures",
    "faults",
    "forgettings",
    "journal",
    "ledger",
    "ledger_heads",
    "legs",
    "metadata",
    "opt_outs",
    "outbox",
    "pauses",
    "recordings",
    "reservations",
    "revisions",
    "steps",
    "streams_taken",
    "tags",
    "traces",
    "turns",
    "verdicts",
    "voicemails",
    "webhooks",
]

APPEND_ONLY = ("dispute_decisions", "disputes", "ledger", "pauses", "verdicts")

ERASABLE: Mapping[str, tuple[str, ...]] = {
    "dispute_decisions": ("why",),
    "disputes": ("clause", "says", "proposal"),
    "verdicts": ("body",),
}
