"""The account alone at a real Asterisk: proofs, marks, a leg of ours, two legs that Asterisk joins."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.carriers import BY_NAME
from engine.carriers.contract import CarrierAccount, LegNews, LegToRing, StreamAt, TurnedAway
from engine.media.messages import Key
from engine.runtime.settings import Settings
from tests.carriers.at_door import AtDoor
from tests.peers.account_desk import AccountDesk, account_desk
from tests.peers.asterisk_peer import AsteriskPeer, asterisk, free_port, is_installed
from tests.peers.talking import likeness, noise, telephone

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(not is_installed(), reason="no Asterisk (make peers), or not root"),
    pytest.mark.skipif(
        importlib.util.find_spec("pjsua2") is None, reason="no telephone: pip install pjsua2-python"
    ),
]

OWN, BUYER = "15125550123", "15550111"


@dataclass
class RealDoor(AtDoor):
    """A door with real ports behind it; whoever's stream is over hangs up."""

    http_port: int = 0
    media_port: int = 0
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    follows: StreamAt | TurnedAway = field(default_factory=lambda: TurnedAway("over"))

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def now_s(self) -> float:
        return time.time()

    @property
    def news(self) -> list[LegNews]:
        return [each for told in self.told for each in told if isinstance(each, LegNews)]


@dataclass
class AtAsterisk:
    """An account at a running Asterisk, and its desk."""

    peer: AsteriskPeer
    account: CarrierAccount
    desk: AccountDesk
    door: RealDoor

    async def ring(self, to: str, ring_s: int = 20) -> str:
        stream = StreamAt("ws://unused/media/asterisk/" + "b" * 32, "leg-token", 0)
        return await self.account.ring(LegToRing("call", "leg-1", to, "+15550100", ring_s, lambda: stream))

    async def ended(self, carrier_call: str, within_s: float = 40) -> LegNews:
        async with asyncio.timeout(within_s):
            while True:
                for news in self.door.news:
                    if news.state == "ended" and news.carrier_call == carrier_call:
                        return news
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def at_asterisk() -> AsyncIterator[AtAsterisk]:
    http, media = free_port(), free_port()
    peer = AsteriskPeer(f"http://127.0.0.1:{http}", f"ws://127.0.0.1:{media}")
    door = RealDoor("asterisk", http_port=http, media_port=media)
    account = BY_NAME["asterisk"].open(Settings(**peer.settings), door)
    async with asterisk(peer), account_desk(account, http, media) as desk:
        yield AtAsterisk(peer, account, desk, door)


async def test_two_legs_are_joined_and_hear_each_other(tmp_path: Path) -> None:
    callers, buyers = noise(tmp_path / "caller.wav", 1), noise(tmp_path / "buyer.wav", 2)
    async with (
        at_asterisk() as at,
        telephone(
            tmp_path / "buyer",
            port=at.peer.buyers,
            rtp=38000,
            answers={BUYER: {"say": buyers, "keys": [[1, "1"]]}},
        ) as buyer,
        telephone(
            tmp_path / "caller",
            port=free_port(),
            own=OWN,
            call=f"sip:+15550100@127.0.0.1:{at.peer.sip}",
            conduct={"say": callers},
        ) as caller,
    ):
        first = await at.desk.caller()
        channel = first.started.carrier_call
        name = await at.ring("+15550111")
        leg = await at.desk.stream_of(name)
        await leg.told_of(Key("1"))
        await at.account.join(channel, name)
        await asyncio.gather(leg.over.wait(), first.over.wait())
        await asyncio.sleep(6)
        assert "answered" in [news.state for news in at.door.news]
        assert ("after", channel, 0) not in at.door.told, at.peer.log[-4000:]
        await at.account.end(name)
        ended = await at.ended(name)
        await at.ended(channel)
        await caller.over()
        told = at.door.told
    assert likeness(caller.heard(OWN), buyers) > 0.5
    assert likeness(buyer.heard(BUYER), callers) > 0.5
    assert likeness(caller.heard(OWN), callers) < 0.3
    assert ended.outcome == "completed"
    assert ended.duration_ms is not None
    assert ended.duration_ms > 5000
    assert [each for each in told if each[0] in ("welcome", "after")][-1] == ("after", channel, 0)
    assert at.desk.refused == []
