"""Whose voices speak in an engine: the default ones, or vendors' with the default ones behind them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from engine.core.sayers import tongue_of
from engine.media.prompts import PromptLibrary
from engine.media.synthesiser import PiperProcess, Synthesiser, VoiceMissing, VoiceProcess
from engine.media.voices.chosen import other_voices
from engine.runtime.settings import Settings

log = logging.getLogger("cordboard.media")


class EngineVoices:
    """The voices of an engine and the prompts that they have spoken, `library`."""

    def __init__(self, voice: Synthesiser | None, settings: Settings) -> None:
        """`voice` speaks every language in place of the default ones. Raises ValueError for a setting that
        names no vendor's service."""
        self._others: Mapping[str, VoiceProcess] = other_voices() if voice is None else {}
        self._first = PiperProcess() if voice is None else voice
        self.library = library_of(self._first, self._others, settings)

    async def warm_up(self, languages: Collection[str]) -> None:
        """Start the default voices of these languages now, so that no prompt waits for it."""
        tongues = {tongue_of(language) for language in languages}
        for voice in self._processes():
            if voice.tongue in tongues:
                try:
                    await voice.warm_up()
                except VoiceMissing as missing:  # what is to be spoken is on disk, or are sounds
                    log.warning("%s", missing)

    async def close(self) -> None:
        for voice in self._processes():
            await voice.close()

    def _processes(self) -> list[VoiceProcess]:
        first = [self._first] if isinstance(self._first, VoiceProcess) else []
        return [*first, *self._others.values()]


def library_of(voice: Synthesiser, others: Mapping[str, Synthesiser], settings: Settings) -> PromptLibrary:
    """The prompts of an engine. `others` are voices of further tongues; a vendor's goes before each."""
    default = PromptLibrary(voice, settings.cache_dir, voices=others)
    if settings.voice_vendor is None:
        return default
    from engine.media.speech.vendor_voice import VendorVoice, read_voice
    from engine.media.speech.vendors import vendors_by_language

    where = "CORDBOARD_VOICE_VENDOR"
    stated = vendors_by_language(settings.voice_vendor, where)
    vendors: dict[str, Synthesiser] = {
        language: VendorVoice(read_voice(document, where)) for language, document in stated.items()
    }
    everything = vendors.pop("*", None)
    voices = vendors if everything is not None else {**others, **vendors}
    return PromptLibrary(everything or voice, settings.cache_dir, fallback=default, voices=voices)
