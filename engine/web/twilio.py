"""What Twilio asks and tells us over HTTP: a call came in, a stream ended, a dialled leg changed.

Source: Twilio, TwiML voice requests and status callbacks. Everything is checked against its signature
before a word of it is believed.
"""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from engine.media.twiml import connect_stream, hang_up, say_and_hang_up
from engine.runtime.metrics import Metrics
from engine.runtime.outward.parameters import collected
from engine.store.tables.carrier_records import CarrierRecord
from engine.web.needs import (
    CheckedSignatures,
    CountedSoFar,
    LiveCalls,
    NowMs,
    OpenStore,
    OwnReception,
    Reception,
)

log = logging.getLogger("cordboard.web")

BUSY = "All of our lines are busy. Please call again in a few minutes."
CUT_OFF = "We are sorry, we were cut off. Please call again."
MAX_RETURNS = 2  # how often a call whose stream broke is brought back
SIGNATURE = "X-Twilio-Signature"

Form = dict[str, str | list[str]]

routes = APIRouter(prefix="/carriers/twilio", include_in_schema=False)


async def signed_form(
    request: Request, reception: OwnReception, signatures: CheckedSignatures, metrics: CountedSoFar
) -> Form:
    """The form of a request that Twilio signed; 403 for any other."""
    data = await request.form()
    form: Form = {}
    for key in data:
        values = [str(value) for value in data.getlist(key)]
        form[key] = values[0] if len(values) == 1 else values
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    urls = list(dict.fromkeys([reception.public_url + path, str(request.url)]))
    peer = request.client.host if request.client else ""
    if not signatures.hold(urls, form, request.headers.get(SIGNATURE), peer):
        metrics.webhooks.labels("unsigned").inc()
        log.warning("%s from %s refused: its signature is missing or invalid", request.url.path, peer)
        raise HTTPException(403, "the signature is missing or invalid")
    return form


SignedForm = Annotated[Form, Depends(signed_form)]


@routes.post("/voice")
async def voice(
    request: Request, form: SignedForm, reception: OwnReception, metrics: CountedSoFar
) -> Response:
    return _welcome(reception, metrics, request, form, returns=0)


@routes.post("/after/{returns}")
async def after(
    request: Request, returns: int, form: SignedForm, reception: OwnReception, metrics: CountedSoFar
) -> Response:
    """The stream is over, but the caller is still there.

    That is right where we ended the call and Twilio was not told. Else the connection or the engine
    broke, and the caller is brought back to the start of the flow.
    """
    ended = await reception.ending_of(_field(form, "CallSid"))
    if ended in ("flow", "buyer", "network"):
        return _twiml(hang_up())
    if returns >= MAX_RETURNS:
        return _twiml(say_and_hang_up(CUT_OFF))
    return _welcome(reception, metrics, request, form, returns=returns + 1)


@routes.post("/status/{call}/{leg}")
async def status(
    call: str, leg: str, form: SignedForm, calls: LiveCalls, store: OpenStore, now_ms: NowMs
) -> Response:
    live = calls.get(call)
    dialled = live.legs.get(leg) if live is not None else None
    if dialled is not None:
        dialled.status(_field(form, "CallStatus"))
    if (seconds := _field(form, "CallDuration")).isdigit():
        await store.keep_carrier_record(CarrierRecord(call, leg, "twilio", int(seconds) * 1000, now_ms))
    return Response(status_code=204)


def _welcome(
    reception: Reception, metrics: Metrics, request: Request, form: Form, *, returns: int
) -> Response:
    """Connect the call's audio to us, or say why not."""
    carrier_call = _field(form, "CallSid")
    if not carrier_call or not _field(form, "To"):
        metrics.webhooks.labels("malformed").inc()
        raise HTTPException(400, "a voice webhook has CallSid, From and To")
    if not reception.has_room:
        metrics.webhooks.labels("no_room").inc()
        log.warning("call %s was turned away: no room", carrier_call)
        return _twiml(say_and_hang_up(BUSY))
    caller = _field(form, "From")
    token = reception.announce(
        carrier_call,
        caller if caller.startswith("+") else "",  # "anonymous" and its like
        _field(form, "To"),
        _field(form, "CallToken"),
        collected(request.query_params, form),
    )
    metrics.webhooks.labels("accepted").inc()
    query = f"?{request.url.query}" if request.url.query else ""  # who is brought back keeps what was sent
    then = f"{reception.public_url}/carriers/twilio/after/{returns}{query}"
    return _twiml(connect_stream(reception.stream_url, {"token": token}, then))


def _field(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else value[0]


def _twiml(document: str) -> Response:
    return Response(document, media_type="application/xml")
