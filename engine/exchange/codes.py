"""The codes that decisions and verdicts carry: short for machines, each with one sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.exchange.caps import WINDOW_WORDS, WINDOWS, scoped_code


def _cap_codes() -> Mapping[str, str]:
    """cap_… for a buyer's caps, campaign_cap_… and publisher_cap_… for theirs."""
    codes = {
        "cap_concurrent": "has as many calls at once as it takes",
        "cap_day_spend": "would spend more today than it wants",
        "cap_month_spend": "would spend more this month than it wants",
    }
    for window in WINDOWS:
        when = WINDOW_WORDS[window]
        codes[f"cap_{window}"] = f"has all the calls that it takes {when}"
        codes[f"cap_connected_{window}"] = f"has all the connected calls that it takes {when}"
        codes[f"cap_billed_{window}"] = f"has all the billed calls that it takes {when}"
        codes[f"cap_spend_{window}"] = f"would spend more {when} than it wants"
    return {
        scoped_code(kind, code): f"The {kind} {text}."
        for kind in ("buyer", "campaign", "publisher")
        for code, text in codes.items()
    }


CANDIDATE_CODES: Mapping[str, str] = MappingProxyType(
    {
        "eligible": "The buyer takes this call.",
        "blocked_caller": "The network blocks this caller.",
        "anonymous_caller": "The caller withheld the number, and the network refuses such calls.",
        "velocity": "The caller calls more often than the network allows.",
        "terms_not_met": "A condition of the buyer's area or accepts is false.",
        "terms_unknown": "A condition of the buyer's area or accepts reads an answer that is not known.",
        "closed": "The buyer is outside its hours.",
        "duplicate": "The buyer had this caller lately and refuses duplicates.",
        "duplicate_unknown": "The buyer refuses duplicates, and the caller withheld the number.",
        "already_tried": "The buyer was called in this call already.",
        "no_bid": "The buyer was asked for its price and does not bid.",
        "bid_late": "The buyer was asked for its price and did not answer in time.",
        "bid_malformed": "The buyer was asked for its price and answered with something that is no bid.",
        "bid_below_floor": "The buyer bids less than the floor.",
        "bid_failed": "The buyer could not be asked for its price.",
        "bid_breaker_open": "The buyer failed too often of late and is not asked for its price for a while.",
        "bid_expired": "The buyer's bid had expired before its turn came.",
        "bid_unconfirmed": "The buyer was told that its bid had won, and did not take the call.",
        "paused": "The operator paused the buyer.",
        **_cap_codes(),
    }
)

# What a bill may be disputed for, where no single clause is named
DISPUTE_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "too_short": "The talk was shorter than agreed.",
        "duplicate": "The caller was had, or paid for, before.",
        "wrong_answer": "What the caller answered is not so.",
        "other": "Something else; every clause of the bill is looked at.",
    }
)

# `reason` and `payout_reason` of a verdict
VERDICT_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "billable": "Every term held; the buyer owes the price.",
        "payable": "Every term held; the publisher is owed the payout.",
        "not_accepted": "The buyer answered and never took the call.",
        "not_bridged": "The buyer took the call and was never joined with the caller.",
        "lost_race": "Several buyers rang together, and another took the call first.",
        "below_duration": "The call was shorter than agreed.",
        "interrupted": "The engine lost the call before the agreed duration could be proven.",
        "answer_missing": "An answer that the terms require was not given.",
        "condition_not_met": "The terms' condition is false.",
        "condition_unknown": "The terms' condition reads an answer that is not known.",
        "duplicate": "The same was owed for this caller lately.",
        "duplicate_unknown": "It is not owed twice for a caller, and the caller withheld the number.",
        "payout_cap": "The publisher was paid all that the campaign pays it for now.",
        "already_paid": "The publisher is paid for an earlier leg of this call.",
        "no_payout": "The campaign owes its publishers nothing.",
        "no_publisher": "The call came from no publisher.",
    }
)
