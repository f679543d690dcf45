"""Plivo's Call API, as far as an engine that dials and hangs up needs it, on a loopback port.

Source: docs.plivo.com, Voice API, Calls.
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
from engine.rehearsal.loopback.sids import new_sid

_NUMBER = re.compile(r"\+?[1-9]\d{6,14}|sips?:\S+@\S+")


class PlivoCalls(Protocol):
    """Whose API it is."""

    account: str
    token: str
    ring_urls: dict[str, str]
    requests: dict[str, str]


class PlivoRefusal(Exception):
    """An answer in Plivo's error form."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


def call_api(desk: Desk, owner: PlivoCalls) -> FastAPI:
    """The API as an application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    base = f"/v1/Account/{owner.account}"

    @app.exception_handler(PlivoRefusal)
    async def refuse(request: Request, refusal: PlivoRefusal) -> JSONResponse:
        desk.note("", f"{request.method} {request.url.path}: {refusal}", refused=True)
        return JSONResponse({"api_id": new_sid(""), "error": str(refusal)}, refusal.status)

    @app.post(f"{base}/Call/")
    async def dial(request: Request) -> JSONResponse:
        _authenticate(owner, request)
        body = await request.json()
        named = ("from", "to", "answer_url", "ring_url", "hangup_url")
        from_, to, answer_url, ring_url, hangup_url = (str(body.get(name, "")) for name in named)
        if not _NUMBER.fullmatch(to) or not _NUMBER.fullmatch(from_) or not answer_url:
            raise PlivoRefusal(400, "from, to or answer_url is missing or invalid")
        owner.ring_urls[hangup_url] = ring_url
        callback = StatusCallback(hangup_url, events=frozenset({"ringing", FINAL_EVENT}))
        try:
            call = desk.dial(
                from_, to, DocumentAt(answer_url), float(body.get("ring_timeout", 120)), callback
            )
        except NobodysNumber as nobodys:
            raise PlivoRefusal(400, f"the parameter to is invalid: {nobodys}") from nobodys
        request_uuid = new_sid("")
        owner.requests[request_uuid] = call.sid
        return JSONResponse(
            {"message": "call fired", "request_uuid": request_uuid, "api_id": new_sid("")}, 201
        )

    @app.post(f"{base}/Call/{{name}}/")
    async def transfer(name: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        body = await request.json()
        call = desk.find(name)
        if call is None or call.is_over:
            raise PlivoRefusal(404, "not found")
        if body.get("legs") != "aleg" or not body.get("aleg_url") or desk.immovable & {call.sid, call.to}:
            raise PlivoRefusal(400, "this call can't be transferred")
        desk.note(call.sid, "another document", refused=False)
        call.follow(DocumentAt(str(body["aleg_url"])))
        return JSONResponse({"message": "call transferred", "api_id": new_sid("")}, 202)

    @app.delete(f"{base}/Call/{{name}}/")
    async def hang_up(name: str, request: Request) -> Response:
        _authenticate(owner, request)
        return _ended(desk, desk.find(name))

    @app.delete(f"{base}/Request/{{name}}/")
    async def cancel(name: str, request: Request) -> Response:
        _authenticate(owner, request)
        return _ended(desk, desk.find(owner.requests.get(name, "")))

    @app.get(f"{base}/Call/{{name}}/")
    async def show(name: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        call = desk.find(name) or desk.find(owner.requests.get(name, ""))
        if call is None or not call.is_over:
            raise PlivoRefusal(404, "not found")
        call.was_read.set()
        return JSONResponse({"call_uuid": call.sid, "call_duration": call.duration_s})

    return app


def _ended(desk: Desk, call: PlayedCall | None) -> Response:
    if call is None or call.is_over:
        raise PlivoRefusal(404, "not found")
    desk.note(call.sid, "hangup", refused=False)
    call.end("engine")
    return Response(status_code=204)


def _authenticate(owner: PlivoCalls, request: Request) -> None:
    wanted = base64.b64encode(f"{owner.account}:{owner.token}".encode()).decode()
    given = request.headers.get("authorization", "")
    if not secrets.compare_digest(given.encode(), f"Basic {wanted}".encode()):
        raise PlivoRefusal(401, "Could not verify your access level for that URL")
