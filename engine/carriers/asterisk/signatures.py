"""What the dialplan asks is signed by the secret that it shares with us, by what a dialplan has: SHA1.

A request is `body&Time=SECONDS&Proof=HEX`. The proof is SHA1 over `secret:` and the hex SHA1 of
`secret:route:body&Time=SECONDS`: the hash within a hash lets nobody lengthen a text that was signed. It holds
for five minutes. The media websocket is opened with the same secret as its password (HTTP Basic).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

from engine.carriers.requests import CarrierWebhook
from engine.core.whole_numbers import whole_number
from engine.media.streams import Upgrade

FRESH_S = 300
STREAM_USER = "cordboard"
LONGEST_PASSWORD = 1_000

_SIGNED = re.compile(
    rb"(?P<said>(?:.*&)?Time=(?P<time>[0-9]{1,12}))&Proof=(?P<proof>[0-9a-f]{40})", re.DOTALL
)


def proof_of(secret: str, route: str, said: str) -> str:
    """Of what is asked at this route, its time included."""
    within = _sha1(f"{secret}:{route}:{said}")
    return _sha1(f"{secret}:{within}")


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "replace")).hexdigest()  # noqa: S324 - keyed, and nothing else is there


class SharedSecret:
    """Checks requests and upgrades by it. Without a secret nothing is proven well enough."""

    def __init__(self, secret: str, *, takes_unsigned: bool) -> None:
        self._secret = secret
        self._takes_unsigned = takes_unsigned

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        """Whether it is worth reading the body, for the proof is there."""
        return bool(self._secret) or (self._takes_unsigned and webhook.is_from_here)

    def hold(self, webhook: CarrierWebhook, now_s: float) -> bool:
        found = _SIGNED.fullmatch(webhook.body)
        if found is None:
            return self._takes_unsigned and webhook.is_from_here and b"Proof=" not in webhook.body
        at_s = whole_number(found["time"].decode())
        if not self._secret or at_s is None or abs(now_s - at_s) > FRESH_S:
            return False
        proof = proof_of(self._secret, webhook.route, found["said"].decode("utf-8", "replace"))
        return hmac.compare_digest(proof.encode(), found["proof"])

    def opens(self, upgrade: Upgrade) -> bool:
        """Whether an upgrade has the secret as its password."""
        scheme, _, given = upgrade.headers.get("authorization", "").partition(" ")
        if not self._secret or scheme.lower() != "basic" or len(given) > LONGEST_PASSWORD:
            return False
        try:
            shown = base64.b64decode(given.strip(), validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(shown, f"{STREAM_USER}:{self._secret}".encode())
