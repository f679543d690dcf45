"""Every route answers as /openapi.json says, whatever it is asked: documented statuses, shapes, no crash."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.journeys.journey_world import House, network, open_house
from tests.runtime.kept_calls import kept_call

TOKEN = "open sesame"
NUMBERS = ["1", "0", "-1", "99999999999999999999999", "1.5", "NaN", ""]
TEXTS = [
    "call-1",
    "call",
    "nobody",
    "",
    "%",
    "' OR 1=1 --",
    "../../etc/passwd",
    "\0",
    "\U0010ffff",
    "a" * 3000,
]
DAYS = ["2026-11-22", "0001-01-01", "9999-12-31", "2026-02-30", "yesterday", ""]
KNOWN = {
    "buyer": ["lonestar"],
    "for": ["network", "buyer:lonestar", "publisher:radio-tx"],
    "zone": ["Asia/Tokyo"],
}
BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"\\ud800"',
    b"\xff\xfe",
    b"9" * 5000,
    b"[" * 20_000,
    b"[" * 900 + b"]" * 900,
]
ODD_VALUES: list[object] = [
    None,
    "",
    "x",
    "\0",
    "\ud800",
    -1,
    2**70,
    1e308,
    True,
    [],
    {},
    "40.00",
    "1e9",
    "-1",
]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, network(tmp_path / "flows"), api_token=TOKEN) as house:
        await kept_call(house.engine.store, "call-1")
        await kept_call(house.engine.store, "call-2")
        yield house


def api(house: House, token: str = TOKEN) -> httpx.AsyncClient:
    base = f"http://{house.engine.http_address}"
    return httpx.AsyncClient(
        verify=False, base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )


def candidates(parameter: Mapping[str, Any]) -> list[str]:
    """What a parameter is asked with: what it takes, and what it must refuse."""
    schema = json.dumps(parameter["schema"])
    if '"integer"' in schema:
        values = NUMBERS
    elif '"date"' in schema:
        values = DAYS
    else:
        values = [*KNOWN.get(parameter["name"], []), *TEXTS]
    enumerated = parameter["schema"].get("enum", [])
    return [*enumerated, *values]


def targets(path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    """Each parameter with each of its candidates, the others with their first."""
    parameters = operation.get("parameters", [])
    first = {each["name"]: candidates(each)[0] for each in parameters if each["in"] == "path"}
    yield str(httpx.URL(path.format(**first)))
    for each in parameters:
        for value in candidates(each):
            if each["in"] == "query":
                yield str(httpx.URL(path.format(**first), params={each["name"]: value}))
            elif value not in ("", "../../etc/passwd"):
                quoted = str(httpx.URL("/", params={"v": value})).partition("=")[2]
                yield path.format(**{**first, each["name"]: quoted.replace("+", "%20")})


def bodies(spec: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[bytes]:
    """Bodies that cannot be read, and readable ones with each field odd in turn."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        yield b""
        return
    yield from BODIES
    schema = content["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    fields = spec["components"]["schemas"][name]["properties"]
    fitting = {
        "call": "call-1",
        "buyer": "lonestar",
        "amount": "40.00",
        "reason": "other",
        "says": "It was a wrong number.",
        "why": "agreed by phone",
        "by": "operator",
        "decision": "accept",
        "ids": [1],
    }
    whole = {key: value for key, value in fitting.items() if key in fields}
    yield json.dumps(whole).encode()
    for field, odd in itertools.product(fields, ODD_VALUES):
        yield json.dumps({**whole, field: odd}).encode()
    yield json.dumps({**whole, "unknown": 1}).encode()


def requests(spec: Mapping[str, Any], path: str, operation: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The first target with each body, then each other target with a body that fits."""
    first, *others = targets(path, operation)
    sent = list(bodies(spec, operation))
    yield from ((first, body) for body in sent)
    fitting = max(sent, key=lambda body: body.startswith(b"{") and b"unknown" in body)
    yield from ((target, fitting.replace(b', "unknown": 1', b"")) for target in others)


def complaint(spec: Mapping[str, Any], operation: Mapping[str, Any], reply: httpx.Response) -> str | None:
    """What the reply has that the document does not say; None where it holds."""
    documented = operation["responses"].get(str(reply.status_code))
    if documented is None:
        return f"undocumented status {reply.status_code}: {reply.text[:200]}"
    kind = reply.headers["content-type"].partition(";")[0]
    if kind not in documented["content"]:
        return f"undocumented content type {kind}"
    schema = documented["content"][kind].get("schema")
    if kind != "application/json" or schema is None:
        return None
    validator = Draft202012Validator({**schema, "components": spec["components"]})
    wrong = next(iter(validator.iter_errors(reply.json())), None)
    return None if wrong is None else f"{wrong.message} at {wrong.json_path}"


async def test_whatever_is_asked_the_answer_is_one_that_the_document_names(house: House) -> None:
    complaints: list[str] = []
    asked = 0
    async with api(house) as client:
        spec = (await client.get("/openapi.json")).json()
        for path, operations in spec["paths"].items():
            for method, operation in operations.items():
                for target, body in requests(spec, path, operation):
                    headers = {"Content-Type": "application/json"} if body else {}
                    reply = await client.request(method, target, content=body, headers=headers)
                    asked += 1
                    if (wrong := complaint(spec, operation, reply)) is not None:
                        complaints.append(f"{method} {target} {body[:80]!r}: {wrong}")
    assert asked > 300
    assert complaints == []


async def test_without_its_token_every_route_refuses(house: House) -> None:
    async with api(house, "no") as client:
        spec = (await client.get("/openapi.json")).json()
        replies = await asyncio.gather(
            *(
                client.request(
                    method,
                    path.format(
                        **dict.fromkeys(("call", "recording", "number"), "1"),
                        by="day",
                        what="calls",
                        buyer="b",
                    ),
                )
                for path, operations in spec["paths"].items()
                for method in operations
            )
        )
    assert {reply.status_code for reply in replies} <= {401, 429}  # after ten it is looked at no more
    assert len(replies) >= 19


async def test_a_misspelt_parameter_is_refused_with_those_that_there_are(house: House) -> None:
    async with api(house) as client:
        reply = await client.get("/api/v1/calls/call-1/evidence", params={"party": "buyer:lonestar"})
    assert reply.status_code == 422
    assert reply.json() == {"detail": "found the parameter 'party'; expected for"}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"from": "0001-01-01"}, "found the day 0001-01-01; expected one from 1970-01-02 to 9998-12-30"),
        (
            {"from": "2026-02-02", "to": "2026-02-01"},
            "the first day, 2026-02-02, is after the last, 2026-02-01; swap them",
        ),
    ],
)
async def test_days_that_cannot_be_meant_are_refused(house: House, days: dict[str, str], said: str) -> None:
    async with api(house) as client:
        replies = [
            await client.get(f"/api/v1/{path}", params=days) for path in ("reports/day", "export/calls")
        ]
    assert [(reply.status_code, reply.json()["detail"]) for reply in replies] == [(409, said)] * 2
