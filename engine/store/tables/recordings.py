"""What is known of recordings: the fact that the call recorded, what became of the file, when it was deleted.

The fact comes with the journal; the file's end comes later, from whoever finished it. A pruned recording's
row stays, with the digest of what there was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy import RowMapping, or_, select, update

from engine.core.facts import Question, Recording
from engine.core.journal import fact_from_json, to_json
from engine.core.json_values import JsonObject
from engine.store.databases.database import path_of
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import calls, recordings

_c = recordings.c

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class RecordingEnd:
    """What became of a recording's file. Times are milliseconds since the recording's start."""

    path: str
    format: str
    duration_ms: int
    sha256: str  # "" where there is no file
    bytes: int
    silenced: tuple[Span, ...]
    fault: str  # "" where it is complete


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """A recording of a call. `end` is None while it is being made; `pruned_at` when its file was deleted."""

    call: str
    recording: str
    path: str
    format: str
    channels: str
    started_at_ms: int  # since the call's start
    keep_ms: int | None
    fact: Recording
    end: RecordingEnd | None
    pruned_at: int | None  # milliseconds since 1970


def recordings_folder(db: str, chosen: Path | None = None) -> Path:
    """Where recordings lie: the folder that was chosen, else `recordings` beside the database."""
    return (chosen or path_of(db).parent / "recordings").expanduser()


async def finish(connection: Connection, call: str, recording: str, end: RecordingEnd) -> None:
    """Keep how it ended; the first end stands."""
    await connection.execute(
        update(recordings)
        .where(_c.call == call, _c.recording == recording, _c.complete.is_(None))
        .values(
            path=end.path,
            format=end.format,
            duration_ms=end.duration_ms,
            sha256=end.sha256,
            bytes=end.bytes,
            silenced=json.dumps(end.silenced),
            fault=end.fault,
            complete=not end.fault,
        )
    )


async def read(connection: Connection, call: str) -> tuple[KeptRecording, ...]:
    """The call's recordings, in the order in which they began."""
    rows = await connection.execute(select(recordings).where(_c.call == call).order_by(_c.seq, _c.n))
    return tuple(_kept(row) for row in rows.mappings())


async def unfinished(connection: Connection, worker: str) -> tuple[KeptRecording, ...]:
    """Recordings of ended calls that this worker had or took over, and whose file nobody finished."""
    query = select(recordings).join(calls, calls.c.call == _c.call)
    query = query.where(_c.complete.is_(None), calls.c.ended_at.is_not(None), calls.c.worker == worker)
    return tuple(_kept(row) for row in (await connection.execute(query)).mappings())


async def expired(
    connection: Connection, now_ms: int, most_ms: int | None = None, limit: int | None = None
) -> tuple[KeptRecording, ...]:
    """Recordings that were kept as long as they were to be, and are still there; oldest first.

    With `most_ms`, none is kept longer than that.
    """
    began = calls.c.started_at + _c.started_at_ms
    is_over = began + _c.keep_ms <= now_ms
    if most_ms is not None:
        is_over = or_(is_over, began <= now_ms - most_ms)
    query = select(recordings).join(calls, calls.c.call == _c.call)
    query = query.where(_c.complete.is_not(None), _c.pruned_at.is_(None), is_over)
    rows = await connection.execute(query.order_by(calls.c.started_at).limit(limit))
    return tuple(_kept(row) for row in rows.mappings())


async def pruned(connection: Connection, gone: Sequence[KeptRecording], now_ms: int) -> None:
    """Note that the files are deleted."""
    for one in gone:
        await connection.execute(
            update(recordings)
            .where(_c.call == one.call, _c.recording == one.recording, _c.pruned_at.is_(None))
            .values(pruned_at=now_ms)
        )


def recording_json(kept: KeptRecording) -> JsonObject:
    """A recording in the form of `show --json`."""
    end, fact = kept.end, kept.fact
    return {
        "recording": kept.recording,
        "path": kept.path,
        "format": kept.format,
        "channels": kept.channels,
        "announcement": None if fact.announcement is None else _question(fact.announcement),
        "announced_at_ms": fact.announced_at,
        "started_at_ms": kept.started_at_ms,
        "duration_ms": end.duration_ms if end else None,
        "sha256": (end.sha256 or None) if end else None,
        "bytes": end.bytes if end else None,
        "complete": (not end.fault) if end else None,
        "fault": (end.fault or None) if end else None,
        "silenced": [{"start_ms": since, "end_ms": until} for since, until in end.silenced] if end else [],
        "keep_ms": kept.keep_ms,
        "pruned_at": kept.pruned_at,
        **({"answer": fact.answer} if fact.answer else {}),
    }


def _question(asked: Question) -> JsonObject:
    return {name: held for name, held in to_json(asked).items() if name != "type"}


def _kept(row: RowMapping) -> KeptRecording:
    end = None
    if row["complete"] is not None:
        spans = tuple((since, until) for since, until in json.loads(row["silenced"]))
        file = (row["path"], row["format"], row["duration_ms"], row["sha256"], row["bytes"])
        end = RecordingEnd(*file, spans, row["fault"])
    return KeptRecording(
        call=row["call"],
        recording=row["recording"],
        path=row["path"],
        format=row["format"],
        channels=row["channels"],
        started_at_ms=row["started_at_ms"],
        keep_ms=row["keep_ms"],
        fact=cast(Recording, fact_from_json(json.loads(row["body"]))),
        end=end,
        pruned_at=row["pruned_at"],
    )
