"""The tables, as they are now. `migrations/` brings a database here; a test holds both equal.

Times ending in `_at` are milliseconds since 1970 (UTC), `at_ms` milliseconds since the call's start.
Facts keep what is searched for in columns and the whole record as JSON in `body`. (call, seq, n) is the
n-th command of the journal's entry seq, so that a fact handed in again is the row that already stands.
The tables of APPEND_ONLY are append-only: triggers refuse to change or delete a row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
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
_ENTRY = BigInteger().with_variant(Integer, "sqlite")


def _call() -> Column[str]:
    return Column("call", String, ForeignKey("calls.call"), primary_key=True)


def _place() -> tuple[Column[str], Column[int], Column[int]]:
    """Where in the journal a fact was recorded; its primary key."""
    return (
        _call(),
        Column("seq", Integer, primary_key=True),
        Column("n", Integer, primary_key=True),
    )


revisions = Table(
    "revisions",
    metadata,
    Column("id", String, primary_key=True),
    Column("files", Text, nullable=False),  # JSON {relative name: text}
    Column("created_at", BigInteger, nullable=False),
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
    Index("ix_calls_started_at_call", "started_at", "call"),
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
    _call(),
    Column("seq", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("commands", Text),  # null between the event and its commands
)

steps = Table(
    "steps",
    metadata,
    *_place(),
    Column("node", String, nullable=False),
    Column("exit", String, nullable=False),
    Column("body", Text, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    *_place(),
    Column("name", String, nullable=False),
    Column("body", Text, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    *_place(),
    Column("campaign", String, nullable=False),
    Column("chosen", String),
    Column("body", Text, nullable=False),
    Column("qualified", Boolean, nullable=False, server_default=false()),  # some buyer could take it
)

legs = Table(
    "legs",
    metadata,
    _call(),
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
)

verdicts = Table(
    "verdicts",
    metadata,
    *_place(),
    Column("leg", String, nullable=False),
    Column("buyer", String, nullable=False),
    Column("billable", Boolean, nullable=False),
    Column("reason", String, nullable=False),
    Column("revenue_micros", BigInteger, nullable=False),
    Column("payout_micros", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("near_miss_by", String, nullable=False, server_default=""),  # who hung up just too early
    Index("ix_verdicts_buyer", "buyer"),
)

recordings = Table(
    "recordings",
    metadata,
    _call(),
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
    *_place(),
    Column("where_at", String, nullable=False),
    Column("body", Text, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    *_place(),
    Column("node", String, nullable=False),
    Column("exit", String, nullable=False),
    Column("body", Text, nullable=False),
)

tags = Table(
    "tags",
    metadata,
    *_place(),
    Column("name", String, nullable=False),
    Column("value", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_tags_name_value", "name", "value"),
)

consents = Table(
    "consents",
    metadata,
    *_place(),
    Column("answer", String, nullable=False),
    Column("version", String, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

voicemails = Table(
    "voicemails",
    metadata,
    *_place(),
    Column("recording", String, nullable=False),
    Column("voiced", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

reservations = Table(
    "reservations",
    metadata,
    _call(),
    Column("reservation", String, primary_key=True),
    Column("buyer", String, nullable=False),
    Column("price_micros", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    # pending, then nothing, call, connected or billed; and what counts against money caps
    Column("became", String, nullable=False, server_default="pending"),
    Column("amount_micros", BigInteger, nullable=False, server_default="0"),
    Column("payout_micros", BigInteger, nullable=False, server_default="0"),
    Column("campaign", String, nullable=False, server_default=""),
    Column("publisher", String, nullable=False, server_default=""),
    Column("unpaid", String, nullable=False, server_default=""),
    CheckConstraint("state IN ('held', 'used', 'freed', 'expired')", name="state"),
    Index("ix_reservations_buyer_state_made_at", "buyer", "state", "made_at"),
    Index("ix_reservations_buyer_made_at", "buyer", "made_at"),
    Index("ix_reservations_campaign_made_at", "campaign", "made_at"),
    Index("ix_reservations_publisher_made_at", "publisher", "made_at"),
)

pauses = Table(
    "pauses",
    metadata,
    Column("step", _ENTRY, primary_key=True, autoincrement=True),
    Column("buyer", String, nullable=False),
    Column("campaign", String, nullable=False),  # "" for all of them
    Column("action", String, nullable=False),
    Column("why", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    CheckConstraint("action IN ('pause', 'resume')", name="action"),
    Index("ix_pauses_buyer_campaign", "buyer", "campaign"),
    sqlite_autoincrement=True,
)

ledger = Table(
    "ledger",
    metadata,
    Column("entry", _ENTRY, primary_key=True, autoincrement=True),
    Column("call", String, ForeignKey("calls.call"), nullable=False),
    Column("kind", String, nullable=False),
    Column("party", String, nullable=False),
    Column("buyer", String, nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("posted_at", BigInteger, nullable=False),
    Column("corrects", _ENTRY, ForeignKey("ledger.entry")),
    # The party's chain of hashes: engine.store.chain
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("hash", String, nullable=False, server_default=""),
    Column("why", String, nullable=False, server_default=""),
    Column("made_by", String, nullable=False, server_default=""),
    CheckConstraint("kind IN ('revenue', 'payout', 'correction')", name="kind"),
    CheckConstraint("(kind = 'correction') = (corrects IS NOT NULL)", name="corrects"),
    # One bill per call and buyer, whatever is delivered twice.
    Index(
        "uq_ledger_bill",
        "call",
        "kind",
        "buyer",
        unique=True,
        sqlite_where=text("corrects IS NULL"),
        postgresql_where=text("corrects IS NULL"),
    ),
    Index("ix_ledger_call", "call"),
    Index("uq_ledger_party_position", "party", "position", unique=True),
    sqlite_autoincrement=True,  # an entry's number is never given out again
)

carrier_records = Table(
    "carrier_records",
    metadata,
    _call(),
    Column("leg", String, primary_key=True),
    Column("carrier", String, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("finding", Text),  # a sentence, once it was held against our own times
    Index(
        "ix_carrier_records_open",
        "received_at",
        sqlite_where=text("finding IS NULL"),
        postgresql_where=text("finding IS NULL"),
    ),
)

disputes = Table(
    "disputes",
    metadata,
    Column("dispute", _ENTRY, primary_key=True, autoincrement=True),
    Column("call", String, ForeignKey("calls.call"), nullable=False),
    Column("buyer", String, nullable=False),
    Column("clause", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("says", Text, nullable=False),
    Column("proposal", Text, nullable=False),  # JSON: outcome, amount_micros, sentences
    Column("opened_by", String, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Index("ix_disputes_call", "call"),
    sqlite_autoincrement=True,
)

dispute_decisions = Table(
    "dispute_decisions",
    metadata,
    Column("dispute", _ENTRY, ForeignKey("disputes.dispute"), primary_key=True, autoincrement=False),
    Column("outcome", String, nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    CheckConstraint("outcome IN ('accepted', 'partly', 'rejected')", name="outcome"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("name", String, primary_key=True),
    Column("body", Text, nullable=False),  # JSON: where it goes, what it is told
)

outbox = Table(
    "outbox",
    metadata,
    Column("entry", _ENTRY, primary_key=True, autoincrement=True),
    Column("webhook", String, nullable=False),
    Column("call", String, ForeignKey("calls.call"), nullable=False),
    Column("event", String, nullable=False),
    Column("delivery", String, nullable=False),  # the letter's name for its receiver
    Column("body", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("state", String, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    Column("holder", String, nullable=False, server_default=""),  # who sends it now
    Column("held_until", BigInteger, nullable=False, server_default="0"),
    Column("settled_at", BigInteger),
    Column("detail", String, nullable=False, server_default=""),
    CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state"),
    Index("uq_outbox_delivery", "delivery", unique=True),
    Index(
        "ix_outbox_waiting",
        "webhook",
        "call",
        "entry",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_outbox_due",
        "webhook",
        "due_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("ix_outbox_state_settled_at", "state", "settled_at"),
    sqlite_autoincrement=True,
)

APPEND_ONLY = ("dispute_decisions", "disputes", "ledger", "pauses", "verdicts")
