"""The sound of an utterance, as far as the core knows it: when it was, and its digest."""

from __future__ import annotations

from engine.core.records import Frozen


class SpokenSound(Frozen, frozen=True):
    """The digest of an utterance's sound, as a file of it has it: WAV, 16 bit, 8 kHz, one channel.

    It begins at `began_at`, milliseconds since the call's start, shortly before the first word. `recording`
    is where it is kept, "" where it isn't.
    """

    sha256: str
    began_at: int
    length_ms: int
    recording: str = ""
