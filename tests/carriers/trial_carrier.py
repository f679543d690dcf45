"""A carrier that nobody has, whole: the measure of how much one more costs, and a pattern to begin with.

Its webhooks are JSON, proven by an HMAC over time and body, and answered with where the leg's sound goes. Its
streams are JSON with base64. It is listed nowhere: only the suite speaks it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import httpx
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from engine.carriers.contract import (
    Arriving,
    CallLength,
    CarrierAccount,
    CarrierRefused,
    EngineDoor,
    LegNews,
    LegsToJoin,
    LegToRing,
    NotACall,
    StreamAt,
    TurnedAway,
)
from engine.carriers.http import RestClient, fields_of
from engine.carriers.json_stream import (
    PAYLOAD,
    Fields,
    JsonStream,
    Reader,
    key_of,
    quoted,
    sound_of,
    text_of,
)
from engine.carriers.names import is_name
from engine.carriers.requests import DONE, JSON, CarrierWebhook, UnreadableBody, WebhookAnswer
from engine.core.events import LegOutcome
from engine.core.outside_text import kept_text
from engine.core.whole_numbers import whole_number
from engine.media.messages import MarkPlayed, Message, Started, Stopped
from engine.media.streams import Capabilities, Upgrade

PROOF = "x-trial-proof"
FRESH_S = 300
OUTCOMES: Mapping[str, LegOutcome] = {
    "busy": "busy",
    "no-answer": "noanswer",
    "canceled": "noanswer",
    "completed": "completed",
}


class TrialSettings(BaseSettings):
    trial_key: SecretStr = Field(SecretStr(""), description="opens its API and proves its webhooks")
    trial_api_url: str = Field("", description="its API")


def proof_of(key: str, at_s: int, body: bytes) -> str:
    return f"{at_s}." + hmac.new(key.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()


# The stream


def _read_begin(fields: Fields) -> Message:
    return Started(
        stream=text_of(fields, "stream"),
        carrier_call=text_of(fields, "call"),
        account="",
        parameters={"token": text_of(fields, "token")},
        encoding="audio/x-mulaw",
        rate_hz=8000,
    )


class TrialStream(JsonStream):
    __slots__ = ()

    event_field = "type"
    early = frozenset({"begin"})
    media = re.compile(rb'\{"type":"sound","data":"(' + PAYLOAD + rb')"\}')
    readers: ClassVar[Mapping[str, Reader]] = {
        "begin": _read_begin,
        "sound": lambda fields: sound_of(fields, "data"),
        "key": lambda fields: key_of(fields, "key"),
        "reached": lambda fields: MarkPlayed(text_of(fields, "mark")),
        "end": lambda _: Stopped(),
    }

    def audio(self, payload_b64: bytes) -> bytes:
        return b'{"type":"play","data":"%s"}' % payload_b64

    def clear(self) -> bytes:
        return b'{"type":"drop"}'

    def mark(self, name: str) -> bytes:
        return b'{"type":"mark","mark":%s}' % quoted(name)


# The account


class TrialAccount:
    name = "trial"
    capabilities = Capabilities()
    subprotocols: tuple[str, ...] = ()
    streams_announce = False
    joins = False
    streams_stay = False

    def __init__(self, given: TrialSettings, door: EngineDoor) -> None:
        self._door = door
        self._key = given.trial_key.get_secret_value()
        self._http = RestClient(given.trial_api_url, headers={"Authorization": f"Bearer {self._key}"})

    @property
    def is_set_up(self) -> bool:
        return bool(self._key)

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        return is_expected

    def open_stream(self, upgrade: Upgrade) -> TrialStream:
        return TrialStream()

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return bool(self._key) and webhook.headers.get(PROOF, "").isascii()

    def holds(self, webhook: CarrierWebhook) -> bool:
        given = webhook.headers.get(PROOF, "")
        at_s = whole_number(given.partition(".")[0])
        if at_s is None or abs(self._door.now_s() - at_s) > FRESH_S:
            return False
        return hmac.compare_digest(proof_of(self._key, at_s, webhook.body), given)

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        told, door = webhook.json(), self._door
        call = told.get("call")
        if not isinstance(call, str) or not is_name(kept_text(call)):
            raise UnreadableBody(400, "a webhook names its call")
        arriving = Arriving(call, str(told.get("from", "")), str(told.get("to", "")))
        try:
            match webhook.route.split("/"):
                case ["voice"]:
                    return self._connected(await door.welcome(arriving), "after")
                case ["after", number] if (stream := whole_number(number)) is not None:
                    return self._connected(await door.after(arriving, stream), "after")
                case ["status"]:
                    await door.caller_ended(_news(call, told))
                    return DONE
                case ["answer", ours, leg] if is_name(ours) and is_name(leg):
                    return self._connected(door.answered(ours, leg, call), f"leg/{ours}/{leg}")
                case ["leg", ours, leg, number] if is_name(ours) and is_name(leg):
                    at = door.after_leg(ours, leg, call, whole_number(number) or 0)
                    return self._connected(at, f"leg/{ours}/{leg}")
                case ["status", ours, leg] if is_name(ours) and is_name(leg):
                    await door.leg_news(ours, leg, _news(call, told))
                    return DONE
        except NotACall as refused:
            return WebhookAnswer.refused(400, str(refused))
        return WebhookAnswer.refused(404, "Not Found")

    def _connected(self, at: StreamAt | TurnedAway, then: str) -> WebhookAnswer:
        said: dict[str, str] = {}
        if isinstance(at, StreamAt):
            follows = f"{self._door.carrier_url}/{then}/{at.number}"
            said = {"stream": at.url, "token": at.token, "then": follows}
        return WebhookAnswer(200, json.dumps(said), JSON)

    async def ring(self, placing: LegToRing) -> str:
        leg = f"{placing.call}/{placing.leg}"
        asked = {
            "to": placing.to,
            "from": placing.shown,
            "seconds": placing.ring_s,
            "answer": f"{self._door.carrier_url}/answer/{leg}",
            "news": f"{self._door.carrier_url}/status/{leg}",
        }
        return str(fields_of(await self._http.send("POST", "/calls", _refusal, json=asked))["call"])

    async def end(self, carrier_call: str) -> None:
        try:
            await self._http.send("DELETE", f"/calls/{carrier_call}", _refusal)
        except CarrierRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise

    async def length(self, carrier_call: str) -> CallLength:
        found = fields_of(await self._http.send("GET", f"/calls/{carrier_call}", _refusal))
        seconds = found.get("seconds")
        return CallLength(str(found.get("status")), seconds if isinstance(seconds, int) else None)

    async def join(self, legs: LegsToJoin) -> None:
        raise NotImplementedError("it joins nobody")

    async def close(self) -> None:
        await self._http.close()


def _news(call: str, told: Mapping[str, object]) -> LegNews:
    said = str(told.get("status"))
    if said == "ringing":
        return LegNews("ringing", call, said=said)
    seconds = told.get("seconds")
    return LegNews(
        "ended",
        call,
        OUTCOMES.get(said, "failed"),
        seconds * 1000 if isinstance(seconds, int) else None,
        said=said,
    )


def _refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    is_nobodys = answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    return CarrierRefused(
        answer.status_code, 0, answer.text[:100], retry_after_s, of="dialled" if is_nobodys else "us"
    )


@dataclass(frozen=True, slots=True)
class Trial:
    name: str = "trial"
    title: str = "Trial"
    needs: tuple[str, ...] = ("trial_key",)
    settings: type[BaseSettings] = TrialSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return TrialAccount(cast("Any", settings), door)
