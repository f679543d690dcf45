"""Reads calls back, whole or as lines of a list, within one moment of the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from sqlalchemy import select, tuple_

from engine.core.facts import (
    Answer,
    Consent,
    Decision,
    Fact,
    Fault,
    Leg,
    Step,
    Tag,
    Turn,
    Verdict,
    Voicemail,
)
from engine.core.given_answers import earlier_answers
from engine.store.databases.transactions import Connection
from engine.store.ledger import disputes
from engine.store.ledger import entries as ledger
from engine.store.tables import calls, carrier_legs, carrier_records, erasures, facts, recordings, schema
from engine.store.tables.legs import TALK_MS
from engine.store.views import CallRecord, CallSummary, CallView, JudgedLeg, Talk, summarise

_Kind = TypeVar("_Kind", bound=Fact)

_RECORD = [schema.calls.c[name] for name in CallRecord.__dataclass_fields__]


async def view(connection: Connection, call: str) -> CallView | None:
    """The call with all it left behind."""
    row = (await connection.execute(select(*_RECORD).where(schema.calls.c.call == call))).one_or_none()
    if row is None:
        return None
    kept = await facts.read(connection, call)
    blind = (
        await connection.execute(select(schema.calls.c.blind).where(schema.calls.c.call == call))
    ).scalar()
    return CallView(
        record=CallRecord(*row),
        steps=_of_kind(kept, Step),
        answers=_of_kind(kept, Answer),
        earlier_answers={
            name: tuple(earlier_answers(kept, name))
            for name in dict.fromkeys(answer.name for answer in _of_kind(kept, Answer))
        },
        decisions=_of_kind(kept, Decision),
        legs=_of_kind(kept, Leg),
        verdicts=_of_kind(kept, Verdict),
        turns=_of_kind(kept, Turn),
        tags=_of_kind(kept, Tag),
        consents=_of_kind(kept, Consent),
        voicemails=_of_kind(kept, Voicemail),
        faults=_of_kind(kept, Fault),
        recordings=await recordings.read(connection, call),
        ledger=(await ledger.read(connection, [call]))[call],
        carrier_records=await carrier_records.of_call(connection, call),
        lost_legs=await carrier_legs.lost(connection, call),
        disputes=tuple(await disputes.find(connection, call=call)),
        erasures=await erasures.of_call(connection, call),
        went_on_in=await calls.later_parts(connection, call),
        blind=str(blind),
    )


def _of_kind(kept: Iterable[Fact], kind: type[_Kind]) -> tuple[_Kind, ...]:
    return tuple(fact for fact in kept if isinstance(fact, kind))


async def summaries(
    connection: Connection, limit: int, before: str | None, practice: bool | None
) -> list[CallSummary]:
    """Calls, newest first; with `before`, those that come after that call in the list.

    Practice calls alone, or all but these; None has them all.
    """
    table = schema.calls
    query = select(*_RECORD).order_by(table.c.started_at.desc(), table.c.call.desc()).limit(limit)
    if practice is not None:
        query = query.where(table.c.practice.is_(practice))
    if before is not None:
        mark = select(table.c.started_at).where(table.c.call == before).scalar_subquery()
        query = query.where(tuple_(table.c.started_at, table.c.call) < tuple_(mark, before))
    return await _summarised(connection, [CallRecord(*row) for row in await connection.execute(query)])


async def records_of(connection: Connection, names: Sequence[str]) -> list[CallRecord]:
    """These calls, oldest first."""
    table = schema.calls
    query = select(*_RECORD).where(table.c.call.in_(names)).order_by(table.c.started_at, table.c.call)
    return [CallRecord(*row) for row in await connection.execute(query)]


async def _summarised(connection: Connection, records: Sequence[CallRecord]) -> list[CallSummary]:
    names = [record.call for record in records]
    talks = await talks_of(connection, names)
    verdicts = await verdicts_of(connection, names)
    entries = await ledger.read(connection, names)
    return [
        summarise(record, verdicts[record.call], entries[record.call], talks[record.call])
        for record in records
    ]


async def talks_of(connection: Connection, calls: Sequence[str]) -> defaultdict[str, list[Talk]]:
    """With whom each call's caller talked, in their order, and how long."""
    table = schema.legs
    query = (
        select(table.c.call, table.c.buyer, TALK_MS)
        .where(table.c.call.in_(calls), table.c.bridged_at_ms.is_not(None), table.c.buyer.is_not(None))
        .order_by(table.c.bridged_at_ms)
    )
    found: defaultdict[str, list[Talk]] = defaultdict(list)
    for call, buyer, talk_ms in await connection.execute(query):
        found[call].append((str(buyer), talk_ms or 0))
    return found


async def verdicts_of(connection: Connection, calls: Sequence[str]) -> defaultdict[str, list[JudgedLeg]]:
    """Each call's verdicts, in their order."""
    table = schema.verdicts
    query = (
        select(table.c.call, table.c.buyer, table.c.billable, table.c.currency)
        .where(table.c.call.in_(calls))
        .order_by(table.c.seq, table.c.n)
    )
    found: defaultdict[str, list[JudgedLeg]] = defaultdict(list)
    for call, buyer, billable, currency in await connection.execute(query):
        found[call].append((buyer, billable, currency))
    return found
