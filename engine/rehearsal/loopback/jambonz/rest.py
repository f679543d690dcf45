"""jambonz's REST API, as far as an engine that dials, moves calls and hangs up needs it, on a loopback port.

Source: docs.jambonz.org, REST API.
"""

from __future__ import annotations

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
_SIP = re.compile(r"sips?:[^@\s?]+@[^@\s?]+")
EVENTS = frozenset({"initiated", "ringing", "answered", FINAL_EVENT})


class JambonzCalls(Protocol):
    """Whose API it is."""

    account: str
    api_key: str


class JambonzRefusal(Exception):
    """An answer in jambonz's error form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def calls_api(desk: Desk, owner: JambonzCalls) -> FastAPI:
    """The API as an application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    base = f"/v1/Accounts/{owner.account}/Calls"

    @app.exception_handler(JambonzRefusal)
    async def refuse(request: Request, refusal: JambonzRefusal) -> JSONResponse:
        desk.note("", f"{request.method} {request.url.path}: {refusal}", refused=True)
        return JSONResponse({"msg": str(refusal)}, refusal.status)

    @app.post(base)
    async def dial(request: Request) -> JSONResponse:
        _authenticate(owner, request)
        match await request.json():
            case {
                "from": str(from_),
                "to": dict(to),
                "call_hook": {"url": str(call_hook), "method": "POST"},
                "call_status_hook": {"url": str(status_hook), "method": "POST"},
                "timeout": int(ring_s),
            } if from_ and ring_s > 0:
                pass
            case _:
                raise JambonzRefusal(400, "a field is missing or invalid")
        callback = StatusCallback(status_hook, events=EVENTS)
        try:
            call = desk.dial(from_, _dialled(to), DocumentAt(call_hook), float(ring_s), callback)
        except NobodysNumber as nobodys:
            raise JambonzRefusal(400, f"to is no number: {nobodys}") from nobodys
        return JSONResponse({"sid": call.sid, "callId": f"{call.sid}@jambonz"}, 201)

    @app.put(f"{base}/{{sid}}")
    async def change(sid: str, request: Request) -> Response:
        _authenticate(owner, request)
        call = _found(desk, sid)
        if call.is_over:
            raise JambonzRefusal(422, "call is over")
        match await request.json():
            case {"call_status": "completed"}:
                desk.note(sid, "completed", refused=False)
                call.end("engine")
                return Response(status_code=204)
            case {"call_hook": {"url": str(url), "method": "POST"}}:
                if desk.immovable & {call.sid, call.to}:
                    raise JambonzRefusal(400, "this call is given no other verbs")
                desk.note(sid, "other verbs", refused=False)
                call.follow(DocumentAt(url))
                return Response(status_code=202)
        raise JambonzRefusal(400, "no such change is played here")

    @app.get(f"{base}/{{sid}}")
    async def show(sid: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        call = _found(desk, sid)
        told: dict[str, object] = {"call_sid": sid, "call_status": call.status}
        if call.is_over:
            call.was_read.set()
            told["duration"] = call.duration_s
        return JSONResponse(told)

    return app


def _dialled(to: dict[str, object]) -> str:
    match to:
        case {"type": "phone", "number": str(number)} if _NUMBER.fullmatch(number):
            return number
        case {"type": "sip", "sipUri": str(uri)} if _SIP.fullmatch(uri):
            return uri
    raise JambonzRefusal(400, "to is no number, and no SIP address")


def _found(desk: Desk, sid: str) -> PlayedCall:
    call = desk.find(sid)
    if call is None:
        raise JambonzRefusal(404, "no such call")
    return call


def _authenticate(owner: JambonzCalls, request: Request) -> None:
    given = request.headers.get("authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {owner.api_key}".encode()):
        raise JambonzRefusal(401, "Unauthorized")
