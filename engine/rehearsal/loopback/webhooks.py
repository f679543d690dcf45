"""The carrier's signed requests to the engine: documents fetched, statuses reported.

The signature is that of Twilio's own package, over the exact URL and the sorted form fields. A carrier does
not repeat a request that failed: it notes the error and goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from twilio.request_validator import RequestValidator

from engine.media.certificates import trusted
from engine.rehearsal.loopback.timeline import Timeline
from engine.rehearsal.loopback.twiml import Method

SIGNATURE = "X-Twilio-Signature"
_HTTP_FAILURE = 11200
_TIMED_OUT = 11205
_WRONG_CONTENT = 12300
_TIMEOUT_S = 15.0
_DOCUMENT_TYPES = {"text/xml", "application/xml", "text/html"}

Fields = Mapping[str, str]
FINAL_EVENT = "completed"


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """Who is told of a call's progress, and of which of its events."""

    url: str
    method: Method = "POST"
    events: frozenset[str] = frozenset({FINAL_EVENT})


class WebhookFailed(Exception):
    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


class Webhooks:
    def __init__(self, auth_token: str) -> None:
        self._signer = RequestValidator(auth_token)
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, verify=trusted())

    async def close(self) -> None:
        await self._http.aclose()

    def signature(self, url: str, fields: Fields | None = None) -> str:
        return str(self._signer.compute_signature(url, dict(fields or {})))

    async def fetch_document(self, url: str, method: Method, fields: Fields) -> str:
        """The TwiML at `url`; raises WebhookFailed with Twilio's error code."""
        answer = await self.send(url, method, fields)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _DOCUMENT_TYPES:
            raise WebhookFailed(
                _WRONG_CONTENT, f"{url} answered with content type {kind!r}; expected text/xml"
            )
        return answer.text

    async def send(self, url: str, method: Method, fields: Fields) -> httpx.Response:
        """One signed request; anything but a 2xx answer raises WebhookFailed."""
        try:
            answer = await self._http.send(self._request(url, method, fields))
        except httpx.HTTPError as failure:
            reason = str(failure) or type(failure).__name__
            raise WebhookFailed(_TIMED_OUT, f"{url} cannot be reached: {reason}") from failure
        except httpx.InvalidURL as failure:
            raise WebhookFailed(_HTTP_FAILURE, f"{url!r} is no URL: {failure}") from failure
        if not answer.is_success:
            raise WebhookFailed(_HTTP_FAILURE, f"{url} answered {answer.status_code}")
        return answer

    def _request(self, url: str, method: Method, fields: Fields) -> httpx.Request:
        if method == "POST":
            headers = {SIGNATURE: self.signature(url, fields)}
            return self._http.build_request("POST", url, data=dict(fields), headers=headers)
        full = str(httpx.URL(url).copy_merge_params(dict(fields)))
        return self._http.build_request("GET", full, headers={SIGNATURE: self.signature(full)})


class StatusReports:
    """Reports one call's progress to its status callback, in order, beside the call itself."""

    def __init__(self, webhooks: Webhooks, timeline: Timeline, call: str, callback: StatusCallback) -> None:
        self._webhooks = webhooks
        self._timeline = timeline
        self._call = call
        self._callback = callback
        self._count = 0
        self.is_cut_off = False  # the call's end could not be reported
        self._waiting: asyncio.Queue[Fields | None] = asyncio.Queue()
        self._delivery = asyncio.create_task(self._deliver())

    def tell(self, event: str, fields: Fields) -> None:
        """`event` is initiated, ringing, answered or completed; only those asked for are reported."""
        if event in self._callback.events:
            numbered = {
                **fields,
                "CallbackSource": "call-progress-events",
                "SequenceNumber": str(self._count),
            }
            self._count += 1
            self._waiting.put_nowait(numbered)

    async def finish(self) -> None:
        """Returns when everything told has been delivered, or has failed."""
        self._waiting.put_nowait(None)
        await self._delivery

    async def _deliver(self) -> None:
        while (fields := await self._waiting.get()) is not None:
            try:
                await self._webhooks.send(self._callback.url, self._callback.method, fields)
            except WebhookFailed as failure:
                self._timeline.complain(self._call, failure.code, f"status callback: {failure}")
                self.is_cut_off = self.is_cut_off or "CallDuration" in fields
            else:
                self._timeline.record(self._call, "carrier", "status_reported", fields["CallStatus"])
