"""Transactions, the same for every database: a piece of work that is given a connection.

Work is a coroutine function that waits for nothing but its connection. So a database may let it wait for a
server, or run it to its end in a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar, TypeVarTuple, overload

import sqlalchemy
from sqlalchemy import CursorResult, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.selectable import TypedReturnsRows

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Connection(Protocol):
    """What a piece of work reads and writes with."""

    @property
    def dialect(self) -> Dialect: ...

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*Ts], parameters: Parameters | None = None
    ) -> CursorResult[*Ts]: ...

    @overload
    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[*tuple[Any, ...]]: ...


Work = Callable[[Connection], Coroutine[Any, Any, T]]
TablesChange = Callable[[sqlalchemy.Connection], None]


class Inline:
    """A connection that is at hand: a coroutine in form, nothing in it waits."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)


def done(work: Work[T], connection: sqlalchemy.Connection) -> T:
    """Do the work here and now, in whatever thread this is."""
    working = work(Inline(connection))
    try:
        working.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    working.close()
    raise RuntimeError("work in a transaction waited for something else than its connection")
