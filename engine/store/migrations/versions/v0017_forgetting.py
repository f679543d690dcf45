"""People who were forgotten, and what was erased of which call; bodies that may be erased for that alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.append_only import make_erasable

revision = "0017"
down_revision: str | None = "0016"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("calls", sa.Column("blind", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "forgettings",
        sa.Column("forgetting", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("forgetting", name=op.f("pk_forgettings")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_forgettings_person", "forgettings", ["person"])
    op.create_table(
        "erasures",
        sa.Column("erasure", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("forgetting", _NUMBER),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger()),
        sa.Column("root", sa.String(), nullable=False, server_default=""),
        sa.Column("digests", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("rebuilt", sa.Text()),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_erasures_call")),
        sa.ForeignKeyConstraint(
            ["forgetting"], ["forgettings.forgetting"], name=op.f("fk_erasures_forgetting")
        ),
        sa.PrimaryKeyConstraint("erasure", name=op.f("pk_erasures")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_erasures_call", "erasures", ["call", "what"])
    op.create_table(
        "traces",
        sa.Column("trace", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("trace", name=op.f("pk_traces")),
        sqlite_autoincrement=True,
    )
    make_erasable("verdicts", ("body",))
    make_erasable("disputes", ("clause", "says", "proposal"))
    make_erasable("dispute_decisions", ("why",), of_dispute=True)


def downgrade() -> None:
    raise NotImplementedError("what was erased can't be brought back; restore a backup instead")
