"""The network's signature: ES256 over the whole document, as JWS in its general JSON form (RFC 7515).

The key comes from the setting CORDBOARD_SIGNING_KEY (a PEM, or the path of one) or from a file beside the
database, made when something is first signed. Its public part, a JWK, travels in every signature; whoever
wants more than the word of the file compares its thumbprint (RFC 7638) with the one that the network
published.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from pathlib import Path
from typing import cast

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from engine.core.json_values import JsonObject
from engine.evidence.strictly import decoded, parsed
from engine.store.key_files import make_key_file

SETTING = "CORDBOARD_SIGNING_KEY"
ALGORITHM = "ES256"
CURVE = "P-256"
KEY_FILE = "signing-key.pem"  # beside the database
TYPE = "vcon+jws"
HEADER = frozenset({"alg", "typ", "kid", "jwk"})
"""What this file writes into every header; the rest is the signer's own."""


class _Registry(jws.JWSRegistry):
    """Evidence is read from a file: it may be as long as recordings make it, unlike a token of the web."""

    max_header_length = 1 << 16
    max_payload_length = 1 << 40


_REGISTRY = _Registry(algorithms=[ALGORITHM], strict_check_header=False)  # headers of our own


class EvidenceError(Exception):
    """Something about keys or evidence files that an operator can see and mend."""


class SigningKey:
    """A private key. Its repr shows the public thumbprint alone."""

    def __init__(self, key: ECKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return f"SigningKey({self.thumbprint})"

    @property
    def thumbprint(self) -> str:
        return str(self._key.thumbprint())

    @property
    def public(self) -> JsonObject:
        """The public part as a JWK."""
        told = {"kid": self.thumbprint, "alg": ALGORITHM, "use": "sig"}
        return cast(JsonObject, {**self._key.as_dict(private=False), **told})

    def salt_key(self, call: str, blind: str = "") -> bytes:
        """What the salts of one call's evidence are made from: secret, and the same for every export.

        `blind` is the call's own. Once that is gone, not even this key leads from a digest back to a value.
        """
        whose = f"salts of {call} {blind}" if blind else f"salts of {call}"
        return hmac.new(self._key.as_der(private=True), whose.encode(), hashlib.sha256).digest()

    def person_of(self, digits: str) -> str:
        """What stands for a person who was forgotten: who has this key can ask whether it was this number."""
        private = self._key.as_der(private=True)
        return hmac.new(private, f"person {digits}".encode(), hashlib.sha256).hexdigest()

    def sign(self, payload: bytes, header: JsonObject) -> JsonObject:
        """`payload` and its signature; `header` is signed with it."""
        protected: dict[str, object] = {
            "alg": ALGORITHM,
            "typ": TYPE,
            "kid": self.thumbprint,
            "jwk": self._key.as_dict(private=False),
            **header,
        }
        signed = jws.serialize_json([{"protected": protected}], payload, self._key, registry=_REGISTRY)
        return cast(JsonObject, dict(signed))


def signing_key(key_file: Path, setting: str | None = None) -> SigningKey:
    """The network's key, made if there is none yet; raises EvidenceError for what is no key."""
    if setting:
        text = setting if "-----BEGIN" in setting else _read(Path(setting).expanduser(), f"{SETTING} names")
        return _imported(text, SETTING)
    with contextlib.suppress(FileNotFoundError):
        return _imported(key_file.read_text("ascii", errors="replace"), str(key_file))
    try:
        make_key_file(key_file, ECKey.generate_key(CURVE).as_pem(private=True))
    except OSError as error:
        raise EvidenceError(f"no signing key can be made at {key_file}: {error.strerror}") from error
    return _imported(key_file.read_text("ascii"), str(key_file))


def public_key(text: str) -> ECKey:
    """A published key, as JWK or PEM; raises EvidenceError for anything else."""
    wrong = "this isn't a public key; expected a JWK or PEM of a P-256 key, as `cordboard key` prints"
    try:
        told = parsed(text) if text.lstrip().startswith("{") else text
    except ValueError as error:
        raise EvidenceError(wrong) from error
    return _public(cast("str | dict[str, str]", told), wrong)


def header_of(signature: JsonObject) -> JsonObject | None:
    """A signature's protected header, None where it cannot be read."""
    try:
        found = parsed(decoded(signature.get("protected")).decode())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def payload_of(document: JsonObject) -> bytes:
    """The signed bytes; raises ValueError where they are no base64url."""
    return decoded(document.get("payload"))


def is_signed_by(document: JsonObject, key: ECKey) -> bool:
    """Whether the document's one signature is this key's."""
    try:
        (signature,) = cast("list[JsonObject]", document["signatures"])
        decoded(signature.get("signature"))
        jws.deserialize_json(cast("jws.GeneralJSONSerialization", document), key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True


def own_key_of(header: JsonObject) -> ECKey:
    """The key that a file says it is signed by; raises EvidenceError where that is none, or another."""
    told = header.get("jwk")
    if not isinstance(told, dict):
        raise EvidenceError("the file has no key")
    if told.keys() != {"kty", "crv", "x", "y"}:
        raise EvidenceError("the key in the file isn't a public P-256 key with kty, crv, x and y")
    key = _public(cast("dict[str, str]", told), "the key in the file isn't a P-256 key")
    if header.get("kid") != key.thumbprint():
        raise EvidenceError(f"the file names key {header.get('kid')}, but contains {key.thumbprint()}")
    return key


def _public(told: str | dict[str, str], wrong: str) -> ECKey:
    try:
        key = ECKey.import_key(cast("dict[str, str | list[str]]", told) if isinstance(told, dict) else told)
        is_right = key.curve_name == CURVE
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise EvidenceError(wrong) from error
    if not is_right:
        raise EvidenceError(wrong)
    return key


def _imported(text: str, origin: str) -> SigningKey:
    try:
        key = ECKey.import_key(text)
        is_right = key.is_private and key.curve_name == CURVE
    except (JoseError, ValueError, TypeError) as error:
        raise EvidenceError(_no_key(origin)) from error
    if not is_right:
        raise EvidenceError(_no_key(origin))
    return SigningKey(key)


def _no_key(origin: str) -> str:
    return (
        f"{origin} isn't a signing key; expected a private P-256 key as PEM, as "
        "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` prints"
    )


def _read(path: Path, who: str) -> str:
    try:
        return path.read_text("ascii", errors="replace")
    except OSError as error:
        raise EvidenceError(f"{who} {path}, which can't be read: {error.strerror}") from error
