"""Who gets in at the media port, and what strangers can do there: nothing, for a short while."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import InvalidStatus

from engine.media.line import Line
from engine.media.server import MediaServer, ServerLimits
from engine.media.streams import Upgrade
from engine.media.tokens import StreamGrant, StreamTokens
from tests.media.media_world import Ear, TwilioStreams, media_world


async def test_a_good_token_brings_the_line_of_its_leg() -> None:
    async with media_world() as world:
        caller = await world.connects()
        await caller.starts(world.token(call="call-7", leg="buyer-1", carrier_call=caller.call))
        grant, line, _ = await world.next_line()
        assert grant == StreamGrant("call-7", "buyer-1", caller.call)
        assert (line.started.carrier_call, line.started.stream) == (caller.call, caller.stream)
        assert world.server.waiting == 0


@pytest.mark.parametrize("token", [None, "", "guessed"])
async def test_without_a_good_token_there_is_no_line(
    token: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with media_world() as world:
        caller = await world.connects()
        await caller.starts(token)
        assert await caller.is_closed_with() == 1008
        assert world.lines.empty()
    assert "refused: its" in caplog.text
    assert "guessed" not in caplog.text


async def test_a_used_token_is_refused() -> None:
    async with media_world() as world:
        token = world.token()
        first, second = await world.connects(), await world.connects()
        await first.starts(token)
        await world.next_line()
        await second.starts(token)
        assert await second.is_closed_with() == 1008


async def test_a_foreign_call_id_is_refused() -> None:
    async with media_world() as world:
        stranger = await world.connects()
        await stranger.starts(world.token(carrier_call="CA-of-someone-else"))
        assert await stranger.is_closed_with() == 1008
        assert world.lines.empty()


@pytest.mark.parametrize("garbage", ["{", b"\xff\xfe\x00\x01", "[]", '{"event":"media","media":{}}'])
async def test_garbage_before_the_start_is_refused(
    garbage: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with media_world() as world:
        stranger = await world.connects()
        await stranger.socket.send(garbage)
        assert await stranger.is_closed_with() == 1008
    assert "malformed before start" in caplog.text


async def test_chatter_before_the_start_is_refused() -> None:
    async with media_world() as world:
        stranger = await world.connects()
        for _ in range(10):
            await stranger.socket.send('{"event":"connected"}')
        assert await stranger.is_closed_with() == 1008


async def test_ten_megabytes_before_the_start_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    async with media_world() as world:
        stranger = await world.connects()
        await stranger.socket.send(b"\0" * 10_000_000)
        assert await stranger.is_closed_with() == 1009
    assert "refused: before start it was closed with 1009 by us" in caplog.text


async def test_a_stream_that_never_starts_is_sent_away(caplog: pytest.LogCaptureFixture) -> None:
    async with media_world(ServerLimits(start_timeout_s=0.05)) as world:
        stranger = await world.connects()
        assert await stranger.is_closed_with() == 1008
    assert world.server.waiting == 0
    assert "refused: no start within 0.05 s" in caplog.text


async def test_two_hundred_silent_connections_leave_calls_untouched() -> None:
    async with media_world() as world:
        caller, _, ear = await world.calls()
        tried = await asyncio.gather(*(world.connects() for _ in range(200)), return_exceptions=True)
        refused = [outcome for outcome in tried if isinstance(outcome, InvalidStatus)]
        assert {outcome.response.status_code for outcome in refused} == {503}
        assert world.server.waiting <= 100
        await caller.presses("5")
        assert await ear.next() == ("key", "5")


async def test_a_stranger_who_speaks_no_http_gets_one_line_of_log(caplog: pytest.LogCaptureFixture) -> None:
    async with media_world() as world:
        reader, writer = await asyncio.open_connection("127.0.0.1", world.server.port)
        writer.write(b"\x16\x03\x01garbage\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        caller, _, ear = await world.calls()
        await caller.presses("5")
        assert await ear.next() == ("key", "5")
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("path", ["/", "/media/telegraph", "/media/twilio/more"])
async def test_other_paths_are_not_found(path: str) -> None:
    async with media_world() as world:
        with pytest.raises(InvalidStatus) as refused:
            await world.connects(f"ws://127.0.0.1:{world.server.port}{path}")
        assert refused.value.response.status_code == 404


async def test_a_signature_that_is_shown_must_hold() -> None:
    def holds(upgrade: Upgrade) -> bool:
        signature = upgrade.headers.get("x-twilio-signature")
        return (upgrade.target, signature, upgrade.peer) == ("/media/twilio", "good", "127.0.0.1")

    async with media_world(holds=holds) as world:
        with pytest.raises(InvalidStatus) as refused:
            await world.connects(headers={"X-Twilio-Signature": "forged"})
        assert refused.value.response.status_code == 403
        caller = await world.connects(headers={"X-Twilio-Signature": "good"})
        await caller.starts(world.token())
        await world.next_line()


async def test_a_line_that_nobody_can_take_is_closed_and_told(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()

    async def on_line(grant: StreamGrant, line: Line) -> None:
        line.listener = ear
        raise RuntimeError("a bug of ours")

    async with media_world() as world:
        server = MediaServer(world.tokens, on_line, carriers=[TwilioStreams()], clock=lambda: 1.0)
        await server.start()
        caller = await world.connects(f"ws://127.0.0.1:{server.port}/media/twilio")
        await caller.starts(world.token())
        assert await caller.is_closed_with() == 1011
        assert await ear.next() == ("closed", "failed")
        await server.close()
    assert "call call-1: nobody could take its caller line" in caplog.text


async def test_tokens_are_kept_by_the_servers_clock() -> None:
    async with media_world() as world:
        expired = world.tokens.issue(StreamGrant("call-1", "caller", None), 0.5, 0.0)
        caller = await world.connects()
        await caller.starts(expired)
        assert await caller.is_closed_with() == 1008


def test_a_grant_of_the_tokens_is_no_secret_in_logs() -> None:
    tokens = StreamTokens()
    token = tokens.issue(StreamGrant("call-1", "caller", None), 60, 0.0)
    assert token not in repr(tokens)
