"""Which records go on with an earlier one's phone call, and how long a broken stream kept a talk apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision: str | None = "0017"


def upgrade() -> None:
    op.add_column("calls", sa.Column("again_of", sa.String(), server_default="", nullable=False))
    op.add_column("legs", sa.Column("held_ms", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("legs", "held_ms")
    op.drop_column("calls", "again_of")
