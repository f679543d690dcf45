"""HTTP message signatures as Genesys makes them. Source: draft-ietf-httpbis-message-signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

LIFETIME_S = 30


def signed_headers(api_key: str, secret: bytes, components: Mapping[str, str], at_s: float) -> dict[str, str]:
    """The two headers that sign these components, each with its value, in this order."""
    created = int(at_s)
    nonce = base64.b64encode(secrets.token_bytes(18)).decode()
    names = " ".join(f'"{name}"' for name in components)
    parameters = f'keyid="{api_key}";nonce="{nonce}";alg="hmac-sha256"'
    said = f"({names});{parameters};created={created};expires={created + LIFETIME_S}"
    lines = [f'"{name}": {value}' for name, value in components.items()]
    base = "\n".join([*lines, f'"@signature-params": {said}'])
    signature = base64.b64encode(hmac.new(secret, base.encode(), hashlib.sha256).digest()).decode()
    return {"Signature-Input": f"sig1={said}", "Signature": f"sig1=:{signature}:"}
