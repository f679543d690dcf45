"""Telnyx's Call Control: dial, answer, refuse, stream, join, hang up, ask.

Source: developers.telnyx.com, Call Control API v2. No request is repeated here but a hang-up, which does no
harm twice. `command_id` lets Telnyx pass over a command that it had already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import httpx

from engine.carriers.contract import CallLength, CarrierRefused, CarrierUnreachable, StreamAt
from engine.carriers.http import RestClient, fields_of
from engine.carriers.names import seconds_told
from engine.carriers.telnyx.stream import written_state

Body = Mapping[str, object]

_OVER = frozenset({"90018"})  # the call has ended already


class TelnyxRest:
    """One account's."""

    def __init__(self, api_key: str, base_url: str) -> None:
        self._http = RestClient(base_url, headers={"Authorization": f"Bearer {api_key}"})

    async def dial(self, body: Body) -> str:
        """The new leg's call_control_id."""
        answer = await self._http.send("POST", "/v2/calls", _refusal, json=dict(body))
        found = _data(answer).get("call_control_id")
        if not isinstance(found, str) or not found:
            raise CarrierUnreachable(f"the answer to a new call names no id (HTTP {answer.status_code})")
        return found

    async def act(self, call: str, action: str, body: Body) -> None:
        """A command on a live call."""
        await self._http.send("POST", f"{_path(call)}/actions/{action}", _refusal, json=dict(body))

    async def end(self, call: str) -> None:
        """A call that is unknown or already over is fine."""
        try:
            await self._http.send_again("POST", f"{_path(call)}/actions/hangup", _refusal, json={})
        except CarrierRefused as refused:
            if not is_over(refused):
                raise

    async def length(self, call: str) -> CallLength:
        answer = await self._http.send("GET", _path(call), _refusal)
        found = _data(answer)
        is_alive, duration = found.get("is_alive"), found.get("call_duration")
        if not isinstance(is_alive, bool):
            raise CarrierUnreachable(f"the answer about {call} says not whether it lives")
        if is_alive:
            return CallLength("alive", None)
        return CallLength("over", seconds_told(duration))

    async def close(self) -> None:
        await self._http.close()


def streaming(at: StreamAt) -> dict[str, object]:
    """What makes a command open a stream to us, both ways; for `dial`, `answer` and `streaming_start`."""
    return {
        "stream_url": at.url,
        "stream_track": "inbound_track",
        "stream_bidirectional_mode": "rtp",
        "stream_bidirectional_codec": "PCMU",
        "client_state": written_state(at.token, at.number),
        "command_id": at.token[:36],
    }


def is_over(refused: CarrierRefused) -> bool:
    """Whether it was refused because there is no such call any more."""
    return refused.status == httpx.codes.NOT_FOUND or refused.code in _OVER


def _path(call: str) -> str:
    """Of a call; whatever its name, no other."""
    return f"/v2/calls/{quote(call, safe=':')}"


def _data(answer: httpx.Response) -> Mapping[str, object]:
    data = fields_of(answer).get("data")
    return data if isinstance(data, dict) else {}


def _refusal(answer: httpx.Response, retry_after_s: float | None) -> CarrierRefused:
    errors = fields_of(answer).get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code, said = first.get("code"), first.get("detail") or first.get("title")
    source = first.get("source")
    pointer = source.get("pointer") if isinstance(source, dict) else None
    of: Literal["shown", "dialled", "us"] = (
        "dialled" if pointer == "/to" else "shown" if pointer == "/from" else "us"
    )
    return CarrierRefused(
        answer.status_code,
        code if isinstance(code, str | int) else 0,
        str(said) if said else answer.reason_phrase,
        retry_after_s,
        of=of,
    )
