"""The ledger as chains of hashes, carriers' records of legs, disputes, near misses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.ledger.chain import Link, hash_of
from engine.store.migrations.append_only import lift_append_only, make_append_only

revision = "0004"
down_revision: str | None = "0003"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("verdicts", sa.Column("near_miss_by", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_verdicts_buyer", "verdicts", ["buyer"], unique=False)
    op.add_column("ledger", sa.Column("position", sa.BigInteger(), nullable=False, server_default="0"))
    for name in ("hash", "why", "made_by"):
        op.add_column("ledger", sa.Column(name, sa.String(), nullable=False, server_default=""))
    lift_append_only("ledger")
    _chain_what_stands()
    make_append_only("ledger")
    op.create_index("uq_ledger_party_position", "ledger", ["party", "position"], unique=True)
    _carrier_records()
    _disputes()


def downgrade() -> None:
    raise NotImplementedError("a hash chain can't be undone; restore a backup instead")


def _chain_what_stands() -> None:
    names = ("call", "kind", "party", "buyer", "amount_micros", "currency", "posted_at")
    ledger = sa.table(
        "ledger", *map(sa.column, ("entry", "corrects", "position", "hash", "why", "made_by", *names))
    )
    connection = op.get_bind()
    heads: dict[str, tuple[int, str]] = {}
    positions: dict[int, int] = {}
    for row in connection.execute(sa.select(ledger).order_by(ledger.c.entry)).mappings().all():
        position, previous = heads.get(row["party"], (0, ""))
        link = Link(
            **{name: row[name] for name in names},
            position=position + 1,
            corrects=positions.get(row["corrects"]),
            why="",
            made_by="",
            previous=previous,
        )
        heads[link.party] = (link.position, hash_of(link))
        positions[row["entry"]] = link.position
        connection.execute(
            sa.update(ledger)
            .where(ledger.c.entry == row["entry"])
            .values(position=link.position, hash=hash_of(link))
        )


def _carrier_records() -> None:
    op.create_table(
        "carrier_records",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_carrier_records_call")),
        sa.PrimaryKeyConstraint("call", "leg", name=op.f("pk_carrier_records")),
    )
    op.create_index(
        "ix_carrier_records_open",
        "carrier_records",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("finding IS NULL"),
        postgresql_where=sa.text("finding IS NULL"),
    )


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("dispute", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_disputes_call")),
        sa.PrimaryKeyConstraint("dispute", name=op.f("pk_disputes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_disputes_call", "disputes", ["call"], unique=False)
    op.create_table(
        "dispute_decisions",
        sa.Column("dispute", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'partly', 'rejected')", name=op.f("ck_dispute_decisions_outcome")
        ),
        sa.ForeignKeyConstraint(["dispute"], ["disputes.dispute"], name=op.f("fk_dispute_decisions_dispute")),
        sa.PrimaryKeyConstraint("dispute", name=op.f("pk_dispute_decisions")),
    )
    for table in ("disputes", "dispute_decisions"):
        make_append_only(table)
