"""A carrier's REST side over HTTP: one pooled client, and what went wrong in words of no carrier."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from engine.carriers.contract import CarrierRefused, CarrierUnreachable
from engine.core.nesting import check_nesting
from engine.core.whole_numbers import whole_number
from engine.media.certificates import trusted

MOST_DIGITS_OF_A_WAIT = 7

Refusal = Callable[[httpx.Response, float | None], CarrierRefused]
"""A carrier's refusal from its answer, and the seconds after which it may be asked again."""


class RestClient:
    """Opened with its first request: of most carriers there is no account."""

    def __init__(
        self,
        base_url: str,
        *,
        auth: httpx.Auth | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
        max_connections: int = 50,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._auth = auth
        self._headers = dict(headers or {})
        self._timeout_s = timeout_s
        self._max_connections = max_connections
        self._opened: httpx.AsyncClient | None = None

    @property
    def _http(self) -> httpx.AsyncClient:
        if self._opened is None:
            most = self._max_connections
            self._opened = httpx.AsyncClient(
                base_url=self._base_url,
                auth=self._auth,
                headers=self._headers,
                verify=trusted(trust_env=True),
                timeout=httpx.Timeout(self._timeout_s, connect=min(self._timeout_s, 5.0)),
                limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
            )
        return self._opened

    async def send(self, method: str, path: str, refusal: Refusal, **content: Any) -> httpx.Response:
        """One request, once. Raises CarrierUnreachable, or what `refusal` makes of an answer but 2xx."""
        try:
            answer = await self._http.request(method, path, **content)
        except httpx.HTTPError as error:
            is_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            why = f"{type(error).__name__} at {self._base_url}"
            raise CarrierUnreachable(why, is_sent=is_sent) from error
        except httpx.InvalidURL as error:
            raise CarrierUnreachable(f"{self._base_url} is no address", is_sent=False) from error
        if answer.is_success:
            return answer
        if answer.is_server_error and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            raise CarrierUnreachable(f"HTTP {answer.status_code} at {self._base_url}")
        raise refusal(answer, _retry_after_s(answer.headers.get("Retry-After", "")))

    async def send_again(self, method: str, path: str, refusal: Refusal, **content: Any) -> httpx.Response:
        """One that does no harm twice: where no answer came it is sent once more."""
        try:
            return await self.send(method, path, refusal, **content)
        except CarrierUnreachable:
            return await self.send(method, path, refusal, **content)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()


def _retry_after_s(told: str) -> float | None:
    """Seconds, or a date; None for anything else."""
    if len(told) < MOST_DIGITS_OF_A_WAIT and (seconds := whole_number(told)) is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def fields_of(answer: httpx.Response) -> Mapping[str, object]:
    """The JSON object of an answer; {} for anything else."""
    try:
        check_nesting(answer.text)
        parsed: object = json.loads(answer.text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
