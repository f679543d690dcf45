"""Spanish by eSpeak NG (GPL-3.0), in a process of its own: plain, but it says every word.

Its library and data come with the package espeakng-loader, or with the system's (Debian's espeak-ng).
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from engine.media.synthesiser import VoiceProcess, VoiceProgram

VOICE = "es-419"
"""Latin America's Spanish."""

_CURE = "run: pip install 'cordboard[spanish]'"


class EspeakFailed(Exception):
    """The library did not do what it was asked to."""


@dataclass(frozen=True, slots=True)
class EspeakFiles:
    """Where the library is, and its data; no data where the library knows by itself."""

    library: str
    data: str | None
    version: str


def espeak_files() -> EspeakFiles | None:
    """Those of the package, else those of the system; None where there are none."""
    package = find_spec("espeakng_loader")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent
        library, data = folder / "libespeak-ng.so", folder / "espeak-ng-data"
        if library.is_file() and data.is_dir():
            return EspeakFiles(str(library), str(data), _package_version())
    system = ctypes.util.find_library("espeak-ng")
    return None if system is None else EspeakFiles(system, None, system)


def opened_espeak(output: int) -> tuple[ctypes.CDLL, int]:
    """The library, ready to make this output (its `espeak_AUDIO_OUTPUT`), and its samples a second.

    Raises EspeakFailed. It is loaded into this process: call it in a voice's program only.
    """
    files = espeak_files()
    if files is None:
        raise EspeakFailed("eSpeak NG is not installed")
    library = ctypes.CDLL(files.library)
    rate_hz = int(
        library.espeak_Initialize(output, 0, None if files.data is None else files.data.encode(), 0)
    )
    if rate_hz <= 0:
        raise EspeakFailed("eSpeak NG found no data")
    return library, rate_hz


def _package_version() -> str:
    try:
        return f"espeakng-loader-{version('espeakng-loader')}"
    except PackageNotFoundError:
        return "espeakng-loader"


def _missing() -> str | None:
    if espeak_files() is None:
        return f"no Spanish voice is installed; {_CURE}"
    return None


def espeak_process() -> VoiceProcess:
    """eSpeak NG's Spanish."""
    files = espeak_files()
    known = "missing" if files is None else files.version
    program = VoiceProgram(
        f"espeak-{VOICE}", "engine.media.voices.espeak_worker", "es", "Spanish", f"{known}+{VOICE}", _missing
    )
    return VoiceProcess(program)
