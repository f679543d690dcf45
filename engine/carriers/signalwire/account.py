"""SignalWire: Twilio's kin by its compatibility API, with a signing key of its own and documents by URL.

Source: SignalWire, Compatibility API and cXML. Its streams ask for no signature that we could check, so only
who knows an address that we gave out comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from engine.carriers.conferences import document_route
from engine.carriers.contract import CarrierAccount, EngineDoor, LegsToJoin, LegToRing
from engine.carriers.settings import web_url
from engine.carriers.twilio.account import FormAccount
from engine.carriers.twilio.rest import FormApi
from engine.carriers.twilio.signatures import Signatures
from engine.media.streams import Upgrade


class SignalWireSettings(BaseSettings):
    """CORDBOARD_SIGNALWIRE_…"""

    signalwire_project_id: str = Field("", description="SignalWire project")
    signalwire_api_token: SecretStr = Field(SecretStr(""), description="opens SignalWire's REST API")
    signalwire_signing_key: SecretStr = Field(SecretStr(""), description="signs SignalWire's webhooks")
    signalwire_api_url: str = Field(
        "", description="the space's REST API, such as https://example.signalwire.com"
    )

    signalwire_urls = field_validator("signalwire_api_url")(web_url)


class SignalWireAccount(FormAccount):
    """Who answers is connected by a document that is asked for then: a request holds none."""

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        return is_expected

    async def ring(self, placing: LegToRing) -> str:
        url = f"{self._door.carrier_url}/answer/{placing.call}/{placing.leg}"
        return await self._rest.create_call(self._form(placing, {"Url": url, "Method": "POST"}))

    def _joining(self, legs: LegsToJoin, then: str) -> Mapping[str, str]:
        """It fetches the document: none can be sent along."""
        return {"Url": f"{self._door.carrier_url}/{document_route(legs, then)}", "Method": "POST"}


@dataclass(frozen=True, slots=True)
class SignalWire:
    """The carrier."""

    name: str = "signalwire"
    title: str = "SignalWire"
    needs: tuple[str, ...] = (
        "signalwire_project_id",
        "signalwire_api_token",
        "signalwire_signing_key",
        "signalwire_api_url",
    )
    settings: type[BaseSettings] = SignalWireSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        given = cast("SignalWireSettings", settings)
        project, token = given.signalwire_project_id, given.signalwire_api_token.get_secret_value()
        key, url = given.signalwire_signing_key.get_secret_value(), given.signalwire_api_url
        calls = f"/api/laml/2010-04-01/Accounts/{project}/Calls"
        return SignalWireAccount(
            self.name,
            door,
            FormApi(url, calls, (project, token), ending=""),
            Signatures([key] if key else [], takes_unsigned=door.takes_unsigned),
            signature_header="x-signalwire-signature",
            is_set_up=bool(project and token and key and url),
        )
