"""The carrier's signed requests to the engine: documents fetched, statuses reported.

The signature is that of Twilio's own package, over the exact URL and the sorted form fields. A carrier does
not repeat a request that failed: it notes the error and goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
from twilio.request_validator import RequestValidator

from engine.rehearsal.loopback.parts import Method, PlayedCall, StatusCallback
from engine.rehearsal.loopback.posts import HTTP_FAILURE, WebhookFailed, WebhookPost

SIGNATURE = "X-Twilio-Signature"
_WRONG_CONTENT = 12300
_DOCUMENT_TYPES = {"text/xml", "application/xml", "text/html"}

Fields = Mapping[str, str]


class Webhooks:
    """Signed forms over `post`; `header` holds the signature by `secret`."""

    def __init__(self, post: WebhookPost, secret: str, header: str = SIGNATURE) -> None:
        self._signer = RequestValidator(secret)
        self._post = post
        self._header = header

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
        if method == "POST":
            headers = {self._header: self.signature(url, fields)}
            return await self._post.send("POST", url, headers, data=dict(fields))
        try:
            full = str(httpx.URL(url).copy_merge_params(dict(fields)))
        except httpx.InvalidURL as failure:
            raise WebhookFailed(HTTP_FAILURE, f"{url!r} is no URL: {failure}") from failure
        return await self._post.send("GET", full, {self._header: self.signature(full)})


class StatusReports:
    """Reports one call's progress to its status callback, in order, beside the call itself."""

    def __init__(self, webhooks: Webhooks, call: PlayedCall, callback: StatusCallback) -> None:
        self._webhooks = webhooks
        self._timeline = call.trunk.timeline
        self._call = call
        self._callback = callback
        self._count = 0
        self.is_cut_off = False  # the call's end could not be reported
        self._waiting: asyncio.Queue[Fields | None] = asyncio.Queue()
        self._delivery = asyncio.create_task(self._deliver())

    def tell(self, event: str, status: str, more: Fields) -> None:
        """Only those events that were asked for are reported."""
        if event in self._callback.events:
            numbered = {
                **self._call.fields(),
                "CallStatus": status,
                "Timestamp": format_datetime(datetime.now(UTC)),
                **more,
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
                self._timeline.complain(self._call.sid, failure.code, f"status callback: {failure}")
                self.is_cut_off = self.is_cut_off or "CallDuration" in fields
            else:
                self._timeline.record(self._call.sid, "carrier", "status_reported", fields["CallStatus"])
