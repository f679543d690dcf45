"""What a letter tells of its call beside the event: whose it is, what was answered, tagged and talked."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from engine.core.json_values import Json
from engine.store.databases.transactions import Connection
from engine.store.tables.legs import TALK_MS
from engine.store.tables.schema import answers, calls, legs, tags


@dataclass(frozen=True, slots=True)
class CallStory:
    """A call as letters tell it. Answers and tags are as they were given last, sensitive answers masked.

    `talks_ms` has how long the caller talked on each leg that was bridged and is over.
    """

    campaign: str
    publisher: str
    from_number: str
    to_number: str
    started_at: int
    practice: bool
    answers: dict[str, Json] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    talks_ms: dict[str, int] = field(default_factory=dict)


async def of_calls(
    connection: Connection, names: Sequence[str], revealed: Collection[str]
) -> dict[str, CallStory]:
    """The calls' stories by name, with the `revealed` answers of each."""
    c, a, t, g = calls.c, answers.c, tags.c, legs.c
    heads = select(c.call, c.campaign, c.publisher, c.from_number, c.to_number, c.started_at, c.practice)
    found = {
        call: CallStory(*head) for call, *head in await connection.execute(heads.where(c.call.in_(names)))
    }
    if revealed:
        given = select(a.call, a.name, a.body).where(a.call.in_(names), a.name.in_(sorted(revealed)))
        for call, name, body in await connection.execute(given.order_by(a.call, a.seq, a.n)):
            told = json.loads(body)
            found[call].answers[name] = told["value"]
            if told.get("withdrawn_at") is not None:
                del found[call].answers[name]
    tagged = select(t.call, t.name, t.value).where(t.call.in_(names)).order_by(t.call, t.seq, t.n)
    for call, name, value in await connection.execute(tagged):
        found[call].tags[name] = value
    talked = select(g.call, g.leg, TALK_MS).where(
        g.call.in_(names), g.bridged_at_ms.is_not(None), g.ended_at_ms.is_not(None)
    )
    for call, leg, talk_ms in await connection.execute(talked):
        found[call].talks_ms[leg] = talk_ms
    return found
