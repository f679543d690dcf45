"""jambonz's part: signed JSON, verbs, the REST API.

Source: docs.jambonz.org. Its signatures are those of jambonz's own rule, written apart from the engine's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI

from engine.rehearsal.loopback.jambonz.documents import (
    AnswerVerb,
    ConferenceVerb,
    JambonzHangup,
    JambonzSay,
    JambonzVerb,
    ListenVerb,
    RedirectVerb,
    VerbMistake,
    parse_verbs,
)
from engine.rehearsal.loopback.jambonz.rest import calls_api
from engine.rehearsal.loopback.jambonz.wire import JambonzWire
from engine.rehearsal.loopback.parts import (
    FINAL_EVENT,
    CarrierPart,
    Desk,
    Document,
    DocumentAt,
    PlayedCall,
    Reports,
    StatusCallback,
    Trunk,
)
from engine.rehearsal.loopback.posts import WebhookFailed
from engine.rehearsal.loopback.reports import OrderedReports, StepReport
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.streaming import streamed
from engine.rehearsal.loopback.wires import Stream, StreamWire

WORDS = {"initiated": "trying", "ringing": "ringing", "answered": "in-progress"}
STATUSES = {"canceled": ("failed", 487), "failed": ("failed", 404), "busy": ("busy", 486)}
_MOST_DOCUMENTS = 50


class JambonzPart:
    """The API key opens the API, the webhook secret signs."""

    name = "jambonz"
    voice_path = "/carriers/jambonz/voice"
    secrets: tuple[str, ...] = ("jambonz_account_sid", "jambonz_api_key", "jambonz_webhook_secret")
    proofs_age = True

    def __init__(self, account: str = "", api_key: str = "", secret: str = "") -> None:
        self.account = account or new_sid("")
        self.api_key = api_key or new_sid("")
        self._secret = secret or new_sid("wh_secret_")
        self._trunk: Trunk | None = None
        self._began_s = 0.0
        self._sockets: dict[str, tuple[str, str]] = {}  # what the document of each stream's URL gave along

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(*(known[field] for field in cls.secrets))

    def open(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._began_s = datetime.now(UTC).timestamp()

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {
            "jambonz_account_sid": self.account,
            "jambonz_api_key": self.api_key,
            "jambonz_webhook_secret": self._secret,
            "jambonz_api_url": api_url,
        }

    def rest_api(self, desk: Desk) -> FastAPI:
        return calls_api(desk, self)

    def wire(self, stream: Stream) -> StreamWire:
        return JambonzWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        """As wsAuth says."""
        shown = ":".join(self._sockets.get(stream.url, ("", "")))
        return {"Authorization": f"Basic {base64.b64encode(shown.encode()).decode()}"}

    def along(self, token: str) -> Mapping[str, str]:
        return {"token": token}

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        told = {"call_sid": new_sid(""), "from": "+15125550123", "to": "+15550100", "call_status": "trying"}
        body = json.dumps(told).encode()
        return self._signed(body, at_s), body

    def _signed(self, body: bytes, at_s: float) -> dict[str, str]:
        at = str(int(at_s))
        said = hmac.new(self._secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "Jambonz-Signature": f"t={at},v1={said}"}

    # Webhooks

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        """The application's call status hook."""
        url = status_url or f"{voice_url.removesuffix('/voice')}/status"
        return StatusCallback(url, events=frozenset({"initiated", "answered", FINAL_EVENT}))

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        def worded(event: str, status: str, more: Mapping[str, str]) -> StepReport | None:
            if event not in callback.events:
                return None
            word, sip_status = STATUSES.get(status, (status, 200))
            told = {**_about(call), "call_status": WORDS.get(event, word)}
            if event == FINAL_EVENT:
                by = "caller" if call.ended_by in ("caller", "buyer") else "jambonz"
                told |= {"sip_status": sip_status, "call_termination_by": by}
                told |= {"duration": int(more["CallDuration"])} if status == "completed" else {}
            return StepReport(callback.url, told, str(told["call_status"]))

        return OrderedReports(call, worded, lambda report: self._send(report.url, report.body))

    async def _send(self, url: str, told: Mapping[str, object]) -> httpx.Response:
        """Raises WebhookFailed."""
        assert self._trunk is not None, "the carrier is open"
        body = json.dumps(told).encode()
        now_s = self._began_s + self._trunk.clock.now_ms() / 1000  # by the carrier's clock
        return await self._trunk.post.send("POST", url, self._signed(body, now_s), content=body)

    # What the engine has it do

    async def lead(self, call: PlayedCall, document: Document) -> None:
        """Follows verbs, and those that their hooks are answered with."""
        assert isinstance(document, DocumentAt), "calls are asked for with a call_hook"
        url: str | None = document.url
        for _ in range(_MOST_DOCUMENTS):
            if url is None:
                return
            call.record("carrier", "webhook_sent", f"POST {url}")
            try:
                answer = await self._send(url, {**_about(call), "call_status": call.status})
                verbs = parse_verbs(answer.text)
            except (WebhookFailed, VerbMistake) as failure:
                call.complain(None, str(failure))
                return
            call.record("engine", "document_given", " ".join(type(verb).__name__ for verb in verbs))
            call.handset.notice()
            url = await self._run(call, verbs)
        call.complain(None, f"more than {_MOST_DOCUMENTS} documents in one call: it runs in a circle")

    async def _run(self, call: PlayedCall, verbs: tuple[JambonzVerb, ...]) -> str | None:
        """The URL that is asked next; None where the verbs ran out."""
        for verb in verbs:
            match verb:
                case AnswerVerb():
                    call.answered()
                case JambonzSay(words):
                    call.answered()
                    call.record("engine", "verb_run", f"say {words}")
                case ListenVerb(url, metadata, proof):
                    self._sockets[url] = proof
                    about = {"from_": call.from_, "to": call.to}
                    await streamed(call, Stream(url, self.account, call.sid, metadata, **about))
                    del self._sockets[url]
                case ConferenceVerb(name):
                    call.record("engine", "conference_joined", name)
                    ended = await call.trunk.conferences.sit_in(name, call.handset, None)
                    call.record("carrier", "conference_left", ended)
                case RedirectVerb(url):
                    return url
                case JambonzHangup():
                    return None
        return None


def _about(call: PlayedCall) -> dict[str, object]:
    return {
        "call_sid": call.sid,
        "call_id": f"{call.sid}@jambonz",
        "direction": "inbound" if call.is_inbound else "outbound",
        "from": call.from_,
        "to": call.to,
    }
