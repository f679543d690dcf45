"""The recognisers of an engine: a pool for each tongue that it hears."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.pool import RecogniserPool
from engine.media.speech.recognition import RecogniserFailed, Recognition

log = logging.getLogger("cordboard.speech")

_STALL_S = 10.0


class RecogniserPools:
    """Made by `opened`. What is said in a tongue that nobody here hears is recognised as nothing."""

    def __init__(self, pools: Mapping[str, RecogniserPool]) -> None:
        self._pools = pools

    @classmethod
    async def opened(
        cls,
        workers: int,
        grammars: Iterable[GrammarSpec],
        deadline_s: float,
        *,
        tells_meanings: bool = True,
    ) -> RecogniserPools:
        """So many workers for each tongue of the grammars, ready for these; none is given up as hung while it
        may still take its time, `deadline_s`. A tongue whose recogniser is missing or fails has none, with a
        log line."""
        asked: dict[str, list[GrammarSpec]] = {}
        for grammar in grammars:
            asked.setdefault(grammar.tongue, []).append(grammar)
        pools = {}
        for tongue, specs in asked.items():
            stall_s = max(_STALL_S, deadline_s)
            pool = RecogniserPool(workers, stall_s=stall_s, tongue=tongue, tells_meanings=tells_meanings)
            pool.prepare(specs)
            try:
                await pool.start()
            except RecogniserFailed as missing:
                await pool.close()
                log.warning("callers can only key in '%s': %s", tongue, missing)
            else:
                pools[tongue] = pool
        return cls(pools)

    @property
    def tongues(self) -> frozenset[str]:
        """Those that are heard."""
        return frozenset(self._pools)

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are up."""
        return tuple(pid for pool in self._pools.values() for pid in pool.worker_pids)

    async def recognise(self, sound: bytes, grammar: GrammarSpec, deadline_s: float = 8.0) -> Recognition:
        """One utterance, by the pool of its tongue; raises as that does."""
        pool = self._pools.get(grammar.tongue)
        if pool is None:
            return Recognition(audio_ms=len(sound) // 8)
        return await pool.recognise(sound, grammar, deadline_s)

    async def close(self) -> None:
        """Every worker ends; utterances under way fail."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
