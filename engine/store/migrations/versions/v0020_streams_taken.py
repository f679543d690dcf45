"""Which streams of a phone call were taken, whichever worker took them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision: str | None = "0018"


def upgrade() -> None:
    op.create_table(
        "streams_taken",
        sa.Column("phone_call", sa.String(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("phone_call", "stream", name="pk_streams_taken"),
    )


def downgrade() -> None:
    op.drop_table("streams_taken")
