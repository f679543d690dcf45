"""WAV files as a caller's sound: mu-law at 8 kHz."""

from __future__ import annotations

from pathlib import Path

from engine.media.clips import telephone_sound


def read_wav(path: Path) -> bytes:
    """PCM of 8 or 16 bits or mu-law, at any rate. Raises UnreadableSound with what was found instead."""
    return telephone_sound(path.read_bytes(), str(path))
