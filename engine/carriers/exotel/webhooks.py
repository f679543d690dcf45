"""What Exotel asks and tells over HTTP: where a Voicebot applet's stream goes, and how a dialled leg went.

Source: developer.exotel.com, Voicebot applet and StatusCallback. The callback is asked for as JSON; Exotel's
default is a form in parts, which is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import quote, urlsplit

from engine.carriers.contract import EngineDoor, LegNews
from engine.carriers.exotel.proof import ExotelProof
from engine.carriers.names import is_name, seconds_of, seconds_told
from engine.carriers.requests import (
    DONE,
    JSON,
    URL_ENCODED,
    CarrierWebhook,
    WebhookAnswer,
)
from engine.core.events import LegOutcome
from engine.core.outside_text import kept_text

PARTS = "multipart/form-data"
OUTCOMES: Mapping[str, LegOutcome] = {
    "completed": "completed",
    "busy": "busy",
    "no-answer": "noanswer",
    "canceled": "noanswer",
    "failed": "failed",
}
_NOT_THERE = WebhookAnswer.refused(404, "Not Found")


class ExotelWebhooks:
    """Answers what `proof` holds for."""

    def __init__(self, door: EngineDoor, proof: ExotelProof, user: str, password: str) -> None:
        self._door = door
        self._proof = proof
        self._credentials = f"{quote(user, safe='')}:{quote(password, safe='')}@"

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        """All of the proof is in the head."""
        match webhook.route.split("/"):
            case ["voice"]:
                if "authorization" in webhook.headers:
                    return self._proof.is_basic(webhook.headers)
            case ["status", call, leg, given] if given:
                return self._proof.is_of_leg(call, leg, given)
        return self._door.takes_unsigned and webhook.is_from_here

    def holds(self, webhook: CarrierWebhook) -> bool:
        """An applet asks without a body."""
        is_asking = webhook.route == "voice"
        if not is_asking:
            webhook.must_be(JSON, URL_ENCODED, PARTS)
        return self.may_hold(webhook) and not (is_asking and webhook.body)

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        match webhook.route.split("/"):
            case ["voice"]:
                return WebhookAnswer(200, json.dumps({"url": self._stream_url()}), JSON)
            case ["status", call, leg, *_] if is_name(call) and is_name(leg):
                return await self._status(webhook, call, leg)
        return _NOT_THERE

    def _stream_url(self) -> str:
        """With the user and the password that the stream is to bring."""
        parts = urlsplit(self._door.stream_url)
        credentials = self._credentials if self._proof.is_set_up else ""
        return parts._replace(netloc=f"{credentials}{parts.netloc}").geturl()

    async def _status(self, webhook: CarrierWebhook, call: str, leg: str) -> WebhookAnswer:
        if webhook.method != "POST":
            return WebhookAnswer.refused(405, "Method Not Allowed")
        told = _told(webhook)
        name = kept_text(_text(told, "CallSid"))
        if not is_name(name):
            self._door.malformed()
            return WebhookAnswer.refused(400, "a status callback has a CallSid")
        if _text(told, "EventType") == "answered":
            await self._door.leg_news(call, leg, LegNews("answered", name, said="answered"))
        elif status := _text(told, "Status"):
            await self._door.leg_news(call, leg, _ended(name, status, told))
        return DONE


def _ended(name: str, status: str, told: Mapping[str, object]) -> LegNews:
    """Exotel does not say who hung up. What nobody answered lasted 0 s."""
    outcome = OUTCOMES.get(status, "failed")
    seconds = 0 if outcome != "completed" else _seconds(told)
    return LegNews("ended", name, outcome, None if seconds is None else seconds * 1000, None, status)


def _seconds(told: Mapping[str, object]) -> int | None:
    """On the line of the one leg there is; None where the callback does not say."""
    legs = told.get("Legs")
    first = legs[0] if isinstance(legs, list) and legs and isinstance(legs[0], dict) else {}
    found = first.get("OnCallDuration", told.get("Legs[0][OnCallDuration]"))
    return seconds_of(found) if isinstance(found, str) else seconds_told(found)


def _told(webhook: CarrierWebhook) -> Mapping[str, object]:
    if webhook.kind == JSON:
        return webhook.json()
    if webhook.kind != PARTS:
        return {name: values[0] for name, values in webhook.form().fields.items()}
    head = f"Content-Type: {webhook.headers.get('content-type', '')}\r\n\r\n".encode("latin-1", "replace")
    parts = BytesParser(policy=HTTP).parsebytes(head + webhook.body)
    found: dict[str, object] = {}
    for part in parts.walk():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found.setdefault(name, content.decode("utf-8", "replace").strip())
    return found


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
