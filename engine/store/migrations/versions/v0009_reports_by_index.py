"""What reports count of a call lies beside its name: which buyers could take it, when legs were answered."""

from __future__ import annotations

import sqlalchemy as sa
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
_ELIGIBLE = {
    "sqlite": (
        "UPDATE decisions SET eligible = (SELECT json_group_array(json_extract(value, '$.buyer')) FROM "
        "json_each(decisions.body, '$.candidates') WHERE json_extract(value, '$.eligible')) WHERE qualified"
    ),
    "postgresql": (
        "UPDATE decisions SET eligible = (SELECT json_agg(one->>'buyer')::text FROM "
        "json_array_elements(body::json->'candidates') AS one WHERE (one->>'eligible')::boolean) "
        "WHERE qualified"
    ),
}
_INDEXES = {
    "ix_calls_span": ("calls", ["started_at", "call", "campaign", "publisher", "flow"]),
    "ix_decisions_eligible": ("decisions", ["call", "qualified", "eligible"]),
    "ix_steps_left": ("steps", ["call", "seq", "n", "node", "exit"]),
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
    op.add_column("decisions", sa.Column("eligible", sa.Text(), nullable=True))
    connection = op.get_bind()
    for statements in (_ANSWERED, _ELIGIBLE):
        connection.exec_driver_sql(statements[connection.dialect.name])
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns, unique=False)
    op.drop_index("ix_calls_started_at_call", table_name="calls")  # ix_calls_span begins as it did


def downgrade() -> None:
    op.create_index("ix_calls_started_at_call", "calls", ["started_at", "call"], unique=False)
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    op.drop_column("decisions", "eligible")
