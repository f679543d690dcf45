"""The carrier's playback buffer: audio leaves it at the pace of the line, marks once their audio is out.

Pure: whoever owns it calls `advance` once a frame. A mark with nothing before it returns at once; `clear`
empties the buffer and returns every mark that was waiting, though its audio was never heard.
"""

from __future__ import annotations

from collections import deque

from engine.rehearsal.loopback.tones import FRAME_BYTES, RATE_HZ, has_sound, length_ms


class HandsetPlayback:
    def __init__(self) -> None:
        self._queue: deque[bytes | str] = deque()

    @property
    def pending_ms(self) -> int:
        return sum(length_ms(piece) for piece in self._queue if isinstance(piece, bytes))

    def add_audio(self, audio: bytes) -> None:
        for begin in range(0, len(audio), RATE_HZ):  # a second a piece: cutting frames off stays cheap
            self._queue.append(audio[begin : begin + RATE_HZ])

    def add_mark(self, name: str) -> tuple[str, ...]:
        """The marks due at once: this one, when nothing is waiting to be played."""
        if not self._queue:
            return (name,)
        self._queue.append(name)
        return ()

    def due_marks(self) -> tuple[str, ...]:
        """The marks whose audio has been played by now; call it before `advance`."""
        due: list[str] = []
        while self._queue and isinstance(self._queue[0], str):
            due.append(str(self._queue.popleft()))
        return tuple(due)

    def advance(self) -> bytes:
        """The next 20 ms of audio; shorter or empty where the engine sent no more.

        Audio behind a mark is played in the same frame, as marks take no time: the mark is kept for
        `due_marks` of the next frame.
        """
        frame = b""
        passed: list[str] = []
        while self._queue and len(frame) < FRAME_BYTES:
            piece = self._queue.popleft()
            if isinstance(piece, str):
                passed.append(piece)
                continue
            room = FRAME_BYTES - len(frame)
            frame += piece[:room]
            if len(piece) > room:
                self._queue.appendleft(piece[room:])
        self._queue.extendleft(reversed(passed))
        return frame

    def clear(self) -> tuple[str, ...]:
        """Forgets the audio; returns the marks that were waiting for it."""
        waiting = tuple(piece for piece in self._queue if isinstance(piece, str))
        self._queue.clear()
        return waiting

    def holds_sound(self) -> bool:
        """True while something audible is still to come."""
        return any(isinstance(piece, bytes) and has_sound(piece) for piece in self._queue)
