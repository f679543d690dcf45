"""Buyers as they are shown: who they are, what became of their calls, whether they are paused."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from engine.accounts.shown import Shown
from engine.core.money import format_money
from engine.exchange.terms import Buyer, Network
from engine.store.instants import iso_of
from engine.store.reports.figures import BuyerFigures
from engine.store.tables.pauses import PauseStep


class BuyerShown(Shown, frozen=True, kw_only=True):
    """A buyer of the running revision. `price` is what it pays for a billable call, unless it bids."""

    buyer: str
    name: str
    to: str
    priority: int
    weight: int
    price: str
    currency: str

    @classmethod
    def of(cls, buyer: Buyer, network: Network) -> BuyerShown:
        return cls(
            buyer=buyer.key,
            name=buyer.name,
            to=buyer.to,
            priority=buyer.priority,
            weight=buyer.weight,
            price=format_money(buyer.price_micros),
            currency=network.currency,
        )


class FiguresShown(Shown, frozen=True, kw_only=True):
    """A buyer's figures; `buzzers` and `caller_misses` are talks that ended just before they were billed.

    `currency` is null if it was never billed. If it was billed in several currencies, so are both, and
    `revenues` has what it owes in each.
    """

    buyer: str
    offered: int
    answered: int
    connected: int
    billed: int
    revenue: str | None
    currency: str | None
    revenues: dict[str, str] | UnsetType = UNSET
    buzzers: int
    caller_misses: int

    @classmethod
    def of(cls, figures: BuyerFigures) -> FiguresShown:
        shown = {currency: format_money(micros) for currency, micros in figures.revenue.items()}
        return cls(
            buyer=figures.buyer,
            offered=figures.offered,
            answered=figures.answered,
            connected=figures.connected,
            billed=figures.billed,
            revenue=None if len(shown) > 1 else next(iter(shown.values()), format_money(0)),
            currency=None if len(shown) > 1 else next(iter(shown), None),
            revenues=shown if len(shown) > 1 else UNSET,
            buzzers=figures.near_misses_by_buyer,
            caller_misses=figures.near_misses_by_caller,
        )


class PauseShown(Shown, frozen=True, kw_only=True):
    """A current pause. `campaign` is null if it covers all campaigns."""

    buyer: str
    campaign: str | None
    why: str
    by: str
    since: str

    @classmethod
    def of(cls, step: PauseStep) -> PauseShown:
        return cls(
            buyer=step.buyer,
            campaign=step.campaign or None,
            why=step.why,
            by=step.made_by,
            since=iso_of(step.made_at),
        )


class StepTaken(Shown, frozen=True, kw_only=True):
    """The result of a pause or resume. `changed` is false if nothing changed. `campaign` is "" for all."""

    action: Literal["pause", "resume"]
    campaign: str
    why: str
    by: str
    buyer: str
    changed: bool

    @classmethod
    def of(cls, step: PauseStep, changed: bool) -> StepTaken:
        return cls(
            action=step.action,
            campaign=step.campaign,
            why=step.why,
            by=step.made_by,
            buyer=step.buyer,
            changed=changed,
        )
