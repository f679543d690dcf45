"""The rows of reports, as the command and the API show them: a class for each report, its columns in order.

A figure of every report is a member of `CountsShown` and, where buyers have it, of `BuyerRow`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from engine.accounts.amounts import seconds
from engine.accounts.funnels import NodeVisits
from engine.accounts.shown import Shown
from engine.core.money import format_money
from engine.store.reports.counts import By, Totals, Turnover


class AmountsShown(Shown, frozen=True, kw_only=True):
    """What came in, and goes out, in one currency; `billed` counts the calls of which something is owed."""

    currency: str
    billed: int
    revenue: str
    payout: str
    margin: str

    @classmethod
    def of(cls, currency: str, money: Turnover) -> AmountsShown:
        return cls(
            currency=currency,
            billed=money.billed,
            revenue=format_money(money.revenue_micros),
            payout=format_money(money.payout_micros),
            margin=format_money(money.margin_micros),
        )


class CountsShown(Shown, frozen=True, kw_only=True):
    """Outcomes of calls. `qualified` counts those that some buyer could take; `reasons` counts verdicts.

    `currency` is null where no money moved, `mean_talk_s` where nobody talked. Where it moved in several
    currencies, `revenue`, `payout`, `margin` and `currency` are null, and `amounts` has them by currency.
    """

    calls: int
    answered: int
    qualified: int
    bridged: int
    billed: int
    revenue: str | None
    payout: str | None
    margin: str | None
    currency: str | None
    amounts: list[AmountsShown] | UnsetType = UNSET
    talk_s: int | float
    mean_talk_s: float | None
    reasons: dict[str, int]


class CampaignRow(CountsShown, frozen=True):
    """The calls of one campaign."""

    campaign: str


class PublisherRow(CountsShown, frozen=True):
    """The calls of one publisher; "" for calls without one."""

    publisher: str


class ReasonRow(CountsShown, frozen=True):
    """The calls that were billed, or not, for one reason; `not_judged` for calls without a verdict."""

    reason: str


class DayRow(CountsShown, frozen=True):
    """The calls that began on one day in the report's time zone."""

    day: str


class TagRow(CountsShown, frozen=True):
    """The calls whose tag has one value; "" for calls without the tag."""

    tag: str


class BuyerRow(Shown, frozen=True, kw_only=True):
    """One buyer: `calls` were offered to it, `qualified` are those that it could have taken.

    `offers` are its legs, `accepted` those that it took. `buzzers` and `caller_misses` are talks that the
    buyer, or the caller, ended just before they were billed. `amounts` is there for several currencies.
    """

    buyer: str
    calls: int
    answered: int
    qualified: int
    offers: int
    accepted: int
    accept_rate: float | None
    bridged: int
    billed: int
    revenue: str | None
    payout: str | None
    margin: str | None
    currency: str | None
    amounts: list[AmountsShown] | UnsetType = UNSET
    talk_s: int | float
    mean_talk_s: float | None
    buzzers: int
    caller_misses: int
    reasons: dict[str, int]


class NodeRow(Shown, frozen=True, kw_only=True):
    """Visits of one node: its exits, and how many calls ended there."""

    flow: str
    node: str
    entered: int
    left: int
    exits: dict[str, int]
    hung_up: int
    cut: int
    drop_off: float

    @classmethod
    def of(cls, visits: NodeVisits) -> NodeRow:
        entered = visits.entered
        return cls(
            flow=visits.flow,
            node=visits.node,
            entered=entered,
            left=visits.exits.total(),
            exits=dict(sorted(visits.exits.items())),
            hung_up=visits.hung_up,
            cut=visits.cut,
            drop_off=round(visits.hung_up / entered, 4) if entered else 0.0,
        )


Rows = (
    list[CampaignRow]
    | list[PublisherRow]
    | list[BuyerRow]
    | list[ReasonRow]
    | list[DayRow]
    | list[TagRow]
    | list[NodeRow]
)
Counted = CampaignRow | PublisherRow | ReasonRow | DayRow | TagRow

_KEYED: Mapping[By, type[Counted]] = {
    "campaign": CampaignRow,
    "publisher": PublisherRow,
    "reason": ReasonRow,
    "day": DayRow,
    "tag": TagRow,
}


def counted(by: By, totals: Totals) -> Counted | BuyerRow:
    """A row of the report."""
    amounts = [AmountsShown.of(currency, money) for currency, money in totals.money.items()]
    only = amounts[0] if len(amounts) == 1 else None
    nothing = format_money(0) if not amounts else None
    counts = asdict(
        CountsShown(
            calls=totals.calls,
            answered=totals.answered,
            qualified=totals.qualified,
            bridged=totals.bridged,
            billed=totals.billed,
            revenue=only.revenue if only else nothing,
            payout=only.payout if only else nothing,
            margin=only.margin if only else nothing,
            currency=only.currency if only else None,
            amounts=amounts if len(amounts) > 1 else UNSET,
            talk_s=seconds(totals.talk_ms),
            mean_talk_s=round(totals.talk_ms / totals.talks / 1000, 1) if totals.talks else None,
            reasons=dict(sorted(totals.reasons.items())),
        )
    )
    if by != "buyer":
        return _KEYED[by](totals.key, **counts)
    return BuyerRow(
        buyer=totals.key,
        offers=totals.offers,
        accepted=totals.accepted,
        accept_rate=round(totals.accepted / totals.offers, 4) if totals.offers else None,
        buzzers=totals.near_misses_by_buyer,
        caller_misses=totals.near_misses_by_caller,
        **counts,
    )
