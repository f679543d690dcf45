"""Who asks at the media port: what a stranger's request costs, who stands in the doorway and who gets in."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest
from websockets.frames import Opcode
from websockets.server import ServerProtocol

from engine.carriers import BY_NAME
from engine.media.limits import SocketLimits
from engine.media.server import ServerLimits
from engine.media.streams import Upgrade
from engine.runtime.settings import Settings
from tests.carriers.at_door import AtDoor
from tests.descriptors import one_descriptor_left
from tests.media.media_strangers import ASK, KEY, PING, Crowd, frame
from tests.media.media_world import media_world
from tests.waiting import until

REQUEST = ASK % (b"/media/twilio", KEY)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /media/twilio HTTP/1.1\r\nHost: x\r\n\r\n", b"426"),
        (b"POST /media/twilio HTTP/1.1\r\nHost: x\r\n\r\n", b""),
        (b"GET /media/twilio HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"m" * 9000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"GET /media/twilio HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, b"431"),
        (ASK % (b"/media/twilio/" + b"0" * 32, KEY), b"404"),
        (ASK % (b"/media/twilio", KEY + KEY), b"400"),
        (ASK % (b"/media/twilio", KEY) + PING, b""),
        (ASK % (b"/media/twilio", KEY) + frame(Opcode.CLOSE), b""),
        (b"\x16\x03\x01\x02\x00\x01" * 100, b""),
        (b"\0" * 100_000, b""),
        (b"\r\n" * 5000, b""),
    ],
    ids=[
        "another path",
        "no upgrade",
        "a form",
        "a long header",
        "a long path",
        "many headers",
        "a false pass",
        "two keys",
        "no waiting",
        "a goodbye",
        "TLS",
        "zeros",
        "empty lines",
    ],
)
async def test_odd_requests_get_an_answer_or_none_and_a_line_of_log(
    crowd: Crowd, sent: bytes, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with media_world() as world:
        stranger = await crowd.at(world.server.port)
        stranger.sends(sent)
        said = await stranger.rest()
        assert said.startswith(b"HTTP/1.1 " + status) if status else b"101" not in said
        await until(lambda: "media socket from 127.0.0.1 refused" in caplog.text)
        assert not any(record.exc_info for record in caplog.records)
        assert world.server.waiting == 0


async def test_a_signature_of_odd_letters_is_refused(crowd: Crowd) -> None:
    settings = Settings(twilio_auth_token="the-account's-secret", allow_unsigned=False)  # type: ignore[call-arg]
    account = BY_NAME["twilio"].open(settings, AtDoor())

    def holds(upgrade: Upgrade) -> bool:
        return account.upgrade_holds(upgrade, is_expected=False)

    async with media_world(holds=holds) as world:
        for odd in ("१२३".encode(), b"\xff\xfe", b"x" * 5000, b""):
            stranger = await crowd.at(world.server.port)
            stranger.sends(ASK % (b"/media/twilio", KEY + b"X-Twilio-Signature: " + odd + b"\r\n"))
            assert (await stranger.rest()).startswith(b"HTTP/1.1 403")


async def test_a_slow_request_is_cut_off(crowd: Crowd, caplog: pytest.LogCaptureFixture) -> None:
    limits = ServerLimits(socket=SocketLimits(handshake_timeout_s=0.5))
    async with media_world(limits) as world:
        stranger = await crowd.at(world.server.port)
        stranger.sends(b"GET /media")
        assert await stranger.rest() == b""
    assert "refused: no request within its time" in caplog.text


async def test_with_its_request_a_stranger_gets_not_one_frame_read() -> None:
    """Neither parsed nor answered: forty who send three hundred pings each leave the loop to others."""
    crowd, loop = Crowd(), asyncio.get_running_loop()
    async with media_world() as world:
        strangers = [await crowd.at(world.server.port) for _ in range(40)]
        with patch.object(ServerProtocol, "receive_data", side_effect=AssertionError("a frame was read")):
            for stranger in strangers:
                stranger.sends(ASK % (b"/media/twilio", KEY) + frame(Opcode.PING) * 300)
            began = loop.time()
            assert await asyncio.gather(*(one.rest() for one in strangers)) == [b""] * 40
        assert loop.time() - began >= SocketLimits().refusal_after_s
        await crowd.leaves()


async def test_a_refusal_is_held_and_makes_room_before_others_do(
    crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    async with media_world(ServerLimits(max_in_doorway=10)) as world:
        late = await crowd.at(world.server.port)
        late.sends(REQUEST[:40])
        refused = [await crowd.at(world.server.port) for _ in range(9)]
        for one in refused:
            one.sends(ASK % (b"/nothing", KEY))
        await until(lambda: len(caplog.messages) == 9)
        assert not any(one.reader.at_eof() for one in refused)
        newcomers = [await crowd.at(world.server.port) for _ in range(9)]
        for one in newcomers:
            one.sends(ASK % (b"/nothing", KEY))
        said = await asyncio.gather(*(one.rest() for one in [*refused, *newcomers]))
        assert sum(one.startswith(b"HTTP/1.1 404") for one in said) >= 9
        late.sends(REQUEST[40:])
        assert b"101" in await late.answer()


async def test_a_crowd_of_one_address_pushes_out_its_own(crowd: Crowd) -> None:
    """Half a genuine request, three hundred strangers of another address, the other half."""
    async with media_world(ServerLimits(max_in_doorway=20)) as world:
        late = await crowd.at(world.server.port)
        late.sends(REQUEST[:40])
        strangers = [await crowd.at(world.server.port, "127.0.0.2") for _ in range(300)]
        assert await asyncio.gather(*(one.rest() for one in strangers[:280])) == [b""] * 280
        late.sends(REQUEST[40:])
        assert b"101" in await late.answer()


async def test_who_stands_longest_in_a_full_doorway_makes_room(crowd: Crowd) -> None:
    async with media_world(ServerLimits(max_in_doorway=10)) as world:
        idle = [await crowd.at(world.server.port) for _ in range(50)]
        caller, _, ear = await world.calls()
        await caller.presses("5")
        assert await ear.next() == ("key", "5")
        over = await asyncio.gather(*(one.rest() for one in idle[:40]))
        assert over == [b""] * 40


@pytest.mark.real_time  # the loop that skips waits needs a descriptor to look by
@pytest.mark.real_time  # the loop that skips waits needs a descriptor to look by
async def test_without_descriptors_the_doorway_is_emptied_for_calls(
    crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    """The descriptors of this process are used up by connections that say nothing."""
    async with media_world() as world:
        caller, _, ear = await world.calls()
        for _ in range(20):
            await crowd.at(world.server.port)
        with one_descriptor_left():  # for a stranger's own end; the engine has none for its side
            await crowd.at(world.server.port)
            await until(lambda: "no connection can be taken in" in caplog.text)
        later, _, later_ear = await world.calls()
        await later.presses("6")
        assert await later_ear.next() == ("key", "6")
        await caller.presses("5")
        assert await ear.next() == ("key", "5")
    assert sum("no connection can be taken in" in line for line in caplog.messages) == 1


async def test_of_one_address_so_many_wait_and_who_is_expected_waits_beside_them(crowd: Crowd) -> None:
    async with media_world(ServerLimits(max_waiting=20, max_waiting_of_a_peer=5)) as world:
        for _ in range(5):
            held = await crowd.at(world.server.port)
            await held.upgrades()
        stranger = await crowd.at(world.server.port)
        stranger.sends(ASK % (b"/media/twilio", KEY))
        assert (await stranger.rest()).startswith(b"HTTP/1.1 503")
        caller = await world.connects(world.expecting(token := world.token()))
        assert world.server.waiting == 6
        await caller.starts(token)
        await world.next_line()
        assert world.server.waiting == 5


async def test_an_address_lets_in_three_at_once_and_is_good_for_one_stream(crowd: Crowd) -> None:
    async with media_world() as world:
        url = world.expecting(token := world.token())
        path = url.partition(str(world.server.port))[2]
        first = await world.connects(url)
        for _ in range(2):
            await (await crowd.at(world.server.port)).upgrades(path)
        more = await crowd.at(world.server.port)
        more.sends(ASK % (path.encode(), KEY))
        assert (await more.rest()).startswith(b"HTTP/1.1 503")
        await first.starts(token)
        await world.next_line()
        used = await crowd.at(world.server.port)
        used.sends(ASK % (path.encode(), KEY))
        assert (await used.rest()).startswith(b"HTTP/1.1 404")
