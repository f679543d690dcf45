"""Entries of the ledger keep what made them: a verdict, a carrier's record, a dispute, an operator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision: str | None = "0013"


def upgrade() -> None:
    op.add_column("ledger", sa.Column("cause", sa.Text()))


def downgrade() -> None:
    op.drop_column("ledger", "cause")
