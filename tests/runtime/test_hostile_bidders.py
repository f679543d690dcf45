"""Bidders that mean harm, over real sockets: each is refused with a reason, and delays nobody."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from engine.core.commands import Bidder, Ping
from engine.core.events import Bid
from engine.runtime.clock import Clock
from engine.runtime.outward.pinging import AskingCall, Pinging
from engine.runtime.outward.requests import MOST_BYTES, Outward, Secrets

DEADLINE_MS = 400
Conduct = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def sends(content: bytes, head: bytes = OK) -> Conduct:
    async def conduct(writer: asyncio.StreamWriter) -> None:
        writer.write(b"%sContent-Length: %d\r\n\r\n%b" % (head, len(content), content))
        await writer.drain()

    return conduct


async def trickles(writer: asyncio.StreamWriter) -> None:
    """A good bid, a byte at a time, for longer than anybody waits."""
    writer.write(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def trickles_its_head(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def floods(writer: asyncio.StreamWriter) -> None:
    """A hundred megabytes, as fast as they are taken."""
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(1600):
        writer.write(b"10000\r\n" + b" " * 65_536 + b"\r\n")
        await writer.drain()


def redirects(writer: asyncio.StreamWriter) -> Awaitable[None]:
    head = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.2/elsewhere\r\n"
    return sends(b"", head)(writer)


def bombs(writer: asyncio.StreamWriter) -> Awaitable[None]:
    return sends(gzip.compress(bytes(32 * 1024 * 1024)), OK + b"Content-Encoding: gzip\r\n")(writer)


CONDUCTS: dict[str, tuple[Conduct, str, str]] = {
    "trickle": (trickles, "late", "no answer within 400 ms"),
    "head": (trickles_its_head, "late", "no answer within 400 ms"),
    "flood": (floods, "failed", f"more than {MOST_BYTES} bytes"),
    "redirect": (redirects, "failed", "HTTP 307, a redirect, which is not followed"),
    "bomb": (bombs, "failed", "compressed"),
    "nan": (sends(b'{"bid": NaN}'), "malformed", "found NaN"),
    "huge": (sends(b'{"bid": 1e309}'), "malformed", "found 1e309"),
    "negative": (sends(b'{"bid": -4}'), "malformed", "found -4"),
    "fraction": (sends(b'{"bid": "40.0000001"}'), "malformed", "6 digits"),
    "twice": (sends(b'{"bid": 20, "bid": 90}'), "malformed", "found twice"),
    "deep": (sends(b'{"bid": 9, "x": ' + b"[" * 50_000), "malformed", "nested too deeply"),
    "surrogate": (sends(b'{"bid": 9, "id": "\\ud800"}'), "malformed", "id: found"),
    "nul": (sends(b'{"bid": 9, "id": "a\\u0000"}'), "malformed", "id: found"),
    "garbage": (sends(b"", b"\x00\x01\x02 nonsense\r\n"), "failed", "RemoteProtocolError"),
}


@contextlib.asynccontextmanager
async def serving(conducts: dict[str, Conduct]) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                await conducts[head.split(" ")[1][1:]](writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def bids_of(conducts: dict[str, Conduct]) -> dict[str, Bid]:
    outward = Outward(Clock(), Secrets({}))
    try:
        async with serving(conducts) as port:
            asked = tuple(
                Bidder(name, f"http://127.0.0.1:{port}/{name}", DEADLINE_MS, "", 5, 30_000, {"zip": "78701"})
                for name in conducts
            )
            ping = Ping("b1", "roofing", DEADLINE_MS, "512", asked)
            said = await Pinging(outward).ask(ping, AskingCall("c1", "+15125550123", lambda: 0))
    finally:
        await outward.close()
    return {bid.buyer: bid for bid in said}


@pytest.mark.parametrize("name", CONDUCTS)
async def test_each_of_them_is_refused_with_its_reason_and_the_honest_bid_stands(name: str) -> None:
    conduct, outcome, detail = CONDUCTS[name]
    said = await bids_of({"honest": sends(b'{"bid": "31.50"}'), name: conduct})
    assert said["honest"].amount_micros == 31_500_000
    assert (said[name].outcome, said[name].amount_micros) == (outcome, 0)
    assert detail in said[name].detail


async def test_a_redirected_request_reaches_nobody_else() -> None:
    reached: list[str] = []

    async def elsewhere(writer: asyncio.StreamWriter) -> None:
        reached.append("elsewhere")
        await sends(b'{"bid": "99.00"}')(writer)

    async with serving({"elsewhere": elsewhere}) as port:
        head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/elsewhere\r\n" % port
        said = await bids_of({"redirect": sends(b"", head)})
    assert said["redirect"].outcome == "failed"
    assert reached == []


async def test_an_answer_that_breaks_the_reading_of_it_costs_its_bidder_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from engine.runtime.outward import pinging

    read = pinging.read_bid

    def breaks(body: bytes) -> object:
        if b"break" in body:
            raise RuntimeError("a mistake of ours")
        return read(body)

    monkeypatch.setattr(pinging, "read_bid", breaks)
    with caplog.at_level(logging.CRITICAL):
        said = await bids_of({"honest": sends(b'{"bid": 5}'), "odd": sends(b'{"bid": 6, "id": "break"}')})
    assert (said["honest"].outcome, said["odd"].outcome) == ("bid", "failed")
