"""A whole call on the machine: buyers in turn, bridges, hang-ups anywhere, faults, replay."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from engine.core.bridging import RING_GRACE_MS
from engine.core.call import Call
from engine.core.commands import Bridge as BridgeCommand
from engine.core.commands import Dial, EndLeg, HangUp, Post, Release, Reserve
from engine.core.events import EVENT_TYPES, CallerHungUp, CallInterrupted, CommandFailed, KeyPressed
from engine.core.facts import CallOpened, Decision, Verdict
from engine.core.flow import Flow
from engine.core.journal import JournalUnreadableError, event_from_json, to_json
from engine.core.moments import CallMoment
from engine.core.replay import replay
from engine.nodes.bridge import Accept, BridgeNode
from engine.nodes.choose_buyer import ChooseBuyer
from engine.nodes.collect import Collect
from engine.nodes.hangup import Hangup
from engine.nodes.say import Say
from tests.core.practice import SmallMarket, Stage, flow_of, say

BYE = (Hangup(say("Goodbye.")), {})


def selling_flow(**settings: object) -> Flow:
    connect = BridgeNode(whisper=say("Roofing call. Press 1."), accept=Accept("1", 6_000), **settings)  # type: ignore[arg-type]
    again = dict.fromkeys(("busy", "noanswer", "rejected", "failed"), "find")
    return flow_of(
        {
            "ask": (Collect(answer="zip", prompt=say("ZIP?")), {"next": "find"}),
            "find": (ChooseBuyer(), {"next": "connect", "none": "sorry"}),
            "connect": (connect, {"completed": "bye", **again}),
            "sorry": (Say(say("Nobody is free.")), {"next": "bye"}),
            "bye": BYE,
        }
    )


def ringing_call(**settings: object) -> Stage:
    stage = Stage(selling_flow(**settings))
    stage.presses("78701")
    return stage


def bridged_call(**settings: object) -> Stage:
    stage = ringing_call(**settings)
    stage.passes(4_000)
    stage.answers("buyer-1")
    stage.presses("1", leg="buyer-1")
    return stage


def test_a_bridge_of_ninety_seconds_is_posted_once() -> None:
    stage = bridged_call()
    assert [command.buyer for command in stage.did(Reserve)] == ["lonestar"]
    assert [(command.to, command.leg) for command in stage.did(Dial)] == [("+15550111", "buyer-1")]
    assert "caller: ringback" in stage.heard
    assert "buyer-1: Roofing call. Press 1." in stage.heard
    assert len(stage.did(BridgeCommand)) == 1
    stage.passes(95_000)
    stage.leg_ends("buyer-1")
    assert stage.hears == "Goodbye."
    stage.prompt_ends()
    leg = stage.last_leg("buyer-1")
    assert (leg.outcome, leg.ended_by, leg.ended_at - leg.bridged_at) == ("completed", "buyer", 95_000)
    assert [command.used for command in stage.did(Release)] == [True]
    (post,) = stage.did(Post)
    assert [(entry.kind, entry.party, entry.amount_micros) for entry in post.entries] == [
        ("revenue", "lonestar", 45_000_000)
    ]
    assert stage.did(HangUp) == [HangUp()]
    assert stage.ending.ended_by == "flow"


@pytest.mark.parametrize("outcome", ["busy", "noanswer", "failed"])
def test_a_buyer_that_cannot_be_had_gives_way_to_the_next(outcome: str) -> None:
    stage = ringing_call()
    stage.leg_ends("buyer-1", outcome)
    assert [command.buyer for command in stage.did(Reserve)] == ["lonestar", "redriver"]
    assert [(command.reservation, command.used) for command in stage.did(Release)] == [("r1", False)]
    assert stage.path == ["ask.next", "find.next", f"connect.{outcome}", "find.next"]


def test_with_nobody_left_the_flow_takes_its_none_exit() -> None:
    stage = ringing_call()
    stage.leg_ends("buyer-1", "busy")
    stage.leg_ends("buyer-2", "busy")
    assert stage.path[-1] == "find.none"
    assert [decision.chosen for decision in stage.facts(Decision)] == ["lonestar", "redriver", None]


def test_a_full_cap_passes_the_buyer_over_and_the_decision_says_so() -> None:
    stage = Stage(selling_flow())
    stage.reservations_full = {"lonestar"}
    stage.presses("78701")
    (decision,) = stage.facts(Decision)
    assert decision.chosen == "redriver"
    assert [candidate.code for candidate in decision.candidates] == ["cap_concurrent", "eligible"]


def test_who_presses_no_key_has_rejected_the_call() -> None:
    stage = ringing_call()
    stage.answers("buyer-1")
    stage.presses("9", leg="buyer-1")
    stage.prompt_ends("buyer-1")
    stage.passes(6_000)
    assert stage.last_leg("buyer-1").outcome == "rejected"
    assert [command.leg for command in stage.did(EndLeg)] == ["buyer-1"]
    assert stage.path[-2:] == ["connect.rejected", "find.next"]


def test_hanging_up_on_the_whisper_is_a_rejection() -> None:
    stage = ringing_call()
    stage.answers("buyer-1")
    stage.leg_ends("buyer-1", "completed")
    assert stage.last_leg("buyer-1").outcome == "rejected"


def test_a_carrier_that_never_reports_is_overruled() -> None:
    stage = ringing_call(ring_timeout_ms=20_000)
    stage.passes(20_000 + RING_GRACE_MS)
    assert stage.last_leg("buyer-1").outcome == "noanswer"


def test_the_time_limit_ends_the_bridge() -> None:
    stage = bridged_call(max_duration_ms=60_000)
    stage.passes(60_000)
    leg = stage.last_leg("buyer-1")
    assert (leg.outcome, leg.ended_by, leg.ended_at - leg.bridged_at) == ("completed", "network", 60_000)


MOMENTS = {
    "in the first prompt": lambda: Stage(selling_flow()),
    "while ringing": ringing_call,
    "while bridged": bridged_call,
    "in the whisper": lambda: _answered(),
    "in the goodbye": lambda: _goodbye(),
}


def _answered() -> Stage:
    stage = ringing_call()
    stage.answers("buyer-1")
    return stage


def _goodbye() -> Stage:
    stage = bridged_call()
    stage.passes(95_000)
    stage.leg_ends("buyer-1")
    return stage


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_caller_who_hangs_up_leaves_no_leg_and_no_reservation(moment: str) -> None:
    stage = MOMENTS[moment]()
    stage.passes(1_000)
    stage.hangs_up()
    assert stage.ending.ended_by == "caller"
    assert stage.machine.is_closed
    dialled = {command.leg for command in stage.did(Dial)}
    assert all(stage.last_leg(leg).ended_at is not None for leg in dialled)
    assert {command.reservation for command in stage.did(Release)} == {
        command.reservation for command in stage.did(Reserve)
    }
    assert stage.did(HangUp) == []
    assert stage.machine.receive(CallerHungUp(stage.now)) == []


def test_the_caller_hanging_up_a_long_bridge_is_still_billed() -> None:
    stage = bridged_call()
    stage.passes(90_000)
    stage.hangs_up()
    assert stage.last_leg("buyer-1").ended_by == "caller"
    assert stage.facts(Verdict)[0].billable


def test_a_number_of_no_campaign_hears_an_apology_and_is_recorded() -> None:
    stage = Stage(selling_flow(), called="+15550999")
    assert stage.hears == "sorry"
    stage.prompt_ends()
    assert stage.facts(CallOpened)[0].flow == ""
    assert (stage.ending.ended_by, stage.ending.reason) == ("error", "unknown_number")


@dataclass(frozen=True, slots=True)
class Broken:
    EXITS: ClassVar[tuple[str, ...]] = ("next",)

    async def run(self, call: Call) -> str:
        raise KeyError("boom")


@dataclass(frozen=True, slots=True)
class Foreign:
    EXITS: ClassVar[tuple[str, ...]] = ("next",)

    async def run(self, call: Call) -> str:
        await asyncio.sleep(0)
        return "next"


@pytest.mark.parametrize(
    ("node", "said"), [(Broken(), "KeyError: 'boom'"), (Foreign(), "may only await call.*")]
)
def test_a_nodes_bug_is_a_fault_with_an_apology_never_silence(node: object, said: str) -> None:
    stage = Stage(flow_of({"bad": (node, {"next": "bye"}), "bye": BYE}))  # type: ignore[dict-item]
    assert stage.hears == "sorry"
    assert said in stage.faults[0]
    assert stage.faults[0].startswith("bad: ")
    stage.prompt_ends()
    assert stage.ending.ended_by == "error"
    assert stage.did(HangUp) == [HangUp()]


def test_a_circle_without_waiting_stops_at_the_step_limit() -> None:
    from engine.nodes.branch import Branch

    stage = Stage(
        flow_of({"a": (Branch({}), {"next": "b"}), "b": (Branch({}), {"next": "a"})}), step_limit=50
    )
    assert stage.hears == "sorry"
    assert "more than 50 steps" in stage.faults[0]


def test_an_exit_that_leads_nowhere_ends_the_call_and_says_so() -> None:
    stage = Stage(flow_of({"ask": (Collect(answer="zip", prompt=say("ZIP?"), attempts=1), {})}))
    stage.prompt_ends()
    stage.passes(5_000)
    assert stage.ending.reason == "exit_unwired"


def test_an_interrupted_call_is_closed_with_what_is_proven() -> None:
    stage = bridged_call()
    at = stage.now
    stage.happens(CallInterrupted(at, "the worker stopped"))
    assert stage.ending.ended_by == "error"
    assert stage.last_leg("buyer-1").ended_at == at
    assert stage.did(Post) == []


def test_a_journal_out_of_order_is_refused() -> None:
    stage = ringing_call()
    with pytest.raises(ValueError, match="came after something that happened"):
        stage.machine.receive(KeyPressed(0, "caller", "1"))


def test_every_journal_replays_to_the_same_commands() -> None:
    stage = _goodbye()
    stage.prompt_ends()
    read_back = [replace(entry, event=event_from_json(to_json(entry.event))) for entry in stage.journal]
    again = replay(read_back, stage.revision)
    assert again.difference is None
    assert again.machine.is_closed


def test_a_changed_node_is_the_first_difference() -> None:
    stage = _goodbye()
    nodes = dict(stage.revision.flows["main"].nodes)
    nodes["connect"] = replace(nodes["connect"], node=replace(nodes["connect"].node, whisper=say("Changed.")))  # type: ignore[type-var]
    changed = replace(stage.revision, flows={"main": replace(stage.revision.flows["main"], nodes=nodes)})
    difference = replay(stage.journal, changed).difference
    assert difference is not None
    assert difference.node == "connect"
    assert difference.event["type"] == "LegAnswered"
    assert "Roofing call" in str(difference.kept)
    assert "Changed." in str(difference)


def test_an_unreadable_event_says_what_is_wrong() -> None:
    with pytest.raises(JournalUnreadableError, match="unknown record 'Nonsense'"):
        event_from_json({"type": "Nonsense"})
    with pytest.raises(JournalUnreadableError, match=r"KeyPressed: Expected `int`, got `str` - at `\$.at`"):
        event_from_json({"type": "KeyPressed", "at": "5", "leg": "caller", "key": "1"})
    with pytest.raises(JournalUnreadableError, match="missing"):
        event_from_json({"type": "KeyPressed", "at": 5})
    assert len(EVENT_TYPES) == len({kind.__name__ for kind in EVENT_TYPES})


class MarketWithABug(SmallMarket):
    """Judges nothing: a mistake of ours outside of any node."""

    def judge(self, call: CallMoment) -> Sequence[Verdict]:
        raise KeyError("a mistake of ours")


def test_a_bug_outside_of_the_nodes_ends_the_call_as_a_fault_and_lets_go_of_everybody() -> None:
    stage = Stage(selling_flow(), market=MarketWithABug())
    stage.presses("78701")
    stage.passes(4_000)
    stage.answers("buyer-1")
    stage.hangs_up()
    assert stage.machine.is_closed
    assert stage.faults == ["engine: KeyError: 'a mistake of ours'"]
    assert stage.ending.ended_by == "error"
    assert [command.leg for command in stage.did(EndLeg)][-1:] == ["buyer-1"]
    assert len(stage.did(Release)) == 1


def test_a_command_that_failed_is_apologised_for_and_then_the_call_is_closed() -> None:
    stage = bridged_call()
    stage.happens(CommandFailed(stage.now, "Dial", "OSError: no"))
    assert stage.did(EndLeg)
    assert not stage.machine.is_over
    stage.prompt_ends()
    assert stage.ending.reason == "engine_fault"
    assert stage.faults == ["engine: Dial could not be carried out: OSError: no"]
    assert replay(stage.journal, stage.revision).difference is None


def test_a_second_failure_does_not_wait_for_the_apology() -> None:
    stage = ringing_call()
    stage.happens(CommandFailed(stage.now, "Play", "OSError: no"))
    stage.happens(CommandFailed(stage.now, "Play", "OSError: no"))
    assert stage.machine.is_closed
