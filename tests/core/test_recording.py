"""When a call is recorded, and when it is not: announcement, silence over what is sensitive, end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.commands import (
    ResumeRecording,
    SilenceRecording,
    StartRecording,
    StopRecording,
)
from engine.core.events import CALLER, CallerHungUp, PromptCleared, PromptFailed
from engine.core.facts import Answer, Fault, Recording, Step
from engine.core.flow import Flow
from engine.core.market import RecordingTerms
from engine.core.prompts import Prompt, Slot, Words
from engine.core.recording import TONE_LEAD_MS
from engine.core.recording_events import RecordingFailed
from engine.core.replay import replay
from engine.core.stream_events import StreamBack, StreamLost
from engine.nodes.bridge import BridgeNode
from engine.nodes.collect import Collect
from engine.nodes.consent import ConsentNode
from engine.nodes.hangup import Hangup
from engine.nodes.say import Say
from engine.understanding.yes_no import YesNo
from tests.core.practice import HERE, FiveDigits, Stage, flow_of, say

TERMS = RecordingTerms("both", say("This call may be recorded."), HERE, keep_ms=86_400_000)
BYE = (Hangup(say("Goodbye.")), {})


def asking(*, sensitive: bool = False) -> Flow:
    """ZIP, then a card number, then the number again, aloud."""
    aloud = Prompt("You gave {{ card }}.", (Words("You gave "), Slot("card"), Words(".")))
    return flow_of(
        {
            "ask_zip": (Collect(answer="zip", prompt=say("ZIP?")), {"next": "ask_card"}),
            "ask_card": (Collect(answer="card", prompt=say("Card?")), {"next": "between"}),
            "between": (Say(say("Thanks."), "none"), {"next": "aloud"}),
            "aloud": (Say(aloud, "none"), {"next": "bye"}),
            "bye": BYE,
        },
        zip=FiveDigits(),
        card=FiveDigits(sensitive=sensitive),
    )


def recorded(flow: Flow | None = None, terms: RecordingTerms = TERMS) -> Stage:
    """A call whose announcement was heard."""
    stage = Stage(flow or asking(), recording=terms)
    stage.passes(1_500)
    stage.prompt_ends()
    return stage


def test_the_announcement_comes_first_and_then_recording_and_the_flow() -> None:
    stage = Stage(asking(), recording=TERMS)
    assert stage.hears == "This call may be recorded."
    assert stage.did(StartRecording) == []
    stage.passes(1_500)
    stage.prompt_ends()
    assert stage.did(StartRecording) == [StartRecording("recording-1", "both", "wav")]
    assert stage.hears == "ZIP?"
    (fact,) = stage.facts(Recording)
    assert (fact.at, fact.announced_at, fact.keep_ms) == (1_500, 0, 86_400_000)
    assert fact.announcement is not None
    assert fact.announcement.text == "This call may be recorded."
    assert stage.facts(Step) == []  # telling is no step of the flow


def test_keys_do_not_cut_the_announcement_and_stand_for_the_first_question() -> None:
    stage = Stage(asking(), recording=TERMS)
    stage.presses("78701")
    assert stage.hears == "This call may be recorded."
    stage.prompt_ends()
    assert stage.facts(Answer)[0].value == "78701"


def test_who_hangs_up_during_the_announcement_is_not_recorded() -> None:
    stage = Stage(asking(), recording=TERMS)
    stage.passes(400)
    stage.hangs_up()
    assert stage.did(StartRecording | StopRecording) == []


@pytest.mark.parametrize("how", ["cleared", "failed"])
def test_who_was_not_told_is_not_recorded_and_a_fault_says_so(how: str) -> None:
    stage = Stage(asking(), recording=TERMS)
    (play,) = stage.playing[CALLER]
    stage.passes(300)
    ended = {
        "cleared": PromptCleared(300, CALLER, play.prompt, 100),
        "failed": PromptFailed(300, CALLER, play.prompt, "the voice is broken"),
    }
    stage.happens(ended[how])
    assert stage.did(StartRecording) == []
    assert stage.facts(Fault)[-1].where == "recording"
    assert stage.hears == "ZIP?"


def test_consent_given_elsewhere_needs_no_announcement() -> None:
    stage = Stage(asking(), recording=replace(TERMS, announcement=None, consent_elsewhere=True))
    assert stage.hears == "ZIP?"
    assert len(stage.did(StartRecording)) == 1
    assert stage.facts(Recording)[0].announcement is None


def test_a_sensitive_question_is_silent_from_its_beginning_to_its_end() -> None:
    stage = recorded(asking(sensitive=True))
    stage.passes(1_000)
    stage.presses("78701")
    asked_at = stage.now
    assert stage.did(SilenceRecording) == [SilenceRecording("recording-1", asked_at)]
    assert stage.did(ResumeRecording) == []
    stage.presses("12345")
    assert stage.did(ResumeRecording) == [ResumeRecording("recording-1")]


def test_a_sensitive_consent_is_silent_as_any_sensitive_question_is() -> None:
    agreed = ConsentNode(answer="ok", wording=say("Do you agree?"), version="1")
    flow = flow_of({"ask": (agreed, {"granted": "bye"}), "bye": BYE}, ok=YesNo(sensitive=True))
    stage = recorded(flow)
    assert stage.did(SilenceRecording) == [SilenceRecording("recording-1", stage.now)]
    stage.prompt_ends()
    stage.presses("1")
    assert stage.path[0] == "ask.granted"
    assert stage.did(ResumeRecording) == [ResumeRecording("recording-1")]


def test_keys_typed_ahead_for_a_sensitive_question_are_silenced_in_hindsight() -> None:
    flow = flow_of(
        {
            "welcome": (Say(say("Welcome."), "none"), {"next": "ask_card"}),
            "ask_card": (Collect(answer="card", prompt=say("Card?")), {"next": "bye"}),
            "bye": BYE,
        },
        card=FiveDigits(sensitive=True),
    )
    stage = recorded(flow)
    stage.passes(1_000)
    stage.presses("123")
    first_at = 1_500 + 1_000 + 100
    stage.passes(700)
    stage.prompt_ends()
    assert stage.did(SilenceRecording) == [SilenceRecording("recording-1", first_at - TONE_LEAD_MS)]
    assert stage.did(ResumeRecording) == []


def test_a_prompt_that_says_something_sensitive_is_silent_too() -> None:
    stage = recorded(asking(sensitive=True))
    stage.presses("78701")
    stage.presses("12345")
    assert len(stage.did(SilenceRecording)) == len(stage.did(ResumeRecording)) == 1
    stage.prompt_ends()  # Thanks.
    assert stage.hears.startswith("You gave")
    assert len(stage.did(SilenceRecording)) == 2
    assert len(stage.did(ResumeRecording)) == 1
    stage.prompt_ends()
    assert len(stage.did(ResumeRecording)) == 2


def test_what_is_not_sensitive_is_never_silenced() -> None:
    stage = recorded()
    stage.presses("78701")
    stage.presses("12345")
    stage.prompt_ends()
    assert stage.did(SilenceRecording | ResumeRecording) == []


def bridging() -> Flow:
    return flow_of({"desk": (BridgeNode(to="+15550199"), {"completed": "bye"}), "bye": BYE})


def test_a_recording_ends_with_the_call() -> None:
    stage = recorded(bridging())
    stage.answers("transfer-1")
    assert stage.did(StopRecording) == []
    stage.hangs_up()
    assert stage.did(StopRecording) == [StopRecording("recording-1")]


def test_until_bridge_it_ends_when_two_people_talk() -> None:
    stage = recorded(bridging(), replace(TERMS, until="bridge"))
    stage.answers("transfer-1")
    assert stage.did(StopRecording) == [StopRecording("recording-1")]
    stage.happens(CallerHungUp(stage.now))
    assert len(stage.did(StopRecording)) == 1


def test_a_recording_that_fails_is_a_fault_and_the_call_goes_on() -> None:
    stage = recorded()
    stage.happens(RecordingFailed(stage.now, "recording-1", "the disk is full"))
    assert [fault.where for fault in stage.facts(Fault)] == ["recording"]
    stage.presses("78701")
    assert stage.hears == "Card?"


def test_answers_say_when_the_caller_began_to_give_them() -> None:
    stage = recorded()
    stage.passes(1_000)
    stage.presses("78701", gap_ms=100)
    (answer,) = stage.facts(Answer)
    assert (answer.began_at, answer.answered_at) == (2_600, 3_000)


def test_a_recorded_call_replays() -> None:
    stage = recorded(asking(sensitive=True))
    stage.presses("78701")
    stage.presses("12345")
    stage.prompt_ends()
    stage.prompt_ends()
    stage.prompt_ends()
    assert stage.machine.is_closed
    assert replay(stage.journal, stage.revision).difference is None
    assert stage.did(StopRecording)


def test_a_recording_goes_on_after_a_break_in_a_sensitive_confirmation() -> None:
    flow = flow_of(
        {
            "ask_card": (Collect(answer="card", prompt=say("Card?"), confirm="always"), {"next": "thanks"}),
            "thanks": (Say(say("Thanks."), "none"), {"next": "bye"}),
            "bye": BYE,
        },
        card=FiveDigits(sensitive=True),
    )
    stage = recorded(flow)
    stage.presses("12345")
    assert stage.did(ResumeRecording) == []  # the number is being read back
    stage.passes(200)
    stage.playing.clear()  # who is gone hears nothing, and nobody tells of a prompt's end
    stage.happens(StreamLost(stage.now, CALLER, stage.now, "disconnected"))
    stage.passes(2_000)
    stage.happens(StreamBack(stage.now, CALLER))
    stage.presses("1")
    stage.passes(2_000)
    assert stage.hears == "Thanks."
    assert stage.did(ResumeRecording) == [ResumeRecording("recording-1")]
    assert replay(stage.journal, stage.revision).difference is None
