"""What Twilio asks and tells us over HTTP: a call came in, a stream ended, a dialled leg changed.

Source: Twilio, TwiML voice requests and status callbacks. Everything is checked against its signature
before a word of it is believed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from engine.media.twiml import connect_stream, hang_up, say_and_hang_up
from engine.runtime.outward.parameters import collected
from engine.store.tables.carrier_records import CarrierRecord

if TYPE_CHECKING:
    from engine.runtime.engine import Engine

log = logging.getLogger("cordboard.web")

BUSY = "All of our lines are busy. Please call again in a few minutes."
CUT_OFF = "We are sorry, we were cut off. Please call again."
MAX_RETURNS = 2  # how often a call whose stream broke is brought back
SIGNATURE = "X-Twilio-Signature"

Form = dict[str, str | list[str]]


def twilio_routes(engine: Engine) -> APIRouter:
    """The routes under /carriers/twilio, each refusing with 403 what Twilio did not sign."""
    routes = APIRouter(prefix="/carriers/twilio", include_in_schema=False)

    @routes.post("/voice")
    async def voice(request: Request) -> Response:
        form = await _signed_form(engine, request)
        if isinstance(form, Response):
            return form
        return _welcome(engine, request, form, returns=0)

    @routes.post("/after/{returns}")
    async def after(request: Request, returns: int) -> Response:
        """The stream is over, but the caller is still there.

        That is right where we ended the call and Twilio was not told. Else the connection or the engine
        broke, and the caller is brought back to the start of the flow.
        """
        form = await _signed_form(engine, request)
        if isinstance(form, Response):
            return form
        ended = await engine.ending_of(_field(form, "CallSid"))
        if ended in ("flow", "buyer", "network"):
            return _twiml(hang_up())
        if returns >= MAX_RETURNS:
            return _twiml(say_and_hang_up(CUT_OFF))
        return _welcome(engine, request, form, returns=returns + 1)

    @routes.post("/status/{call}/{leg}")
    async def status(request: Request, call: str, leg: str) -> Response:
        form = await _signed_form(engine, request)
        if isinstance(form, Response):
            return form
        live = engine.calls.get(call)
        dialled = live.legs.get(leg) if live is not None else None
        if dialled is not None:
            dialled.status(_field(form, "CallStatus"))
        if (seconds := _field(form, "CallDuration")).isdigit():
            now_ms = engine.clock.now_ms()
            await engine.store.keep_carrier_record(
                CarrierRecord(call, leg, "twilio", int(seconds) * 1000, now_ms)
            )
        return Response(status_code=204)

    return routes


def _welcome(engine: Engine, request: Request, form: Form, returns: int) -> Response:
    """Connect the call's audio to us, or say why not."""
    carrier_call = _field(form, "CallSid")
    if not carrier_call or not _field(form, "To"):
        engine.metrics.webhooks.labels("malformed").inc()
        return Response("a voice webhook has CallSid, From and To\n", status_code=400)
    if not engine.has_room:
        engine.metrics.webhooks.labels("no_room").inc()
        log.warning("call %s was turned away: no room", carrier_call)
        return _twiml(say_and_hang_up(BUSY))
    caller = _field(form, "From")
    token = engine.announce(
        carrier_call,
        caller if caller.startswith("+") else "",  # "anonymous" and its like
        _field(form, "To"),
        _field(form, "CallToken"),
        collected(request.query_params, form),
    )
    engine.metrics.webhooks.labels("accepted").inc()
    query = f"?{request.url.query}" if request.url.query else ""  # who is brought back keeps what was sent
    then = f"{engine.public_url}/carriers/twilio/after/{returns}{query}"
    return _twiml(connect_stream(engine.stream_url, {"token": token}, then))


async def _signed_form(engine: Engine, request: Request) -> Form | Response:
    """The form of a request that Twilio signed, or the refusal."""
    data = await request.form()
    form: Form = {}
    for key in data:
        values = [str(value) for value in data.getlist(key)]
        form[key] = values[0] if len(values) == 1 else values
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    urls = list(dict.fromkeys([engine.public_url + path, str(request.url)]))
    peer = request.client.host if request.client else ""
    if engine.signatures.hold(urls, form, request.headers.get(SIGNATURE), peer):
        return form
    engine.metrics.webhooks.labels("unsigned").inc()
    log.warning("%s from %s refused: its signature is missing or does not hold", request.url.path, peer)
    return Response("the signature is missing or does not hold\n", status_code=403)


def _field(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else value[0]


def _twiml(document: str) -> Response:
    return Response(document, media_type="application/xml")
