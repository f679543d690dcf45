"""The streams of phone calls that were taken, each once, whichever worker takes it and however long ago.

A carrier's call is kept as its SHA-256, so a webhook that is posted again is known even after its caller was
forgotten. Calls of older engines have no rows here: their records are counted instead.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import func, select

from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import calls, streams_taken

_s = streams_taken.c


async def taken(connection: Connection, carrier_call: str) -> int:
    """The number of the first stream of the carrier's call that wasn't taken yet."""
    newest = select(func.max(_s.stream)).where(_s.phone_call == _digest(carrier_call))
    records = select(func.count()).where(calls.c.carrier_call == carrier_call)
    last = (await connection.execute(newest)).scalar_one()
    count = int((await connection.execute(records)).scalar_one())
    return count if last is None else max(int(last) + 1, count)


async def take(connection: Connection, carrier_call: str, stream: int, now_ms: int) -> bool:
    """Take it; False where it, or a later one, was taken already."""
    if await taken(connection, carrier_call) > stream:
        return False
    row = {"phone_call": _digest(carrier_call), "stream": stream, "taken_at": now_ms}
    made = await connection.execute(insert(streams_taken).on_conflict_do_nothing(), row)
    return made.rowcount == 1


def _digest(carrier_call: str) -> str:
    return sha256(carrier_call.encode()).hexdigest()
