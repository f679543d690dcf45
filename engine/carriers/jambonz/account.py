"""jambonz: an account and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from engine.carriers.conferences import document_route, join_by
from engine.carriers.contract import CallLength, CarrierAccount, EngineDoor, LegsToJoin, LegToRing
from engine.carriers.jambonz.rest import JambonzRest
from engine.carriers.jambonz.signatures import TimedHmac
from engine.carriers.jambonz.stream import JambonzStream
from engine.carriers.jambonz.webhooks import JambonzWebhooks
from engine.carriers.requests import JSON, CarrierWebhook, WebhookAnswer
from engine.carriers.settings import web_url
from engine.media.streams import Capabilities, Upgrade


class JambonzSettings(BaseSettings):
    """CORDBOARD_JAMBONZ_…"""

    jambonz_account_sid: str = Field("", description="the jambonz account")
    jambonz_api_key: SecretStr = Field(SecretStr(""), description="opens jambonz's REST API")
    jambonz_webhook_secret: SecretStr = Field(
        SecretStr(""), description="the account's webhook secret: signs webhooks, proves websockets"
    )
    jambonz_api_url: str = Field("https://api.jambonz.cloud", description="the REST API of your jambonz")

    jambonz_urls = field_validator("jambonz_api_url")(web_url)


class JambonzAccount:
    """Signed JSON, verbs; streams by a password of ours and the address that we gave out."""

    name = "jambonz"
    subprotocols: tuple[str, ...] = ("audio.drachtio.org", "audio.jambonz.org")
    streams_announce = False
    capabilities = Capabilities(is_binary=True)
    joins = True
    streams_stay = False

    def __init__(self, given: JambonzSettings, door: EngineDoor) -> None:
        self._door = door
        account, api_key = given.jambonz_account_sid, given.jambonz_api_key.get_secret_value()
        secret = given.jambonz_webhook_secret.get_secret_value()
        self.is_set_up = bool(account and api_key and secret)
        self.rest = JambonzRest(account, api_key, given.jambonz_api_url)
        self._signatures = TimedHmac(secret, takes_unsigned=door.takes_unsigned)
        self._webhooks = JambonzWebhooks(door, self._signatures.socket_password)

    # Streams

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        """Its address, and the password that its document gave it."""
        if not is_expected:
            return False
        if "authorization" not in upgrade.headers:
            return self._door.takes_unsigned
        return self._signatures.socket_holds(upgrade.headers)

    def open_stream(self, upgrade: Upgrade) -> JambonzStream:
        return JambonzStream()

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
        leg = f"{placing.call}/{placing.leg}"
        to, headers = destination(placing.to)
        body: dict[str, object] = {
            "from": placing.shown,
            "to": to,
            "call_hook": {"url": f"{self._door.carrier_url}/answer/{leg}", "method": "POST"},
            "call_status_hook": {"url": f"{self._door.carrier_url}/status/{leg}", "method": "POST"},
            "timeout": placing.ring_s,
        }
        if headers:
            body["headers"] = headers
        return await self.rest.dial(body)

    async def end(self, carrier_call: str) -> None:
        await self.rest.end(carrier_call)

    async def length(self, carrier_call: str) -> CallLength:
        return await self.rest.length(carrier_call)

    async def join(self, legs: LegsToJoin) -> None:
        """A conference of their own, that ends with either."""
        url = self._door.carrier_url

        async def move(carrier_call: str, then: str) -> None:
            await self.rest.transfer(carrier_call, f"{url}/{document_route(legs, then)}")

        async def bring_back(carrier_call: str, then: str) -> None:
            await self.rest.transfer(carrier_call, f"{url}/{then}")

        await join_by(legs, move, bring_back)

    async def close(self) -> None:
        await self.rest.close()


def destination(to: str) -> tuple[dict[str, str], dict[str, str]]:
    """A number, or a SIP address and its headers."""
    if not to.startswith(("sip:", "sips:")):
        return {"type": "phone", "number": to}, {}
    uri, _, query = to.partition("?")
    return {"type": "sip", "sipUri": uri}, dict(parse_qsl(query))


@dataclass(frozen=True, slots=True)
class Jambonz:
    """The carrier."""

    name: str = "jambonz"
    title: str = "jambonz"
    needs: tuple[str, ...] = ("jambonz_account_sid", "jambonz_api_key", "jambonz_webhook_secret")
    settings: type[BaseSettings] = JambonzSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return JambonzAccount(cast("JambonzSettings", settings), door)
