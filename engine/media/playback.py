"""What one leg is being played: prompts in a queue, known to be heard by the carrier's marks.

Theory of operation
- Prompts go out in bundles of at most a second, each with a mark behind it, and no further than a few seconds
  ahead of what is heard: the carrier buffers, but not every carrier without end, and what a buffer can't hold
  is lost without a word. Of a prompt that is still being made, what is there goes out with `more`, and is not
  over before the rest came.
- Every mark's name is used once on a line. A mark that is not outstanding says nothing: after a `clear` the
  carrier returns all that it dropped, and those were not heard.
- A mark that comes back tells that everything before it was played too, but never sooner than the sound
  before it can last: one that is back earlier counts when its time has come.
- No mark is waited for without end: a second after a prompt must be over it counts as played. When that is,
  the marks before it tell: a carrier that plays late has returned them late, and is given as much more.
- Where a carrier has no marks, the clock alone decides.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from engine.media.aftersound import Aftersound
from engine.media.clips import Bundle, Clip
from engine.media.pace import Pace
from engine.media.player import Player
from engine.media.streams import CarrierStream, Outgoing

log = logging.getLogger("cordboard.media")

FEED_AHEAD_S = 4.0
"""So much waits in the carrier's player: what a busy engine may oversleep. Less than any carrier's buffer."""
_FEED_AHEAD_WALL_S = 0.5
"""The same of the wall's seconds, where a rehearsal is faster."""
MARK_GRACE_S = 1.0
MOST_BEHIND_S = 4.0
"""How far behind a carrier's player is believed to be."""
_EARLY_S = 0.02
"""A player that takes a frame at once is that much before its time."""


class _Mark(NamedTuple):
    """One that was sent, and when it is reached by a player that plays in time."""

    name: str
    audio_ms: int
    reached_at: float


@dataclass(slots=True, eq=False)
class _Playing:
    """A prompt that is not known to be over. `unsent` are the bundles that are still to be sent; those of a
    loop are sent again and again."""

    prompt: str
    is_loop: bool
    is_whole: bool = True
    unsent: deque[Bundle] = field(default_factory=deque)
    marks: deque[_Mark] = field(default_factory=deque)
    starts_at: float = 0.0
    ends_at: float = 0.0
    length_ms: int = 0
    sent_ms: int = 0
    heard_ms: int = 0
    told_ms: int = -1  # how long it was said to be as it began, 0 where nobody knew
    timer: asyncio.TimerHandle | None = None

    @property
    def is_sent(self) -> bool:
        """All that will be sent of it was sent."""
        return self.is_whole and not self.is_loop and not self.unsent

    def add(self, bundles: Sequence[Bundle]) -> None:
        self.unsent.extend(bundles)
        self.length_ms += sum(bundle.audio_ms for bundle in bundles)

    def next(self) -> Bundle:
        bundle = self.unsent.popleft()
        if self.is_loop:
            self.unsent.append(bundle)
        return bundle

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
        send: Callable[[Outgoing], None],
        played: Callable[[str], None],
        cleared: Callable[[str, int], None],
        *,
        aftersound: Aftersound,
        pace: Pace,
        player: Player,
        mark_grace_s: float = MARK_GRACE_S,
    ) -> None:
        self._stream = stream
        self._has_marks = has_marks
        self._grace_s = mark_grace_s if has_marks else 0.0
        self._send = send
        self._played = played
        self._cleared = cleared
        self._aftersound = aftersound
        self._pace = pace
        self._player = player
        self._feed_ahead_s = max(FEED_AHEAD_S, _FEED_AHEAD_WALL_S * pace.speed)
        self._loop = asyncio.get_running_loop()
        self.began: Callable[[str, int | None], None] = _untold
        self.recorder: PromptRecorder | None = None
        self._queue: deque[_Playing] = deque()
        self._outstanding: set[str] = set()
        self._bundles_sent = 0
        self._behind_s = 0.0
        self._feeding: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def is_playing(self) -> bool:
        return bool(self._queue)

    @property
    def prompts(self) -> Sized:
        """Those that are playing or will."""
        return self._queue

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
        playing.add(bundles)
        playing.is_whole = not more
        self._feed()
        self._loop.call_soon(self._settle)  # it may be over already: it was empty, or its rest came late

    def stop(self) -> None:
        """Empty the carrier's buffer; what was not over is reported cleared, with the part that was heard."""
        if not self._queue:
            return
        dropped = list(self._queue)
        self._forget()
        clear = self._stream.clear()
        if clear is not None:
            self._send(clear)
            self._player.empty()
            if self.recorder is not None:
                self.recorder.cut()
        now = self._pace.now()
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
        mark = next(mark for playing in self._queue for mark in playing.marks if mark.name == name)
        if mark.reached_at - self._pace.now() > _EARLY_S:
            self._pace.at(mark.reached_at, self.mark_played, name)
            return
        self._aftersound.played(name)
        self._take_marks(mark)
        self._plays_in_time(mark)
        self._settle()

    def close(self) -> None:
        """The line is over: nothing more is sent or reported."""
        self._is_closed = True
        self._forget()

    # Sending

    def _begun(self, prompt: str) -> _Playing | None:
        """The prompt, where it is the last one and not whole yet."""
        last = self._queue[-1] if self._queue else None
        return last if last is not None and last.prompt == prompt and not last.is_whole else None

    def _queued(self, prompt: str, is_loop: bool) -> _Playing:
        playing = _Playing(prompt, is_loop)
        self._queue.append(playing)
        return playing

    def _feed(self) -> None:
        """Send what is due, in order, and come back for the rest."""
        self._forget_feeding()
        for playing in self._queue:
            while playing.unsent:
                due = self._player.empty_at + self._behind_s - self._feed_ahead_s
                if due > self._pace.now():
                    self._feeding = self._pace.at(due, self._feed)
                    break
                self._send_bundle(playing, playing.next())
            if playing.unsent:
                break
            if playing.is_sent and playing.sent_ms and playing.timer is None:
                self._set_deadline(playing)
        self._tell_beginning()

    def _send_bundle(self, playing: _Playing, bundle: Bundle) -> None:
        now = self._pace.now()
        starts_at = self._player.take(now, bundle.audio_ms / 1000)
        ends_at = self._player.empty_at
        if not playing.sent_ms:
            playing.starts_at = starts_at
        self._send(self._stream.audio(bundle.payload_b64))
        if self.recorder is not None:
            self.recorder.playing(bundle.payload_b64, starts_at - now)
        self._bundles_sent += 1
        mark = f"{playing.prompt}.{self._bundles_sent}"
        request = self._stream.mark(mark) if self._has_marks else None
        if request is not None:
            self._send(request)
            playing.marks.append(_Mark(mark, bundle.audio_ms, ends_at))
            self._outstanding.add(mark)
        playing.sent_ms += bundle.audio_ms
        playing.ends_at = ends_at
        self._aftersound.sent(starts_at, ends_at, bundle.payload_b64, mark)

    def _tell_beginning(self) -> None:
        """Of the prompt at the head of the queue, once it is being heard."""
        playing = self._queue[0] if self._queue else None
        if playing is None or playing.is_loop or not playing.sent_ms:
            return
        length_ms = playing.length_ms if playing.is_whole else 0
        if playing.told_ms != length_ms:
            playing.told_ms = length_ms
            self.began(playing.prompt, length_ms or None)

    # Being over

    def _take_marks(self, last: _Mark) -> None:
        """All marks up to this one were reached."""
        for playing in self._queue:
            while playing.marks:
                mark = playing.marks.popleft()
                self._outstanding.discard(mark.name)
                playing.heard_ms += mark.audio_ms
                if mark is last:
                    return

    def _plays_in_time(self, mark: _Mark) -> None:
        """Or so much later: then all that is still to come is later, too."""
        self._behind_s = min(MOST_BEHIND_S, max(0.0, self._pace.now() - mark.reached_at))
        for playing in self._queue:
            if playing.timer is not None:
                self._set_deadline(playing)

    def _set_deadline(self, playing: _Playing) -> None:
        playing.forget_timer()
        due = playing.ends_at + self._behind_s
        playing.timer = self._pace.at(due, self._overdue, playing, later_s=self._grace_s)

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
            self._tell_beginning()

    def _is_over(self, playing: _Playing) -> bool:
        # Without marks nothing is ever outstanding, and only the timer's end says that a prompt is over.
        is_due = self._has_marks or playing.timer is None
        return playing.is_sent and not playing.marks and is_due

    def _forget(self) -> None:
        self._forget_feeding()
        for playing in self._queue:
            playing.forget_timer()
        self._queue.clear()
        self._outstanding.clear()
        self._behind_s = 0.0

    def _forget_feeding(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
            self._feeding = None
