"""A prompt with values is heard from its first words on, while the values are still being spoken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.core.commands import Play
from engine.core.events import CALLER
from engine.core.prompts import PromptItem
from engine.media.clips import Clip
from engine.media.prompts import PromptLibrary
from engine.media.synthesiser import VoiceFailed
from engine.runtime.legs.voices import Failed, Voice


class Speaker:
    """A voice that says a text only when a test lets it: `spoken` holds each text's gate."""

    name, version = "gated", "1"

    def __init__(self, *known: str) -> None:
        self.gates = {text: asyncio.Event() for text in known}
        self.unspeakable: set[str] = set()

    async def render(self, text: str, language: str) -> bytes:
        await self.gates[text].wait()
        if text in self.unspeakable:
            raise VoiceFailed(f"nobody can say {text!r}")
        return text.encode()


class Ear:
    """In the place of a line: what was played of which prompt, and whether more follows."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, list[bytes], bool]] = []
        self.stops = 0

    def play(self, prompt: str, clips: Sequence[Clip], loop: bool = False, *, more: bool = False) -> None:
        self.heard.append((prompt, [clip.mulaw for clip in clips], more))

    def stop_playing(self) -> None:
        self.stops += 1


def read_back(prompt: str = "p1") -> Play:
    return Play(CALLER, prompt, (PromptItem("I heard"), PromptItem("7 8 7 0 1."), PromptItem("Right?")))


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(120):
        while not is_so():
            await asyncio.sleep(0)


async def speaking(tmp_path: Path) -> tuple[Speaker, Ear, Voice, list[Failed]]:
    speaker, ear, failed = Speaker("I heard", "7 8 7 0 1.", "Right?", "Bye."), Ear(), list[Failed]()
    library = PromptLibrary(speaker, tmp_path)
    for text in ("I heard", "Right?", "Bye."):
        speaker.gates[text].set()
        await library.clip(text, "en-US")
    return speaker, ear, Voice(ear, library, "en-US", failed.append), failed  # type: ignore[arg-type]


async def test_the_first_words_are_heard_while_the_value_is_rendered(tmp_path: Path) -> None:
    speaker, ear, voice, failed = await speaking(tmp_path)
    voice.play(read_back())
    voice.play(Play(CALLER, "p2", (PromptItem("Bye."),)))
    await until(lambda: ear.heard)
    assert ear.heard == [("p1", [b"I heard"], True)]
    speaker.gates["7 8 7 0 1."].set()
    await until(lambda: len(ear.heard) == 3)
    assert ear.heard[1:] == [("p1", [b"7 8 7 0 1.", b"Right?"], False), ("p2", [b"Bye."], False)]
    assert failed == []


async def test_a_value_that_nobody_can_say_ends_the_prompt_that_was_begun(tmp_path: Path) -> None:
    speaker, ear, voice, failed = await speaking(tmp_path)
    speaker.unspeakable.add("7 8 7 0 1.")
    speaker.gates["7 8 7 0 1."].set()
    voice.play(read_back())
    await until(lambda: failed)
    assert ear.heard == [("p1", [b"I heard"], True), ("p1", [], False)]
    assert [(one.prompt, "nobody" in one.reason) for one in failed] == [("p1", True)]


async def test_what_was_begun_is_told_cleared_by_the_line_alone(tmp_path: Path) -> None:
    _, ear, voice, failed = await speaking(tmp_path)
    voice.play(read_back())
    voice.play(read_back("p2"))
    await until(lambda: ear.heard)
    voice.stop()
    assert ear.stops == 1
    assert failed == [Failed("p2", "")]


async def test_a_voice_that_fails_at_something_sensitive_does_not_quote_it(tmp_path: Path) -> None:
    speaker, _, voice, failed = await speaking(tmp_path)
    speaker.unspeakable.add("7 8 7 0 1.")
    speaker.gates["7 8 7 0 1."].set()
    secret = PromptItem("7 8 7 0 1.", sensitive=True)
    voice.play(Play(CALLER, "p1", (PromptItem("I heard"), secret, PromptItem("Right?"))))
    await until(lambda: failed)
    assert failed == [Failed("p1", "the voice failed at something sensitive")]
