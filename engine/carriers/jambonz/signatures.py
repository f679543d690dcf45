"""jambonz signs `time.body` with the account's webhook secret, by HMAC-SHA256.

The header is `Jambonz-Signature: t=…,v1=…`, in hex.

A signature holds for five minutes. The websockets of its listen verb bring a name and a password that their
document gave them.

Source: github.com/jambonz, the webhook signature of its SDKs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

from engine.carriers.requests import CarrierWebhook

HEADER = "jambonz-signature"
FRESH_S = 300
USERNAME = "cordboard"

_TIME = re.compile(r"(?:^|,) ?t=([0-9]{1,12})(?:,|$)")
_SIGNATURE = re.compile(r"(?:^|,) ?v1=([0-9a-f]{64})(?=,|$)")
_MOST_CHARACTERS = 500


class TimedHmac:
    """Checks Jambonz-Signature. Without a secret nothing is signed well enough."""

    def __init__(self, secret: str, *, takes_unsigned: bool) -> None:
        self._secret = secret.encode()
        self._takes_unsigned = takes_unsigned

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        """Whether it is worth reading the body."""
        given = webhook.headers.get(HEADER)
        if given is None:
            return self._takes_unsigned and webhook.is_from_here
        return bool(self._secret) and len(given) <= _MOST_CHARACTERS and _TIME.search(given) is not None

    def hold(self, webhook: CarrierWebhook, now_s: float) -> bool:
        if not self.may_hold(webhook):
            return False
        given = webhook.headers.get(HEADER)
        if given is None:
            return True
        at = _TIME.search(given)
        if at is None or abs(now_s - int(at[1])) > FRESH_S:
            return False
        wanted = hmac.digest(self._secret, at[1].encode() + b"." + webhook.body, hashlib.sha256).hex()
        return any(hmac.compare_digest(wanted, each) for each in _SIGNATURE.findall(given))

    @property
    def socket_password(self) -> str:
        """What a websocket has to bring: of the secret, and not the secret."""
        return hmac.digest(self._secret, b"cordboard websockets", hashlib.sha256).hex()

    def socket_holds(self, headers: Mapping[str, str]) -> bool:
        kind, _, shown = headers.get("authorization", "").partition(" ")
        wanted = base64.b64encode(f"{USERNAME}:{self.socket_password}".encode())
        is_shown = hmac.compare_digest(shown.strip().encode("utf-8", "replace"), wanted)
        return bool(self._secret) and kind.lower() == "basic" and is_shown
