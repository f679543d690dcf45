"""Exotel's call API, version 1, as far as an engine that dials needs it, on a loopback port.

Source: developer.exotel.com, Voice v1.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from engine.rehearsal.loopback.parts import (
    FINAL_EVENT,
    Desk,
    NobodysNumber,
    PlayedCall,
    StatusCallback,
    StreamOrder,
)

_NUMBER = re.compile(r"\+?[0-9]\d{6,14}|sips?:\S+@\S+")
_EVENTS = {"terminal": FINAL_EVENT, "answered": "answered"}
_LONGEST_URL = 600
_STATUS = {"canceled": "no-answer"}  # who rang out


class ExotelCalls(Protocol):
    """Whose API it is."""

    account: str
    api_key: str
    api_token: str


class ExotelRefusal(Exception):
    """An answer in Exotel's error form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def connect_api(desk: Desk, owner: ExotelCalls) -> FastAPI:
    """The API as an application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    base = f"/v1/Accounts/{owner.account}/Calls"

    @app.exception_handler(ExotelRefusal)
    async def refuse(request: Request, refusal: ExotelRefusal) -> JSONResponse:
        desk.note("", f"{request.method} {request.url.path}: {refusal}", refused=True)
        told = {"Status": refusal.status, "Message": str(refusal)}
        return JSONResponse({"RestException": told}, refusal.status)

    @app.post(f"{base}/connect.json")
    async def connect(request: Request) -> JSONResponse:
        _authenticate(owner, request)
        form = dict(parse_qsl((await request.body()).decode()))
        to, shown, url = (form.get(name, "") for name in ("From", "CallerId", "StreamUrl"))
        for name, number in (("From", to), ("CallerId", shown)):
            if not _NUMBER.fullmatch(number):
                raise ExotelRefusal(400, f"Invalid parameter {name}")
        if form.get("StreamType") != "bidirectional" or not url.startswith(("ws://", "wss://")):
            raise ExotelRefusal(400, "Invalid parameter StreamUrl or StreamType")
        if len(url) > _LONGEST_URL:
            raise ExotelRefusal(400, "StreamUrl is too long")
        events = frozenset(
            _EVENTS[value] for name, value in form.items() if name.startswith("StatusCallbackEvents[")
        )
        callback = StatusCallback(form.get("StatusCallback", ""), events=events)
        order = StreamOrder(url, dict(parse_qsl(urlsplit(url).query)))
        try:
            call = desk.dial(shown, to, order, float(form.get("TimeOut", 30)), callback)
        except NobodysNumber as nobodys:
            raise ExotelRefusal(400, f"Invalid parameter From: {nobodys}") from nobodys
        return JSONResponse({"Call": shown_call(call)})

    @app.get(f"{base}/{{name}}.json")
    async def show(name: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        call = desk.find(name)
        if call is None:
            raise ExotelRefusal(404, "No such call")
        if call.is_over:
            call.was_read.set()
        details = {"Legs": [{"Leg": {"Id": 1, "OnCallDuration": call.duration_s}}]}
        return JSONResponse({"Call": {**shown_call(call), "Details": details}})

    return app


def shown_call(call: PlayedCall) -> dict[str, object]:
    status = _STATUS.get(call.status, call.status)
    return {"Sid": call.sid, "Status": status, "From": call.to, "Duration": str(call.duration_s)}


def _authenticate(owner: ExotelCalls, request: Request) -> None:
    wanted = base64.b64encode(f"{owner.api_key}:{owner.api_token}".encode()).decode()
    given = request.headers.get("authorization", "")
    if not secrets.compare_digest(given.encode(), f"Basic {wanted}".encode()):
        raise ExotelRefusal(401, "Authentication is required to view this page")
