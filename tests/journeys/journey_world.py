"""What the journeys work with: an engine with a voice of tones, a carrier on loopback, and the roofing network.

Both sides keep time at the same speed, so that a minute's talk takes seconds. Everything between them goes
over real sockets, and everything kept is in a real SQLite file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import httpx
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect

from engine.accounts.revisions import kept_revision
from engine.core.replay import replay
from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier, PhoneCall, tone
from engine.runtime.clock import Clock
from engine.runtime.engine import Engine
from engine.runtime.settings import Settings
from engine.store.databases.sqlite import path_of
from engine.web.serving import open_engine
from tests.shown import show_json

ACCOUNT = "AC" + "1" * 32
TOKEN = "the-account's-secret"
CALLER = "+15125550123"
CALLED = "+15550100"
LONESTAR, REDRIVER, DESK = "+15550111", "+15550112", "+15550199"
ANSWERS = ["78701", "2", "1"]
SPEED = 8.0
SHORT_BILLS = {"after: 90s": "after: 2s"}

ROOFING = Path(__file__).parents[2] / "examples" / "flows" / "roofing"

ALL_AT_ONCE = "".join(ANSWERS)
"""A caller who knows the questions may key everything while the first prompt plays."""


class ToneVoice:
    """Speaks each text as a short tone: a real sound of a real length, made at once."""

    name = "tones"
    version = "1"
    hz = 440

    def __init__(self, length_ms: int = 400) -> None:
        self._length_ms = length_ms

    async def render(self, text: str, language: str) -> bytes:
        return tone(self.hz, self._length_ms)


def network(folder: Path, changes: Mapping[str, str] | None = None) -> Path:
    """A copy of the roofing network with each of these texts replaced wherever it stands."""
    folder.mkdir(parents=True, exist_ok=True)
    changes = changes or {}
    originals = {
        path.name: path.read_text() for path in ROOFING.glob("*.yaml") if ".stories." not in path.name
    }
    for old in changes:
        assert any(old in content for content in originals.values()), f"the roofing network has no {old!r}"
    for name, original in originals.items():
        changed = original
        for old, new in changes.items():
            changed = changed.replace(old, new)
        (folder / name).write_text(changed)
    return folder


def settings(folder: Path, carrier_url: str, **more: Any) -> Settings:
    """An engine's settings with everything of it under `folder`, on ports that the system picks."""
    known: dict[str, Any] = {
        "db": f"sqlite:///{folder / 'cordboard.db'}",
        "http": "127.0.0.1:0",
        "media": "127.0.0.1:0",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_api_url": carrier_url,
        "cache_dir": folder / "prompts",
        "speech": "off",  # at eight times the speed nobody is understood
    }
    return Settings(**{**known, **more})


def signature(url: str, form: Mapping[str, str]) -> dict[str, str]:
    """The header by which Twilio signs a webhook."""
    return {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, dict(form))}


def voice_form(
    carrier_call: str = "CA" + "a" * 32, caller: str = CALLER, called: str = CALLED
) -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "CallSid": carrier_call,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": caller,
        "To": called,
    }


@dataclass
class House:
    """A running engine and the carrier that it serves."""

    engine: Engine
    carrier: LoopbackCarrier
    folder: Path

    @property
    def voice_url(self) -> str:
        return f"http://{self.engine.http_address}/carriers/twilio/voice"

    async def call(self, caller: Caller, from_: str = CALLER, to: str = CALLED) -> PhoneCall:
        """A whole call; returns when both sides are done with it and everything is kept."""
        call = await self.carrier.call(from_, to, caller, voice_url=self.voice_url)
        await self.quiet()
        return call

    def begin(self, caller: Caller, from_: str = CALLER, to: str = CALLED) -> PhoneCall:
        return self.carrier.begin_call(from_, to, caller, voice_url=self.voice_url)

    async def quiet(self) -> None:
        """Until no call is up on either side."""
        await self.carrier.settled()
        while self.engine.calls:
            await asyncio.wait([live.finished for live in self.engine.calls.values()])

    async def shown(self, carrier_call: str = "") -> dict[str, Any]:
        """`cordboard show --json` of the newest call, or of the newest of this carrier call."""
        for summary in await self.engine.store.calls(1000):
            if carrier_call in ("", summary.record.carrier_call):
                return await self.shown_by_name(summary.record.call)
        raise AssertionError(f"no call {carrier_call!r} is kept")

    async def shown_by_name(self, call: str) -> dict[str, Any]:
        view = await self.engine.store.call(call)
        assert view is not None
        return show_json(view)

    async def post(self, path: str, form: Mapping[str, str], *, signed: bool = True) -> httpx.Response:
        """A webhook, as Twilio would send it."""
        url = f"http://{self.engine.http_address}{path}"
        async with httpx.AsyncClient(verify=False) as http:
            return await http.post(url, data=dict(form), headers=signature(url, form) if signed else {})

    async def get(self, path: str, token: str | None = None) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(verify=False) as http:
            return await http.get(f"http://{self.engine.http_address}{path}", headers=headers)

    def reservations(self) -> list[tuple[str, str]]:
        return reservations(self.engine.settings.db)

    def open_legs(self) -> list[str]:
        """Calls that are still up at the carrier."""
        return [f"{call.to}: {call.status}" for call in self.carrier.calls.values() if not call.is_over]

    async def all_replay(self) -> int:
        """Every call of the store gives its own commands again; how many there are."""
        summaries = await self.engine.store.calls(1_000_000)
        for summary in summaries:
            revision = await kept_revision(self.engine.store, summary.record.revision)
            assert revision is not None
            journal = await self.engine.store.journal(summary.record.call)
            assert replay(journal, revision).difference is None
        return len(summaries)


def reservations(db: str) -> list[tuple[str, str]]:
    """Every reservation with its state, read beside the engine, as with any SQLite tool."""
    with contextlib.closing(sqlite3.connect(path_of(db))) as database:
        return database.execute("SELECT reservation, state FROM reservations ORDER BY made_at, 1").fetchall()


@contextlib.asynccontextmanager
async def open_house(
    folder: Path,
    flows: Path,
    *,
    speed: float = SPEED,
    voice: ToneVoice | None = None,
    patience_s: float = 60,
    **more: Any,
) -> AsyncIterator[House]:
    """An engine that serves `flows` and a carrier, until the block is left.

    People give up who heard nothing for `patience_s`.
    """
    longest_s = 4 * patience_s
    async with LoopbackCarrier(
        ACCOUNT, TOKEN, speed=speed, patience_s=patience_s, longest_call_s=longest_s
    ) as carrier:
        chosen = settings(folder, carrier.api_url, **more)
        clock = Clock(speed, asyncio.get_running_loop().time)
        async with await open_engine(chosen, flows, clock=clock, voice=voice or ToneVoice()) as engine:
            yield House(engine, carrier, folder)


def answering(talk_s: float | None = 5.0) -> BuyerPhone:
    """A buyer who takes the call and talks."""
    return BuyerPhone.answers(after_s=0.5, talk_s=talk_s)


def keys(*groups: str) -> Caller:
    """A caller who hears each question out and keys its answer; without groups, those of a good lead."""
    return Caller.keys(groups or ANSWERS)


def stream_of(document: str) -> tuple[str, dict[str, str]]:
    """The stream's URL and parameters that a TwiML document asks for."""
    stream = Xml.fromstring(document).find("./Connect/Stream")
    assert stream is not None, document
    return stream.get("url", ""), {
        one.get("name", ""): one.get("value", "") for one in stream.findall("Parameter")
    }


def start_message(carrier_call: str, parameters: Mapping[str, str], stream: str = "MZ" + "2" * 32) -> str:
    start = {
        "accountSid": ACCOUNT,
        "streamSid": stream,
        "callSid": carrier_call,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": dict(parameters),
    }
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": start, "streamSid": stream})


async def open_stream(document: str, carrier_call: str) -> ClientConnection:
    """The stream that a document asks for, opened and started as Twilio does."""
    url, parameters = stream_of(document)
    socket = await connect(url, compression=None, proxy=None, additional_headers=signature(url, {}))
    await socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
    await socket.send(start_message(carrier_call, parameters))
    return socket
