"""What callers in tests say, as the default voices said it once; to say it anew each time takes minutes.

A file holds one text: mu-law at 8 kHz without a header, named by its language and its words. A text that has none
is rendered when it is asked for, and kept.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from engine.media.synthesiser import PiperProcess
from engine.media.voices.kokoro import kokoro_process

FOLDER = Path(__file__).parent / "sounds"


async def words(*texts: str, language: str = "en-US") -> dict[str, bytes]:
    """Each text's sound in the default voice of the language."""
    if missing := [text for text in texts if not _file(text, language).exists()]:
        async with PiperProcess() if language.startswith("en") else kokoro_process() as voice:
            for text in missing:
                _file(text, language).write_bytes(await voice.render(text, language))
    return {text: _file(text, language).read_bytes() for text in texts}


def kept(text: str, language: str) -> bytes | None:
    """Its sound, where that was kept."""
    file = _file(text, language)
    return file.read_bytes() if file.exists() else None


def _file(text: str, language: str) -> Path:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return FOLDER / f"{language}_{re.sub(r'[^a-z0-9]+', '_', plain).strip('_')}.ulaw"
