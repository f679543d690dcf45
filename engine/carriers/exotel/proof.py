"""How we know Exotel: it signs nothing, but it brings back what it was given.

The applet's URL holds a user and a password, which come as Basic authentication. A status callback's URL is
ours, and ends with a proof that it is: an HMAC of the leg that it names, by that password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

_MOST_CHARS = 600
_PROOF_CHARS = 32


class ExotelProof:
    """By a user and a password of ours. Without a password nothing holds."""

    def __init__(self, user: str, password: str) -> None:
        self._known = f"{user}:{password}".encode()
        self._key = password.encode()

    @property
    def is_set_up(self) -> bool:
        return bool(self._key)

    def is_basic(self, headers: Mapping[str, str]) -> bool:
        """Whether these headers bring the user and the password."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic" or len(given) > _MOST_CHARS or not self._key:
            return False
        try:
            told = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(told, self._known)

    def of_leg(self, call: str, leg: str) -> str:
        """What a callback's URL of this leg ends with."""
        said = f"exotel/{call}/{leg}".encode()
        return hmac.digest(self._key, said, hashlib.sha256).hex()[:_PROOF_CHARS]

    def is_of_leg(self, call: str, leg: str, given: str) -> bool:
        told = given.encode("utf-8", "surrogatepass")
        return bool(self._key) and hmac.compare_digest(told, self.of_leg(call, leg).encode())
