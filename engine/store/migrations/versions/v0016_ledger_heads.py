"""Each party's count of entries and last hash beside the ledger; what a decision made of the payout."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision: str | None = "0015"


def upgrade() -> None:
    op.create_table(
        "ledger_heads",
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_ledger_heads")),
    )
    op.execute(
        "INSERT INTO ledger_heads (party, entries, hash) SELECT party, position, hash FROM ledger AS l "
        "WHERE position = (SELECT MAX(position) FROM ledger AS o WHERE o.party = l.party)"
    )
    op.add_column("dispute_decisions", sa.Column("payout_micros", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("dispute_decisions", "payout_micros")
    op.drop_table("ledger_heads")
