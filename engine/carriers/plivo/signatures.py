"""Plivo signs the URL, the form and a nonce: base64 of HMAC-SHA256 by the auth token (V3).

Of a POST: the URL with its query sorted, a question mark even without one, a full stop, the form's names and
values sorted and run together, a full stop, the nonce. Of a GET: the URL with its parameters sorted, a full
stop, the nonce. The header may list several signatures, by comma.

Source: `plivo.utils.signature_v3` of Plivo's package.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from engine.carriers.requests import CarrierWebhook

SIGNATURE = "x-plivo-signature-v3"
NONCE = "x-plivo-signature-v3-nonce"

_SIGNATURES = re.compile(r"[A-Za-z0-9+/=, ]{44,400}")
_NONCE = re.compile(r"[A-Za-z0-9-]{1,100}")


class NonceSignatures:
    """Checks X-Plivo-Signature-V3. Without a token nothing is signed well enough."""

    def __init__(self, token: str, *, takes_unsigned: bool) -> None:
        self._token = token.encode()
        self._takes_unsigned = takes_unsigned

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        """Whether it is worth reading the body."""
        signatures = webhook.headers.get(SIGNATURE)
        if signatures is None:
            return self._takes_unsigned and webhook.is_from_here
        nonce = webhook.headers.get(NONCE, "")
        is_shaped = _SIGNATURES.fullmatch(signatures) is not None and _NONCE.fullmatch(nonce) is not None
        return bool(self._token) and is_shaped

    def hold(self, webhook: CarrierWebhook) -> bool:
        if not self.may_hold(webhook):
            return False
        if SIGNATURE not in webhook.headers:
            return True
        given = [each.strip().encode() for each in webhook.headers[SIGNATURE].split(",")]
        nonce, fields = webhook.headers[NONCE], webhook.form().fields
        signed = [self._signed(webhook.method, url, fields, nonce) for url in webhook.urls]
        return any(hmac.compare_digest(one, each) for one in signed if one is not None for each in given)

    def _signed(self, method: str, url: str, fields: Mapping[str, Sequence[str]], nonce: str) -> bytes | None:
        """The signature; None of an address that is none, as a Host header may name."""
        try:
            said = f"{_said(method, url, fields)}.{nonce}".encode()
        except ValueError:
            return None
        return base64.b64encode(hmac.digest(self._token, said, hashlib.sha256))


def _said(method: str, url: str, fields: Mapping[str, Sequence[str]]) -> str:
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc}{parts.path}"
    query = "&".join(
        f"{name}={value}" for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True))
    )
    if method == "GET":
        return f"{address}?{query}" if query else address
    form = "".join(name + value for name in sorted(fields) for value in sorted(fields[name]))
    return f"{address}?{query}.{form}"
