"""Consent is heard in full, given clearly or not at all, and kept word for word."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from engine.core.events import CALLER, PromptFailed, Said, SpeechHeard
from engine.core.facts import Answer
from engine.core.facts import Consent as ConsentKept
from engine.core.replay import replay
from engine.nodes.consent import ConsentNode
from engine.nodes.hangup import Hangup
from engine.understanding.yes_no import YesNo
from tests.core.practice import Stage, flow_of, say

WORDING = "This call is recorded. To agree, press 1. Otherwise press 2."
EXITS: Mapping[str, str] = {"granted": "yes", "refused": "no", "noinput": "quiet", "nomatch": "lost"}
BYE = (Hangup(), {})


def asked(**settings: object) -> Stage:
    node = ConsentNode(answer="agreed", wording=say(WORDING), version="2026-11", **settings)  # type: ignore[arg-type]
    nodes = {"ask": (node, EXITS), "yes": BYE, "no": BYE, "quiet": BYE, "lost": BYE}
    return Stage(flow_of(nodes, agreed=YesNo()))


def kept(caller: Stage) -> ConsentKept:
    (consent,) = caller.facts(ConsentKept)
    assert replay(caller.journal, caller.revision).difference is None
    return consent


def says(caller: Stage, text: str, confidence: float) -> None:
    said, now = (Said(text, confidence),), caller.now
    caller.happens(SpeechHeard(now, "l1", text, confidence, said, now, now, "ear"))


def test_a_one_grants_and_the_record_holds_wording_hash_and_version() -> None:
    caller = asked()
    caller.prompt_ends()
    caller.presses("1")
    assert caller.path == ["ask.granted", "yes.hangup"]
    consent = kept(caller)
    assert (consent.granted, consent.given_by, consent.answer, consent.version) == (
        True,
        "keys",
        "agreed",
        "2026-11",
    )
    assert consent.wording == consent.spoken == WORDING
    assert consent.sha256 == hashlib.sha256(WORDING.encode()).hexdigest()
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.raw, answer.mode) == (True, "1", "keys")
    assert answer.question.sha256 == consent.sha256


def test_a_two_refuses() -> None:
    caller = asked()
    caller.prompt_ends()
    caller.presses("2")
    assert caller.path == ["ask.refused", "no.hangup"]
    assert kept(caller).granted is False
    assert caller.answer == {"agreed": False}


def test_the_wording_is_heard_to_its_end_whatever_is_pressed() -> None:
    caller = asked()
    caller.presses("1")
    assert caller.facts(ConsentKept) == []
    caller.prompt_ends()
    assert caller.path == ["ask.granted", "yes.hangup"]


def test_two_silences_leave_by_noinput_and_grant_nothing() -> None:
    caller = asked()
    for _ in range(2):
        caller.prompt_ends()
        assert caller.hears == WORDING
        caller.passes(5_000)
    assert caller.path[0] == "ask.noinput"
    assert (kept(caller).granted, kept(caller).given_by) == (False, "nothing")
    assert caller.answer == {}


def test_other_keys_leave_by_nomatch_and_grant_nothing() -> None:
    caller = asked(attempts=1)
    caller.prompt_ends()
    caller.presses("7")
    assert caller.path[0] == "ask.nomatch"
    assert kept(caller).given_by == "nothing"


@pytest.mark.parametrize(
    ("text", "confidence", "exit_"), [("yes", 0.95, "granted"), ("no", 0.95, "refused"), ("yes", 0.5, None)]
)
def test_only_a_clear_yes_is_consent(text: str, confidence: float, exit_: str | None) -> None:
    caller = asked()
    caller.prompt_ends()
    says(caller, text, confidence)
    if exit_ is None:
        assert caller.facts(ConsentKept) == []
        assert caller.hears == WORDING  # it is asked again, not read back
    else:
        assert caller.path[0] == f"ask.{exit_}"
        assert kept(caller).given_by == "voice"


def test_staying_on_the_line_is_consent_where_the_wording_says_so() -> None:
    caller = asked(implied=True)
    assert caller.path == []
    caller.prompt_ends()
    assert caller.path == ["ask.granted", "yes.hangup"]
    assert kept(caller).given_by == "staying"
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.mode, answer.raw) == (True, "flow", "stayed on the line")


def test_who_hangs_up_in_the_wording_has_agreed_to_nothing() -> None:
    caller = asked(implied=True)
    caller.passes(1_000)
    caller.hangs_up()
    assert caller.facts(ConsentKept) == []
    assert caller.answer == {}


def test_a_wording_that_nobody_could_hear_grants_nothing_and_ends_the_call() -> None:
    caller = asked(implied=True)
    for number in (1, 2):
        caller.happens(PromptFailed(caller.now, CALLER, f"p{number}", "no voice"))
    assert kept(caller).granted is False
    assert any("the wording could not be played, 2 times" in fault for fault in caller.faults)
    assert caller.path == []
