"""Twilio's REST API for calls, as far as an engine that dials and hangs up needs it, on a loopback port.

Create, change and read a call under /2010-04-01/Accounts/{Sid}/Calls; answers and errors have Twilio's JSON
form. Source: Twilio, Programmable Voice, Call resource.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData

from engine.rehearsal.loopback.calls import API_VERSION
from engine.rehearsal.loopback.parts import (
    FINAL_EVENT,
    Desk,
    Document,
    DocumentAt,
    DocumentText,
    Method,
    NobodysNumber,
    PlayedCall,
    StatusCallback,
    TellsAnswerer,
)
from engine.rehearsal.loopback.twilio.webhooks import Webhooks

_CALLS = f"/{API_VERSION}/Accounts/{{account}}/Calls"
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SIP = re.compile(r"sips?:[^@\s]+@[^@\s]+")
_EVENTS = frozenset({"initiated", "ringing", "answered", FINAL_EVENT})
_RING_TIMEOUT_S = 60


class RestRefusal(Exception):
    """An answer in Twilio's error form."""

    def __init__(self, status: int, code: int, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)

    def answer(self) -> JSONResponse:
        content = {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        return JSONResponse(content, self.status)


@dataclass(frozen=True, slots=True)
class ApiAccount:
    """Whose API it is, where its calls are (`prefix`), and what every path ends in. `takes_documents`:
    whether a call may be given its document in the request itself."""

    account: str
    token: str
    prefix: str = ""
    ending: str = ".json"
    takes_documents: bool = True


def rest_api(desk: Desk, owner: ApiAccount, webhooks: Webhooks) -> FastAPI:
    """The API as an application; every failure of a request is a Refusal."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    calls = f"{owner.prefix}{_CALLS}"

    @app.exception_handler(RestRefusal)
    async def refuse(request: Request, refusal: RestRefusal) -> JSONResponse:
        desk.note("", f"{request.method} {request.url.path}: {refusal.code} {refusal}", refused=True)
        return refusal.answer()

    @app.post(f"{calls}{owner.ending}")
    async def create(account: str, request: Request) -> JSONResponse:
        _authenticate(owner, account, request)
        form = await _form(request)
        to, from_ = _called(form), _number(form, "From", 21213, 21212)
        document = _document(form, owner)
        if document is None:
            raise RestRefusal(400, 21205, "Url parameter is required.")
        tells = _answerer_report(form, webhooks)
        try:
            call = desk.dial(
                from_, to, document, _ring_timeout_s(form), _status_callback(form), tells_answerer=tells
            )
        except NobodysNumber as nobodys:
            said = f"The phone number you are attempting to call, {nobodys}, is not valid."
            raise RestRefusal(400, 21211, said) from nobodys
        return JSONResponse(call_resource(call, account), 201)

    @app.post(f"{calls}/{{sid}}{owner.ending}")
    async def change(account: str, sid: str, request: Request) -> JSONResponse:
        _authenticate(owner, account, request)
        call = _find(desk, sid)
        _change(desk, call, await _form(request), owner)
        return JSONResponse(call_resource(call, account))

    @app.get(f"{calls}/{{sid}}{owner.ending}")
    async def show(account: str, sid: str, request: Request) -> JSONResponse:
        _authenticate(owner, account, request)
        call = _find(desk, sid)
        if call.is_over:
            call.was_read.set()
        return JSONResponse(call_resource(call, account))

    return app


async def _form(request: Request) -> FormData:
    """A URL-encoded form; Twilio's API takes no other."""
    fields = parse_qsl((await request.body()).decode(), keep_blank_values=True)
    return FormData([(name, value) for name, value in fields])


def call_resource(call: PlayedCall, account: str) -> dict[str, object]:
    """A call as Twilio shows it. Dates are the wall's; the duration is in the carrier's seconds."""
    path = f"/{API_VERSION}/Accounts/{account}/Calls/{call.sid}"
    created = format_datetime(call.created_at)
    answered = call.answered_ms is not None
    ended = created
    if call.ended_ms is not None:
        ended = format_datetime(call.created_at + timedelta(milliseconds=call.ended_ms - call.began_ms))
    return {
        "sid": call.sid,
        "account_sid": account,
        "parent_call_sid": None,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from_,
        "from_formatted": call.from_,
        "status": call.status,
        "direction": call.direction,
        "start_time": created if answered else None,
        "end_time": ended if call.is_over else None,
        "duration": str(call.duration_s) if call.is_over else None,
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "caller_name": None,
        "forwarded_from": None,
        "queue_time": "0",
        "api_version": API_VERSION,
        "date_created": created,
        "date_updated": ended,
        "uri": f"{path}.json",
        "subresource_uris": {"streams": f"{path}/Streams.json"},
    }


def _authenticate(owner: ApiAccount, account: str, request: Request) -> None:
    kind, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True) if kind.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        given = b""
    if not secrets.compare_digest(given, f"{owner.account}:{owner.token}".encode()):
        raise RestRefusal(401, 20003, "Authenticate")
    if account != owner.account:
        raise RestRefusal(404, 20404, f"The requested resource /Accounts/{account} was not found")


def _find(desk: Desk, sid: str) -> PlayedCall:
    call = desk.find(sid)
    if call is None:
        raise RestRefusal(404, 20404, f"The requested resource /Calls/{sid}.json was not found")
    return call


def _change(desk: Desk, call: PlayedCall, form: FormData, owner: ApiAccount) -> None:
    status, document = _text(form, "Status"), _document(form, owner)
    if call.is_over or (document is not None and call.status != "in-progress"):
        raise RestRefusal(
            400, 21220, f"Call is not in-progress. Cannot redirect. ({call.sid} is {call.status})"
        )
    if status not in {"", "completed", "canceled"} or (not status and document is None):
        raise RestRefusal(
            400, 20001, f"Status is {status!r}; expected completed or canceled, or else Url or Twiml"
        )
    if status == "completed" or (status == "canceled" and call.status in {"queued", "ringing"}):
        desk.note(call.sid, f"Status={status}", refused=False)
        call.end("engine")
    elif document is not None:
        if desk.immovable & {call.sid, call.to}:
            raise RestRefusal(400, 20001, "This call can't be redirected just now")
        desk.note(call.sid, "another document", refused=False)
        call.follow(document)


def _called(form: FormData) -> str:
    """A number, or a SIP address."""
    to = _text(form, "To")
    return to if _SIP.fullmatch(to) else _number(form, "To", 21201, 21211)


def _answerer_report(form: FormData, webhooks: Webhooks) -> TellsAnswerer | None:
    """Tells what picked up; None where nobody asks, or where the document waits for it instead."""
    asked = _text(form, "MachineDetection")
    if not asked:
        return None
    if asked not in {"Enable", "DetectMessageEnd"}:
        raise RestRefusal(400, 20001, f"MachineDetection is {asked!r}; expected Enable or DetectMessageEnd")
    timeout = _text(form, "MachineDetectionTimeout") or "30"
    if not timeout.isdecimal() or not 3 <= int(timeout) <= 59:
        raise RestRefusal(400, 20001, f"MachineDetectionTimeout is {timeout!r}; expected 3 to 59 seconds")
    url = _text(form, "AsyncAmdStatusCallback")
    if _text(form, "AsyncAmd") != "true" or not url:
        return None
    method = _method(form, "AsyncAmdStatusCallbackMethod")

    async def tell(call: PlayedCall, said: str, took_ms: int) -> None:
        fields = {
            "CallSid": call.sid,
            "AccountSid": call.trunk.account_sid,
            "AnsweredBy": said,
            "MachineDetectionDuration": str(took_ms),
        }
        await webhooks.send(url, method, fields)

    return tell


def _number(form: FormData, name: str, missing: int, invalid: int) -> str:
    number = _text(form, name)
    if not number:
        raise RestRefusal(400, missing, f"No '{name}' number is specified")
    if not _E164.fullmatch(number):
        raise RestRefusal(
            400, invalid, f"The phone number you are attempting to call, {number}, is not valid."
        )
    return number


def _document(form: FormData, owner: ApiAccount) -> Document | None:
    twiml, url = _text(form, "Twiml") if owner.takes_documents else "", _text(form, "Url")
    if twiml:
        return DocumentText(twiml)
    return DocumentAt(url, _method(form, "Method")) if url else None


def _ring_timeout_s(form: FormData) -> float:
    timeout = _text(form, "Timeout") or str(_RING_TIMEOUT_S)
    if not timeout.isdecimal() or not 1 <= int(timeout) <= 600:
        raise RestRefusal(400, 20001, f"Timeout is {timeout!r}; expected 1 to 600 seconds")
    return float(timeout)


def _status_callback(form: FormData) -> StatusCallback | None:
    url = _text(form, "StatusCallback")
    if not url:
        return None
    named = " ".join(str(event) for event in form.getlist("StatusCallbackEvent")).split()
    strange = sorted(set(named) - _EVENTS)
    if strange:
        raise RestRefusal(
            400, 21626, f"StatusCallbackEvent {strange[0]!r}; expected {', '.join(sorted(_EVENTS))}"
        )
    return StatusCallback(url, _method(form, "StatusCallbackMethod"), frozenset(named or {FINAL_EVENT}))


def _method(form: FormData, name: str) -> Method:
    method = _text(form, name).upper() or "POST"
    if method not in {"GET", "POST"}:
        raise RestRefusal(400, 20001, f"{name} is {method!r}; expected GET or POST")
    return "GET" if method == "GET" else "POST"


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
