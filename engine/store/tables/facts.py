"""What calls left behind: each kind of fact to its table, and back as the JSON that it was."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Integer, Select, Table, bindparam, literal, select, tuple_, union_all, update

from engine.core.journal import Json, JsonObject
from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.tables import schema

Placed = tuple[str, int, int, JsonObject]  # call, seq, n, fact
Columns = dict[str, Json]


def _eligible(decision: JsonObject) -> Columns:
    """Which buyers could take the call, as far as the decision names them."""
    candidates = cast("list[JsonObject]", decision["candidates"])
    able = [one["buyer"] for one in candidates if one["eligible"]]
    return {"qualified": bool(able), "eligible": json.dumps(able) if able else None}


# For each fact that is kept as a row of its own: the table, and what is searched for.
_ROWS: Mapping[str, tuple[Table, Callable[[JsonObject], Columns]]] = {
    "Step": (schema.steps, lambda fact: {"node": fact["node"], "exit": fact["exit"]}),
    "Answer": (schema.answers, lambda fact: {"name": fact["name"]}),
    "Decision": (
        schema.decisions,
        lambda fact: {**{name: fact[name] for name in ("campaign", "chosen")}, **_eligible(fact)},
    ),
    "Verdict": (
        schema.verdicts,
        lambda fact: {
            name: fact[name]
            for name in (
                "near_miss_by",
                "leg",
                "buyer",
                "billable",
                "reason",
                "revenue_micros",
                "payout_micros",
                "currency",
            )
        },
    ),
    "Turn": (schema.turns, lambda fact: {"node": fact["node"], "exit": fact["exit"]}),
    "Tag": (schema.tags, lambda fact: {"name": fact["name"], "value": fact["value"]}),
    "Consent": (
        schema.consents,
        lambda fact: {name: fact[name] for name in ("answer", "version", "granted")},
    ),
    "Voicemail": (
        schema.voicemails,
        lambda fact: {name: fact[name] for name in ("recording", "voiced")},
    ),
    "Fault": (schema.faults, lambda fact: {"where_at": fact["where"]}),
}


async def write(connection: Connection, placed: Sequence[Placed]) -> None:
    """Write the facts. One that stands already, by its place in the journal, is passed over."""
    rows: dict[str, list[Columns]] = defaultdict(list)
    legs: dict[tuple[str, str], Columns] = {}
    for call, seq, n, fact in placed:
        kind = str(fact["type"])
        where: Columns = {"call": call, "seq": seq, "n": n}
        if kind == "Leg":
            legs[call, str(fact["leg"])] = {**where, **_leg(fact), "body": _dumped(fact)}
        elif kind == "Recording":
            row = {**where, **_recording(fact), "body": _dumped(fact)}
            await connection.execute(insert(schema.recordings).on_conflict_do_nothing(), [row])
        elif kind == "CallOpened":
            await _open(connection, call, fact)
        elif kind == "Ending":
            await _end(connection, call, fact)
        elif kind != "ZipRead":  # which stays in the journal: replays alone want it
            _, columns = _ROWS[kind]
            rows[kind].append({**where, **columns(fact), "body": _dumped(fact)})
    for kind, some in rows.items():
        await connection.execute(insert(_ROWS[kind][0]).on_conflict_do_nothing(), some)
    if legs:
        await _write_legs(connection, list(legs.values()))


async def read(connection: Connection, call: str, *tables: Table) -> list[tuple[JsonObject, ...]]:
    """The call's facts of each of the tables, in the order in which they were recorded. One statement."""
    kept = union_all(*(_bodies(table, call, number) for number, table in enumerate(tables)))
    found: list[list[JsonObject]] = [[] for _ in tables]
    rows: Iterable[Any] = await connection.execute(kept.order_by("number", "seq", "n"))
    for number, _, _, body in rows:
        found[number].append(json.loads(body))
    return [tuple(some) for some in found]


def _bodies(table: Table, call: str, number: int) -> Select[tuple[int, int, int, str]]:
    c = table.c
    return select(literal(number, Integer).label("number"), c.seq, c.n, c.body).where(c.call == call)


def _leg(fact: JsonObject) -> Columns:
    return {
        "leg": fact["leg"],
        "buyer": fact["buyer"],
        "outcome": fact["outcome"],
        "bridged_at_ms": fact["bridged_at"],
        **{f"{name}_ms": fact[name] for name in ("answered_at", "accepted_at", "ended_at")},
    }


def _recording(fact: JsonObject) -> Columns:
    named = {name: fact[name] for name in ("recording", "path", "format", "channels", "keep_ms")}
    return {**named, "started_at_ms": fact["at"]}


async def _write_legs(connection: Connection, rows: list[Columns]) -> None:
    """A later fact of a leg replaces the earlier one, never the other way round."""
    statement = insert(schema.legs)
    new, old = statement.excluded, schema.legs.c
    times = ("answered_at_ms", "accepted_at_ms", "bridged_at_ms", "ended_at_ms")
    columns = ("seq", "n", "buyer", "outcome", *times, "body")
    replaced = {name: new[name] for name in columns}
    statement = statement.on_conflict_do_update(
        index_elements=["call", "leg"],
        set_=replaced,
        where=tuple_(old.seq, old.n) < tuple_(new.seq, new.n),
    )
    await connection.execute(statement, rows)


async def _open(connection: Connection, call: str, fact: JsonObject) -> None:
    values = {name: fact[name] for name in ("flow", "revision", "campaign", "publisher")}
    await connection.execute(update(schema.calls).where(schema.calls.c.call == call).values(values))


async def _end(connection: Connection, call: str, fact: JsonObject) -> None:
    table = schema.calls
    statement = (
        update(table)
        .where(table.c.call == call, table.c.ended_at.is_(None))
        .values(
            ended_at=table.c.started_at + bindparam("at_ms"),
            ended_by=fact["ended_by"],
            reason=fact["reason"],
        )
    )
    await connection.execute(statement, {"at_ms": fact["at"]})


def _dumped(fact: JsonObject) -> str:
    return json.dumps(fact, ensure_ascii=False, separators=(",", ":"))
