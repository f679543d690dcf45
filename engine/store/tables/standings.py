"""How a campaign's buyers stand: who was offered a call last, how often lately, and how often it paid.

Counted from the legs that calls of the campaign dialled. A leg counts as an offer once it is over, for
before that nobody knows whether it pays; as the last offer it counts from its call's start. One that
failed for the carrier's sake or ours is none, and so is one of a practice call.
"""

from __future__ import annotations

from sqlalchemy import case, exists, func, select

from engine.core.events import Standing
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import calls, ledger, legs


async def standings(connection: Connection, campaign: str, since_ms: int) -> dict[str, Standing]:
    """By buyer, of the calls that began since then; who was offered none is not there."""
    billed = exists().where(
        ledger.c.call == legs.c.call, ledger.c.buyer == legs.c.buyer, ledger.c.kind == "revenue"
    )
    is_over = legs.c.outcome.is_not(None)
    query = (
        select(
            legs.c.buyer,
            func.max(calls.c.started_at),
            func.sum(case((is_over, 1), else_=0)),
            func.sum(case((is_over & billed, 1), else_=0)),
        )
        .join(calls, calls.c.call == legs.c.call)
        .where(
            ~legs.c.is_ours,
            calls.c.campaign == campaign,
            calls.c.started_at >= since_ms,
            calls.c.practice.is_(False),
            legs.c.buyer.is_not(None),
        )
        .group_by(legs.c.buyer)
    )
    return {
        str(buyer): Standing(str(buyer), None, last, int(offered), int(paid))
        for buyer, last, offered, paid in await connection.execute(query)
    }
