"""A caller of one carrier and a buyer of another: the engine joins them, and each hears what the other says."""

from __future__ import annotations

import asyncio
import contextlib
from array import array
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from engine.media import mulaw
from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier, PhoneCall
from engine.rehearsal.loopback.playing import PARTS
from engine.runtime.clock import Clock
from engine.runtime.settings import Settings
from engine.web.serving import open_engine
from tests.journeys.journey_world import (
    ANSWERS,
    LONESTAR,
    SHORT_BILLS,
    House,
    ToneVoice,
    network,
)

SPEED = 2.0
ALIKE = 0.95
CALLED = '"+15550100": {campaign: roofing,'
OTHER = '"+15550101": {campaign: roofing_form,'
BUYER = "  lonestar:\n"

Sound = npt.NDArray[np.float64]


def noise(seed: int, seconds: float = 6.0) -> bytes:
    """A voice that never repeats within its length."""
    loud = np.random.default_rng(seed).standard_normal(round(seconds * mulaw.RATE_HZ)) * 3000
    return mulaw.encode(array("h", loud.clip(-30_000, 30_000).astype(np.int16).tobytes()))


def samples(sound: bytes) -> Sound:
    return np.asarray(mulaw.decode(sound), dtype=np.float64)


def likeness(heard: bytes, said: bytes) -> float:
    """The best normalised correlation of a half second that was heard with what was said again and again."""
    voice, ear, size = samples(said + said), samples(heard), mulaw.RATE_HZ // 2
    energy = np.cumsum(np.concatenate([[0.0], voice**2]))
    loud = np.sqrt(np.maximum(energy[size:] - energy[:-size], 1.0))
    spectrum = np.fft.rfft(voice)
    best = 0.0
    for at in range(0, len(ear) - size, size // 2):
        piece = ear[at : at + size]
        matched = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, len(voice))), len(voice))
        found = matched[: len(loud)] / (loud * max(1.0, float(np.linalg.norm(piece))))
        best = max(best, float(found.max()))
    return best


@dataclass
class JoinedHouse(House):
    """`carrier` is the callers'."""

    buyers: LoopbackCarrier

    @property
    def voice_url(self) -> str:
        return self.engine.public_url + self.carrier.part.voice_path

    async def quiet(self) -> None:
        await self.buyers.settled()
        await super().quiet()


@contextlib.asynccontextmanager
async def joined(
    callers: str, buyers: str, folder: Path, changes: dict[str, str]
) -> AsyncIterator[JoinedHouse]:
    """An engine that has both carriers."""
    limits: dict[str, Any] = {"speed": SPEED, "patience_s": 120, "longest_call_s": 240}
    async with (
        LoopbackCarrier(part=PARTS[callers](), **limits) as theirs,
        LoopbackCarrier(part=PARTS[buyers](), **limits) as others,
    ):
        settings: dict[str, Any] = {
            "db": f"sqlite:///{folder / 'cordboard.db'}",
            "http": "127.0.0.1:0",
            "media": "127.0.0.1:0",
            "cache_dir": folder / "prompts",
            "speech": "off",
            **others.settings,
            **theirs.settings,
        }
        flows = network(folder / "flows", SHORT_BILLS | changes)
        clock = Clock(SPEED, asyncio.get_running_loop().time)
        async with await open_engine(Settings(**settings), flows, clock=clock, voice=ToneVoice()) as engine:
            yield JoinedHouse(engine, theirs, folder, others)


def at(carrier: str, other: str) -> dict[str, str]:
    """The network's numbers, one at each carrier."""
    return {CALLED: f"{CALLED} carrier: {carrier},", OTHER: f"{OTHER} carrier: {other},"}


async def talked(house: JoinedHouse, caller: bytes, buyer: bytes) -> tuple[PhoneCall, PhoneCall]:
    """A call in which both sides talk at once; the caller's and the buyer's."""
    house.buyers.buyer(LONESTAR, BuyerPhone.answers(after_s=0.5, talk_s=6.0, audio=buyer))
    call = await house.call(Caller.keys(ANSWERS).talks(caller))
    (rung,) = [each for each in house.buyers.buyer_calls if each.to == LONESTAR]
    return call, rung


@pytest.mark.parametrize(
    ("callers", "buyers", "named"),
    [
        pytest.param("twilio", "telnyx", True, id="twilio to telnyx"),
        pytest.param("genesys", "twilio", False, id="genesys to twilio"),
        pytest.param("exotel", "twilio", True, id="exotel to twilio"),
    ],
)
async def test_the_relay_joins_two_carriers_and_both_are_heard(
    callers: str, buyers: str, named: bool, tmp_path: Path
) -> None:
    changes = at(callers, buyers)
    if named:  # a carrier that dials calls the buyer itself, unless another is named
        changes[BUYER] = f"{BUYER}    carrier: {buyers}\n"
    one, other = noise(1), noise(2)
    async with joined(callers, buyers, tmp_path, changes) as house:
        call, rung = await talked(house, one, other)
        shown = await house.shown()
    assert shown["carrier"] == callers
    assert [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]] == [("lonestar", "completed")]
    assert (house.carrier.complaints, house.buyers.complaints) == ((), ())
    assert rung.from_ == "+15550101", "the number at the buyer's carrier is shown"
    assert likeness(rung.heard.audio(), one) > ALIKE
    assert likeness(call.heard.audio(), other) > ALIKE


async def test_callers_of_a_carrier_that_dials_nobody_are_a_finding(tmp_path: Path) -> None:
    async with joined("genesys", "twilio", tmp_path, {}) as house:
        (finding,) = house.engine.dialler.findings()
    assert "callers of genesys can't be passed on" in finding


async def test_a_buyer_at_a_carrier_that_dials_nobody_is_a_finding(tmp_path: Path) -> None:
    changes = {**at("genesys", "twilio"), BUYER: f"{BUYER}    carrier: genesys\n"}
    async with joined("genesys", "twilio", tmp_path, changes) as house:
        (finding,) = house.engine.dialler.findings()
    assert "buyer 'lonestar' can't be called" in finding
