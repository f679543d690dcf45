"""Bandwidth: an account and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from engine.carriers.bandwidth.documents import Proof
from engine.carriers.bandwidth.rest import BandwidthRest
from engine.carriers.bandwidth.signatures import BasicProof
from engine.carriers.bandwidth.stream import BandwidthStream
from engine.carriers.bandwidth.webhooks import BandwidthWebhooks
from engine.carriers.contract import (
    CallLength,
    CarrierAccount,
    CarrierRefused,
    EngineDoor,
    LegsToJoin,
    LegToRing,
)
from engine.carriers.requests import JSON, CarrierWebhook, UnreadableBody, WebhookAnswer
from engine.carriers.settings import web_url
from engine.media.streams import Capabilities, Upgrade

MOST_RING_S = 300


class BandwidthSettings(BaseSettings):
    """CORDBOARD_BANDWIDTH_…"""

    bandwidth_account_id: str = Field("", description="the Bandwidth account")
    bandwidth_username: str = Field("", description="opens Bandwidth's Voice API, with its password")
    bandwidth_password: SecretStr = Field(SecretStr(""), description="opens Bandwidth's Voice API")
    bandwidth_application_id: str = Field("", description="the voice application of your numbers")
    bandwidth_webhook_username: str = Field(
        "cordboard", description="what Bandwidth shows at webhooks and sockets, with the password"
    )
    bandwidth_webhook_password: SecretStr = Field(
        SecretStr(""), description="made up by you: proves Bandwidth's webhooks and sockets"
    )
    bandwidth_api_url: str = Field("https://voice.bandwidth.com/api/v2", description="Bandwidth's Voice API")

    bandwidth_urls = field_validator("bandwidth_api_url")(web_url)


class BandwidthAccount:
    """JSON answered with BXML; streams, webhooks and sockets by one name and password."""

    name = "bandwidth"
    subprotocols: tuple[str, ...] = ()
    streams_announce = False
    capabilities = Capabilities(keys="webhook", marks="none")
    joins = False
    streams_stay = False

    def __init__(self, given: BandwidthSettings, door: EngineDoor) -> None:
        self._door = door
        password = given.bandwidth_password.get_secret_value()
        shown = Proof(given.bandwidth_webhook_username, given.bandwidth_webhook_password.get_secret_value())
        account, username = given.bandwidth_account_id, given.bandwidth_username
        self._application = given.bandwidth_application_id
        self.is_set_up = all((account, username, password, self._application, shown.username, shown.password))
        self._shown = shown
        self._proof = BasicProof(shown.username, shown.password, takes_unsigned=door.takes_unsigned)
        self.rest = BandwidthRest(account, username, password, given.bandwidth_api_url)
        self._webhooks = BandwidthWebhooks(door, self.rest, shown)

    # Streams

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        """Its address, and the password that its document gave it."""
        if not is_expected:
            return False
        if "authorization" not in upgrade.headers:
            return self._door.takes_unsigned
        return self._proof.is_shown(upgrade.headers)

    def open_stream(self, upgrade: Upgrade) -> BandwidthStream:
        return BandwidthStream()

    # Webhooks

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return self._proof.hold(webhook)

    def holds(self, webhook: CarrierWebhook) -> bool:
        """By its password; and a body that Bandwidth can't have written is none of its."""
        webhook.must_be(JSON)
        if not self._proof.hold(webhook):
            return False
        try:
            webhook.json()
        except UnreadableBody:
            return False
        return True

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return await self._webhooks.answer(webhook)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        leg = f"{placing.call}/{placing.leg}"
        return await self.rest.dial(
            {
                "from": placing.shown,
                "to": placing.to,
                "applicationId": self._application,
                "answerUrl": f"{self._door.carrier_url}/answer/{leg}",
                "answerMethod": "POST",
                "disconnectUrl": f"{self._door.carrier_url}/status/{leg}",
                "disconnectMethod": "POST",
                "username": self._shown.username,
                "password": self._shown.password,
                "callTimeout": min(placing.ring_s, MOST_RING_S),
            }
        )

    async def end(self, carrier_call: str) -> None:
        await self.rest.end(carrier_call)

    async def length(self, carrier_call: str) -> CallLength:
        return await self.rest.length(carrier_call)

    async def join(self, legs: LegsToJoin) -> None:
        raise CarrierRefused(501, 0, "legs of Bandwidth are joined by the engine alone")

    async def close(self) -> None:
        await self.rest.close()


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """The carrier."""

    name: str = "bandwidth"
    title: str = "Bandwidth"
    needs: tuple[str, ...] = (
        "bandwidth_account_id",
        "bandwidth_username",
        "bandwidth_password",
        "bandwidth_application_id",
        "bandwidth_webhook_password",
    )
    settings: type[BaseSettings] = BandwidthSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return BandwidthAccount(cast("BandwidthSettings", settings), door)
