"""What breaks around a call (the carrier's REST side, the voice, the record) is survived, and said."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.core.commands import AskModel, Command, EndLeg, LookUp, Ping, Play, Survey, TellBuyer
from engine.core.events import CommandFailed, Event, KeyPressed, LegBridged, LegRinging
from engine.core.machine import CallMachine
from engine.media.synthesiser import VoiceFailed
from engine.rehearsal.loopback import BuyerPhone, Caller
from engine.runtime.legs.leg import DialledLeg
from engine.runtime.outward.errands import Errands
from tests.journeys.journey_world import (
    LONESTAR,
    SHORT_BILLS,
    House,
    ToneVoice,
    answering,
    keys,
    network,
    open_house,
)
from tests.waiting import until

NOBODY_LISTENS = "http://127.0.0.1:9"


class HoarseVoice(ToneVoice):
    """Cannot say one text: what a synthesiser's own limits look like from outside."""

    async def render(self, text: str, language: str) -> bytes:
        if "seven eight seven" in text:
            raise VoiceFailed("hoarse today")
        return await super().render(text, language)


class DyingVoice(ToneVoice):
    """A voice whose disk or pipe fails with an error of the system's."""

    async def render(self, text: str, language: str) -> bytes:
        if "seven eight seven" in text:
            raise OSError("no space left on device")
        return await super().render(text, language)


class BreakingVoice(ToneVoice):
    """Has a bug of its own, from a moment on: whoever asks for what it has said before meets it."""

    is_broken = False

    @property
    def version(self) -> str:
        if self.is_broken:
            raise RuntimeError("a mistake of ours")
        return "1"


async def test_a_command_that_raises_ends_its_call_with_an_apology_and_a_fault(tmp_path: Path) -> None:
    voice = BreakingVoice()
    async with open_house(tmp_path, network(tmp_path / "flows", SHORT_BILLS), voice=voice) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=None))
        commanded: list[str] = []
        house.engine.watch(
            lambda _, event, commands: commanded.extend(
                str(command.items) for command in commands if isinstance(command, Play)
            )
        )

        def breaks(call: str, event: Event, commands: Sequence[Command]) -> None:
            voice.is_broken = voice.is_broken or isinstance(event, KeyPressed)

        house.engine.watch(breaks)
        await house.call(keys())
        assert house.engine.calls == {}
        assert house.open_legs() == []
        shown = await house.shown()
        assert {fault["code"] for fault in shown["faults"]} == {"command_failed"}
        assert "RuntimeError: a mistake of ours" in str(shown["faults"][0])
        assert shown["ended_by"] == "error"
        assert "Sound(name='sorry')" in commanded[-1]
        assert {state for _, state in house.reservations()} <= {"freed"}
        assert await house.all_replay() == 1


async def test_a_caller_is_hung_up_by_the_document_when_the_rest_side_is_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows, twilio_api_url=NOBODY_LISTENS) as house:
        await house.call(keys())
        shown = await house.shown()
        assert {leg["outcome"] for leg in shown["legs"]} == {"failed"}
        assert [step["node"] for step in shown["path"]][-1] == "closed"
        assert shown["ended_by"] == "flow"
        assert len(await house.engine.store.calls(10)) == 1  # the caller was not brought back
        verbs = [one.detail for one in house.carrier.happenings if one.what == "verb_run"]
        assert verbs[-1] == "Hangup"
    assert any("the carrier was not told to hang up" in line for line in caplog.messages)


@pytest.mark.parametrize("voice", [HoarseVoice(), DyingVoice()], ids=["the voice", "the system"])
async def test_a_prompt_that_cannot_be_spoken_is_a_fault_and_the_call_goes_on(
    tmp_path: Path, voice: ToneVoice
) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows", SHORT_BILLS), voice=voice) as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.answers(after_s=0.2, presses=[(1.0, "1")], talk_s=3))
        await house.call(keys())
        shown = await house.shown()
        assert [fault["where"] for fault in shown["faults"]] == ["prompt"]
        assert shown["ended_by"] == "flow"
        assert [leg["outcome"] for leg in shown["legs"]] == ["completed"]
        assert [entry["amount"] for entry in shown["ledger"]] == ["45.00", "30.00"]


async def test_a_call_that_another_worker_took_is_let_go_in_the_world(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=None))
    bridged = asyncio.Event()
    house.engine.watch(lambda call, event, commands: type(event).__name__ == "LegBridged" and bridged.set())
    house.begin(keys())
    await bridged.wait()
    (call,) = house.engine.calls
    await house.engine.store.flush(call)
    with contextlib.closing(sqlite3.connect(house.folder / "cordboard.db", timeout=60)) as database, database:
        database.execute("UPDATE calls SET life = 'another'")
    (buyer,) = house.carrier.buyer_calls
    buyer.end("buyer")
    await house.quiet()
    assert house.open_legs() == []
    shown = await house.shown()
    assert shown["ended_by"] is None  # it is the other worker's to close
    assert shown["ledger"] == []


async def test_a_buyer_who_is_rung_for_a_caller_who_left_is_hung_up_on(house: House) -> None:
    house.carrier.buyer(LONESTAR, BuyerPhone.answers(after_s=0.0, talk_s=None))
    dialled = asyncio.Event()
    house.carrier.on_event(lambda happening: happening.what == "call_requested" and dialled.set())
    call = house.begin(Caller().presses("7870121"))
    await dialled.wait()
    call.end("caller")
    await house.quiet()
    assert house.open_legs() == []
    assert (await house.shown())["ended_by"] == "caller"


async def breaks(*_: object) -> None:
    raise RuntimeError("a mistake of ours")


ERRANDS: dict[str, Command] = {
    "ping": Ping("p1", "roofing", 1_000, "512", ()),
    "look_up": LookUp("q1", "ask_zip", "get", "http://x", (), {}, {}, "", 0, 1_000),
    "ask_model": AskModel(
        *("m#1", "m", 1, "m", "en-US", ""),
        forms=(),
        exits={},
        known=(),
        lines=(),
        most_words=1,
        timeout_ms=1_000,
    ),
    "tell": TellBuyer("buyer-1", "lonestar", "roofing", 0, "http://x", 1_000, "", ()),
    "survey": Survey("roofing"),
    "end": EndLeg("buyer-1"),
}


@pytest.mark.parametrize("errand", ERRANDS)
async def test_a_command_that_takes_time_and_raises_ends_its_call_with_a_fault(
    house: House, monkeypatch: pytest.MonkeyPatch, errand: str
) -> None:
    monkeypatch.setattr(DialledLeg if errand == "end" else Errands, errand, breaks)
    house.carrier.buyer(LONESTAR, answering(talk_s=None))
    told: list[Event] = []
    house.engine.watch(lambda call, event, commands: told.append(event))
    receive = CallMachine.receive

    def received(machine: CallMachine, event: Event) -> list[Command]:
        commands = receive(machine, event)
        return [*commands, ERRANDS[errand]] if isinstance(event, LegBridged) else commands

    monkeypatch.setattr(CallMachine, "receive", received)
    house.begin(keys())
    await until(lambda: any(isinstance(event, CommandFailed) for event in told))
    for buyer in house.carrier.buyer_calls:
        buyer.end("buyer")  # who could not be told
    await house.quiet()
    assert house.engine.calls == {}
    shown = await house.shown()
    assert {fault["code"] for fault in shown["faults"]} == {"command_failed"}
    assert shown["ended_by"] == "error"


async def test_a_watcher_that_raises_costs_the_call_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def falls_asleep(call: str, event: Event, commands: Sequence[Command]) -> None:
        raise RuntimeError("a mistake of the watcher")

    house.engine.watch(falls_asleep)
    house.carrier.buyer(LONESTAR, answering(talk_s=5))
    await house.call(keys())
    shown = await house.shown()
    assert (shown["faults"], [one["kind"] for one in shown["ledger"]]) == ([], ["revenue", "payout"])
    assert any("a watcher failed" in line for line in caplog.messages)


async def test_a_phone_that_rings_for_a_dead_workers_call_is_ended(house: House, tmp_path: Path) -> None:
    house.carrier.buyer(LONESTAR, BuyerPhone.noanswer())
    rings = asyncio.Event()
    house.engine.watch(lambda call, event, commands: isinstance(event, LegRinging) and rings.set())
    call = house.begin(keys())
    await rings.wait()
    (name,) = house.engine.calls
    await until(lambda: house.engine.store.carrier_desk.names(name))
    with contextlib.closing(sqlite3.connect(tmp_path / "cordboard.db", timeout=60)) as database, database:
        database.execute("UPDATE calls SET life = 'dead', lease_until = 0")
    carrier_url = house.carrier.api_url
    async with open_house(tmp_path, tmp_path / "flows", worker="other", twilio_api_url=carrier_url):
        (buyer,) = house.carrier.buyer_calls
        await until(lambda: buyer.is_over)
    assert (buyer.status, buyer.ended_by) == ("canceled", "engine")
    call.end("caller")
    await house.quiet()
