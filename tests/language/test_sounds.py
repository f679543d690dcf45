"""The operator's own sound in place of a prompt: read, frozen in the revision, refused where it cannot play."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path

import pytest

from engine.language.revisions import check, load, publish, read_network_dir

FLOW = """
flow: main
start: welcome
answers: {zip: {type: zip}}
nodes:
  welcome: {type: say, say: {audio: audio/welcome.wav, text: "Thanks for calling."}, next: ask}
  ask:
    type: collect
    answer: zip
    prompt: Your ZIP?
    noinput: {audio: "audio/welcome.wav", text: Your ZIP again?}
    next: bye
    exits: {noinput: bye, nomatch: bye}
  bye: {type: hangup, say: %s}
"""
NETWORK = """
network: acme
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: main, buyers: [lonestar]}}
buyers: {lonestar: {to: "+15550111", price: "45.00"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "network.yaml").write_text(NETWORK)
    (tmp_path / "main.yaml").write_text(FLOW % "Goodbye.")
    (tmp_path / "audio").mkdir()
    write(tmp_path / "audio" / "welcome.wav", b"\1\2" * 800)
    return tmp_path


def write(path: Path, sound: bytes) -> None:
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, 16_000, 0, "NONE", ""))
        wav.writeframes(sound)


def test_a_prompt_carries_the_sounds_digest_and_its_text(folder: Path) -> None:
    published = load(folder)
    assert published.revision is not None, published.mistakes
    flow = published.revision.flows["main"]
    say = flow.nodes["welcome"].node.say  # type: ignore[attr-defined]
    digest = hashlib.sha256((folder / "audio" / "welcome.wav").read_bytes()).hexdigest()
    assert (say.text, say.audio_sha256) == ("Thanks for calling.", digest)
    (item,) = say.render({})
    assert (item.text, item.audio) == ("Thanks for calling.", digest)
    noinput = flow.nodes["ask"].node.noinput  # type: ignore[attr-defined]
    assert [prompt.audio_sha256 for prompt in noinput] == [digest]


def test_the_sounds_content_is_part_of_the_revision(folder: Path) -> None:
    before = read_network_dir(folder)
    first = publish(before).revision
    write(folder / "audio" / "welcome.wav", b"\3\4" * 800)
    second = load(folder).revision
    again = publish(before).revision  # as the store kept it
    assert first is not None
    assert second is not None
    assert again is not None
    assert first.id != second.id
    assert again.id == first.id


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{audio: audio/none.wav, text: "Bye."}', "sound file 'audio/none.wav' doesn't exist"),
        ('{audio: ../secret.wav, text: "Bye."}', "sound file '../secret.wav' doesn't exist"),
        ('{audio: audio/broken.wav, text: "Bye."}', "audio/broken.wav: not a PCM WAV file"),
        ('{audio: audio/welcome.wav, text: "Bye {{ zip }}."}', "can't speak values"),
        ("{audio: audio/welcome.wav}", "'text' is missing"),
    ],
)
def test_a_sound_that_cannot_stand_for_a_prompt_is_refused(folder: Path, written: str, said: str) -> None:
    (folder / "audio" / "broken.wav").write_text("no sound")
    (folder / "main.yaml").write_text(FLOW % written)
    mistakes = [str(one) for one in check(folder)]
    assert any(said in one and one.startswith("main.yaml:") for one in mistakes), mistakes
