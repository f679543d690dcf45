"""Caps on what calls became, caps of campaigns and publishers, pauses of buyers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.append_only import make_append_only

revision = "0002"
down_revision: str | None = "0001"

_STEP = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("legs", sa.Column("answered_at_ms", sa.BigInteger(), nullable=True))
    for name, kind, default in (
        ("became", sa.String(), "pending"),
        ("amount_micros", sa.BigInteger(), "0"),
        ("payout_micros", sa.BigInteger(), "0"),
        ("campaign", sa.String(), ""),
        ("publisher", sa.String(), ""),
        ("unpaid", sa.String(), ""),
    ):
        op.add_column("reservations", sa.Column(name, kind, nullable=False, server_default=default))
    for column in ("buyer", "campaign", "publisher"):
        op.create_index(
            f"ix_reservations_{column}_made_at", "reservations", [column, "made_at"], unique=False
        )
    _fill()
    _pauses()


def downgrade() -> None:
    raise NotImplementedError("the outcomes of calls can't be removed; restore a backup instead")


def _fill() -> None:
    """What the places of earlier calls became, from their verdicts."""
    calls = sa.table("calls", *map(sa.column, ("call", "campaign", "publisher", "ended_at")))
    verdicts = sa.table("verdicts", *map(sa.column, ("call", "buyer", "revenue_micros", "payout_micros")))
    kept = sa.table(
        "reservations",
        *map(sa.column, ("call", "buyer", "state", "price_micros", "became", "campaign", "publisher")),
        *map(sa.column, ("amount_micros", "payout_micros")),
    )
    c = kept.c

    def of_call(name: str) -> sa.ScalarSelect[object]:
        return sa.select(calls.c[name]).where(calls.c.call == c.call).scalar_subquery()

    def judged(name: str) -> sa.ColumnElement[object]:
        total = sa.select(sa.func.sum(verdicts.c[name]))
        own = total.where(verdicts.c.call == c.call, verdicts.c.buyer == c.buyer)
        return sa.func.coalesce(own.scalar_subquery(), 0)

    is_over = of_call("ended_at").is_not(None)
    op.execute(
        sa.update(kept).values(
            campaign=of_call("campaign"), publisher=of_call("publisher"), amount_micros=c.price_micros
        )
    )
    op.execute(
        sa.update(kept)
        .where(c.state == "used", is_over)
        .values(
            became="connected", amount_micros=judged("revenue_micros"), payout_micros=judged("payout_micros")
        )
    )
    op.execute(sa.update(kept).where(c.became == "connected", c.amount_micros > 0).values(became="billed"))
    op.execute(
        sa.update(kept)
        .where(sa.or_(c.state == "freed", sa.and_(c.state.in_(("held", "expired")), is_over)))
        .values(became="nothing", amount_micros=0)
    )


def _pauses() -> None:
    op.create_table(
        "pauses",
        sa.Column("step", _STEP, autoincrement=True, nullable=False),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("action IN ('pause', 'resume')", name=op.f("ck_pauses_action")),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_pauses")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pauses_buyer_campaign", "pauses", ["buyer", "campaign"], unique=False)
    make_append_only("pauses")
