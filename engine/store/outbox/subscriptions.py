"""The webhooks of the network in service, kept in the database: whoever writes a call or a correction,
in whatever process, knows from here who is told of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import delete, select

from engine.exchange.webhooks import Webhook
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import webhooks

_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Webhook).decode


async def subscribe(connection: Connection, wanted: Mapping[str, Webhook]) -> None:
    """From now on these are told of calls, and no others."""
    if await subscribed(connection) == wanted:
        return
    await connection.execute(delete(webhooks))
    rows = [{"name": name, "body": _encode(webhook).decode()} for name, webhook in wanted.items()]
    if rows:
        await connection.execute(webhooks.insert(), rows)


async def subscribed(connection: Connection) -> dict[str, Webhook]:
    """Who is told of calls, by name."""
    query = select(webhooks.c.name, webhooks.c.body).order_by(webhooks.c.name)
    return {name: _read(body) for name, body in await connection.execute(query)}
