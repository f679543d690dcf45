"""How a callee is asked to take a call: its extension, its keys, what the carrier says of it, the caller's leaving."""

from __future__ import annotations

from engine.core.call import Call
from engine.core.commands import Bridge as BridgeCommand
from engine.core.commands import Dial, EndLeg, Play, Tones
from engine.core.events import CALLER, CallerHungUp
from engine.core.flow import Flow
from engine.core.journal import event_from_json, to_json
from engine.core.leg_events import AnsweredBy, Answerer, AnswererTold, TalkKey, TalkKeyPressed
from engine.core.replay import replay
from engine.core.stream_events import StreamBack, StreamLost
from engine.nodes.bridge import Accept, BridgeNode
from engine.nodes.choose_buyer import ChooseBuyer
from engine.nodes.hangup import Hangup
from engine.nodes.say import Say
from tests.core.practice import SmallMarket, Stage, flow_of, say

ASKING = BridgeNode(whisper=say("Press 1, or 2 to decline."), accept=Accept("1", "2"))
UNASKING = BridgeNode(whisper=say("A call for you."))


class Detecting(SmallMarket):
    def detects_machines(self, buyer: str | None) -> bool:
        return True


class BehindAMenu(SmallMarket):
    buyers = {"lonestar": "+15550111,,42", "redriver": "+15550112"}  # noqa: RUF012


def selling(connect: BridgeNode) -> Flow:
    again = dict.fromkeys(("busy", "noanswer", "rejected", "failed"), "find")
    return flow_of(
        {
            "find": (ChooseBuyer(), {"next": "connect", "none": "sorry"}),
            "connect": (connect, {"completed": "bye", **again}),
            "sorry": (Say(say("Nobody is free.")), {"next": "bye"}),
            "bye": (Hangup(say("Goodbye.")), {}),
        }
    )


def ringing(connect: BridgeNode = ASKING, market: SmallMarket | None = None) -> Stage:
    return Stage(selling(connect), market=market)


def told(stage: Stage, answerer: Answerer, said: str, leg: str = "buyer-1") -> None:
    stage.happens(AnswererTold(stage.now, leg, answerer, said))


def call(stage: Stage) -> Call:
    assert stage.machine.call is not None
    return stage.machine.call


def replays(stage: Stage) -> bool:
    for entry in stage.journal:
        assert event_from_json(to_json(entry.event)) == entry.event
    return replay(stage.journal, stage.revision).difference is None


# Saying no


def test_the_decline_key_ends_the_leg_at_once_and_the_next_buyer_is_called() -> None:
    stage = ringing()
    stage.answers("buyer-1")
    stage.presses("2", leg="buyer-1")
    assert [command.leg for command in stage.did(EndLeg)] == ["buyer-1"]
    leg = stage.last_leg("buyer-1")
    assert (leg.outcome, leg.ended_by, leg.details) == ("declined", "buyer", {"because": "declined_by_key"})
    assert [command.buyer for command in stage.did(Dial)] == ["lonestar", "redriver"]
    assert "connect.rejected" in stage.path
    assert replays(stage)


def test_without_a_decline_key_every_other_key_means_nothing() -> None:
    stage = ringing(BridgeNode(whisper=say("Press 1."), accept=Accept("1")))
    stage.answers("buyer-1")
    stage.presses("2", leg="buyer-1")
    assert stage.did(EndLeg) == []
    stage.presses("1", leg="buyer-1")
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-1"]


# The extension


def test_an_extension_is_keyed_once_the_leg_is_answered_and_then_the_whisper_begins() -> None:
    stage = ringing(market=BehindAMenu())
    assert stage.did(Dial)[0].to == "+15550111"
    stage.answers("buyer-1")
    assert stage.heard[-1] == "buyer-1: (,,42)"
    stage.presses("1", leg="buyer-1")  # of the menu there, and no consent
    assert stage.did(BridgeCommand) == []
    stage.passes(4_360)
    stage.prompt_ends("buyer-1")
    assert stage.heard[-1] == "buyer-1: Press 1, or 2 to decline."
    stage.presses("1", leg="buyer-1")
    leg = stage.last_leg("buyer-1")
    assert (leg.to, leg.extension, leg.keyed_at) == ("+15550111", ",,42", 4_460)
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-1"]
    assert replays(stage)


def test_a_stream_that_breaks_while_the_extension_is_keyed_keys_it_anew() -> None:
    stage = ringing(market=BehindAMenu())
    stage.answers("buyer-1")
    stage.happens(StreamLost(stage.now, "buyer-1", stage.now))
    stage.passes(10_000)
    stage.happens(StreamBack(stage.now, "buyer-1"))
    keyed = [play for play in stage.did(Play) if play.items == (Tones(",,42"),)]
    assert len(keyed) == 2
    assert stage.last_leg("buyer-1").ended_at is None


def test_a_desk_has_an_extension_and_a_sip_address_too() -> None:
    desk = flow_of(
        {
            "desk": (BridgeNode(to="sip:desk@pbx.example.com,7"), {"completed": "bye"}),
            "bye": (Hangup(say("Goodbye.")), {}),
        }
    )
    stage = Stage(desk)
    assert stage.did(Dial)[0].to == "sip:desk@pbx.example.com"
    stage.answers("transfer-1")
    assert stage.did(BridgeCommand) == []
    stage.prompt_ends("transfer-1")
    assert [command.leg for command in stage.did(BridgeCommand)] == ["transfer-1"]


# What picks up


def test_a_machine_counts_as_no_answer_and_the_next_buyer_is_called() -> None:
    stage = ringing(market=Detecting())
    assert stage.did(Dial)[0].detects_machines
    stage.answers("buyer-1")
    stage.passes(3_000)
    told(stage, "machine", "machine_start")
    leg = stage.last_leg("buyer-1")
    assert (leg.outcome, leg.details) == ("machine", {"because": "machine_answered"})
    assert leg.answered_by == AnsweredBy("machine", "machine_start", 3_000)
    assert "connect.noanswer" in stage.path
    assert [command.buyer for command in stage.did(Dial)] == ["lonestar", "redriver"]
    assert replays(stage)


def test_the_carriers_word_may_come_before_the_legs_audio() -> None:
    stage = ringing(market=Detecting())
    told(stage, "machine", "fax")
    assert stage.last_leg("buyer-1").ended_at is None
    stage.answers("buyer-1")
    assert stage.last_leg("buyer-1").outcome == "machine"


def test_who_presses_the_key_takes_the_call_whatever_the_carrier_says_later() -> None:
    stage = ringing(market=Detecting())
    stage.answers("buyer-1")
    stage.presses("1", leg="buyer-1")
    told(stage, "machine", "machine_start")
    leg = stage.last_leg("buyer-1")
    assert leg.ended_at is None
    assert leg.bridged_at is not None
    assert leg.answered_by is not None
    assert leg.answered_by.said == "machine_start"


def test_where_no_key_is_asked_for_the_carriers_word_is_waited_for() -> None:
    stage = ringing(UNASKING, Detecting())
    stage.answers("buyer-1")
    stage.prompt_ends("buyer-1")
    assert stage.did(BridgeCommand) == []
    told(stage, "person", "human")
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-1"]


def test_the_carriers_word_in_the_whisper_joins_nobody_before_its_end() -> None:
    stage = ringing(UNASKING, Detecting())
    stage.answers("buyer-1")
    told(stage, "unknown", "unknown")
    assert stage.did(BridgeCommand) == []
    stage.prompt_ends("buyer-1")
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-1"]


def test_a_carrier_that_says_nothing_is_not_waited_for_for_long() -> None:
    stage = ringing(UNASKING, Detecting())
    stage.answers("buyer-1")
    stage.prompt_ends("buyer-1")
    stage.passes(7_999)
    assert stage.did(BridgeCommand) == []
    stage.passes(1)
    assert [command.leg for command in stage.did(BridgeCommand)] == ["buyer-1"]
    assert stage.last_leg("buyer-1").answered_by is None


# The caller leaves


def test_who_is_asked_hears_that_the_caller_has_left() -> None:
    stage = ringing()
    stage.answers("buyer-1")
    stage.passes(1_000)
    stage.hangs_up()
    (ended,) = stage.did(EndLeg)
    assert [item.text for item in ended.said] == ["The caller has hung up. Goodbye."]
    leg = stage.last_leg("buyer-1")
    assert (leg.outcome, leg.ended_by, leg.details) == (
        "noanswer",
        "caller",
        {"because": "caller_left_whisper"},
    )
    assert replays(stage)


def test_who_still_rings_or_talks_already_hears_nothing_of_it() -> None:
    stage = ringing()
    stage.hangs_up()
    (ended,) = stage.did(EndLeg)
    assert ended.said == ()
    stage = ringing()
    stage.answers("buyer-1")
    stage.presses("1", leg="buyer-1")
    stage.hangs_up()
    (ended,) = stage.did(EndLeg)
    assert ended.said == ()
    assert stage.last_leg("buyer-1").details == {"because": "caller_hung_up"}


def test_a_call_of_an_older_engine_ends_its_legs_without_a_word() -> None:
    stage = ringing()
    stage.answers("buyer-1")
    call(stage).arrived = type(call(stage).arrived)(
        **{
            name: getattr(call(stage).arrived, name)
            for name in call(stage).arrived.__struct_fields__
            if name != "behaviour"
        },
        behaviour=8,
    )
    stage.happens(CallerHungUp(stage.now))
    (ended,) = stage.did(EndLeg)
    assert ended.said == ()


def test_the_operator_may_word_it() -> None:
    stage = ringing(BridgeNode(whisper=say("Press 1."), accept=Accept(), caller_left=say("Gone.")))
    stage.answers("buyer-1")
    stage.hangs_up()
    assert [item.text for item in stage.did(EndLeg)[0].said] == ["Gone."]


# The talk's keys


def test_keys_of_the_talk_are_counted_and_timed_and_answer_nothing() -> None:
    stage = ringing()
    stage.answers("buyer-1")
    stage.presses("1", leg="buyer-1")
    begun = stage.now
    stage.passes(2_000)
    stage.happens(TalkKeyPressed(stage.now, CALLER))
    stage.happens(TalkKeyPressed(stage.now, "buyer-1"))
    stage.passes(1_000)
    stage.leg_ends("buyer-1")
    leg = stage.last_leg("buyer-1")
    assert leg.keys_pressed == 2
    assert leg.keys == (TalkKey(begun + 2_000, "caller"), TalkKey(begun + 2_000, "callee"))
    assert not call(stage).typed
    assert not stage.did(BridgeCommand)[0].keeps_keys
    assert replays(stage)


def test_the_keys_themselves_are_kept_where_the_flow_says_so() -> None:
    stage = ringing(BridgeNode(whisper=say("Press 1."), accept=Accept(), keep_keys=True))
    stage.answers("buyer-1")
    stage.presses("1", leg="buyer-1")
    assert stage.did(BridgeCommand)[0].keeps_keys
    stage.happens(TalkKeyPressed(stage.now, CALLER, "7"))
    stage.hangs_up()
    assert [key.key for key in stage.last_leg("buyer-1").keys] == ["7"]


def test_of_a_thousand_keys_the_first_are_kept_one_by_one() -> None:
    stage = ringing()
    stage.answers("buyer-1")
    stage.presses("1", leg="buyer-1")
    for _ in range(1_000):
        stage.happens(TalkKeyPressed(stage.now, "buyer-1"))
    stage.leg_ends("buyer-1")
    leg = stage.last_leg("buyer-1")
    assert (leg.keys_pressed, len(leg.keys)) == (1_000, 200)
