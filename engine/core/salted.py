"""Digests of what somebody could guess: nobody finds the value by trying all there are.

An SSN has a milliard values, a ZIP code forty thousand: whoever holds a plain SHA-256 of one tries them all.
So a digest of what a person said, sent or was found to be is keyed with a salt, and says nothing without it.

Rules
1. A salt is SALT_BYTES random bytes as hex, one a call (`CallArrived.salt`). It is drawn where the call
   arrives, for nothing in the core draws anything.
2. Who holds the salt can try values, so it is kept as the values themselves are: sealed in the journal, in no
   view of evidence, in no answer of the API, in no log. Whoever can replay the call can check its digests.
3. Once the salt is erased, the digest still stands wherever it was signed, and leads to nothing any more.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from engine.core.json_values import Json

SALT_BYTES = 16


def salted_digest(value: Json, salt: str) -> str:
    """The hex HMAC-SHA256 of the value's canonical JSON, keyed by the salt.

    Canonical is: keys sorted, no spaces, nothing escaped that need not be, UTF-8.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    key = salt.encode("utf-8", "surrogatepass")
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
