"""Who comes to the media port without leave, or talks nonsense, is sent away; other calls never notice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from engine.rehearsal.loopback import BUYER_HZ, Caller, hears_tone
from tests.journeys.journey_world import (
    ANSWERS,
    LONESTAR,
    House,
    answering,
    network,
    open_house,
    open_stream,
    start_message,
    stream_of,
    voice_form,
)
from tests.waiting import until

VOICE = "/carriers/twilio/voice"
POLICY_VIOLATION = 1008


@asynccontextmanager
async def another_call(house: House) -> AsyncIterator[None]:
    """What happens inside happens while a caller talks with a buyer, and both must come through it."""
    house.carrier.buyer(LONESTAR, answering(talk_s=None))
    bridged = asyncio.Event()
    house.engine.watch(lambda call, event, commands: type(event).__name__ == "LegBridged" and bridged.set())
    call = house.begin(Caller.keys(ANSWERS).listens_until_tone(BUYER_HZ).stays_until_end())
    await bridged.wait()
    known = len(call.heard.pieces)
    yield
    assert not call.is_over
    await until(
        lambda: hears_tone(b"".join(piece for _, piece in call.heard.pieces[known:][-100:]), BUYER_HZ)
    )
    call.end("caller")
    await house.quiet()
    shown = await house.shown(call.sid)
    assert shown["ended_by"] == "caller"
    assert [leg["outcome"] for leg in shown["legs"]] == ["completed"]
    assert shown["faults"] == []


async def closed_with(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(120):
        await socket.wait_closed()
    return socket.close_code


async def closed_after(socket: ClientConnection, message: str) -> int | None:
    """The code with which the engine closes upon a message."""
    with contextlib.suppress(ConnectionClosed):
        await socket.send(message)
        async with asyncio.timeout(120):
            while True:
                await socket.recv()
    return socket.close_code


async def test_a_stream_without_a_token_is_closed(house: House, caplog: pytest.LogCaptureFixture) -> None:
    address = f"ws://{house.engine.media_address}/media/twilio"
    async with another_call(house), connect(address, proxy=None) as socket:
        await socket.send(start_message("CA" + "e" * 32, {}))
        assert await closed_with(socket) == POLICY_VIOLATION
    assert any("its start has no token" in line for line in caplog.messages)


async def test_a_token_works_once(house: House, caplog: pytest.LogCaptureFixture) -> None:
    carrier_call = "CA" + "e" * 32
    async with another_call(house):
        document = (await house.post(VOICE, voice_form(carrier_call))).text
        async with await open_stream(document, carrier_call) as first:
            await first.recv()
            async with await open_stream(document, carrier_call) as second:
                assert await closed_with(second) == POLICY_VIOLATION
            assert first.close_code is None
    assert any("its token is unknown, used" in line for line in caplog.messages)
    _, parameters = stream_of(document)
    assert parameters["token"] not in caplog.text


async def test_a_foreign_call_cannot_use_anothers_token(house: House) -> None:
    carrier_call = "CA" + "e" * 32
    document = (await house.post(VOICE, voice_form(carrier_call))).text
    async with await open_stream(document, "CA" + "f" * 32) as foreign:
        assert await closed_with(foreign) == POLICY_VIOLATION
    async with await open_stream(document, carrier_call) as right:
        assert json.loads(await right.recv())["event"] == "media"


async def test_a_stream_at_a_wrong_path_or_with_a_wrong_signature_is_refused(house: House) -> None:
    address = house.engine.media_address
    with pytest.raises(InvalidStatus) as lost:
        await connect(f"ws://{address}/elsewhere", proxy=None)
    assert lost.value.response.status_code == 404
    with pytest.raises(InvalidStatus) as unsigned:
        await connect(
            f"ws://{address}/media/twilio", proxy=None, additional_headers={"X-Twilio-Signature": "bm8="}
        )
    assert unsigned.value.response.status_code == 403


async def test_malformed_messages_in_a_call_do_not_end_it(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    carrier_call = "CA" + "e" * 32
    document = (await house.post(VOICE, voice_form(carrier_call))).text
    nonsense = [
        "{",
        "[]",
        '"text"',
        "null",
        '{"event":"media"}',
        '{"event":"dtmf","dtmf":{"digit":"99"}}',
        "\x00",
    ]
    async with await open_stream(document, carrier_call) as socket:
        await socket.recv()
        for message in nonsense:
            await socket.send(message)
        await socket.send(json.dumps({"event": "news", "streamSid": "MZ" + "2" * 32}))
        marks = 0
        async with asyncio.timeout(120):
            while marks < 2:  # the flow goes on from prompt to prompt
                said = json.loads(await socket.recv())
                if said["event"] == "mark":
                    marks += 1
                    await socket.send(json.dumps(said))
    while house.engine.calls:
        await asyncio.wait([live.finished for live in house.engine.calls.values()])
    shown = await house.shown(carrier_call)
    assert shown["path"][0] == {**shown["path"][0], "node": "welcome", "exit": "next"}
    assert shown["ended_by"] == "caller"
    assert sum("malformed message on" in line for line in caplog.messages) == 1


async def test_binary_garbage_and_ten_megabytes_close_their_socket_only(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"ws://{house.engine.media_address}/media/twilio"
    async with another_call(house):
        async with connect(address, proxy=None) as garbage:
            await garbage.send(bytes(range(256)) * 8)
            assert await closed_with(garbage) == POLICY_VIOLATION
        assert await closed_after(await connect(address, proxy=None), "x" * 10_000_000) in (1009, 1006)
        reader, writer = await asyncio.open_connection(*house.engine.media_address.split(":"))
        writer.write(b"\x16\x03\x01 no websocket at all\r\n\r\n")
        await writer.drain()
        assert b"HTTP/1.1 200" not in await reader.read()
        writer.close()
    assert any("malformed before start" in line for line in caplog.messages)


async def test_ten_megabytes_in_a_call_end_that_call_alone(house: House) -> None:
    carrier_call = "CA" + "e" * 32
    async with another_call(house):
        document = (await house.post(VOICE, voice_form(carrier_call))).text
        huge = json.dumps({"event": "media", "media": {"payload": "A" * 10_000_000}})
        await closed_after(await open_stream(document, carrier_call), huge)
    shown = await house.shown(carrier_call)
    assert (shown["ended_by"], shown["reason"]) == (
        "caller",
        "the caller's stream sent something that isn't audio",
    )


@pytest.mark.real_time  # a second that is skipped sends sockets away, and lets others in
async def test_two_hundred_silent_connections_are_bounded_and_sent_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows, start_timeout_s=1.0, max_waiting_sockets=100) as house:
        address = f"ws://{house.engine.media_address}/media/twilio"
        async with another_call(house):
            came = await asyncio.gather(
                *(connect(address, proxy=None, open_timeout=120) for _ in range(200)), return_exceptions=True
            )
            let_in = [one for one in came if isinstance(one, ClientConnection)]
            refused = [one for one in came if isinstance(one, InvalidStatus)]
            assert len(let_in) + len(refused) == 200
            assert all(one.response.status_code == 503 for one in refused)
            codes = await asyncio.gather(*(closed_with(socket) for socket in let_in))
            assert set(codes) <= {POLICY_VIOLATION, 1013}
            assert codes.count(POLICY_VIOLATION) <= 100
        assert house.engine.media.waiting == 0
        assert sum("no start within 1 s" in line for line in caplog.messages) == codes.count(POLICY_VIOLATION)
