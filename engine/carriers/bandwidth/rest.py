"""Bandwidth's REST side: place a call, end one, give it another document, ask for its length.

Source: dev.bandwidth.com, Voice API, Calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import quote

import httpx

from engine.carriers.contract import CallLength, CarrierRefused, CarrierUnreachable
from engine.carriers.http import RestClient, fields_of
from engine.carriers.names import LONGEST_S

_OVER = frozenset({httpx.codes.NOT_FOUND, httpx.codes.CONFLICT, httpx.codes.GONE})


class BandwidthRest:
    """One account's."""

    def __init__(self, account: str, username: str, password: str, base_url: str) -> None:
        self._calls = f"/accounts/{quote(account, safe='')}/calls"
        self._http = RestClient(base_url, auth=httpx.BasicAuth(username, password))

    async def dial(self, body: Mapping[str, object]) -> str:
        """The new leg's callId."""
        answer = await self._http.send("POST", self._calls, _refusal, json=dict(body))
        found = fields_of(answer).get("callId")
        if not isinstance(found, str) or not found:
            raise CarrierUnreachable(f"the answer to a new call names no callId (HTTP {answer.status_code})")
        return found

    async def follow(self, call: str, bxml: str) -> None:
        """Have the call follow this document instead of the one that it is in."""
        kind = {"Content-Type": "application/xml"}
        await self._http.send("PUT", f"{self._call(call)}/bxml", _refusal, content=bxml, headers=kind)

    async def end(self, call: str) -> None:
        """A call that is unknown or already over is fine."""
        try:
            await self._http.send_again("POST", self._call(call), _refusal, json={"state": "completed"})
        except CarrierRefused as refused:
            if not is_over(refused):
                raise

    async def length(self, call: str) -> CallLength:
        answer = await self._http.send("GET", self._call(call), _refusal)
        found = fields_of(answer)
        state = found.get("state")
        if not isinstance(state, str):
            raise CarrierUnreachable(f"the answer about {call} names no state")
        if not found.get("endTime"):
            return CallLength(state, None)
        lasted_ms = lasted(found)
        return CallLength(state, None if lasted_ms is None else round(lasted_ms / 1000))

    def _call(self, name: str) -> str:
        """The path of a call; whatever its name, no other."""
        return f"{self._calls}/{quote(name, safe='')}"

    async def close(self) -> None:
        await self._http.close()


def is_over(refused: CarrierRefused) -> bool:
    """Whether it was refused because there is no such call any more."""
    return refused.status in _OVER


def lasted(fields: Mapping[str, object]) -> int | None:
    """Milliseconds from a call's answer to its end, 0 where nobody answered; None where it isn't told."""
    if not fields.get("answerTime"):
        return 0
    answered_ms, ended_ms = moment_ms(fields.get("answerTime")), moment_ms(fields.get("endTime"))
    if answered_ms is None or ended_ms is None:
        return None
    return min(max(0, ended_ms - answered_ms), LONGEST_S * 1000)


def moment_ms(text: object) -> int | None:
    """Milliseconds since 1970 of an ISO moment."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if moment is None or moment.tzinfo is None else round(moment.timestamp() * 1000)


def _refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    found = fields_of(answer)
    said = str(found.get("description") or answer.reason_phrase)
    code = found.get("type")
    of: Literal["shown", "dialled", "us"] = "us"
    if answer.status_code == httpx.codes.BAD_REQUEST:
        words = said.replace("'", " ").replace('"', " ").split()
        of = "dialled" if "to" in words else "shown" if "from" in words else of
    return CarrierRefused(
        answer.status_code, code if isinstance(code, str) else 0, said[:300], retry_after_s, of=of
    )
