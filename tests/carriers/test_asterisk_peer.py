"""Calls over a real Asterisk: telephones by SIP and RTP, the dialplan of our documentation, an engine in real time."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import wave
from array import array
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.media import mulaw
from tests.journeys.journey_world import SHORT_BILLS, network
from tests.journeys.other_process import Served, environment, kept, served
from tests.peers.asterisk_peer import AsteriskPeer, asterisk, free_port, is_installed
from tests.peers.talking import Telephone, likeness, noise, telephone
from tests.spoken import words
from tests.waiting import until

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(not is_installed(), reason="no Asterisk (make peers), or not root"),
    pytest.mark.skipif(
        importlib.util.find_spec("pjsua2") is None, reason="no telephone: pip install pjsua2-python"
    ),
]

OWN = "15125550123"
LONESTAR, REDRIVER, DESK = "15550111", "15550112", "15550199"
ZIP = [[1.5 + 0.3 * at, digit] for at, digit in enumerate("78701")]
ANSWERS = [*ZIP, [5.0, "2"], [7.0, "1"]]
ACCEPTS = {"keys": [[1.5, "1"]]}
SPOKEN = "seven eight seven oh one"
PATIENCE_S = 240
LIKE, UNLIKE = 0.5, 0.3


@dataclass
class RealHouse:
    """A running engine and the Asterisk before it."""

    engine: Served
    peer: AsteriskPeer
    folder: Path

    def caller(self, **conduct: Any) -> contextlib.AbstractAsyncContextManager[Telephone]:
        return telephone(
            self.folder / "caller",
            port=free_port(socket.SOCK_DGRAM),
            rtp=37000,
            own=OWN,
            call=f"sip:+15550100@127.0.0.1:{self.peer.sip}",
            conduct=conduct,
        )

    def buyers(self, answers: dict[str, Any]) -> contextlib.AbstractAsyncContextManager[Telephone]:
        return telephone(self.folder / "buyers", port=self.peer.buyers, rtp=38000, answers=answers)

    async def shown(self) -> dict[str, Any]:
        """The one call, once it is over and told of."""

        async def is_over() -> bool:
            calls = await kept(self.folder)
            return bool(calls) and calls[0]["ended_at"] is not None

        await until(is_over)
        (shown,) = await kept(self.folder)
        return shown


@contextlib.asynccontextmanager
async def real_house(folder: Path, **more: str) -> AsyncIterator[RealHouse]:
    """The engine is a process of its own: real time is not for the tests' loop."""
    http, media = free_port(), free_port()
    peer = AsteriskPeer(f"http://127.0.0.1:{http}", f"ws://127.0.0.1:{media}")
    told = {f"CORDBOARD_{name.upper()}": value for name, value in peer.settings.items()}
    env = environment(folder, "http://127.0.0.1:9") | told | more
    env |= {"CORDBOARD_HTTP": f"127.0.0.1:{http}", "CORDBOARD_MEDIA": f"127.0.0.1:{media}"}
    flows = network(folder / "flows", SHORT_BILLS)
    sounds = {"cordboard-cut_off": mulaw_of(noise(folder / "cut_off.wav", 9))}
    async with (
        asterisk(peer, sounds),
        served("tests.journeys.serving", str(flows), "1", "400", env=env) as engine,
    ):
        yield RealHouse(engine, peer, folder)


def mulaw_of(path: str) -> bytes:
    with wave.open(path) as sound:
        return mulaw.encode(array("h", sound.readframes(sound.getnframes())))


def wav(path: Path, samples: array[int]) -> str:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(samples.tobytes())
    return str(path)


def outcomes(shown: dict[str, Any]) -> list[tuple[str, str]]:
    return [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]]


async def test_who_is_busy_leads_to_the_next_who_is_joined_and_billed(tmp_path: Path) -> None:
    callers, buyers = noise(tmp_path / "caller.wav", 1), noise(tmp_path / "buyer.wav", 2)
    answers = {LONESTAR: {"code": 486}, REDRIVER: ACCEPTS | {"say": buyers, "talk": 12}}
    async with (
        real_house(tmp_path) as house,
        house.buyers(answers) as buyer,
        house.caller(keys=ANSWERS, say=callers) as caller,
    ):
        await caller.over(PATIENCE_S)
        shown = await house.shown()
    assert [each["number"] for each in buyer.told if each["what"] == "rings"] == [LONESTAR, REDRIVER]
    assert outcomes(shown) == [("lonestar", "busy"), ("redriver", "completed")]
    assert [one["reason"] for one in shown["verdicts"]] == ["billable"]
    assert shown["legs"][1]["ended_by"] == "buyer"
    assert likeness(caller.heard(OWN), buyers) > LIKE
    assert likeness(buyer.heard(REDRIVER), callers) > LIKE
    assert likeness(buyer.heard(REDRIVER), buyers) < UNLIKE


async def test_who_refuses_and_who_does_not_answer_lead_on(tmp_path: Path) -> None:
    answers = {LONESTAR: {"code": 603}, REDRIVER: {"after": 600}, DESK: {"talk": 5}}
    async with (
        real_house(tmp_path) as house,
        house.buyers(answers),
        house.caller(keys=ANSWERS) as caller,
    ):
        await caller.over(PATIENCE_S)
        shown = await house.shown()
    assert outcomes(shown) == [("lonestar", "busy"), ("redriver", "noanswer"), (None, "completed")]


async def test_a_zip_is_understood_by_voice(tmp_path: Path) -> None:
    said = mulaw.decode(b"\xff" * 16_000 + (await words(SPOKEN))[SPOKEN] + b"\xff" * 8000 * 120)
    async with (
        real_house(tmp_path, CORDBOARD_SPEECH="auto") as house,
        house.buyers({LONESTAR: ACCEPTS | {"talk": 8}}),
        house.caller(keys=[[14.0, "2"], [17.0, "1"]], say=wav(tmp_path / "zip.wav", said)) as caller,
    ):
        await caller.over(PATIENCE_S)
        shown = await house.shown()
    assert (shown["answers"]["zip"]["value"], shown["answers"]["zip"]["mode"]) == ("78701", "voice")
    assert outcomes(shown) == [("lonestar", "completed")]


async def test_a_caller_whose_engine_dies_hears_that_he_was_cut_off(tmp_path: Path) -> None:
    async with real_house(tmp_path) as house, house.caller() as caller:
        await caller.until(lambda each: each.get("state") == "CONFIRMED", PATIENCE_S)
        await until(lambda: "answered PJSIP" in house.peer.log)
        await house.engine.killed()
        await caller.over(PATIENCE_S)
        assert likeness(caller.heard(OWN), str(tmp_path / "cut_off.wav")) > LIKE
