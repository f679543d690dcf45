"""What comes after the choice: several ring together, callers roll over, hung-up callers are recovered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.commands import Bridge as BridgeCommand
from engine.core.commands import Dial, EndLeg, Play, Release, Reserve, StopPlaying
from engine.core.events import CALLER
from engine.core.facts import Decision, Verdict
from engine.core.flow import Flow
from engine.core.journal import event_from_json, to_json
from engine.core.replay import replay
from engine.core.stream_events import StreamBack, StreamLost
from engine.nodes.bridge import Accept, BridgeNode, Recover
from engine.nodes.choose_buyer import ChooseBuyer, Rollover
from engine.nodes.hangup import Hangup
from engine.nodes.say import Say
from tests.core.practice import SmallMarket, Stage, flow_of, say

PICKY = BridgeNode(whisper=say("Press 1."), accept=Accept("1", 6_000))


class ThreeBuyers(SmallMarket):
    buyers = {"lonestar": "+15550111", "redriver": "+15550112", "sunstate": "+15550113"}  # noqa: RUF012


def selling(choose: ChooseBuyer, connect: BridgeNode) -> Flow:
    again = dict.fromkeys(("busy", "noanswer", "rejected", "failed", "recovered"), "find")
    return flow_of(
        {
            "find": (choose, {"next": "connect", "none": "sorry"}),
            "connect": (connect, {"completed": "bye", **again}),
            "sorry": (Say(say("Nobody is free.")), {"next": "bye"}),
            "bye": (Hangup(say("Goodbye.")), {}),
        }
    )


def ringing(choose: ChooseBuyer | None = None, connect: BridgeNode = PICKY, full: str = "") -> Stage:
    return Stage(selling(choose or ChooseBuyer(ring=3), connect), market=ThreeBuyers(), full={full})


def held(stage: Stage) -> set[str]:
    assert stage.machine.call is not None
    return set(stage.machine.call.reservations.values())


def test_three_ring_together_each_with_a_place_of_its_own() -> None:
    stage = ringing()
    assert [command.buyer for command in stage.did(Reserve)] == ["lonestar", "redriver", "sunstate"]
    assert [command.leg for command in stage.did(Dial)] == ["buyer-1", "buyer-2", "buyer-3"]
    (decision,) = stage.facts(Decision)
    assert (decision.chosen, decision.together) == ("lonestar", ("lonestar", "redriver", "sunstate"))
    assert stage.heard == ["caller: ringback"]


def test_the_first_to_take_the_call_gets_it_and_the_others_are_free_at_once() -> None:
    stage = ringing()
    stage.answers("buyer-3")
    stage.answers("buyer-2")
    stage.presses("1", leg="buyer-2")
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-2"]
    assert [command.leg for command in stage.did(EndLeg)] == ["buyer-1", "buyer-3"]
    assert held(stage) == {"redriver"}
    lost = [stage.last_leg(leg) for leg in ("buyer-1", "buyer-3")]
    assert {(leg.outcome, leg.ended_by, leg.details["because"]) for leg in lost} == {
        ("lost_race", "network", "another_was_first")
    }
    stage.passes(95_000)
    stage.leg_ends("buyer-2")
    assert stage.path[-1] == "connect.completed"
    assert [(command.reservation, command.used) for command in stage.did(Release)] == [
        ("r1", False),
        ("r3", False),
        ("r2", True),
    ]


def test_without_a_key_the_first_to_answer_gets_it() -> None:
    stage = ringing(connect=BridgeNode())
    stage.answers("buyer-2")
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-2"]
    assert stage.last_leg("buyer-1").outcome == "lost_race"


def test_a_key_of_one_that_lost_changes_nothing() -> None:
    stage = ringing()
    stage.answers("buyer-1")
    stage.answers("buyer-2")
    stage.presses("1", leg="buyer-2")
    stage.presses("1", leg="buyer-1")
    stage.leg_ends("buyer-1")
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-2"]
    assert stage.last_leg("buyer-1").outcome == "lost_race"


def test_one_that_is_busy_leaves_the_others_ringing_and_its_place_is_free() -> None:
    stage = ringing()
    stage.leg_ends("buyer-1", "busy")
    assert held(stage) == {"redriver", "sunstate"}
    assert stage.path == ["find.next"]
    stage.answers("buyer-3")
    stage.presses("1", leg="buyer-3")
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-3"]


@pytest.mark.parametrize(
    ("outcomes", "exit_"),
    [
        (("busy", "failed", "busy"), "busy"),
        (("busy", "noanswer", "failed"), "noanswer"),
        (("failed", "failed", "failed"), "failed"),
    ],
)
def test_where_none_takes_it_the_exit_is_the_outcome_that_came_furthest(
    outcomes: tuple[str, ...], exit_: str
) -> None:
    stage = ringing()
    for number, outcome in enumerate(outcomes, start=1):
        stage.leg_ends(f"buyer-{number}", outcome)
    assert stage.path == ["find.next", f"connect.{exit_}", "find.none", "sorry.next"][: len(stage.path)]
    assert held(stage) == set()


def test_a_full_buyer_gives_its_bell_to_the_next() -> None:
    stage = ringing(ChooseBuyer(ring=2), full="lonestar")
    assert [command.buyer for command in stage.did(Dial)] == ["redriver", "sunstate"]


def test_the_caller_hanging_up_ends_every_phone_and_frees_every_place() -> None:
    stage = ringing()
    stage.answers("buyer-2")
    stage.hangs_up()
    assert {command.leg for command in stage.did(EndLeg)} == {"buyer-1", "buyer-2", "buyer-3"}
    assert {command.used for command in stage.did(Release)} == {False}
    assert len(stage.did(Release)) == 3


def test_rollover_ends_after_as_many_buyers_as_it_says() -> None:
    stage = ringing(ChooseBuyer(rollover=Rollover(at_most=2)))
    stage.leg_ends("buyer-1", "busy")
    stage.leg_ends("buyer-2", "busy")
    assert stage.path[-2:] == ["connect.busy", "find.none"]
    last = stage.facts(Decision)[-1]
    assert last.chosen is None
    assert (last.limit, last.called) == ("rollover", 2)
    assert [candidate.rank for candidate in last.candidates] == [1], "sunstate would have taken it"


def test_rollover_also_limits_how_many_ring_together() -> None:
    stage = ringing(ChooseBuyer(ring=3, rollover=Rollover(at_most=2)))
    assert [command.buyer for command in stage.did(Dial)] == ["lonestar", "redriver"]


def talking(connect: BridgeNode) -> Stage:
    stage = ringing(ChooseBuyer(), connect)
    stage.answers("buyer-1")
    return stage


def test_a_buyer_that_hangs_up_too_early_loses_the_caller_to_the_next() -> None:
    stage = talking(BridgeNode(recover=Recover()))
    stage.passes(40_000)
    stage.leg_ends("buyer-1")
    assert stage.path == ["find.next", "connect.recovered", "find.next"]
    assert stage.did(Dial)[-1].buyer == "redriver"
    assert stage.heard == ["caller: ringback", "caller: ringback"], "once at first, once from the hang-up on"
    stage.answers("buyer-2")
    stage.passes(95_000)
    stage.leg_ends("buyer-2")
    stage.prompt_ends()
    verdicts = stage.facts(Verdict)
    assert [(verdict.buyer, verdict.reason) for verdict in verdicts] == [
        ("lonestar", "below_duration"),
        ("redriver", "billable"),
    ]


def test_the_caller_hears_ringing_from_the_moment_of_the_hang_up() -> None:
    stage = talking(BridgeNode(recover=Recover()))
    stage.passes(40_000)
    commands = stage.leg_ends_with("buyer-1")
    plays = [command for command in commands if isinstance(command, Play | StopPlaying | Reserve)]
    assert isinstance(plays[0], Play)
    assert plays[0].leg == CALLER
    assert plays[0].loop
    assert isinstance(plays[1], Reserve)


def test_a_buyer_that_was_billed_is_not_recovered_from() -> None:
    stage = talking(BridgeNode(recover=Recover()))
    stage.passes(90_000)
    stage.leg_ends("buyer-1")
    assert stage.path[-1] == "connect.completed"


def test_every_hang_up_of_a_buyer_is_recovered_from_where_the_operator_says_so() -> None:
    stage = talking(BridgeNode(recover=Recover(below_duration=False)))
    stage.passes(90_000)
    stage.leg_ends("buyer-1")
    assert stage.path[-2:] == ["connect.recovered", "find.next"]


def test_recovery_ends_after_as_often_as_it_says() -> None:
    stage = talking(BridgeNode(recover=Recover(at_most=1)))
    stage.leg_ends("buyer-1")
    stage.answers("buyer-2")
    stage.leg_ends("buyer-2")
    assert stage.path[-2:] == ["find.next", "connect.completed"]


def test_ringing_after_a_recovery_stops_where_no_buyer_is_left() -> None:
    stage = talking(BridgeNode(recover=Recover()))
    for leg in ("buyer-1", "buyer-2"):
        stage.leg_ends(leg)
        stage.answers(f"buyer-{int(leg[-1]) + 1}")
    stage.leg_ends("buyer-3")
    assert stage.path[-1] == "find.none"
    assert stage.hears == "Nobody is free."
    (playing,) = stage.playing[CALLER]
    assert not playing.loop, "the ringing is over"


def test_one_that_lost_the_race_may_be_called_after_a_recovery() -> None:
    stage = ringing(ChooseBuyer(ring=3), BridgeNode(recover=Recover()))
    stage.answers("buyer-2")
    stage.leg_ends("buyer-2")
    assert [command.buyer for command in stage.did(Dial)][3:] == ["lonestar", "sunstate"]


def test_a_race_and_a_recovery_replay_to_the_same_commands() -> None:
    stage = ringing(ChooseBuyer(ring=3), replace(PICKY, recover=Recover()))
    for leg in ("buyer-2", "buyer-3"):
        stage.answers(leg)
        stage.presses("1", leg=leg)
    stage.passes(10_000)
    stage.leg_ends("buyer-2")
    stage.hangs_up()
    read_back = [replace(entry, event=event_from_json(to_json(entry.event))) for entry in stage.journal]
    assert replay(read_back, stage.revision).difference is None


def test_who_takes_the_call_while_the_caller_is_away_hears_that_it_goes_on() -> None:
    stage = ringing(ChooseBuyer())
    stage.answers("buyer-1")
    stage.happens(StreamLost(stage.now, CALLER, stage.now, "disconnected"))
    stage.presses("1", leg="buyer-1")
    assert stage.heard[-1] == "buyer-1: hold"
    assert replay(stage.journal, stage.revision).difference is None


def test_silences_that_overlap_are_taken_off_once() -> None:
    stage = talking(BridgeNode())
    began = stage.now
    stage.passes(10_000)
    stage.happens(StreamLost(stage.now, CALLER, began + 8_000, "disconnected"))
    stage.passes(5_000)
    stage.happens(StreamBack(stage.now, CALLER))
    assert stage.last_leg("buyer-1").held_ms == 7_000
    stage.passes(2_000)
    # The buyer's line has been silent for longer than the two are together again.
    stage.happens(StreamLost(stage.now, "buyer-1", began + 9_000, "disconnected"))
    stage.passes(3_000)
    stage.happens(StreamBack(stage.now, "buyer-1"))
    assert stage.last_leg("buyer-1").held_ms == 7_000 + 5_000
    assert replay(stage.journal, stage.revision).difference is None
