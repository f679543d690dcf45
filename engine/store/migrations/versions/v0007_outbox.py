"""Webhooks and the letters to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"

_ENTRY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "outbox",
        sa.Column("entry", _ENTRY, autoincrement=True, nullable=False),
        sa.Column("webhook", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, server_default="waiting"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False, server_default=""),
        sa.Column("held_until", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False, server_default=""),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_outbox_call")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_outbox_delivery", "outbox", ["delivery"], unique=True)
    for name, columns in (("waiting", ["webhook", "call", "entry"]), ("due", ["webhook", "due_at"])):
        op.create_index(
            f"ix_outbox_{name}",
            "outbox",
            columns,
            unique=False,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        )
    op.create_index("ix_outbox_state_settled_at", "outbox", ["state", "settled_at"], unique=False)


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_table("webhooks")
