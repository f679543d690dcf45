"""Names that nobody had before."""

from __future__ import annotations

import secrets


def new_sid(prefix: str) -> str:
    """The prefix and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)
