"""Genesys' part: an Architect flow whose Audio Connector action opens signed sessions. It dials nobody.

The flow asks for another session where one broke, and goes on where one ended as it should.

Source: developer.genesys.cloud, AudioHook.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import FastAPI

from engine.rehearsal.loopback.genesys.signing import signed_headers
from engine.rehearsal.loopback.genesys.wire import GenesysWire, session_of
from engine.rehearsal.loopback.parts import (
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
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.streaming import streamed
from engine.rehearsal.loopback.wires import Stream, StreamWire

SESSIONS = 3
"""How often the flow tries."""
SIGNED_BEFORE_S = 5
"""A signature is that old when it arrives: the engine's clock may be somewhat behind ours, or before it."""


class GenesysPart:
    """`secret` is the client secret, in base64."""

    name = "genesys"
    voice_path = "/carriers/genesys/voice"
    secrets: tuple[str, ...] = ("genesys_api_key", "genesys_client_secret")
    proofs_age = False

    def __init__(self, api_key: str = "", secret: str = "") -> None:
        self.account = str(uuid4())
        self.api_key = api_key or new_sid("")
        self.secret = secret or base64.b64encode(secrets.token_bytes(32)).decode()
        self._trunk: Trunk | None = None
        self._began_at = datetime.now(UTC)
        self._wires: dict[str, GenesysWire] = {}  # the last of each call

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(*(known[field] for field in cls.secrets))

    @property
    def trunk(self) -> Trunk:
        assert self._trunk is not None, "the carrier is open"
        return self._trunk

    def open(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._began_at = datetime.now(UTC)

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {"genesys_api_key": self.api_key, "genesys_client_secret": self.secret}

    def rest_api(self, desk: Desk) -> FastAPI:
        """There is none."""
        return FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    def wire(self, stream: Stream) -> StreamWire:
        wire = self._wires[stream.call] = GenesysWire(stream)
        return wire

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        return self.signed(stream, self._now().timestamp() - SIGNED_BEFORE_S)

    def signed(self, stream: Stream, at_s: float) -> dict[str, str]:
        """The proof of a session's upgrade, made then."""
        parts = urlsplit(stream.url)
        headers = {
            "audiohook-organization-id": self.account,
            "audiohook-session-id": session_of(stream),
            "audiohook-correlation-id": str(uuid4()),
            "x-api-key": self.api_key,
        }
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        components = {"@request-target": target, "@authority": parts.netloc, **headers}
        return headers | signed_headers(self.api_key, base64.b64decode(self.secret), components, at_s)

    def _now(self) -> datetime:
        """The moment by the carrier's clock, which may run faster."""
        if self._trunk is None:
            return datetime.now(UTC)
        return self._began_at + timedelta(milliseconds=self._trunk.clock.now_ms())

    def along(self, token: str) -> Mapping[str, str]:
        """A session brings no token."""
        return {}

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        """Genesys tells of callers by their sessions; whoever sets it up asks for the address."""
        return {}, b""

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        """Nobody is told how a caller's call goes."""
        return None

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        raise AssertionError("Genesys reports no calls")

    async def lead(self, call: PlayedCall, document: Document) -> None:
        assert isinstance(document, DocumentAt), "Genesys dials nobody"
        call.answered()
        url = await self._address(call, document.url)
        for _ in range(SESSIONS if url else 0):
            await streamed(call, Stream(url, self.account, call.sid, from_=call.from_, to=call.to))
            if self._wires[call.sid].has_ended:
                return
            call.handset.notice()

    async def _address(self, call: PlayedCall, url: str) -> str:
        """What an administrator entered: the engine says where its streams come in."""
        try:
            answer = await self.trunk.post.send("GET", url, {})
        except WebhookFailed as failure:
            call.complain(failure.code, f"voice: {failure}")
            return ""
        return str(answer.json().get("url", ""))
