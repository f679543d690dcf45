"""What this machine lacks to speak and hear the languages of a network, as mistakes with their places.

A language that no voice speaks and no vendor is set for can't be served: an error, unless the flow is made of
the operator's own sounds. What is only not installed here is a warning: a network may be checked elsewhere
than it is served. English is what engines come with, and is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.core.flow import Flow
from engine.core.places import Place
from engine.core.sayers import tongue_of
from engine.language.mistakes import Mistake
from engine.media.speech.heard import ear_missing
from engine.media.voices.chosen import is_spoken, voice_missing
from engine.runtime.publishing import voiced
from engine.runtime.settings import Settings

_SHOWN = 40  # letters of a prompt


def lacking(flows: Iterable[Flow], settings: Settings) -> list[Mistake]:
    """Which of these flows, one for each language, this machine can't speak or hear, and what to do."""
    found: list[Mistake] = []
    for flow in flows:
        if tongue_of(flow.language) != "en" and flow.language_at is not None:
            found += _voices(flow, flow.language_at, settings)
            found += _ears(flow, flow.language_at, settings)
    return sorted(dict.fromkeys(found))


def _voices(flow: Flow, place: Place, settings: Settings) -> Iterator[Mistake]:
    missing, text = voice_missing(flow.language), voiced(flow)
    if missing is None or not text or _is_set(settings.voice_vendor, flow.language):
        return
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    yield Mistake(
        place,
        f"flow '{flow.name}' has to say \"{shown}\" in '{flow.language}': {missing}; or record its prompts "
        "(audio:), or set CORDBOARD_VOICE_VENDOR to a voice that speaks it",
        "warning" if is_spoken(flow.language) else "error",
    )


def _ears(flow: Flow, place: Place, settings: Settings) -> Iterator[Mistake]:
    missing = ear_missing(flow.language)
    is_off = settings.speech == "off" or not flow.answers
    if missing is None or is_off or _is_set(settings.speech_vendor, flow.language):
        return
    yield Mistake(
        place,
        f"callers of flow '{flow.name}' can only key in '{flow.language}': {missing}; or set "
        "CORDBOARD_SPEECH_VENDOR to a recogniser that hears it",
        "warning",
    )


def _is_set(vendors: Mapping[str, object] | None, language: str) -> bool:
    """Whether a vendor is set for the language, or one for all of them."""
    names = {name.lower() for name in vendors or ()}
    return bool(names & {"class", "*", language.lower(), tongue_of(language)})
