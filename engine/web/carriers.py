"""The door for carriers' webhooks: proven, then answered by the carrier's own account.

The proof comes before the work: without a signature that could hold nothing is read of a request, and with
one no more than a webhook of a carrier can have.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from fastapi import APIRouter, HTTPException, Request, Response

from engine.carriers.contract import CarrierAccount
from engine.carriers.requests import CarrierWebhook, UnreadableBody
from engine.core.printable import printable
from engine.media.doors.rationed_log import RationedLog
from engine.media.doors.turns import Turns
from engine.runtime.engine import Engine
from engine.web.forms import refusal

UNSIGNED = "the signature is missing or invalid"
PROVEN = "cordboard.webhook"  # where a request's scope keeps what was proven, and whose it is
CARRIERS = "/carriers/"
MAX_BODY_BYTES = 8 * 1024  # a voice webhook has one or two thousand
SHOWN_CHARS = 100  # of a path, in the log

_refusals = RationedLog(logging.getLogger("cordboard.web"))

routes = APIRouter(include_in_schema=False)


@routes.api_route("/carriers/{carrier}/{route:path}", methods=["GET", "POST"])
async def webhook(request: Request) -> Response:
    proven = request.scope.get(PROVEN)
    if not isinstance(proven, tuple):
        raise HTTPException(403, UNSIGNED)
    account, asked = proven
    assert isinstance(asked, CarrierWebhook)
    try:
        answer = await account.answer(asked)
    except UnreadableBody as unreadable:
        raise HTTPException(unreadable.status, str(unreadable)) from unreadable
    if answer.detail:
        raise HTTPException(answer.status, answer.detail)
    if answer.status == 204:
        return Response(status_code=204)
    return Response(answer.body, answer.status, media_type=answer.media_type)


async def prove(request: Request, engine: Engine, readings: Turns) -> Response | None:
    """Keep the webhook of a request that a carrier proved to be its own; a refusal of any other.

    A signature that could hold may be false: bodies are read in the turns of `readings`.
    """
    name, _, route = request.scope["path"].removeprefix(CARRIERS).partition("/")
    account = engine.carriers.get(name)
    if account is None:
        return refusal(404, "Not Found")
    head = _head(request, route, engine.public_url)
    if account.may_hold(head):
        try:
            asked = await _read(request, head, readings)
            if account.holds(asked):
                request.scope[PROVEN] = (account, asked)
                return None
        except UnreadableBody as unreadable:
            return refusal(unreadable.status, str(unreadable))
    engine.metrics.webhooks.labels("unsigned").inc()
    path = printable(request.scope["path"], SHOWN_CHARS)
    _refusals.warn("%s from %s refused: its signature is missing or invalid", path, head.peer)
    return refusal(403, UNSIGNED)


async def _read(request: Request, head: CarrierWebhook, readings: Turns) -> CarrierWebhook:
    size = int(request.headers.get("content-length", "0"))  # the edge has seen to it
    if size > MAX_BODY_BYTES:
        raise UnreadableBody(413, f"at most {MAX_BODY_BYTES} bytes")
    body = await request.body()
    await readings.turn()
    return replace(head, body=body)


def _head(request: Request, route: str, public_url: str) -> CarrierWebhook:
    """Without its body. The carrier may have asked us as we are known, or as the request says."""
    scope = request.scope
    path = (scope.get("raw_path") or b"").decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    if query:
        path = f"{path}?{query}"
    host = request.headers.get("host", "")
    return CarrierWebhook(
        method=scope["method"],
        route=route,
        query=query,
        urls=(f"{public_url}{path}", f"{scope['scheme']}://{host}{path}"),
        headers={name.lower(): value for name, value in request.headers.items()},
        peer=request.client.host if request.client else "",
    )


__all__ = ["CARRIERS", "CarrierAccount", "prove", "routes"]
