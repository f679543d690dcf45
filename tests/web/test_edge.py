"""The outermost of the HTTP side: the proof before the work, and one line of the log for what goes wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Response

from engine.store.errors import DatabaseFails
from engine.web.edge import REFUSED_AFTER_S, Edge
from engine.web.port import Connections, PortLimits
from engine.web.server import WebServer
from tests.journeys.journey_world import House, network, open_house
from tests.waiting import until
from tests.web.raw_http import answered, asked, opened, request

TOKEN = "let-me-in"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, network(tmp_path / "flows"), api_token=TOKEN) as opened_house:
        yield opened_house


@pytest.mark.parametrize("authorization", [b"", b"Bearer", b"Bearer wrong", b"Basic abc", b"Bearer \xe9\xff"])
async def test_without_the_token_not_a_byte_is_read_of_a_body(house: House, authorization: bytes) -> None:
    headers = {b"Content-Type": b"application/json", b"Content-Length": b"60000"}
    if authorization:
        headers[b"Authorization"] = authorization
    reader, writer = await opened(house.engine.http_address)
    writer.write(request(b"/api/v1/disputes", method=b"POST", headers=headers))
    assert (answer := await answered(reader)) is not None
    assert answer.status == 401
    assert "www-authenticate: bearer" in answer.head.lower()
    writer.transport.abort()


async def test_a_refusal_for_want_of_proof_comes_late_and_nobody_waits_for_it(house: House) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    refused = asyncio.create_task(
        asked(house.engine.http_address, request(b"/carriers/twilio/voice", method=b"POST"))
    )
    assert (health := await asked(house.engine.http_address, request(b"/healthz"))) is not None
    assert health.status == 200
    assert not refused.done()
    assert (answer := await refused) is not None
    assert answer.status == 403
    assert loop.time() - began >= REFUSED_AFTER_S


async def test_who_waits_for_a_refusal_makes_room(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows, http_connections=8) as house:
        address = house.engine.http_address
        guessers = [
            asyncio.create_task(asked(address, request(b"/carriers/twilio/voice", method=b"POST")))
            for _ in range(8)
        ]
        await until(lambda: house.engine.metrics.registry.get_sample_value("cordboard_http_connections") == 8)
        answer = await asked(address, request(b"/healthz"))
        assert answer is not None
        assert answer.status == 200
        assert None in await asyncio.gather(*guessers)


def failing(error: Exception) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Edge)
    app.state.engine = SimpleNamespace()

    @app.get("/{path:path}")
    async def fails() -> Response:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (DatabaseFails("it is\nlocked", is_passing=True), 503, "can't be answered now: it is"),
        (ZeroDivisionError("by \x1b[2J"), 500, "failed: ZeroDivisionError: by"),
    ],
)
async def test_what_fails_in_a_route_is_one_line_and_an_answer(
    error: Exception, status: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = WebServer(failing(error), Connections(PortLimits()))
    await server.start("127.0.0.1", 0)
    try:
        answer = await asked(f"127.0.0.1:{server.port}", request(b"/some%1b/where"))
    finally:
        await server.close()
    assert answer is not None
    assert answer.status == status
    (record,) = caplog.records
    assert record.exc_info is None
    assert record.getMessage().startswith(f"GET /some\\x1b/where {told}")
