"""Make the packaged sounds anew: `python -m engine.media.sounds.make_sounds` (needs the voice extra).

ringback  the US ringing tone, 440 and 480 Hz at -19 dBm each, two seconds on and four off
hold      a slow arpeggio of soft tones, ours, eight seconds that loop without a seam
beep      1,000 Hz for 400 ms
silence   one second
sorry     the apology, in the default voice
sorry_es  the same in Spanish (needs the extra spanish)
zip_lead_in  "My zip code is", in the default voice: never played, see media/speech/lead_in.py
"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import Callable
from pathlib import Path

from engine.media import mulaw
from engine.media.synthesiser import PiperProcess
from engine.media.voices.kokoro import kokoro_process

APOLOGY = "We are sorry, something went wrong. Please call again."
SPANISH_APOLOGY = "Lo sentimos, algo salió mal. Por favor, vuelva a llamar."
ZIP_LEAD_IN = "My zip code is"

_FULL_SCALE = 32_124
"""The largest sample of mu-law; a sine of this height is +3.17 dBm (G.711)."""


def _made(duration_ms: int, level_at: Callable[[float], float]) -> bytes:
    count = duration_ms * mulaw.RATE_HZ // 1000
    return mulaw.encode(
        array("h", [round(_FULL_SCALE * level_at(at / mulaw.RATE_HZ)) for at in range(count)])
    )


def _dbm(level: float) -> float:
    return math.pow(10.0, (level - 3.17) / 20)


def _edges(at_s: float, length_s: float, ramp_s: float = 0.005) -> float:
    """A gate that opens and shuts over a few milliseconds, since an abrupt one clicks."""
    return max(0.0, min(1.0, at_s / ramp_s, (length_s - at_s) / ramp_s))


def _ringback(at_s: float) -> float:
    tone = math.sin(math.tau * 440 * at_s) + math.sin(math.tau * 480 * at_s)
    return _dbm(-19) * tone * _edges(at_s, 2.0)


def _hold(at_s: float) -> float:
    """Eight notes, one a second, each fading like a struck bar; a note starts at rest, so the loop closes."""
    notes_hz = (392.0, 493.9, 587.3, 493.9, 329.6, 392.0, 493.9, 440.0)
    index, into_s = int(at_s), at_s % 1.0
    tone = math.sin(math.tau * notes_hz[index] * into_s) + 0.25 * math.sin(
        math.tau * 2 * notes_hz[index] * into_s
    )
    return _dbm(-20) * tone * math.exp(-3.5 * into_s) * _edges(into_s, 1.0, 0.015)


def _beep(at_s: float) -> float:
    return _dbm(-16) * math.sin(math.tau * 1000 * at_s) * _edges(at_s, 0.4)


async def _spoken(text: str) -> bytes:
    async with PiperProcess() as voice:
        return await voice.render(text, "en-US")


async def _spoken_in_spanish(text: str) -> bytes:
    async with kokoro_process() as voice:
        return await voice.render(text, "es-US")


def main() -> None:
    sounds = {
        "ringback": _made(6000, _ringback),
        "hold": _made(8000, _hold),
        "beep": _made(400, _beep),
        "silence": bytes([mulaw.SILENCE]) * mulaw.RATE_HZ,
        "sorry": asyncio.run(_spoken(APOLOGY)),
        "sorry_es": asyncio.run(_spoken_in_spanish(SPANISH_APOLOGY)),
        "zip_lead_in": asyncio.run(_spoken(ZIP_LEAD_IN)),
    }
    for name, made in sounds.items():
        Path(__file__).with_name(f"{name}.ulaw").write_bytes(made)


if __name__ == "__main__":
    main()
