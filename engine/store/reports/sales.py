"""Calls as they were sold, read for exports: a line for each buyer of a call (`engine.store.views`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from engine.store import reading
from engine.store.databases.transactions import Connection
from engine.store.ledger import entries as ledger
from engine.store.tables.schema import tags as tags_table
from engine.store.views import SoldCall, sold_lines

_t = tags_table.c


async def of(connection: Connection, names: Sequence[str]) -> list[SoldCall]:
    """The calls' lines, oldest call first."""
    records = await reading.records_of(connection, names)
    verdicts = await reading.verdicts_of(connection, names)
    entries = await ledger.read(connection, names)
    talks = await reading.talks_of(connection, names)
    tagged = select(_t.call, _t.name, _t.value).where(_t.call.in_(names)).order_by(_t.call, _t.seq, _t.n)
    tags: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for call, name, value in await connection.execute(tagged):
        tags[call][name] = value
    return [
        sold
        for record in records
        for call in (record.call,)
        for sold in sold_lines(record, verdicts[call], entries[call], talks[call], tags[call])
    ]
