"""What one leg is being played: prompts in a queue, known to be heard by the carrier's marks.

Theory of operation
- A prompt goes out whole, as bundles of at most a second, each with a mark behind it; the carrier buffers. A
  loop cannot, so it is fed two seconds ahead of what is heard. Of a prompt that is still being made, what is
  there goes out with `more`, and is not over before the rest came.
- Every mark's name is used once on a line. A mark that is not outstanding says nothing: after a `clear` the
  carrier returns all that it dropped, and those were not heard.
- A mark that comes back tells that everything before it was played too.
- No mark is waited for without end: a second after a prompt must be over it counts as played. When that is,
  the marks before it tell: a carrier that plays late has returned them late, and is given as much more.
- Where a carrier has no marks, the clock alone decides.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import NamedTuple, Protocol

from engine.media.aftersound import Aftersound
from engine.media.carriers.contract import CarrierStream
from engine.media.clips import Bundle, Clip

log = logging.getLogger("cordboard.media")

FEED_AHEAD_S = 2.0
MARK_GRACE_S = 1.0
MOST_BEHIND_S = 4.0
"""How far behind a carrier's player is believed to be."""


class _Mark(NamedTuple):
    """One that was sent, and when it is reached by a player that plays in time."""

    name: str
    audio_ms: int
    reached_at: float


@dataclass(slots=True, eq=False)
class _Playing:
    """A prompt that has been sent, at least in part, and is not known to be over."""

    prompt: str
    is_loop: bool
    starts_at: float
    is_whole: bool = True
    marks: deque[_Mark] = field(default_factory=deque)
    ends_at: float = 0.0
    sent_ms: int = 0
    heard_ms: int = 0
    told_ms: int = -1  # how long it was said to be as it began, 0 where nobody knew
    timer: asyncio.TimerHandle | None = None

    def forget_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class PromptRecorder(Protocol):
    """Keeps what is played, and when it is heard."""

    def playing(self, payload_b64: bytes, in_s: float) -> None: ...
    def cut(self) -> None: ...


def _untold(prompt: str, length_ms: int | None) -> None:
    """Nobody wants to know that a prompt began."""


class Playback:
    """The play queue of one line.

    Each prompt ends in one call of `played(prompt)` or `cleared(prompt, heard_ms)`, or with the line. Before,
    `began(prompt, length_ms)` tells that it is being heard, without a length while its rest is still made; it
    is told again with that. A loop has no length, and its beginning is not told.
    """

    def __init__(
        self,
        stream: CarrierStream,
        has_marks: bool,
        send: Callable[[bytes], None],
        played: Callable[[str], None],
        cleared: Callable[[str, int], None],
        *,
        aftersound: Aftersound,
        mark_grace_s: float = MARK_GRACE_S,
    ) -> None:
        self._stream = stream
        self._has_marks = has_marks
        self._grace_s = mark_grace_s if has_marks else 0.0
        self._send = send
        self._played = played
        self._cleared = cleared
        self._aftersound = aftersound
        self._loop = asyncio.get_running_loop()
        self.began: Callable[[str, int | None], None] = _untold
        self.recorder: PromptRecorder | None = None
        self._queue: deque[_Playing] = deque()
        self._outstanding: set[str] = set()
        self._bundles_sent = 0
        self._ends_at = 0.0
        self._behind_s = 0.0
        self._is_closed = False

    @property
    def is_playing(self) -> bool:
        return bool(self._queue)

    def play(self, prompt: str, clips: Sequence[Clip], loop: bool = False, *, more: bool = False) -> None:
        """Queue a prompt, or what was still missing of the last one. A loop before it would never let it be
        heard, and so is stopped first."""
        if self._is_closed:
            return
        if self._queue and self._queue[-1].is_loop:
            self.stop()
        bundles = [bundle for clip in clips for bundle in clip.bundles]
        playing = self._begun(prompt) or self._queued(prompt, loop and bool(bundles))
        playing.forget_timer()
        playing.is_whole = not more
        if playing.is_loop:
            self._feed(playing, cycle(bundles))
        elif bundles:
            for bundle in bundles:
                self._send_bundle(playing, bundle)
        if self._queue[0] is playing:
            self._tell_beginning(playing)
        if playing.is_whole and not playing.is_loop:
            self._await_end(playing)

    def _tell_beginning(self, playing: _Playing) -> None:
        length_ms = playing.sent_ms if playing.is_whole else 0
        if playing.sent_ms and not playing.is_loop and playing.told_ms != length_ms:
            playing.told_ms = length_ms
            self.began(playing.prompt, length_ms or None)

    def _begun(self, prompt: str) -> _Playing | None:
        """The prompt, where it is the last one and not whole yet."""
        last = self._queue[-1] if self._queue else None
        return last if last is not None and last.prompt == prompt and not last.is_whole else None

    def _queued(self, prompt: str, is_loop: bool) -> _Playing:
        playing = _Playing(prompt, is_loop, max(self._loop.time(), self._ends_at))
        self._queue.append(playing)
        return playing

    def _await_end(self, playing: _Playing) -> None:
        if playing.sent_ms:
            playing.ends_at = max(self._loop.time(), self._ends_at)
            self._set_deadline(playing)
        self._loop.call_soon(self._settle)  # it may be over already: it was empty, or its rest came late

    def _set_deadline(self, playing: _Playing) -> None:
        playing.forget_timer()
        due = playing.ends_at + self._behind_s + self._grace_s
        playing.timer = self._loop.call_at(due, self._overdue, playing)

    def stop(self) -> None:
        """Empty the carrier's buffer; what was not over is reported cleared, with the part that was heard."""
        if not self._queue:
            return
        dropped = list(self._queue)
        self._forget()
        clear = self._stream.clear()
        if clear is not None:
            self._send(clear)
            if self.recorder is not None:
                self.recorder.cut()
        now = self._loop.time()
        self._aftersound.cut()
        for playing in dropped:
            heard_ms = playing.heard_ms
            if not self._has_marks:
                heard_ms = max(0, min(playing.sent_ms, round((now - playing.starts_at) * 1000)))
            self._cleared(playing.prompt, heard_ms)

    def mark_played(self, name: str) -> None:
        """The carrier returned a mark."""
        if name not in self._outstanding:
            return
        self._aftersound.played(name)
        for playing in self._queue:
            while playing.marks:
                mark = playing.marks.popleft()
                self._outstanding.discard(mark.name)
                playing.heard_ms += mark.audio_ms
                if mark.name == name:
                    self._plays_in_time(mark)
                    self._settle()
                    return

    def _plays_in_time(self, mark: _Mark) -> None:
        """Or so much later: then all that is still to come is later, too."""
        self._behind_s = min(MOST_BEHIND_S, max(0.0, self._loop.time() - mark.reached_at))
        for playing in self._queue:
            if playing.timer is not None and not playing.is_loop:
                self._set_deadline(playing)

    def close(self) -> None:
        """The line is over: nothing more is sent or reported."""
        self._is_closed = True
        self._forget()

    def _send_bundle(self, playing: _Playing, bundle: Bundle) -> None:
        starts_at = max(self._loop.time(), self._ends_at)
        ends_at = starts_at + bundle.audio_ms / 1000
        self._send(self._stream.audio(bundle.payload_b64))
        if self.recorder is not None:
            self.recorder.playing(bundle.payload_b64, max(0.0, self._ends_at - self._loop.time()))
        self._bundles_sent += 1
        mark = f"{playing.prompt}.{self._bundles_sent}"
        request = self._stream.mark(mark)
        if request is not None:
            self._send(request)
            playing.marks.append(_Mark(mark, bundle.audio_ms, ends_at))
            self._outstanding.add(mark)
        playing.sent_ms += bundle.audio_ms
        self._ends_at = ends_at
        self._aftersound.sent(starts_at, self._ends_at, bundle.payload_b64, mark)

    def _feed(self, playing: _Playing, bundles: cycle[Bundle]) -> None:
        while self._ends_at - self._loop.time() <= FEED_AHEAD_S:
            self._send_bundle(playing, next(bundles))
        playing.timer = self._loop.call_at(self._ends_at - FEED_AHEAD_S, self._feed, playing, bundles)

    def _overdue(self, playing: _Playing) -> None:
        if self._has_marks:
            log.warning("no mark came back for prompt %r; taken as played", playing.prompt)
        for earlier in self._queue:
            if earlier.marks:
                self._aftersound.played(earlier.marks[-1].name)
            self._outstanding.difference_update(mark.name for mark in earlier.marks)
            earlier.marks.clear()
            earlier.heard_ms = earlier.sent_ms
            earlier.forget_timer()
            if earlier is playing:
                break
        self._settle()

    def _settle(self) -> None:
        """Report, in order, the prompts at the head of the queue of which nothing is outstanding."""
        while self._queue and self._is_over(self._queue[0]):
            playing = self._queue.popleft()
            playing.forget_timer()
            self._played(playing.prompt)
            if self._queue:
                self._tell_beginning(self._queue[0])

    def _is_over(self, playing: _Playing) -> bool:
        # Without marks nothing is ever outstanding, and only the timer's end says that a prompt is over.
        is_due = self._has_marks or playing.timer is None
        return playing.is_whole and not playing.is_loop and not playing.marks and is_due

    def _forget(self) -> None:
        for playing in self._queue:
            playing.forget_timer()
        self._queue.clear()
        self._outstanding.clear()
        self._ends_at = self._behind_s = 0.0
