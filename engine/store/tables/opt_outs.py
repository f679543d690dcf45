"""Who does not want to be called any more. Every step is kept, and the last one of a number stands.

A number that was forgotten is known again by its mark alone: what its owner asked for outlives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, func, or_, select, update

from engine.core.facts import OptOut
from engine.store.databases.database import insert, wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.tables import calls
from engine.store.tables.schema import opt_outs

CALLER = "caller"

_c = opt_outs.c


@dataclass(frozen=True, slots=True)
class OptOutStep:
    """A number was taken off the list of those who may be called, or put back (`in`).

    `call` is the one in which its owner asked for it; None where somebody entered it. `number` is "" once it
    was forgotten.
    """

    number: str
    action: Literal["out", "in"]
    call: str | None
    made_by: str
    why: str
    made_at: int


async def enter(connection: Connection, call: str, seq: int, n: int, fact: OptOut) -> None:
    """Keep what a caller asked for; by its place in the journal, once."""
    row = {
        "number": fact.number,
        "action": "out",
        "call": call,
        "seq": seq,
        "n": n,
        "made_by": CALLER,
        "made_at": await calls.began_at(connection, call) + fact.at,
    }
    await connection.execute(insert(opt_outs).on_conflict_do_nothing(), [row])


async def add(connection: Connection, step: OptOutStep, marks: Sequence[str]) -> bool:
    """Keep an operator's step; False, and nothing kept, where the number stands so already."""
    await wait_for_turn(connection, f"opt-outs {step.number}")
    if await is_out(connection, step.number, marks) is (step.action == "out"):
        return False
    row = {name: getattr(step, name) for name in OptOutStep.__dataclass_fields__}
    await connection.execute(opt_outs.insert(), [row])
    return True


async def is_out(connection: Connection, number: str, marks: Sequence[str]) -> bool:
    """Whether the number's last step was to opt out."""
    query = select(_c.action).where(_of(number, marks)).order_by(_c.step.desc()).limit(1)
    return (await connection.execute(query)).scalar_one_or_none() == "out"


async def standing(connection: Connection) -> Sequence[OptOutStep]:
    """The last step of everybody who opted out and was not put back, newest first."""
    last = select(func.max(_c.step)).group_by(_c.number, _c.mark)
    columns = [_c[name] for name in OptOutStep.__dataclass_fields__]
    query = select(*columns).where(_c.step.in_(last), _c.action == "out").order_by(_c.step.desc())
    return [OptOutStep(*row) for row in await connection.execute(query)]


async def forget(connection: Connection, number: str, mark: str) -> None:
    """Keep the number's mark in its place."""
    gone = update(opt_outs).where(_c.number == number)
    await connection.execute(gone.values(number="", mark=mark, why=""))


async def has(connection: Connection, number: str) -> bool:
    """Whether the number stands in a step."""
    query = select(_c.step).where(_c.number == number).limit(1)
    return (await connection.execute(query)).first() is not None


def _of(number: str, marks: Sequence[str]) -> ColumnElement[bool]:
    return or_(_c.number == number, _c.mark.in_(marks)) if marks else _c.number == number
