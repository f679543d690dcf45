"""The carriers' names of dialled legs, by which a carrier is asked how long one lasted that we lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision: str | None = "0014"


def upgrade() -> None:
    op.create_table(
        "carrier_legs",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("carrier_call", sa.String(), nullable=False),
        sa.Column("lost_at", sa.BigInteger()),
        sa.Column("ask_at", sa.BigInteger()),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_carrier_legs_call")),
        sa.PrimaryKeyConstraint("call", "leg", name=op.f("pk_carrier_legs")),
    )
    op.create_index(
        "ix_carrier_legs_to_ask",
        "carrier_legs",
        ["ask_at"],
        sqlite_where=sa.text("ask_at IS NOT NULL"),
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("carrier_legs")
