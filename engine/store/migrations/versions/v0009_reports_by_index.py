"""What reports read of a call lies beside its name; and when the legs of the first calls were answered."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision: str | None = "0008"

# Kept since 0002, which did not fill it.
_ANSWERED = {
    "sqlite": (
        "UPDATE legs SET answered_at_ms = json_extract(body, '$.answered_at') WHERE answered_at_ms IS NULL"
    ),
    "postgresql": (
        "UPDATE legs SET answered_at_ms = (body::json->>'answered_at')::bigint WHERE answered_at_ms IS NULL"
    ),
}
_INDEXES = {
    "ix_calls_span": ("calls", ["started_at", "call", "campaign", "publisher", "flow"]),
    "ix_decisions_call_qualified": ("decisions", ["call", "qualified"]),
    "ix_legs_talks": (
        "legs",
        ["call", "buyer", "answered_at_ms", "accepted_at_ms", "bridged_at_ms", "ended_at_ms"],
    ),
    "ix_verdicts_reasons": (
        "verdicts",
        ["call", "billable", "seq", "n", "reason", "near_miss_by", "buyer"],
    ),
}


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_ANSWERED[op.get_bind().dialect.name])
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns, unique=False)
    op.drop_index("ix_calls_started_at_call", table_name="calls")  # ix_calls_span begins as it did


def downgrade() -> None:
    op.create_index("ix_calls_started_at_call", "calls", ["started_at", "call"], unique=False)
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
