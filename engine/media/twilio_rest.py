"""Twilio's REST side: place a call, end a call, ask what became of one.

Source: Twilio, REST API 2010-04-01, Calls. Placing a call is never repeated here, for a request whose answer
was lost may have rung a buyer; ending one is repeated once, for it does no harm twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx

from engine.core.nesting import check_nesting
from engine.core.whole_numbers import whole_number
from engine.media.certificates import trusted

_CALL_NOT_IN_PROGRESS = 21220
_NEVER_ANSWERED = frozenset({"busy", "no-answer", "failed", "canceled"})
_LONGEST_DIGITS = 7  # of seconds: no call lasts a hundred days
MOST_DIGITS_OF_A_WAIT = 7
DETECTION_S = 6  # until Twilio says `unknown`; it takes 3 to 59


@dataclass(frozen=True, slots=True)
class CreatedCall:
    """The carrier's name for the new call; whether it is answered comes by the status callback."""

    sid: str


@dataclass(frozen=True, slots=True)
class CallLength:
    """What Twilio has of a call: its status, and once it is over how long it lasted from its answer."""

    status: str
    duration_s: int | None


class CarrierUnreachable(Exception):
    """No answer came: a timeout, a refused connection, or something that is not Twilio's JSON.

    `is_sent`: Twilio may have done what was asked.
    """

    def __init__(self, why: str, *, is_sent: bool = True) -> None:
        super().__init__(why)
        self.is_sent = is_sent


class CarrierRefused(Exception):
    """Twilio said no: HTTP status, Twilio's error code (0 without one) and its message.

    `retry_after_s` is when it may be asked again, None where it does not say.
    """

    def __init__(self, status: int, code: int, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"HTTP {status}, code {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s

    @property
    def is_for_now(self) -> bool:
        """Too many requests, or no service just now: nothing was done, and asking again may help."""
        return self.status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)


class TwilioRest:
    """One pooled HTTP client for one Twilio account. Open for the life of the engine; `close` at its end."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        base_url: str = "https://api.twilio.com",
        timeout_s: float = 10.0,
        max_connections: int = 50,
    ) -> None:
        self._calls = f"/2010-04-01/Accounts/{account_sid}/Calls"
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            auth=httpx.BasicAuth(account_sid, auth_token),
            verify=trusted(trust_env=True),
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
        )

    async def create_call(
        self,
        to: str,
        from_: str,
        twiml: str,
        ring_timeout_s: int,
        status_callback: str,
        *,
        call_token: str = "",
        answerer_callback: str = "",
    ) -> CreatedCall:
        """Ring `to` for at most `ring_timeout_s` and run `twiml` when it answers.

        `call_token` is the caller's leg's leave to show the caller's own number as `from_`.
        `answerer_callback` is told whether a person or a machine picked up, while `twiml` runs (Twilio,
        answering machine detection).
        """
        form: dict[str, str | list[str]] = {
            "To": to,
            "From": from_,
            "Twiml": twiml,
            "Timeout": str(ring_timeout_s),
            "StatusCallback": status_callback,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        }
        if call_token:
            form["CallToken"] = call_token
        if answerer_callback:
            form |= {
                "MachineDetection": "Enable",
                "MachineDetectionTimeout": str(DETECTION_S),
                "AsyncAmd": "true",
                "AsyncAmdStatusCallback": answerer_callback,
                "AsyncAmdStatusCallbackMethod": "POST",
            }
        answer = await self._post(f"{self._calls}.json", form)
        sid = _fields(answer).get("sid")
        if not isinstance(sid, str) or not sid:
            raise CarrierUnreachable(f"the answer to a new call names no sid (HTTP {answer.status_code})")
        return CreatedCall(sid)

    def _call(self, sid: str) -> str:
        """The path of a call; whatever its name, no other."""
        return f"{self._calls}/{quote(sid, safe='')}.json"

    async def end_call(self, sid: str) -> None:
        """Hang up. A call that is unknown or already over is fine: over is what was wanted."""
        form = {"Status": "completed"}
        path = self._call(sid)
        try:
            try:
                await self._post(path, form)
            except CarrierUnreachable:
                await self._post(path, form)
        except CarrierRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND and refused.code != _CALL_NOT_IN_PROGRESS:
                raise

    async def call_length(self, sid: str) -> CallLength:
        """What became of a call; one that nobody answered lasted 0 s."""
        answer = await self._sent(self._http.build_request("GET", self._call(sid)))
        fields = _fields(answer)
        status, duration = fields.get("status"), fields.get("duration")
        if not isinstance(status, str):
            raise CarrierUnreachable(f"the answer about {sid} names no status (HTTP {answer.status_code})")
        if status in _NEVER_ANSWERED:
            return CallLength(status, 0)
        if status != "completed" or not isinstance(duration, str | int):
            return CallLength(status, None)
        seconds = str(duration)
        return CallLength(status, whole_number(seconds) if len(seconds) <= _LONGEST_DIGITS else None)

    async def close(self) -> None:
        await self._http.aclose()

    async def _post(self, path: str, form: Mapping[str, str | list[str]]) -> httpx.Response:
        return await self._sent(self._http.build_request("POST", path, data=dict(form)))

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = await self._http.send(request)
        except httpx.HTTPError as error:
            is_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            why = f"{type(error).__name__} at {self._http.base_url}"
            raise CarrierUnreachable(why, is_sent=is_sent) from error
        if answer.is_success:
            return answer
        if answer.is_server_error and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            raise CarrierUnreachable(f"HTTP {answer.status_code} at {self._http.base_url}")
        fields = _fields(answer)
        code, message = fields.get("code"), fields.get("message")
        raise CarrierRefused(
            answer.status_code,
            code if isinstance(code, int) else 0,
            str(message) if message else answer.reason_phrase,
            _retry_after_s(answer.headers.get("Retry-After", "")),
        )


def _retry_after_s(told: str) -> float | None:
    """Seconds, or a date; None for anything else."""
    if len(told) < MOST_DIGITS_OF_A_WAIT and (seconds := whole_number(told)) is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _fields(answer: httpx.Response) -> Mapping[str, object]:
    try:
        check_nesting(answer.text)
        parsed: object = json.loads(answer.text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
