"""Stories of callers who speak: when they do, what is heard, and what a recording is played to."""

from __future__ import annotations

import asyncio
import shutil
import wave
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.core.commands import Listen
from engine.core.events import Said, SpeechHeard, SpeechStarted, TimerFired
from engine.language.revisions import check_all
from engine.media import mulaw
from engine.rehearsal.loopback import tone
from engine.rehearsal.spoken import NothingHears, RecogniserEar, Spoken, StoryEar
from engine.rehearsal.stories import StoryResult, run_story
from tests.spoken import words

NETWORK = Path(__file__).parents[2] / "examples/flows/roofing"


def told(
    folder: Path, story: str, ear: StoryEar | None = None, change: tuple[str, str] = ("", "")
) -> StoryResult:
    for name in ("network.yaml", "roofing.yaml", "roofing_form.yaml"):
        shutil.copy(NETWORK / name, folder / name)
    flow = (NETWORK / "roofing.yaml").read_text()
    assert change[0] in flow
    (folder / "roofing.yaml").write_text(flow.replace(*change) if change[0] else flow)
    indented = "".join(f"    {line.strip()}\n" for line in story.strip().splitlines())
    (folder / "a.stories.yaml").write_text(f"stories:\n  told:\n{indented}")
    checked = check_all(folder)
    assert [str(mistake) for mistake in checked.mistakes] == []
    return run_story(checked.stories[0], checked.published, ear)


def heard(result: StoryResult) -> list[SpeechHeard]:
    return [entry.event for entry in result.journal if isinstance(entry.event, SpeechHeard)]


class Remembering:
    """An ear that knows what is on each recording, and keeps what it was asked."""

    def __init__(self, **readings: tuple[Said, ...]) -> None:
        self.readings = readings
        self.questions: list[Listen] = []

    def hears(self, file: str, question: Listen) -> Spoken:
        self.questions.append(question)
        if Path(file).stem not in self.readings:
            raise NothingHears("it is torn")
        return Spoken(1_500, self.readings[Path(file).stem], "ear")


def test_words_take_their_time_and_the_turn_ends_after_a_silence(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        """
        caller: [{says: it's 78701 please}, hangs_up]
        expect: {answers: {zip: "78701"}, modes: {zip: voice}}
        """,
    )
    assert result.passed, result.differences
    (event,) = heard(result)
    assert event.ended_at - event.started_at == 7 * 350  # a figure is a word
    assert event.at - event.ended_at == 800
    assert (event.text, event.confidence, event.engine) == ("it's 78701 please", 0.95, "story")
    assert event.alternatives == (Said("it's 78701 please", 0.95),)


def test_words_during_the_prompt_cut_it_and_after_it_do_not(tmp_path: Path) -> None:
    beginnings = []
    for during in ("true", "false"):
        result = told(
            tmp_path,
            f"""
            caller: [{{says: seven eight seven oh one, during_prompt: {during}}}, hangs_up]
            expect: {{answers: {{zip: "78701"}}}}
            """,
        )
        assert result.passed, result.differences
        beginnings += [e.event.at for e in result.journal if isinstance(e.event, SpeechStarted)]
    assert beginnings[0] < beginnings[1]


def test_a_doubtful_answer_is_asked_about(tmp_path: Path) -> None:
    story = """
        caller: [{says: {text: seven eight seven oh one, confidence: 0.5}}, {says: "CONFIRMED"}, hangs_up]
        expect: {ended_by: caller}
        """
    kept = told(tmp_path, story.replace("CONFIRMED", "yes"))
    assert (kept.answers, kept.path[-1]) == ({"zip": "78701"}, "ask_need")
    lost = told(tmp_path, story.replace("CONFIRMED", "no"))
    assert (lost.answers, lost.path[-1]) == ({}, "ask_zip")


def test_talk_beyond_its_limit_is_asked_about_again(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        """
        caller: [{says: well you see I have this house with this roof}, {keys: "78701"}, hangs_up]
        expect: {answers: {zip: "78701"}, modes: {zip: keys}}
        """,
        change=("confirm: when_unsure", "max_speech_timeout: 2s"),
    )
    assert result.passed, result.differences
    assert heard(result) == []


def test_words_wait_for_a_question_that_listens_and_the_story_says_so(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        """
        caller: [{says: seven eight seven oh one}]
        expect: {path: [welcome, ask_zip, desk, bye]}
        """,
        change=("confirm: when_unsure", "input: keys"),
    )
    assert result.passed, result.differences
    assert result.notes == (
        "the caller would have spoken at 'ask_zip', which only takes keys",
        "the call ended before the caller's remaining acts: says “seven eight seven oh one”",
    )


def test_one_who_speaks_hangs_up_only_afterwards(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        """
        caller: [{says: seven eight seven oh one}, {hangs_up: {during: ask_zip}}]
        expect: {ended_by: caller}
        """,
    )
    assert result.answers == {"zip": "78701"}


def test_how_an_answer_came_is_compared(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        """
        caller: [{keys: "78701"}, hangs_up]
        expect: {modes: {zip: voice, need: keys}}
        """,
    )
    assert [line.partition(": ")[2] for line in result.differences] == [
        "answer 'zip': expected to come by voice, got keys",
        "answer 'need': expected to come by keys, got nothing",
    ]


def test_a_recording_is_heard_as_an_answer_to_the_question(tmp_path: Path) -> None:
    for name in ("zip", "noise"):
        (tmp_path / f"{name}.wav").touch()
    ear = Remembering(zip=(Said("78701", 0.9), Said("78702", 0.1)), noise=())
    result = told(
        tmp_path,
        """
        caller: [{says: {wav: noise.wav}}, {says: {wav: zip.wav}, during_prompt: true}, hangs_up]
        expect: {answers: {zip: "78701"}, modes: {zip: voice}}
        """,
        ear,
    )
    assert result.passed, result.differences
    assert [question.kind.kind for question in ear.questions] == ["zip", "zip"]
    assert "operator" in ear.questions[0].spoken.phrases
    nothing, zip_ = heard(result)
    assert (nothing.text, nothing.alternatives) == ("", ())
    assert (zip_.text, len(zip_.alternatives), zip_.ended_at - zip_.started_at) == ("78701", 2, 1_500)


@pytest.mark.parametrize(
    ("ear", "reason"), [(None, "no recogniser was given"), (Remembering(), "it is torn")]
)
def test_a_recording_that_nobody_could_hear_fails_the_story(
    tmp_path: Path, ear: StoryEar | None, reason: str
) -> None:
    (tmp_path / "zip.wav").touch()
    result = told(tmp_path, "caller: [{says: {wav: zip.wav}}, hangs_up]\nexpect: {ended_by: caller}", ear)
    assert len(result.differences) == 1
    assert f"expected to play zip.wav: {reason}" in result.differences[0]


def test_a_torn_recording_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "zip.wav").write_bytes(b"RIFF")
    story = "caller: [{says: {wav: zip.wav}}, hangs_up]\nexpect: {ended_by: caller}"
    result = told(tmp_path, story, RecogniserEar(tmp_path))
    assert "not a PCM WAV file" in result.differences[0]


def needs_the_default_recogniser() -> None:
    missing = [name for name in ("onnxruntime", "moonshine_voice", "piper") if find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def record(path: Path, sound: bytes) -> None:
    """As a WAV of 8 kHz, from mu-law."""
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(mulaw.RATE_HZ)
        wav.writeframes(mulaw.decode(sound).tobytes())


def test_the_default_recogniser_hears_a_recording(tmp_path: Path) -> None:
    needs_the_default_recogniser()
    said = "seven eight seven oh one"
    record(tmp_path / "zip.wav", asyncio.run(words(said))[said])
    result = told(
        tmp_path,
        """
        caller: [{says: {wav: zip.wav}}, hangs_up]
        expect: {answers: {zip: "78701"}, modes: {zip: voice}}
        """,
        RecogniserEar(tmp_path),
    )
    assert result.passed, result.differences
    assert heard(result)[0].engine == "moonshine"


def test_a_recording_of_no_voice_is_silence_as_it_is_in_a_call(tmp_path: Path) -> None:
    needs_the_default_recogniser()
    record(tmp_path / "hum.wav", tone(440, 1500))
    result = told(
        tmp_path,
        """
        caller: [{says: {wav: hum.wav}}, {keys: "78701"}, hangs_up]
        expect: {answers: {zip: "78701"}, modes: {zip: keys}}
        """,
        RecogniserEar(tmp_path),
    )
    assert result.passed, result.differences
    assert not heard(result)
    assert not [entry for entry in result.journal if isinstance(entry.event, SpeechStarted)]
    assert [entry for entry in result.journal if isinstance(entry.event, TimerFired)]
