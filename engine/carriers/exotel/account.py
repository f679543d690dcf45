"""Exotel: an account and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

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
from engine.carriers.exotel.proof import ExotelProof
from engine.carriers.exotel.rest import ExotelRest
from engine.carriers.exotel.stream import TOKEN, ExotelStream
from engine.carriers.exotel.webhooks import ExotelWebhooks
from engine.carriers.requests import JSON, LOOPBACK, CarrierWebhook, WebhookAnswer, is_here
from engine.carriers.settings import web_url
from engine.media.streams import Capabilities, Upgrade

LONGEST_CALL_S = 14_400  # the most that Exotel allows


class ExotelSettings(BaseSettings):
    """CORDBOARD_EXOTEL_…"""

    exotel_account_sid: str = Field("", description="Exotel account")
    exotel_api_key: str = Field("", description="opens Exotel's API, with its token")
    exotel_api_token: SecretStr = Field(SecretStr(""), description="opens Exotel's API, with its key")
    exotel_user: str = Field("cordboard", description="the user that stands in your applets' URLs")
    exotel_password: SecretStr = Field(
        SecretStr(""), description="the password beside it, by which streams and callbacks are known"
    )
    exotel_api_url: str = Field("https://api.exotel.com", description="Exotel's API, of your region")

    exotel_urls = field_validator("exotel_api_url")(web_url)


class ExotelAccount:
    """Streams announce callers; those of legs that we dialled bring a token."""

    name = "exotel"
    subprotocols: tuple[str, ...] = ()
    streams_announce = True
    capabilities = Capabilities(clear_returns_marks=False)
    joins = False
    streams_stay = False

    def __init__(self, given: ExotelSettings, door: EngineDoor) -> None:
        self._door = door
        token, password = given.exotel_api_token.get_secret_value(), given.exotel_password.get_secret_value()
        account = given.exotel_account_sid
        self.is_set_up = bool(account and given.exotel_api_key and token and password)
        self._rest = ExotelRest(account, given.exotel_api_key, token, given.exotel_api_url)
        self._proof = ExotelProof(given.exotel_user, password)
        self._webhooks = ExotelWebhooks(door, self._proof, given.exotel_user, password)

    # Streams

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        """By the address that we gave out, or by the password of the applet's URL."""
        if is_expected or self._proof.is_basic(upgrade.headers):
            return True
        is_ours = upgrade.peer in LOOPBACK and is_here(f"ws://{upgrade.host}")
        return "authorization" not in upgrade.headers and self._door.takes_unsigned and is_ours

    def open_stream(self, upgrade: Upgrade) -> ExotelStream:
        _, _, asked = upgrade.path.partition(f"/{self.name}")
        return ExotelStream(upgrade.query.get(TOKEN, ""), was_asked_for=bool(asked.strip("/")))

    # Webhooks

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return self._webhooks.may_hold(webhook)

    def holds(self, webhook: CarrierWebhook) -> bool:
        return self._webhooks.holds(webhook)

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return await self._webhooks.answer(webhook)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        """Exotel calls the number that it dials `From`."""
        at = placing.stream()
        proof = self._proof.of_leg(placing.call, placing.leg)
        return await self._rest.connect(
            {
                "From": placing.to,
                "CallerId": placing.shown,
                "StreamType": "bidirectional",
                "StreamUrl": f"{at.url}?{urlencode({TOKEN: at.token})}",
                "TimeOut": str(placing.ring_s),
                "TimeLimit": str(LONGEST_CALL_S),
                "StatusCallback": f"{self._door.carrier_url}/status/{placing.call}/{placing.leg}/{proof}",
                "StatusCallbackEvents[0]": "terminal",
                "StatusCallbackEvents[1]": "answered",
                "StatusCallbackContentType": JSON,
            }
        )

    async def end(self, carrier_call: str) -> None:
        """A call that streams ends with its stream, which is closed beside this; Exotel has no command for
        one that rings: who answers it then, has no stream."""

    async def length(self, carrier_call: str) -> CallLength:
        return await self._rest.length(carrier_call)

    async def join(self, legs: LegsToJoin) -> None:
        raise CarrierRefused(501, 0, "Exotel joins no calls that are up")

    async def close(self) -> None:
        await self._rest.close()


@dataclass(frozen=True, slots=True)
class Exotel:
    """The carrier."""

    name: str = "exotel"
    title: str = "Exotel"
    needs: tuple[str, ...] = ("exotel_account_sid", "exotel_api_key", "exotel_api_token", "exotel_password")
    settings: type[BaseSettings] = ExotelSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return ExotelAccount(cast("ExotelSettings", settings), door)
