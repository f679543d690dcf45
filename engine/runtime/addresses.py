"""Where the engine is reached from outside, by its settings and by the ports that it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.carriers.requests import LOOPBACK
from engine.media.server import MEDIA
from engine.runtime.settings import Settings, address


@dataclass(frozen=True, slots=True)
class Addresses:
    """`http_port` and `media_port` are known once the ports are open."""

    settings: Settings
    http_port: Callable[[], int]
    media_port: Callable[[], int]

    @property
    def http(self) -> str:
        return f"{address(self.settings.http)[0]}:{self.http_port()}"

    @property
    def media(self) -> str:
        return f"{address(self.settings.media)[0]}:{self.media_port()}"

    @property
    def public_url(self) -> str:
        return self.settings.public_url or f"http://{self.http}"

    def stream_url(self, carrier: str) -> str:
        """Where this carrier opens its media streams."""
        path = f"{MEDIA}{carrier}"
        if self.settings.public_media_url:
            return f"{self.settings.public_media_url}{path}"
        public = urlsplit(self.public_url)
        if public.hostname in LOOPBACK:
            return f"ws://{self.media}{path}"
        return f"wss://{public.netloc}{path}"
