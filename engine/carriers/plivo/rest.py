"""Plivo's REST side: place a call, end one, ask for its length, send it elsewhere.

Source: docs.plivo.com, Voice API, Calls. A request for a call is answered with a `request_uuid` alone; the
call's own name comes with its webhooks (`called`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import httpx

from engine.carriers.contract import CallLength, CarrierRefused, CarrierUnreachable
from engine.carriers.http import RestClient, fields_of
from engine.carriers.names import seconds_told

REMEMBERED = 20_000  # requests whose calls' names we know


class PlivoRest:
    """One account's."""

    def __init__(self, auth_id: str, auth_token: str, base_url: str) -> None:
        self._account = f"/v1/Account/{quote(auth_id, safe='')}"
        self._http = RestClient(base_url, auth=httpx.BasicAuth(auth_id, auth_token))
        self._called: OrderedDict[str, str] = OrderedDict()

    def called(self, request: str, call: str) -> None:
        """The call of this request has this name."""
        if request and call:
            self._called[request] = call
            if len(self._called) > REMEMBERED:
                self._called.popitem(last=False)

    async def dial(self, body: Mapping[str, object]) -> str:
        """The request's name."""
        answer = await self._http.send("POST", f"{self._account}/Call/", _refusal, json=dict(body))
        found = fields_of(answer).get("request_uuid")
        if not isinstance(found, str) or not found:
            raise CarrierUnreachable(f"the answer to a new call names no request (HTTP {answer.status_code})")
        return found

    async def transfer(self, call: str, url: str) -> None:
        """Have the call, by its name or by its request's, follow the document at `url`."""
        body = {"legs": "aleg", "aleg_url": url, "aleg_method": "POST"}
        await self._http.send("POST", self._call(self._called.get(call, call)), _refusal, json=body)

    async def end(self, name: str) -> None:
        """By the call's name, or by its request's. What is unknown or over is fine."""
        call = self._called.get(name, name)
        if not await self._delete(self._call(call)):
            await self._delete(f"{self._account}/Request/{quote(name, safe='')}/")

    async def _delete(self, path: str) -> bool:
        """Whether there was one."""
        try:
            await self._http.send_again("DELETE", path, _refusal)
        except CarrierRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
            return False
        return True

    async def length(self, name: str) -> CallLength:
        """Of a call that is over; of one that is up its record is not there yet."""
        call = self._called.get(name, name)
        try:
            answer = await self._http.send("GET", self._call(call), _refusal)
        except CarrierRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
            return CallLength("not recorded yet", None)
        return CallLength("over", seconds_told(fields_of(answer).get("call_duration")))

    def _call(self, name: str) -> str:
        """The path of a call; whatever its name, no other."""
        return f"{self._account}/Call/{quote(name, safe='')}/"

    async def close(self) -> None:
        await self._http.close()


def _refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    found = fields_of(answer).get("error")
    said = str(found) if found else answer.reason_phrase
    of: Literal["shown", "dialled", "us"] = "us"
    if answer.status_code == httpx.codes.BAD_REQUEST and " to " in f" {said.lower()} ":
        of = "dialled"
    return CarrierRefused(answer.status_code, 0, said[:300], retry_after_s, of=of)
