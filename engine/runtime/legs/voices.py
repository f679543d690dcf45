"""What a line is to play: prompt items become clips, in order, whether ready or still to be rendered."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.core.commands import Play, Sound, Tones
from engine.core.prompts import PromptItem
from engine.media.clips import Clip
from engine.media.keytones import key_clip
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
    is_heard: bool = False  # another voice spoke it


class Voice:
    """The prompts of one line. Plays keep their order though one may have to be rendered first.

    What is at hand of a prompt is played while the rest of it is rendered: "I heard" begins at once.
    """

    def __init__(
        self, line: Line, library: PromptLibrary, language: str, on_failed: Callable[[Failed], None]
    ) -> None:
        self._line = line
        self._library = library
        self._language = language
        self._on_failed = on_failed
        self._waiting: deque[Play] = deque()
        self._rendering: asyncio.Task[None] | None = None
        self._begun = ""  # the prompt that is heard already while it is rendered

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
        begun, self._begun = self._begun, ""
        self._line.stop_playing()
        for command in given_up:
            if command.prompt != begun:  # what was begun, the line has told
                self._on_failed(Failed(command.prompt, ""))

    def close(self) -> None:
        if self._rendering is not None:
            self._rendering.cancel()
            self._rendering = None
        self._waiting.clear()

    def _ready(self, command: Play) -> list[Clip] | None:
        """The clips, where all of them are at hand."""
        clips = [self._at_hand(item, command.slower) for item in command.items]
        ready = [clip for clip in clips if clip is not None]
        return ready if len(ready) == len(clips) else None

    def _at_hand(self, item: PromptItem | Sound | Tones, slower: int) -> Clip | None:
        if isinstance(item, Sound):
            return sound(item.name)
        if isinstance(item, Tones):
            return key_clip(item.keys)
        recorded = self._library.sound(item.audio) if item.audio else None
        return recorded or self._library.ready(item.text, item.language or self._language, slower)

    async def _render(self) -> None:
        while self._waiting:
            command = self._waiting[0]
            rest, reason = await self._rendered(command)
            self._waiting.popleft()
            if not reason or self._begun:
                self._line.play(command.prompt, rest, command.loop)
            self._begun = ""
            if reason:
                self._on_failed(Failed(command.prompt, reason))
        self._rendering = None

    async def _rendered(self, command: Play) -> tuple[list[Clip], str]:
        """What is still to be played, and why there is no more, if so."""
        clips: list[Clip] = []
        for item in command.items:
            clip = self._at_hand(item, command.slower)
            if clip is None:
                if clips and not command.loop:
                    self._line.play(command.prompt, clips, more=True)
                    self._begun, clips = command.prompt, []
                assert isinstance(item, PromptItem)
                try:
                    language = item.language or self._language
                    clip, replaced = await self._library.clip_or_substitute(
                        item.text, language, keep=not item.sensitive, slower=command.slower
                    )
                    if replaced:
                        self._on_failed(Failed(command.prompt, _told(replaced, item), is_heard=True))
                except (VoiceFailed, OSError) as error:  # nobody can say it, or the disk is full
                    return clips, _told(str(error) or type(error).__name__, item)
            clips.append(clip)
        return clips, ""


def _told(reason: str, item: PromptItem) -> str:
    """Why the words could not be said, for the record: a voice may quote them."""
    return "the voice failed at something sensitive" if item.sensitive else reason
