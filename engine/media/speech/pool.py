"""Recognisers in worker processes: decoding never holds up the event loop, nor one failure another call.

A worker that dies, hangs or raises costs its own utterance a `RecogniserFailed` and is replaced behind the
scenes; the others go on. Each worker is told a grammar once. Workers are niced, so that media goes first.
An utterance that nobody waits for any more is given up at once, so that the next one need not wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Coroutine, Iterable
from hashlib import sha256
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from engine.core.grammar_spec import GrammarSpec
from engine.media.child_environment import child_environment
from engine.media.speech.frames import (
    LARGEST,
    LENGTHS,
    WORDS_ALONE,
    Head,
    frame,
    grammar_head,
    recognition_from,
)
from engine.media.speech.recognition import RecogniserFailed, RecogniserMissing, Recognition

T = TypeVar("T")

log = logging.getLogger("cordboard.speech")

_START_S = 240.0  # two seconds as a rule; on a machine that is starved, starting again would starve it more
_RETRY_S = 1.0
_DEATH_S = 1.0


class _GivenUp(RecogniserFailed):
    """Nobody waited for the utterance any more; the worker is as good as before."""


class _Worker:
    """One process and what it has been told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self._to = process.stdin
        self._from = process.stdout
        self._diagnostics = asyncio.create_task(_log_lines(process.stderr))
        self._learnt: set[str] = set()
        self._given_up = 0

    @classmethod
    async def started(cls, tongue: str, *, tells_meanings: bool) -> Self:
        """A worker that may still be loading its model."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "engine.media.speech.recogniser_worker", tongue),
                *(() if tells_meanings else (WORDS_ALONE,)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=child_environment(),
            )
        )

    async def loaded(self) -> None:
        """Returns when the model is loaded. Raises RecogniserMissing, RecogniserFailed."""
        try:
            async with asyncio.timeout(_START_S):
                head = await self._answer()
        except (TimeoutError, EOFError, OSError) as error:
            raise RecogniserFailed("a recogniser did not start") from error
        if "missing" in head:
            raise RecogniserMissing(str(head["missing"]))

    async def warmed_up(self) -> None:
        """Returns when it has compiled what it learnt and decoded once. Raises RecogniserFailed."""
        try:
            async with asyncio.timeout(_START_S):
                self._to.write(frame({"warm_up": True}))
                await self._to.drain()
                await self._answer()
        except (TimeoutError, EOFError, OSError) as error:
            raise RecogniserFailed("a recogniser did not get ready") from error

    def learn(self, spec: GrammarSpec) -> str:
        """Teach it a grammar, unless it knows it; the key that it goes by."""
        key = sha256(repr(spec).encode()).hexdigest()
        if key not in self._learnt:
            self._to.write(frame({"learn": key, "grammar": grammar_head(spec)}))
            self._learnt.add(key)
        return key

    def ask(self, sound: bytes, spec: GrammarSpec) -> None:
        """Put an utterance to it; `recognition` is its answer."""
        key = self.learn(spec)
        self._to.write(frame({"hear": key, "given_up": self._given_up}, sound))

    async def recognition(self) -> Recognition:
        await self._to.drain()
        answer = await self._answer()
        if "given_up" in answer:
            raise _GivenUp("nobody waited for it any more")
        if "failed" in answer:
            raise RecogniserFailed(f"a recogniser raised: {answer['failed']}")
        return recognition_from(cast(Head, answer["recognition"]))

    def give_up(self) -> None:
        """Drop the utterance at hand; without signals it is heard to its end, for nobody."""
        number = getattr(signal, "SIGUSR1", None)
        self._given_up += 1
        if number is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    async def death(self) -> str:
        """Waits for its end, but not for long, and says how it ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DEATH_S):
                await self.process.wait()
        code = self.process.returncode
        if code is None:
            return "a recogniser's process answers no more"
        return f"a recogniser's process died ({f'signal {-code}' if code < 0 else f'exit code {code}'})"

    def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        self._to.close()

    async def gone(self) -> None:
        """Kill it and wait for its end."""
        self.kill()
        await self.process.wait()
        await self._diagnostics

    async def _answer(self) -> Head:
        head, body = LENGTHS.unpack(await self._from.readexactly(LENGTHS.size))
        if head + body > LARGEST:
            raise EOFError("the worker's answer makes no sense")
        text = await self._from.readexactly(head + body)
        return cast(Head, json.loads(text[:head]))


class RecogniserPool:
    """So many workers, all of one tongue. Use it as an async context manager, or call `start` and `close`."""

    def __init__(
        self, workers: int = 1, *, stall_s: float = 10.0, tongue: str = "en", tells_meanings: bool = True
    ) -> None:
        """`tells_meanings`: what is said in other words than a choice's is compared by meaning, too."""
        self._count = workers
        self._tongue = tongue
        self._tells_meanings = tells_meanings
        self._stall_s = stall_s
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        self._workers: set[_Worker] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = asyncio.Event()
        self._prepared: tuple[GrammarSpec, ...] = ()

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are up."""
        return tuple(worker.process.pid for worker in self._workers)

    async def start(self) -> None:
        """Returns when every worker can hear. Raises RecogniserMissing where the model is not installed."""
        try:
            await asyncio.gather(*(self._spawn(self._add()) for _ in range(self._count)))
        except RecogniserFailed:
            await self.close()
            raise

    def prepare(self, specs: Iterable[GrammarSpec]) -> None:
        """Have every worker compile these grammars before anybody waits for them.

        Told before `start`, no worker is at work before it has: the first caller waits no longer than others.
        """
        self._prepared = tuple(dict.fromkeys(specs))
        for worker in self._workers:
            for spec in self._prepared:
                worker.learn(spec)

    async def recognise(self, sound: bytes, grammar: GrammarSpec, deadline_s: float = 8.0) -> Recognition:
        """One utterance, mu-law at 8 kHz. Raises RecogniserFailed, at the latest after `deadline_s`.

        A caller who is cancelled or runs out of time leaves the worker free for the next.
        """
        try:
            async with asyncio.timeout(deadline_s):
                worker = await self._free()
                worker.ask(sound, grammar)
                exchange = self._spawn(self._exchange(worker))
                try:
                    return await asyncio.shield(exchange)
                except asyncio.CancelledError:
                    if not exchange.done():
                        worker.give_up()
                    raise
        except TimeoutError:
            raise RecogniserFailed(f"no recogniser answered within {deadline_s:g} s") from None

    async def _free(self) -> _Worker:
        """An idle worker; those that died meanwhile are still among them."""
        while True:
            worker = await self._idle.get()
            if worker in self._workers:
                return worker

    async def close(self) -> None:
        """Every worker ends; utterances under way fail."""
        self._closing.set()
        for worker in self._workers:
            worker.kill()
        # Not cancelled: each task sees its worker's end, waits for it, and leaves no process behind.
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.gone() for worker in self._workers))
        self._workers.clear()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _add(self) -> None:
        worker = await _Worker.started(self._tongue, tells_meanings=self._tells_meanings)
        self._workers.add(worker)
        try:
            if not self._closing.is_set():
                await worker.loaded()
                for spec in self._prepared:
                    worker.learn(spec)
                await worker.warmed_up()
                self._idle.put_nowait(worker)
                self._spawn(self._watched(worker))
        except (RecogniserFailed, asyncio.CancelledError):
            self._workers.discard(worker)
            await worker.gone()
            raise

    async def _exchange(self, worker: _Worker) -> Recognition:
        try:
            async with asyncio.timeout(self._stall_s):
                recognition = await worker.recognition()
        except _GivenUp:
            self._idle.put_nowait(worker)
            raise
        except TimeoutError:
            self._replace(worker, reason := f"a recogniser hung for {self._stall_s:g} s")
            raise RecogniserFailed(reason) from None
        except (EOFError, OSError) as error:
            self._replace(worker, reason := await worker.death())
            raise RecogniserFailed(reason) from error
        except RecogniserFailed as error:
            self._replace(worker, str(error))
            raise
        self._idle.put_nowait(worker)
        return recognition

    async def _watched(self, worker: _Worker) -> None:
        """Replace it when it dies, also while nobody asks it anything."""
        await worker.process.wait()
        if not self._closing.is_set():
            self._replace(worker, await worker.death())

    def _replace(self, worker: _Worker, reason: str) -> None:
        if worker not in self._workers:
            return  # whoever else saw it fail has done so
        self._workers.discard(worker)
        if not self._closing.is_set():
            log.warning("%s; starting another", reason)
        self._spawn(self._replaced(worker))

    async def _replaced(self, worker: _Worker) -> None:
        await worker.gone()
        while not self._closing.is_set():
            try:
                await self._add()
                return
            except RecogniserMissing as error:
                log.error("%s", error)
                return
            except RecogniserFailed as error:
                log.error("%s; trying again", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _RETRY_S)

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # its caller may be long gone; nobody is told that nobody listened


async def _log_lines(lines: asyncio.StreamReader) -> None:
    """Keep the worker's diagnostics flowing (a full pipe would stop it) into the debug log."""
    while piece := await lines.read(4096):
        log.debug("recogniser: %s", piece.decode(errors="replace").strip())
