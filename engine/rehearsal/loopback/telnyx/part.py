"""Telnyx's part: signed events, commands by Call Control, streams that commands open.

Source: developers.telnyx.com, Call Control API v2. Webhooks that are answered with no 2xx are sent once more.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
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
    StreamOrder,
    Trunk,
)
from engine.rehearsal.loopback.posts import WebhookFailed
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.streaming import streamed
from engine.rehearsal.loopback.telnyx.rest import Command, RejectOrder, call_control
from engine.rehearsal.loopback.telnyx.wire import TelnyxWire
from engine.rehearsal.loopback.wires import Stream, StreamWire

CONNECTION = "1494404757140276705"
EVENTS = frozenset({"initiated", "answered", FINAL_EVENT})
TRIES = 2

_CAUSES = {
    "busy": "user_busy",
    "no-answer": "timeout",
    "failed": "not_found",
    "canceled": "originator_cancel",
    "completed": "normal_clearing",
}


class TelnyxPart:
    """`api_key` opens the API; the key that signs is made of it, so that a running engine can be told its
    public half."""

    name = "telnyx"
    voice_path = "/carriers/telnyx/voice"
    account = "user-1"
    secrets: tuple[str, ...] = ("telnyx_api_key",)

    def __init__(self, api_key: str = "") -> None:
        self.api_key = api_key or new_sid("KEY")
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.api_key.encode()).digest())
        self._trunk: Trunk | None = None
        self._began_at = datetime.now(UTC)
        self._commands: dict[str, asyncio.Queue[Command]] = {}
        self.states: dict[str, str] = {}  # the client_state of each call

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(known["telnyx_api_key"])

    @property
    def public_key(self) -> str:
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def open(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._began_at = datetime.now(UTC)

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {
            "telnyx_api_key": self.api_key,
            "telnyx_public_key": self.public_key,
            "telnyx_connection_id": CONNECTION,
            "telnyx_api_url": api_url,
        }

    def rest_api(self, desk: Desk) -> FastAPI:
        return call_control(desk, self)

    def wire(self, stream: Stream) -> StreamWire:
        return TelnyxWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        return {}

    def along(self, token: str) -> Mapping[str, str]:
        return {"client_state": base64.b64encode(f"0.{token}".encode()).decode()}

    proofs_age = True

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        payload = {
            "call_control_id": new_sid("v3:"),
            "direction": "incoming",
            "from": "+15125550123",
            "to": "+15550100",
        }
        body = json.dumps({"data": {"event_type": "call.initiated", "payload": payload}}).encode()
        return self._signed(body, at_s), body

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        return StatusCallback(voice_url, events=EVENTS - {"initiated"})

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        return EventReports(self, call, callback)

    def command(self, call: str, command: Command) -> None:
        """The engine wants this of the call."""
        self._commands.setdefault(call, asyncio.Queue()).put_nowait(command)

    async def lead(self, call: PlayedCall, document: Document) -> None:
        """Commands come by REST; who called is told of first. A stream that ends leaves the call up."""
        queue = self._commands.setdefault(call.sid, asyncio.Queue())
        url = ""
        if isinstance(document, DocumentAt):
            url = document.url
            call.record("carrier", "webhook_sent", f"call.initiated {url}")
            await self._send_noted(call, url, "call.initiated", {"direction": "incoming", "state": "parked"})
        elif isinstance(document, StreamOrder):
            url = document.parameters["webhook_url"]
            self.command(call.sid, document)
        while True:
            call.handset.notice()
            order = await queue.get()
            if isinstance(order, RejectOrder):
                call.record("engine", "verb_run", "reject")
                call.over("busy", "engine")
                return
            call.answered()
            state = order.parameters["client_state"]
            self.states[call.sid] = state
            stream = Stream(
                order.url, self.account, call.sid, {"client_state": state}, from_=call.from_, to=call.to
            )
            is_taken = await streamed(call, stream)
            kind = "streaming.stopped" if is_taken else "streaming.failed"
            await self._send_noted(call, url, kind, {})

    async def _send_noted(self, call: PlayedCall, url: str, kind: str, more: Mapping[str, str]) -> None:
        try:
            await self.send(url, self.event(call, kind, more))
        except WebhookFailed as failure:
            call.complain(failure.code, f"{kind}: {failure}")

    def event(self, call: PlayedCall, kind: str, more: Mapping[str, str]) -> Mapping[str, object]:
        """A webhook's body, as of now."""
        payload = {
            "call_control_id": call.sid,
            "call_session_id": call.sid,
            "connection_id": CONNECTION,
            "from": call.from_,
            "to": call.to,
            "client_state": self.states.get(call.sid),
            **more,
        }
        return {
            "data": {
                "record_type": "event",
                "event_type": kind,
                "id": new_sid(""),
                "occurred_at": self._now().isoformat(),
                "payload": payload,
            }
        }

    def _now(self) -> datetime:
        """The moment by the carrier's clock, which may run faster."""
        assert self._trunk is not None, "the carrier is open"
        return self._began_at + timedelta(milliseconds=self._trunk.clock.now_ms())

    async def send(self, url: str, event: Mapping[str, object]) -> None:
        """Signed, and sent again where it failed. Raises WebhookFailed."""
        assert self._trunk is not None, "the carrier is open"
        for tries_left in reversed(range(TRIES)):
            body = json.dumps(event).encode()
            try:
                await self._trunk.post.send("POST", url, self.headers(body), content=body)
                return
            except WebhookFailed:
                if not tries_left:
                    raise
                await self._trunk.clock.sleep_ms(500)

    def headers(self, body: bytes) -> dict[str, str]:
        """The proof of a body, as of now."""
        return self._signed(body, self._now().timestamp())

    def _signed(self, body: bytes, at_s: float) -> dict[str, str]:
        stamp = str(int(at_s))
        signature = base64.b64encode(self._key.sign(f"{stamp}|".encode() + body)).decode()
        return {
            "Content-Type": "application/json",
            "telnyx-timestamp": stamp,
            "telnyx-signature-ed25519": signature,
        }


class EventReports:
    """One call's progress as events, in order, beside the call itself."""

    def __init__(self, part: TelnyxPart, call: PlayedCall, callback: StatusCallback) -> None:
        self._part = part
        self._call = call
        self._callback = callback
        self.is_cut_off = False
        self._waiting: asyncio.Queue[tuple[str, Mapping[str, object]] | None] = asyncio.Queue()
        self._delivery = asyncio.create_task(self._deliver())

    def tell(self, event: str, status: str, more: Mapping[str, str]) -> None:
        if event not in self._callback.events:
            return
        kind = {"initiated": "call.initiated", "answered": "call.answered"}.get(event, "call.hangup")
        said: dict[str, str] = {"direction": "incoming" if self._call.is_inbound else "outgoing"}
        if event == FINAL_EVENT:
            source = "caller" if self._call.ended_by == "caller" or not self._call.is_inbound else "callee"
            if self._call.ended_by == "buyer":
                source = "callee"
            said |= {"hangup_cause": _CAUSES[status], "hangup_source": source, "sip_hangup_cause": "200"}
        self._waiting.put_nowait((kind, self._part.event(self._call, kind, said)))

    async def finish(self) -> None:
        self._waiting.put_nowait(None)
        await self._delivery

    async def _deliver(self) -> None:
        timeline = self._call.trunk.timeline
        while (told := await self._waiting.get()) is not None:
            kind, event = told
            try:
                await self._part.send(self._callback.url, event)
            except WebhookFailed as failure:
                timeline.complain(self._call.sid, failure.code, f"{kind}: {failure}")
                self.is_cut_off = self.is_cut_off or kind == "call.hangup"
            else:
                timeline.record(self._call.sid, "carrier", "status_reported", kind)
