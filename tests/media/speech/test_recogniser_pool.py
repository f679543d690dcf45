"""Recogniser workers: real processes and the real model, killed, hung and broken."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.pool import RecogniserPool
from engine.media.speech.recognition import ACCEPT, RecogniserFailed, Recognition
from engine.understanding.grammars import grammar_of
from engine.understanding.yes_no import YesNo

pytestmark = pytest.mark.skipif(find_spec("moonshine_voice") is None, reason="the extra 'speech' is missing")

YES_NO = grammar_of(YesNo())
NOTHING = b"\xff" * 8000
SOME_NOISE = bytes(0x20 + (index * 7919) % 97 for index in range(8000))
BROKEN = GrammarSpec("colour")


@pytest.fixture
async def pool() -> AsyncIterator[RecogniserPool]:
    async with RecogniserPool(workers=2, stall_s=1.5, tells_meanings=False) as made:
        yield made


async def test_silence_is_no_answer_and_noise_is_no_sure_one(pool: RecogniserPool) -> None:
    silence, noise = await asyncio.gather(pool.recognise(NOTHING, YES_NO), pool.recognise(SOME_NOISE, YES_NO))
    assert silence.alternatives == ()
    assert silence.audio_ms == 1000
    assert noise.confidence < ACCEPT


async def test_a_raising_worker_costs_its_own_utterance_alone(pool: RecogniserPool) -> None:
    broken, heard = await asyncio.gather(
        pool.recognise(SOME_NOISE, BROKEN), pool.recognise(SOME_NOISE, YES_NO), return_exceptions=True
    )
    assert isinstance(broken, RecogniserFailed)
    assert "colour" in str(broken)
    assert isinstance(heard, Recognition)
    assert (await pool.recognise(NOTHING, YES_NO)).confidence == 0


async def test_a_killed_worker_is_replaced(pool: RecogniserPool) -> None:
    before = set(pool.worker_pids)
    hearing = [asyncio.create_task(pool.recognise(SOME_NOISE * 5, YES_NO)) for _ in range(2)]
    await asyncio.sleep(0)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    for task in hearing:
        with pytest.raises(RecogniserFailed, match="died"):
            await task
    assert (await pool.recognise(NOTHING, YES_NO, deadline_s=60)).confidence == 0
    assert not before & set(pool.worker_pids)


async def test_a_hung_worker_fails_its_utterance_and_is_replaced(pool: RecogniserPool) -> None:
    stopped = set(pool.worker_pids)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(RecogniserFailed, match="hung"):
        await pool.recognise(SOME_NOISE, YES_NO)
    with pytest.raises(RecogniserFailed, match="hung"):
        await pool.recognise(SOME_NOISE, YES_NO)
    assert (await pool.recognise(NOTHING, YES_NO, deadline_s=60)).confidence == 0
    assert not stopped & set(pool.worker_pids)


async def test_no_free_recogniser_in_time_is_a_failure_not_a_wait(pool: RecogniserPool) -> None:
    for pid in pool.worker_pids:
        os.kill(pid, signal.SIGSTOP)
    waiting = [asyncio.create_task(pool.recognise(SOME_NOISE, YES_NO)) for _ in range(2)]
    await asyncio.sleep(0)  # both are under way
    with pytest.raises(RecogniserFailed, match="within 0.2 s"):
        await pool.recognise(SOME_NOISE, YES_NO, deadline_s=0.2)
    for task in waiting:
        with pytest.raises(RecogniserFailed):
            await task


async def test_an_utterance_that_nobody_waits_for_any_more_is_given_up() -> None:
    async with RecogniserPool(workers=1, tells_meanings=False) as pool:
        (worker,) = pool.worker_pids
        long = SOME_NOISE * 15
        before = _cpu_s(worker)
        await asyncio.gather(pool.recognise(long, YES_NO), return_exceptions=True)
        whole_s = _cpu_s(worker) - before
        before = _cpu_s(worker)
        for _ in range(3):
            hearing = asyncio.create_task(pool.recognise(long, YES_NO))
            await asyncio.sleep(0)
            hearing.cancel()
            assert (await pool.recognise(NOTHING, YES_NO)).confidence == 0
        assert _cpu_s(worker) - before < 2 * whole_s
        assert pool.worker_pids == (worker,)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
