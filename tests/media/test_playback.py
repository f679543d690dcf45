"""The play queue: what goes out when, what counts as heard, what a clear does. (Lines over sockets: test_line.)"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from engine.carriers.twilio.stream import TwilioStream
from engine.media.aftersound import Aftersound
from engine.media.clips import Clip
from engine.media.pace import Pace
from engine.media.playback import FEED_AHEAD_S, MARK_GRACE_S, Playback
from engine.media.player import Player
from tests.media.media_world import PATIENCE_S, sounds_for, start_message
from tests.waiting import until

SECOND = Clip(bytes(8000))
A_MOMENT_S = 0.05


class Unclearable(TwilioStream):
    """A carrier whose player can't be emptied."""

    __slots__ = ()

    def clear(self) -> None:  # type: ignore[override]
        return None


@dataclass
class Wire:
    """The carrier's end of a playback: what was sent to it, and what was reported of it."""

    has_marks: bool = True
    mark_grace_s: float = MARK_GRACE_S
    speed: float = 1.0
    can_clear: bool = True
    sent: list[dict[str, object]] = field(default_factory=list)
    told: asyncio.Queue[tuple[object, ...]] = field(default_factory=asyncio.Queue)

    def playback(self) -> Playback:
        stream = TwilioStream() if self.can_clear else Unclearable()
        stream.decode(json.dumps(start_message("CA1", "MZ1", None)))
        pace = Pace(self.speed)
        return Playback(
            stream,
            self.has_marks,
            lambda message: self.sent.append(json.loads(message)),
            lambda prompt: self.told.put_nowait(("played", prompt)),
            lambda prompt, heard_ms: self.told.put_nowait(("cleared", prompt, heard_ms)),
            aftersound=Aftersound(pace.now, lambda: 0.0, has_marks=self.has_marks),
            pace=pace,
            player=Player(),
            mark_grace_s=self.mark_grace_s,
        )

    @property
    def events(self) -> list[object]:
        return [message["event"] for message in self.sent]

    @property
    def marks(self) -> list[str]:
        return [str(message["mark"]["name"]) for message in self.sent if message["event"] == "mark"]  # type: ignore[index]

    async def next(self) -> tuple[object, ...]:
        async with asyncio.timeout(PATIENCE_S):
            return await self.told.get()


async def test_a_short_prompt_goes_out_at_once_with_a_mark_behind_each_second() -> None:
    wire = Wire()
    wire.playback().play("greeting", [Clip(bytes(12_000)), SECOND])
    assert wire.events == ["media", "mark"] * 3
    assert wire.marks == ["greeting.1", "greeting.2", "greeting.3"]


async def test_a_long_prompt_is_fed_a_few_seconds_ahead_of_what_is_heard() -> None:
    wire = Wire()
    playback = wire.playback()
    loop = asyncio.get_running_loop()
    began = loop.time()
    playback.play("disclosure", [Clip(bytes(40 * 8000))])
    most = FEED_AHEAD_S + 1
    while len(wire.marks) < 40:
        assert len(wire.marks) - (loop.time() - began) <= most + A_MOMENT_S
        await sounds_for(0.5)
    assert loop.time() - began > 34
    playback.mark_played("disclosure.40")
    assert await wire.next() == ("played", "disclosure")


async def test_marks_that_come_back_at_once_prove_nothing_before_the_sound_can_be_over() -> None:
    wire = Wire()
    playback = wire.playback()
    loop = asyncio.get_running_loop()
    began = loop.time()
    playback.play("greeting", [SECOND, SECOND])
    playback.mark_played("greeting.1")
    playback.mark_played("greeting.2")
    await sounds_for(0.5)
    assert wire.told.empty()
    assert await wire.next() == ("played", "greeting")
    assert loop.time() - began >= 1.9


async def test_of_a_prompt_whose_marks_came_too_early_a_clear_reports_what_can_have_been_heard() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("greeting", [SECOND, SECOND, SECOND])
    for mark in wire.marks:
        playback.mark_played(mark)
    await sounds_for(1.5)
    playback.stop()
    assert await wire.next() == ("cleared", "greeting", 1000)


async def test_a_prompt_is_played_when_its_last_mark_is_back() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("greeting", [SECOND, SECOND])
    await sounds_for(2)
    playback.mark_played("greeting.1")
    assert wire.told.empty()
    playback.mark_played("greeting.2")
    assert wire.told.get_nowait() == ("played", "greeting")
    assert not playback.is_playing


async def test_a_later_mark_tells_that_the_earlier_ones_were_reached() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("one", [SECOND])
    playback.play("two", [SECOND])
    await sounds_for(2)
    playback.mark_played("two.2")
    assert [wire.told.get_nowait(), wire.told.get_nowait()] == [("played", "one"), ("played", "two")]


async def test_what_a_clear_returns_was_not_heard() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("one", [SECOND, SECOND])
    playback.play("two", [SECOND])
    await sounds_for(1)
    playback.mark_played("one.1")
    playback.stop()
    assert wire.events[-1] == "clear"
    assert [wire.told.get_nowait(), wire.told.get_nowait()] == [
        ("cleared", "one", 1000),
        ("cleared", "two", 0),
    ]
    playback.play("one", [SECOND])
    for returned in ("one.2", "two.3"):
        playback.mark_played(returned)
    await sounds_for(1)
    assert wire.told.empty()
    playback.mark_played("one.4")
    assert wire.told.get_nowait() == ("played", "one")


async def test_nothing_of_a_prompt_goes_out_after_its_clear() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("disclosure", [Clip(bytes(40 * 8000))])
    await sounds_for(1)
    playback.stop()
    assert wire.events[-1] == "clear"
    await sounds_for(10)
    assert wire.events[-1] == "clear"


async def test_what_cannot_be_cleared_is_heard_before_the_next_prompt_ends() -> None:
    wire = Wire(has_marks=False, can_clear=False)
    playback = wire.playback()
    loop = asyncio.get_running_loop()
    began = loop.time()
    playback.play("one", [SECOND, SECOND, SECOND])
    playback.stop()
    assert await wire.next() == ("cleared", "one", 0)
    playback.play("two", [SECOND])
    assert await wire.next() == ("played", "two")
    assert loop.time() - began >= 3.9


async def test_stopping_silence_sends_nothing() -> None:
    wire = Wire()
    wire.playback().stop()
    assert wire.sent == []


async def test_a_prompt_without_sound_is_played_at_once_and_in_its_turn() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("nothing", [])
    assert wire.told.empty()
    assert await wire.next() == ("played", "nothing")
    playback.play("one", [SECOND])
    playback.play("nothing", [Clip(b"")])
    playback.mark_played("one.1")
    assert await wire.next() == ("played", "one")
    assert await wire.next() == ("played", "nothing")


async def test_a_loop_is_fed_ahead_until_it_is_stopped() -> None:
    wire = Wire()
    playback = wire.playback()
    tick = Clip(bytes(400))
    playback.play("hold", [tick], loop=True)
    fed = len(wire.marks)
    assert FEED_AHEAD_S * 20 <= fed <= FEED_AHEAD_S * 20 + 2, "of 50 ms each"
    await until(lambda: len(wire.marks) > fed)
    playback.mark_played("hold.1")
    playback.stop()
    assert await wire.next() == ("cleared", "hold", 50)
    playback.close()


async def test_a_prompt_ends_a_loop() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("hold", [SECOND], loop=True)
    playback.play("one", [SECOND])
    assert wire.events[-3:] == ["clear", "media", "mark"]
    assert await wire.next() == ("cleared", "hold", 0)
    playback.close()


async def test_a_mark_that_never_comes_back_is_not_waited_for_without_end() -> None:
    wire = Wire(mark_grace_s=0.01)
    playback = wire.playback()
    playback.play("one", [Clip(bytes(80))])
    assert await wire.next() == ("played", "one")
    playback.mark_played("one.1")
    assert wire.told.empty()


async def test_a_last_mark_that_is_lost_costs_a_second_at_most() -> None:
    wire = Wire()
    playback = wire.playback()
    loop = asyncio.get_running_loop()
    began = loop.time()
    playback.play("question", [Clip(bytes(8000)), Clip(bytes(4000))])
    loop.call_at(began + 1.0, playback.mark_played, "question.1")
    assert await wire.next() == ("played", "question")
    assert 1.5 <= loop.time() - began < 2.6


async def test_a_carrier_that_plays_late_is_waited_for_as_long_as_it_is_late() -> None:
    wire = Wire()
    playback = wire.playback()
    loop = asyncio.get_running_loop()
    began = loop.time()
    playback.play("question", [Clip(bytes(16_000))])
    playback.play("more", [Clip(bytes(8000))])
    loop.call_at(began + 2.9, playback.mark_played, "question.1")  # 1.9 s late
    loop.call_at(began + 3.9, playback.mark_played, "question.2")
    assert await wire.next() == ("played", "question")
    assert loop.time() - began > 3.8
    assert await wire.next() == ("played", "more")
    assert 4.8 < loop.time() - began < 6.1


async def test_without_marks_the_clock_decides() -> None:
    wire = Wire(has_marks=False)
    playback = wire.playback()
    playback.play("one", [Clip(bytes(80))])
    playback.play("two", [Clip(bytes(80))])
    assert await wire.next() == ("played", "one")
    assert await wire.next() == ("played", "two")


async def test_in_a_faster_rehearsal_sound_lasts_as_much_less() -> None:
    wire = Wire(has_marks=False, speed=10.0)
    playback = wire.playback()
    loop = asyncio.get_running_loop()
    began = loop.time()
    playback.play("disclosure", [Clip(bytes(40 * 8000))])
    assert await wire.next() == ("played", "disclosure")
    assert 3.9 <= loop.time() - began < 4.5


async def test_after_the_end_nothing_is_sent_or_reported() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("one", [Clip(bytes(40 * 8000))])
    playback.close()
    sent = len(wire.sent)
    playback.play("two", [SECOND])
    playback.mark_played("one.1")
    playback.stop()
    await sounds_for(10)
    assert len(wire.sent) == sent
    assert wire.told.empty()


async def test_a_prompt_whose_rest_is_still_made_is_not_over_before_it_came() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("read back", [SECOND], more=True)
    playback.mark_played("read back.1")
    await sounds_for(1.5)
    assert wire.told.empty()
    playback.play("read back", [SECOND])
    playback.play("next", [SECOND])
    assert wire.marks == ["read back.1", "read back.2", "next.3"]
    playback.mark_played("read back.2")
    assert await wire.next() == ("played", "read back")


async def test_a_rest_that_never_comes_ends_a_prompt_whose_beginning_was_heard() -> None:
    for has_marks in (True, False):
        wire = Wire(has_marks=has_marks)
        playback = wire.playback()
        playback.play("read back", [Clip(bytes(80))], more=True)
        for mark in wire.marks:
            playback.mark_played(mark)
        playback.play("read back", [])
        assert await wire.next() == ("played", "read back")


async def test_a_clear_while_the_rest_is_made_reports_what_was_heard() -> None:
    wire = Wire()
    playback = wire.playback()
    playback.play("read back", [SECOND], more=True)
    playback.mark_played("read back.1")
    await sounds_for(1.1)
    playback.stop()
    assert await wire.next() == ("cleared", "read back", 1000)
    playback.play("next", [SECOND])
    assert wire.marks == ["read back.1", "next.2"]


async def test_a_prompt_begins_when_the_one_before_is_heard_and_tells_its_length_once_it_is_known() -> None:
    wire = Wire()
    playback = wire.playback()
    began: list[tuple[str, int | None]] = []
    playback.began = lambda prompt, length_ms: began.append((prompt, length_ms))
    playback.play("one", [Clip(bytes(12 * 8000))])
    playback.play("two", [SECOND], more=True)
    assert began == [("one", 12_000)], "though most of it is still to be sent"
    await sounds_for(12)
    playback.mark_played("one.12")
    assert began == [("one", 12_000), ("two", None)]
    playback.play("two", [SECOND])
    assert began[2:] == [("two", 2_000)]
    playback.stop()
    playback.play("hold", [SECOND], loop=True)
    assert len(began) == 3  # a loop has no length
    playback.close()
