"""The engine's settings: CORDBOARD_* environment variables, overruled by the command's flags."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, create_model, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.carriers import CARRIERS
from engine.carriers.requests import LOOPBACK
from engine.core.whole_numbers import whole_number
from engine.store.databases.shown_url import shown_url
from engine.store.tables.recordings import recordings_folder

DEFAULT_CACHE = Path("~/.cache/cordboard/prompts")


if TYPE_CHECKING:
    CarrierSettings = BaseSettings
else:
    CarrierSettings = create_model("CarrierSettings", __base__=tuple(each.settings for each in CARRIERS))


class Settings(CarrierSettings):
    """Read once at start, the carriers' among them. Secrets print as stars."""

    model_config = SettingsConfigDict(env_prefix="CORDBOARD_", extra="ignore")

    db: str = Field("sqlite:///cordboard.db", repr=False, description="database URL")
    http: str = Field("127.0.0.1:8080", description="HOST:PORT of webhooks, API and health; port 0 picks one")
    media: str = Field("127.0.0.1:8081", description="HOST:PORT of the carriers' media websockets")
    public_url: str = Field("", description="the URL under which carriers reach the HTTP port")
    public_media_url: str = Field(
        "",
        description="the ws(s):// URL under which carriers reach the media port; "
        "default: the public URL's host, or the media port itself on a loopback",
    )
    allow_unsigned: bool = Field(
        False, description="development: take unsigned webhooks, and only from a loopback address"
    )
    api_token: SecretStr = Field(SecretStr(""), description="bearer token of /api/v1; empty closes the API")
    journal_key: SecretStr | None = Field(
        None,
        description="encrypts keys of sensitive answers (Fernet). Default: a file next to the database",
    )
    signing_key: SecretStr | None = Field(
        None, description="signs evidence (ES256): a PEM file. Default: a file next to the database"
    )
    cache_dir: Path = Field(DEFAULT_CACHE, description="where rendered prompts are kept")
    recordings_dir: Path | None = Field(
        None, description="folder for recordings. Default: 'recordings' next to the database"
    )
    speech: Literal["auto", "off"] = Field(
        "auto", description="hear callers, where the speech extra is installed; off: keys alone"
    )
    speech_workers: int = Field(1, ge=1, le=64, description="recogniser processes")
    speech_meaning: Literal["auto", "off"] = Field(
        "auto", description="compare what callers say with options by meaning; off: by words alone"
    )
    speech_deadline_ms: int = Field(
        3000, ge=500, le=60_000, description="what a recogniser may take; then the caller is asked again"
    )
    speech_vendor: dict[str, Any] | None = Field(
        None,
        repr=False,
        description='another recogniser, as JSON: {"class": a pipecat STT service, "arguments", "settings"}, '
        'or one for each language: {"es": {"class": …}, "*": …}',
    )
    voice_vendor: dict[str, Any] | None = Field(
        None,
        repr=False,
        description='another voice, as JSON: {"class": a pipecat TTS service, "arguments", "settings"}, '
        'or one for each language: {"es": {"class": …}, "*": …}',
    )
    models: dict[str, Any] = Field(
        {},
        repr=False,
        description="language models that may talk with callers, as JSON: the network's name for each → "
        '{"class": a pipecat LLM service, "arguments", "settings"}; ${NAME} stands for a secret',
    )
    worker: str = Field("worker-1", description="this engine's name among those that share a database")
    max_calls: int = Field(500, ge=1, description="calls at once; more hear that they should call again")
    start_timeout_s: float = Field(
        5.0, gt=0, description="how long a media socket may take to show its token"
    )
    max_waiting_sockets: int = Field(
        100, ge=1, description="media sockets that nobody told us to expect; expected ones are not counted"
    )
    http_connections: int = Field(
        256, ge=8, description="connections at the HTTP port; a quarter of the open files allowed at most"
    )
    http_connections_per_peer: int = Field(
        64, ge=1, description="of these, from one address that is neither loopback nor a trusted proxy"
    )
    http_head_s: float = Field(5.0, gt=0, description="how long the head of an HTTP request may take")
    http_body_s: float = Field(10.0, gt=0, description="how long the body of an HTTP request may take")
    trusted_proxies: str = Field(
        "", description="addresses or networks, separated by commas, whose X-Forwarded-For both ports believe"
    )
    stream_timeout_s: float = Field(30.0, gt=0, description="how long a carrier may take to open a stream")
    return_wait_s: float = Field(
        8.0, ge=0, le=60, description="how long a call whose stream broke is waited for"
    )
    lease_s: float = Field(60.0, gt=1, description="how long a call of a dead worker keeps its reservations")
    drain_s: float = Field(10.0, ge=0, description="how long running calls may go on after a stop signal")

    @field_validator("http", "media")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        address(value)
        return value

    @field_validator("public_url")
    @classmethod
    def _web_url(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("http", "https"):
            raise ValueError(f"found {shown_url(value)!r}; expected a URL that starts with https://")
        return value.rstrip("/")

    @field_validator("public_media_url")
    @classmethod
    def _socket_url(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("ws", "wss"):
            raise ValueError(f"found {shown_url(value)!r}; expected a URL that starts with wss://")
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        networks_of(value)
        return value

    @model_validator(mode="after")
    def _unsigned_stays_here(self) -> Settings:
        for url in (self.public_url, self.public_media_url):
            if self.allow_unsigned and url and urlsplit(url).hostname not in LOOPBACK:
                raise ValueError(
                    f"allow_unsigned is for development on this machine, and {shown_url(url)!r} is public; "
                    "remove one of them"
                )
        return self

    @field_validator("cache_dir")
    @classmethod
    def _at_home(cls, value: Path) -> Path:
        return value.expanduser()

    @property
    def recordings_folder(self) -> Path:
        return recordings_folder(self.db, self.recordings_dir)

    @property
    def proxies(self) -> list[IPv4Network | IPv6Network]:
        return networks_of(self.trusted_proxies)

    @property
    def lease_ms(self) -> int:
        return int(self.lease_s * 1000)


def networks_of(text: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks, separated by commas; raises ValueError with what was found."""
    try:
        return [ip_network(each.strip()) for each in text.split(",") if each.strip()]
    except ValueError as error:
        raise ValueError(f"{error}; expected addresses or networks, such as 10.0.0.5, 10.1.0.0/16") from None


def address(text: str) -> tuple[str, int]:
    """HOST:PORT as a pair; raises ValueError with what was found and what belongs there."""
    host, colon, port = text.rpartition(":")
    number = whole_number(port)
    if not colon or not host or number is None or number > 65535:
        raise ValueError(f"found {text!r}; expected HOST:PORT, such as 127.0.0.1:8080")
    return host.strip("[]"), number
