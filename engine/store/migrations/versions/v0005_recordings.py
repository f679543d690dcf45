"""Recordings of calls: their files, what is silenced in them, and when they were deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("recording", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("channels", sa.String(), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("keep_ms", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("silenced", sa.Text(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("pruned_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_recordings_call")),
        sa.PrimaryKeyConstraint("call", "recording", name=op.f("pk_recordings")),
    )
    op.create_index(
        "ix_recordings_unfinished",
        "recordings",
        ["call"],
        sqlite_where=sa.text("complete IS NULL"),
        postgresql_where=sa.text("complete IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("recordings")
