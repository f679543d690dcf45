"""A call in one line: an item of `cordboard calls --json` and of GET /calls."""

from __future__ import annotations

from typing import TypedDict, cast

import msgspec
from msgspec import UNSET, UnsetType

from engine.accounts.shown import Shown
from engine.core.events import EndedBy
from engine.core.money import format_money
from engine.store.instants import iso, iso_of
from engine.store.views import CallRecord, CallSummary, SoldCall


class CallHead(Shown, frozen=True, kw_only=True):
    """A call as a whole. `ended_at` and `ended_by` are null while it is in progress.

    `again_of` is there where the phone call had a record before: it names the first one. `practice` is there,
    and true, where nobody is billed, told or counted for the call.
    """

    call: str
    carrier: str
    from_: str = msgspec.field(name="from")
    to: str
    flow: str
    campaign: str
    publisher: str
    started_at: str
    ended_at: str | None
    ended_by: EndedBy | None
    again_of: str | UnsetType = UNSET
    practice: bool | UnsetType = UNSET


class BuyerOfCall(Shown, frozen=True, kw_only=True):
    """What a call came to with one of the buyers that talked in it or owe for it."""

    buyer: str
    billable: bool | None
    revenue: str
    payout: str

    @classmethod
    def of(cls, sold: SoldCall) -> BuyerOfCall:
        return cls(
            buyer=sold.buyer or "",
            billable=sold.billable,
            revenue=format_money(sold.revenue_micros),
            payout=format_money(sold.payout_micros),
        )


class CallLine(CallHead, frozen=True, kw_only=True):
    """A call of a list. `buyer` pays, or had the caller last; it is null if nobody did, or if several pay.

    `billable` is null if there is no verdict. `buyers` parts the call's amounts.
    """

    buyer: str | None
    billable: bool | None
    revenue: str
    payout: str
    currency: str | None
    buyers: list[BuyerOfCall]

    @classmethod
    def of(cls, summary: CallSummary) -> CallLine:
        return cls(
            **head_of(summary.record),
            again_of=summary.record.again_of or UNSET,
            practice=summary.record.practice or UNSET,
            buyer=summary.buyer,
            billable=summary.billable,
            revenue=format_money(summary.revenue_micros),
            payout=format_money(summary.payout_micros),
            currency=summary.currency,
            buyers=[BuyerOfCall.of(sold) for sold in summary.sold],
        )


class Head(TypedDict):
    """The members of CallHead, by which the records that begin with them are made."""

    call: str
    carrier: str
    from_: str
    to: str
    flow: str
    campaign: str
    publisher: str
    started_at: str
    ended_at: str | None
    ended_by: EndedBy | None


def head_of(record: CallRecord) -> Head:
    return {
        "call": record.call,
        "carrier": record.carrier,
        "from_": record.from_number,
        "to": record.to_number,
        "flow": record.flow,
        "campaign": record.campaign,
        "publisher": record.publisher,
        "started_at": iso_of(record.started_at),
        "ended_at": iso(record.ended_at),
        "ended_by": cast("EndedBy | None", record.ended_by),
    }
