"""A vendor's voice: a real pipecat service over real HTTP, as our prompts need it; and one that fails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.events import VoiceReplaced
from engine.media import mulaw
from engine.media.prompts import PromptLibrary
from engine.media.speech.vendor_voice import VendorVoice, read_voice
from engine.media.synthesiser import VoiceFailed
from tests.journeys.journey_world import ToneVoice, keys, network, open_house
from tests.media.speech.voice_vendor import CLASS, voice_server


def voice_at(url: str, **more: object) -> VendorVoice:
    document = {"class": CLASS, "arguments": {"url": url}, "settings": {"voice": "b"}, **more}
    return VendorVoice(read_voice(document, "CORDBOARD_VOICE_VENDOR"))


async def test_a_vendors_sound_comes_out_as_telephone_sound() -> None:
    async with voice_server() as vendor:
        sound = await voice_at(vendor.url).render("Thanks for calling.", "en-US")
        assert vendor.asked == ["Thanks for calling."]
        assert abs(len(sound) / 8 - 500) <= 40
        samples = np.array(mulaw.decode(sound), dtype=np.float64)
        pitch = np.abs(np.fft.rfft(samples)).argmax() * mulaw.RATE_HZ / len(samples)
        assert abs(pitch - 440) < 10


async def test_a_vendor_that_fails_says_why_and_is_left_alone_for_a_while() -> None:
    async with voice_server() as vendor:
        vendor.status = 500
        voice = voice_at(vendor.url)
        with pytest.raises(VoiceFailed, match="the server answers 500"):
            await voice.render("Hello.", "en-US")
        with pytest.raises(VoiceFailed, match="left alone"):
            await voice.render("Hello.", "en-US")
        assert len(vendor.asked) == 1


async def test_a_class_that_is_none_is_named() -> None:
    voice = VendorVoice(read_voice({"class": "no.such.Service"}, "X"))
    with pytest.raises(VoiceFailed, match=r"import no\.such\.Service"):
        await voice.render("Hello.", "en-US")


def test_a_voices_version_follows_its_settings_and_shows_no_secret() -> None:
    one = voice_at("http://127.0.0.1:1/?key=secret")
    other = VendorVoice(read_voice({"class": CLASS, "settings": {"voice": "c"}}, "X"))
    assert one.version != other.version
    assert "secret" not in f"{one.name}{one.version}"


async def test_the_default_voice_speaks_for_one_that_failed_and_nothing_of_it_is_kept_as_the_vendors(
    tmp_path: Path,
) -> None:
    async with voice_server() as vendor:
        vendor.status = 503
        default = PromptLibrary(ToneVoice(300), tmp_path)
        library = PromptLibrary(voice_at(vendor.url), tmp_path, fallback=default)
        clip, why = await library.clip_or_substitute("Hello.", "en-US")
        assert clip.duration_ms == 300
        assert "503" in why
        vendor.status = 200
        fresh = PromptLibrary(voice_at(vendor.url), tmp_path, fallback=default)
        clip, why = await fresh.clip_or_substitute("Hello.", "en-US")
        assert (clip.duration_ms > 400, why) == (True, "")


async def test_a_call_goes_on_with_the_default_voice_and_its_record_says_so(tmp_path: Path) -> None:
    async with voice_server() as vendor:
        vendor.status = 500
        setting = {"class": CLASS, "arguments": {"url": vendor.url}}
        events: list[object] = []
        async with open_house(tmp_path, network(tmp_path / "flows"), voice_vendor=setting) as house:
            house.engine.watch(lambda call, event, commands: events.append(event))
            await house.call(keys("78701", "2").hangs_up())
            shown = await house.shown()
            assert shown["answers"]["zip"]["value"] == "78701"
            assert any(isinstance(event, VoiceReplaced) for event in events)
            assert {fault["where"] for fault in shown["faults"]} == {"voice"}
            await house.all_replay()
