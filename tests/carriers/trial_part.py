"""The trial carrier's part in the loopback carrier."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any, cast

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from engine.rehearsal.loopback.parts import (
    FINAL_EVENT,
    CarrierPart,
    Desk,
    Document,
    DocumentAt,
    Method,
    NobodysNumber,
    PlayedCall,
    Reports,
    StatusCallback,
    Trunk,
)
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.tones import SILENT_FRAME
from engine.rehearsal.loopback.twilio.documents import follow
from engine.rehearsal.loopback.twilio.twiml import ConnectStream, HangupVerb, Redirect, Verb
from engine.rehearsal.loopback.twilio.webhooks import StatusReports, Webhooks
from engine.rehearsal.loopback.wires import (
    AudioCleared,
    AudioSent,
    FromEngine,
    MarkPlaced,
    Stream,
    StreamWire,
    Unreadable,
    WireMessage,
)
from tests.carriers.trial_carrier import PROOF, proof_of


class TrialWire:
    returns_cleared = True
    subprotocols: tuple[str, ...] = ()

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def opening(self) -> tuple[WireMessage, ...]:
        stream = self._stream
        begin = {"type": "begin", "stream": stream.sid, "call": stream.call, **stream.parameters}
        return (json.dumps(begin),)

    def media(self, frame: bytes | None) -> str:
        payload = base64.b64encode(SILENT_FRAME if frame is None else frame).decode()
        return f'{{"type":"sound","data":"{payload}"}}'

    def key(self, digit: str) -> str:
        return json.dumps({"type": "key", "key": digit})

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        return json.dumps({"type": "reached", "mark": name})

    def stop(self) -> str:
        return json.dumps({"type": "end"})

    def read(self, message: WireMessage) -> FromEngine:
        match json.loads(message):
            case {"type": "play", "data": str(data)}:
                return AudioSent(base64.b64decode(data))
            case {"type": "mark", "mark": str(name)}:
                return MarkPlaced(name)
            case {"type": "drop"}:
                return AudioCleared()
        return Unreadable(None, f"{message[:80]!r}")


def read_answer(text: str) -> tuple[Verb, ...]:
    said = json.loads(text)
    if "stream" not in said:
        return (HangupVerb(),)
    return ConnectStream(said["stream"], {"token": said["token"]}), Redirect(said["then"], "POST")


class TrialPart:
    name = "trial"
    account = "trial"
    voice_path = "/carriers/trial/voice"
    secrets: tuple[str, ...] = ("trial_key",)
    proofs_age = True

    def __init__(self, key: str = "") -> None:
        self.key = key or new_sid("")
        self._trunk: Trunk | None = None

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(known["trial_key"])

    def open(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._began_s = time.time()

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {"trial_key": self.key, "trial_api_url": api_url}

    def wire(self, stream: Stream) -> StreamWire:
        return TrialWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        return {}

    def along(self, token: str) -> Mapping[str, str]:
        return {"token": token}

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        body = json.dumps({"call": new_sid(""), "from": "+15125550123", "to": "+15550100"}).encode()
        return {PROOF: proof_of(self.key, int(at_s), body)}, body

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        return StatusCallback(f"{voice_url.removesuffix('/voice')}/status")

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        return StatusReports(cast("Webhooks", self), call, callback)

    async def lead(self, call: PlayedCall, document: Document) -> None:
        await follow(call, document, cast("Webhooks", self), read_answer)

    # Webhooks, as reports and documents ask for them

    async def fetch_document(self, url: str, method: Method, fields: Mapping[str, str]) -> str:
        return (await self.send(url, method, fields)).text

    async def send(self, url: str, method: Method, fields: Mapping[str, str]) -> httpx.Response:
        assert self._trunk is not None, "the carrier is open"
        told: dict[str, Any] = {"call": fields["CallSid"], "from": fields["From"], "to": fields["To"]}
        told["status"] = fields["CallStatus"]
        if "CallDuration" in fields:
            told["seconds"] = int(fields["CallDuration"])
        body = json.dumps(told).encode()
        at_s = int(self._began_s + self._trunk.clock.now_ms() / 1000)
        headers = {PROOF: proof_of(self.key, at_s, body), "Content-Type": "application/json"}
        return await self._trunk.post.send("POST", url, headers, content=body)

    # Its API

    def rest_api(self, desk: Desk) -> FastAPI:
        app = FastAPI()

        @app.post("/calls")
        async def dial(request: Request) -> JSONResponse:
            asked = await request.json()
            news = StatusCallback(asked["news"], events=frozenset({"ringing", FINAL_EVENT}))
            try:
                answer = DocumentAt(asked["answer"])
                call = desk.dial(asked["from"], asked["to"], answer, asked["seconds"], news)
            except NobodysNumber:
                return JSONResponse({"error": "nobody's number"}, 422)
            return JSONResponse({"call": call.sid})

        @app.delete("/calls/{name}")
        async def hang_up(name: str) -> JSONResponse:
            call = desk.find(name)
            if call is None or call.is_over:
                return JSONResponse({"error": "no such call"}, 404)
            call.end("engine")
            return JSONResponse({})

        @app.get("/calls/{name}")
        async def show(name: str) -> JSONResponse:
            call = desk.find(name)
            assert call is not None, "it was dialled here"
            if call.is_over:
                call.was_read.set()
            return JSONResponse({"status": call.status, "seconds": call.duration_s})

        return app
