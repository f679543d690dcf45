"""A blind for each entry of the ledger: its hash no longer lets a publisher guess who bought the call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    op.add_column("ledger", sa.Column("blind", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    raise NotImplementedError("a hash chain can't be undone; restore a backup instead")
