"""The certificates by which servers on the internet are trusted, read once: reading them takes a while."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def trusted(*, trust_env: bool = False) -> ssl.SSLContext:
    """For `httpx.AsyncClient(verify=…)`. With `trust_env` SSL_CERT_FILE and SSL_CERT_DIR name others."""
    return httpx.create_ssl_context(trust_env=trust_env)
