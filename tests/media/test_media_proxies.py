"""Behind a proxy that is trusted everybody at the media port is who the proxy says that they are."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network

import pytest
from websockets.exceptions import InvalidStatus

from engine.media.doors.doorway import Doorway
from engine.media.doors.proxies import Proxies
from engine.media.server import ServerLimits
from engine.media.streams import Upgrade
from engine.runtime.descriptors import media_limits
from engine.runtime.settings import Settings
from tests.media.media_strangers import ASK, KEY, Crowd
from tests.media.media_world import World, media_world

TRUSTED = Proxies([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("10.1.2.3", "192.0.2.1", "192.0.2.1"),
        ("fd00::5", "192.0.2.1", "192.0.2.1"),
        ("::ffff:10.1.2.3", "::ffff:192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "203.0.113.66, 192.0.2.1, 10.0.0.5", "192.0.2.1"),
        ("127.0.0.1", "10.0.0.7, 10.0.0.5", "10.0.0.7"),
        ("127.0.0.1", "192.0.2.1:4711", "192.0.2.1"),
        ("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("127.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "somebody\x1b[2J", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1, unknown, 10.0.0.5", "10.0.0.5"),
        ("192.0.2.9", "192.0.2.1", "192.0.2.9"),
        ("192.0.2.9", "127.0.0.1", "192.0.2.9"),
        ("?", "192.0.2.1", "?"),
    ],
)
def test_the_last_address_that_is_no_proxy_came(peer: str, forwarded: str, client: str) -> None:
    assert TRUSTED.client(peer, forwarded) == client


async def comes(world: World, forwarded: str) -> int:
    """The status that a websocket gets by way of the proxy."""
    try:
        await world.connects(headers={"X-Forwarded-For": forwarded})
    except InvalidStatus as refused:
        return refused.response.status_code
    return 101


async def test_behind_a_proxy_a_stranger_takes_his_own_places_alone() -> None:
    limits = ServerLimits(
        max_waiting=20, max_waiting_of_a_peer=2, proxies=Settings(trusted_proxies="10.0.0.0/8").proxies
    )
    async with media_world(limits) as world:
        asked = ["192.0.2.1", "203.0.113.66, 192.0.2.1, 10.0.0.5", "192.0.2.66, 192.0.2.1", "192.0.2.2"]
        assert [await comes(world, each) for each in asked] == [101, 101, 503, 101]
        caller, _, ear = await world.calls()
        await caller.presses("5")
        assert await ear.next() == ("key", "5")


@dataclass(eq=False)
class Waiting:
    """A connection in the doorway."""

    peer: str = "127.0.0.1"
    is_cut: bool = False

    def abort(self) -> None:
        self.is_cut = True


def test_a_crowd_behind_a_proxy_pushes_out_its_own() -> None:
    """Their requests are whole and wait for their turns."""
    doorway = Doorway(4)
    caller, *crowd = [Waiting() for _ in range(6)]
    for one, peer in [(caller, "192.0.2.1"), *((each, "192.0.2.2") for each in crowd)]:
        doorway.came(one)
        doorway.is_from(one, peer)
    assert [one.is_cut for one in (caller, *crowd)] == [False, True, True, False, False, False]
    for one in (caller, *crowd):
        doorway.left(one)
    assert len(doorway) == 0


async def test_the_log_and_the_signature_s_check_know_the_client(
    crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    def holds(upgrade: Upgrade) -> bool:
        asked.append(upgrade.peer)
        return upgrade.peer == "127.0.0.1"

    async with media_world(holds=holds) as world:
        stranger = await crowd.at(world.server.port)
        stranger.sends(ASK % (b"/media/twilio", b"x-forwarded-for:192.0.2.1\r\n" + KEY))
        assert (await stranger.rest()).startswith(b"HTTP/1.1 403")
        hasty = await crowd.at(world.server.port)
        hasty.sends(ASK % (b"/media/twilio", b"X-Forwarded-For: 192.0.2.2\r\n" + KEY) + b"more")
        assert await hasty.rest() == b""
    assert asked == ["192.0.2.1"]
    assert "media socket from 192.0.2.1 refused with 403" in caplog.text
    assert "media socket from 192.0.2.2 refused: it did not wait" in caplog.text


def test_the_setting_of_the_http_port_holds_for_the_media_port() -> None:
    settings = Settings(trusted_proxies="10.0.0.5, fd00::/8")
    assert list(media_limits(settings, 1024).proxies) == settings.proxies
