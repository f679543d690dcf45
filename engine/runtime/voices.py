"""What a line is to play: prompt items become clips, in order, whether ready or still to be rendered."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.core.commands import Play, Sound
from engine.media.clips import Clip
from engine.media.line import Line
from engine.media.prompts import PromptLibrary
from engine.media.sounds import sound
from engine.media.synthesiser import VoiceFailed

log = logging.getLogger("cordboard.calls")


@dataclass(frozen=True, slots=True)
class Failed:
    """A prompt that will not be heard: cleared before it began, or impossible to make."""

    prompt: str
    reason: str  # "" when it was cleared


class Voice:
    """The prompts of one line. Plays keep their order though one may have to be rendered first."""

    def __init__(
        self, line: Line, library: PromptLibrary, language: str, on_failed: Callable[[Failed], None]
    ) -> None:
        self._line = line
        self._library = library
        self._language = language
        self._on_failed = on_failed
        self._waiting: deque[Play] = deque()
        self._rendering: asyncio.Task[None] | None = None

    def play(self, command: Play) -> None:
        if self._rendering is None:
            clips = self._ready(command)
            if clips is not None:
                self._line.play(command.prompt, clips, command.loop)
                return
        self._waiting.append(command)
        if self._rendering is None:
            self._rendering = asyncio.create_task(self._render())

    def stop(self) -> None:
        """Silence the line, and forget what it was still to say."""
        if self._rendering is not None:
            self._rendering.cancel()
            self._rendering = None
        given_up, self._waiting = self._waiting, deque()
        self._line.stop_playing()
        for command in given_up:
            self._on_failed(Failed(command.prompt, ""))

    def close(self) -> None:
        if self._rendering is not None:
            self._rendering.cancel()
            self._rendering = None
        self._waiting.clear()

    def _ready(self, command: Play) -> list[Clip] | None:
        """The clips, where all of them are at hand."""
        clips = []
        for item in command.items:
            clip = (
                sound(item.name)
                if isinstance(item, Sound)
                else self._library.ready(item.text, self._language)
            )
            if clip is None:
                return None
            clips.append(clip)
        return clips

    async def _render(self) -> None:
        while self._waiting:
            command = self._waiting[0]
            clips = []
            reason = ""
            for item in command.items:
                try:
                    clips.append(
                        sound(item.name)
                        if isinstance(item, Sound)
                        else await self._library.clip(item.text, self._language, keep=not item.sensitive)
                    )
                except (VoiceFailed, OSError) as error:  # nobody can say it, or the disk is full
                    reason = str(error) or type(error).__name__
                    break
            self._waiting.popleft()
            if reason:
                self._on_failed(Failed(command.prompt, reason))
            else:
                self._line.play(command.prompt, clips, command.loop)
        self._rendering = None
