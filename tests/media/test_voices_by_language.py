"""Which voice speaks a language: its own, that of its tongue, else the one for all; and what is missing."""

from pathlib import Path

import pytest

from engine.media.prompts import PromptLibrary
from engine.media.speech.heard import ear_missing
from engine.media.speech.vendors import vendors_by_language
from engine.media.synthesiser import VoiceFailed, VoiceMissing, VoiceProcess, VoiceProgram
from engine.media.voices.chosen import is_spoken, voice_missing
from engine.media.voices.espeak import espeak_files, espeak_process
from engine.media.voices.kokoro import kokoro_process


class NamedVoice:
    version = "1"

    def __init__(self, name: str) -> None:
        self.name = name
        self.said: list[tuple[str, str]] = []

    async def render(self, text: str, language: str) -> bytes:
        self.said.append((text, language))
        return b"\x80" * 800


async def test_each_language_is_spoken_by_its_own_voice(tmp_path: Path) -> None:
    first, spanish, mexican = NamedVoice("first"), NamedVoice("spanish"), NamedVoice("mexican")
    library = PromptLibrary(first, tmp_path, voices={"es": spanish, "es-MX": mexican})
    for language in ("en-US", "es-US", "es-mx", "fr"):
        await library.clip("hola", language)
    assert first.said == [("hola", "en-US"), ("hola", "fr")]
    assert spanish.said == [("hola", "es-US")]
    assert mexican.said == [("hola", "es-mx")]


async def test_a_prompt_is_cached_by_the_voice_that_speaks_it(tmp_path: Path) -> None:
    one = PromptLibrary(NamedVoice("first"), tmp_path, voices={"es": NamedVoice("spanish")})
    other = PromptLibrary(NamedVoice("first"), tmp_path, voices={"es": NamedVoice("other")})
    assert one.path("hola", "es") != other.path("hola", "es")
    assert one.path("hello", "en") == other.path("hello", "en")


def test_a_vendor_is_for_all_languages_or_for_each() -> None:
    deepgram = {"class": "a.Deepgram"}
    assert vendors_by_language(deepgram, "VENDOR") == {"*": deepgram}
    assert vendors_by_language({"ES": deepgram, "*": deepgram}, "VENDOR") == {"es": deepgram, "*": deepgram}
    with pytest.raises(ValueError, match='VENDOR: found a str under .es.; expected {"class": …}'):
        vendors_by_language({"es": "a.Deepgram"}, "VENDOR")


def test_what_no_default_voice_or_recogniser_knows_is_said_with_what_they_know() -> None:
    assert voice_missing("fr-FR") == "no default voice speaks 'fr-FR' (they speak English, Spanish)"
    assert ear_missing("fr-FR") == "no default recogniser hears 'fr-FR' (they hear 'en', 'es')"
    assert is_spoken("es-US")
    assert not is_spoken("fr")


async def test_a_voice_that_is_not_installed_says_how_to_install_it() -> None:
    absent = VoiceProgram("absent", "no.such.module", "es", "Spanish", "1", lambda: "run: pip install it")
    async with VoiceProcess(absent) as voice:
        with pytest.raises(VoiceMissing, match="run: pip install it"):
            await voice.render("hola", "es-US")
        with pytest.raises(VoiceFailed, match="the voice absent speaks Spanish; the text is in 'en-US'"):
            await voice.render("hello", "en-US")


@pytest.mark.skipif(espeak_files() is None, reason="eSpeak NG is not installed")
async def test_espeak_speaks_spanish_and_more_slowly_when_asked() -> None:
    async with espeak_process() as voice:
        usual = await voice.render("siete ocho siete cero uno", "es-US")
        slower = await voice.render_slower("siete ocho siete cero uno", "es-US", 30)
        assert len(usual) > 8000
        assert len(slower) > 1.15 * len(usual)


@pytest.mark.skipif(kokoro_process().missing is not None, reason="the extra 'spanish' is missing")
async def test_kokoro_speaks_spanish_and_joins_digits() -> None:
    async with kokoro_process() as voice:
        longer = await voice.render("¿7 8?", "es-US")
        assert len(longer) > len(await voice.render("7", "es-US")) > 800
