"""Asterisk: one server and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from engine.carriers.asterisk.joining import JoinsUnderWay
from engine.carriers.asterisk.rest import AsteriskRest
from engine.carriers.asterisk.signatures import SharedSecret
from engine.carriers.asterisk.stream import AsteriskStream
from engine.carriers.asterisk.webhooks import DialplanWebhooks
from engine.carriers.contract import (
    CallLength,
    CarrierAccount,
    CarrierRefused,
    EngineDoor,
    LegsToJoin,
    LegToRing,
)
from engine.carriers.requests import URL_ENCODED, CarrierWebhook, WebhookAnswer
from engine.carriers.settings import web_url
from engine.media.streams import Capabilities, Upgrade

CONTEXT = "cordboard-leg"
"""Where in the dialplan a leg that was answered goes on, and what tells of its end."""
NUMBER, DIGITS, ADDRESS = "{number}", "{digits}", "{address}"
CALLERS_OWN = "callers"
"""The leave to show a caller's number, where the trunk lets us."""


class AsteriskSettings(BaseSettings):
    """CORDBOARD_ASTERISK_…"""

    asterisk_secret: SecretStr = Field(
        SecretStr(""), description="signs what the dialplan asks, and is the media websocket's password"
    )
    asterisk_ari_url: str = Field("http://127.0.0.1:8088", description="Asterisk's HTTP server, without /ari")
    asterisk_ari_user: str = Field("cordboard", description="user in ari.conf")
    asterisk_ari_password: SecretStr = Field(SecretStr(""), description="that user's password")
    asterisk_dials: str = Field(
        "",
        description="how Asterisk dials buyers: PJSIP/{number}@trunk, or {digits} without a plus",
    )
    asterisk_dials_sip: str = Field(
        "", description="how Asterisk dials SIP addresses: PJSIP/trunk/{address}; empty: it dials none"
    )
    asterisk_shows_callers: bool = Field(
        False, description="whether your trunk lets buyers see the caller's own number"
    )

    asterisk_urls = field_validator("asterisk_ari_url")(web_url)

    @field_validator("asterisk_dials")
    @classmethod
    def asterisk_dials_numbers(cls, value: str) -> str:
        if value and ("/" not in value or value.count(NUMBER) + value.count(DIGITS) != 1):
            raise ValueError(
                f"found {value!r}; expected such as PJSIP/{NUMBER}@trunk or PJSIP/{DIGITS}@trunk"
            )
        return value

    @field_validator("asterisk_dials_sip")
    @classmethod
    def asterisk_dials_addresses(cls, value: str) -> str:
        if value and ("/" not in value or value.count(ADDRESS) != 1):
            raise ValueError(f"found {value!r}; expected such as PJSIP/trunk/{ADDRESS}")
        return value


class AsteriskAccount:
    """Signed forms from the dialplan; a media websocket with a password; ARI."""

    name = "asterisk"
    subprotocols: tuple[str, ...] = ("media",)
    streams_announce = False
    capabilities = Capabilities(clear_returns_marks=False, is_binary=True)
    joins = False  # a caller whose stream ends before the leg comes isn't joined each time
    streams_stay = False

    def __init__(self, given: AsteriskSettings, door: EngineDoor) -> None:
        self._door = door
        secret = given.asterisk_secret.get_secret_value()
        password = given.asterisk_ari_password.get_secret_value()
        self._dials, self._dials_sip = given.asterisk_dials, given.asterisk_dials_sip
        self.is_set_up = bool(secret and password and self._dials)
        self._rest = AsteriskRest(given.asterisk_ari_user, password, given.asterisk_ari_url)
        self._secret = SharedSecret(secret, takes_unsigned=door.takes_unsigned)
        self._joining = JoinsUnderWay()
        leave = CALLERS_OWN if given.asterisk_shows_callers else ""
        self._webhooks = DialplanWebhooks(door, self._joining, leave)

    # Streams

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        return self._secret.opens(upgrade)

    def open_stream(self, upgrade: Upgrade) -> AsteriskStream:
        return AsteriskStream(self._joining.began)

    # Webhooks

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return self._secret.may_hold(webhook)

    def holds(self, webhook: CarrierWebhook) -> bool:
        webhook.must_be(URL_ENCODED)
        return self._secret.hold(webhook, self._door.now_s())

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return await self._webhooks.answer(webhook)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        """Its channel has a name of ours. Where it goes is asked for once it is answered."""
        name = f"cordboard-{placing.call}-{placing.leg}"
        await self._rest.dial(
            name,
            {
                "endpoint": self._endpoint(placing.to),
                "context": CONTEXT,
                "extension": "answered",
                "priority": 1,
                "callerId": placing.shown,
                "timeout": placing.ring_s,
                "variables": {
                    "CORDBOARD_URL": self._door.carrier_url,
                    "CORDBOARD_LEG": f"{placing.call}/{placing.leg}",
                    "CHANNEL(hangup_handler_push)": f"{CONTEXT},ended,1",
                },
            },
        )
        return name

    def _endpoint(self, to: str) -> str:
        if not to.startswith(("sip:", "sips:")):
            return self._dials.replace(NUMBER, to).replace(DIGITS, to.removeprefix("+"))
        if not self._dials_sip:
            raise CarrierRefused(
                400, 0, "CORDBOARD_ASTERISK_DIALS_SIP says not how SIP addresses are dialled"
            )
        return self._dials_sip.replace(ADDRESS, to)

    async def end(self, carrier_call: str) -> None:
        await self._rest.end(carrier_call)

    async def length(self, carrier_call: str) -> CallLength:
        return await self._rest.length(carrier_call)

    async def join(self, legs: LegsToJoin) -> None:
        """The leg's stream is ended; the dialplan asks what comes next, and takes the caller to it."""
        stream = self._joining.stream_of(legs.leg_call)
        if not stream:
            raise CarrierRefused(404, 0, f"{legs.leg_call} has no stream that could be ended")
        self._joining.wanted(legs, self._door.now_s())
        try:
            await self._rest.end(stream)
        except CarrierRefused:
            self._joining.partner(legs.leg_call)
            self._joining.parted(legs.leg_call)
            raise

    async def close(self) -> None:
        await self._rest.close()


@dataclass(frozen=True, slots=True)
class Asterisk:
    """The carrier."""

    name: str = "asterisk"
    title: str = "Asterisk"
    needs: tuple[str, ...] = ("asterisk_secret", "asterisk_ari_password", "asterisk_dials")
    settings: type[BaseSettings] = AsteriskSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return AsteriskAccount(cast("AsteriskSettings", settings), door)
