"""Genesys Cloud: an integration of the Audio Connector, and what is done with it.

It brings callers, and that is all: Genesys dials nobody for us, and ends a session only if it is asked to on
the session's own stream.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

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
from engine.carriers.genesys.signatures import (
    INPUT,
    ORGANIZATION,
    SESSION,
    SIGNATURE,
    UpgradeSignatures,
    client_secret,
)
from engine.carriers.genesys.stream import GenesysStream
from engine.carriers.requests import JSON, LOOPBACK, CarrierWebhook, WebhookAnswer, is_here
from engine.media.streams import Capabilities, Upgrade

CAN_NOT = 501


class GenesysSettings(BaseSettings):
    """CORDBOARD_GENESYS_…"""

    genesys_api_key: SecretStr = Field(
        SecretStr(""), description="the API key of the Audio Connector integration"
    )
    genesys_client_secret: SecretStr = Field(
        SecretStr(""), description="the integration's client secret, by which sessions are signed: base64"
    )

    @field_validator("genesys_client_secret")
    @classmethod
    def genesys_is_a_secret(cls, value: SecretStr) -> SecretStr:
        client_secret(value.get_secret_value())
        return value


class GenesysAccount:
    """Signed sessions that announce their callers."""

    name = "genesys"
    subprotocols: tuple[str, ...] = ()
    streams_announce = True
    capabilities = Capabilities(marks="none", clear_returns_marks=False, is_binary=True, rings=False)
    joins = False
    streams_stay = False

    def __init__(self, given: GenesysSettings, door: EngineDoor) -> None:
        self._door = door
        api_key = given.genesys_api_key.get_secret_value()
        secret = client_secret(given.genesys_client_secret.get_secret_value())
        self.is_set_up = bool(api_key and secret)
        self._signatures = UpgradeSignatures(api_key, secret)

    # Streams

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        """Signed, for the address that we are known by or the one that a proxy makes of it."""
        door, headers = self._door, upgrade.headers
        if INPUT not in headers and SIGNATURE not in headers:
            is_ours = upgrade.peer in LOOPBACK and is_here(f"ws://{upgrade.host}")
            return door.takes_unsigned and is_ours
        known = urlsplit(door.stream_url)
        target = known.path + upgrade.target.removeprefix(f"/media/{self.name}")
        return self._signatures.hold(
            (upgrade.target, target), (upgrade.host, known.netloc), headers, door.now_s()
        )

    def open_stream(self, upgrade: Upgrade) -> GenesysStream:
        headers = upgrade.headers
        return GenesysStream(headers.get(ORGANIZATION, ""), headers.get(SESSION, ""))

    # Webhooks: Genesys has none. Whoever sets it up may ask which address to enter.

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return webhook.route == "voice"

    def holds(self, webhook: CarrierWebhook) -> bool:
        return self.may_hold(webhook) and not webhook.body

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return WebhookAnswer(200, json.dumps({"url": self._door.stream_url}), JSON)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        raise CarrierRefused(CAN_NOT, 0, "Genesys dials nobody: name another carrier for this leg")

    async def end(self, carrier_call: str) -> None:
        """A session ends on its own stream (`GenesysStream.farewell`), which is closed beside this."""

    async def length(self, carrier_call: str) -> CallLength:
        return CallLength("not told: Genesys says nothing of a session that is over", None)

    async def join(self, legs: LegsToJoin) -> None:
        raise CarrierRefused(CAN_NOT, 0, "Genesys joins no calls")

    async def close(self) -> None:
        """There is nothing that is open beside the streams."""


@dataclass(frozen=True, slots=True)
class Genesys:
    """The carrier."""

    name: str = "genesys"
    title: str = "Genesys"
    needs: tuple[str, ...] = ("genesys_api_key", "genesys_client_secret")
    settings: type[BaseSettings] = GenesysSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return GenesysAccount(cast("GenesysSettings", settings), door)
