"""When a party speaks: a stream's voice confidences become starts, pauses and ends of speech.

    quiet ──voice──▶ starting ──start_ms of it──▶ speaking ◀──voice── pausing
      ▲                 │                            │                  │ ▲
      └────any gap──────┘                            └─────no voice─────┘ │
      └──────────────────────── longest_silence_ms without voice ─────────┘

On the way, `PAUSED` is told once a pause: after `early_ms` without voice, when an answer may be whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

WINDOW_MS = 32
"""What the detector scores at once: 256 samples at 8 kHz."""

LEAD_WINDOWS = 10
"""Kept from before the voice was certain: soft beginnings ("six", "four") are quieter than that."""


@dataclass(frozen=True, slots=True)
class ActivitySettings:
    """Measured on the telephone: stricter ones (0.7, 200 ms) miss a fifth of all yes and no, and a shorter
    end cuts every second ZIP between its digits."""

    confidence: float = 0.5
    start_ms: int = 100
    complete_timeout_ms: int = 800
    early_ms: int = 160
    """When a pause is worth a look; 0 tells no pause apart from the end."""
    incomplete_timeout_ms: int = 0
    """The silence after speech that is no answer yet; not less than complete_timeout_ms."""
    max_speech_ms: int = 15_000

    @property
    def longest_silence_ms(self) -> int:
        """Whatever was said, it is over by then."""
        return max(self.complete_timeout_ms, self.incomplete_timeout_ms)


class Activity(Enum):
    """What a window changed."""

    NOTHING = auto()
    STARTED = auto()
    PAUSED = auto()
    RESUMED = auto()
    STOPPED = auto()
    OVERLONG = auto()
    """Speech went on for max_speech_ms; it counts as ended."""


class VoiceActivity:
    """One stream's state. All counts are windows."""

    __slots__ = ("_confidence", "_early", "_longest", "_silent", "_start", "_stop", "_total", "_voiced")

    def __init__(self, settings: ActivitySettings) -> None:
        self._confidence = settings.confidence
        self._start = _windows(settings.start_ms)
        self._stop = _windows(settings.longest_silence_ms)
        self._early = _windows(settings.early_ms) if settings.early_ms else 0
        self._longest = _windows(settings.max_speech_ms)
        self._voiced = 0
        self._silent = 0
        self._total = 0

    @property
    def is_quiet(self) -> bool:
        """Nobody speaks, and nothing looks like the beginning of it."""
        return self._voiced == 0

    @property
    def is_speaking(self) -> bool:
        """Between STARTED and STOPPED, pauses included."""
        return self._total > 0

    @property
    def silence_ms(self) -> int:
        """Since the last voiced window, while speech has not ended."""
        return self._silent * WINDOW_MS

    def end(self) -> None:
        """Back to quiet, whoever found that speech is over."""
        self._voiced = self._silent = self._total = 0

    def hear(self, confidence: float) -> Activity:
        if not self._total:
            return self._maybe_starting(confidence)
        self._total += 1
        if self._total >= self._longest:
            self.end()
            return Activity.OVERLONG
        if confidence >= self._confidence:
            was_told = bool(self._early) and self._silent >= self._early
            self._silent = 0
            return Activity.RESUMED if was_told else Activity.NOTHING
        self._silent += 1
        if self._silent >= self._stop:
            self.end()
            return Activity.STOPPED
        return Activity.PAUSED if self._silent == self._early else Activity.NOTHING

    def _maybe_starting(self, confidence: float) -> Activity:
        if confidence < self._confidence:
            self._voiced = 0
            return Activity.NOTHING
        self._voiced += 1
        if self._voiced < self._start:
            return Activity.NOTHING
        self._total = self._voiced
        return Activity.STARTED


def _windows(duration_ms: int) -> int:
    return max(1, round(duration_ms / WINDOW_MS))
