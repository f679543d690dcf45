"""Vonage's REST side: place a call, end one, ask for its length.

Every request brings a fresh JWT of the application, by its private key.

Source: developer.vonage.com, Voice API.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Generator, Mapping
from typing import Literal
from urllib.parse import quote

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from engine.carriers.contract import CallLength, CarrierRefused, CarrierUnreachable
from engine.carriers.http import RestClient, fields_of
from engine.carriers.names import seconds_of

CALLS = "/v1/calls"
LIVES_S = 300
OVER = frozenset({"completed"})
UNANSWERED = frozenset({"busy", "timeout", "unanswered", "rejected", "failed", "cancelled"})

_NO_SUCH_CALL = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})


def private_key(text: str) -> RSAPrivateKey | None:
    """The application's, as PEM, whose line ends may be written `\\n`; None without one.

    Raises ValueError for any other.
    """
    if not text:
        return None
    try:
        key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("expected the application's private key: an RSA key in PEM, as Vonage gives it")
    return key


class ApplicationAuth(httpx.Auth):
    """Signs each request anew."""

    def __init__(self, application: str, key: RSAPrivateKey | None) -> None:
        self._application = application
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._key is not None:
            now_s = int(time.time())  # Vonage's clock is the world's, whatever the engine's is
            claims = {"application_id": self._application, "iat": now_s, "exp": now_s + LIVES_S}
            token = jwt.encode({**claims, "jti": str(uuid.uuid4())}, self._key, algorithm="RS256")
            request.headers["Authorization"] = f"Bearer {token}"
        yield request


class VonageRest:
    """One application's."""

    def __init__(self, application: str, key: RSAPrivateKey | None, base_url: str) -> None:
        self._http = RestClient(base_url, auth=ApplicationAuth(application, key))

    async def dial(self, body: Mapping[str, object]) -> str:
        """The new leg's uuid."""
        answer = await self._http.send("POST", CALLS, refusal, json=dict(body))
        found = fields_of(answer).get("uuid")
        if not isinstance(found, str) or not found:
            raise CarrierUnreachable(f"the answer to a new call names no uuid (HTTP {answer.status_code})")
        return found

    async def end(self, call: str) -> None:
        """A call that is unknown or already over is fine."""
        try:
            await self._http.send_again("PUT", _path(call), refusal, json={"action": "hangup"})
        except CarrierRefused as refused:
            if refused.status not in _NO_SUCH_CALL and not await self._is_over(call, refused):
                raise

    async def _is_over(self, call: str, refused: CarrierRefused) -> bool:
        """Whether a hang-up was refused because nothing is left to end. Vonage's word for it is unsure."""
        if refused.status != httpx.codes.BAD_REQUEST:
            return False
        return (await self.length(call)).duration_s is not None

    async def length(self, call: str) -> CallLength:
        answer = await self._http.send("GET", _path(call), refusal)
        found = fields_of(answer)
        status, duration = found.get("status"), found.get("duration")
        if not isinstance(status, str):
            raise CarrierUnreachable(f"the answer about {call} names no status")
        if status in UNANSWERED:
            return CallLength(status, 0)
        return CallLength(status, seconds_of(str(duration)) if status in OVER else None)

    async def close(self) -> None:
        await self._http.close()


def _path(call: str) -> str:
    """Of a call; whatever its name, no other."""
    return f"{CALLS}/{quote(call, safe='')}"


def refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    found = fields_of(answer)
    wrong = found.get("invalid_parameters")
    names = (
        [str(each.get("name")) for each in wrong if isinstance(each, dict)] if isinstance(wrong, list) else []
    )
    of: Literal["shown", "dialled", "us"] = "us"
    for name in names:
        of = "dialled" if name.startswith("to") else "shown" if name.startswith("from") else of
    said = found.get("detail") or found.get("title") or answer.reason_phrase
    return CarrierRefused(answer.status_code, 0, str(said)[:300], retry_after_s, of=of)
