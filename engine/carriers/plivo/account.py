"""Plivo: an account and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from engine.carriers.conferences import document_route, join_by
from engine.carriers.contract import CallLength, CarrierAccount, EngineDoor, LegsToJoin, LegToRing
from engine.carriers.plivo.rest import PlivoRest
from engine.carriers.plivo.signatures import NonceSignatures
from engine.carriers.plivo.stream import PlivoStream
from engine.carriers.plivo.webhooks import PlivoWebhooks
from engine.carriers.requests import URL_ENCODED, CarrierWebhook, WebhookAnswer
from engine.carriers.settings import web_url
from engine.media.streams import Capabilities, Upgrade


class PlivoSettings(BaseSettings):
    """CORDBOARD_PLIVO_…"""

    plivo_auth_id: str = Field("", description="Plivo account")
    plivo_auth_token: SecretStr = Field(SecretStr(""), description="signs webhooks, opens Plivo's REST API")
    plivo_api_url: str = Field("https://api.plivo.com", description="Plivo's REST API")

    plivo_urls = field_validator("plivo_api_url")(web_url)


class PlivoAccount:
    """Signed forms, Plivo XML; streams that are known by the address that we gave out."""

    name = "plivo"
    subprotocols: tuple[str, ...] = ()
    streams_announce = False
    capabilities = Capabilities(clear_returns_marks=False)
    joins = False  # whether a left leg goes on after its conference is not proven
    streams_stay = False

    def __init__(self, given: PlivoSettings, door: EngineDoor) -> None:
        self._door = door
        token = given.plivo_auth_token.get_secret_value()
        self.is_set_up = bool(given.plivo_auth_id and token)
        self._rest = PlivoRest(given.plivo_auth_id, token, given.plivo_api_url)
        self._signatures = NonceSignatures(token, takes_unsigned=door.takes_unsigned)
        self._webhooks = PlivoWebhooks(door, self._rest)

    # Streams: under which URL Plivo signs an upgrade isn't certain, so its signature is not relied upon.

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        return is_expected

    def open_stream(self, upgrade: Upgrade) -> PlivoStream:
        return PlivoStream()

    # Webhooks

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return self._signatures.may_hold(webhook)

    def holds(self, webhook: CarrierWebhook) -> bool:
        webhook.must_be(URL_ENCODED)
        return self._signatures.hold(webhook)

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return await self._webhooks.answer(webhook)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        """Its name is the request's, until its webhooks tell the call's."""
        leg = f"{placing.call}/{placing.leg}"
        return await self._rest.dial(
            {
                "from": placing.shown,
                "to": placing.to,
                "answer_url": f"{self._door.carrier_url}/answer/{leg}",
                "answer_method": "POST",
                "ring_url": f"{self._door.carrier_url}/ring/{leg}",
                "ring_method": "POST",
                "hangup_url": f"{self._door.carrier_url}/status/{leg}",
                "hangup_method": "POST",
                "ring_timeout": placing.ring_s,
            }
        )

    async def end(self, carrier_call: str) -> None:
        await self._rest.end(carrier_call)

    async def length(self, carrier_call: str) -> CallLength:
        return await self._rest.length(carrier_call)

    async def join(self, legs: LegsToJoin) -> None:
        """A conference of their own, that ends with either."""
        url = self._door.carrier_url

        async def move(carrier_call: str, then: str) -> None:
            await self._rest.transfer(carrier_call, f"{url}/{document_route(legs, then)}")

        async def bring_back(carrier_call: str, then: str) -> None:
            await self._rest.transfer(carrier_call, f"{url}/{then}")

        await join_by(legs, move, bring_back)

    async def close(self) -> None:
        await self._rest.close()


@dataclass(frozen=True, slots=True)
class Plivo:
    """The carrier."""

    name: str = "plivo"
    title: str = "Plivo"
    needs: tuple[str, ...] = ("plivo_auth_id", "plivo_auth_token")
    settings: type[BaseSettings] = PlivoSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return PlivoAccount(cast("PlivoSettings", settings), door)
