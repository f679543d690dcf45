"""ARI, as far as an engine that dials and hangs up needs it, on a loopback port.

Source: docs.asterisk.org, Asterisk REST Interface, channels and asterisk.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from typing import Protocol

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from engine.rehearsal.loopback.parts import FINAL_EVENT, Desk, DocumentAt, NobodysNumber, StatusCallback

_ENDPOINT = re.compile(r"PJSIP/(\+[1-9]\d{6,14})@trunk")
_NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,149}")
STATES = {"queued": "Down", "ringing": "Ringing", "in-progress": "Up"}


class AriOwner(Protocol):
    """Whose API it is."""

    ari_user: str
    ari_password: str
    kept: dict[str, int]
    """How long channels lasted whose end could not be told, in ms."""

    def call_of(self, channel: str) -> str:
        """The call of this channel, "" without one."""
        ...

    def names(self, channel: str, call: str) -> None:
        """The call's channel was given this name."""
        ...

    def end_stream(self, channel: str, immovable: set[str]) -> bool:
        """Ends the media stream whose channel this is; whether there is one. Raises AriRefused for those that
        can't be moved."""
        ...


class AriRefused(Exception):
    """An answer in ARI's error form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def ari(desk: Desk, owner: AriOwner) -> FastAPI:
    """The API as an application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(AriRefused)
    async def refuse(request: Request, refused: AriRefused) -> JSONResponse:
        desk.note("", f"{request.method} {request.url.path}: {refused}", refused=True)
        return JSONResponse({"message": str(refused)}, refused.status)

    @app.post("/ari/channels/{name}")
    async def originate(name: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        body = await request.json()
        if not _NAME.fullmatch(name) or owner.call_of(name):
            raise AriRefused(409, "Channel with given unique ID already exists")
        endpoint = _ENDPOINT.fullmatch(str(body.get("endpoint", "")))
        variables, timeout_s = body.get("variables"), body.get("timeout")
        if endpoint is None or not isinstance(variables, dict) or not isinstance(timeout_s, int):
            raise AriRefused(400, "endpoint, variables or timeout is missing or invalid")
        if (body.get("context"), body.get("extension")) != ("cordboard-leg", "answered"):
            raise AriRefused(400, "the dialplan has no such extension")
        leg = _leg_url(variables)
        callback = StatusCallback(f"{leg}/ended", events=frozenset({FINAL_EVENT}))
        try:
            call = desk.dial(
                str(body.get("callerId", "")), endpoint[1], DocumentAt(f"{leg}/answered"), timeout_s, callback
            )
        except NobodysNumber as nobodys:
            raise AriRefused(500, "Allocation failed") from nobodys
        owner.names(name, call.sid)
        return JSONResponse({"id": name, "state": "Down"})

    @app.delete("/ari/channels/{name}")
    async def hang_up(name: str, request: Request) -> Response:
        _authenticate(owner, request)
        if owner.end_stream(name, desk.immovable):
            return Response(status_code=204)
        call = desk.find(owner.call_of(name) or name)
        if call is None or call.is_over:
            raise AriRefused(404, "Channel not found")
        desk.note(call.sid, "hang up", refused=False)
        call.end("engine")
        return Response(status_code=204)

    @app.get("/ari/channels/{name}")
    async def show(name: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        call = desk.find(owner.call_of(name) or name)
        if call is None or call.is_over:
            raise AriRefused(404, "Channel not found")
        return JSONResponse({"id": name, "state": STATES.get(call.status, "Up")})

    @app.get("/ari/asterisk/variable")
    async def variable(variable: str, request: Request) -> JSONResponse:
        _authenticate(owner, request)
        name = variable.removeprefix("CORDBOARD_LASTED_")
        call = desk.find(owner.call_of(name) or name)
        if call is not None and call.is_over:
            call.was_read.set()
        kept = owner.kept.get(name)
        return JSONResponse({"value": "" if kept is None else f"0{kept}"})

    return app


def _leg_url(variables: Mapping[str, object]) -> str:
    """Where the dialplan asks about this leg."""
    if "cordboard-leg,ended,1" not in str(variables.get("CHANNEL(hangup_handler_push)")):
        raise AriRefused(400, "nobody would be told of its end")
    return f"{variables.get('CORDBOARD_URL')}/leg/{variables.get('CORDBOARD_LEG')}"


def _authenticate(owner: AriOwner, request: Request) -> None:
    _, _, given = request.headers.get("authorization", "").partition(" ")
    wanted = base64.b64encode(f"{owner.ari_user}:{owner.ari_password}".encode())
    if not secrets.compare_digest(given.encode(), wanted):
        raise AriRefused(401, "Authentication required")
