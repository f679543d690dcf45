"""Requests that the engine sends to others during a call: bounded in time and size, signed, never redirected.

A signed request carries `X-Cordboard-Signature: t=1795000000,v1=…`, where v1 is the hex HMAC-SHA256 of
`t`, a full stop and the body. The secrets come from the environment (`CORDBOARD_SECRET_NAME`) and are
nowhere else: not in YAML, not in a journal, not in a log. While one is being changed, what it was before
(`CORDBOARD_SECRET_NAME_PREVIOUS`) signs as well, in a second v1, so that the other side may change later.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import httpx
import msgspec

from engine.media.certificates import trusted
from engine.runtime.clock import Clock

SIGNATURE = "X-Cordboard-Signature"
PREVIOUS = "_PREVIOUS"  # ends the name of what a secret was before
SECRET_PREFIX = "CORDBOARD_SECRET_"  # noqa: S105  the name of the variables, not a secret
MOST_BYTES = 64 * 1024
MOST_CONNECTIONS = 200

_NAMED = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_encode = msgspec.json.Encoder().encode


class SecretMissingError(LookupError):
    """The environment does not give a secret that the network names."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the secret {name} is missing; set {SECRET_PREFIX}{name}")


class Secrets:
    """Secrets by name, from the environment as it was at start."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._secrets = {
            name.removeprefix(SECRET_PREFIX): value
            for name, value in environment.items()
            if name.startswith(SECRET_PREFIX) and value
        }

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._secrets))})"

    def named(self, name: str) -> str:
        """Raises SecretMissingError where there is none of that name."""
        if name not in self._secrets:
            raise SecretMissingError(name)
        return self._secrets[name]

    def put_into(self, template: str) -> str:
        """The text with each `${NAME}` replaced by that secret. Raises SecretMissingError."""
        return _NAMED.sub(lambda found: self.named(found[1]), template)

    def valid(self, name: str) -> tuple[str, ...]:
        """The secret, and what it was before while both count. Raises SecretMissingError."""
        before = self._secrets.get(name + PREVIOUS)
        return (self.named(name), before) if before else (self.named(name),)

    def signature(self, name: str, body: bytes, at_s: int) -> str:
        """The value of the signature's header. Raises SecretMissingError."""
        return signature(body, at_s, *self.valid(name))


def signature(body: bytes, at_s: int, *secrets: str) -> str:
    """The value of the signature's header, one v1 for each secret."""
    signed = [hmac.new(one.encode(), b"%d." % at_s + body, hashlib.sha256) for one in secrets]
    return ",".join([f"t={at_s}", *(f"v1={one.hexdigest()}" for one in signed)])


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back, whatever its status."""

    status: int
    body: bytes
    ms: int

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refusal(self) -> str:
        """What to tell of an answer that is no success."""
        unfollowed = ", a redirect, which is not followed" if 300 <= self.status < 400 else ""
        return f"HTTP {self.status}{unfollowed}"


class OutwardFailed(Exception):
    """No reply came: too late, or not at all. `ms` is how long that took."""

    def __init__(self, kind: Literal["late", "failed"], why: str, ms: int) -> None:
        super().__init__(why)
        self.kind: Literal["late", "failed"] = kind
        self.ms = ms


class Outward:
    """One pooled HTTP client for all that is sent during calls. `close` it at the end."""

    def __init__(self, clock: Clock, secrets: Secrets) -> None:
        self.clock = clock
        self.secrets = secrets
        self._http = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=trusted(),
            timeout=None,  # noqa: S113  every request is bounded as a whole, below
            headers={"User-Agent": "cordboard", "Accept-Encoding": "identity"},
            limits=httpx.Limits(
                max_connections=MOST_CONNECTIONS,
                max_keepalive_connections=MOST_CONNECTIONS,
                keepalive_expiry=60,
            ),
        )

    async def post(self, url: str, content: object, timeout_ms: int, secret: str = "") -> HttpReply:
        """POST the content as JSON, signed with the secret of that name. Raises OutwardFailed."""
        body = _encode(content)
        headers = {"Content-Type": "application/json"}
        if secret:
            try:
                headers[SIGNATURE] = self.secrets.signature(secret, body, int(self.clock.now_s()))
            except SecretMissingError as missing:
                raise OutwardFailed("failed", str(missing), 0) from missing
        return await self.send("POST", url, timeout_ms, headers, body)

    async def send(
        self, method: str, url: str, timeout_ms: int, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpReply:
        """Send it and read the whole answer. Raises OutwardFailed."""
        began = self.clock.now_ms()

        def ms() -> int:
            return max(0, self.clock.now_ms() - began)

        try:
            async with asyncio.timeout(timeout_ms / 1000 / self.clock.speed):
                async with self._http.stream(method, url, headers=dict(headers), content=body) as answer:
                    coding = answer.headers.get("content-encoding", "identity").strip().lower()
                    if coding not in ("", "identity"):  # a kilobyte of it may unfold to a gigabyte
                        raise OutwardFailed(
                            "failed", "a compressed answer came, which was not asked for", ms()
                        )
                    held = bytearray()
                    async for chunk in answer.aiter_raw():
                        held += chunk
                        if len(held) > MOST_BYTES:
                            raise OutwardFailed("failed", f"more than {MOST_BYTES} bytes came back", ms())
                    return HttpReply(answer.status_code, bytes(held), ms())
        except TimeoutError as error:
            raise OutwardFailed("late", f"no answer within {timeout_ms} ms", ms()) from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # a header that cannot be sent
            raise OutwardFailed("failed", type(error).__name__, ms()) from error

    async def close(self) -> None:
        await self._http.aclose()
