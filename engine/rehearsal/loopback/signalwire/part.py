"""SignalWire's part: Twilio's, with a signing key of its own and calls whose documents are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi import FastAPI

from engine.rehearsal.loopback.parts import Desk
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.twilio.part import TwilioPart
from engine.rehearsal.loopback.twilio.rest import ApiAccount, rest_api
from engine.rehearsal.loopback.twilio.wire import TwilioWire
from engine.rehearsal.loopback.wires import Stream, StreamWire, WireMessage


class SignalWirePart(TwilioPart):
    """cXML and the compatibility API."""

    name = "signalwire"
    voice_path = "/carriers/signalwire/voice"
    signature_header = "X-SignalWire-Signature"

    secrets: tuple[str, ...] = ("signalwire_project_id", "signalwire_api_token", "signalwire_signing_key")

    def __init__(self, account: str = "", token: str = "", signing_key: str = "") -> None:
        super().__init__(account, token)
        self.signing_key = signing_key or new_sid("")

    @property
    def signing_secret(self) -> str:
        return self.signing_key

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {
            "signalwire_project_id": self.account,
            "signalwire_api_token": self.token,
            "signalwire_signing_key": self.signing_key,
            "signalwire_api_url": api_url,
        }

    def rest_api(self, desk: Desk) -> FastAPI:
        owner = ApiAccount(self.account, self.token, "/api/laml", ending="", takes_documents=False)
        return rest_api(desk, owner, self.webhooks)

    def wire(self, stream: Stream) -> StreamWire:
        return SignalWireWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        return {}


class SignalWireWire(TwilioWire):
    """Where its messages differ from Twilio's."""

    def opening(self) -> tuple[WireMessage, ...]:
        connected = json.dumps({"event": "connected", "protocol": "Call", "version": "0.2.0"})
        start = json.loads(self.start())
        del start["streamSid"]
        return connected, json.dumps(start)

    def key(self, digit: str) -> str:
        event = json.loads(super().key(digit))
        return json.dumps({**event, "dtmf": {"digit": digit, "duration": 2000}})

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        event = json.loads(super().mark(name))
        del event["sequenceNumber"]
        return json.dumps(event)

    def stop(self) -> str:
        stop = json.loads(super().stop())
        return json.dumps({"event": "stop", "sequenceNumber": stop["sequenceNumber"]})
