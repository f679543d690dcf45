"""Twilio's part, and what its kin has of it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import FastAPI
from twilio.request_validator import RequestValidator

from engine.rehearsal.loopback.parts import (
    CarrierPart,
    Desk,
    Document,
    PlayedCall,
    Reports,
    StatusCallback,
    Trunk,
)
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.twilio.documents import follow
from engine.rehearsal.loopback.twilio.rest import ApiAccount, rest_api
from engine.rehearsal.loopback.twilio.webhooks import SIGNATURE, StatusReports, Webhooks
from engine.rehearsal.loopback.twilio.wire import TwilioWire
from engine.rehearsal.loopback.wires import Stream, StreamWire


class TwilioPart:
    """Signed forms, TwiML, the Calls API."""

    name = "twilio"
    voice_path = "/carriers/twilio/voice"
    signature_header = SIGNATURE

    secrets: tuple[str, ...] = ("twilio_account_sid", "twilio_auth_token")

    def __init__(self, account: str = "", token: str = "") -> None:
        self.account = account or new_sid("AC")
        self.token = token or new_sid("")
        self._webhooks: Webhooks | None = None

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(*(known[field] for field in cls.secrets))

    @property
    def signing_secret(self) -> str:
        return self.token

    @property
    def webhooks(self) -> Webhooks:
        assert self._webhooks is not None, "the carrier is open"
        return self._webhooks

    def open(self, trunk: Trunk) -> None:
        self._webhooks = Webhooks(trunk.post, self.signing_secret, self.signature_header)

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {
            "twilio_account_sid": self.account,
            "twilio_auth_token": self.token,
            "twilio_api_url": api_url,
        }

    def rest_api(self, desk: Desk) -> FastAPI:
        return rest_api(desk, ApiAccount(self.account, self.token), self.webhooks)

    def wire(self, stream: Stream) -> StreamWire:
        return TwilioWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        return {self.signature_header: self.webhooks.signature(stream.url)}

    def along(self, token: str) -> Mapping[str, str]:
        return {"token": token}

    proofs_age = False

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        fields = {"CallSid": new_sid("CA"), "From": "+15125550123", "To": "+15550100"}
        signature = RequestValidator(self.signing_secret).compute_signature(url, fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded", self.signature_header: signature}
        return headers, urlencode(fields).encode()

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        return StatusCallback(status_url) if status_url else None

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        return StatusReports(self.webhooks, call, callback)

    async def lead(self, call: PlayedCall, document: Document) -> None:
        await follow(call, document, self.webhooks)
