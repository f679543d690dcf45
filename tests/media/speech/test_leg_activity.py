"""Starts, pauses and ends of speech out of voice confidences."""

from __future__ import annotations

import pytest

from engine.media.speech.activity import Activity, ActivitySettings, VoiceActivity

VOICE, NONE = 0.9, 0.1


def told(activity: VoiceActivity, confidences: list[float]) -> list[tuple[int, Activity]]:
    changes = [activity.hear(confidence) for confidence in confidences]
    return [(at, change) for at, change in enumerate(changes, 1) if change is not Activity.NOTHING]


def test_speech_starts_with_the_third_window_in_a_row():
    activity = VoiceActivity(ActivitySettings())
    assert told(activity, [VOICE, VOICE, NONE, VOICE, VOICE, VOICE, VOICE]) == [(6, Activity.STARTED)]


def test_a_click_is_no_speech():
    activity = VoiceActivity(ActivitySettings())
    assert told(activity, [VOICE, NONE] * 50) == []
    assert activity.is_quiet


def test_speech_pauses_at_160_ms_and_stops_at_800_ms():
    activity = VoiceActivity(ActivitySettings())
    changes = told(activity, [VOICE] * 10 + [NONE] * 30)
    assert changes == [(3, Activity.STARTED), (15, Activity.PAUSED), (35, Activity.STOPPED)]
    assert not activity.is_speaking


def test_a_voice_after_a_pause_resumes_the_same_speech():
    activity = VoiceActivity(ActivitySettings())
    changes = told(activity, [VOICE] * 5 + [NONE] * 15 + [VOICE] + [NONE] * 25)
    assert [change for _, change in changes] == [
        Activity.STARTED,
        Activity.PAUSED,
        Activity.RESUMED,
        Activity.PAUSED,
        Activity.STOPPED,
    ]


def test_a_gap_shorter_than_a_pause_is_not_told():
    activity = VoiceActivity(ActivitySettings())
    assert told(activity, [VOICE] * 5 + [NONE] * 4 + [VOICE] * 5) == [(3, Activity.STARTED)]


def test_without_an_early_pause_only_the_end_is_told():
    activity = VoiceActivity(ActivitySettings(early_ms=0))
    changes = told(activity, [VOICE] * 5 + [NONE] * 30)
    assert [change for _, change in changes] == [Activity.STARTED, Activity.STOPPED]


@pytest.mark.parametrize("complete_timeout_ms", [480, 800, 1600])
def test_the_end_comes_after_complete_timeout(complete_timeout_ms: int):
    activity = VoiceActivity(ActivitySettings(complete_timeout_ms=complete_timeout_ms))
    changes = told(activity, [VOICE] * 3 + [NONE] * 100)
    assert changes[-1] == (3 + complete_timeout_ms // 32, Activity.STOPPED)


def test_what_is_no_answer_yet_may_be_waited_for_longer():
    activity = VoiceActivity(ActivitySettings(incomplete_timeout_ms=1200))
    changes = told(activity, [VOICE] * 3 + [NONE] * 100)
    assert changes[-1] == (3 + 38, Activity.STOPPED)


def test_speech_without_an_end_is_cut_at_max_speech():
    activity = VoiceActivity(ActivitySettings(max_speech_ms=3200))
    assert told(activity, [VOICE] * 101)[:2] == [(3, Activity.STARTED), (100, Activity.OVERLONG)]


def test_speech_that_another_ended_starts_anew():
    activity = VoiceActivity(ActivitySettings())
    told(activity, [VOICE] * 5 + [NONE] * 12)
    activity.end()
    assert activity.is_quiet
    assert told(activity, [VOICE] * 3) == [(3, Activity.STARTED)]
