"""What reports count by: when talks ended, who accepted, which decisions found a buyer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"

_SQLITE = (
    (
        "UPDATE legs SET ended_at_ms = json_extract(body, '$.ended_at'), "
        "accepted_at_ms = json_extract(body, '$.accepted_at')"
    ),
    (
        "UPDATE decisions SET qualified = 1 WHERE EXISTS (SELECT 1 FROM "
        "json_each(decisions.body, '$.candidates') WHERE json_extract(value, '$.eligible'))"
    ),
)
_POSTGRES = (
    (
        "UPDATE legs SET ended_at_ms = (body::json->>'ended_at')::bigint, "
        "accepted_at_ms = (body::json->>'accepted_at')::bigint"
    ),
    (
        "UPDATE decisions SET qualified = true WHERE EXISTS (SELECT 1 FROM "
        "json_array_elements(body::json->'candidates') AS one WHERE (one->>'eligible')::boolean)"
    ),
)


def upgrade() -> None:
    op.add_column("legs", sa.Column("ended_at_ms", sa.BigInteger(), nullable=True))
    op.add_column("legs", sa.Column("accepted_at_ms", sa.BigInteger(), nullable=True))
    op.add_column(
        "decisions", sa.Column("qualified", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for statement in _POSTGRES if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.get_bind().exec_driver_sql(statement)  # text() would read PostgreSQL's casts as parameters


def downgrade() -> None:
    for column in ("ended_at_ms", "accepted_at_ms"):
        op.drop_column("legs", column)
    op.drop_column("decisions", "qualified")
