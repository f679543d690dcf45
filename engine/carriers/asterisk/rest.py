"""Asterisk's ARI, as far as calls need it: dial into the dialplan, hang up, look up.

No channel is ever in a Stasis application: what is dialled runs through the dialplan, as callers do, so
nobody is left in silence where the engine dies. A channel's name is ours to give, so it can be asked whether
a request that failed was obeyed.

Source: docs.asterisk.org, Asterisk REST Interface, channels and asterisk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from engine.carriers.contract import CallLength, CarrierRefused, CarrierUnreachable
from engine.carriers.http import RestClient, fields_of
from engine.carriers.names import LONGEST_S
from engine.core.whole_numbers import whole_number

LASTED = "CORDBOARD_LASTED_"
"""What the dialplan keeps, for a channel whose end it could not tell us, as a global variable."""


class AsteriskRest:
    """One Asterisk's."""

    def __init__(self, user: str, password: str, base_url: str) -> None:
        self._http = RestClient(f"{base_url}/ari", auth=httpx.BasicAuth(user, password))

    async def dial(self, name: str, body: Mapping[str, object]) -> None:
        """A new channel of this name."""
        try:
            await self._http.send("POST", _path(name), _refusal, json=dict(body))
        except CarrierUnreachable as failed:
            if failed.is_sent and not await self._is_there(name):
                raise CarrierRefused(500, 0, f"Asterisk dialled nobody: {failed}", of="dialled") from failed
            raise

    async def _is_there(self, name: str) -> bool:
        """Whether there is such a channel, or nobody can tell."""
        try:
            await self._http.send("GET", _path(name), _refusal)
        except CarrierRefused as refused:
            return refused.status != httpx.codes.NOT_FOUND
        except CarrierUnreachable:
            return True
        return True

    async def end(self, name: str) -> None:
        """A channel that is unknown or already over is fine."""
        try:
            await self._http.send_again("DELETE", _path(name), _refusal)
        except CarrierRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise

    async def length(self, name: str) -> CallLength:
        """Of a channel that is over it knows only what the dialplan kept for us."""
        try:
            answer = await self._http.send("GET", _path(name), _refusal)
        except CarrierRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
            return CallLength("over", await self._kept_s(name))
        return CallLength(str(fields_of(answer).get("state") or "up"), None)

    async def _kept_s(self, name: str) -> int | None:
        try:
            answer = await self._get("/asterisk/variable", variable=f"{LASTED}{name}")
        except CarrierRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
            return None
        lasted_ms = whole_number(str(fields_of(answer).get("value")))
        return None if lasted_ms is None or lasted_ms > LONGEST_S * 1000 else round(lasted_ms / 1000)

    async def _get(self, path: str, **query: Any) -> httpx.Response:
        return await self._http.send("GET", path, _refusal, params=query)

    async def close(self) -> None:
        await self._http.close()


def _path(name: str) -> str:
    """Of a channel; whatever its name, no other."""
    return f"/channels/{quote(name, safe='')}"


def _refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    found = fields_of(answer)
    said = found.get("message") or found.get("error")
    return CarrierRefused(
        answer.status_code, 0, str(said)[:300] if said else answer.reason_phrase, retry_after_s
    )
