"""Calls through a carrier that others wrote: streamdouble's streams, Twilio's own signatures, a plain REST desk.

`cordboard serve` runs as its own process with its real voice. So what it says and takes is not only what our
own rehearsal carrier thinks of Twilio.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import websockets
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from streamdouble.protocol import StreamIdentity
from streamdouble.scenario import Dtmf, Say, Scenario, Wait, WaitFor
from streamdouble.session import Session, SessionConfig, SessionResult

from engine.rehearsal.loopback import BUYER_HZ, CALLER_HZ, hears_tone, tone
from engine.rehearsal.loopback.serving import RestServer
from tests.journeys.journey_world import (
    ACCOUNT,
    DESK,
    LONESTAR,
    REDRIVER,
    SHORT_BILLS,
    network,
    signature,
    stream_of,
    voice_form,
)
from tests.journeys.other_process import Served, environment, kept, served
from tests.waiting import until

pytestmark = pytest.mark.real_time

FRAME_BYTES = 160


def talking(hz: int, seconds: float) -> Say:
    """A person who talks, as a tone of that pitch."""
    sound = tone(hz, 1000) * int(seconds)
    frames = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound), FRAME_BYTES)]
    return Say(Path("a tone"), frames)


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engine keeps what its voice has said: to say it all takes longer than a call."""
    return tmp_path_factory.mktemp("prompts")


@pytest.fixture(autouse=True)
def signed_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twilio signs its upgrades; streamdouble, which plays Twilio's streams, doesn't."""
    connect = websockets.connect

    def signed(url: str, **more: Any) -> websockets.connect:
        return connect(url, additional_headers=signature(url, {}), **more)

    monkeypatch.setattr("streamdouble.session.websockets.connect", signed)


async def stream(document: str, call: str, *steps: Any) -> SessionResult:
    """The stream that a TwiML document asks for, lived through by a script."""
    url, parameters = stream_of(document)
    config = SessionConfig(custom_parameters=parameters, quiet_period_s=3.0, max_call_s=240)
    identity = StreamIdentity(account_sid=ACCOUNT, call_sid=call)
    return await Session(
        url, scenario=Scenario("a call", list(steps)), config=config, identity=identity
    ).run()


@dataclass
class Desk:
    """Twilio's REST side as a script of ours: what it was asked, and who answers which number."""

    busy: set[str] = field(default_factory=set)
    scripts: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    placed: list[dict[str, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    heard: dict[str, SessionResult] = field(default_factory=dict)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    def application(self) -> FastAPI:
        app = FastAPI()

        @app.post(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json")
        async def create(request: Request) -> JSONResponse:
            form = dict(parse_qsl((await request.body()).decode()))
            self.placed.append({**form, "authorization": request.headers["authorization"]})
            sid = "CA" + secrets.token_hex(16)
            task = asyncio.create_task(self._ring(sid, form))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
            return JSONResponse({"sid": sid, "status": "queued"}, 201)

        @app.post(f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{{sid}}.json")
        async def change(sid: str) -> JSONResponse:
            self.ended.append(sid)
            return JSONResponse({"sid": sid, "status": "completed"})

        return app

    async def _ring(self, sid: str, form: dict[str, str]) -> None:
        await self._report(form, sid, "ringing")
        if form["To"] in self.busy:
            await self._report(form, sid, "busy")
            return
        await self._report(form, sid, "in-progress")
        self.heard[form["To"]] = await stream(form["Twiml"], sid, *self.scripts[form["To"]])
        await self._report(form, sid, "completed")

    async def _report(self, form: dict[str, str], sid: str, status: str) -> None:
        fields = {
            "AccountSid": ACCOUNT,
            "CallSid": sid,
            "CallStatus": status,
            "To": form["To"],
            "From": form["From"],
        }
        url = form["StatusCallback"]
        async with httpx.AsyncClient(verify=False) as http:
            answer = await http.post(url, data=fields, headers=signature(url, fields))
        assert answer.status_code == 204


@contextlib.asynccontextmanager
async def serving(folder: Path, desk: Desk, prompts: Path) -> AsyncIterator[Served]:
    """`cordboard serve` on the roofing network, billed after two seconds, with `desk` as its Twilio."""
    rest = RestServer(desk.application())
    await rest.open()
    try:
        env = environment(folder, rest.url, CORDBOARD_DRAIN_S="0", CORDBOARD_CACHE_DIR=str(prompts))
        flows = str(network(folder / "flows", SHORT_BILLS))
        async with served("engine.cli", "serve", flows, env=env) as engine:
            yield engine
            if desk.running:
                await asyncio.wait(desk.running, timeout=120)
    finally:
        await rest.close()


async def dial_in(engine: Served, call: str, *steps: Any) -> SessionResult:
    """A caller's whole call: the signed webhook, and the stream that its answer asks for."""
    form = voice_form(call)
    async with httpx.AsyncClient(verify=False) as http:
        answer = await http.post(engine.voice_url, data=form, headers=signature(engine.voice_url, form))
    assert answer.status_code == 200
    return await stream(answer.text, call, *steps)


async def record_closed(folder: Path, call: str) -> dict[str, Any]:

    async def closed() -> list[dict[str, Any]]:
        return [one for one in await kept(folder) if one["carrier_call"] == call and one["ended_at"]]

    return (await until(closed))[0]


async def test_a_call_through_a_carrier_written_by_others(tmp_path: Path, prompts: Path) -> None:
    desk = Desk(
        busy={LONESTAR},
        scripts={
            REDRIVER: (WaitFor("audio"), Wait(0.3), Dtmf("1"), talking(BUYER_HZ, 5)),
            DESK: (WaitFor("audio"), Wait(0.5)),
        },
    )
    call = "CA" + "7" * 32
    async with serving(tmp_path, desk, prompts) as engine:
        caller = await dial_in(
            engine,
            call,
            WaitFor("audio"),
            WaitFor("mark"),
            Dtmf("78701"),
            Wait(0.5),
            Dtmf("2"),
            Wait(0.5),
            Dtmf("1"),
            talking(CALLER_HZ, 12),
        )
        shown = await record_closed(tmp_path, call)
        assert await engine.stopped() == 0

    assert caller.violations == []
    assert desk.heard[REDRIVER].violations == []
    assert hears_tone(caller.audio_received, BUYER_HZ)
    assert hears_tone(desk.heard[REDRIVER].audio_received, CALLER_HZ)
    assert [placed["To"] for placed in desk.placed] == [LONESTAR, REDRIVER]
    assert all(placed["authorization"].startswith("Basic ") for placed in desk.placed)

    assert [step["node"] for step in shown["path"]][:6] == [
        "welcome",
        "ask_zip",
        "ask_need",
        "ask_insurance",
        "find",
        "connect",
    ]
    assert {name: answer["value"] for name, answer in shown["answers"].items()} == {
        "zip": "78701",
        "need": "replace",
        "insurance": "claim",
    }
    assert [decision["chosen"] for decision in shown["decisions"]] == ["lonestar", "redriver"]
    assert [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]] == [
        ("lonestar", "busy"),
        ("redriver", "completed"),
    ]
    (verdict,) = shown["verdicts"]
    assert (verdict["buyer"], verdict["billable"]) == ("redriver", True)
    assert all(clause["outcome"] == "true" for clause in verdict["clauses"])
    assert [(entry["kind"], entry["party"], entry["amount"]) for entry in shown["ledger"]] == [
        ("revenue", "redriver", "38.00"),
        ("payout", "radio-tx", "30.00"),
    ]
    assert json.dumps(shown)  # one JSON document


async def test_a_stopped_engine_ends_the_call_and_its_legs(tmp_path: Path, prompts: Path) -> None:
    desk = Desk(scripts={LONESTAR: (WaitFor("audio"), Wait(0.3), Dtmf("1"), talking(BUYER_HZ, 30))})
    call = "CA" + "8" * 32
    async with serving(tmp_path, desk, prompts) as engine:
        calling = asyncio.create_task(
            dial_in(engine, call, WaitFor("audio"), Dtmf("7870121"), talking(CALLER_HZ, 30))
        )

        async def is_bridged() -> bool:
            legs = [leg for one in await kept(tmp_path) for leg in one["legs"]]
            return any(leg["bridged_at_ms"] is not None for leg in legs)

        await until(is_bridged)
        assert await engine.stopped() == 0
        caller = await calling
    assert caller.closed_early
    assert call in desk.ended
    assert len(desk.ended) == 2
    (shown,) = await kept(tmp_path)
    assert (shown["ended_by"], shown["reason"]) == ("error", "the engine was shut down")
    assert [leg["outcome"] for leg in shown["legs"]] == ["completed"]
