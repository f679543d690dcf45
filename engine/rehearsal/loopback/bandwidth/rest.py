"""Bandwidth's Voice API, as far as an engine that dials and hangs up needs it, on a loopback port.

Source: dev.bandwidth.com, Voice API reference.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import Protocol

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from engine.rehearsal.loopback.parts import (
    FINAL_EVENT,
    Desk,
    DocumentAt,
    NobodysNumber,
    PlayedCall,
    StatusCallback,
)

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SIP = re.compile(r"sips?:[^@\s]+@[^@\s]+")
MOST_RING_S = 300


class BandwidthCalls(Protocol):
    """Whose API it is."""

    account: str
    username: str
    password: str

    def give(self, call: str, bxml: str) -> None:
        """The call's next document."""
        ...

    def times(self, call: PlayedCall) -> dict[str, str]:
        """When the call began, was answered and ended."""
        ...


class BandwidthRefusal(Exception):
    """An answer in Bandwidth's error form."""

    def __init__(self, status: int, kind: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.kind = kind


def voice_api(desk: Desk, owner: BandwidthCalls) -> FastAPI:
    """The API as an application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    base = f"/api/v2/accounts/{owner.account}/calls"

    @app.exception_handler(BandwidthRefusal)
    async def refuse(request: Request, refusal: BandwidthRefusal) -> JSONResponse:
        desk.note("", f"{request.method} {request.url.path}: {refusal}", refused=True)
        return JSONResponse({"type": refusal.kind, "description": str(refusal)}, refusal.status)

    @app.post(base)
    async def dial(request: Request) -> JSONResponse:
        _authenticate(owner, request)
        match await request.json():
            case {
                "from": str(from_),
                "to": str(to),
                "applicationId": str(application),
                "answerUrl": str(answer_url),
                "disconnectUrl": str(disconnect_url),
                "callTimeout": int() | float() as ring_s,
            } if application and 1 <= ring_s <= MOST_RING_S:
                pass
            case _:
                raise BandwidthRefusal(400, "validation", "a field is missing or invalid")
        if not _NUMBER.fullmatch(from_):
            raise BandwidthRefusal(400, "validation", "'from' is no number")
        if not _NUMBER.fullmatch(to) and not _SIP.fullmatch(to):
            raise BandwidthRefusal(400, "validation", "'to' is no number")
        callback = StatusCallback(disconnect_url, events=frozenset({FINAL_EVENT}))
        try:
            call = desk.dial(from_, to, DocumentAt(answer_url), float(ring_s), callback)
        except NobodysNumber as nobodys:
            raise BandwidthRefusal(400, "validation", f"'to' is no number: {nobodys}") from nobodys
        return JSONResponse({"callId": call.sid, "accountId": owner.account, "from": from_, "to": to}, 201)

    @app.post(f"{base}/{{name}}")
    async def change(name: str, request: Request) -> Response:
        _authenticate(owner, request)
        call = _live(desk, name)
        if await request.json() != {"state": "completed"}:
            raise BandwidthRefusal(400, "validation", "no such state is played here")
        desk.note(name, "completed", refused=False)
        call.end("engine")
        return Response(status_code=200)

    @app.put(f"{base}/{{name}}/bxml")
    async def give(name: str, request: Request) -> Response:
        _authenticate(owner, request)
        _live(desk, name)
        desk.note(name, "bxml", refused=False)
        owner.give(name, (await request.body()).decode())
        return Response(status_code=204)

    @app.get(f"{base}/{{name}}")
    async def show(name: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        call = _found(desk, name)
        if call.is_over:
            call.was_read.set()
        state = (
            "disconnected" if call.is_over else "answered" if call.answered_ms is not None else "initiated"
        )
        return JSONResponse({"callId": name, "state": state, **owner.times(call)})

    return app


def _found(desk: Desk, name: str) -> PlayedCall:
    call = desk.find(name)
    if call is None:
        raise BandwidthRefusal(404, "not-found", "no such call")
    return call


def _live(desk: Desk, name: str) -> PlayedCall:
    call = _found(desk, name)
    if call.is_over:
        raise BandwidthRefusal(409, "conflict", "the call is over")
    return call


def _authenticate(owner: BandwidthCalls, request: Request) -> None:
    wanted = base64.b64encode(f"{owner.username}:{owner.password}".encode()).decode()
    given = request.headers.get("authorization", "")
    if not secrets.compare_digest(given.encode(), f"Basic {wanted}".encode()):
        raise BandwidthRefusal(401, "authentication", "Authentication failed")
