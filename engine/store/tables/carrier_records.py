"""What a carrier says, under its signature, of how long a leg lasted. The first record of a leg stands."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, select, update

from engine.core.journal import record_from_json, to_json
from engine.core.json_values import Json, JsonObject
from engine.core.older import AS_WRITTEN
from engine.exchange.carrier_times import CarrierFinding
from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import calls, carrier_records, legs

_c = carrier_records.c


@dataclass(frozen=True, slots=True)
class CarrierRecord:
    """How long a leg lasted from its answer to its end. `finding` says what came of it, None until then."""

    call: str
    leg: str
    carrier: str
    duration_ms: int
    received_at: int
    finding: CarrierFinding | None = None


async def keep(connection: Connection, record: CarrierRecord) -> None:
    """Keep the record; one of a call that we never had is passed over."""
    known = select(calls.c.call).where(calls.c.call == record.call)
    if (await connection.execute(known)).scalar_one_or_none() is not None:
        row = {name: getattr(record, name) for name in CarrierRecord.__dataclass_fields__}
        row["finding"] = None if record.finding is None else _finding_text(record.finding)
        await connection.execute(insert(carrier_records).on_conflict_do_nothing(), [row])


async def unread(connection: Connection, but: Collection[tuple[str, str]] = ()) -> Sequence[CarrierRecord]:
    """Records of ended calls that nobody held against our own times yet, oldest first.

    `but` those of these calls and legs.
    """
    ended = select(calls.c.call).where(calls.c.call == _c.call, calls.c.ended_at.is_not(None)).exists()
    query = select(*_columns()).where(_c.finding.is_(None), ended).order_by(_c.received_at)
    rows = await connection.execute(query.limit(100 + len(but)))
    return [record for record in map(_record, rows) if (record.call, record.leg) not in but]


async def note(
    connection: Connection, record: CarrierRecord, finding: CarrierFinding, ends: Mapping[str, int]
) -> None:
    """Say what came of a record, and when legs `ends` by all that were read of the call.

    Several workers read it; the first finding stands.
    """
    for leg, ended_at in ends.items():
        own = update(legs).where(legs.c.call == record.call, legs.c.leg == leg)
        await connection.execute(own.values(carrier_ended_at_ms=ended_at))
    await connection.execute(
        update(carrier_records)
        .where(_c.call == record.call, _c.leg == record.leg, _c.finding.is_(None))
        .values(finding=_finding_text(finding))
    )


def finding_json(finding: CarrierFinding) -> JsonObject:
    """A finding as it is kept and proven."""
    return {name: held for name, held in to_json(finding).items() if name != "type"}


def finding_from_json(kept: Json) -> CarrierFinding | None:
    """A finding that `finding_json` wrote, or an older engine's sentence; None where there is none yet."""
    if kept is None:
        return None
    if isinstance(kept, str):
        return CarrierFinding(AS_WRITTEN, {AS_WRITTEN: kept})
    return record_from_json(CarrierFinding, cast(JsonObject, kept))


async def of_call(connection: Connection, call: str) -> tuple[CarrierRecord, ...]:
    query = select(*_columns()).where(_c.call == call).order_by(_c.received_at, _c.leg)
    return tuple([_record(row) for row in await connection.execute(query)])


def _columns() -> Sequence[ColumnElement[Any]]:
    return [_c[name] for name in CarrierRecord.__dataclass_fields__]


def _finding_text(finding: CarrierFinding) -> str:
    return json.dumps(finding_json(finding), ensure_ascii=False)


def _record(row: Sequence[Any]) -> CarrierRecord:
    call, leg, carrier, duration_ms, received_at, kept = row
    # No sentence of an older engine began so.
    is_json = kept is not None and kept.startswith("{")
    finding = finding_from_json(json.loads(kept) if is_json else kept)
    return CarrierRecord(call, leg, carrier, duration_ms, received_at, finding)
