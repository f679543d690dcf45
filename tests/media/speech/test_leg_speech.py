"""A leg hears utterances, ends turns, and outlives its recogniser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from engine.media.speech.activity import ActivitySettings
from engine.media.speech.leg import SpeechLeg, SpeechServices
from engine.media.speech.question import SpeechQuestion
from engine.media.speech.vad import VoiceDetector
from tests.media.speech.leg_world import (
    YES,
    ZIP,
    Found,
    Notebook,
    Reading,
    ScriptedPool,
    frames,
    silence,
    spoken,
)

SURE = Found("78701", 0.97, (Reading("78701", 0.97), Reading("78702", 0.02)))
UNSURE = Found("78701", 0.5)
LIKELY = Found("78701", 0.7)
HALF = Found("78701", 0.2)
QUESTION = SpeechQuestion("zip")
PATIENT = SpeechQuestion("zip", patience=())
AT_THE_END = SpeechQuestion("zip", ActivitySettings(early_ms=0))


async def pool_asked(pool: ScriptedPool) -> None:
    while not pool.segments:
        await asyncio.sleep(0)
    await asyncio.sleep(0)


async def all_scored(leg: SpeechLeg[str]) -> None:
    """Until the detector has heard all that was fed, and what came of it has happened."""
    while leg.unheard_ms >= 32:
        await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)


@asynccontextmanager
async def leg_with(pool: ScriptedPool) -> AsyncIterator[tuple[SpeechLeg[str], Notebook]]:
    before = asyncio.all_tasks()
    detector, book = VoiceDetector(), Notebook()
    leg = SpeechLeg(SpeechServices(pool, detector), book)
    yield leg, book
    await leg.close()
    await detector.close()
    assert asyncio.all_tasks() == before


def feed(leg: SpeechLeg[str], *sounds: bytes) -> None:
    for frame in frames(b"".join(sounds)):
        leg.feed(frame)


async def test_an_utterance_is_told_from_its_start_to_what_was_heard():
    pool = ScriptedPool([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(PATIENT)
        speech = await spoken(ZIP)
        feed(leg, silence(1000), speech, silence(1200))
        await book.until_told("heard")
        assert book.names == ["started", "ended", "heard"]
        (heard,) = book.all_heard()
        assert (heard.text, heard.confidence, heard.engine) == ("78701", 0.97, "moonshine")
        assert heard.alternatives == (("78701", 0.97), ("78702", 0.02))
        assert book.told[0][1] == heard.started_ms == pytest.approx(1000, abs=250)
        assert book.told[1][1] == heard.ended_ms == pytest.approx(1000 + len(speech) / 8, abs=250)


async def test_the_recogniser_gets_the_whole_utterance_and_its_grammar():
    pool = ScriptedPool([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(PATIENT)
        speech = await spoken(ZIP)
        feed(leg, silence(1000), speech, silence(1200))
        await book.until_told("heard")
        sound, grammar = pool.segments[-1]
        assert grammar == "zip"
        # Of the two codes for zero, one stands for both by then.
        assert speech[800:-800].replace(b"\x7f", b"\xff") in sound


async def test_a_sure_answer_ends_the_turn_at_a_short_pause():
    pool = ScriptedPool([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(QUESTION)
        # Not the silence that would end the turn by itself.
        feed(leg, silence(500), await spoken(YES), silence(600))
        await book.until_told("heard")
        assert book.names == ["started", "ended", "heard"]


async def test_an_unsure_answer_waits_for_the_whole_silence_and_is_recognised_once():
    pool = ScriptedPool([UNSURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(QUESTION)
        feed(leg, silence(500), await spoken(YES), silence(600))
        while not pool.segments:
            await asyncio.sleep(0)
        assert book.names == ["started"]
        feed(leg, silence(600))
        await book.until_told("heard")
        assert len(pool.segments) == 1


async def test_a_likely_answer_needs_a_longer_silence_than_a_sure_one():
    pool = ScriptedPool([LIKELY])
    async with leg_with(pool) as (leg, book):
        leg.listen(QUESTION)
        feed(leg, silence(500), await spoken(YES), silence(450))
        await pool_asked(pool)
        assert book.names == ["started"]
        feed(leg, silence(300))  # less than ends a turn by itself
        await book.until_told("heard")


async def test_half_an_answer_is_waited_for_longer_than_a_whole_one():
    for found, heard_at_the_end in ((UNSURE, True), (HALF, False)):
        pool = ScriptedPool([found])
        async with leg_with(pool) as (leg, book):
            leg.listen(SpeechQuestion("zip", ActivitySettings(incomplete_timeout_ms=1600)))
            feed(leg, silence(500), await spoken(YES), silence(1150))
            await pool_asked(pool)
            await all_scored(leg)
            assert ("heard" in book.names) == heard_at_the_end
            feed(leg, silence(800))
            await book.until_told("heard")
            assert len(pool.segments) == 1


async def test_a_voice_that_goes_on_calls_the_look_off():
    called_off: list[bool] = []

    class Slow(ScriptedPool):
        async def recognise(self, sound: bytes, grammar: str, deadline_s: float) -> Found:
            try:
                if not called_off:
                    await asyncio.Event().wait()
            except asyncio.CancelledError:
                called_off.append(True)
                raise
            return await super().recognise(sound, grammar, deadline_s)

    pool = Slow([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(QUESTION)
        speech = await spoken(YES)
        feed(leg, silence(500), speech, silence(300))
        await all_scored(leg)
        await asyncio.sleep(0)
        feed(leg, speech, silence(600))
        await book.until_told("heard")
        assert called_off == [True]
        assert book.names == ["started", "ended", "heard"]


async def test_speech_that_goes_on_after_a_pause_is_one_utterance():
    pool = ScriptedPool([UNSURE, SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(PATIENT)
        speech = await spoken(YES)
        feed(leg, silence(500), speech, silence(560), speech, silence(1200))
        await book.until_told("heard")
        assert book.names == ["started", "ended", "heard"]
        (heard,) = book.all_heard()
        assert heard.text == "78701"
        assert heard.ended_ms - heard.started_ms > 2 * len(speech) / 8
        assert len(pool.segments[-1][0]) > 2 * len(speech)


async def test_two_utterances_are_told_apart():
    pool = ScriptedPool([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(PATIENT)
        feed(leg, silence(500), await spoken(ZIP), silence(1500), await spoken(YES), silence(1500))
        await book.until_told("heard", times=2)
        first, second = book.all_heard()
        assert first.ended_ms < second.started_ms


async def test_silence_and_noise_below_speech_tell_nothing():
    pool = ScriptedPool([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(QUESTION)
        feed(leg, silence(3000), await spoken(YES))
        await book.until_told("started")
        assert book.told[0][1] == pytest.approx(3000, abs=250)


@pytest.mark.parametrize("raised", [RuntimeError("out of memory"), ConnectionError("worker died")])
async def test_a_recogniser_that_raises_fails_the_utterance_and_the_leg_goes_on(raised: Exception):
    pool = ScriptedPool([raised, SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(AT_THE_END)
        feed(leg, silence(500), await spoken(YES), silence(1500))
        await book.until_told("failed")
        assert str(raised) in str(book.told[-1][1])
        feed(leg, await spoken(YES), silence(1500))
        await book.until_told("heard")


async def test_a_recogniser_that_hangs_fails_the_utterance_at_its_deadline():
    pool = ScriptedPool([None, SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(SpeechQuestion("zip", ActivitySettings(early_ms=0), deadline_ms=150))
        feed(leg, silence(500), await spoken(YES), silence(1500))
        await book.until_told("failed")
        assert book.told[-1] == ("failed", "no result within 150 ms")
        feed(leg, await spoken(YES), silence(1500))
        await book.until_told("heard")


async def test_a_recogniser_that_hangs_does_not_hold_up_the_next_utterance():
    pool = ScriptedPool([None, SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(SpeechQuestion("zip", ActivitySettings(early_ms=0), deadline_ms=60_000))
        feed(leg, silence(500), await spoken(YES), silence(1500), await spoken(YES), silence(1500))
        await book.until_told("heard")
        assert book.names == ["started", "ended", "started", "ended", "heard"]


async def test_a_failed_look_at_a_pause_gets_a_second_chance_at_the_end():
    pool = ScriptedPool([RuntimeError("restarting"), SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(PATIENT)
        feed(leg, silence(500), await spoken(YES), silence(600))
        while len(pool.answers) > 1:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        feed(leg, silence(600))
        await book.until_told("heard")
        assert "failed" not in book.names


async def test_what_is_said_before_listening_or_after_is_not_heard():
    pool = ScriptedPool([SURE])
    async with leg_with(pool) as (leg, book):
        feed(leg, await spoken(ZIP), silence(1200))
        leg.listen(PATIENT)
        leg.stop_listening()
        feed(leg, await spoken(ZIP), silence(1200))
        leg.listen(PATIENT)
        fed_ms = leg.fed_ms
        feed(leg, silence(400), await spoken(YES), silence(1200))
        await book.until_told("heard")
        (heard,) = book.all_heard()
        # Sound that nobody listened to still counts as time.
        assert heard.started_ms > fed_ms > 2 * len(await spoken(ZIP)) / 8


async def test_a_result_that_comes_after_listening_stopped_is_dropped():
    gate = asyncio.Event()

    class Slow(ScriptedPool):
        async def recognise(self, sound: bytes, grammar: str, deadline_s: float) -> Found:
            found = await super().recognise(sound, grammar, deadline_s)
            await gate.wait()
            return found

    pool = Slow([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(PATIENT)
        feed(leg, silence(500), await spoken(ZIP), silence(1200))
        await book.until_told("ended")
        while not pool.segments:
            await asyncio.sleep(0)
        leg.listen(SpeechQuestion("yes_no", patience=()))
        gate.set()
        feed(leg, silence(500), await spoken(YES), silence(1200))
        await book.until_told("heard")
        assert pool.segments[-1][1] == "yes_no"
        assert len(book.all_heard()) == 1


async def test_speech_without_an_end_is_heard_at_max_speech():
    pool = ScriptedPool([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(SpeechQuestion("zip", ActivitySettings(max_speech_ms=1500), patience=()))
        speech = await spoken(ZIP)
        feed(leg, silence(300), speech)
        await book.until_told("heard")
        (heard,) = book.all_heard()
        assert heard.ended_ms - heard.started_ms == pytest.approx(1500, abs=200)


async def test_a_frame_that_is_no_base64_is_passed_over():
    pool = ScriptedPool([SURE])
    async with leg_with(pool) as (leg, book):
        leg.listen(PATIENT)
        leg.feed(b"A")
        feed(leg, silence(500), await spoken(YES), silence(1200))
        await book.until_told("heard")


async def test_a_listener_that_raises_does_not_stop_the_leg(caplog: pytest.LogCaptureFixture):
    class Grumpy(Notebook):
        def speech_started(self, at_ms: int) -> None:
            super().speech_started(at_ms)
            raise RuntimeError("no")

    detector, book = VoiceDetector(), Grumpy()
    leg = SpeechLeg(SpeechServices(ScriptedPool([SURE]), detector), book)
    leg.listen(PATIENT)
    feed(leg, silence(500), await spoken(YES), silence(1200))
    await book.until_told("heard")
    assert "could not be taken" in caplog.text
    await leg.close()
    await detector.close()


async def test_a_listener_may_stop_listening_in_any_call():
    for name in ("started", "ended", "heard"):
        pool = ScriptedPool([SURE])

        class Leaving(Notebook):
            leave: Callable[[], None] = lambda: None
            at = name

            def _note(self, name: str, what: object) -> None:
                if name == self.at:
                    self.leave()
                super()._note(name, what)

        detector, book = VoiceDetector(), Leaving()
        leg = SpeechLeg(SpeechServices(pool, detector), book)
        book.leave = leg.stop_listening
        leg.listen(QUESTION)
        feed(leg, silence(500), await spoken(YES), silence(1200))
        await book.until_told(name)
        assert book.names[-1] == name
        assert not leg.is_listening
        await leg.close()
        await detector.close()


async def test_a_closed_leg_tells_nothing_more():
    pool = ScriptedPool([SURE])
    detector, book = VoiceDetector(), Notebook()
    leg = SpeechLeg(SpeechServices(pool, detector), book)
    leg.listen(QUESTION)
    feed(leg, silence(500), await spoken(YES), silence(1200))
    await leg.close()
    await leg.close()
    leg.listen(QUESTION)
    feed(leg, silence(500), await spoken(YES), silence(1200))
    assert not leg.is_listening
    assert book.told == []
    await detector.close()


async def test_twenty_legs_at_once_each_hear_their_own_caller():
    detector = VoiceDetector()
    pools = [ScriptedPool([Found(str(number), 0.97)]) for number in range(20)]
    books = [Notebook() for _ in pools]
    legs = [SpeechLeg(SpeechServices(pool, detector), book) for pool, book in zip(pools, books, strict=True)]
    for number, leg in enumerate(legs):
        leg.listen(PATIENT)
        feed(leg, silence(300 + 20 * number), await spoken(YES), silence(1200))
    for number, book in enumerate(books):
        await book.until_told("heard")
        assert [heard.text for heard in book.all_heard()] == [str(number)]
    for leg in legs:
        await leg.close()
    await detector.close()
