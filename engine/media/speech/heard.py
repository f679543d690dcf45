"""Which default recogniser hears a language, and what is missing where none does. Light to import."""

from __future__ import annotations

from importlib.util import find_spec

from engine.core.sayers import tongue_of
from engine.media.speech.whisper_packages import TONGUES, whisper_folders


def ear_missing(language: str) -> str | None:
    """Why no default recogniser can hear the language, and what to do; None where one can."""
    tongue = tongue_of(language)
    if tongue != "en" and tongue not in TONGUES:
        heard = ", ".join(f"'{each}'" for each in sorted({"en", *TONGUES}))
        return f"no default recogniser hears '{language}' (they hear {heard})"
    if find_spec("pipecat") is None or find_spec("onnxruntime") is None or find_spec("numpy") is None:
        return "no recogniser is installed; run: pip install 'cordboard[speech]'"
    if tongue == "en":
        if find_spec("moonshine_voice") is None:
            return "the default recogniser is not installed; run: pip install 'cordboard[speech]'"
        return None
    return None if whisper_folders() is not None else _NO_WHISPER


_NO_WHISPER = "no recogniser of this language is installed; run: pip install 'cordboard[speech,spanish]'"
