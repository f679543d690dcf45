"""jambonz's REST side: place a call, end one, ask for its length, send it elsewhere.

Source: docs.jambonz.org, REST API, Calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import httpx

from engine.carriers.contract import CallLength, CarrierRefused, CarrierUnreachable
from engine.carriers.http import RestClient, fields_of
from engine.carriers.names import seconds_of

OVER = frozenset({"completed", "failed", "busy", "no-answer"})

_NO_SUCH_CALL = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE, httpx.codes.UNPROCESSABLE_ENTITY})


class JambonzRest:
    """One account's."""

    def __init__(self, account: str, api_key: str, base_url: str) -> None:
        self._calls = f"/v1/Accounts/{quote(account, safe='')}/Calls"
        self._http = RestClient(base_url, headers={"Authorization": f"Bearer {api_key}"})

    async def dial(self, body: Mapping[str, object]) -> str:
        """The new leg's sid."""
        answer = await self._http.send("POST", self._calls, _refusal, json=dict(body))
        found = fields_of(answer).get("sid")
        if not isinstance(found, str) or not found:
            raise CarrierUnreachable(f"the answer to a new call names no sid (HTTP {answer.status_code})")
        return found

    async def transfer(self, call: str, url: str) -> None:
        """Have the call follow the verbs at `url`."""
        body = {"call_hook": {"url": url, "method": "POST"}}
        await self._http.send("PUT", self._call(call), _refusal, json=body)

    async def end(self, call: str) -> None:
        """A call that is unknown or already over is fine: jambonz forgets it soon."""
        try:
            await self._http.send_again("PUT", self._call(call), _refusal, json={"call_status": "completed"})
        except CarrierRefused as refused:
            if refused.status not in _NO_SUCH_CALL:
                raise

    async def length(self, call: str) -> CallLength:
        answer = await self._http.send("GET", self._call(call), _refusal)
        found = fields_of(answer)
        status = found.get("call_status")
        if not isinstance(status, str):
            raise CarrierUnreachable(f"the answer about {call} names no call_status")
        if status not in OVER:
            return CallLength(status, None)
        return CallLength(status, seconds_of(str(found.get("duration", ""))) if status == "completed" else 0)

    def _call(self, name: str) -> str:
        """The path of a call; whatever its name, no other."""
        return f"{self._calls}/{quote(name, safe='')}"

    async def close(self) -> None:
        await self._http.close()


def _refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    said = str(fields_of(answer).get("msg") or answer.reason_phrase)
    of: Literal["shown", "dialled", "us"] = "us"
    if answer.status_code == httpx.codes.BAD_REQUEST:
        words = said.lower().replace("'", " ").split()
        of = "dialled" if "to" in words else "shown" if "from" in words else of
    return CarrierRefused(answer.status_code, 0, said[:300], retry_after_s, of=of)
