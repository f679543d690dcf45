"""What else is known of a caller weighs in beside the sound of an answer, and never decides alone.

The caller of these calls has a number of Austin, Texas (area code 512).
"""

from __future__ import annotations

from engine.core.answers import Understood
from engine.core.events import CallArrived
from engine.core.facts import Answer, ZipRead
from engine.core.journal import to_json
from engine.core.machine import CallMachine
from engine.core.records import changed
from engine.core.replay import replay
from engine.core.support import Support
from engine.nodes.certainty import LIKELY
from engine.nodes.collect import Collect
from engine.nodes.hangup import Hangup
from engine.nodes.supporting import weighed
from engine.understanding.zip import Zip
from tests.core.practice import Speaking, flow_of, say

BYE = (Hangup(), {})
EXITS = {"next": "bye", "noinput": "quiet", "nomatch": "lost"}
AUSTIN, DENVER = "seven eight seven oh one", "eight oh two oh two"
NEARLY = 0.78
"""Not sure by its sound, and sure with a little help."""


def zip_call(*, sensitive: bool = False) -> Speaking:
    collect = Collect(answer="zip", prompt=say("ZIP?"))
    nodes = {"ask": (collect, EXITS), "bye": BYE, "quiet": BYE, "lost": BYE}
    caller = Speaking(flow_of(nodes, zip=Zip(sensitive=sensitive)))
    caller.prompt_ends()
    return caller


def test_a_zip_in_the_state_of_the_callers_number_needs_a_little_less() -> None:
    caller = zip_call()
    caller.says(AUSTIN, NEARLY)
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.confirmed) == ("78701", False)
    assert answer.confidence > NEARLY
    (support,) = answer.utterance.supports
    assert (support.kind, support.detail) == ("area", "512")
    assert answer.utterance.alternatives[0].confidence == NEARLY  # the ear's own, beside it


def test_a_zip_elsewhere_is_read_back_as_ever() -> None:
    caller = zip_call()
    caller.says(DENVER, NEARLY)
    assert "8 0 2 0 2" in caller.hears
    caller.says("yes")
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.confirmed) == ("80202", True)


def test_of_two_near_readings_the_one_in_the_state_is_read_back_first() -> None:
    caller = zip_call()
    caller.says(DENVER, 0.45, (AUSTIN, 0.42))
    assert "7 8 7 0 1" in caller.hears
    caller.says("no")
    assert "8 0 2 0 2" in caller.hears


def test_what_was_half_heard_before_supports_the_same_value() -> None:
    caller = zip_call()
    caller.says(DENVER, LIKELY - 0.02)  # a nomatch
    caller.prompt_ends()
    caller.says(DENVER, 0.85, (AUSTIN, 0.1))
    (answer,) = caller.facts(Answer)
    assert answer.value == "80202"
    assert answer.utterance.supports == ()  # sure by itself
    caller = zip_call()
    caller.says(AUSTIN, LIKELY - 0.02)
    caller.prompt_ends()
    caller.says(AUSTIN, 0.7)
    (answer,) = caller.facts(Answer)
    assert [support.kind for support in answer.utterance.supports] == ["area", "heard_before"]


def test_what_was_denied_is_not_supported() -> None:
    caller = zip_call()
    caller.says(AUSTIN, 0.5)
    assert "7 8 7 0 1" in caller.hears
    caller.says("no")
    caller.prompt_ends()
    caller.says(AUSTIN, NEARLY)
    assert "7 8 7 0 1" in caller.hears
    assert not caller.facts(Answer)


def test_noise_near_no_answer_stays_a_nomatch() -> None:
    caller = zip_call()
    caller.says(AUSTIN, LIKELY - 0.02)
    assert caller.path == []
    assert "7 8 7 0 1" not in caller.hears


def test_the_area_s_states_are_recorded_and_a_replay_reads_them() -> None:
    caller = zip_call()
    caller.says(AUSTIN, NEARLY)
    assert {fact.code: fact.row for fact in caller.facts(ZipRead)}["512"] == {"states": "TX"}
    assert replay(caller.journal, caller.revision).difference is None


def test_what_is_sure_reads_nothing_more() -> None:
    caller = zip_call()
    caller.says(AUSTIN, 0.95)
    assert [fact.code for fact in caller.facts(ZipRead)] == ["78701"]


def test_an_older_call_goes_on_as_it_did() -> None:
    caller = zip_call()
    caller.says(AUSTIN, NEARLY)
    arrived = caller.journal[0].event
    assert isinstance(arrived, CallArrived)
    machine = CallMachine(caller.revision)
    machine.receive(changed(arrived, behaviour=7))
    commands = [to_json(one) for entry in caller.journal[1:-1] for one in machine.receive(entry.event)]
    facts = [command["fact"] for command in commands if command["type"] == "Record"]
    assert not any(fact["type"] == "Answer" for fact in facts)  # type: ignore[index,call-overload]
    assert not any(fact.get("code") == "512" for fact in facts)  # type: ignore[union-attr]


def test_a_sensitive_zip_is_judged_by_its_sound_alone() -> None:
    caller = zip_call(sensitive=True)
    caller.says(AUSTIN, NEARLY)
    assert not caller.facts(Answer)
    assert not caller.facts(ZipRead)


def test_readings_exclude_each_other_and_what_is_not_heard_keeps_its_share() -> None:
    here, there = (
        Understood(code, {"": code}, code, sure) for code, sure in (("78701", 0.4), ("80202", 0.4))
    )
    both = weighed((here, there), {"78701": (Support("area", "512", 1.5),)})
    assert both[0].confidence > both[1].confidence
    assert sum(reading.confidence for reading in both) < 1
    assert both[0].confidence <= 0.5
    assert [reading.confidence for reading in weighed((here, there), {})] == [0.4, 0.4]
