"""Looking things up at web services: only at listed hosts, only what was asked for, no redirect, no surprise.

Rules
1. A host that the network does not list is never asked, whatever the command says.
2. The answer must be JSON, meet the schema, and be small; only the parts that were asked for leave here.
3. A good answer, or a clear "there is none", stands for the same question as long as the node says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode, urlsplit

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from engine.core.commands import LookUp
from engine.core.conditions import Value
from engine.core.events import LookedUp
from engine.core.nesting import NestedTooDeeply, check_nesting
from engine.core.outside_text import is_keepable
from engine.core.records import changed
from engine.core.whole_numbers import whole_number
from engine.runtime.outward.requests import HttpReply, Outward, OutwardFailed, SecretMissingError

MOST_CACHED = 10_000
NOT_THERE = (204, 404)


@dataclass(frozen=True, slots=True)
class _Question:
    """A request as it goes out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def key(self) -> str:
        asked = [self.method, self.url, sorted(self.headers.items()), (self.body or b"").decode()]
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


class Lookups:
    """Looks things up on behalf of every call of this worker."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward
        self._clock = outward.clock
        self._cached: dict[str, tuple[LookedUp, int]] = {}

    async def look_up(self, command: LookUp, hosts: Collection[str]) -> LookedUp:
        """The event that answers the command; its time is still to be set."""
        host = urlsplit(command.url).netloc.lower()
        if host not in hosts:
            return _failed(command, f"{host} isn't listed in the network's lookups")
        try:
            question = self._question(command)
        except SecretMissingError as missing:
            return _failed(command, str(missing))
        key = hashlib.sha256(
            (question.key + json.dumps(dict(command.fields)) + command.schema).encode()
        ).hexdigest()
        known = self._cached.get(key)
        if known is not None and known[1] > self._clock.now_ms():
            return changed(known[0], lookup=command.lookup, ms=0, cached=True)
        try:
            reply = await self._outward.send(
                question.method, question.url, command.timeout_ms, question.headers, question.body
            )
        except OutwardFailed as failed:
            outcome = "timeout" if failed.kind == "late" else "failed"
            return changed(_failed(command, str(failed), failed.ms), outcome=outcome)
        found = _found(command, reply)
        if command.cache_ms and found.outcome in ("found", "notfound"):
            self._remember(key, found, command.cache_ms)
        return found

    def _question(self, command: LookUp) -> _Question:
        told = {each.name: each.value for each in command.told}
        headers = {"Accept": "application/json"}
        for name, template in command.headers.items():
            headers[name] = self._outward.secrets.put_into(template)
        if command.method == "post":
            headers["Content-Type"] = "application/json"
            return _Question("POST", command.url, headers, msgspec.json.encode(told))
        query = urlencode({name: _written(value) for name, value in told.items()})
        joint = "" if not query else "&" if "?" in command.url else "?"
        return _Question("GET", f"{command.url}{joint}{query}", headers, None)

    def _remember(self, key: str, found: LookedUp, for_ms: int) -> None:
        now_ms = self._clock.now_ms()
        if len(self._cached) >= MOST_CACHED:
            self._cached = {held: kept for held, kept in self._cached.items() if kept[1] > now_ms}
        if len(self._cached) < MOST_CACHED:
            self._cached[key] = found, now_ms + for_ms


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _failed(command: LookUp, why: str, ms: int = 0) -> LookedUp:
    return LookedUp(0, command.lookup, "failed", ms=ms, detail=why)


def _found(command: LookUp, reply: HttpReply) -> LookedUp:
    said = LookedUp(
        0,
        command.lookup,
        "failed",
        status=reply.status,
        ms=reply.ms,
        sha256=hashlib.sha256(reply.body).hexdigest(),
    )
    if reply.status in NOT_THERE:
        return changed(said, outcome="notfound")
    if not reply.is_success:
        return changed(said, detail=f"HTTP {reply.status}")
    try:
        text = reply.body.decode(json.detect_encoding(reply.body), "surrogatepass")
        check_nesting(text)
        body: object = json.loads(text)
    except NestedTooDeeply as error:
        return changed(said, detail=str(error).replace("it is", "the answer is", 1))
    except ValueError:
        return changed(said, detail="the answer isn't JSON")
    if command.schema and (wrong := _wrong(command.schema, body)):
        return changed(said, detail=wrong)
    fields: dict[str, Value] = {}
    for name, path in command.fields.items():
        part = _part(body, path)
        if isinstance(part, str) and not is_keepable(part):
            return changed(said, detail=f"{path} holds a NUL or half a character")
        if isinstance(part, str | bool | int | float):
            fields[name] = part
        elif part is not None:
            return changed(said, detail=f"{path} isn't text, a number, true or false")
    return changed(said, outcome="found", fields=fields)


def _wrong(schema: str, body: object) -> str:
    """Where in the schema the answer breaks it. What it held, and its own keys, may be a caller's secret."""
    try:
        error = best_match(Draft202012Validator(json.loads(schema)).iter_errors(cast("bool", body)))
    except RecursionError:  # `{"$ref": "#"}`: no answer ends that
        return "the schema refers to itself without end"
    if error is None:
        return ""
    return f"the answer breaks its schema at /{'/'.join(map(str, error.absolute_schema_path))}"


def _part(body: object, path: str) -> object:
    """`home.owner`, `homes.0.owner`: the part of the answer, None where there is none."""
    for step in path.split("."):
        if isinstance(body, dict):
            body = body.get(step)
        elif isinstance(body, list) and (at := whole_number(step)) is not None and at < len(body):
            body = body[at]
        else:
            return None
    return body
