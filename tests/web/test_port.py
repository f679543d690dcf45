"""Who holds a connection without asking anything is sent away; who asks is answered all the while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter as Counts
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter

from engine.media.doors.turns import A_TURN
from engine.runtime.settings import Settings
from engine.web.arrivals import UnreadConnection
from engine.web.edge import Edge
from engine.web.port import MAX_DROPPED_BYTES, MAX_HEAD_LINES, Connections, PortConnection, PortLimits
from engine.web.server import WebServer
from engine.web.serving import limits_of
from tests.waiting import until
from tests.web.raw_http import answered, asked, opened, request

HELLO = request(b"/hello")
UNSENT = {b"Content-Length": b"1000", b"Expect": b"100-continue"}
"""Headers of a body that waits until it's wanted."""
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def app() -> FastAPI:
    made = FastAPI()
    made.add_middleware(Edge)
    made.state.may_answer = asyncio.Event()

    @made.get("/hello")
    async def hello() -> Response:
        return Response("hello")

    @made.get("/later")
    async def later() -> Response:
        await made.state.may_answer.wait()
        return Response("hello")

    @made.get("/huge")
    async def huge() -> Response:
        return Response(b"x" * 30_000_000)

    @made.post("/body")
    async def body(asked: Request) -> Response:
        return Response(str(len(await asked.body())))

    return made


class Port:
    """A port that listens, and what it has counted."""

    def __init__(self, limits: PortLimits) -> None:
        self.registry = CollectorRegistry()
        self.connections = Connections(limits, Counter("closed", "by why", ["why"], registry=self.registry))
        self.app = app()
        self.server = WebServer(self.app, self.connections)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def closed(self, why: str) -> int:
        return int(self.registry.get_sample_value("closed_total", {"why": why}) or 0)

    async def says_hello(self) -> bool:
        answer = await asked(self.address, HELLO)
        return answer is not None and answer.body == b"hello"


@asynccontextmanager
async def port(**limits: object) -> AsyncIterator[Port]:
    made = Port(PortLimits(**limits))  # type: ignore[arg-type]
    await made.server.start("127.0.0.1", 0)
    try:
        yield made
    finally:
        await made.server.close()


async def is_closed(ends: Ends) -> bool:
    """Waits until the other side has closed the connection."""
    try:
        async with asyncio.timeout(240):
            while await ends[0].read(65_536):
                pass
    except ConnectionError:
        pass
    await let_go(ends)
    return True


async def let_go(ends: Ends) -> None:
    """Close our end; the other may have been quicker."""
    ends[1].close()
    with contextlib.suppress(ConnectionError):
        await ends[1].wait_closed()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "head"),
        (b"GET /hello HTTP/1.1\r\nHost: x\r\nX-", "head"),
        (request(b"/body", method=b"POST", headers={b"Content-Length": b"1000"}) + b"some", "body"),
    ],
)
async def test_what_is_begun_has_to_be_ended_in_time(sent: bytes, why: str) -> None:
    async with port() as opened_port:
        ends = await opened(opened_port.address)
        ends[1].write(sent)
        assert await is_closed(ends)
        assert opened_port.closed(why) == 1
        assert len(opened_port.connections) == 0


async def test_who_is_answered_before_its_body_came_has_a_moment_to_send_it() -> None:
    async with port() as opened_port:
        ends = await opened(opened_port.address)
        ends[1].write(request(b"/nothing", method=b"POST", headers=UNSENT) + b"some")
        assert (answer := await answered(ends[0])) is not None
        assert answer.status == 404
        ends[1].write(b"more")
        await until(lambda: opened_port.closed("body"))
        assert await is_closed(ends)


async def test_of_a_body_that_was_refused_no_more_is_read_than_one_of_ours_could_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = 0
    take = PortConnection.data_received

    def taken(one: PortConnection, data: bytes) -> None:
        nonlocal read
        read += len(data)
        take(one, data)

    monkeypatch.setattr(PortConnection, "data_received", taken)
    async with port() as opened_port:
        reader, writer = await opened(opened_port.address)
        writer.write(request(b"/body", method=b"POST", headers={b"Content-Length": b"1000000000000"}))
        assert (answer := await answered(reader)) is not None
        assert answer.status == 413
        writer.write(bytes(64_000_000))
        await until(lambda: opened_port.closed("body"))
        assert read < 2 * MAX_DROPPED_BYTES
        writer.transport.abort()


async def test_a_body_that_is_refused_and_short_leaves_its_connection_open() -> None:
    async with port() as opened_port:
        ends = await opened(opened_port.address)
        ends[1].write(request(b"/nothing", method=b"POST", headers=UNSENT))
        assert await answered(ends[0])
        ends[1].write(b"x" * 1000 + HELLO)
        assert (answer := await answered(ends[0])) is not None
        assert answer.body == b"hello"
        await let_go(ends)


@pytest.mark.parametrize("before", [b"", HELLO], ids=["first", "pipelined"])
async def test_every_head_has_its_bound(before: bytes) -> None:
    """A second one too that lies in the same read as the first."""
    async with port() as opened_port:
        ends = await opened(opened_port.address)
        ends[1].write(before + request(b"/hello")[:-2] + b"A: b\r\n" * 50_000 + b"\r\n")
        for _ in range(bool(before)):
            assert (answer := await answered(ends[0])) is not None
            assert answer.body == b"hello"
        assert await is_closed(ends)
        assert opened_port.closed("broken") == 1


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_a_body_is_no_head_wherever_the_head_is_cut(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[int] = []
    take = UnreadConnection.data_received

    def taken(one: UnreadConnection, data: bytes) -> None:
        came.append(len(data))
        take(one, data)

    monkeypatch.setattr(UnreadConnection, "data_received", taken)
    body = b"a\n" * 10_000
    sent = request(b"/body", method=b"POST", body=body)
    at = len(sent) - len(body) - cut
    async with port() as opened_port:
        ends = await opened(opened_port.address)
        ends[1].write(sent[:at])
        await until(lambda: came)
        ends[1].write(sent[at:])
        assert (answer := await answered(ends[0])) is not None
        assert answer.body == b"20000"
        await let_go(ends)


async def test_of_a_crowd_that_asks_at_once_a_few_begin_in_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    turn, done = 0, Counts[int]()
    complete = PortConnection.on_response_complete

    def completed(one: PortConnection) -> None:
        done[turn] += 1
        complete(one)

    monkeypatch.setattr(PortConnection, "on_response_complete", completed)
    async with port() as opened_port:
        crowd = [await opened(opened_port.address) for _ in range(60)]
        for _, writer in crowd:
            writer.write(HELLO)
        answers = asyncio.gather(*(answered(reader) for reader, _ in crowd))
        while not answers.done():
            turn += 1
            await asyncio.sleep(0)
        assert all(answer and answer.body == b"hello" for answer in answers.result())
        assert done.total() == 60
        assert max(done.values()) <= 2 * A_TURN  # a turn of ours may see the end of one and all of the next
        for ends in crowd:
            await let_go(ends)


TRICKLING = request(b"/body", method=b"POST", headers={b"Content-Length": b"30000"}) + b"a"


@pytest.mark.parametrize("said", [b"", HELLO[:20], HELLO[:-1], TRICKLING])
async def test_whose_request_is_not_whole_has_nobody_who_reads_it(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0
    make = PortConnection.__init__

    def making(*given: Any, **named: Any) -> None:
        nonlocal made
        made += 1
        make(*given, **named)

    monkeypatch.setattr(PortConnection, "__init__", making)
    async with port() as opened_port:
        waiting = [await opened(opened_port.address) for _ in range(20)]
        for _, writer in waiting:
            writer.write(said)
        await until(lambda: len(opened_port.connections) == 20)
        assert await opened_port.says_hello()
        assert made == 1
    for ends in waiting:
        assert await is_closed(ends)


@pytest.mark.parametrize("length", [b"Content-Length: 5", b"content-length:5 ", b"CONTENT-LENGTH:\t5"])
@pytest.mark.parametrize("line_ends", [b"\r\n", b"\n"])
async def test_a_request_is_read_whichever_way_it_comes_in_pieces(length: bytes, line_ends: bytes) -> None:
    sent = line_ends.join([b"POST /body HTTP/1.1", b"Host: x", length, b"", b"abcde"]) + HELLO
    async with port() as opened_port:
        for cut in range(1, len(sent)):
            ends = await opened(opened_port.address)
            for piece in (sent[:cut], sent[cut:]):
                ends[1].write(piece)
                await asyncio.sleep(0)
            for body in (b"5", b"hello"):
                assert (answer := await answered(ends[0])) is not None
                assert answer.body == body
            await let_go(ends)


async def test_a_trickle_does_not_lengthen_its_time() -> None:
    async with port() as opened_port:
        began = asyncio.get_running_loop().time()
        reader, writer = await opened(opened_port.address)
        writer.write(b"GET /hello HTTP/1.1\r\n")

        async def trickle() -> None:
            while not reader.at_eof():
                writer.write(b"X: y\r\n")
                with contextlib.suppress(TimeoutError, ConnectionError):
                    await asyncio.wait_for(reader.read(1), 1)

        trickling = asyncio.create_task(trickle())
        await until(lambda: opened_port.closed("head"))
        assert asyncio.get_running_loop().time() - began < 60
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)
        await let_go((reader, writer))


async def test_several_requests_pass_on_one_connection_and_then_it_is_closed_quietly() -> None:
    async with port() as opened_port:
        ends = await opened(opened_port.address)
        for _ in range(3):
            ends[1].write(HELLO)
            assert (answer := await answered(ends[0])) is not None
            assert answer.body == b"hello"
        ends[1].write(HELLO * 2)  # at once
        assert await answered(ends[0]) == await answered(ends[0]) == answer
        assert await is_closed(ends)
        assert [opened_port.closed(why) for why in ("head", "body", "answer", "full")] == [0, 0, 0, 0]


async def test_an_answer_that_is_not_taken_is_dropped() -> None:
    async with port(answer_s=3.0) as opened_port:
        _, writer = await opened(opened_port.address)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(request(b"/huge"))
        await until(lambda: opened_port.closed("answer"))
        assert len(opened_port.connections) == 0
        writer.transport.abort()


async def test_where_there_are_too_many_the_longest_waiting_makes_room(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    async with port(most=10) as opened_port:
        idle = [await opened(opened_port.address) for _ in range(60)]
        for _ in range(20):
            assert await opened_port.says_hello()
        await until(lambda: len(opened_port.connections) <= 10)
        assert opened_port.closed("full") >= 50
        assert sum("there were too many connections" in line for line in caplog.messages) == 20
        for ends in idle:
            await let_go(ends)


async def test_where_there_are_many_nobody_counts_on_a_connection_that_may_have_to_go() -> None:
    """It would be closed as its next request is on its way, and the client couldn't know whether that was read."""
    async with port(most=10) as opened_port:
        few = await asked(opened_port.address, HELLO)
        waiting = [await opened(opened_port.address) for _ in range(9)]
        await until(lambda: len(opened_port.connections) == 9)
        ends = await opened(opened_port.address)
        ends[1].write(HELLO)
        many = await answered(ends[0])
        assert few is not None
        assert many is not None
        assert "connection: close" not in few.head.lower()
        assert "connection: close" in many.head.lower()
        assert many.body == b"hello"
        for each in [ends, *waiting]:
            assert await is_closed(each)


async def test_a_request_that_waits_for_its_turn_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps nobody waiting: a newcomer that says nothing has to go in its place."""
    async with port(most=5) as opened_port:
        begun: list[Callable[[], bool]] = []
        monkeypatch.setattr(opened_port.connections.turns, "run", begun.append)
        asking = [await opened(opened_port.address) for _ in range(5)]
        for reader_and_writer in asking:
            reader_and_writer[1].write(HELLO)
        await until(lambda: len(begun) == 5)
        silent = [await opened(opened_port.address) for _ in range(20)]
        for ends in silent:
            assert await is_closed(ends)
        assert [turn() for turn in begun] == [True] * 5
        for reader, _ in asking:
            assert await answered(reader)
        for ends in [*asking, *silent]:
            await let_go(ends)


async def test_who_is_being_answered_stays() -> None:
    async with port(most=10) as opened_port:
        first = await opened(opened_port.address)
        first[1].write(request(b"/later"))
        await until(lambda: len(opened_port.connections) == 1)
        others = [await opened(opened_port.address) for _ in range(30)]
        await until(lambda: opened_port.closed("full") == 21)
        opened_port.app.state.may_answer.set()
        assert (answer := await answered(first[0])) is not None
        assert answer.body == b"hello"
        for ends in [first, *others]:
            await let_go(ends)


class Peer:
    """A connection of an address that this machine has not."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True


def came(limits: PortLimits, *peers: str) -> list[bool]:
    """Which of them were sent away, as one after another came."""
    connections = Connections(limits)
    made = [Peer(peer) for peer in peers]
    for one in made:
        connections.opened(one)  # type: ignore[arg-type]
    return [one.is_aborted for one in made]


def test_one_address_has_so_many_and_its_own_make_room() -> None:
    assert came(PortLimits(most_a_peer=2), "192.0.2.1", "192.0.2.9", "192.0.2.1", "192.0.2.1") == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.1.2.3"])
def test_a_proxy_has_everybody_behind_it(peer: str) -> None:
    limits = PortLimits(most_a_peer=2, trusted=[ip_network("10.0.0.0/8")])
    assert not any(came(limits, *[peer] * 50))


def test_a_quarter_of_the_descriptors_is_for_the_http_port() -> None:
    assert limits_of(Settings(), 1024).most == 256
    assert limits_of(Settings(), 256).most == 64
    assert limits_of(Settings(http_connections=1000), 65_536).most == 1000


def test_a_proxy_is_an_address_or_a_network() -> None:
    assert [str(each) for each in Settings(trusted_proxies="10.0.0.5, fd00::/8").proxies] == [
        "10.0.0.5/32",
        "fd00::/8",
    ]
    with pytest.raises(ValueError, match="expected addresses or networks"):
        Settings(trusted_proxies="the proxy")


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00 no HTTP at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * (MAX_HEAD_LINES + 1) + b"\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: \xb2\r\n\r\n",
        b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n",
        HELLO + b"\x00\xff\r\n\r\n",
        request(b"/body", method=b"POST", headers={b"Transfer-Encoding": b"chunked"}) + b"zz\r\n\r\n",
    ],
)
async def test_what_is_no_http_costs_its_connection_and_a_line(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with port() as opened_port:
        ends = await opened(opened_port.address)
        ends[1].write(sent)
        assert await is_closed(ends)
        assert opened_port.closed("broken") == 1
        assert len(caplog.messages) == 1
        assert not any(record.exc_info for record in caplog.records)
        assert await opened_port.says_hello()


async def test_an_upgrade_that_nobody_offers_is_no_flood_of_lines(caplog: pytest.LogCaptureFixture) -> None:
    upgrade = {b"Connection": b"Upgrade", b"Upgrade": b"websocket"}
    async with port() as opened_port:
        for _ in range(5):
            assert await asked(opened_port.address, request(b"/hello", headers=upgrade))
    assert caplog.messages == []
