"""Calls as they were sold: a line for each buyer that talked in one, owes for it, or is why one is paid for.

A call that no buyer had is one line too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from engine.store import reading
from engine.store.databases.transactions import Connection
from engine.store.ledger import entries as ledger
from engine.store.ledger.entries import PostedEntry, is_billed, standing_micros
from engine.store.tables.legs import TALK_MS
from engine.store.tables.schema import legs, tags
from engine.store.views import CallRecord

_g, _t = legs.c, tags.c


@dataclass(frozen=True, slots=True)
class SoldCall:
    """A call with one of its buyers: what stands of the bill and of the payout, how long the two talked.

    `billable` is None where nobody judged. `tags` are the call's.
    """

    record: CallRecord
    buyer: str | None
    billable: bool | None
    revenue_micros: int
    payout_micros: int
    currency: str | None
    talk_ms: int
    tags: Mapping[str, str]


@dataclass(slots=True)
class _Told:
    """What is known of a call: verdicts as (buyer, billable, currency), talks by buyer."""

    verdicts: Sequence[tuple[str, bool, str]] = ()
    entries: Sequence[PostedEntry] = ()
    talks_ms: dict[str, int] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


async def of(connection: Connection, names: Sequence[str]) -> list[SoldCall]:
    """The calls' lines, oldest call first."""
    records = await reading.records_of(connection, names)
    told: defaultdict[str, _Told] = defaultdict(_Told)
    for call, verdicts in (await reading.verdicts_of(connection, names)).items():
        told[call].verdicts = verdicts
    for call, entries in (await ledger.read(connection, names)).items():
        told[call].entries = entries
    talks = select(_g.call, _g.buyer, TALK_MS).where(
        _g.call.in_(names), _g.buyer.is_not(None), _g.bridged_at_ms.is_not(None)
    )
    for call, buyer, talk_ms in await connection.execute(talks.order_by(_g.bridged_at_ms)):
        own = told[call].talks_ms
        own[buyer] = own.get(buyer, 0) + (talk_ms or 0)
    tagged = select(_t.call, _t.name, _t.value).where(_t.call.in_(names)).order_by(_t.call, _t.seq, _t.n)
    for call, name, value in await connection.execute(tagged):
        told[call].tags[name] = value
    return [sold for record in records for sold in _lines(record, told[record.call])]


def _lines(record: CallRecord, told: _Told) -> Iterable[SoldCall]:
    buyers: list[str | None] = [*dict.fromkeys([*told.talks_ms, *(entry.buyer for entry in told.entries)])]
    if not buyers:
        buyers = [told.verdicts[-1][0] if told.verdicts else None]
    for buyer in buyers:
        verdicts = [each for each in told.verdicts if each[0] == buyer]
        entries = [entry for entry in told.entries if entry.buyer == buyer]
        named = [entry.currency for entry in entries] or [each[2] for each in verdicts]
        judged = any(each[1] for each in verdicts) if verdicts else None
        yield SoldCall(
            record=record,
            buyer=buyer,
            billable=judged if buyer is None else is_billed(entries, buyer, judged),
            revenue_micros=0 if buyer is None else standing_micros(entries, "revenue", buyer),
            payout_micros=0 if buyer is None else standing_micros(entries, "payout", buyer),
            currency=named[-1] if named else None,
            talk_ms=0 if buyer is None else told.talks_ms.get(buyer, 0),
            tags=told.tags,
        )
