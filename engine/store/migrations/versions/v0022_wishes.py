"""Who does not want to be called any more, and who wants to be called back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision: str | None = "0021"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "opt_outs",
        sa.Column("step", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False, server_default=""),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("call", sa.String()),
        sa.Column("seq", sa.Integer()),
        sa.Column("n", sa.Integer()),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("action IN ('out', 'in')", name=op.f("ck_opt_outs_action")),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_opt_outs_call")),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_opt_outs")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_opt_outs_number", "opt_outs", ["number"])
    op.create_index("ix_opt_outs_mark", "opt_outs", ["mark"])
    op.create_index("ix_opt_outs_call", "opt_outs", ["call", "seq", "n"], unique=True)
    op.create_table(
        "callbacks",
        sa.Column("callback", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("is_callers_own", sa.Boolean(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
        sa.Column("done_by", sa.String(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_callbacks_call")),
        sa.PrimaryKeyConstraint("callback", name=op.f("pk_callbacks")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_callbacks_call", "callbacks", ["call", "seq", "n"], unique=True)
    op.create_index("ix_callbacks_number", "callbacks", ["number"])
    op.create_index("ix_callbacks_done_at", "callbacks", ["done_at"])


def downgrade() -> None:
    op.drop_table("callbacks")
    op.drop_table("opt_outs")
