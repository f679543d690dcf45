"""Which calls are practice. Those that are there already are none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision: str | None = "0022"

SPAN = ["started_at", "call", "campaign", "publisher", "flow", "again_of"]


def upgrade() -> None:
    op.add_column("calls", sa.Column("practice", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index("ix_calls_span", table_name="calls")
    op.create_index("ix_calls_span", "calls", [*SPAN, "practice"])


def downgrade() -> None:
    op.drop_index("ix_calls_span", table_name="calls")
    op.create_index("ix_calls_span", "calls", SPAN)
    op.drop_column("calls", "practice")
