"""Telnyx's Call Control, as far as an engine that answers, dials and hangs up needs it, on a loopback port.

Source: developers.telnyx.com, Call Control API v2.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SIP = re.compile(r"sips?:[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class RejectOrder:
    """Refuse the call without answering it."""


Command = StreamOrder | RejectOrder


class CommandTaker(Protocol):
    """Whose API it is."""

    api_key: str
    states: dict[str, str]
    """The client_state of each call."""

    def command(self, call: str, command: Command) -> None:
        """The engine wants this of the call."""
        ...


class CommandRefused(Exception):
    """An answer in Telnyx's error form."""

    def __init__(self, status: int, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.pointer = pointer

    def answer(self) -> JSONResponse:
        error = {"code": self.code, "title": "Refused", "detail": str(self)}
        source = {"source": {"pointer": self.pointer}} if self.pointer else {}
        return JSONResponse({"errors": [{**error, **source}]}, self.status)


def call_control(desk: Desk, part: CommandTaker) -> FastAPI:
    """The API as an application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    seen: set[tuple[str, str]] = set()  # commands that were obeyed, by call and command_id

    @app.exception_handler(CommandRefused)
    async def refuse(request: Request, refusal: CommandRefused) -> JSONResponse:
        desk.note("", f"{request.method} {request.url.path}: {refusal.code} {refusal}", refused=True)
        return refusal.answer()

    @app.post("/v2/calls")
    async def dial(request: Request) -> JSONResponse:
        body = await _body(request, part)
        to, from_ = _number(body, "to"), _number(body, "from")
        if not _text(body, "connection_id"):
            raise CommandRefused(422, "10015", "connection_id is missing", "/connection_id")
        callback = StatusCallback(
            _text(body, "webhook_url"), events=frozenset({"initiated", "answered", FINAL_EVENT})
        )
        order = _stream(body)
        document = StreamOrder(order.url, {**order.parameters, "webhook_url": callback.url})
        ring_s = body.get("timeout_secs", 30)
        if not isinstance(ring_s, int) or not 5 <= ring_s <= 600:
            raise CommandRefused(422, "10015", "timeout_secs is 5 to 600", "/timeout_secs")
        try:
            call = desk.dial(from_, to, document, ring_s, callback)
        except NobodysNumber as nobodys:
            raise CommandRefused(422, "10016", f"{nobodys} is no number", "/to") from nobodys
        part.states[call.sid] = order.parameters["client_state"]
        return _done({"call_control_id": call.sid, "call_session_id": call.sid, "is_alive": True})

    @app.post("/v2/calls/{sid}/actions/{action}")
    async def act(sid: str, action: str, request: Request) -> JSONResponse:
        body = await _body(request, part)
        call = _live(desk, sid)
        command = _text(body, "command_id")
        if command and (sid, command) in seen:
            return _done({"result": "ok"})
        seen.add((sid, command))
        desk.note(sid, action, refused=False)
        match action:
            case "answer" | "streaming_start":
                if action == "answer" and call.answered_ms is not None:
                    raise CommandRefused(422, "90034", "the call is answered already")
                part.command(sid, _stream(body))
            case "reject":
                part.command(sid, RejectOrder())
            case "bridge":
                _bridge(desk, call, _live(desk, _text(body, "call_control_id")))
            case "hangup":
                call.end("engine")
            case _:
                raise CommandRefused(404, "10005", f"no action {action!r} is played here")
        return _done({"result": "ok"})

    @app.get("/v2/calls/{sid}")
    async def show(sid: str, request: Request) -> JSONResponse:
        _authenticate(request, part)
        call = desk.find(sid)
        if call is None:
            raise CommandRefused(404, "10005", "no such call")
        if call.is_over:
            call.was_read.set()
        return _done(
            {
                "record_type": "call",
                "call_control_id": sid,
                "is_alive": not call.is_over,
                "call_duration": call.duration_s,
            }
        )

    return app


def _done(data: Mapping[str, object]) -> JSONResponse:
    return JSONResponse({"data": dict(data)})


def _authenticate(request: Request, part: CommandTaker) -> None:
    given = request.headers.get("authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {part.api_key}".encode()):
        raise CommandRefused(401, "10009", "Authentication failed")


async def _body(request: Request, part: CommandTaker) -> Mapping[str, object]:
    _authenticate(request, part)
    body = await request.json()
    return body if isinstance(body, dict) else {}


def _live(desk: Desk, sid: str) -> PlayedCall:
    call = desk.find(sid)
    if call is None:
        raise CommandRefused(404, "10005", "no such call")
    if call.is_over:
        raise CommandRefused(422, "90018", "Call has already ended")
    return call


def _bridge(desk: Desk, call: PlayedCall, other: PlayedCall) -> None:
    """They hear each other; their streams go on beside that."""
    if desk.immovable & {call.sid, call.to, other.sid, other.to}:
        raise CommandRefused(422, "90034", "these calls can't be bridged")
    call.handset.join(other.handset)


def _stream(body: Mapping[str, object]) -> StreamOrder:
    url = _text(body, "stream_url")
    if not url.startswith(("ws://", "wss://")):
        raise CommandRefused(422, "10015", "stream_url is no websocket address", "/stream_url")
    if _text(body, "stream_bidirectional_mode") != "rtp":
        raise CommandRefused(422, "10015", "without rtp nothing can be played", "/stream_bidirectional_mode")
    return StreamOrder(url, {"client_state": _text(body, "client_state")})


def _number(body: Mapping[str, object], name: str) -> str:
    number = _text(body, name)
    if not (_E164.fullmatch(number) or _SIP.fullmatch(number)):
        raise CommandRefused(422, "10016", f"{name} is no number", f"/{name}")
    return number


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
