"""The tables of calls: their journals and what they left behind.

Facts keep what is searched for in columns and the whole record as JSON in `body`; what reports count of them
lies in indexes that begin with the call, so that a year is counted without its bodies. (call, seq, n) is the
n-th command of the journal's entry seq, so that a fact handed in again is the row that already stands.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


# Only INTEGER PRIMARY KEY counts up by itself in SQLite; it has 64 bits there.
ENTRY = BigInteger().with_variant(Integer, "sqlite")


def of_call() -> Column[str]:
    """The call that a row belongs to; part of its primary key."""
    return Column("call", String, ForeignKey("calls.call"), primary_key=True)


def at_place() -> tuple[Column[str], Column[int], Column[int]]:
    """Where in the journal a fact was recorded; its primary key."""
    return (
        of_call(),
        Column("seq", Integer, primary_key=True),
        Column("n", Integer, primary_key=True),
    )


revisions = Table(
    "revisions",
    metadata,
    Column("id", String, primary_key=True),
    Column("files", Text, nullable=False),  # JSON {relative name: text}
    Column("created_at", BigInteger, nullable=False),
    Column("format", Integer, nullable=False, server_default="1"),  # of the language that the files are in
)

calls = Table(
    "calls",
    metadata,
    Column("call", String, primary_key=True),
    Column("carrier", String, nullable=False),
    Column("carrier_call", String, nullable=False),
    Column("from_number", String, nullable=False),
    Column("to_number", String, nullable=False),
    Column("flow", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("publisher", String, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", String),
    Column("reason", String),
    Column("worker", String, nullable=False),
    Column("life", String, nullable=False),  # one run of the worker: a restart is another life
    Column("lease_until", BigInteger, nullable=False),
    # Random, and part of what salts the call's evidence; "" of calls before 0.3.0. Another after an erasure.
    Column("blind", String, nullable=False, server_default=""),
    # The first record of the same phone call, where this one is a later one of it: a phone call counts once.
    Column("again_of", String, nullable=False, server_default=""),
    # Nobody is billed, told or counted for it; a report has these calls alone or not at all.
    Column("practice", Boolean, nullable=False, server_default=false()),
    Index("ix_calls_span", "started_at", "call", "campaign", "publisher", "flow", "again_of", "practice"),
    Index(
        "ix_calls_again_of",
        "again_of",
        sqlite_where=text("again_of != ''"),
        postgresql_where=text("again_of != ''"),
    ),
    Index("ix_calls_from_number_started_at", "from_number", "started_at"),
    Index("ix_calls_carrier_call", "carrier_call"),
    Index(
        "ix_calls_open",
        "lease_until",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

journal = Table(
    "journal",
    metadata,
    of_call(),
    Column("seq", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("commands", Text),  # null between the event and its commands
    # What the ledger was at a verdict, and at the call's end: engine.store.ledger.marks
    Column("ledger_mark", String),
    Index(
        "ix_journal_marks",
        *("call", "seq", "ledger_mark"),
        sqlite_where=text("ledger_mark IS NOT NULL"),
        postgresql_where=text("ledger_mark IS NOT NULL"),
    ),
)

steps = Table(
    "steps",
    metadata,
    *at_place(),
    Column("node", String, nullable=False),
    Column("exit", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_steps_left", "call", "seq", "n", "node", "exit"),
)

answers = Table(
    "answers",
    metadata,
    *at_place(),
    Column("name", String, nullable=False),
    Column("body", Text, nullable=False),
    # What a sealed telephone number is found by: it is keyed, and leads nobody without the key to it.
    Column("found_by", String, nullable=False, server_default=""),
    Index(
        "ix_answers_found_by",
        "found_by",
        sqlite_where=text("found_by <> ''"),
        postgresql_where=text("found_by <> ''"),
    ),
)

decisions = Table(
    "decisions",
    metadata,
    *at_place(),
    Column("campaign", String, nullable=False),
    Column("chosen", String),
    Column("body", Text, nullable=False),
    Column("qualified", Boolean, nullable=False, server_default=false()),  # some buyer could take it
    Column("eligible", Text),  # JSON list of the buyers that could, as far as the decision names them
    Index("ix_decisions_eligible", "call", "qualified", "eligible"),
)

legs = Table(
    "legs",
    metadata,
    of_call(),
    Column("leg", String, primary_key=True),
    Column("seq", Integer, nullable=False),  # of the fact that stands
    Column("n", Integer, nullable=False),
    Column("buyer", String),
    Column("outcome", String),
    Column("bridged_at_ms", BigInteger),
    Column("body", Text, nullable=False),
    Column("answered_at_ms", BigInteger),
    Column("ended_at_ms", BigInteger),
    Column("accepted_at_ms", BigInteger),
    # How long a broken stream kept the two apart: no part of their talk.
    Column("held_ms", BigInteger, nullable=False, server_default="0"),
    # It failed for the carrier's sake or ours: no offer of a call.
    Column("is_ours", Boolean, nullable=False, server_default=false()),
    Column("carrier_ended_at_ms", BigInteger),  # by carriers' records, where they have another end than ours
    Index(
        "ix_legs_talks",
        *("call", "buyer", "answered_at_ms", "accepted_at_ms", "bridged_at_ms", "ended_at_ms", "held_ms"),
        *("is_ours", "carrier_ended_at_ms"),
    ),
)

verdicts = Table(
    "verdicts",
    metadata,
    *at_place(),
    Column("leg", String, nullable=False),
    Column("buyer", String, nullable=False),
    Column("billable", Boolean, nullable=False),
    Column("reason", String, nullable=False),
    Column("revenue_micros", BigInteger, nullable=False),
    Column("payout_micros", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("near_miss_by", String, nullable=False, server_default=""),  # who hung up just too early
    Column("ledger_mark", String),  # what the ledger was then; older engines kept none
    Index("ix_verdicts_reasons", "call", "billable", "seq", "n", "reason", "near_miss_by", "buyer"),
    Index(
        "ix_verdicts_marks",
        *("call", "seq", "n", "ledger_mark"),
        sqlite_where=text("ledger_mark IS NOT NULL"),
        postgresql_where=text("ledger_mark IS NOT NULL"),
    ),
)

recordings = Table(
    "recordings",
    metadata,
    of_call(),
    Column("recording", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("path", String, nullable=False),  # relative to the recordings' folder
    Column("format", String, nullable=False),
    Column("channels", String, nullable=False),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("keep_ms", BigInteger),  # null: until it is deleted by hand
    Column("body", Text, nullable=False),
    Column("complete", Boolean),  # null while it is being made; what follows is known with it
    Column("duration_ms", BigInteger),
    Column("sha256", String),
    Column("bytes", BigInteger),
    Column("silenced", Text),  # JSON [[from, until], …], milliseconds since its start
    Column("fault", String),
    Column("pruned_at", BigInteger),
    Index(
        "ix_recordings_unfinished",
        "call",
        sqlite_where=text("complete IS NULL"),
        postgresql_where=text("complete IS NULL"),
    ),
)

faults = Table(
    "faults",
    metadata,
    *at_place(),
    Column("where_at", String, nullable=False),
    Column("body", Text, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    *at_place(),
    Column("node", String, nullable=False),
    Column("exit", String, nullable=False),
    Column("body", Text, nullable=False),
)

tags = Table(
    "tags",
    metadata,
    *at_place(),
    Column("name", String, nullable=False),
    Column("value", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_tags_name_value", "name", "value"),
)

consents = Table(
    "consents",
    metadata,
    *at_place(),
    Column("answer", String, nullable=False),
    Column("version", String, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

voicemails = Table(
    "voicemails",
    metadata,
    *at_place(),
    Column("recording", String, nullable=False),
    Column("voiced", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)
