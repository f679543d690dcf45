"""Telnyx signs `timestamp|body` with Ed25519; a signature holds for five minutes.

Source: developers.telnyx.com, webhook signing.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.carriers.requests import CarrierWebhook
from engine.core.whole_numbers import whole_number

SIGNATURE = "telnyx-signature-ed25519"
TIMESTAMP = "telnyx-timestamp"
FRESH_S = 300
KEY_BYTES = 32


def public_key(text: str) -> Ed25519PublicKey | None:
    """The account's, in base64 as its portal shows it; None without one. Raises ValueError for any other."""
    if not text:
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ValueError("expected Telnyx's public key: 44 characters of base64, as Mission Control shows it")
    return Ed25519PublicKey.from_public_bytes(raw)


class TimedSignatures:
    """Checks telnyx-signature-ed25519. Without a key nothing is signed well enough."""

    def __init__(self, key: Ed25519PublicKey | None, *, takes_unsigned: bool) -> None:
        self._key = key
        self._takes_unsigned = takes_unsigned

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        """Whether it is worth reading the body."""
        if SIGNATURE not in webhook.headers:
            return self._takes_unsigned and webhook.is_from_here
        return self._key is not None and len(webhook.headers[SIGNATURE]) <= 100

    def hold(self, webhook: CarrierWebhook, now_s: float) -> bool:
        if not self.may_hold(webhook):
            return False
        if SIGNATURE not in webhook.headers:
            return True
        at_s = whole_number(webhook.headers.get(TIMESTAMP, ""))
        if self._key is None or at_s is None or abs(now_s - at_s) > FRESH_S:
            return False
        try:
            signature = base64.b64decode(webhook.headers[SIGNATURE], validate=True)
            self._key.verify(signature, f"{at_s}|".encode() + webhook.body)
        except (InvalidSignature, ValueError):
            return False
        return True
