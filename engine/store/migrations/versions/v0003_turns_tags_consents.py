"""What flows decide by clock or draw, what they note on a call, and what callers agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    _facts(
        "turns",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("exit", sa.String(), nullable=False),
    )
    _facts(
        "tags",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
    )
    _facts(
        "consents",
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_tags_name_value", "tags", ["name", "value"])


def downgrade() -> None:
    for table in ("consents", "tags", "turns"):
        op.drop_table(table)


def _facts(table: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        *columns,
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f(f"fk_{table}_call")),
        sa.PrimaryKeyConstraint("call", "seq", "n", name=op.f(f"pk_{table}")),
    )
