"""Twilio's REST side, and its kin's: place a call, end a call, ask what became of one.

Source: Twilio, REST API 2010-04-01, Calls. Placing a call is never repeated here, for a request whose
answer was lost may have rung a buyer; ending one is repeated once, for it does no harm twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

import httpx

from engine.carriers.contract import CallLength, CarrierRefused, CarrierUnreachable
from engine.carriers.http import RestClient, fields_of
from engine.carriers.names import seconds_of

_CALL_NOT_IN_PROGRESS = 21220
_NUMBER_NOT_OURS = frozenset({21210, 21212})
"""The caller's number may not be shown without a CallToken, or not to this destination."""
_NOBODYS_NUMBER = frozenset({21211, 21214, 21217, 13223, 13224, 13225})
"""The number that was dialled is none, or can't be reached. Any other refusal is of us: our account, our
number, our request."""
_NEVER_ANSWERED = frozenset({"busy", "no-answer", "failed", "canceled"})


class FormApi:
    """One pooled HTTP client for one account. Open for the life of the engine; `close` at its end.

    `calls` is the path of its calls, `ending` what a path ends in.
    """

    def __init__(
        self,
        base_url: str,
        calls: str,
        auth: tuple[str, str],
        *,
        ending: str = ".json",
        timeout_s: float = 10.0,
        max_connections: int = 50,
    ) -> None:
        self._calls = calls
        self._ending = ending
        self._http = RestClient(
            base_url, auth=httpx.BasicAuth(*auth), timeout_s=timeout_s, max_connections=max_connections
        )

    async def create_call(self, form: Mapping[str, str | list[str]]) -> str:
        """The carrier's name for the new call; whether it is answered comes by the status callback."""
        answer = await self._post(f"{self._calls}{self._ending}", form)
        sid = fields_of(answer).get("sid")
        if not isinstance(sid, str) or not sid:
            raise CarrierUnreachable(f"the answer to a new call names no sid (HTTP {answer.status_code})")
        return sid

    async def update_call(self, sid: str, form: Mapping[str, str]) -> None:
        await self._post(self._call(sid), form)

    def _call(self, sid: str) -> str:
        """The path of a call; whatever its name, no other."""
        return f"{self._calls}/{quote(sid, safe='')}{self._ending}"

    async def end_call(self, sid: str) -> None:
        """Hang up. A call that is unknown or already over is fine: over is what was wanted."""
        try:
            await self._http.send_again("POST", self._call(sid), _refusal, data={"Status": "completed"})
        except CarrierRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND and refused.code != _CALL_NOT_IN_PROGRESS:
                raise

    async def call_length(self, sid: str) -> CallLength:
        """What became of a call; one that nobody answered lasted 0 s."""
        answer = await self._http.send("GET", self._call(sid), _refusal)
        fields = fields_of(answer)
        status, duration = fields.get("status"), fields.get("duration")
        if not isinstance(status, str):
            raise CarrierUnreachable(f"the answer about {sid} names no status (HTTP {answer.status_code})")
        if status in _NEVER_ANSWERED:
            return CallLength(status, 0)
        if status != "completed" or not isinstance(duration, str | int):
            return CallLength(status, None)
        return CallLength(status, seconds_of(str(duration)))

    async def close(self) -> None:
        await self._http.close()

    async def _post(self, path: str, form: Mapping[str, str | list[str]]) -> httpx.Response:
        return await self._http.send("POST", path, _refusal, data=dict(form))


class TwilioRest(FormApi):
    """An account at Twilio."""

    def __init__(
        self, account_sid: str, auth_token: str, *, base_url: str = "https://api.twilio.com", **more: Any
    ) -> None:
        super().__init__(
            base_url, f"/2010-04-01/Accounts/{account_sid}/Calls", (account_sid, auth_token), **more
        )


def _refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    fields = fields_of(answer)
    code, message = fields.get("code"), fields.get("message")
    number = code if isinstance(code, int) else 0
    of: Literal["shown", "dialled", "us"] = (
        "shown" if number in _NUMBER_NOT_OURS else "dialled" if number in _NOBODYS_NUMBER else "us"
    )
    said = str(message) if message else answer.reason_phrase
    return CarrierRefused(answer.status_code, number, said, retry_after_s, of=of)
