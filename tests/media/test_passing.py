"""A stall of anybody costs a talk what was said in it, and never its pace for good."""

from __future__ import annotations

import asyncio
import base64
import math
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from engine.media import mulaw
from engine.media.clips import Clip
from engine.media.pace import Pace
from engine.media.passing import FAR_S, NEAR_S, Passing, is_silence
from engine.media.player import Player, sound_s
from tests.media.media_world import World, media_world, sounds_for
from tests.media.talking import SILENT_FRAME, Mouth, lateness_s, under_way, voice
from tests.media.talking import Player as Phone
from tests.media.trial_carriers import TRIALS

LOUD = base64.b64encode(bytes([0x00]) * 160)
QUIET = base64.b64encode(SILENT_FRAME)
WITHIN_S = 0.5
"""What the founders ask of a talk five seconds after a stall."""


# Of a talk over real websockets, by what is heard


@dataclass
class Talk:
    mouth: Mouth
    phone: Phone

    def late_s(self, before_s: float = 1.0) -> float:
        """How late the sound is that was heard in the last second (or so long ago)."""
        return lateness_s(self.mouth.said, self.phone.heard, len(self.phone.heard) / 50 - before_s)


@asynccontextmanager
async def talking(world: World, sound: bytes) -> AsyncIterator[Talk]:
    caller, caller_line, _ = await world.calls()
    buyer, buyer_line, _ = await world.calls(leg="buyer-1")
    caller_line.relay_to(buyer_line)
    mouth, phone = Mouth(caller, sound), Phone(buyer)
    listens = Mouth(buyer, SILENT_FRAME * (len(sound) // len(SILENT_FRAME)))
    async with under_way(mouth.speak, listens.speak, phone.play, lambda _: phone.read()):
        await sounds_for(3)
        yield Talk(mouth, phone)


@pytest.mark.parametrize("pauses", [True, False], ids=["with pauses", "without a pause"])
async def test_a_network_that_was_late_by_three_seconds_leaves_no_delay(pauses: bool) -> None:
    async with media_world() as world, talking(world, voice(20, pauses=pauses)) as talk:
        assert talk.late_s() < 0.1
        talk.mouth.network_stands_still()
        await sounds_for(3)
        await talk.mouth.network_goes_on()
        await sounds_for(5)
        assert talk.late_s() < WITHIN_S
        assert talk.phone.waits_s < WITHIN_S
        if pauses:
            await sounds_for(2)
            assert talk.late_s() < 0.25, "silence is left out first"


@pytest.mark.parametrize("carrier", ["marks", "no marks", "no marks, no clear"])
async def test_a_reader_that_stood_still_for_twenty_seconds_leaves_no_delay(carrier: str) -> None:
    async with (
        media_world(carriers=[TRIALS[carrier]]) as world,
        talking(world, voice(60, pauses=False)) as talk,
    ):
        talk.phone.reader_stands_still()
        await sounds_for(20)
        talk.phone.reader_goes_on()
        if carrier == "no marks, no clear":  # what waits there has to be heard
            await sounds_for(21)
        await sounds_for(5)
        assert talk.late_s() < WITHIN_S
        assert talk.phone.waits_s < WITHIN_S


async def test_a_talk_in_good_weather_is_passed_on_whole() -> None:
    async with media_world() as world, talking(world, voice(12, pauses=True)) as talk:
        await sounds_for(8)
        assert talk.late_s() < 0.1
        assert talk.phone.clears == 0
        heard = [frame for frame in talk.phone.heard if frame != SILENT_FRAME]
        assert heard == [frame for frame in talk.mouth.said if frame != SILENT_FRAME][: len(heard)]
        assert len(heard) > 350


async def test_what_is_said_over_a_prompt_does_not_delay_the_talk() -> None:
    async with media_world() as world:
        caller, caller_line, _ = await world.calls()
        buyer, buyer_line, ear = await world.calls(leg="buyer-1")
        buyer_line.play("whisper", [Clip(bytes([0x55]) * 8000)])
        caller_line.relay_to(buyer_line)
        mouth, phone = Mouth(caller, voice(6, pauses=False)), Phone(buyer)
        async with under_way(mouth.speak, phone.play, lambda _: phone.read()):
            assert await ear.next() == ("played", "whisper")
            await sounds_for(2)
            assert bytes([0x55]) * 8000 in b"".join(phone.heard)
            assert lateness_s(mouth.said, phone.heard, len(phone.heard) / 50 - 1) < 0.1


# The account by itself


@dataclass
class Wire:
    """What a passing sends, by kind: "sound", a mark's name, a ping's name, "clear"."""

    can_clear: bool = True
    sent: list[str] = field(default_factory=list)
    buffered_bytes: int = 0
    far_s: float | None = None
    back: Callable[[str], None] = lambda name: None

    def send(self, message: bytes) -> None:
        self.sent.append(message.decode())
        if self.far_s is not None and message.startswith(b"mark "):
            name = message.decode().removeprefix("mark ")
            asyncio.get_running_loop().call_later(self.far_s, self.back, name)

    def ping(self, name: str) -> None:
        self.sent.append(f"ping {name}")

    def audio(self, payload_b64: bytes) -> bytes:
        return b"sound"

    def mark(self, name: str) -> bytes | None:
        return f"mark {name}".encode()

    def clear(self) -> bytes | None:
        return b"clear" if self.can_clear else None

    @property
    def sounds(self) -> int:
        return self.sent.count("sound")

    def passing(self, *, has_marks: bool = True, prompts: tuple[str, ...] = ()) -> Passing:
        return Passing(self, self, Player(), Pace(), has_marks, prompts)


async def paced(passing: Passing, frames: int) -> None:
    for _ in range(frames):
        passing.pass_on(LOUD)
        await sounds_for(0.02)


def test_how_long_sound_lasts_is_known_to_the_sample() -> None:
    for size in (1, 2, 3, 159, 160, 161, 162):
        assert sound_s(base64.b64encode(bytes(size))) == size / mulaw.RATE_HZ


def test_silence_is_what_nobody_would_miss() -> None:
    assert is_silence(QUIET)
    hum = mulaw.encode(array("h", [round(250 * math.sin(at / 9)) for at in range(160)]))
    assert is_silence(base64.b64encode(hum)), "a line's own noise"
    soft = mulaw.encode(array("h", [round(900 * math.sin(at / 9)) for at in range(160)]))
    assert not is_silence(base64.b64encode(soft))
    assert not is_silence(b"no base64")


async def test_of_a_burst_silence_is_left_out_first_and_then_everything() -> None:
    wire = Wire()
    passing = wire.passing()
    quiet = sum(passing.pass_on(QUIET) for _ in range(100))
    loud = sum(passing.pass_on(LOUD) for _ in range(100))
    assert abs(quiet - NEAR_S * 50) <= 2
    assert abs(quiet + loud - FAR_S * 50) <= 2


async def test_a_mark_much_later_than_the_quickest_tells_of_a_full_player() -> None:
    wire = Wire()
    passing = wire.passing()
    await paced(passing, 110)
    first, second = [name.removeprefix("mark ") for name in wire.sent if name.startswith("mark")]
    passing.came_back(first)
    await sounds_for(0.8)
    passing.came_back("welcome.1")
    assert "clear" not in wire.sent
    await paced(passing, 60)
    passing.came_back(second)
    assert wire.sent[-1] == "clear"
    for name in [name.removeprefix("mark ") for name in wire.sent if name.startswith("mark")]:
        passing.came_back(name)
    assert wire.sent.count("clear") == 1, "what a clear returns says nothing"


async def test_a_carrier_that_is_far_away_is_not_late() -> None:
    wire = Wire(far_s=0.9)
    wire.back = (passing := wire.passing()).came_back
    await paced(passing, 400)
    assert "clear" not in wire.sent


async def test_where_there_are_no_marks_a_ping_asks() -> None:
    wire = Wire(can_clear=False)
    passing = wire.passing(has_marks=False)
    await paced(passing, 110)
    first, second = [name.removeprefix("ping ") for name in wire.sent if name.startswith("ping")]
    passing.came_back(first)
    await paced(passing, 100)
    sounds = wire.sounds
    passing.came_back(second)
    assert not passing.pass_on(LOUD), "three seconds may wait there"
    await sounds_for(3.3)
    assert passing.pass_on(LOUD)
    assert wire.sounds == sounds + 1


async def test_a_prompt_has_the_line() -> None:
    wire = Wire()
    assert not wire.passing(prompts=("whisper",)).pass_on(LOUD)
    assert wire.sent == []


async def test_a_socket_that_takes_nothing_gets_no_more_sound() -> None:
    wire = Wire(buffered_bytes=100_000)
    passing = wire.passing()
    await paced(passing, 60)
    assert wire.sounds < 55
    wire.buffered_bytes = 0
    assert passing.pass_on(LOUD)


async def test_both_ways_are_accounted_for_apart() -> None:
    async with media_world() as world:
        caller, caller_line, _ = await world.calls()
        buyer, buyer_line, _ = await world.calls(leg="buyer-1")
        caller_line.relay_to(buyer_line)
        buyer_line.relay_to(caller_line)
        there = Mouth(caller, voice(15, pauses=True)), Phone(buyer)
        back = Mouth(buyer, voice(15, pauses=True, seed=8)), Phone(caller)
        async with under_way(
            there[0].speak, back[0].speak, there[1].play, back[1].play,
            lambda _: there[1].read(), lambda _: back[1].read(),
        ):  # fmt: skip
            await sounds_for(2)
            there[0].network_stands_still()
            await sounds_for(2)
            await there[0].network_goes_on()
            await sounds_for(5)
            assert lateness_s(there[0].said, there[1].heard, len(there[1].heard) / 50 - 1) < WITHIN_S
            assert lateness_s(back[0].said, back[1].heard, len(back[1].heard) / 50 - 1) < 0.1
            assert buyer_line.dropped_frames > 0
            assert caller_line.dropped_frames == 0
