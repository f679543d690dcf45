"""Vonage's Voice API, as far as an engine that dials and hangs up needs it, on a loopback port.

Source: developer.vonage.com, Voice API reference.
"""

from __future__ import annotations

import re
from typing import Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
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

_NUMBER = re.compile(r"[1-9]\d{6,14}")
_SIP = re.compile(r"sips?:[^@\s?]+@[^@\s?]+")
MOST_RING_S = 120
EVENTS = frozenset({"initiated", "ringing", "answered", FINAL_EVENT})
STATUSES = {
    "queued": "started",
    "in-progress": "answered",
    "no-answer": "timeout",
    "canceled": "cancelled",
}


class VonageApplication(Protocol):
    """Whose API it is."""

    account: str
    public_key: RSAPublicKey


class VonageRefusal(Exception):
    """An answer in Vonage's error form; `wrong` names the parameter that it is about."""

    def __init__(self, status: int, detail: str, wrong: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.wrong = wrong


def voice_api(desk: Desk, owner: VonageApplication) -> FastAPI:
    """The API as an application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(VonageRefusal)
    async def refuse(request: Request, refusal: VonageRefusal) -> JSONResponse:
        desk.note("", f"{request.method} {request.url.path}: {refusal}", refused=True)
        wrong = [{"name": refusal.wrong, "reason": str(refusal)}] if refusal.wrong else []
        told = {"title": "Refused", "detail": str(refusal), "invalid_parameters": wrong}
        return JSONResponse(told, refusal.status)

    @app.post("/v1/calls")
    async def dial(request: Request) -> JSONResponse:
        _authenticate(owner, request)
        match await request.json():
            case {
                "to": [dict(to)],
                "from": {"type": "phone", "number": str(from_)},
                "answer_url": [str(answer_url)],
                "answer_method": "POST",
                "event_url": [str(event_url)],
                "event_method": "POST",
                "ringing_timer": int(ring_s),
            } if 1 <= ring_s <= MOST_RING_S:
                pass
            case _:
                raise VonageRefusal(
                    400, "to, from, answer_url, event_url or ringing_timer is missing or invalid"
                )
        if not _NUMBER.fullmatch(from_):
            raise VonageRefusal(400, "no number", "from.number")
        callback = StatusCallback(event_url, events=EVENTS)
        try:
            call = desk.dial(f"+{from_}", _dialled(to), DocumentAt(answer_url), float(ring_s), callback)
        except NobodysNumber as nobodys:
            raise VonageRefusal(400, f"{nobodys} is no number", "to") from nobodys
        named = {"uuid": call.sid, "conversation_uuid": f"CON-{call.sid}"}
        return JSONResponse({**named, "status": "started", "direction": "outbound"}, 201)

    @app.put("/v1/calls/{uuid}")
    async def change(uuid: str, request: Request) -> Response:
        _authenticate(owner, request)
        call = _found(desk, uuid)
        if await request.json() != {"action": "hangup"}:
            raise VonageRefusal(400, "no such action is played here", "action")
        if call.is_over:
            raise VonageRefusal(400, "the call is over")
        desk.note(uuid, "hangup", refused=False)
        call.end("engine")
        return Response(status_code=204)

    @app.get("/v1/calls/{uuid}")
    async def show(uuid: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        call = _found(desk, uuid)
        told = {"uuid": uuid, "status": STATUSES.get(call.status, call.status)}
        if call.is_over:
            call.was_read.set()
            told["duration"] = str(call.duration_s)
        return JSONResponse(told)

    return app


def _dialled(to: dict[str, object]) -> str:
    match to:
        case {"type": "phone", "number": str(number)} if _NUMBER.fullmatch(number):
            return f"+{number}"
        case {"type": "sip", "uri": str(uri)} if _SIP.fullmatch(uri):
            return uri
    raise VonageRefusal(400, "no number, and no SIP address", "to")


def _found(desk: Desk, uuid: str) -> PlayedCall:
    call = desk.find(uuid)
    if call is None:
        raise VonageRefusal(404, "no such call")
    return call


def _authenticate(owner: VonageApplication, request: Request) -> None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(
            token, owner.public_key, algorithms=["RS256"], options={"require": ["exp", "iat", "jti"]}
        )
    except jwt.PyJWTError as failure:
        raise VonageRefusal(401, f"Unauthorized: {failure}") from failure
    if claims.get("application_id") != owner.account:
        raise VonageRefusal(401, "of another application")
