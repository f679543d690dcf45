"""The tables of what callers want of the network: not to be called any more, or to be called back."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from engine.store.tables.schema_calls import ENTRY, metadata

# Every step of everybody: the last one of a number says whether it may be called. Those of a number that was
# forgotten keep its mark, by which the same number is known again, and nothing else of it.
opt_outs = Table(
    "opt_outs",
    metadata,
    Column("step", ENTRY, primary_key=True, autoincrement=True),
    Column("number", String, nullable=False),  # E.164; "" once it was forgotten
    Column("mark", String, nullable=False, server_default=""),  # the number, keyed with the journal's key
    Column("action", String, nullable=False),
    Column("call", String, ForeignKey("calls.call")),  # null: an operator's step
    Column("seq", Integer),
    Column("n", Integer),
    Column("made_by", String, nullable=False),  # "caller", or who entered it
    Column("why", Text, nullable=False, server_default=""),
    Column("made_at", BigInteger, nullable=False),
    CheckConstraint("action IN ('out', 'in')", name="action"),
    Index("ix_opt_outs_number", "number"),
    Index("ix_opt_outs_mark", "mark"),
    Index("ix_opt_outs_call", "call", "seq", "n", unique=True),
    sqlite_autoincrement=True,
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("callback", ENTRY, primary_key=True, autoincrement=True),
    Column("call", String, ForeignKey("calls.call"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("number", String, nullable=False),
    Column("is_callers_own", Boolean, nullable=False),
    Column("campaign", String, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),  # null while nobody has called back
    Column("done_by", String, nullable=False, server_default=""),
    Index("ix_callbacks_call", "call", "seq", "n", unique=True),
    Index("ix_callbacks_number", "number"),
    Index("ix_callbacks_done_at", "done_at"),
    sqlite_autoincrement=True,
)
