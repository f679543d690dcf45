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
    signature,
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


def knock(house: House) -> connect:
    """A signed socket that names no stream, as one who once saw a signature may ask for it again."""
    address = f"ws://{house.engine.media_address}/media/twilio"
    return connect(address, proxy=None, open_timeout=120, additional_headers=signature(address, {}))


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
    async with another_call(house), knock(house) as socket:
        await socket.send(start_message("CA" + "e" * 32, {}))
        assert await closed_with(socket) == POLICY_VIOLATION
    assert any("its start has no token" in line for line in caplog.messages)


async def test_a_token_works_once(house: House, caplog: pytest.LogCaptureFixture) -> None:
    carrier_call = "CA" + "e" * 32
    async with another_call(house):
        document = (await house.post(VOICE, voice_form(carrier_call))).text
        async with await open_stream(document, carrier_call) as first:
            await first.recv()
            with pytest.raises(InvalidStatus) as gone:
                await open_stream(document, carrier_call)
            assert gone.value.response.status_code == 404
            async with knock(house) as second:
                await second.send(start_message(carrier_call, stream_of(document)[1]))
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
    forged = [{}, {"X-Twilio-Signature": "bm8="}, {"X-Twilio-Signature": ""}]
    for path in ("", "/", "/" + "0" * 32):
        for headers in forged:
            with pytest.raises(InvalidStatus) as unsigned:
                await connect(f"ws://{address}/media/twilio{path}", proxy=None, additional_headers=headers)
            assert unsigned.value.response.status_code == 403


@pytest.mark.parametrize(
    "seen_as", ["ws://{}/media/twilio", "ws://{}/media/twilio/", "http://{}/media/twilio"]
)
async def test_a_signature_holds_however_the_carrier_writes_the_address(house: House, seen_as: str) -> None:
    address = house.engine.media_address
    signed = signature(seen_as.format(address), {})
    async with connect(f"ws://{address}/media/twilio", proxy=None, additional_headers=signed) as socket:
        await socket.send(start_message("CA" + "e" * 32, {}))
        assert await closed_with(socket) == POLICY_VIOLATION  # let in, and it has no token


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
    async with another_call(house):
        async with knock(house) as garbage:
            await garbage.send(bytes(range(256)) * 8)
            assert await closed_with(garbage) == POLICY_VIOLATION
        assert await closed_after(await knock(house), "x" * 10_000_000) in (1009, 1006)
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
        stream = await open_stream(document, carrier_call)
        await stream.recv()  # the call has begun
        await closed_after(stream, huge)
    shown = await house.shown(carrier_call)
    assert (shown["ended_by"], shown["reason"]) == (
        "caller",
        "the caller's stream sent something that isn't audio",
    )


@pytest.mark.real_time  # a second that is skipped sends sockets away, and lets others in
async def test_silent_sockets_take_no_place_from_calls(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Unsigned ones are refused; signed ones (somebody saw a signature, and repeats it) wait by themselves."""
    caplog.set_level(logging.WARNING)
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows, start_timeout_s=30.0, max_waiting_sockets=100) as house:
        address = f"ws://{house.engine.media_address}/media/twilio"
        unsigned = await asyncio.gather(
            *(connect(address, proxy=None, open_timeout=120) for _ in range(200)), return_exceptions=True
        )
        assert {one.response.status_code for one in unsigned if isinstance(one, InvalidStatus)} == {403}
        assert len([one for one in unsigned if isinstance(one, InvalidStatus)]) == 200
        seen = await asyncio.gather(*(knock(house) for _ in range(200)), return_exceptions=True)
        held = [one for one in seen if isinstance(one, ClientConnection)]
        assert len(held) == house.engine.media.waiting == 25
        async with another_call(house):
            assert house.engine.media.waiting == 25
        for one in held:
            one.transport.abort()
    for status in ("403", "503"):  # of a flood a few lines, the rest is counted
        assert 0 < sum(f"refused with {status}" in line for line in caplog.messages) <= 20


async def test_a_flood_of_pings_goes_unanswered_and_no_call_notices(house: House) -> None:
    ping = b"\x89\xfd\0\0\0\0" + b"A" * 125
    async with another_call(house):
        for _ in range(10):
            socket = await knock(house)
            socket.transport.write(ping * 5000)
            assert await closed_with(socket) == POLICY_VIOLATION
