"""Exotel's part: Voicebot applets whose streams announce callers, legs that are dialled into a stream.

The flow that it plays has one Voicebot applet behind the other, so that a caller whose stream broke comes
back by the next.

Source: developer.exotel.com, AgentStream and Voice v1.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI

from engine.rehearsal.loopback.exotel.rest import connect_api, shown_call
from engine.rehearsal.loopback.exotel.wire import ExotelWire
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
from engine.rehearsal.loopback.posts import WebhookFailed, WebhookPost
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.streaming import streamed
from engine.rehearsal.loopback.wires import Stream, StreamWire

USER = "cordboard"
APPLETS = 2
"""Voicebot applets of the flow, one behind the other."""


class ExotelPart:
    """`password` stands in the applets' URL."""

    name = "exotel"
    voice_path = "/carriers/exotel/voice"
    secrets: tuple[str, ...] = ("exotel_account_sid", "exotel_api_key", "exotel_api_token", "exotel_password")
    proofs_age = False

    def __init__(self, account: str = "", api_key: str = "", api_token: str = "", password: str = "") -> None:
        self.account = account or new_sid("exotel")
        self.api_key = api_key or new_sid("")
        self.api_token = api_token or new_sid("")
        self.password = password or new_sid("")
        self._trunk: Trunk | None = None

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(*(known[field] for field in cls.secrets))

    @property
    def post(self) -> WebhookPost:
        assert self._trunk is not None, "the carrier is open"
        return self._trunk.post

    def open(self, trunk: Trunk) -> None:
        self._trunk = trunk

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {
            "exotel_account_sid": self.account,
            "exotel_api_key": self.api_key,
            "exotel_api_token": self.api_token,
            "exotel_user": USER,
            "exotel_password": self.password,
            "exotel_api_url": api_url,
        }

    def rest_api(self, desk: Desk) -> FastAPI:
        return connect_api(desk, self)

    def wire(self, stream: Stream) -> StreamWire:
        return ExotelWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        """The applet's user and password; the URL of a leg that was dialled holds neither."""
        return {} if stream.parameters else self._basic()

    def _basic(self) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(f'{USER}:{self.password}'.encode()).decode()}"}

    def along(self, token: str) -> Mapping[str, str]:
        return {"token": token}

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        """An applet asks where its stream goes, without a body."""
        return self._basic(), b""

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        """Nobody is told how a caller's call goes."""
        return None

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        return ExotelReports(self.post, call, callback)

    async def lead(self, call: PlayedCall, document: Document) -> None:
        if isinstance(document, StreamOrder):
            await streamed(call, self._stream(call, document.url, document.parameters))
        elif isinstance(document, DocumentAt):
            call.answered()
            for _ in range(APPLETS):
                url = await self._asked(call, document.url)
                if not url:
                    return
                await streamed(call, self._stream(call, url, {}))
                call.handset.notice()

    def _stream(self, call: PlayedCall, url: str, along: Mapping[str, str]) -> Stream:
        return Stream(url, self.account, call.sid, along, from_=call.from_, to=call.to)

    async def _asked(self, call: PlayedCall, url: str) -> str:
        """Where the applet's stream goes, without user and password; "" where nobody says."""
        query = urlencode({"CallSid": call.sid, "CallFrom": call.from_, "CallTo": call.to})
        call.record("carrier", "webhook_sent", url)
        try:
            answer = await self.post.send("GET", f"{url}?{query}", self._basic())
        except WebhookFailed as failure:
            call.complain(failure.code, f"voice: {failure}")
            return ""
        parts = urlsplit(str(answer.json().get("url", "")))
        if parts.username != USER or parts.password != self.password:
            call.complain(None, "the stream's URL does not bring the applet's user and password")
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class ExotelReports:
    """A dialled call's status callbacks, in order, beside the call itself."""

    def __init__(self, post: WebhookPost, call: PlayedCall, callback: StatusCallback) -> None:
        self._post = post
        self._call = call
        self._callback = callback
        self.is_cut_off = False
        self._waiting: asyncio.Queue[dict[str, object] | None] = asyncio.Queue()
        self._delivery = asyncio.create_task(self._deliver())

    def tell(self, event: str, status: str, more: Mapping[str, str]) -> None:
        if event not in self._callback.events:
            return
        call, is_over = self._call, event == FINAL_EVENT
        told: dict[str, object] = {
            "CallSid": call.sid,
            "EventType": "terminal" if is_over else "answered",
            "Status": shown_call(call)["Status"],
            "From": call.to,
            "Direction": "outbound-api",
        }
        if is_over:
            told["Legs"] = [{"OnCallDuration": call.duration_s, "Status": told["Status"]}]
        self._waiting.put_nowait(told)

    async def finish(self) -> None:
        self._waiting.put_nowait(None)
        await self._delivery

    async def _deliver(self) -> None:
        timeline = self._call.trunk.timeline
        while (told := await self._waiting.get()) is not None:
            try:
                await self._post.send("POST", self._callback.url, {}, json=told)
            except WebhookFailed as failure:
                timeline.complain(self._call.sid, failure.code, f"status: {failure}")
                self.is_cut_off = self.is_cut_off or told["EventType"] == "terminal"
            else:
                timeline.record(self._call.sid, "carrier", "status_reported", str(told["Status"]))
