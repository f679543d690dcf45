"""Vonage signs by a JWT in `Authorization`: HS256 with the account's signature secret, a digest of the
body in `payload_hash`, the time of signing in `iat`.

A token alone proves little: it would hold for another body, and for ever. So the digest has to be there
and be the body's, and a signature holds for five minutes.

Source: developer.vonage.com, signed webhooks.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jwt

from engine.carriers.requests import CarrierWebhook
from engine.media.streams import Upgrade

if TYPE_CHECKING:
    from jwt.types import Options

HEADER = "authorization"
FRESH_S = 300

_OURS: Options = {
    "require": ["iat"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
}
"""Times are held against the engine's clock, here."""
_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_-]{1,300}\.[A-Za-z0-9_-]{1,2000}\.[A-Za-z0-9_-]{43})")


class SignedTokens:
    """Checks the bearer tokens of Vonage. Without a secret nothing is signed well enough."""

    def __init__(self, secret: str, *, takes_unsigned: bool) -> None:
        self._secret = secret
        self._takes_unsigned = takes_unsigned

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        """Whether it is worth reading the body."""
        given = webhook.headers.get(HEADER)
        if given is None:
            return self._takes_unsigned and webhook.is_from_here
        return bool(self._secret) and _BEARER.fullmatch(given) is not None

    def hold(self, webhook: CarrierWebhook, now_s: float) -> bool:
        if not self.may_hold(webhook):
            return False
        if HEADER not in webhook.headers:
            return True
        digest = self._claims(webhook.headers[HEADER], now_s).get("payload_hash")
        if not isinstance(digest, str):
            return False
        is_of_body = hashlib.sha256(webhook.body).hexdigest()
        return hmac.compare_digest(is_of_body.encode(), digest.encode("utf-8", "replace"))

    def upgrade_holds(self, upgrade: Upgrade, now_s: float) -> bool:
        """The same of a websocket, which has no body."""
        return bool(self._secret) and bool(self._claims(upgrade.headers.get(HEADER, ""), now_s))

    def _claims(self, header: str, now_s: float) -> Mapping[str, Any]:
        """What a token of now says; {} for any other. Its age is reckoned by the engine's clock."""
        found = _BEARER.fullmatch(header)
        if found is None:
            return {}
        try:
            claims: dict[str, Any] = jwt.decode(found[1], self._secret, algorithms=["HS256"], options=_OURS)
        except jwt.PyJWTError:
            return {}
        at_s = claims["iat"]
        is_time = isinstance(at_s, int | float) and not isinstance(at_s, bool)
        return claims if is_time and abs(now_s - at_s) <= FRESH_S else {}
