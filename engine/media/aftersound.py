"""The sound that a party may have heard lately, and whose echo may therefore come back now.

Theory of operation
- When a carrier plays what it was sent is its own affair: a busy one plays late. Sound whose mark has not
  come back may be playing still, however long ago it should have been over.
- How long ago a mark came back is counted in the sound that came in since, not by the clock: an echo stands
  in that sound at its true distance behind the mark, however late either is read.
- Where a carrier has no marks, the clock alone decides.
"""

from __future__ import annotations

import binascii
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.media import mulaw

REMEMBERED_S = 3.0
LONGEST_S = 8.0
"""More is never given, however far behind a carrier is."""

_MOST_PIECES = 1000
_GAP = bytes([mulaw.SILENCE]) * (mulaw.RATE_HZ // 5)
"""Silence before, between and behind what was played, more of which would make no difference."""


@dataclass(slots=True, eq=False)
class _Piece:
    """Sound that was sent. By the clock it is played from `starts_at` until `ends_at`, never earlier."""

    starts_at: float
    ends_at: float
    payload_b64: bytes
    mark: str
    over_s: float | None = None
    """Seconds of sound that had come in when it was known to be over."""


class Aftersound:
    """One line's. `heard_s` counts the seconds of sound that came in since the line began."""

    def __init__(self, now: Callable[[], float], heard_s: Callable[[], float], *, has_marks: bool) -> None:
        self._now = now
        self._heard_s = heard_s
        self._has_marks = has_marks
        self._pieces: deque[_Piece] = deque(maxlen=_MOST_PIECES)

    def sent(self, starts_at: float, ends_at: float, payload_b64: bytes, mark: str) -> None:
        while self._pieces and self._ago_s(self._pieces[0]) > REMEMBERED_S:
            self._pieces.popleft()
        self._pieces.append(_Piece(starts_at, ends_at, payload_b64, mark))

    def played(self, mark: str) -> None:
        """Everything up to this mark, which is outstanding, was played."""
        for piece in self._pieces:
            self._end(piece)
            if piece.mark == mark:
                return

    def cut(self) -> None:
        """The carrier plays no more of what it was sent."""
        now = self._now()
        while self._pieces and self._pieces[-1].starts_at >= now:
            self._pieces.pop()
        for piece in self._pieces:
            piece.ends_at = min(piece.ends_at, now)
            self._end(piece)

    def lately(self, span_s: float) -> bytes:
        """What may have been heard in the last seconds, REMEMBERED_S at most: mu-law."""
        now = self._now()
        sound = bytearray()
        ended_at = -1.0
        for piece in self._pieces:
            if piece.starts_at >= now:
                break
            kept_s = span_s - self._ago_s(piece)
            if kept_s <= 0:
                continue
            sound += _GAP[: round((piece.starts_at - ended_at) * mulaw.RATE_HZ)]
            ended_at = min(piece.ends_at, now)
            begun = binascii.a2b_base64(piece.payload_b64)[: _samples(ended_at - piece.starts_at)]
            sound += begun if self._may_play(piece) else begun[-_samples(kept_s) :]
        return bytes(sound[-_samples(LONGEST_S) :]) + _GAP

    def _end(self, piece: _Piece) -> None:
        if piece.over_s is None:
            piece.over_s = self._heard_s()

    def _may_play(self, piece: _Piece) -> bool:
        return piece.over_s is None if self._has_marks else piece.ends_at > self._now()

    def _ago_s(self, piece: _Piece) -> float:
        """How long it has been over; nothing while it may still be playing."""
        if self._has_marks:
            return 0.0 if piece.over_s is None else self._heard_s() - piece.over_s
        return max(0.0, self._now() - piece.ends_at)


def _samples(span_s: float) -> int:
    return max(1, round(span_s * mulaw.RATE_HZ))
