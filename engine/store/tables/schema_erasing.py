"""The tables of what is no more: who was forgotten, what was erased of which call, what still has traces."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from engine.store.tables.schema_calls import ENTRY, metadata

forgettings = Table(
    "forgettings",
    metadata,
    Column("forgetting", ENTRY, primary_key=True, autoincrement=True),
    Column("person", String, nullable=False),  # the number, keyed with the signing key: it names nobody
    Column("made_by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("calls", Integer, nullable=False),
    Index("ix_forgettings_person", "person"),
    sqlite_autoincrement=True,
)

erasures = Table(
    "erasures",
    metadata,
    Column("erasure", ENTRY, primary_key=True, autoincrement=True),
    Column("call", String, ForeignKey("calls.call"), nullable=False),
    Column("what", String, nullable=False),
    Column("forgetting", ENTRY, ForeignKey("forgettings.forgetting")),  # null: its retention ended
    Column("made_by", String, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("made_at", BigInteger),  # null while the call goes on
    Column("root", String, nullable=False, server_default=""),  # of the call's evidence before
    Column("digests", Text, nullable=False, server_default="{}"),  # JSON {part: its digest before}
    Column("rebuilt", Text),  # JSON: what the journal no longer leads to, erased like the rest
    Index("ix_erasures_call", "call", "what"),
    Index(
        "ix_erasures_waiting",
        "erasure",
        sqlite_where=text("made_at IS NULL"),
        postgresql_where=text("made_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

# Rows while the database's file may still hold what was erased: in free pages, in the log.
traces = Table(
    "traces",
    metadata,
    Column("trace", ENTRY, primary_key=True, autoincrement=True),
    Column("left_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
