"""What calls left behind: each kind of fact to its table, and back as the fact that it was."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, bindparam, select, tuple_, union_all, update

from engine.core.facts import (
    Answer,
    CallbackRequest,
    CallOpened,
    Consent,
    Decision,
    Ending,
    Fact,
    Fault,
    Leg,
    OptOut,
    Recording,
    Step,
    Tag,
    Turn,
    Verdict,
    Voicemail,
    ZipRead,
)
from engine.core.journal import fact_from_json
from engine.core.json_values import Json, JsonObject
from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.tables import callbacks, calls, opt_outs, schema

Columns = dict[str, Json]


@dataclass(frozen=True, slots=True)
class PlacedFact:
    """A fact, masked where it is sensitive, in its place: command `n` of event `seq` of the call."""

    call: str
    seq: int
    n: int
    fact: Fact
    body: JsonObject  # the fact as it is kept
    found_by: str = ""  # what a masked telephone number is found by


_Columns = Callable[[Any], Columns]


def _of_decision(fact: Decision) -> Columns:
    """Also which buyers could take the call, as far as the decision names them."""
    able = [one.buyer for one in fact.candidates if one.eligible]
    qualified: Columns = {"qualified": bool(able), "eligible": json.dumps(able) if able else None}
    return {"campaign": fact.campaign, "chosen": fact.chosen, **qualified}


def _named(*names: str) -> _Columns:
    """Columns that are the fact's own fields of these names."""
    return lambda fact: {name: getattr(fact, name) for name in names}


# For each fact that is kept as a row of its own: the table, and what is searched for.
_ROWS: Mapping[type[Fact], tuple[Table, _Columns]] = {
    Step: (schema.steps, _named("node", "exit")),
    Answer: (schema.answers, _named("name")),
    Decision: (schema.decisions, _of_decision),
    Verdict: (
        schema.verdicts,
        _named(
            *("near_miss_by", "leg", "buyer", "billable", "reason"),
            *("revenue_micros", "payout_micros", "currency"),
        ),
    ),
    Turn: (schema.turns, _named("node", "exit")),
    Tag: (schema.tags, _named("name", "value")),
    Consent: (schema.consents, _named("answer", "version", "granted")),
    Voicemail: (schema.voicemails, _named("recording", "voiced")),
    Fault: (schema.faults, lambda fact: {"where_at": fact.where}),
}


async def write(connection: Connection, placed: Sequence[PlacedFact], ledger_mark: str | None) -> None:
    """Write the facts. One that stands already, by its place in the journal, is passed over.

    Verdicts keep the mark of the ledger.
    """
    rows: dict[type[Fact], list[Columns]] = defaultdict(list)
    legs: dict[tuple[str, str], Columns] = {}
    for each in placed:
        fact, call = each.fact, each.call
        where: Columns = {"call": call, "seq": each.seq, "n": each.n, "body": _dumped(each.body)}
        match fact:
            case Leg():
                legs[call, fact.leg] = {**where, **_leg(fact)}
            case Recording():
                row = {**where, **_recording(fact)}
                await connection.execute(insert(schema.recordings).on_conflict_do_nothing(), [row])
            case CallOpened():
                await _open(connection, call, fact)
            case Ending():
                await _end(connection, call, fact)
            case OptOut() | CallbackRequest():
                await _wish(connection, each, fact)
            case ZipRead():
                pass  # it stays in the journal: replays alone want it
            case Answer():
                rows[Answer].append({**where, "name": fact.name, "found_by": each.found_by})
            case _:
                marked: Columns = {"ledger_mark": ledger_mark} if isinstance(fact, Verdict) else {}
                rows[type(fact)].append({**where, **marked, **_ROWS[type(fact)][1](fact)})
    for kind, some in rows.items():
        await connection.execute(insert(_ROWS[kind][0]).on_conflict_do_nothing(), some)
    if legs:
        await _write_legs(connection, list(legs.values()))


async def read(connection: Connection, call: str) -> list[Fact]:
    """Every fact of the call that has a row of its own, recordings apart, in their order."""
    tables = [table for table, _ in _ROWS.values()] + [schema.legs]
    kept = union_all(*(_bodies(table, call) for table in tables))
    rows: Iterable[Any] = await connection.execute(kept.order_by("seq", "n"))
    return [fact_from_json(json.loads(body)) for _, _, body in rows]


def _bodies(table: Table, call: str) -> Select[tuple[int, int, str]]:
    c = table.c
    return select(c.seq, c.n, c.body).where(c.call == call)


def _leg(fact: Leg) -> Columns:
    return {
        "leg": fact.leg,
        "buyer": fact.buyer,
        "outcome": fact.outcome,
        "bridged_at_ms": fact.bridged_at,
        "answered_at_ms": None
        if fact.outcome == "machine"
        else fact.answered_at,  # nobody did, for what counts
        "accepted_at_ms": fact.accepted_at,
        "ended_at_ms": fact.ended_at,
        "held_ms": fact.held_ms,
        "is_ours": fact.is_ours,
    }


def _recording(fact: Recording) -> Columns:
    named = _named("recording", "path", "format", "channels", "keep_ms")(fact)
    return {**named, "started_at_ms": fact.at}


async def _write_legs(connection: Connection, rows: list[Columns]) -> None:
    """A later fact of a leg replaces the earlier one, never the other way round."""
    statement = insert(schema.legs)
    new, old = statement.excluded, schema.legs.c
    times = ("answered_at_ms", "accepted_at_ms", "bridged_at_ms", "ended_at_ms", "held_ms", "is_ours")
    columns = ("seq", "n", "buyer", "outcome", *times, "body")
    replaced = {name: new[name] for name in columns}
    statement = statement.on_conflict_do_update(
        index_elements=["call", "leg"],
        set_=replaced,
        where=tuple_(old.seq, old.n) < tuple_(new.seq, new.n),
    )
    await connection.execute(statement, rows)


async def _open(connection: Connection, call: str, fact: CallOpened) -> None:
    values = {name: getattr(fact, name) for name in ("flow", "revision", "campaign", "publisher")}
    await connection.execute(update(schema.calls).where(schema.calls.c.call == call).values(values))


async def _wish(connection: Connection, placed: PlacedFact, fact: OptOut | CallbackRequest) -> None:
    """Keep what a caller wants of the network; in a practice call nobody means it."""
    if await calls.is_practice(connection, placed.call):
        return
    if isinstance(fact, OptOut):
        await opt_outs.enter(connection, placed.call, placed.seq, placed.n, fact)
    else:
        await callbacks.enter(connection, placed.call, placed.seq, placed.n, fact)


async def _end(connection: Connection, call: str, fact: Ending) -> None:
    table = schema.calls
    statement = (
        update(table)
        .where(table.c.call == call, table.c.ended_at.is_(None))
        .values(
            ended_at=table.c.started_at + bindparam("at_ms"),
            ended_by=fact.ended_by,
            reason=fact.reason,
        )
    )
    await connection.execute(statement, {"at_ms": fact.at})


def _dumped(fact: JsonObject) -> str:
    return json.dumps(fact, ensure_ascii=False, separators=(",", ":"))
