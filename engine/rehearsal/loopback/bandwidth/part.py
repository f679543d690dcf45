"""Bandwidth's part: JSON with a password, BXML, the Voice API.

Source: dev.bandwidth.com, Voice. A stream's end is told, and the call waits for another document by REST.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx
from fastapi import FastAPI

from engine.rehearsal.loopback.bandwidth.documents import (
    BxmlHangup,
    BxmlMistake,
    BxmlPause,
    SpeakSentence,
    StartGather,
    StartStream,
    parse_bxml,
)
from engine.rehearsal.loopback.bandwidth.rest import voice_api
from engine.rehearsal.loopback.bandwidth.wire import BandwidthWire
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

CAUSES = {
    "completed": "hangup",
    "busy": "busy",
    "no-answer": "timeout",
    "canceled": "cancel",
    "failed": "error",
}


class BandwidthPart:
    """One name and password opens the API, another proves webhooks and sockets."""

    name = "bandwidth"
    voice_path = "/carriers/bandwidth/voice"
    secrets: tuple[str, ...] = (
        "bandwidth_account_id",
        "bandwidth_username",
        "bandwidth_password",
        "bandwidth_application_id",
        "bandwidth_webhook_username",
        "bandwidth_webhook_password",
    )
    proofs_age = False

    def __init__(self, *given: str) -> None:
        self.account, self.username, self.password, self.application, *webhook = given or (
            new_sid(""),
            "api",
            new_sid(""),
            new_sid(""),
            "cordboard",
            new_sid(""),
        )
        self._webhook = f"{webhook[0]}:{webhook[1]}"
        self._trunk: Trunk | None = None
        self._began_at = datetime.now(UTC)
        self._documents: dict[str, asyncio.Queue[str]] = {}
        self._keys: dict[str, str] = {}  # where the keys of a call are told
        self._pressing: dict[str, asyncio.Task[None]] = {}  # the last key of a call, on its way

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(*(known[field] for field in cls.secrets))

    def open(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._began_at = datetime.now(UTC)

    def settings(self, api_url: str) -> Mapping[str, str]:
        username, _, password = self._webhook.partition(":")
        return {
            "bandwidth_account_id": self.account,
            "bandwidth_username": self.username,
            "bandwidth_password": self.password,
            "bandwidth_application_id": self.application,
            "bandwidth_webhook_username": username,
            "bandwidth_webhook_password": password,
            "bandwidth_api_url": f"{api_url}/api/v2" if api_url else "",
        }

    def rest_api(self, desk: Desk) -> FastAPI:
        return voice_api(desk, self)

    def wire(self, stream: Stream) -> StreamWire:
        return BandwidthWire(stream, lambda digit: self._pressed(stream, digit))

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        return _basic(self._webhook)

    def along(self, token: str) -> Mapping[str, str]:
        return {"token": token}

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        told = {"eventType": "initiate", "callId": new_sid("c-"), "from": "+15125550123", "to": "+15550100"}
        return {"Content-Type": "application/json", **_basic(self._webhook)}, json.dumps(told).encode()

    # What REST wants to know and to give

    def give(self, call: str, bxml: str) -> None:
        self._documents.setdefault(call, asyncio.Queue()).put_nowait(bxml)

    def times(self, call: PlayedCall) -> dict[str, str]:
        moments = {"startTime": call.began_ms, "answerTime": call.answered_ms, "endTime": call.ended_ms}
        return {
            name: (self._began_at + timedelta(milliseconds=at_ms)).isoformat()
            for name, at_ms in moments.items()
            if at_ms is not None
        }

    # Webhooks

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        """The application's status URL."""
        return StatusCallback(status_url or f"{voice_url.removesuffix('/voice')}/status")

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        def worded(event: str, status: str, more: Mapping[str, str]) -> StepReport | None:
            if event != FINAL_EVENT:
                return None
            told = {**self._event(call, "disconnect"), "cause": CAUSES[status]}
            return StepReport(callback.url, told, "disconnect")

        return OrderedReports(call, worded, lambda report: self._send(report.url, report.body))

    def _event(self, call: PlayedCall, kind: str) -> dict[str, object]:
        return {
            "eventType": kind,
            "accountId": self.account,
            "applicationId": self.application,
            "callId": call.sid,
            "from": call.from_,
            "to": call.to,
            "direction": "inbound" if call.is_inbound else "outbound",
            **self.times(call),
        }

    async def _send(self, url: str, told: Mapping[str, object]) -> httpx.Response:
        """Raises WebhookFailed."""
        assert self._trunk is not None, "the carrier is open"
        headers = {"Content-Type": "application/json", **_basic(self._webhook)}
        return await self._trunk.post.send("POST", url, headers, content=json.dumps(told).encode())

    def _pressed(self, stream: Stream, digit: str) -> None:
        """Told beside the stream, each key after the one before it."""
        before = self._pressing.get(stream.call)
        self._pressing[stream.call] = asyncio.create_task(self._tell_key(stream, digit, before))

    async def _tell_key(self, stream: Stream, digit: str, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        assert self._trunk is not None, "the carrier is open"
        try:
            told = {"eventType": "dtmf", "callId": stream.call, "digit": digit}
            await self._send(self._keys[stream.call], told)
        except WebhookFailed as failure:
            self._trunk.timeline.complain(stream.call, failure.code, f"dtmf: {failure}")

    # What the engine has it do

    async def lead(self, call: PlayedCall, document: Document) -> None:
        """Follows the document that a webhook is answered with, and those that REST gives it."""
        assert isinstance(document, DocumentAt), "calls are asked for with an answerUrl"
        queue = self._documents.setdefault(call.sid, asyncio.Queue())
        call.record("carrier", "webhook_sent", f"POST {document.url}")
        try:
            kind = "initiate" if call.is_inbound else "answer"
            bxml = (await self._send(document.url, self._event(call, kind))).text
            while await self._run(call, bxml):
                bxml = await queue.get()
        except (WebhookFailed, BxmlMistake) as failure:
            call.complain(None, str(failure))

    async def _run(self, call: PlayedCall, bxml: str) -> bool:
        """Whether the call waits for another document; else it has come to its end."""
        verbs = parse_bxml(bxml)
        call.record("engine", "document_given", " ".join(type(verb).__name__ for verb in verbs))
        call.handset.notice()
        starts: StartStream | None = None
        for verb in verbs:
            call.answered()
            match verb:
                case StartStream():
                    starts = verb
                case StartGather(keys):
                    self._keys[call.sid] = keys
                case SpeakSentence(words):
                    call.record("engine", "verb_run", f"SpeakSentence {words}")
                case BxmlHangup():
                    return False
                case BxmlPause() if starts is not None:
                    await self._streams(call, starts)
                    return True
        return False

    async def _streams(self, call: PlayedCall, starts: StartStream) -> None:
        if ":".join(starts.proof) != self._webhook:
            call.complain(None, "the stream's name and password are others than the account's")
        is_taken = await streamed(call, Stream(starts.url, self.account, call.sid, starts.parameters))
        kind = "mediaStreamStopped" if is_taken else "mediaStreamRejected"
        try:
            await self._send(starts.events, self._event(call, kind))
        except WebhookFailed as failure:
            call.complain(failure.code, f"{kind}: {failure}")


def _basic(shown: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(shown.encode()).decode()}"}
