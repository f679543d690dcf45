"""The account alone at a real Asterisk: proofs, marks, a leg of ours, two legs that Asterisk joins."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import itertools
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.carriers import BY_NAME
from engine.carriers.contract import (
    CarrierAccount,
    CarrierRefused,
    LegNews,
    LegsToJoin,
    LegToRing,
    StreamAt,
    TurnedAway,
)
from engine.media.messages import Key, MarkPlayed
from engine.rehearsal.loopback.tones import tone
from engine.runtime.settings import Settings
from tests.carriers.at_door import AtDoor
from tests.peers.account_desk import AccountDesk, account_desk
from tests.peers.asterisk_peer import AsteriskPeer, asterisk, free_port, is_installed
from tests.peers.talking import Telephone, likeness, noise, telephone
from tests.waiting import until

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(not is_installed(), reason="no Asterisk (make peers), or not root"),
    pytest.mark.skipif(
        importlib.util.find_spec("pjsua2") is None, reason="no telephone: pip install pjsua2-python"
    ),
]

OWN, BUYER = "15125550123", "15550111"
LIKE, UNLIKE = 0.5, 0.3
TALK_S = 6


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
    engine: contextlib.AsyncExitStack
    """What there is of one: its ports, until they are closed."""

    @property
    def number(self) -> str:
        """Whom a caller calls."""
        return f"sip:+15550100@127.0.0.1:{self.peer.sip}"

    async def ring(self, to: str, ring_s: int = 20) -> str:
        stream = StreamAt("ws://unused/media/asterisk/" + "b" * 32, "leg-token", 0)
        return await self.account.ring(LegToRing("call", "leg-1", to, "+15550100", ring_s, lambda: stream))

    async def ended(self, carrier_call: str) -> LegNews:
        def is_it(news: LegNews) -> bool:
            return news.state == "ended" and news.carrier_call == carrier_call

        return await until(lambda: next(filter(is_it, self.door.news), None))


@contextlib.asynccontextmanager
async def at_asterisk(**more: str) -> AsyncIterator[AtAsterisk]:
    http, media = free_port(), free_port()
    peer = AsteriskPeer(f"http://127.0.0.1:{http}", f"ws://127.0.0.1:{media}")
    door = RealDoor("asterisk", http_port=http, media_port=media)
    account = BY_NAME["asterisk"].open(Settings(**peer.settings | more), door)
    async with asterisk(peer), contextlib.AsyncExitStack() as engine:
        desk = await engine.enter_async_context(account_desk(account, http, media))
        yield AtAsterisk(peer, account, desk, door, engine)


@contextlib.asynccontextmanager
async def joined(
    folder: Path, at_most_s: int | None = None
) -> AsyncIterator[tuple[AtAsterisk, Telephone, Telephone, tuple[str, str]]]:
    """A caller and a buyer whom Asterisk has joined, and the names of their channels."""
    callers, buyers = noise(folder / "caller.wav", 1), noise(folder / "buyer.wav", 2)
    answers = {BUYER: {"say": buyers, "keys": [[1, "1"]]}}
    async with (
        at_asterisk() as at,
        telephone(folder / "buyer", port=at.peer.buyers, rtp=38000, answers=answers) as buyer,
        telephone(
            folder / "caller",
            port=free_port(socket.SOCK_DGRAM),
            own=OWN,
            call=at.number,
            conduct={"say": callers},
        ) as caller,
    ):
        first = await at.desk.caller()
        name = await at.ring("+15550111")
        leg = await at.desk.stream_of(name)
        await leg.told_of(Key("1"))
        await at.account.join(LegsToJoin("call", "leg-1", first.started.carrier_call, name, 0, 0, at_most_s))
        await first.socket.close()  # as an engine does, perhaps before the leg has come for the caller
        await asyncio.gather(leg.over.wait(), first.over.wait())
        await until(lambda: "[do-join@" in at.peer.log)
        yield at, caller, buyer, (first.started.carrier_call, name)


async def length_of(account: CarrierAccount, carrier_call: str) -> int:
    """0 while nothing is known."""
    return (await account.length(carrier_call)).duration_s or 0


def hear_each_other(folder: Path, caller: Telephone, buyer: Telephone, since: float) -> None:
    heard, answered = caller.heard(OWN, since), buyer.heard(BUYER, since)
    callers, buyers = str(folder / "caller.wav"), str(folder / "buyer.wav")
    assert likeness(heard, buyers) > LIKE
    assert likeness(answered, callers) > LIKE
    assert likeness(heard, callers) < UNLIKE
    assert likeness(answered, buyers) < UNLIKE


async def test_two_legs_are_joined_and_hear_each_other(tmp_path: Path) -> None:
    async with joined(tmp_path) as (at, caller, buyer, (channel, name)):
        since = time.monotonic()
        await until(lambda: time.monotonic() - since > TALK_S)
        assert "answered" in [news.state for news in at.door.news]
        assert ("after", channel, 0) not in at.door.told
        await at.account.end(name)
        ended = await at.ended(name)
        await at.ended(channel)
        await caller.over()
        told = at.door.told
    hear_each_other(tmp_path, caller, buyer, since)
    assert ended.outcome == "completed"
    assert ended.duration_ms is not None
    assert ended.duration_ms > 5000
    assert [each for each in told if each[0] in ("welcome", "after")][-1] == ("after", channel, 0)
    assert at.desk.refused == []


async def test_a_talk_outlives_the_engine_and_its_length_is_kept(tmp_path: Path) -> None:
    async with joined(tmp_path) as (at, caller, buyer, (channel, name)):
        await at.engine.aclose()
        since = time.monotonic()
        await until(lambda: time.monotonic() - since > TALK_S)
        caller.process.terminate()
        await caller.over()
        again = BY_NAME["asterisk"].open(Settings(**at.peer.settings), at.door)
        for leg in (name, channel):
            assert await until(lambda leg=leg: length_of(again, leg)) >= TALK_S  # type: ignore[misc]
        await again.close()
    hear_each_other(tmp_path, caller, buyer, since)


async def test_a_talk_lasts_no_longer_than_it_may(tmp_path: Path) -> None:
    async with joined(tmp_path, at_most_s=2) as (at, caller, _, (channel, name)):
        ended = await at.ended(name)
        await at.ended(channel)
        await caller.over()
    assert (ended.outcome, ended.ended_by) == ("completed", None)
    assert ("after", channel, 0) in at.door.told


async def test_marks_come_back_as_heard_and_a_flush_drops_them(tmp_path: Path) -> None:
    caller = {"port": free_port(socket.SOCK_DGRAM), "own": OWN}
    async with at_asterisk() as at, telephone(tmp_path, **caller, call=at.number, conduct={}):
        stream = await at.desk.caller()
        await stream.play(tone(440, 1010))
        await stream.send(stream.stream.mark("p1.1"))
        await stream.told_of(MarkPlayed("p1.1"))
        await stream.play(tone(440, 5000))
        await stream.send(stream.stream.mark("p2.2"))
        await stream.send(stream.stream.clear())
        await stream.play(tone(880, 100))
        await stream.send(stream.stream.mark("p3.3"))
        await stream.told_of(MarkPlayed("p3.3"))
        assert MarkPlayed("p2.2") not in stream.told


@pytest.mark.parametrize("dials", ["PJSIP/{digits}@nobody", "Nothing/{digits}"])
async def test_whom_asterisk_cannot_dial_is_refused_at_once(dials: str) -> None:
    async with at_asterisk(asterisk_dials=dials) as at:
        with pytest.raises(CarrierRefused):
            await at.ring("+15550111")
