"""The first tables: journals, what calls left behind, reservations and an append-only ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

_ENTRY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _calls()
    _facts()
    _money()
    for table in ("ledger", "verdicts"):
        _make_append_only(table)


def downgrade() -> None:
    """There is nothing before the first tables, and a ledger is not dropped by a command."""
    raise NotImplementedError("the first migration can't be undone; delete the database instead")


def _make_append_only(table: str) -> None:
    dialect = op.get_bind().dialect.name
    for statement in _APPEND_ONLY[dialect]:
        op.execute(statement.format(table=table))


_APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER {{table}}_{change.lower()} BEFORE {change} ON {{table}} "
        "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for change in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        (
            "CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        ),
    ],
}


def _calls() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    op.create_table(
        "calls",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("carrier_call", sa.String(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=False),
        sa.Column("to_number", sa.String(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("publisher", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("life", sa.String(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_calls")),
    )
    op.create_index("ix_calls_carrier_call", "calls", ["carrier_call"], unique=False)
    op.create_index("ix_calls_from_number_started_at", "calls", ["from_number", "started_at"], unique=False)
    op.create_index(
        "ix_calls_open",
        "calls",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_calls_started_at_call", "calls", ["started_at", "call"], unique=False)
    op.create_table(
        "journal",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("commands", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_journal_call")),
        sa.PrimaryKeyConstraint("call", "seq", name=op.f("pk_journal")),
    )


def _facts() -> None:
    op.create_table(
        "steps",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("exit", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_steps_call")),
        sa.PrimaryKeyConstraint("call", "seq", "n", name=op.f("pk_steps")),
    )
    op.create_table(
        "answers",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_answers_call")),
        sa.PrimaryKeyConstraint("call", "seq", "n", name=op.f("pk_answers")),
    )
    op.create_table(
        "decisions",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("chosen", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_decisions_call")),
        sa.PrimaryKeyConstraint("call", "seq", "n", name=op.f("pk_decisions")),
    )
    op.create_table(
        "legs",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("buyer", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("bridged_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_legs_call")),
        sa.PrimaryKeyConstraint("call", "leg", name=op.f("pk_legs")),
    )
    op.create_table(
        "verdicts",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("revenue_micros", sa.BigInteger(), nullable=False),
        sa.Column("payout_micros", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_verdicts_call")),
        sa.PrimaryKeyConstraint("call", "seq", "n", name=op.f("pk_verdicts")),
    )
    op.create_table(
        "faults",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("where_at", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_faults_call")),
        sa.PrimaryKeyConstraint("call", "seq", "n", name=op.f("pk_faults")),
    )


def _money() -> None:
    op.create_table(
        "reservations",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("reservation", sa.String(), nullable=False),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('held', 'used', 'freed', 'expired')", name=op.f("ck_reservations_state")
        ),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_reservations_call")),
        sa.PrimaryKeyConstraint("call", "reservation", name=op.f("pk_reservations")),
    )
    op.create_index(
        "ix_reservations_buyer_state_made_at", "reservations", ["buyer", "state", "made_at"], unique=False
    )
    op.create_table(
        "ledger",
        sa.Column("entry", _ENTRY, autoincrement=True, nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("posted_at", sa.BigInteger(), nullable=False),
        sa.Column("corrects", _ENTRY, nullable=True),
        sa.CheckConstraint("kind IN ('revenue', 'payout', 'correction')", name=op.f("ck_ledger_kind")),
        sa.CheckConstraint("(kind = 'correction') = (corrects IS NOT NULL)", name=op.f("ck_ledger_corrects")),
        sa.ForeignKeyConstraint(["call"], ["calls.call"], name=op.f("fk_ledger_call")),
        sa.ForeignKeyConstraint(["corrects"], ["ledger.entry"], name=op.f("fk_ledger_corrects")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_ledger")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_call", "ledger", ["call"], unique=False)
    op.create_index(
        "uq_ledger_bill",
        "ledger",
        ["call", "kind", "buyer"],
        unique=True,
        sqlite_where=sa.text("corrects IS NULL"),
        postgresql_where=sa.text("corrects IS NULL"),
    )
