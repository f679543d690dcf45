"""Twilio: an account and what is done with it. Settings, streams, REST and webhooks come together here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from engine.carriers.conferences import join_by, room_of
from engine.carriers.contract import CallLength, CarrierAccount, EngineDoor, LegsToJoin, LegToRing
from engine.carriers.requests import URL_ENCODED, CarrierWebhook, WebhookAnswer
from engine.carriers.settings import web_url
from engine.carriers.twilio.documents import connect_stream, join_conference
from engine.carriers.twilio.rest import FormApi, TwilioRest
from engine.carriers.twilio.signatures import Signatures
from engine.carriers.twilio.stream import TwilioStream
from engine.carriers.twilio.webhooks import FormWebhooks, leg_after
from engine.media.streams import Capabilities, Upgrade

STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]
DETECTION_S = 6  # until it says that it does not know; it takes 3 to 59
_MAX_SIGNATURE = 200


class TwilioSettings(BaseSettings):
    """CORDBOARD_TWILIO_…"""

    twilio_account_sid: str = Field("", description="Twilio account")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="signs webhooks, opens the REST API")
    twilio_auth_token_secondary: SecretStr = Field(
        SecretStr(""), description="an auth token that signs webhooks as well, while tokens are changed"
    )
    twilio_shared_keys: SecretStr = Field(
        SecretStr(""), description="shared keys of Twilio's webhook rules (SHA-256), separated by commas"
    )
    twilio_api_url: str = Field("https://api.twilio.com", description="Twilio's REST API")

    twilio_urls = field_validator("twilio_api_url")(web_url)

    @property
    def twilio_secrets(self) -> list[str]:
        """Whatever Twilio may sign a request with."""
        shared = self.twilio_shared_keys.get_secret_value().split(",")
        tokens = (self.twilio_auth_token, self.twilio_auth_token_secondary)
        known = [token.get_secret_value() for token in tokens] + [key.strip() for key in shared]
        return [secret for secret in dict.fromkeys(known) if secret]


class FormAccount:
    """An account at Twilio or at its kin: signed forms, TwiML, JSON streams."""

    subprotocols: tuple[str, ...] = ()
    streams_announce = False
    capabilities = Capabilities(detects_machines=True)
    joins = True
    streams_stay = False

    def __init__(
        self,
        name: str,
        door: EngineDoor,
        rest: FormApi,
        signatures: Signatures,
        *,
        signature_header: str,
        is_set_up: bool,
    ) -> None:
        self.name = name
        self.is_set_up = is_set_up
        self._door = door
        self._rest = rest
        self._signatures = signatures
        self._header = signature_header
        self._webhooks = FormWebhooks(door)

    # Streams

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        """Signed as the URL that we gave out, or as what a proxy in front of us makes of it."""
        signature = upgrade.headers.get(self._header)
        if signature is not None and not (signature.isascii() and len(signature) <= _MAX_SIGNATURE):
            return False
        given = self._door.stream_url + upgrade.target.removeprefix(f"/media/{self.name}")
        plain = given.removesuffix("/")
        asked = [url for one in (given, plain, f"{plain}/") for url in (one, f"http{one.removeprefix('ws')}")]
        return self._signatures.holds_for_stream(
            list(dict.fromkeys(asked)), signature, upgrade.peer, upgrade.host
        )

    def open_stream(self, upgrade: Upgrade) -> TwilioStream:
        return TwilioStream()

    # Webhooks

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return self._signatures.may_hold(webhook.headers.get(self._header), webhook.peer)

    def holds(self, webhook: CarrierWebhook) -> bool:
        webhook.must_be(URL_ENCODED)
        signature = webhook.headers.get(self._header)
        return self._signatures.hold(webhook.urls, webhook.form().fields, signature, webhook.peer)

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return await self._webhooks.answer(webhook)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        """The legs' documents come with the request: who answers is connected at once."""
        at = placing.stream()
        then = leg_after(self._door.carrier_url, placing.call, placing.leg)
        form = self._form(placing, {"Twiml": connect_stream(at.url, {"token": at.token}, then)})
        if placing.leave and placing.shown == placing.caller:
            form["CallToken"] = placing.leave
        return await self._rest.create_call(form)

    def _form(self, placing: LegToRing, document: Mapping[str, str]) -> dict[str, str | list[str]]:
        names = f"{placing.call}/{placing.leg}"
        detection = {
            "MachineDetection": "Enable",
            "MachineDetectionTimeout": str(DETECTION_S),
            "AsyncAmd": "true",
            "AsyncAmdStatusCallback": f"{self._door.carrier_url}/answerer/{names}",
            "AsyncAmdStatusCallbackMethod": "POST",
        }
        return {
            "To": placing.to,
            "From": placing.shown,
            **document,
            "Timeout": str(placing.ring_s),
            "StatusCallback": f"{self._door.carrier_url}/status/{names}",
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": STATUS_EVENTS,
            **(detection if placing.detects_machines else {}),
        }

    async def end(self, carrier_call: str) -> None:
        await self._rest.end_call(carrier_call)

    async def length(self, carrier_call: str) -> CallLength:
        return await self._rest.call_length(carrier_call)

    async def join(self, legs: LegsToJoin) -> None:
        """A conference of their own, that ends with either."""

        async def move(carrier_call: str, then: str) -> None:
            await self._rest.update_call(carrier_call, self._joining(legs, then))

        async def bring_back(carrier_call: str, then: str) -> None:
            document = {"Url": f"{self._door.carrier_url}/{then}", "Method": "POST"}
            await self._rest.update_call(carrier_call, document)

        await join_by(legs, move, bring_back)

    def _joining(self, legs: LegsToJoin, then: str) -> Mapping[str, str]:
        """The document of a leg that is to be joined, as a request for another one."""
        document = join_conference(room_of(legs), f"{self._door.carrier_url}/{then}", legs.at_most_s)
        return {"Twiml": document}

    async def close(self) -> None:
        await self._rest.close()


@dataclass(frozen=True, slots=True)
class Twilio:
    """The carrier."""

    name: str = "twilio"
    title: str = "Twilio"
    needs: tuple[str, ...] = ("twilio_account_sid", "twilio_auth_token")
    settings: type[BaseSettings] = TwilioSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        given = cast("TwilioSettings", settings)
        token = given.twilio_auth_token.get_secret_value()
        return FormAccount(
            self.name,
            door,
            TwilioRest(given.twilio_account_sid, token, base_url=given.twilio_api_url),
            Signatures(given.twilio_secrets, takes_unsigned=door.takes_unsigned),
            signature_header="x-twilio-signature",
            is_set_up=bool(given.twilio_account_sid and token),
        )
