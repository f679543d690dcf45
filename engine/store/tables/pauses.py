"""Pauses: a buyer that takes no calls for now, in all campaigns or in one. Every step is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from engine.store.databases.database import wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import pauses

EVERYWHERE = ""  # the campaign of a pause in all of them

_c = pauses.c


@dataclass(frozen=True, slots=True)
class PauseStep:
    """A buyer was paused or resumed. `campaign` is "" for all of them."""

    buyer: str
    campaign: str
    action: Literal["pause", "resume"]
    why: str
    made_by: str
    made_at: int


async def add(connection: Connection, step: PauseStep) -> bool:
    """Keep the step; False, and nothing kept, where the buyer is so already."""
    await wait_for_turn(connection, f"pauses {step.buyer}")
    standing = await _standing(connection, step.buyer)
    is_paused = any(last.campaign == step.campaign and last.action == "pause" for last in standing)
    if is_paused is (step.action == "pause"):
        return False
    row = {name: getattr(step, name) for name in PauseStep.__dataclass_fields__}
    await connection.execute(pauses.insert(), [row])
    return True


async def why_paused(connection: Connection, buyer: str, campaign: str) -> str | None:
    """Why the buyer takes no calls of the campaign; None where it does."""
    for step in await _standing(connection, buyer):
        if step.action == "pause" and step.campaign in (EVERYWHERE, campaign):
            return step.why
    return None


async def paused(connection: Connection, campaign: str | None) -> Sequence[PauseStep]:
    """The pauses that stand, those of all campaigns among them; without a campaign, every one."""
    return [
        step
        for step in await _standing(connection, None)
        if step.action == "pause" and (campaign is None or step.campaign in (EVERYWHERE, campaign))
    ]


async def history(connection: Connection, buyer: str) -> Sequence[PauseStep]:
    """Every step of the buyer, oldest first."""
    query = select(*_columns()).where(_c.buyer == buyer).order_by(_c.step)
    return [PauseStep(*row) for row in await connection.execute(query)]


async def _standing(connection: Connection, buyer: str | None) -> Sequence[PauseStep]:
    """The last step of each buyer and campaign, those of all campaigns first."""
    if buyer is None:
        rows = await connection.execute(_standing_query(None))
    else:
        rows = await connection.execute(_STANDING_OF_BUYER, {"of_buyer": buyer})
    return [PauseStep(*row) for row in rows]


def _standing_query(buyer: ColumnElement[str] | None) -> Select[Any]:
    last = select(func.max(_c.step)).group_by(_c.buyer, _c.campaign)
    if buyer is not None:
        last = last.where(_c.buyer == buyer)
    return select(*_columns()).where(_c.step.in_(last)).order_by(_c.campaign, _c.buyer)


def _columns() -> Sequence[ColumnElement[Any]]:
    return [_c[name] for name in PauseStep.__dataclass_fields__]


_STANDING_OF_BUYER = _standing_query(bindparam("of_buyer"))  # asked with every reservation, so built once
