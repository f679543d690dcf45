"""Prompts: rendered once, kept whole; and the voice that renders them, in its own process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from engine.media import mulaw, synthesiser
from engine.media.prompts import PromptLibrary
from engine.media.synthesiser import PiperProcess, VoiceFailed, VoiceMissing
from tests.waiting import until


class Tones:
    """A synthesiser of its own kind: each letter is 10 ms of sound; some texts it cannot say."""

    name = "tones"

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.rendered: list[str] = []

    async def render(self, text: str, language: str) -> bytes:
        self.rendered.append(text)
        await asyncio.sleep(0)
        if text == "unspeakable":
            raise VoiceFailed("no tone for it")
        return bytes(ord(letter) for letter in text for _ in range(80))


async def test_a_prompt_is_rendered_once_and_then_read_from_disk(tmp_path: Path) -> None:
    voice = Tones()
    first = await PromptLibrary(voice, tmp_path).clip("Hello  there", "en-US")
    again = await PromptLibrary(voice, tmp_path).clip("Hello there", "en-US")
    assert first == again
    assert voice.rendered == ["Hello there"]


async def test_many_who_want_one_prompt_wait_for_one_rendering(tmp_path: Path) -> None:
    voice = Tones()
    library = PromptLibrary(voice, tmp_path)
    clips = await asyncio.gather(*(library.clip("Hello", "en-US") for _ in range(50)))
    assert len(set(map(id, clips))) == 1
    assert voice.rendered == ["Hello"]


async def test_one_who_leaves_does_not_take_the_prompt_from_the_others(tmp_path: Path) -> None:
    library = PromptLibrary(Tones(), tmp_path)
    leaver, stayer = (asyncio.create_task(library.clip("Hello", "en-US")) for _ in range(2))
    await asyncio.sleep(0)
    leaver.cancel()
    assert (await stayer).duration_ms == 50


async def test_text_language_and_voice_each_make_another_prompt(tmp_path: Path) -> None:
    one, two = PromptLibrary(Tones(), tmp_path), PromptLibrary(Tones("2"), tmp_path)
    paths = {
        one.path("a", "en-US"),
        one.path("b", "en-US"),
        one.path("a", "es-US"),
        two.path("a", "en-US"),
    }
    assert len(paths) == 4


async def test_preparing_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    library = PromptLibrary(Tones(), tmp_path)
    await library.prepare(
        [("one", "en"), ("two", "en"), ("one", "en")], lambda done, of: told.append((done, of))
    )
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert library.path("two", "en").read_bytes()


async def test_a_failure_is_told_and_not_kept(tmp_path: Path) -> None:
    voice = Tones()
    library = PromptLibrary(voice, tmp_path)
    for _ in range(2):
        with pytest.raises(VoiceFailed):
            await library.clip("unspeakable", "en-US")
    assert len(voice.rendered) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_memory_is_bounded_and_disk_is_not_asked_twice(tmp_path: Path) -> None:
    library = PromptLibrary(Tones(), tmp_path, max_clips_in_memory=2)
    kept = [await library.clip(text, "en") for text in ("a", "b", "c")]
    assert await library.clip("c", "en") is kept[2]
    assert await library.clip("a", "en") is not kept[0]


async def test_nothing_to_say_is_no_sound(tmp_path: Path) -> None:
    assert (await PromptLibrary(Tones(), tmp_path).clip("  ", "en")).duration_ms == 0


# The default voice. One process serves the tests that follow the first rendering.


async def test_the_default_voice_speaks_telephone_sound() -> None:
    async with PiperProcess() as voice:
        short = await voice.render("Thank you.", "en-US")
        long = await voice.render("Please say or enter your five digit ZIP code, then wait.", "en-US")
        assert 4000 < len(short) < len(long) < 8 * 8000
        samples = mulaw.decode(long)
        assert 15_000 < max(map(abs, samples)) < 25_000
        assert max(map(abs, samples[:100])) < 25, "prompts begin with a little silence"
        assert max(map(abs, samples[:400])) > 25, "and not with a wait"
        assert "piper" not in sys.modules, "its runtime stays out of this process"
    assert voice.worker_pid is None


def test_what_is_installed_is_looked_up_once_and_not_for_every_prompt() -> None:
    assert PiperProcess().version is PiperProcess().version


async def test_a_killed_worker_is_replaced() -> None:
    async with PiperProcess() as voice:
        await voice.render("One.", "en-US")
        killed = voice.worker_pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert len(await voice.render("Two.", "en-US")) > 1000
        assert voice.worker_pid not in (None, killed)


async def test_a_text_given_up_half_way_does_not_answer_the_next() -> None:
    async with PiperProcess() as voice:
        given_up = asyncio.create_task(
            voice.render("A very long text, that nobody waits for. " * 20, "en-US")
        )
        await until(lambda: voice.worker_pid is not None)
        given_up.cancel()
        await asyncio.wait([given_up])
        assert len(await voice.render("One.", "en-US")) < 3 * 8000


async def test_a_voice_that_hangs_fails_in_time() -> None:
    async with PiperProcess(timeout_s=0.05) as voice:
        with pytest.raises(VoiceFailed, match="no answer within"):
            await voice.render("One.", "en-US")


async def test_a_language_that_the_voice_does_not_speak_fails() -> None:
    async with PiperProcess() as voice:
        with pytest.raises(VoiceFailed, match="speaks English"):
            await voice.render("Hola.", "es-US")


async def test_a_missing_voice_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesiser, "find_spec", lambda name: None)
    async with PiperProcess() as voice:
        with pytest.raises(VoiceMissing, match=r"pip install 'cordboard\[voice\]'"):
            await voice.render("One.", "en-US")


async def test_what_was_spoken_in_calls_is_forgotten_and_fixed_prompts_stay(tmp_path: Path) -> None:
    fallback = PromptLibrary(Tones("of another"), tmp_path / "other")
    library = PromptLibrary(Tones(), tmp_path, fallback=fallback)
    await library.prepare([("Hello", "en-US")])
    for each in (library, fallback):
        await each.clip("seven nine nine three six", "en-US")
    await library.forget_spoken()
    for each in (library, fallback):
        assert each.ready("seven nine nine three six", "en-US") is None
        assert not each.path("seven nine nine three six", "en-US").exists()
    assert library.ready("Hello", "en-US") is not None
    assert library.path("Hello", "en-US").exists()
