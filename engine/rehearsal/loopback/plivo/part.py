"""Plivo's part: signed forms (V3), Plivo XML, the Call API.

Source: docs.plivo.com, Voice. Its signatures are those of Plivo's own rule, written apart from the engine's.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from fastapi import FastAPI

from engine.rehearsal.loopback.parts import (
    FINAL_EVENT,
    CarrierPart,
    Desk,
    Document,
    Method,
    PlayedCall,
    Reports,
    StatusCallback,
    Trunk,
)
from engine.rehearsal.loopback.plivo.documents import parse_plivo
from engine.rehearsal.loopback.plivo.rest import call_api
from engine.rehearsal.loopback.plivo.wire import PlivoWire
from engine.rehearsal.loopback.posts import WebhookFailed, WebhookPost
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.twilio.documents import follow
from engine.rehearsal.loopback.twilio.webhooks import Webhooks
from engine.rehearsal.loopback.wires import Stream, StreamWire

_STATUS = {"canceled": "cancel", "queued": "ringing"}
_CAUSE = {"completed": "Normal Hangup", "busy": "Busy Line", "no-answer": "Ring Timeout Reached"}


def v3_signature(token: str, method: Method, url: str, form: Mapping[str, str], nonce: str) -> str:
    parts = urlsplit(url)
    query = "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(parts.query)))
    address = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if method == "POST":
        address = f"{address}?{query}." + "".join(name + form[name] for name in sorted(form))
    elif query:
        address = f"{address}?{query}"
    said = f"{address}.{nonce}".encode()
    return base64.b64encode(hmac.new(token.encode(), said, hashlib.sha256).digest()).decode()


class PlivoForms(Webhooks):
    """Webhooks in Plivo's words."""

    def __init__(self, post: WebhookPost, part: PlivoPart) -> None:
        super().__init__(post, part.token)
        self._part = part

    async def send(self, url: str, method: Method, fields: Mapping[str, str]) -> httpx.Response:
        form = self._part.worded(fields)
        return await self._post.send("POST", url, self._part.proof(url, form), data=form)


class PlivoPart:
    """Signed forms, Plivo XML."""

    name = "plivo"
    voice_path = "/carriers/plivo/voice"
    secrets: tuple[str, ...] = ("plivo_auth_id", "plivo_auth_token")
    proofs_age = False

    def __init__(self, account: str = "", token: str = "") -> None:
        self.account = account or new_sid("MA")
        self.token = token or new_sid("")
        self.ring_urls: dict[str, str] = {}  # by the hangup_url of the same call
        self.requests: dict[str, str] = {}  # the call of each request
        self._forms: PlivoForms | None = None

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(*(known[field] for field in cls.secrets))

    @property
    def forms(self) -> PlivoForms:
        assert self._forms is not None, "the carrier is open"
        return self._forms

    def open(self, trunk: Trunk) -> None:
        self._forms = PlivoForms(trunk.post, self)

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {"plivo_auth_id": self.account, "plivo_auth_token": self.token, "plivo_api_url": api_url}

    def rest_api(self, desk: Desk) -> FastAPI:
        return call_api(desk, self)

    def wire(self, stream: Stream) -> StreamWire:
        return PlivoWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        nonce = new_sid("")
        signature = v3_signature(self.token, "GET", stream.url, {}, nonce)
        return {"X-Plivo-Signature-V3": signature, "X-Plivo-Signature-V3-Nonce": nonce}

    def along(self, token: str) -> Mapping[str, str]:
        return {"extra_headers": f"token={token.encode().hex()}"}

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        form = {"CallUUID": new_sid(""), "From": "+15125550123", "To": "+15550100"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self.proof(url, form)}
        return headers, urlencode(form).encode()

    def proof(self, url: str, form: Mapping[str, str]) -> dict[str, str]:
        nonce = new_sid("")
        signature = v3_signature(self.token, "POST", url, form, nonce)
        return {"X-Plivo-Signature-V3": f"{'A' * 43}=,{signature}", "X-Plivo-Signature-V3-Nonce": nonce}

    def worded(self, fields: Mapping[str, str]) -> dict[str, str]:
        """A call's fields as Plivo names them."""
        call, status = fields["CallSid"], fields["CallStatus"]
        request = next((name for name, named in self.requests.items() if named == call), "")
        form = {
            "CallUUID": call,
            "From": fields["From"],
            "To": fields["To"],
            "Direction": "inbound" if fields["Direction"] == "inbound" else "outbound",
            "CallStatus": _STATUS.get(status, status),
            "RequestUUID": request,
        }
        if "CallDuration" in fields:
            duration = fields["CallDuration"]
            form |= {"Duration": duration, "BillDuration": duration}
            form |= {"HangupCauseName": _CAUSE.get(status, "Unknown"), "HangupSource": fields["EndedBy"]}
        return form

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        """An application's hangup_url."""
        return StatusCallback(status_url or f"{voice_url.removesuffix('/voice')}/status")

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        return PlivoReports(self, call, callback)

    async def lead(self, call: PlayedCall, document: Document) -> None:
        await follow(call, document, self.forms, parse_plivo)


class PlivoReports:
    """ring_url and hangup_url of one call, in order, beside the call itself."""

    def __init__(self, part: PlivoPart, call: PlayedCall, callback: StatusCallback) -> None:
        self._part = part
        self._call = call
        self._urls = {"ringing": part.ring_urls.get(callback.url, ""), FINAL_EVENT: callback.url}
        self.is_cut_off = False
        self._waiting: asyncio.Queue[tuple[str, Mapping[str, str]] | None] = asyncio.Queue()
        self._delivery = asyncio.create_task(self._deliver())

    def tell(self, event: str, status: str, more: Mapping[str, str]) -> None:
        if url := self._urls.get(event):
            source = {"caller": "Caller", "buyer": "Callee", "engine": "API Request"}
            by = source.get(self._call.ended_by or "", "Plivo")
            fields = {**self._call.fields(), "CallStatus": status, "EndedBy": by, **more}
            self._waiting.put_nowait((url, fields))

    async def finish(self) -> None:
        self._waiting.put_nowait(None)
        await self._delivery

    async def _deliver(self) -> None:
        timeline = self._call.trunk.timeline
        while (told := await self._waiting.get()) is not None:
            url, fields = told
            try:
                await self._part.forms.send(url, "POST", fields)
            except WebhookFailed as failure:
                timeline.complain(self._call.sid, failure.code, f"status: {failure}")
                self.is_cut_off = self.is_cut_off or "CallDuration" in fields
            else:
                timeline.record(self._call.sid, "carrier", "status_reported", fields["CallStatus"])
