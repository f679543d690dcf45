"""Two tabs of a real Chromium call each other through the engine: one says and keys, the other answers.

Each has a microphone of its own, a WAV. What a tab sent and what it received are its websocket's own frames.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli.phone import page_of
from engine.core.events import CallerHungUp, Event
from engine.core.stream_events import StreamLost
from engine.media.speech.samples import to_pcm
from engine.rehearsal.loopback import tone
from engine.runtime.engine import Engine
from tests.carriers.browser_world import phone
from tests.journeys.journey_world import CALLED, LONESTAR
from tests.shown import show_json
from tests.spoken import words
from tests.waiting import until

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.async_api")
pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]

ZIP = "seven eight seven zero one"
RATE_HZ = 48_000
PIECE = 4_000  # of the sound at 8 kHz: half a second


@dataclass
class Tab:
    """A page, and what its calls' websockets carried: mu-law, and the last JSON."""

    page: Any
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    faults: list[str] = field(default_factory=list)

    def listen(self) -> Tab:
        def keep(into: bytearray) -> Callable[[bytes | str], None]:
            return lambda payload: into.extend(payload) if isinstance(payload, bytes) else None

        def opened(socket: Any) -> None:
            socket.on("framesent", keep(self.sent))
            socket.on("framereceived", keep(self.received))

        self.page.on("websocket", opened)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        return self

    async def says(self, pane: str, text: str) -> None:
        """Wait until the pane's status line says so."""
        await playwright.expect(self.page.locator(f"#{pane} .status")).to_contain_text(text, timeout=240_000)

    async def click(self, pane: str, act: str) -> None:
        await self.page.locator(f"#{pane} [data-act={act}]").click()

    async def press(self, pane: str, keys: str) -> None:
        for key in keys:
            await self.page.locator(f"#{pane} .keypad").get_by_text(key, exact=True).click()


def samples(mulaw: bytes) -> Any:
    return np.frombuffer(to_pcm(mulaw), "<i2").astype(float)


def microphone(path: Path, mulaw: bytes) -> Path:
    """A WAV as Chromium takes it for a microphone, from mu-law at 8 kHz."""
    said = samples(mulaw)
    at = np.arange(len(said) * RATE_HZ // 8000) * 8000 / RATE_HZ
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.interp(at, np.arange(len(said)), said).astype("<i2").tobytes())
    return path


@contextlib.asynccontextmanager
async def tab(folder: Path, said: Path | None, address: str) -> AsyncIterator[Tab]:
    """A Chromium with this microphone, or without any, that shows the page."""
    heard = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    flags = () if said is None else (*heard, f"--use-file-for-fake-audio-capture={said}")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *flags]
        )
        page = await browser.new_page()
        found = Tab(page).listen()
        await page.goto(address)
        yield found
        await browser.close()


def likeness(sent: bytes, received: bytes) -> float:
    """How like what was received is to half a second of what was sent, wherever it is in there, 0 to 1: of all
    such pieces the likest, for a busy engine leaves out what comes too late."""
    said, heard = samples(sent), samples(received)
    size = 1 << int(np.ceil(np.log2(len(said) + len(heard))))
    spectrum = np.fft.rfft(heard, size)
    energy = np.convolve(heard**2, np.ones(PIECE), "valid")
    likest = 0.0
    for piece in said[: len(said) // PIECE * PIECE].reshape(-1, PIECE):
        loud = float(piece @ piece)
        if loud < PIECE * 100.0**2:
            continue  # silence is like any silence
        shared = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)[: len(energy)]
        likest = max(likest, float((shared / np.sqrt(np.maximum(energy, loud / 100) * loud)).max()))
    return likest


def ledger(folder: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(folder / "cordboard.db")) as file:
        return [line for line in file.iterdump() if 'INTO "ledger' in line]


async def in_talk(caller: Tab, buyer: Tab, engine: Engine) -> None:
    """From the first question to the talk: a ZIP that is said, or keyed, and keys."""
    await caller.click("caller", "dial")
    await caller.says("caller", "In a call")
    (live,) = await until(lambda: list(engine.calls.values()))

    def asks(answer: str) -> Callable[[], bool]:
        return lambda: live.machine.call is not None and live.machine.call.node == f"ask_{answer}"

    await until(asks("need"))
    await caller.press("caller", "2")
    await until(asks("insurance"))
    await caller.press("caller", "1")
    await buyer.says("buyer", "A call from")
    await buyer.click("buyer", "accept")
    await buyer.says("buyer", "In a call from")
    bridged: Callable[[], Awaitable[bool] | bool] = lambda: any(  # noqa: E731
        leg.bridged_at is not None for leg in live.machine.call.legs.values()
    )
    await until(lambda: any(leg.answered_at is not None for leg in live.machine.call.legs.values()))
    await asyncio.sleep(1)
    await buyer.press("buyer", "1")
    await until(bridged)


async def test_a_caller_says_and_keys_and_talks_with_a_buyer(tmp_path: Path) -> None:
    quiet = b"\xff" * 8000
    zip_said = (await words(ZIP))[ZIP]
    says = microphone(tmp_path / "caller.wav", quiet + zip_said + quiet * 2)  # again and again
    hums = microphone(tmp_path / "buyer.wav", tone(1750, 700) + quiet[:4000] + tone(900, 400) + quiet[:2400])
    async with phone(tmp_path) as engine:
        events: list[Event] = []
        engine.watch(lambda call, event, commands: events.append(event))
        before = ledger(tmp_path)
        address = page_of(engine)
        async with tab(tmp_path, says, address) as caller, tab(tmp_path, hums, address) as buyer:
            await buyer.page.locator("#buyer input").fill(LONESTAR)
            await buyer.click("buyer", "wait")
            await buyer.says("buyer", "Waiting for calls")
            await caller.page.locator("#caller input").fill(CALLED)
            await in_talk(caller, buyer, engine)
            for each in (caller, buyer):
                each.sent.clear()
                each.received.clear()
            await asyncio.sleep(6)
            talks = [(bytes(each.sent), bytes(each.received)) for each in (caller, buyer)]
            await caller.page.close()
            await until(lambda: not engine.calls)
        (name,) = [each.record.call for each in await engine.store.calls(9, practice=True)]
        view = await engine.store.call(name)
        assert view is not None
        shown = show_json(view)
        assert ledger(tmp_path) == before
    assert caller.faults + buyer.faults == []
    assert shown["practice"] is True
    assert shown["carrier"] == "browser"
    assert shown["answers"]["zip"]["value"] == "78701"
    assert [shown["answers"][each]["mode"] for each in ("zip", "need", "insurance")] == [
        "voice",
        "keys",
        "keys",
    ]
    assert shown["verdicts"][0]["revenue"] != "0.00"
    assert (shown["ledger"], shown["ended_by"]) == ([], "caller")
    assert any(isinstance(event, CallerHungUp) for event in events)
    assert not any(isinstance(event, StreamLost) for event in events)  # nobody waited for it to come back
    (caller_sent, caller_received), (buyer_sent, buyer_received) = talks
    assert likeness(caller_sent, buyer_received) > 0.8
    assert likeness(buyer_sent, caller_received) > 0.8
    assert likeness(caller_sent, caller_received) < 0.5  # no echo
    assert likeness(buyer_sent, buyer_received) < 0.5


async def test_a_page_without_a_microphone_calls_with_keys(tmp_path: Path) -> None:
    async with phone(tmp_path, speech="off") as engine, tab(tmp_path, None, page_of(engine)) as caller:
        await caller.page.locator("#caller input").fill(CALLED)
        await caller.click("caller", "dial")
        await caller.says("caller", "In a call")
        await playwright.expect(caller.page.locator("#problem")).to_contain_text("No microphone")
        await caller.press("caller", "78701")
        (live,) = list(engine.calls.values())
        await until(lambda: live.machine.call is not None and "zip" in live.machine.call.answers)
        await caller.click("caller", "end")
        await until(lambda: not engine.calls)
        await caller.says("caller", "Ready to call")
    assert caller.faults == []
