"""Calls that are recorded, over real sockets: what lies in the file, and where."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.media import mulaw
from engine.rehearsal.loopback import BuyerPhone, Caller, tone
from engine.runtime.recordings import prune
from tests.journeys.journey_world import (
    LONESTAR,
    SHORT_BILLS,
    House,
    keys,
    network,
    open_house,
)
from tests.journeys.speaking import AMPLE_MS
from tests.spoken import words

TOLD = 'currency: USD\nrecording: {channels: both, announcement: "This call may be recorded.", keep: 90d}'
RECORDED = {"currency: USD": TOLD}
TOLERANCE_MS = 60


def read(path: Path) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """Each channel's samples."""
    with wave.open(str(path), "rb") as wav:
        samples = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2").astype(np.float64)
        return [samples[channel :: wav.getnchannels()] for channel in range(wav.getnchannels())]


async def file_of(house: House, shown: dict[str, Any]) -> Path:
    (recording,) = shown["recordings"]
    return house.engine.settings.recordings_folder / recording["path"]


async def shown_when_settled(house: House) -> dict[str, Any]:
    await house.engine.recordings.settled()
    return await house.shown()


def place_of(sound: np.ndarray[Any, Any], within: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Where the sound lies in the track, in ms, and how like it is (1: the same)."""
    size = len(within) + len(sound)
    spectrum = np.fft.rfft(within, size) * np.conj(np.fft.rfft(sound, size))
    likeness = np.fft.irfft(spectrum, size)[: len(within)]
    at = int(np.argmax(likeness))
    energy = np.linalg.norm(within[at : at + len(sound)]) * np.linalg.norm(sound)
    return at / 8, float(likeness[at] / energy)


def voiced_ms(sound: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Where sound that can be heard begins and ends."""
    frames = sound[: len(sound) // 80 * 80].reshape(-1, 80)
    level = np.sqrt((frames**2).mean(axis=1))
    loud = np.nonzero(level > level.max() / 100)[0]
    return float(loud[0] * 10), float((loud[-1] + 1) * 10)


SAID = "seven eight seven oh one"


@pytest.fixture
async def said() -> bytes:
    return (await words(SAID))[SAID]


async def test_an_answers_audio_is_exactly_the_words_in_the_recording(tmp_path: Path, said: bytes) -> None:
    folder = network(tmp_path / "flows", {**SHORT_BILLS, **RECORDED})
    async with open_house(
        tmp_path, folder, speed=1.0, speech="auto", speech_deadline_ms=AMPLE_MS, patience_s=120
    ) as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.answers(talk_s=2))
        caller = (
            Caller()
            .waits_for_its_turn()
            .says(said)
            .waits_until_prompt_ends()
            .presses("2")
            .waits_until_prompt_ends()
            .presses("1")
            .stays_until_end()
        )
        await house.call(caller)
        shown = await shown_when_settled(house)
        (recording,) = shown["recordings"]
        assert recording["complete"] is True
        zip_, need = shown["answers"]["zip"], shown["answers"]["need"]
        assert (zip_["value"], zip_["mode"]) == ("78701", "voice")
        left, right = read(await file_of(house, shown))
        sent = np.array(mulaw.decode(said), dtype=np.float64)
        at_ms, likeness = place_of(sent, left)
        assert likeness > 0.99  # the caller's words, whole and unharmed
        begins, ends = voiced_ms(sent)
        audio = zip_["audio"]
        assert audio["recording"] == recording["recording"]
        assert abs(audio["start_ms"] - (at_ms + begins)) <= TOLERANCE_MS, (audio, at_ms, begins)
        assert abs(audio["end_ms"] - (at_ms + ends)) <= TOLERANCE_MS, (audio, at_ms, ends)
        keyed = need["audio"]
        assert keyed["start_ms"] == keyed["end_ms"] == need["answered_at_ms"] - recording["started_at_ms"]
        assert np.abs(right).max() > 1000  # prompts
        await house.all_replay()


async def test_prompts_and_buyer_lie_on_the_right_where_the_caller_heard_them(tmp_path: Path) -> None:
    folder = network(tmp_path / "flows", {**SHORT_BILLS, **RECORDED})
    async with open_house(tmp_path, folder, speed=1.0) as house:
        talk = tone(1200, 200)
        house.carrier.buyer(LONESTAR, BuyerPhone.answers(talk_s=3, audio=talk))
        patient = Caller().waits_for_its_turn().presses("78701")
        for key in ("2", "1"):
            patient = patient.waits_until_prompt_ends().presses(key)
        await house.call(patient.stays_until_end())
        shown = await shown_when_settled(house)
        _, right = read(await file_of(house, shown))
        (recording,) = shown["recordings"]
        asked_ms = shown["answers"]["zip"]["asked_at_ms"] - recording["started_at_ms"]
        loud = np.nonzero(np.abs(right) > 1000)[0] / 8
        begun = [loud[0], *loud[1:][np.diff(loud) > 8]]
        assert loud[0] <= TOLERANCE_MS  # the welcome
        assert min(abs(at_ms - asked_ms) for at_ms in begun) <= TOLERANCE_MS
        bridged_ms = shown["legs"][0]["bridged_at_ms"] - recording["started_at_ms"]
        talked = right[int(bridged_ms + 300) * 8 : int(bridged_ms + 1300) * 8]
        pitch = np.abs(np.fft.rfft(talked)).argmax()
        assert abs(pitch - 1200) <= 10
        ended_ms = shown["legs"][0]["ended_at_ms"] - recording["started_at_ms"]
        assert recording["duration_ms"] >= ended_ms


async def test_who_hangs_up_during_the_announcement_leaves_no_recording(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows", RECORDED)) as house:
        await house.call(Caller().waits_until_prompt_begins().hangs_up())
        shown = await shown_when_settled(house)
        assert shown["recordings"] == []
        assert not house.engine.settings.recordings_folder.exists()


async def test_a_sensitive_answer_is_silent_in_the_recording(tmp_path: Path) -> None:
    revealed = {"    whisper:": "    reveal: [zip]\n    whisper:"}
    changes = {**RECORDED, "{type: zip": "{type: zip, sensitive: true", **revealed}
    async with open_house(tmp_path, network(tmp_path / "flows", changes), speed=1.0) as house:
        caller = Caller().talks(tone(700, 500)).waits_until_prompt_ends().waits_until_prompt_ends()
        await house.call(caller.presses("78701").waits(1.0).hangs_up())
        shown = await shown_when_settled(house)
        (recording,) = shown["recordings"]
        (gap,) = recording["silenced"]
        assert shown["answers"]["zip"]["audio"] is None
        left, right = read(await file_of(house, shown))
        for track in (left, right):
            assert np.abs(track[gap["start_ms"] * 8 : gap["end_ms"] * 8]).max() == 0
        assert np.abs(left[(gap["end_ms"] + 50) * 8 :]).max() > 1000


async def test_a_folder_that_takes_nothing_costs_the_recording_and_not_the_call(tmp_path: Path) -> None:
    folder = network(tmp_path / "flows", {**SHORT_BILLS, **RECORDED})
    (tmp_path / "full").write_text("no folder")
    async with open_house(tmp_path, folder, recordings_dir=tmp_path / "full") as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.answers(talk_s=3))
        await house.call(keys())
        shown = await shown_when_settled(house)
        assert shown["legs"][0]["outcome"] == "completed"
        (recording,) = shown["recordings"]
        assert (recording["complete"], recording["sha256"]) == (False, None)
        assert recording["fault"]
        assert "recording" in [fault["where"] for fault in shown["faults"]]
        await house.all_replay()


async def test_a_recording_is_handed_out_by_token_until_it_is_pruned(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows", RECORDED), api_token="let-me-in") as house:
        await house.call(keys("78701"))
        shown = await shown_when_settled(house)
        (recording,) = shown["recordings"]
        path = f"/api/v1/calls/{shown['call']}/recordings/{recording['recording']}"
        assert (await house.get(path)).status_code == 401
        found = await house.get(path, "let-me-in")
        assert (found.status_code, found.headers["content-type"]) == (200, "audio/wav")
        assert len(found.content) == recording["bytes"]
        assert (await house.get(path + "0", "let-me-in")).status_code == 404
        file = await file_of(house, shown)
        now_ms = house.engine.clock.now_ms()
        assert not await prune(house.engine.store, house.engine.settings.recordings_folder, now_ms)
        (gone,) = await prune(
            house.engine.store, house.engine.settings.recordings_folder, now_ms + 91 * 86_400_000
        )
        assert gone.recording == recording["recording"]
        assert not file.exists()
        assert (await house.get(path, "let-me-in")).status_code == 410
        again = (await house.shown())["recordings"][0]
        assert again["sha256"] == recording["sha256"]
        assert again["pruned_at"]


async def test_a_prompt_of_the_operators_own_sound_is_heard_and_kept_in_evidence(tmp_path: Path) -> None:
    own = '{audio: audio/zip.wav, text: "Your ZIP, please."}'
    folder = network(
        tmp_path / "flows",
        {**RECORDED, "prompt: Please say or enter your five digit ZIP code.": f"prompt: {own}"},
    )
    (folder / "audio").mkdir()
    samples = (8000 * np.sin(2 * np.pi * 1500 * np.arange(16_000) / 16_000)).astype("<i2")
    with wave.open(str(folder / "audio" / "zip.wav"), "wb") as wav:
        wav.setparams((1, 2, 16_000, 0, "NONE", ""))
        wav.writeframes(samples.tobytes())
    async with open_house(tmp_path, folder, speed=1.0) as house:
        await house.call(Caller().waits_for_its_turn().presses("78701").waits(0.5).hangs_up())
        shown = await shown_when_settled(house)
        prompt = shown["answers"]["zip"]["prompt"]
        content = (folder / "audio" / "zip.wav").read_bytes()
        assert prompt["text"] == "Your ZIP, please."
        assert prompt["audio_sha256"] == hashlib.sha256(content).hexdigest()
        _, right = read(await file_of(house, shown))
        at_ms = shown["answers"]["zip"]["asked_at_ms"] - shown["recordings"][0]["started_at_ms"]
        heard = right[int(at_ms + 100) * 8 : int(at_ms + 600) * 8]
        assert abs(np.abs(np.fft.rfft(heard)).argmax() * 2 - 1500) <= 10
        await house.all_replay()
