"""Telnyx: an account and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from engine.carriers.contract import CallLength, CarrierAccount, EngineDoor, LegsToJoin, LegToRing
from engine.carriers.requests import JSON, CarrierWebhook, WebhookAnswer
from engine.carriers.settings import web_url
from engine.carriers.telnyx.rest import TelnyxRest, streaming
from engine.carriers.telnyx.signatures import TimedSignatures, public_key
from engine.carriers.telnyx.stream import TelnyxStream
from engine.carriers.telnyx.webhooks import CommandWebhooks
from engine.media.streams import Capabilities, Upgrade

LEAST_RING_S, MOST_RING_S = 5, 600


class TelnyxSettings(BaseSettings):
    """CORDBOARD_TELNYX_…"""

    telnyx_api_key: SecretStr = Field(SecretStr(""), description="opens Telnyx's Call Control API")
    telnyx_public_key: str = Field("", description="Telnyx's public key, by which its webhooks are signed")
    telnyx_connection_id: str = Field("", description="the Call Control application that dials buyers")
    telnyx_api_url: str = Field("https://api.telnyx.com", description="Telnyx's API")

    telnyx_urls = field_validator("telnyx_api_url")(web_url)

    @field_validator("telnyx_public_key")
    @classmethod
    def telnyx_is_a_key(cls, value: str) -> str:
        public_key(value)
        return value


class TelnyxAccount:
    """Webhooks that are answered by commands; streams that are known by their token alone."""

    name = "telnyx"
    subprotocols: tuple[str, ...] = ()
    streams_announce = False
    capabilities = Capabilities(clear_returns_marks=False)
    joins = True
    streams_stay = True

    def __init__(self, given: TelnyxSettings, door: EngineDoor) -> None:
        self._door = door
        self._connection = given.telnyx_connection_id
        api_key = given.telnyx_api_key.get_secret_value()
        self.is_set_up = bool(api_key and given.telnyx_public_key and self._connection)
        self._rest = TelnyxRest(api_key, given.telnyx_api_url)
        key = public_key(given.telnyx_public_key)
        self._signatures = TimedSignatures(key, takes_unsigned=door.takes_unsigned)
        self._webhooks = CommandWebhooks(door, self._rest)

    # Streams: Telnyx signs no upgrade, so only who knows an address that we gave out comes in.

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        return is_expected

    def open_stream(self, upgrade: Upgrade) -> TelnyxStream:
        return TelnyxStream()

    # Webhooks

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return self._signatures.may_hold(webhook)

    def holds(self, webhook: CarrierWebhook) -> bool:
        webhook.must_be(JSON)
        return self._signatures.hold(webhook, self._door.now_s())

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return await self._webhooks.answer(webhook)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        body: dict[str, object] = {
            **streaming(placing.stream()),
            "connection_id": self._connection,
            "to": placing.to,
            "from": placing.shown,
            "timeout_secs": min(max(placing.ring_s, LEAST_RING_S), MOST_RING_S),
            "webhook_url": f"{self._door.carrier_url}/leg/{placing.call}/{placing.leg}",
            "webhook_url_method": "POST",
        }
        if placing.caller_call:
            body["link_to"] = placing.caller_call
        if placing.leave and placing.shown == placing.caller:
            body["diversion"] = placing.leave
        return await self._rest.dial(body)

    async def end(self, carrier_call: str) -> None:
        await self._rest.end(carrier_call)

    async def length(self, carrier_call: str) -> CallLength:
        return await self._rest.length(carrier_call)

    async def join(self, legs: LegsToJoin) -> None:
        """Their streams stay. Whoever is left by the other stays with us, parked."""
        body = {
            "call_control_id": legs.caller_call,
            "prevent_double_bridge": True,
            "park_after_unbridge": "self",
        }
        await self._rest.act(legs.leg_call, "bridge", body)

    async def close(self) -> None:
        await self._rest.close()


@dataclass(frozen=True, slots=True)
class Telnyx:
    """The carrier."""

    name: str = "telnyx"
    title: str = "Telnyx"
    needs: tuple[str, ...] = ("telnyx_api_key", "telnyx_public_key", "telnyx_connection_id")
    settings: type[BaseSettings] = TelnyxSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return TelnyxAccount(cast("TelnyxSettings", settings), door)
