"""Bandwidth signs nothing: its webhooks and sockets bring the name and the password that we gave it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from engine.carriers.requests import CarrierWebhook

HEADER = "authorization"


class BasicProof:
    """Checks `Authorization: Basic`. Without a name and a password nothing is proven."""

    def __init__(self, username: str, password: str, *, takes_unsigned: bool) -> None:
        self._takes_unsigned = takes_unsigned
        self._wanted = ""
        if username and password:
            self._wanted = base64.b64encode(f"{username}:{password}".encode()).decode()

    def hold(self, webhook: CarrierWebhook) -> bool:
        """What names no host is no request of Bandwidth's, whatever it shows."""
        if not webhook.urls or not _names_a_host(webhook.urls[-1]):
            return False
        if HEADER not in webhook.headers:
            return self._takes_unsigned and webhook.is_from_here
        return self.is_shown(webhook.headers)

    def is_shown(self, headers: Mapping[str, str]) -> bool:
        kind, _, shown = headers.get(HEADER, "").partition(" ")
        if not self._wanted or kind.lower() != "basic":
            return False
        return hmac.compare_digest(shown.strip().encode("utf-8", "replace"), self._wanted.encode())


def _names_a_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False  # brackets without an end, or a port that is none
