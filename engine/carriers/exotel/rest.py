"""Exotel's call API, version 1: dial a number into a stream, ask how long a call was.

There is no command that ends a call: one that streams ends with its stream.

Source: developer.exotel.com, Voice v1, Connect Voice AI and Call Details.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import httpx

from engine.carriers.contract import CallLength, CarrierRefused, CarrierUnreachable
from engine.carriers.http import RestClient, fields_of
from engine.carriers.names import seconds_of, seconds_told

NEVER_ANSWERED = frozenset({"busy", "no-answer", "failed", "canceled"})


class ExotelRest:
    """One account's."""

    def __init__(self, account: str, api_key: str, api_token: str, base_url: str) -> None:
        self._calls = f"/v1/Accounts/{quote(account, safe='')}/Calls"
        self._http = RestClient(base_url, auth=httpx.BasicAuth(api_key, api_token))

    async def connect(self, form: Mapping[str, str]) -> str:
        """Dial into a stream; the call's Sid."""
        answer = await self._http.send("POST", f"{self._calls}/connect.json", _refusal, data=dict(form))
        found = _call_of(answer).get("Sid")
        if not isinstance(found, str) or not found:
            raise CarrierUnreachable(f"the answer to a new call names no Sid (HTTP {answer.status_code})")
        return found

    async def length(self, call: str) -> CallLength:
        """How long the dialled party was on the line. Exotel may know it only minutes after the end."""
        path = f"{self._calls}/{quote(call, safe='')}.json?details=true"
        found = _call_of(await self._http.send("GET", path, _refusal))
        status = found.get("Status")
        if not isinstance(status, str) or not status:
            raise CarrierUnreachable(f"the answer about {call} has no status")
        if status in NEVER_ANSWERED:
            return CallLength(status, 0)
        return CallLength(status, _length_of(found) if status == "completed" else None)

    async def close(self) -> None:
        await self._http.close()


def _call_of(answer: httpx.Response) -> Mapping[str, object]:
    return _inner(fields_of(answer), "Call")


def _length_of(call: Mapping[str, object]) -> int | None:
    legs = _inner(call, "Details").get("Legs")
    first = legs[0] if isinstance(legs, list) and legs and isinstance(legs[0], dict) else {}
    found = _inner(first, "Leg").get("OnCallDuration", call.get("Duration"))
    return seconds_of(found) if isinstance(found, str) else seconds_told(found)


def _inner(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    told = _inner(fields_of(answer), "RestException").get("Message")
    said = told if isinstance(told, str) and told else answer.reason_phrase
    of: Literal["shown", "dialled", "us"] = "us"
    if answer.status_code == httpx.codes.BAD_REQUEST:  # Exotel calls the number that it dials `From`
        of = "shown" if "CallerId" in said else "dialled" if "From" in said else "us"
    return CarrierRefused(answer.status_code, 0, said[:300], retry_after_s, of=of)
