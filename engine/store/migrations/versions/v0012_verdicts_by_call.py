"""Verdicts are looked up by their call; an index by buyer led reports through every row of the table."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    op.drop_index("ix_verdicts_buyer", table_name="verdicts")


def downgrade() -> None:
    op.create_index("ix_verdicts_buyer", "verdicts", ["buyer"], unique=False)
