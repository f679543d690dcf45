"""Lines over real sockets: prompts, keys, relay, and the ways in which a stream ends."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
from streamdouble.api import run_scenario
from streamdouble.scenario import Dtmf, Say, Scenario, WaitFor
from streamdouble.session import SessionConfig

from engine.media.clips import Clip
from engine.media.line import MAX_MALFORMED, Line
from engine.media.sounds import sound
from tests.media.media_world import PATIENCE_S, Ear, World, media_world, sounds_for
from tests.media.talking import Player, under_way, voice
from tests.media.trial_carriers import TRIALS
from tests.waiting import until

FRAME = bytes(range(160))


async def test_a_prompt_is_heard_and_reported_played() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        line.play("greeting", [sound("beep"), sound("silence")])
        assert await caller.hears(3200 + 8000) == sound("beep").mulaw + sound("silence").mulaw
        await caller.returns("greeting.1")
        await caller.returns("greeting.2")
        assert await ear.next() == ("played", "greeting")


async def test_a_key_during_a_prompt_may_silence_it() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        line.play("question", [Clip(bytes(24_000))])
        await sounds_for(1)
        await caller.returns("question.1")
        await caller.presses("7")
        assert await ear.next() == ("key", "7")
        line.stop_playing()
        while (await caller.receives())["event"] != "clear":
            pass
        assert await ear.next() == ("cleared", "question", 1000)
        for returned_by_the_clear in ("question.2", "question.3"):
            await caller.returns(returned_by_the_clear)
        await caller.presses("8")
        assert await ear.next() == ("key", "8")


async def test_a_relay_passes_the_bytes_both_ways() -> None:
    async with media_world() as world:
        caller, caller_line, _ = await world.calls()
        buyer, buyer_line, _ = await world.calls(leg="buyer-1")
        caller_line.relay_to(buyer_line)
        buyer_line.relay_to(caller_line)
        for _ in range(15):
            await caller.says(FRAME)
            await buyer.says(FRAME[::-1])
        assert await buyer.hears(15 * 160) == FRAME * 15
        assert await caller.hears(15 * 160) == FRAME[::-1] * 15


async def test_a_relay_passes_only_the_partys_own_voice_and_ends_when_told() -> None:
    async with media_world() as world:
        caller, caller_line, ear = await world.calls()
        buyer, buyer_line, _ = await world.calls(leg="buyer-1")
        caller_line.relay_to(buyer_line)
        await caller.says(b"\x00" * 160, track="outbound")
        await caller.says(FRAME)
        assert await buyer.hears(160) == FRAME
        caller_line.relay_to(None)
        await caller.says(FRAME)
        await caller.presses("1")
        assert await ear.next() == ("key", "1")
        buyer_line.play("end", [sound("beep")])
        assert await buyer.hears(3200) == sound("beep").mulaw


async def test_a_relay_to_a_leg_that_is_gone_hurts_nobody() -> None:
    async with media_world() as world:
        caller, caller_line, ear = await world.calls()
        buyer, buyer_line, buyer_ear = await world.calls(leg="buyer-1")
        caller_line.relay_to(buyer_line)
        await buyer.socket.close()
        assert await buyer_ear.next() == ("closed", "disconnected")
        await caller.says(FRAME)
        await caller.presses("1")
        assert await ear.next() == ("key", "1")


async def test_a_prompt_of_forty_seconds_is_heard_to_its_end_by_a_player_that_holds_twenty() -> None:
    """It drops what does not fit, in silence, and returns every mark as soon as it reads it."""
    async with media_world() as world:
        caller, line, ear = await world.calls()
        disclosure = voice(40, pauses=True)
        player = Player(caller, holds_s=20, answers_at_once=True)
        async with under_way(player.play, lambda _: player.read()):
            line.play("disclosure", [Clip(disclosure)])
            await sounds_for(30)
            assert ear.is_idle
            assert await ear.next() == ("played", "disclosure")
            await sounds_for(0.1)
        assert disclosure in b"".join(player.heard)
        assert player.most_s < 6


async def test_a_long_prompt_is_silenced_at_once() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        player = Player(caller)
        async with under_way(player.play, lambda _: player.read()):
            line.play("disclosure", [Clip(voice(40, pauses=False))])
            await sounds_for(10)
            await caller.presses("1")
            assert await ear.next() == ("key", "1")
            line.stop_playing()
            kind, prompt, heard_ms = await ear.next()
            assert (kind, prompt) == ("cleared", "disclosure")
            assert heard_ms in (9000, 10_000)
            await sounds_for(0.1)
            assert player.waits_s == 0
            heard = len(b"".join(player.heard).rstrip(b"\xff"))
            await sounds_for(5)
            assert len(b"".join(player.heard).rstrip(b"\xff")) == heard


async def test_a_line_without_frames_is_silent_for_as_long() -> None:
    async with media_world() as world:
        caller, line, _ = await world.calls()
        await sounds_for(3)
        assert 2.9 < line.silent_s < 3.5
        await caller.says(FRAME)
        await until(lambda: line.silent_s < 0.5)
        await sounds_for(2)
        await caller.says(b"")
        await until(lambda: line.silent_s < 0.5)


async def test_of_a_carrier_that_sends_no_frames_in_silence_an_answer_is_a_sign_of_life() -> None:
    async with media_world(carriers=[TRIALS["no frames in silence"]]) as world:
        caller, line, _ = await world.calls()
        for _ in range(10):
            await sounds_for(1)
            assert line.silent_s < 1.5
        caller.socket.transport.pause_reading()
        await sounds_for(3)
        assert line.silent_s > 1.8


async def test_a_leg_that_does_not_take_its_sound_costs_frames_and_not_memory() -> None:
    async with media_world() as world:
        buyer, buyer_line, _ = await world.calls(leg="buyer-1")
        buyer.socket.transport.pause_reading()
        payload = base64.b64encode(bytes(6000))
        for _ in range(2000):
            buyer_line.send_audio(payload)
            await asyncio.sleep(0)
        assert buyer_line.dropped_frames > 0
        buyer.socket.transport.abort()


async def test_a_tap_gets_the_callers_sound_as_it_came() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        heard: list[bytes] = []
        line.tap = heard.append
        await caller.says(FRAME)
        reordered = {"media": {"payload": "//9/", "track": "inbound"}, "event": "media"}
        await caller.send(reordered)
        await caller.presses("1")
        assert await ear.next() == ("key", "1")
        assert heard == [base64.b64encode(FRAME), b"//9/"]


async def test_the_carriers_stop_ends_the_line() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        await caller.stops()
        assert await ear.next() == ("closed", "stopped")
        assert await caller.is_closed_with() == 1000
        assert not line.is_open


async def test_a_dropped_connection_ends_the_line() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        line.play("question", [sound("silence")])
        caller.socket.transport.abort()
        assert await ear.next() == ("closed", "disconnected")
        assert ear.is_idle


async def test_our_own_close_ends_the_line_once() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        await line.close()
        await line.close()
        assert await ear.next() == ("closed", "closed")
        assert await caller.is_closed_with() == 1000
        assert ear.is_idle


async def test_the_servers_end_is_told_to_every_line() -> None:
    async with media_world() as world:
        caller, _, ear = await world.calls()
        await world.server.close()
        assert await ear.next() == ("closed", "closed")
        assert await caller.is_closed_with() == 1001


async def test_malformed_messages_are_outlived_up_to_a_limit(caplog: pytest.LogCaptureFixture) -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        other, _, other_ear = await world.calls()
        for number in range(MAX_MALFORMED - 1):
            await caller.socket.send(b"\xff\x00garbage" if number % 2 else "{")
        await caller.presses("1")
        assert await ear.next() == ("key", "1")
        assert line.malformed_messages == MAX_MALFORMED - 1
        await caller.socket.send('{"event":"media"}')
        assert await ear.next() == ("closed", "malformed")
        assert await caller.is_closed_with() == 1003
        await other.presses("2")
        assert await other_ear.next() == ("key", "2")
    assert sum("malformed" in record.message for record in caplog.records) == 2


async def test_an_oddity_now_and_then_never_ends_a_line() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        for _ in range(3 * MAX_MALFORMED):
            await caller.socket.send("{")
            await caller.presses("1")
            assert await ear.next() == ("key", "1")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(10):
                    await ear.next()
        assert line.is_open


async def test_a_muted_line_sends_empty_frames_and_stays() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        for _ in range(3 * MAX_MALFORMED):
            await caller.says(b"")
        await caller.presses("1")
        assert await ear.next() == ("key", "1")
        assert line.malformed_messages == 0


async def test_a_message_of_ten_megabytes_ends_its_own_line_only() -> None:
    async with media_world() as world:
        caller, _, ear = await world.calls()
        other, _, other_ear = await world.calls()
        await caller.socket.send("x" * 10_000_000)
        assert await ear.next() == ("closed", "malformed")
        assert await caller.is_closed_with() == 1009
        await other.presses("2")
        assert await other_ear.next() == ("key", "2")


async def test_a_listener_that_fails_ends_its_own_line_only(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Ear):
        def key_pressed(self, line: Line, digit: str) -> None:
            raise RuntimeError("a bug of ours")

    async with media_world() as world:
        caller, line, _ = await world.calls()
        line.listener = broken = Broken()
        await caller.presses("1")
        assert await broken.next() == ("closed", "failed")
        assert await caller.is_closed_with() == 1011
    assert "call call-1: its caller line failed" in caplog.text


# A caller by others: streamdouble plays Twilio's side.


def double(world: World) -> SessionConfig:
    return SessionConfig(
        custom_parameters={"token": world.token()},
        quiet_period_s=0.2,
        response_timeout_s=PATIENCE_S,
        max_drain_s=5,
    )


async def test_a_caller_by_others_hears_prompts_and_is_understood() -> None:
    async with media_world() as world:
        steps = (Say(Path("said.wav"), [FRAME] * 10), Dtmf("78701"), WaitFor("audio"), WaitFor("mark"))
        call = asyncio.create_task(run_scenario(world.url, Scenario("keys", steps), config=double(world)))
        _, line, ear = await world.next_line()
        heard: list[bytes] = []
        line.tap = lambda payload: heard.append(base64.b64decode(payload))
        for digit in "78701":
            assert await ear.next() == ("key", digit)
        assert FRAME * 5 in b"".join(heard)  # the first may have come before there was a tap
        line.play("thanks", [sound("beep")])
        assert await ear.next() == ("played", "thanks")
        report = await call
        assert report.audio_received == sound("beep").mulaw
        assert report.violations == []
        assert await ear.next() == ("closed", "stopped")


async def test_a_caller_by_others_is_silenced_by_a_clear() -> None:
    async with media_world() as world:
        steps = (WaitFor("audio"), Dtmf("1"), WaitFor("clear"))
        call = asyncio.create_task(run_scenario(world.url, Scenario("barge in", steps), config=double(world)))
        _, line, ear = await world.next_line()
        line.play("question", [sound("hold")])
        assert await ear.next() == ("key", "1")
        line.stop_playing()
        assert await ear.next() == ("cleared", "question", 0)
        line.play("answer", [sound("beep")])
        assert await ear.next() == ("played", "answer")
        report = await call
        assert report.result.clears_received == 1
        assert report.violations == []


async def test_two_callers_by_others_hear_each_other() -> None:
    async with media_world() as world:
        calls, lines = [], []
        for frame in (FRAME, FRAME[::-1]):
            steps = (WaitFor("audio"), Say(Path("said.wav"), [frame] * 25))
            call = run_scenario(world.url, Scenario("talk", steps), config=double(world))
            calls.append(asyncio.create_task(call))
            lines.append((await world.next_line())[1])
        one, two = lines
        one.relay_to(two)
        two.relay_to(one)
        heard = [(await call).audio_received for call in calls]
        assert FRAME[::-1] * 10 in heard[0]
        assert FRAME * 10 in heard[1]
