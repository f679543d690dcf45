"""Stories: written calls become values with defaults, or mistakes with places."""

from pathlib import Path

import pytest

from engine.language.mistakes import Mistakes
from engine.language.revisions import check_all, read_network_dir
from engine.language.stories.story import (
    BuyerPlan,
    EndCall,
    PlayRecording,
    PressKeys,
    SaySomething,
    StaySilent,
    Story,
    StoryWorld,
    read_stories,
)
from engine.language.yaml.documents import load

ROOFING = Path(__file__).parents[2] / "examples/flows/roofing"


def read(text: str, world: StoryWorld | None = None) -> tuple[list[Story], list[str]]:
    document, found = load(text, "a.stories.yaml")
    assert document is not None
    mistakes = Mistakes(found)
    stories = read_stories(document, world or StoryWorld(), mistakes)
    return stories, [str(mistake) for mistake in mistakes]


def test_the_roofing_stories_are_read_in_their_order() -> None:
    checked = check_all(ROOFING)
    assert checked.mistakes == []
    first = checked.stories[0]
    assert first.name == "texas_replacement_goes_to_lonestar"
    assert first.caller == (PressKeys("78701"), PressKeys("2"), PressKeys("1"))
    assert first.buyers == {"lonestar": BuyerPlan("answers", 4_000, accepts=True, talks_ms=95_000)}
    assert first.expect.revenue_micros == 45_000_000
    assert str(first.place).startswith("roofing.stories.yaml:")


def test_what_a_story_leaves_out_has_a_default() -> None:
    (story,), mistakes = read("stories: {a: {expect: {buyer: null}}}")
    assert mistakes == []
    assert (story.caller_number, story.called_number, story.seed) == ("+15125550123", None, 1)
    assert story.started_at == 1_795_446_000_000  # Monday, 23 November 2026, 15:00 UTC
    assert (story.caller, story.buyers) == ((), {})


def test_what_is_expected_of_nobody_differs_from_what_is_not_expected() -> None:
    (nobody, nothing), _ = read("stories: {a: {expect: {buyer: null}}, b: {expect: {ended_by: flow}}}")
    assert nobody.expect.buyer is nothing.expect.buyer is None
    assert "buyer" in nobody.expect.places
    assert "buyer" not in nothing.expect.places


def test_every_act_of_a_caller_is_read() -> None:
    acts = "[{keys: '1#', during_prompt: true}, silence, {hangs_up: {after: 3s, during: desk}}, hangs_up]"
    (story,), _ = read(
        f"stories: {{a: {{caller: {acts}, expect: {{buyer: null}}}}}}", StoryWorld(nodes=frozenset({"desk"}))
    )
    assert story.caller == (
        PressKeys("1#", during_prompt=True),
        StaySilent(),
        EndCall(3_000, "desk"),
        EndCall(),
    )


def test_what_a_caller_says_is_text_or_a_recording() -> None:
    acts = (
        "[{says: a new roof}, {says: no}, {says: {text: a leak, confidence: 0.5}, during_prompt: true},"
        " {says: {text: a leak, confidence: 1}}, {says: {wav: caller.wav}}]"
    )
    stories = f"stories: {{a: {{caller: {acts}, expect: {{modes: {{zip: voice}}}}}}}}"
    world = StoryWorld(declared=frozenset({"zip"}), recordings=frozenset({"caller.wav"}))
    (story,), mistakes = read(stories, world)
    assert mistakes == []
    assert story.caller == (
        SaySomething("a new roof", 0.95),
        SaySomething("no"),
        SaySomething("a leak", 0.5, during_prompt=True),
        SaySomething("a leak", 1.0),
        PlayRecording("caller.wav"),
    )
    assert story.expect.modes == {"zip": "voice"}


@pytest.mark.parametrize(
    ("act", "mistake"),
    [
        ("{says: 78701}", 'put it in quotes: "78701"'),
        ("{says: ''}", "expected some text"),
        ("{says: {wav: coler.wav}}", "recording 'coler.wav' doesn't exist; did you mean 'caller.wav'?"),
        ("{says: {wav: ../caller.wav}}", "recording '../caller.wav' doesn't exist"),
        ("{says: {wav: caller.mp3}}", "expected a WAV file beside this one"),
        ("{says: {text: yes, wav: caller.wav}}", "'says' has both text and a WAV; expected either"),
        ("{says: {confidence: 0.5}}", "'says' has no words; expected either 'text' or 'wav'"),
        ("{says: {wav: caller.wav, confidence: 0.5}}", "a WAV can't set a confidence"),
        ("{says: {text: yes, confidence: 95}}", "expected a number from 0 to 1"),
        ("{says: yes, keys: '1'}", "the caller speaks and presses keys in one act; split it into two acts"),
    ],
)
def test_what_nobody_can_say_is_a_mistake(act: str, mistake: str) -> None:
    world = StoryWorld(recordings=frozenset({"caller.wav"}))
    stories, mistakes = read(f"stories: {{a: {{caller: [{act}], expect: {{buyer: null}}}}}}", world)
    assert stories == []
    assert len([line for line in mistakes if mistake in line]) == 1, mistakes


def test_a_recording_lies_beside_its_story(tmp_path: Path) -> None:
    for name, text in read_network_dir(ROOFING).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    spoken = tmp_path / "spoken"
    spoken.mkdir()
    (spoken / "zip.wav").touch()
    told = "stories: {a: {caller: [{says: {wav: zip.wav}}], expect: {buyer: null}}}"
    (spoken / "a.stories.yaml").write_text(told)
    checked = check_all(tmp_path)
    assert checked.mistakes == []
    assert checked.stories[0].caller == (PlayRecording("spoken/zip.wav"),)


def test_every_fate_of_a_buyer_is_read() -> None:
    buyers = (
        "{a: busy, b: noanswer, c: rejects, d: fails, e: answers, '+15550199': {answers: {accepts: false}}}"
    )
    (story,), mistakes = read(
        f"stories: {{a: {{buyers: {buyers}, expect: {{buyer: null}}}}}}",
        StoryWorld(buyers=frozenset("abcde")),
    )
    assert mistakes == []
    assert [plan.outcome for plan in story.buyers.values()] == [
        *("busy", "noanswer", "rejects", "fails", "answers", "answers"),
    ]
    assert story.buyers["+15550199"].accepts is False


def test_a_story_with_a_mistake_is_not_played() -> None:
    stories, mistakes = read(
        "stories: {a: {expect: {buyer: nobody}}}", StoryWorld(buyers=frozenset({"somebody"}))
    )
    assert stories == []
    assert mistakes == [
        "a.stories.yaml:1:31: story 'a': buyer 'nobody' doesn't exist; did you mean 'somebody'?"
    ]


def test_keys_without_quotes_are_told_to_have_them() -> None:
    _, mistakes = read("stories: {a: {caller: [{keys: 78701}], expect: {buyer: null}}}")
    assert len(mistakes) == 1
    assert mistakes[0].endswith('put it in quotes: "78701"')
