"""The codes that decisions, verdicts and disputes carry. What each means is in the catalogue."""

from __future__ import annotations

from engine.core.limits import WINDOWS
from engine.exchange.caps import scoped_code

CAP_CODES: tuple[str, ...] = (
    "cap_concurrent",
    "cap_day_spend",
    "cap_month_spend",
    *(f"cap{what}_{window}" for window in WINDOWS for what in ("", "_connected", "_billed", "_spend")),
)
"""What a buyer's caps refuse by; a campaign's and a publisher's have their scope before it."""

CANDIDATE_CODES: tuple[str, ...] = (
    "eligible",
    "blocked_caller",
    "anonymous_caller",
    "velocity",
    "opted_out",
    "terms_not_met",
    "terms_unknown",
    "closed",
    "duplicate",
    "duplicate_unknown",
    "already_tried",
    "no_bid",
    "bid_late",
    "bid_malformed",
    "bid_below_floor",
    "bid_failed",
    "bid_breaker_open",
    "bid_not_dialled",
    "bid_expired",
    "bid_unconfirmed",
    "paused",
    *(scoped_code(kind, code) for kind in ("buyer", "campaign", "publisher") for code in CAP_CODES),
)

DISPUTE_REASONS: tuple[str, ...] = ("too_short", "duplicate", "wrong_answer", "other")
"""What a bill may be disputed for, where no single clause is named."""

VERDICT_REASONS: tuple[str, ...] = (
    "billable",
    "payable",
    "not_accepted",
    "declined",
    "machine_answered",
    "not_bridged",
    "lost_race",
    "failed_for_us",
    "below_duration",
    "interrupted",
    "answer_missing",
    "answer_unheard",
    "condition_not_met",
    "condition_unknown",
    "duplicate",
    "duplicate_unknown",
    "payout_cap",
    "already_paid",
    "no_payout",
    "no_publisher",
)
"""`reason` and `payout_reason` of a verdict."""
