"""The campaigns, publishers, buyers and tags that calls were of: what a filter may name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, exists, select

from engine.store.databases.transactions import Connection
from engine.store.tables.schema import calls, legs, tags

Name = Literal["campaign", "publisher", "buyer", "tag"]

_COLUMNS: Mapping[Name, ColumnElement[Any]] = {
    "campaign": calls.c.campaign,
    "publisher": calls.c.publisher,
    "buyer": legs.c.buyer,
    "tag": tags.c.name,
}


async def occurs(connection: Connection, kind: Name, name: str) -> bool:
    """Whether any call is of it."""
    column = _COLUMNS[kind]
    return bool((await connection.execute(select(exists(select(column).where(column == name))))).scalar())


async def names(connection: Connection, kind: Name) -> Sequence[str]:
    """All that any call is of; over many calls this takes a while."""
    column = _COLUMNS[kind]
    found = await connection.execute(select(column).where(column.is_not(None), column != "").distinct())
    return sorted(found.scalars())
