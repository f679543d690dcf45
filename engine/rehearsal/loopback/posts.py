"""A carrier's requests to the engine over HTTP. It does not repeat one that failed: it notes the error and
goes on, unless the carrier that is played does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from engine.media.certificates import trusted

HTTP_FAILURE = 11200
_TIMED_OUT = 11205
_TIMEOUT_S = 15.0


class WebhookFailed(Exception):
    """`code` says what kind of failure it is."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


class WebhookPost:
    """One client for all of them."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, verify=trusted())

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, method: str, url: str, headers: Mapping[str, str], **content: Any) -> httpx.Response:
        """Anything but a 2xx answer raises WebhookFailed."""
        try:
            answer = await self._http.request(method, url, headers=dict(headers), **content)
        except httpx.HTTPError as failure:
            reason = str(failure) or type(failure).__name__
            raise WebhookFailed(_TIMED_OUT, f"{url} cannot be reached: {reason}") from failure
        except httpx.InvalidURL as failure:
            raise WebhookFailed(HTTP_FAILURE, f"{url!r} is no URL: {failure}") from failure
        if not answer.is_success:
            raise WebhookFailed(HTTP_FAILURE, f"{url} answered {answer.status_code}")
        return answer
