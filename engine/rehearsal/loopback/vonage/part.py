"""Vonage's part: JSON signed by JWT, NCCOs, the Voice API.

Source: developer.vonage.com, Voice API. A leg's events come to the URL of its call, those of its socket to
the URL of its NCCO.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from fastapi import FastAPI

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
from engine.rehearsal.loopback.vonage.documents import ConnectSocket, NccoMistake, TalkAction, parse_ncco
from engine.rehearsal.loopback.vonage.rest import voice_api
from engine.rehearsal.loopback.vonage.wire import VonageWire
from engine.rehearsal.loopback.wires import Stream, StreamWire

EVENTS = {"initiated": "started", "ringing": "ringing", "answered": "answered"}
STATUSES = {"no-answer": "timeout", "canceled": "cancelled"}
_MOST_DOCUMENTS = 50


class VonagePart:
    """The engine's private key opens the API, the signature secret proves webhooks and sockets."""

    name = "vonage"
    voice_path = "/carriers/vonage/voice"
    secrets: tuple[str, ...] = ("vonage_application_id", "vonage_private_key", "vonage_signature_secret")
    proofs_age = True

    def __init__(self, application: str = "", private_key: str = "", secret: str = "") -> None:
        self.account = application or new_sid("")
        self.secret = secret or new_sid("")
        self.private_key = private_key or _new_key()
        key = load_pem_private_key(self.private_key.replace("\\n", "\n").encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey), "the engine has checked it"
        self.public_key = key.public_key()
        self._trunk: Trunk | None = None
        self._began_s = 0.0

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(*(known[field] for field in cls.secrets))

    def open(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._began_s = datetime.now(UTC).timestamp()

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {
            "vonage_application_id": self.account,
            "vonage_private_key": self.private_key,
            "vonage_signature_secret": self.secret,
            "vonage_api_url": api_url,
        }

    def rest_api(self, desk: Desk) -> FastAPI:
        return voice_api(desk, self)

    def wire(self, stream: Stream) -> StreamWire:
        return VonageWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        return self._proof(None, self._now_s())

    def along(self, token: str) -> Mapping[str, str]:
        return {"token": token}

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        told = {"uuid": new_sid(""), "from": "15125550123", "to": "15550100"}
        body = json.dumps(told).encode()
        return {"Content-Type": "application/json", **self._proof(body, at_s)}, body

    def _proof(self, body: bytes | None, at_s: float) -> dict[str, str]:
        claims = {"iss": "Vonage", "iat": int(at_s), "jti": new_sid(""), "application_id": self.account}
        if body is not None:
            claims["payload_hash"] = hashlib.sha256(body).hexdigest()
        return {"Authorization": f"Bearer {jwt.encode(claims, self.secret, algorithm='HS256')}"}

    def _now_s(self) -> float:
        """The moment by the carrier's clock, which may run faster."""
        assert self._trunk is not None, "the carrier is open"
        return self._began_s + self._trunk.clock.now_ms() / 1000

    # Webhooks

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        """The application's event_url."""
        url = status_url or f"{voice_url.removesuffix('/voice')}/events"
        return StatusCallback(url, events=frozenset({"initiated", "ringing", "answered", FINAL_EVENT}))

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        def worded(event: str, status: str, more: Mapping[str, str]) -> StepReport | None:
            if event not in callback.events:
                return None
            word = EVENTS.get(event) or STATUSES.get(status, status)
            told: dict[str, object] = {**_named(call), "status": word}
            if event == FINAL_EVENT and status == "completed":
                by = "user" if call.ended_by in ("caller", "buyer") else "platform"
                told |= {"duration": more["CallDuration"], "disconnected_by": by}
            return StepReport(callback.url, told, word)

        return OrderedReports(call, worded, lambda report: self._send(report.url, report.body))

    async def _send(self, url: str, told: Mapping[str, object]) -> httpx.Response:
        """Raises WebhookFailed."""
        assert self._trunk is not None, "the carrier is open"
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json", **self._proof(body, self._now_s())}
        return await self._trunk.post.send("POST", url, headers, content=body)

    # What the engine has it do

    async def lead(self, call: PlayedCall, document: Document) -> None:
        """Follows an NCCO, and those that the events of its sockets are answered with."""
        assert isinstance(document, DocumentAt), "calls are asked for with an answer_url"
        url, told = document.url, _named(call)
        for _ in range(_MOST_DOCUMENTS):
            try:
                call.record("carrier", "webhook_sent", f"POST {url}")
                answer = await self._send(url, told)
                actions = parse_ncco(answer.text) if answer.text else ()
            except (WebhookFailed, NccoMistake) as failure:
                call.complain(None, str(failure))
                return
            call.record("engine", "document_given", " ".join(type(action).__name__ for action in actions))
            call.handset.notice()
            follows = await self._run(call, actions)
            if follows is None:
                return
            url, told = follows
        call.complain(None, f"more than {_MOST_DOCUMENTS} NCCOs in one call: it runs in a circle")

    async def _run(
        self, call: PlayedCall, actions: tuple[ConnectSocket | TalkAction, ...]
    ) -> tuple[str, dict[str, object]] | None:
        """The event that a socket's end is, and where it is told; None where the NCCO ran out."""
        for action in actions:
            call.answered()
            if isinstance(action, TalkAction):
                call.record("engine", "verb_run", f"talk {action.words}")
                continue
            is_taken = await streamed(call, Stream(action.url, self.account, call.sid, action.parameters))
            socket = {"uuid": new_sid(""), "from": call.to.removeprefix("+"), "to": action.url}
            return action.then, {**socket, "status": "disconnected" if is_taken else "failed"}
        return None


def _named(call: PlayedCall) -> dict[str, object]:
    return {
        "uuid": call.sid,
        "conversation_uuid": f"CON-{call.sid}",
        "from": call.from_.removeprefix("+"),
        "to": call.to.removeprefix("+"),
        "direction": "inbound" if call.is_inbound else "outbound",
    }


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
