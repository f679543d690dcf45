"""Messages: until a key, silence, a length or the caller's hang-up, and what is kept of them."""

from __future__ import annotations

from engine.core.commands import Listen, StartRecording, StopListening, StopRecording
from engine.core.events import Said, SpeechHeard, SpeechStarted
from engine.core.facts import Recording
from engine.core.facts import Voicemail as VoicemailKept
from engine.core.market import RecordingTerms
from engine.core.prompts import Prompt, Words
from engine.core.recording_events import RecordingFailed
from engine.core.replay import replay
from engine.nodes.hangup import Hangup
from engine.nodes.voicemail import VoicemailNode
from tests.core.practice import HERE, Stage, flow_of, say

PROMPT = "Leave a message after the tone."
BYE = (Hangup(), {})


def after_the_tone(*, hears: bool = True, **settings: object) -> Stage:
    node = VoicemailNode(prompt=say(PROMPT), **settings)  # type: ignore[arg-type]
    flow = flow_of({"leave": (node, {"recorded": "bye", "silent": "none"}), "bye": BYE, "none": BYE})
    caller = Stage(flow, hears=hears)
    assert caller.hears == f"{PROMPT} beep"
    assert caller.did(StartRecording) == []
    caller.prompt_ends()
    assert len(caller.did(StartRecording)) == 1
    return caller


def says(caller: Stage, text: str) -> None:
    caller.happens(SpeechStarted(caller.now, "l1"))
    caller.passes(2_000)
    said, now = (Said(text, 0.9),), caller.now
    caller.happens(SpeechHeard(now, "l1", text, 0.9, said, now - 2_000, now - 1_000, "ear"))


def kept(caller: Stage) -> VoicemailKept:
    (message,) = caller.facts(VoicemailKept)
    assert replay(caller.journal, caller.revision).difference is None
    return message


def test_a_message_ends_by_silence_after_its_last_word() -> None:
    caller = after_the_tone()
    says(caller, "this is the caller")
    caller.passes(2_999)
    assert caller.path == []
    says(caller, "call me back")  # the silence counts anew
    caller.passes(3_000)
    assert caller.path == ["leave.recorded", "bye.hangup"]
    message = kept(caller)
    assert (message.ended_by, message.voiced, message.recording) == ("silence", True, "recording-1")
    assert message.transcript == "this is the caller call me back"
    assert len(caller.did(StopRecording)) == len(caller.did(StopListening)) == 1


def test_the_record_says_how_the_caller_was_asked_and_how_long_it_is_kept() -> None:
    caller = after_the_tone(keep_ms=86_400_000)
    (recording,) = caller.facts(Recording)
    assert recording.announcement.text == PROMPT
    assert (recording.channels, recording.keep_ms, recording.path) == ("caller", 86_400_000, "c1.wav")


def test_the_record_names_the_sound_that_asked_for_the_message() -> None:
    digest = "ab" * 32
    node = VoicemailNode(prompt=Prompt(PROMPT, (Words(PROMPT, digest),)))
    caller = Stage(flow_of({"leave": (node, {"recorded": "bye", "silent": "bye"}), "bye": BYE}), hears=True)
    caller.prompt_ends()
    (recording,) = caller.facts(Recording)
    assert recording.announcement.audio_sha256 == digest


def test_pound_ends_the_message_at_once() -> None:
    caller = after_the_tone()
    says(caller, "hello")
    caller.presses("5#")
    assert caller.path[0] == "leave.recorded"
    assert kept(caller).ended_by == "key"


def test_who_says_nothing_leaves_by_silent() -> None:
    caller = after_the_tone()
    caller.passes(4_000)
    assert caller.path == ["leave.silent", "none.hangup"]
    assert (kept(caller).voiced, kept(caller).transcript) == (False, "")


def test_a_message_is_no_longer_than_allowed() -> None:
    caller = after_the_tone(max_length_ms=5_000)
    caller.happens(SpeechStarted(caller.now, "l1"))
    caller.passes(5_000)
    assert caller.path[0] == "leave.recorded"
    assert kept(caller).ended_by == "limit"


def test_who_hangs_up_has_left_a_message() -> None:
    caller = after_the_tone()
    says(caller, "call me")
    caller.hangs_up()
    assert (kept(caller).ended_by, kept(caller).transcript) == ("hangup", "call me")
    assert len(caller.did(StopRecording)) == 1


def test_a_message_that_cannot_be_kept_is_none() -> None:
    caller = after_the_tone()
    caller.happens(RecordingFailed(caller.now, "recording-1", "the disk is full"))
    assert caller.path[0] == "leave.silent"
    assert kept(caller).recording == ""
    assert caller.faults == ["recording: the disk is full"]


def test_without_ears_a_message_lasts_until_a_key_or_its_length() -> None:
    caller = after_the_tone(hears=False, max_length_ms=30_000)
    assert caller.did(Listen) == []
    caller.passes(29_999)
    assert caller.path == []
    caller.passes(1)
    assert caller.path[0] == "leave.recorded"
    assert kept(caller).ended_by == "limit"


def test_in_a_call_that_is_recorded_the_message_is_a_part_of_that_recording() -> None:
    terms = RecordingTerms("both", say("This call is recorded."), HERE)
    node = VoicemailNode(prompt=say(PROMPT))
    caller = Stage(flow_of({"leave": (node, {"recorded": "bye"}), "bye": BYE}), recording=terms)
    caller.prompt_ends()  # the announcement
    caller.prompt_ends()
    says(caller, "call me")
    caller.presses("#")
    assert kept(caller).recording == "recording-1"
    assert [command.recording for command in caller.did(StartRecording)] == ["recording-1"]
    assert len(caller.facts(Recording)) == 1
