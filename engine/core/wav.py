"""WAV files as bytes: what sound is in one, or what is wrong with it. The one reader of prompts and tools."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

PCM, MULAW = 1, 7

_EXTENSIBLE = 0xFFFE
_CURE = "save it as 16-bit PCM or mu-law WAV"


class UnreadableSound(ValueError):
    """A sound file that is none we read; says which file, what was found and how to mend it."""


@dataclass(frozen=True, slots=True)
class Wav:
    """Sound as the file has it: PCM of 8 or 16 bits, or mu-law."""

    coding: int
    channels: int
    rate_hz: int
    bits: int
    sound: bytes = field(repr=False)


def parse_wav(raw: bytes, name: str) -> Wav:
    """Raises UnreadableSound, with `name`, for what is no such file."""
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise UnreadableSound(f"{name}: not a PCM WAV file; {_CURE}")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(raw):
        size = struct.unpack_from("<I", raw, at + 4)[0]
        chunks.setdefault(raw[at : at + 4], raw[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    form, sound = chunks.get(b"fmt ", b""), chunks.get(b"data", b"")
    if len(form) < 16 or b"data" not in chunks:
        raise UnreadableSound(f"{name}: a WAV file without sound; {_CURE}")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if coding == _EXTENSIBLE and len(form) >= 26:
        (coding,) = struct.unpack_from("<H", form, 24)
    is_known = (coding, bits) in ((PCM, 8), (PCM, 16), (MULAW, 8))
    if not is_known or not 1 <= channels <= 8 or not 4_000 <= rate_hz <= 192_000:
        found = f"coding {coding}, {bits} bits, {channels} channels at {rate_hz} Hz"
        raise UnreadableSound(f"{name}: {found}; {_CURE}")
    return Wav(coding, channels, rate_hz, bits, sound)
