"""Which streams of a phone call were taken, by whichever worker; which legs were no offers, and when
their carrier says that they ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision: str | None = "0020"

TALKS = ["call", "buyer", "answered_at_ms", "accepted_at_ms", "bridged_at_ms", "ended_at_ms"]

SPAN = ["started_at", "call", "campaign", "publisher", "flow"]
LATER = sa.text("again_of != ''")

legs = sa.table("legs", sa.column("body", sa.String), sa.column("is_ours", sa.Boolean))


def upgrade() -> None:
    op.create_table(
        "streams_taken",
        sa.Column("phone_call", sa.String(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("phone_call", "stream", name="pk_streams_taken"),
    )
    op.add_column("legs", sa.Column("is_ours", sa.Boolean(), server_default=sa.false(), nullable=False))
    ours = legs.c.body.like('%"is_ours":true%')
    op.execute(legs.update().where(ours).values(is_ours=sa.true()))
    op.drop_index("ix_legs_talks", table_name="legs")
    op.add_column("legs", sa.Column("carrier_ended_at_ms", sa.BigInteger()))
    op.execute(
        "UPDATE legs SET carrier_ended_at_ms = answered_at_ms + "
        "(SELECT duration_ms FROM carrier_records AS r "
        "WHERE r.call = legs.call AND r.leg = legs.leg) WHERE EXISTS (SELECT 1 FROM carrier_records AS r "
        "WHERE r.call = legs.call AND r.leg = legs.leg AND r.finding LIKE '%_differs_, %')"
    )
    op.create_index("ix_legs_talks", "legs", [*TALKS, "held_ms", "is_ours", "carrier_ended_at_ms"])
    op.drop_index("ix_calls_span", table_name="calls")
    op.create_index("ix_calls_span", "calls", [*SPAN, "again_of"])
    op.create_index("ix_calls_again_of", "calls", ["again_of"], sqlite_where=LATER, postgresql_where=LATER)


def downgrade() -> None:
    op.drop_index("ix_calls_again_of", table_name="calls")
    op.drop_index("ix_calls_span", table_name="calls")
    op.create_index("ix_calls_span", "calls", SPAN)
    op.drop_index("ix_legs_talks", table_name="legs")
    op.create_index("ix_legs_talks", "legs", TALKS)
    op.drop_column("legs", "carrier_ended_at_ms")
    op.drop_column("legs", "is_ours")
    op.drop_table("streams_taken")
