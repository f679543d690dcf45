"""Genesys signs the upgrade of a websocket: HTTP message signatures, HMAC-SHA256 by the client secret.

    Signature-Input: sig1=("@request-target" "@authority" "x-api-key" …);keyid="…";nonce="…";created=…
    Signature: sig1=:BASE64:

What is signed is a line for each component with its value, and one for the list itself, exactly as it was
sent. A signature is good for ten seconds, and for one socket: its nonce is remembered for so long.

Source: draft-ietf-httpbis-message-signatures; developer.genesys.cloud, AudioHook, security; the verifier of
Genesys' reference implementation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from engine.core.whole_numbers import whole_number

INPUT, SIGNATURE, KEY = "signature-input", "signature", "x-api-key"
ORGANIZATION, SESSION = "audiohook-organization-id", "audiohook-session-id"
TARGET, AUTHORITY = "@request-target", "@authority"
SIGNED = frozenset({TARGET, AUTHORITY, KEY, ORGANIZATION, SESSION, "audiohook-correlation-id"})
"""What has to be among the components."""
OLDEST_S, SKEW_S = 10, 3
LEAST_NONCE = 22
REMEMBERED = 20_000

_LABEL = r"[a-z*][a-z0-9_.*-]{0,40}"
_INPUT = re.compile(
    rf'({_LABEL})=(\(("[^"\\]{{1,60}}"(?: "[^"\\]{{1,60}}")*)\)'
    r'((?:;[a-z]{1,20}=(?:"[^"\\]*"|\d{1,15}))+))'
)
_PARAMETER = re.compile(r';([a-z]{1,20})=(?:"([^"\\]*)"|(\d{1,15}))')
_SIGNATURE = re.compile(rf"({_LABEL})=:([A-Za-z0-9+/]{{43}}=):")
_MOST_CHARS = 2_000


def client_secret(text: str) -> bytes:
    """The key that Genesys shows in base64; b"" without one. Raises ValueError for any other."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("expected the client secret in base64, as it stands in the integration") from None


@dataclass(frozen=True, slots=True)
class _Signed:
    """A signature, and what it says of itself."""

    components: tuple[str, ...]
    said: str
    """The list and its parameters, as they were sent."""
    parameters: Mapping[str, str]
    signature: bytes

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> _Signed | None:
        told, given = headers.get(INPUT, "").strip(), headers.get(SIGNATURE, "").strip()
        if len(told) > _MOST_CHARS or len(given) > _MOST_CHARS:
            return None
        found, signature = _INPUT.fullmatch(told), _SIGNATURE.fullmatch(given)
        if found is None or signature is None or found[1] != signature[1]:
            return None
        parameters = {name: text or number for name, text, number in _PARAMETER.findall(found[4])}
        names = tuple(found[3][1:-1].split('" "'))
        return cls(names, found[2], parameters, base64.b64decode(signature[2]))


class UpgradeSignatures:
    """Checks the upgrades of one integration. Without key and secret nothing is signed well enough."""

    def __init__(self, api_key: str, secret: bytes) -> None:
        self._api_key = api_key
        self._secret = secret
        self._seen: OrderedDict[str, float] = OrderedDict()  # nonces, and when they were made

    def hold(
        self, targets: Iterable[str], authorities: Iterable[str], headers: Mapping[str, str], now_s: float
    ) -> bool:
        """Whether one of the targets at one of the hosts, by which we may be known, was signed just now."""
        found = _Signed.of(headers)
        if found is None or not self._is_of_key(found, headers) or not _is_fresh(found, now_s):
            return False
        bases = _bases(found, targets, authorities, headers)
        if not any(self._is_good(base, found.signature) for base in bases):
            return False
        return self._is_first(found.parameters["nonce"], now_s)

    def _is_of_key(self, found: _Signed, headers: Mapping[str, str]) -> bool:
        key, told = self._api_key.encode(), headers.get(KEY, "").encode("utf-8", "surrogatepass")
        is_known = bool(key) and bool(self._secret) and hmac.compare_digest(told, key)
        parameters = found.parameters
        is_ours = parameters.get("keyid", self._api_key) == self._api_key
        is_known_way = parameters.get("alg", "hmac-sha256") == "hmac-sha256"
        is_long = len(parameters.get("nonce", "")) >= LEAST_NONCE
        return is_known and is_ours and is_known_way and is_long and set(found.components) >= SIGNED

    def _is_good(self, base: str, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(self._secret, base.encode(), hashlib.sha256), signature)

    def _is_first(self, nonce: str, now_s: float) -> bool:
        while self._seen and next(iter(self._seen.values())) < now_s - OLDEST_S - 2 * SKEW_S:
            self._seen.popitem(last=False)
        if nonce in self._seen:
            return False
        self._seen[nonce] = now_s
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True


def _is_fresh(found: _Signed, now_s: float) -> bool:
    created = whole_number(found.parameters.get("created", ""))
    if created is None or not -SKEW_S <= now_s - created <= OLDEST_S + SKEW_S:
        return False
    if "expires" not in found.parameters:
        return True
    expires = whole_number(found.parameters["expires"])
    return expires is not None and now_s <= expires + SKEW_S


def _bases(
    found: _Signed, targets: Iterable[str], authorities: Iterable[str], headers: Mapping[str, str]
) -> Iterator[str]:
    """What was signed, for each way in which we may have been asked; nothing where a component is missing,
    twice there, or none that we know."""
    names = found.components
    plain = [name for name in names if name not in (TARGET, AUTHORITY)]
    if len(set(names)) != len(names) or any(not headers.get(name) for name in plain):
        return
    values = {name: headers[name].strip() for name in plain}
    for target, authority in product(dict.fromkeys(targets), dict.fromkeys(authorities)):
        values |= {TARGET: target, AUTHORITY: authority}
        lines = [f'"{name}": {values[name]}' for name in names]
        yield "\n".join([*lines, f'"@signature-params": {found.said}'])
