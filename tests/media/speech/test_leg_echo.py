"""What comes back of a prompt is no speech; what a caller says over it is."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from engine.media.mulaw import SILENCE
from engine.media.speech.echo import is_echo
from engine.media.speech.leg import SpeechLeg, SpeechServices
from engine.media.speech.question import SpeechQuestion
from engine.media.speech.samples import to_mulaw, to_pcm
from engine.media.speech.vad import VoiceDetector
from tests.media.speech.leg_world import ZIP, Found, Notebook, ScriptedPool, frames, silence, spoken

PROMPT = "Please say or enter your five digit ZIP code. Then wait for the next question."
DELAY_MS = 240
LOOK_AGAIN_BYTES = 3 * 256


def weaker(sound: bytes, db: float) -> bytes:
    samples = np.frombuffer(to_pcm(sound), "<i2") * 10 ** (-db / 20)
    return to_mulaw(samples.astype("<i2").tobytes())


def mixed(one: bytes, other: bytes) -> bytes:
    sums = np.frombuffer(to_pcm(one), "<i2").astype(int) + np.frombuffer(to_pcm(other), "<i2")
    return to_mulaw(np.clip(sums, -32768, 32767).astype("<i2").tobytes())


class Playing:
    """A prompt that is played while sound is fed: what was heard of it follows the feeding, not a clock."""

    def __init__(self, prompt: bytes) -> None:
        self.prompt = prompt
        self.leg: SpeechLeg[str] | None = None

    def lately(self, span_s: float) -> bytes:
        assert self.leg is not None
        until = (self.leg.fed_ms - self.leg.unheard_ms) * 8
        before = bytes([SILENCE]) * round(span_s * 8000)
        return (before + self.prompt + before)[until : until + len(before)]


async def started(prompt: bytes, line: bytes, *, is_guarded: bool) -> Notebook:
    """What a leg tells that hears `line` while `prompt` plays."""
    playing, book = Playing(prompt), Notebook()
    detector = VoiceDetector()
    services = SpeechServices(ScriptedPool([Found("78701", 0.97)]), detector)
    leg = SpeechLeg(services, book, playing.lately if is_guarded else None)
    playing.leg = leg
    leg.listen(SpeechQuestion("zip"))
    for frame in frames(line):
        leg.feed(frame)
    while leg.unheard_ms >= 32:
        await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    await leg.close()
    await detector.close()
    return book


@pytest.mark.parametrize("down_db", [15, 20, 30])
async def test_the_echo_of_a_prompt_is_no_speech(down_db: int):
    prompt = await spoken(PROMPT)
    echo = silence(DELAY_MS) + weaker(prompt, down_db) + silence(1500)
    assert "started" in (await started(prompt, echo, is_guarded=False)).names, "the detector alone hears it"
    assert (await started(prompt, echo, is_guarded=True)).names == []


async def test_a_caller_who_speaks_over_a_prompt_and_its_echo_is_heard():
    prompt, speech = await spoken(PROMPT), await spoken(ZIP)
    echo = silence(DELAY_MS) + weaker(prompt, 20)
    said = silence(1000) + speech
    length = max(len(echo), len(said))
    fill = bytes([SILENCE]) * length
    line = mixed((echo + fill)[:length], (said + fill)[:length]) + silence(1500)
    book = await started(prompt, line, is_guarded=True)
    assert book.names[:1] == ["started"]
    assert isinstance(book.told[0][1], int)
    assert 900 <= book.told[0][1] < 1700


def is_echo_of_loud(sound: bytes, prompt: bytes) -> bool:
    windows = [sound[at : at + 256] for at in range(0, len(sound), 256)]
    is_loud = all(np.abs(np.frombuffer(to_pcm(window), "<i2")).max() > 2000 for window in windows)
    return is_loud and is_echo(weaker(sound, 12), prompt)


async def test_other_words_and_short_sounds_are_no_echo():
    prompt, speech = await spoken(PROMPT), await spoken(ZIP)
    # The same voice may be alike by chance; who speaks on is looked at again three windows later.
    alike = {
        at for at in range(0, len(speech) - 1024, 256) if is_echo_of_loud(speech[at : at + 1024], prompt)
    }
    assert not [at for at in alike if at + LOOK_AGAIN_BYTES in alike]
    assert not is_echo(weaker(prompt[4000:6000], 20), silence(1000))
    assert not is_echo(prompt[4000:4500], prompt)


async def test_a_party_as_loud_as_the_prompt_is_no_echo():
    prompt = await spoken(PROMPT)
    assert is_echo(weaker(prompt[8000:9600], 20), prompt)
    assert not is_echo(prompt[8000:9600], prompt)
