"""The codes that decisions and verdicts carry: short for machines, each with one sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CANDIDATE_CODES: Mapping[str, str] = MappingProxyType(
    {
        "eligible": "The buyer takes this call.",
        "terms_not_met": "A condition under the buyer's accepts is false.",
        "terms_unknown": "A condition under the buyer's accepts reads an answer that is not known.",
        "closed": "The buyer is outside its hours.",
        "duplicate": "The buyer had this caller lately and refuses duplicates.",
        "duplicate_unknown": "The buyer refuses duplicates, and the caller withheld the number.",
        "already_tried": "The buyer was called in this call already.",
        "cap_concurrent": "The buyer has as many calls at once as it takes.",
        "cap_hour": "The buyer has had its calls of this hour.",
        "cap_day": "The buyer has had its calls of this day.",
        "cap_month": "The buyer has had its calls of this month.",
        "cap_total": "The buyer has had all the calls that it wants.",
        "cap_day_spend": "The call would cost the buyer more than it spends in a day.",
        "cap_month_spend": "The call would cost the buyer more than it spends in a month.",
    }
)

# `reason` and `payout_reason` of a verdict
VERDICT_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "billable": "Every term held; the buyer owes the price.",
        "payable": "Every term held; the publisher is owed the payout.",
        "not_accepted": "The buyer answered and never took the call.",
        "not_bridged": "The buyer took the call and was never joined with the caller.",
        "below_duration": "The call was shorter than agreed.",
        "interrupted": "The engine lost the call before the agreed duration could be proven.",
        "answer_missing": "An answer that the terms require was not given.",
        "condition_not_met": "The terms' condition is false.",
        "condition_unknown": "The terms' condition reads an answer that is not known.",
        "already_billed": "The buyer pays for an earlier leg of this call.",
        "already_paid": "The publisher is paid for an earlier leg of this call.",
        "no_payout": "The campaign owes its publishers nothing.",
        "no_publisher": "The call came from no publisher.",
    }
)
