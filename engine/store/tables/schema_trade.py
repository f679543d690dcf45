"""The tables of the trade: places with buyers, what is owed, what is disputed, who is told of it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from engine.store.tables.schema_calls import ENTRY, metadata, of_call

reservations = Table(
    "reservations",
    metadata,
    of_call(),
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
    Column("currency", String, nullable=False, server_default=""),  # "" where an older engine kept none
    CheckConstraint("state IN ('held', 'used', 'freed', 'expired')", name="state"),
    Index("ix_reservations_buyer_state_made_at", "buyer", "state", "made_at"),
    Index("ix_reservations_buyer_made_at", "buyer", "made_at"),
    Index("ix_reservations_campaign_made_at", "campaign", "made_at"),
    Index("ix_reservations_publisher_made_at", "publisher", "made_at"),
)

# What a call that goes on is to bill, where it may be owed but once for its caller in some time.
bill_claims = Table(
    "bill_claims",
    metadata,
    of_call(),
    Column("kind", String, primary_key=True),
    Column("whose", String, primary_key=True),  # the buyer that pays, the campaign that pays out
    Column("made_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('revenue', 'payout')", name="kind"),
)

pauses = Table(
    "pauses",
    metadata,
    Column("step", ENTRY, primary_key=True, autoincrement=True),
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
    Column("entry", ENTRY, primary_key=True, autoincrement=True),
    Column("call", String, ForeignKey("calls.call"), nullable=False),
    Column("kind", String, nullable=False),
    Column("party", String, nullable=False),
    Column("buyer", String, nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("posted_at", BigInteger, nullable=False),
    Column("corrects", ENTRY, ForeignKey("ledger.entry")),
    # The party's chain of hashes: engine.store.chain
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("hash", String, nullable=False, server_default=""),
    Column("why", String, nullable=False, server_default=""),
    Column("made_by", String, nullable=False, server_default=""),
    Column("blind", String, nullable=False, server_default=""),
    Column("cause", Text),  # JSON: engine.store.ledger.causes; older engines kept none
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

# How many entries each party has, and the last one's hash: a chain doesn't show what was cut off it. The
# party "" is the ledger as a whole: engine.store.ledger.marks
ledger_heads = Table(
    "ledger_heads",
    metadata,
    Column("party", String, primary_key=True),
    Column("entries", BigInteger, nullable=False),
    Column("hash", String, nullable=False),
)

carrier_records = Table(
    "carrier_records",
    metadata,
    of_call(),
    Column("leg", String, primary_key=True),
    Column("carrier", String, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("finding", Text),  # JSON, once it was held against our own times; of older engines a sentence
    Index(
        "ix_carrier_records_open",
        "received_at",
        sqlite_where=text("finding IS NULL"),
        postgresql_where=text("finding IS NULL"),
    ),
)

carrier_legs = Table(
    "carrier_legs",
    metadata,
    of_call(),
    Column("leg", String, primary_key=True),
    Column("carrier", String, nullable=False),
    Column("carrier_call", String, nullable=False),  # the carrier's name for the leg
    Column("lost_at", BigInteger),  # its engine died before its end
    Column("ask_at", BigInteger),  # when the carrier is asked next how long it lasted
    Column("asked", Integer, nullable=False, server_default="0"),
    Index(
        "ix_carrier_legs_to_ask",
        "ask_at",
        sqlite_where=text("ask_at IS NOT NULL"),
        postgresql_where=text("ask_at IS NOT NULL"),
    ),
)

# Each stream of a phone call once: the primary key decides between two workers.
streams_taken = Table(
    "streams_taken",
    metadata,
    Column("phone_call", String, primary_key=True),  # SHA-256 of the carrier's call: it outlives a forgetting
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("taken_at", BigInteger, nullable=False),
)

disputes = Table(
    "disputes",
    metadata,
    Column("dispute", ENTRY, primary_key=True, autoincrement=True),
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
    Column("dispute", ENTRY, ForeignKey("disputes.dispute"), primary_key=True, autoincrement=False),
    Column("outcome", String, nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("payout_micros", BigInteger),  # what stands of the payout by it; older engines kept none
    Column("ledger_mark", String),  # what the ledger was with it; older engines kept none
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
    Column("entry", ENTRY, primary_key=True, autoincrement=True),
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
