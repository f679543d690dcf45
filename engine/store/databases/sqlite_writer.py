"""The one thread that writes a SQLite file, and puts into each transaction whatever waits to be written.

Rules
1. Work is done in the order in which it was asked for; each piece is done whole, or undone and told so.
2. Nobody is told of a result before the transaction that it stands in is committed, and so on disk.
3. Where the transaction itself fails (a full disk), all that stood in it fails with it.
4. A transaction holds what waited when it began, and no more: another process waits for its end.

Theory: a commit waits for the disk, and that hardly grows with what is in it. Who comes while one is being
written is in the next one, so the busier the file is, the less each of them pays.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from engine.store.databases.transactions import Work, done

MOST_PIECES = 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _PieceOfWork:
    work: Work[Any]
    told: Future[Any]


@dataclass(frozen=True, slots=True)
class _Undone:
    why: BaseException


class Writer:
    """Writes what is handed to `write`, until `close`. The engine begins its transactions as a writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[_PieceOfWork] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cordboard-store-write")

    async def write(self, work: Work[T]) -> T:
        """What the work returns, once it is committed; what it raises, once it is undone.

        Who is cancelled before its turn leaves nothing behind; later, the work stands.
        """
        told: Future[T] = Future()
        self._waiting.append(_PieceOfWork(work, told))
        self._thread.submit(self._turn)
        return await asyncio.wrap_future(told)

    async def close(self) -> None:
        """Write what waits, then stop."""
        await asyncio.to_thread(self._thread.shutdown)

    def _turn(self) -> None:
        if not self._waiting:  # the turn before took it along
            return
        pieces: Sequence[_PieceOfWork] = ()
        outcomes: Sequence[object]
        try:
            with self._engine.connect() as connection, connection.begin():
                pieces = self._taken()
                outcomes = [_outcome(piece.work, connection, len(pieces) == 1) for piece in pieces]
        except BaseException as error:  # noqa: BLE001  whatever it is, those who wait are told
            pieces = pieces or self._taken()
            outcomes = [_Undone(error)] * len(pieces)
        for piece, outcome in zip(pieces, outcomes, strict=True):
            if isinstance(outcome, _Undone):
                piece.told.set_exception(outcome.why)
            else:
                piece.told.set_result(outcome)

    def _taken(self) -> Sequence[_PieceOfWork]:
        first = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_PIECES))]
        return [piece for piece in first if piece.told.set_running_or_notify_cancel()]


def _outcome(work: Work[Any], connection: Connection, is_alone: bool) -> object:
    """What the work came to. Raises where the whole transaction is undone."""
    if is_alone:
        return done(work, connection)
    savepoint = connection.begin_nested()
    try:
        result = done(work, connection)
    except Exception as error:
        if not _is_open(connection):
            raise
        savepoint.rollback()
        return _Undone(error)
    savepoint.commit()
    return result


def _is_open(connection: Connection) -> bool:
    """SQLite itself ends a transaction that met a full disk, or a disk that fails."""
    return bool(connection.connection.dbapi_connection.in_transaction)  # type: ignore[union-attr]
