"""Vonage: an application and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import parse_qsl

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from engine.carriers.contract import (
    CallLength,
    CarrierAccount,
    CarrierRefused,
    EngineDoor,
    LegsToJoin,
    LegToRing,
)
from engine.carriers.requests import JSON, CarrierWebhook, WebhookAnswer
from engine.carriers.settings import web_url
from engine.carriers.vonage.rest import VonageRest, private_key
from engine.carriers.vonage.signatures import SignedTokens
from engine.carriers.vonage.stream import WIDE_HZ, VonageStream, WideVonageStream
from engine.carriers.vonage.webhooks import VonageWebhooks
from engine.media.streams import Capabilities, Upgrade

MOST_RING_S = 120


class VonageSettings(BaseSettings):
    """CORDBOARD_VONAGE_…"""

    vonage_application_id: str = Field("", description="the Vonage application of your numbers")
    vonage_private_key: SecretStr = Field(
        SecretStr(""), description="the application's private key in PEM: opens Vonage's Voice API"
    )
    vonage_signature_secret: SecretStr = Field(
        SecretStr(""), description="the account's signature secret: signs webhooks and websockets"
    )
    vonage_api_url: str = Field("https://api.nexmo.com", description="Vonage's Voice API, of your region")
    vonage_rate_hz: Literal[8000, 16000] = Field(8000, description="samples a second on Vonage's websockets")

    vonage_urls = field_validator("vonage_api_url")(web_url)

    @field_validator("vonage_private_key")
    @classmethod
    def vonage_is_a_key(cls, value: SecretStr) -> SecretStr:
        private_key(value.get_secret_value())
        return value

    @field_validator("vonage_rate_hz", mode="before")
    @classmethod
    def vonage_is_a_rate(cls, value: object) -> object:
        return int(value) if isinstance(value, str) and value.isdecimal() else value


class VonageAccount:
    """Signed JSON, NCCOs; streams that bring a token of Vonage's and the address that we gave out."""

    name = "vonage"
    subprotocols: tuple[str, ...] = ()
    streams_announce = False
    capabilities = Capabilities(clear_returns_marks=False, is_binary=True)
    joins = False  # nothing says that Vonage asks what comes next for who is left in a conversation
    streams_stay = False

    def __init__(self, given: VonageSettings, door: EngineDoor) -> None:
        self._door = door
        self._rate_hz = given.vonage_rate_hz
        secret = given.vonage_signature_secret.get_secret_value()
        key = private_key(given.vonage_private_key.get_secret_value())
        self.is_set_up = bool(given.vonage_application_id and key and secret)
        self.rest = VonageRest(given.vonage_application_id, key, given.vonage_api_url)
        self._tokens = SignedTokens(secret, takes_unsigned=door.takes_unsigned)
        self._webhooks = VonageWebhooks(door, self._rate_hz)

    # Streams

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        """Its address and Vonage's token. A token that isn't there is asked for only where all is signed."""
        if not is_expected:
            return False
        if "authorization" not in upgrade.headers:
            return self._door.takes_unsigned
        return self._tokens.upgrade_holds(upgrade, self._door.now_s())

    def open_stream(self, upgrade: Upgrade) -> VonageStream:
        return WideVonageStream() if self._rate_hz == WIDE_HZ else VonageStream()

    # Webhooks

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return self._tokens.may_hold(webhook)

    def holds(self, webhook: CarrierWebhook) -> bool:
        webhook.must_be(JSON)
        return self._tokens.hold(webhook, self._door.now_s())

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return await self._webhooks.answer(webhook)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        """What follows the answer is asked for then, for only then has the leg a name that goes along."""
        leg = f"{placing.call}/{placing.leg}"
        return await self.rest.dial(
            {
                "to": [endpoint(placing.to)],
                "from": {"type": "phone", "number": placing.shown.removeprefix("+")},
                "answer_url": [f"{self._door.carrier_url}/answer/{leg}"],
                "answer_method": "POST",
                "event_url": [f"{self._door.carrier_url}/status/{leg}"],
                "event_method": "POST",
                "ringing_timer": min(placing.ring_s, MOST_RING_S),
            }
        )

    async def end(self, carrier_call: str) -> None:
        await self.rest.end(carrier_call)

    async def length(self, carrier_call: str) -> CallLength:
        return await self.rest.length(carrier_call)

    async def join(self, legs: LegsToJoin) -> None:
        raise CarrierRefused(501, 0, "legs of Vonage are joined by the engine alone")

    async def close(self) -> None:
        await self.rest.close()


def endpoint(to: str) -> dict[str, object]:
    """A number, or a SIP address; its headers go apart, and without the `X-` that Vonage puts before them."""
    if not to.startswith(("sip:", "sips:")):
        return {"type": "phone", "number": to.removeprefix("+")}
    uri, _, query = to.partition("?")
    headers = {name.removeprefix("X-"): value for name, value in parse_qsl(query)}
    return {"type": "sip", "uri": uri, **({"headers": headers} if headers else {})}


@dataclass(frozen=True, slots=True)
class Vonage:
    """The carrier."""

    name: str = "vonage"
    title: str = "Vonage"
    needs: tuple[str, ...] = ("vonage_application_id", "vonage_private_key", "vonage_signature_secret")
    settings: type[BaseSettings] = VonageSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return VonageAccount(cast("VonageSettings", settings), door)
