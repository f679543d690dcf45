"""Prompts rendered ahead: a text becomes a clip once, and stays on disk as carrier-ready mu-law.

A cached file is known by the hash of all that its sound depends on: text, language, voice with its version,
and rate. Files appear whole or not at all, so that two processes may share a folder.

What was rendered in a call may say a caller's own words, and its name is a hash of them. It lies in a folder
of its own, SPOKEN, which `forget_spoken` empties when somebody is to be forgotten.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from engine.core.sayers import tongue_of
from engine.media import mulaw
from engine.media.clips import Clip, telephone_sound
from engine.media.synthesiser import PacedSynthesiser, Synthesiser, VoiceFailed

log = logging.getLogger("cordboard.media")

SPOKEN = "spoken"

Progress = Callable[[int, int], None]
"""Told how many of how many prompts are ready."""


class PromptLibrary:
    """Every prompt of an engine, from memory, from disk, or from the synthesiser, in this order."""

    def __init__(
        self,
        voice: Synthesiser,
        cache_dir: Path,
        *,
        max_clips_in_memory: int = 500,
        fallback: PromptLibrary | None = None,
        voices: Mapping[str, Synthesiser] | None = None,
    ) -> None:
        """`voices` are those of languages that `voice` doesn't speak, by language or tongue."""
        self._voice = voice
        self._voices = {language.lower(): each for language, each in (voices or {}).items()}
        self._fallback = fallback
        self._cache_dir = cache_dir
        self._max_clips = max_clips_in_memory
        self._sounds: dict[str, Clip] = {}
        self._recent: OrderedDict[str, Clip] = OrderedDict()
        self._rendering: dict[str, asyncio.Task[Clip]] = {}
        self._prepared: set[str] = set()

    def ready(self, text: str, language: str, slower: int = 0) -> Clip | None:
        """The text spoken, by so many percent slower than usual, where it is in memory."""
        words = " ".join(text.split())
        return Clip(b"") if not words else self._recent.get(self._key(words, language, slower))

    def keep_sound(self, digest: str, wav: bytes) -> None:
        """Have an operator's own sound at hand, as long as this engine lives; raises UnreadableSound."""
        if digest not in self._sounds:
            self._sounds[digest] = Clip(telephone_sound(wav, digest))

    def sound(self, digest: str) -> Clip | None:
        """The operator's sound of this digest."""
        return self._sounds.get(digest)

    async def clip(self, text: str, language: str, *, keep: bool = True, slower: int = 0) -> Clip:
        """The text spoken; raises VoiceFailed when it is not cached and cannot be rendered.

        What must leave no trace (a sensitive answer read back) is rendered with `keep` False.
        """
        words = " ".join(text.split())
        if not words:
            return Clip(b"")
        if not keep:
            return Clip(await self._rendered(words, language, slower))
        key = self._key(words, language, slower)
        recent = self._recent.get(key)
        if recent is not None:
            self._recent.move_to_end(key)
            return recent
        task = self._rendering.get(key)
        if task is None:
            task = asyncio.create_task(self._made(key, words, language, slower))
            self._rendering[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        # A caller who hangs up must not take the prompt from the others who wait for it.
        return await asyncio.shield(task)

    async def clip_or_substitute(
        self, text: str, language: str, *, keep: bool = True, slower: int = 0
    ) -> tuple[Clip, str]:
        """The text spoken by the voice or, where it fails, by the fallback's; and why, if so.

        Raises VoiceFailed where there is no fallback, or it fails too. What it speaks is never kept as the
        voice's own.
        """
        try:
            return await self.clip(text, language, keep=keep, slower=slower), ""
        except VoiceFailed as failed:
            if self._fallback is None:
                raise
            log.debug("%s; the voice %s speaks instead", failed, self._fallback.voice_of(language).name)
            return await self._fallback.clip(text, language, keep=keep, slower=slower), str(failed)

    def voice_of(self, language: str) -> Synthesiser:
        """Whose voice speaks the language: the language's own, that of its tongue, else the one for all."""
        exact = language.lower()
        return self._voices.get(exact) or self._voices.get(tongue_of(language), self._voice)

    async def prepare(self, prompts: Sequence[tuple[str, str]], on_progress: Progress | None = None) -> None:
        """Have all these (text, language) on disk before calls come; the first failure raises VoiceFailed."""
        wanted = list(dict.fromkeys(prompts))
        for done, (text, language) in enumerate(wanted):
            if on_progress is not None:
                on_progress(done, len(wanted))
            self._prepare(text, language)
            await self.clip_or_substitute(text, language)
        if on_progress is not None:
            on_progress(len(wanted), len(wanted))

    def _prepare(self, text: str, language: str) -> None:
        self._prepared.add(self._key(" ".join(text.split()), language))
        if self._fallback is not None:
            self._fallback._prepare(text, language)

    async def forget_spoken(self) -> None:
        """Forget what was spoken in calls and not known before them."""
        for key in [key for key in self._recent if key not in self._prepared]:
            del self._recent[key]
        await asyncio.to_thread(forget_spoken, self._cache_dir)
        if self._fallback is not None:
            await self._fallback.forget_spoken()

    def path(self, text: str, language: str) -> Path:
        """Where the prompt is cached, whether it is there yet or not."""
        return self._path(self._key(" ".join(text.split()), language))

    def _key(self, words: str, language: str, slower: int = 0) -> str:
        voice = self.voice_of(language)
        facts = [words, language.lower(), voice.name, voice.version, str(mulaw.RATE_HZ)]
        if slower:
            facts.append(f"slower by {slower}")
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()

    def _path(self, key: str) -> Path:
        folder = self._cache_dir if key in self._prepared else self._cache_dir / SPOKEN
        return folder / key[:2] / f"{key}.ulaw"

    async def _rendered(self, words: str, language: str, slower: int) -> bytes:
        """A voice that knows no other pace speaks as it does: what is said again is at least said twice."""
        voice = self.voice_of(language)
        if slower and isinstance(voice, PacedSynthesiser):
            return await voice.render_slower(words, language, slower)
        return await voice.render(words, language)

    async def _made(self, key: str, words: str, language: str, slower: int) -> Clip:
        path = self._path(key)
        clip = await asyncio.to_thread(_read, path)
        if clip is None:
            clip = Clip(await self._rendered(words, language, slower))
            await asyncio.to_thread(_write, path, clip.mulaw)
        return clip

    def _finished(self, key: str, task: asyncio.Task[Clip]) -> None:
        del self._rendering[key]
        if task.cancelled() or task.exception() is not None:
            return
        self._recent[key] = task.result()
        while len(self._recent) > self._max_clips:
            self._recent.popitem(last=False)


def forget_spoken(cache_dir: Path) -> None:
    """Empty the folder of what was spoken in calls; what is rendered meanwhile may stay."""
    for file in (cache_dir / SPOKEN).glob("*/*"):
        file.unlink(missing_ok=True)


def _read(path: Path) -> Clip | None:
    try:
        return Clip(path.read_bytes())
    except FileNotFoundError:
        return None


def _write(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(sound)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
