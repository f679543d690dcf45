"""Signed evidence and the key that it is checked with, as they leave the house."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.accounts.shown import Shown
from engine.core.json_values import JsonObject


class SignatureShown(Shown, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The one signature of a file: its protected header and itself, as base64url."""

    protected: str
    signature: str


class EvidenceShown(Shown, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vCon signed as a JWS in general JSON serialisation; `payload` is the vCon as base64url."""

    payload: str
    signatures: tuple[SignatureShown, ...]

    @classmethod
    def of(cls, document: JsonObject) -> EvidenceShown:
        return msgspec.convert(document, cls)


class KeyShown(Shown, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public key of the curve P-256 as a JWK; `kid` is its thumbprint."""

    crv: Literal["P-256"]
    x: str
    y: str
    kty: Literal["EC"]
    kid: str
    alg: Literal["ES256"]
    use: Literal["sig"]

    @classmethod
    def of(cls, key: JsonObject) -> KeyShown:
        return msgspec.convert(key, cls)
