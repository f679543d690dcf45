"""Whose voice speaks: the default one, or a vendor's with the default behind it."""

from __future__ import annotations

from engine.media.prompts import PromptLibrary
from engine.media.synthesiser import Synthesiser
from engine.runtime.settings import Settings


def library_of(voice: Synthesiser, settings: Settings) -> PromptLibrary:
    """The prompts of an engine; raises ValueError for a setting that names no vendor's service."""
    default = PromptLibrary(voice, settings.cache_dir)
    if settings.voice_vendor is None:
        return default
    from engine.media.speech.vendor_voice import VendorVoice, read_voice

    vendor = read_voice(settings.voice_vendor, "CORDBOARD_VOICE_VENDOR")
    return PromptLibrary(VendorVoice(vendor), settings.cache_dir, fallback=default)
