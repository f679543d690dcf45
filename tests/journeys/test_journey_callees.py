"""Buyers who decline, are machines, sit behind a menu or are left by the caller; keys that are pressed in a talk."""

from __future__ import annotations

from pathlib import Path

from engine.core.events import KeyPressed, LegBridged
from engine.core.leg_events import TalkKeyPressed
from engine.rehearsal.loopback import BuyerPhone, Caller, caller_voice, keys_heard
from engine.rehearsal.loopback.acts import ActScript
from tests.journeys.journey_world import (
    ANSWERS,
    DESK,
    LONESTAR,
    REDRIVER,
    SHORT_BILLS,
    House,
    answering,
    keys,
    network,
    open_house,
)

ACCEPT = 'accept: {key: "1", timeout: 6s}'
SIP_DESK = "sip:desk@pbx.example.com"
DETECTING = {"currency: USD": "currency: USD\nmachine_detection: true", **SHORT_BILLS}


async def test_a_buyer_declines_by_its_key_and_the_next_gets_the_call_at_once(tmp_path: Path) -> None:
    declining = 'accept: {key: "1", decline: "2", timeout: 60s}'
    flows = network(tmp_path / "flows", {ACCEPT: declining, **SHORT_BILLS})
    async with open_house(tmp_path, flows) as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.declines(after_s=0.3))
        house.carrier.buyer(REDRIVER, answering())
        await house.call(keys())
        shown = await house.shown()
        assert [(leg["buyer"], leg["outcome"], leg["ended_by"]) for leg in shown["legs"]] == [
            ("lonestar", "declined", "buyer"),
            ("redriver", "completed", "buyer"),
        ]
        assert shown["legs"][0]["detail"] == "the buyer pressed the key that declines the call"
        assert [(each["buyer"], each["reason"]) for each in shown["verdicts"]] == [
            ("lonestar", "declined"),
            ("redriver", "billable"),
        ]
        assert house.carrier.complaints == ()
        assert await house.all_replay() == 1


async def test_a_machine_is_no_answer_and_the_carriers_own_word_is_kept(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows", DETECTING)) as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.machine(after_s=0.3))
        house.carrier.buyer(REDRIVER, answering())
        await house.call(keys())
        machine, person = (await house.shown())["legs"]
        assert (machine["outcome"], machine["answered_by"]["said"]) == ("machine", "machine_start")
        assert (person["outcome"], person["answered_by"]["answerer"]) == ("completed", "person")
        reasons = [each["reason"] for each in (await house.shown())["verdicts"]]
        assert reasons == ["machine_answered", "billable"]
        assert house.reservations() == [("r1", "freed"), ("r2", "used")]
        assert house.carrier.complaints == ()
        assert await house.all_replay() == 1


async def test_nobody_is_asked_what_picked_up_unless_the_network_says_so(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering())
    await house.call(keys())
    assert "answered_by" not in (await house.shown())["legs"][0]


async def test_a_word_on_who_picked_up_needs_the_carriers_signature(house: House) -> None:
    path = "/carriers/twilio/answerer/c1/buyer-1"
    assert (await house.post(path, {"AnsweredBy": "human"}, signed=False)).status_code == 403
    assert (await house.post(path, {"AnsweredBy": "human"})).status_code == 204
    assert (await house.post(path, {"AnsweredBy": "<b>"})).status_code == 400


async def test_an_extension_is_keyed_before_the_whisper(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", {f'"{LONESTAR}"': f'"{LONESTAR},42#,,"', **SHORT_BILLS})
    async with open_house(tmp_path, flows) as house:
        script = ActScript().waits_until_prompt_ends().presses("").waits_until_prompt_ends().presses("1")
        house.carrier.buyer(LONESTAR, BuyerPhone("answers", 0.3, script.waits(4).hangs_up()))
        await house.call(keys())
        (buyer,) = house.carrier.buyer_calls
        assert keys_heard(buyer.heard.audio()) == "42#"
        (leg,) = (await house.shown())["legs"]
        assert (leg["to"], leg["extension"], leg["outcome"]) == (LONESTAR, ",42#,,", "completed")
        assert leg["answered_at_ms"] < leg["keyed_at_ms"] < leg["accepted_at_ms"]
        assert await house.all_replay() == 1


async def test_a_desk_is_reached_at_its_sip_address(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", {f'"{DESK}"': f'"{SIP_DESK}"'})
    async with open_house(tmp_path, flows) as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.busy())
        house.carrier.buyer(REDRIVER, BuyerPhone.busy())
        house.carrier.buyer(SIP_DESK, BuyerPhone.answers(after_s=0.2, presses=[], talk_s=2))
        await house.call(keys())
        desk = (await house.shown())["legs"][-1]
        assert (desk["buyer"], desk["to"], desk["outcome"]) == (None, SIP_DESK, "completed")
        assert house.carrier.complaints == ()


async def test_keys_of_a_talk_are_heard_by_the_other_and_kept_as_presses_alone(house: House) -> None:
    script = ActScript().waits_until_prompt_ends().presses("1").waits(3).presses("12#").waits(4).hangs_up()
    house.carrier.buyer(LONESTAR, BuyerPhone("answers", 0.3, script))
    caller = Caller.keys(ANSWERS, voice=caller_voice()).listens_until(
        lambda heard: keys_heard(heard).endswith("#"), "the buyer's keys"
    )
    call = await house.call(caller.presses("7"))
    (buyer,) = house.carrier.buyer_calls
    assert keys_heard(call.heard.audio()) == "12#"
    assert keys_heard(buyer.heard.audio()) == "7"
    shown = await house.shown()
    (leg,) = shown["legs"]
    assert leg["keys_pressed"] == 4
    assert [(each["by"], each["key"]) for each in leg["keys"]] == [("callee", "")] * 3 + [("caller", "")]
    journal = [entry.event for entry in await house.engine.store.journal(shown["call"])]
    talk = journal[next(at for at, event in enumerate(journal) if isinstance(event, LegBridged)) :]
    assert not [event for event in talk if isinstance(event, KeyPressed)]
    assert {event.key for event in talk if isinstance(event, TalkKeyPressed)} == {""}
    assert await house.all_replay() == 1


async def test_the_keys_themselves_are_kept_where_the_flow_says_so(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", {ACCEPT: f"{ACCEPT}\n    keep_keys: true", **SHORT_BILLS})
    async with open_house(tmp_path, flows) as house:
        script = (
            ActScript().waits_until_prompt_ends().presses("1").waits(3).presses("12#").waits(4).hangs_up()
        )
        house.carrier.buyer(LONESTAR, BuyerPhone("answers", 0.3, script))
        await house.call(keys())
        (leg,) = (await house.shown())["legs"]
        assert "".join(each["key"] for each in leg["keys"]) == "12#"


async def test_a_buyer_who_is_still_asked_hears_that_the_caller_has_gone(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", {ACCEPT: 'accept: {key: "1", timeout: 60s}'})
    async with open_house(tmp_path, flows) as house:
        waiting = ActScript().waits_until_prompt_ends().presses("5").waits_until_prompt_ends().waits(30)
        house.carrier.buyer(LONESTAR, BuyerPhone("answers", 0.3, waiting.hangs_up()))
        await house.call(Caller.keys(ANSWERS).waits(8).hangs_up())
        (buyer,) = house.carrier.buyer_calls
        assert (buyer.handset.prompts_ended, buyer.ended_by) == (2, "engine")
        shown = await house.shown()
        (leg,) = shown["legs"]
        assert (leg["outcome"], leg["ended_by"], shown["ended_by"]) == ("noanswer", "caller", "caller")
        assert (
            leg["detail"]
            == "the caller hung up before the call was taken; the buyer was to be told so before its leg ended"
        )
        assert house.open_legs() == []
        assert await house.all_replay() == 1
