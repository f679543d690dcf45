"""What Twilio asks and tells us over HTTP: a call came in, a stream ended, a dialled leg changed.

Source: Twilio, TwiML voice requests and status callbacks. Everything is checked against its signature
before a word of it is believed. A signature holds for ever, and a carrier may deliver a webhook twice; so a
call is taken once: until its stream comes the same webhook gets the same answer, and afterwards none that
rings anybody.
"""

from __future__ import annotations

import logging
import re

from fastapi import APIRouter, HTTPException, Request, Response

from engine.core.outside_text import kept_text
from engine.core.phone_numbers import NotANumber
from engine.core.printable import printable
from engine.core.whole_numbers import whole_number
from engine.media.doors.rationed_log import RationedLog
from engine.media.tokens import stream_address
from engine.media.twiml import connect_stream, hang_up, say_and_hang_up
from engine.runtime.legs.telephone import ANSWERER_OF_WORD, OUTCOME_OF_STATUS
from engine.runtime.metrics import Metrics
from engine.runtime.outward.parameters import collected
from engine.store.tables.carrier_legs import CarrierLeg
from engine.store.tables.carrier_records import CarrierRecord
from engine.web.needs import CountedSoFar, LiveCalls, NowMs, OpenStore, OwnReception, Reception
from engine.web.signed_forms import CarrierForm, SignedForm

log = logging.getLogger("cordboard.web")

BUSY = "All of our lines are busy. Please call again in a few minutes."
CUT_OFF = "We are sorry, we were cut off. Please call again."
LONGEST_S = 7 * 24 * 3600  # of a call; carriers end theirs after a day

_NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,64}")  # of a call, a leg, a carrier's call
_WORD = re.compile(r"[a-z_]{1,40}", re.ASCII)
_replays = RationedLog(log)

routes = APIRouter(prefix="/carriers/twilio", include_in_schema=False)


@routes.post("/voice")
async def voice(
    request: Request, form: SignedForm, reception: OwnReception, metrics: CountedSoFar
) -> Response:
    return await _welcome(reception, metrics, request, form, returns=0)


@routes.post("/after/{returns}")
async def after(
    request: Request, returns: int, form: SignedForm, reception: OwnReception, metrics: CountedSoFar
) -> Response:
    """The stream is over, but the caller is still there.

    That is right where we ended the call and Twilio was not told. Else the connection broke, and the call
    goes on where it was; or the engine, and the caller is brought back to the start of the flow.
    """
    carrier_call = kept_text(form.field("CallSid"))
    token = await reception.comebacks.next_stream(carrier_call, returns)
    if token is not None:
        metrics.webhooks.labels("returned").inc()
        return _connected(reception, request, token, returns + 1)
    follows = await reception.comebacks.what_follows(carrier_call, returns)
    if follows == "begin_again":
        return await _welcome(reception, metrics, request, form, returns=returns + 1)
    return _twiml(hang_up() if follows == "hang_up" else say_and_hang_up(CUT_OFF))


@routes.post("/leg/{call}/{leg}/{stream}")
async def leg_after(call: str, leg: str, stream: int, form: SignedForm, reception: OwnReception) -> Response:
    """The stream of a dialled leg is over, but who was dialled is still there."""
    _check_names(call, leg)
    token = reception.comebacks.next_leg_stream(call, leg, form.field("CallSid"), stream)
    if not token:
        return _twiml(hang_up())
    then = f"{reception.public_url}/carriers/twilio/leg/{call}/{leg}/{stream + 1}"
    return _twiml(connect_stream(stream_address(reception.stream_url, token), {"token": token}, then))


@routes.post("/status")
async def caller_status(form: SignedForm, reception: OwnReception) -> Response:
    """How the caller's own call goes, where the number is set up to tell us."""
    carrier_call = form.field("CallSid")
    _check_carrier_call(carrier_call)
    if form.field("CallStatus") in OUTCOME_OF_STATUS:
        await reception.caller_ended(carrier_call, _duration_ms(form, carrier_call, "caller"))
    return Response(status_code=204)


@routes.post("/status/{call}/{leg}")
async def status(
    *,
    call: str,
    leg: str,
    form: SignedForm,
    calls: LiveCalls,
    store: OpenStore,
    now_ms: NowMs,
    reception: OwnReception,
) -> Response:
    _check_names(call, leg)
    live = calls.get(call)
    dialled = live.legs.get(leg) if live is not None else None
    told, carrier_call = form.field("CallStatus"), form.field("CallSid")
    if carrier_call:
        _check_carrier_call(carrier_call)
    if dialled is not None:
        dialled.status(told, carrier_call)
    elif live is None:
        if carrier_call:  # its worker may have died before it kept the name
            await store.carrier_desk.name(CarrierLeg(call, leg, "twilio", carrier_call))
        await reception.hang_up_stray(call, carrier_call, told)
    if (duration_ms := _duration_ms(form, call, leg)) is not None:
        await store.keep_carrier_record(CarrierRecord(call, leg, "twilio", duration_ms, now_ms))
    return Response(status_code=204)


@routes.post("/answerer/{call}/{leg}")
async def answerer(call: str, leg: str, form: SignedForm, calls: LiveCalls) -> Response:
    """What picked up a dialled leg, where the carrier was asked to find out."""
    _check_names(call, leg)
    said = form.field("AnsweredBy")
    if not _WORD.fullmatch(said):
        raise HTTPException(400, "a machine detection callback has AnsweredBy")
    live = calls.get(call)
    dialled = live.legs.get(leg) if live is not None else None
    if dialled is not None:
        dialled.answerer(ANSWERER_OF_WORD.get(said, "unknown"), said)
    return Response(status_code=204)


def _check_carrier_call(name: str) -> None:
    """It goes into addresses of the carrier's REST side."""
    if not _NAME.fullmatch(name):
        raise HTTPException(400, "a status callback has CallSid and CallStatus")


def _check_names(call: str, leg: str) -> None:
    if not (_NAME.fullmatch(call) and _NAME.fullmatch(leg)):
        raise HTTPException(404, "no call of ours has that name")


def _duration_ms(form: CarrierForm, call: str, leg: str) -> int | None:
    """What the carrier says of how long it lasted, if it says that."""
    said = form.field("CallDuration")
    if not said:
        return None
    seconds = whole_number(said)
    if seconds is None or seconds > LONGEST_S:
        shown = printable(said, 20)
        log.warning("call %s: the carrier's CallDuration of its leg %s is no time: %s", call, leg, shown)
        return None
    return seconds * 1000


async def _welcome(
    reception: Reception, metrics: Metrics, request: Request, form: CarrierForm, *, returns: int
) -> Response:
    """Connect the call's audio to us, or say why not."""
    carrier_call, caller, called = (form.field(name) for name in ("CallSid", "From", "To"))
    if not (_NAME.fullmatch(carrier_call) and called and _fits(caller) and _fits(called)):
        metrics.webhooks.labels("malformed").inc()
        raise HTTPException(400, "a voice webhook has CallSid, From and To")
    token = reception.token_of(carrier_call, returns)  # it's delivered again
    if token is None and await reception.comebacks.was_taken(carrier_call, returns):
        metrics.webhooks.labels("replayed").inc()
        _replays.warn("call %s: its webhook came again after the call was taken: refused", carrier_call)
        return _twiml(hang_up())
    if token is None and not reception.has_room:
        metrics.webhooks.labels("no_room").inc()
        log.warning("call %s was turned away: no room", carrier_call)
        return _twiml(say_and_hang_up(BUSY))
    try:
        token = token or reception.announce(
            carrier_call,
            caller,
            called,
            form.field("CallToken"),
            collected(request.query_params, form.singly()),
            returns=returns,
        )
    except NotANumber as refused:
        metrics.webhooks.labels("malformed").inc()
        log.warning("call %s was refused: %s", carrier_call, refused)
        raise HTTPException(400, f"From or To: {refused}") from refused
    metrics.webhooks.labels("accepted").inc()
    return _connected(reception, request, token, returns)


def _connected(reception: Reception, request: Request, token: str, returns: int) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""  # who is brought back keeps what was sent
    then = f"{reception.public_url}/carriers/twilio/after/{returns}{query}"
    return _twiml(connect_stream(stream_address(reception.stream_url, token), {"token": token}, then))


def _fits(text: str) -> bool:
    """Whether a terminal can show it."""
    return text.isprintable()


def _twiml(document: str) -> Response:
    return Response(document, media_type="application/xml")
