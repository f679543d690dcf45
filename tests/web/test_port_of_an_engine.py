"""What an engine's settings and descriptors leave to whoever holds connections to its HTTP port."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.rehearsal.loopback import Caller
from engine.web.port import Connections, PortLimits
from engine.web.server import WebServer
from tests.descriptors import one_descriptor_left
from tests.journeys.journey_world import ALL_AT_ONCE, LONESTAR, answering, network, open_house
from tests.waiting import until
from tests.web.raw_http import answered, asked, opened, request
from tests.web.test_port import app, is_closed, let_go

HELLO = request(b"/hello")
SLOW = request(b"/carriers/twilio/voice", method=b"POST", headers={b"Content-Length": b"1000"})
SIGNED = SLOW.replace(b"Content-Length", b"X-Twilio-Signature: " + b"A" * 27 + b"=\r\nContent-Length")


@pytest.mark.real_time  # the loop that skips waits needs a descriptor to look by
async def test_without_descriptors_an_idle_connection_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    server = WebServer(app(), connections := Connections(PortLimits(head_s=240)))
    await server.start("127.0.0.1", 0)
    address = f"127.0.0.1:{server.port}"
    idle = [await opened(address) for _ in range(3)]
    await until(lambda: len(connections) == len(idle))
    with one_descriptor_left():  # for the newcomer's own end; the engine has none for its side
        newcomer = await opened(address)
        newcomer[1].write(HELLO)
        answer = await answered(newcomer[0])
    assert answer is not None
    assert answer.body == b"hello"
    assert await is_closed(idle[0])
    assert len(connections) == len(idle)  # nobody else had to go
    assert sum("no connection can be taken in" in line for line in caplog.messages) == 1
    for ends in [*idle[1:], newcomer]:
        await let_go(ends)
    await server.close()


async def test_the_deadlines_and_the_bound_of_the_settings_hold_and_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Idle connections and slow bodies beside a call, which comes through."""
    deadlines = {"http_head_s": 2.0, "http_body_s": 1.0}
    flows = network(tmp_path / "flows", {"after: 90s": "after: 2s"})
    async with open_house(tmp_path, flows, http_connections=20, **deadlines) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=3))
        address = house.engine.http_address
        crowd = [await opened(address) for _ in range(60)]
        for _, writer in crowd[30:]:
            writer.write(SIGNED)
        call = await house.call(Caller().presses(ALL_AT_ONCE))
        assert (await house.shown(call.sid))["verdicts"][0]["revenue"] == "45.00"
        slow, idle = await opened(address), await opened(address)
        slow[1].write(SIGNED + b"some")
        await asyncio.gather(*map(is_closed, [*crowd, slow, idle]))
        page = await asked(address, request(b"/metrics"))
        assert page is not None
        told = dict(line.rsplit(" ", 1) for line in page.body.decode().splitlines() if line[:1] != "#")
    closed = {why: told[f'cordboard_http_connections_closed_total{{why="{why}"}}'] for why in _TOLD}
    assert float(closed["full"]) >= 40
    assert float(closed["head"]) >= 1
    assert float(closed["body"]) >= 1
    assert float(told["cordboard_http_connections"]) >= 1  # the one that asks
    for why in _TOLD.values():
        assert why in caplog.text


_TOLD = {
    "full": "there were too many connections",
    "head": "its request's head didn't come in time",
    "body": "its request's body didn't come in time",
}
