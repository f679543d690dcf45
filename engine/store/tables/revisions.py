"""Revisions as they were in service: their files under the name that their content gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import revisions

_c = revisions.c


async def keep(
    connection: Connection, revision: str, files: Mapping[str, str], written_in: int, now_ms: int
) -> None:
    """Keep the files. A revision that is kept already stays as it is."""
    text = json.dumps(dict(files), ensure_ascii=False)
    row = {"id": revision, "files": text, "created_at": now_ms, "format": written_in}
    await connection.execute(insert(revisions).on_conflict_do_nothing(), [row])


async def files(connection: Connection, revision: str) -> Mapping[str, str] | None:
    """{relative name: text} of a kept revision."""
    query = select(_c.files).where(_c.id == revision)
    text = (await connection.execute(query)).scalar_one_or_none()
    return None if text is None else dict(json.loads(text))


async def names(connection: Connection) -> Sequence[str]:
    """All kept revisions, newest first."""
    return (await connection.execute(select(_c.id).order_by(_c.created_at.desc()))).scalars().all()
