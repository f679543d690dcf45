"""Who is to bill what may be owed but once for a caller, while that call goes on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    op.create_table(
        "bill_claims",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('revenue', 'payout')", name=op.f("ck_bill_claims_kind")),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_bill_claims_call")),
        sa.PrimaryKeyConstraint("call", "kind", "whose", name=op.f("pk_bill_claims")),
    )


def downgrade() -> None:
    op.drop_table("bill_claims")
