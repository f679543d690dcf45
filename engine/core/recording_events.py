"""What becomes of a recording."""

from __future__ import annotations

from engine.core.records import Frozen


class RecordingStarted(Frozen, frozen=True):
    """The recording's first moment is `at`; `path` is its file, relative to the recordings' folder."""

    at: int
    recording: str
    path: str
    format: str


class RecordingFailed(Frozen, frozen=True):
    """The recording has gaps, or there is none. The call goes on."""

    at: int
    recording: str
    reason: str


RecordingEvent = RecordingStarted | RecordingFailed
