import asyncio
import base64
import json

import pytest
from twilio.request_validator import RequestValidator

from engine.rehearsal.loopback import Caller, LoopbackCarrier, RehearsalStuck, caller_voice, hears_tone, tone
from engine.rehearsal.loopback.tones import CALLER_HZ
from tests.rehearsal.fake_engine import ACCOUNT, HANG_UP, TOKEN, Conversation, FakeEngine, told_when

FROM, TO = "+15125550123", "+15550100"
PROMPT = tone(300, 1000)


async def test_the_webhook_is_signed_and_says_who_calls(engine: FakeEngine, carrier: LoopbackCarrier):
    engine.documents["/voice"] = HANG_UP
    call = await carrier.call(FROM, TO, Caller(), place={"FromState": "TX"})
    [told] = engine.told
    assert told.is_signed
    assert told.form["CallSid"] == call.sid
    assert (told.form["From"], told.form["To"], told.form["AccountSid"]) == (FROM, TO, ACCOUNT)
    assert (told.form["CallStatus"], told.form["Direction"]) == ("ringing", "inbound")
    assert told.form["FromState"] == "TX"
    assert (call.status, call.ended_by) == ("completed", "engine")


async def test_a_stream_begins_with_connected_start_and_counted_frames(
    engine: FakeEngine, carrier: LoopbackCarrier
):
    engine.documents["/voice"] = engine.connects(token="abc")

    async def on_stream(conversation: Conversation) -> None:
        for _ in range(30):
            await conversation.next("media")

    engine.on_stream = on_stream
    call = await carrier.call(FROM, TO, Caller())
    [conversation] = engine.conversations
    assert conversation.kinds()[:3] == ["connected", "start", "media"]
    start = conversation.messages[1]["start"]
    assert start["customParameters"] == {"token": "abc"}
    assert (start["callSid"], start["accountSid"]) == (call.sid, ACCOUNT)
    numbered = [int(message["sequenceNumber"]) for message in conversation.messages[1:]]
    assert numbered == list(range(1, len(numbered) + 1))
    media = [frame["media"] for frame in conversation.frames()]
    assert [int(one["chunk"]) for one in media] == list(range(1, len(media) + 1))
    assert [int(one["timestamp"]) for one in media] == [20 * n for n in range(len(media))]


@pytest.mark.parametrize("signs_streams", [True, False])
async def test_the_upgrade_is_signed_unless_told_otherwise(engine: FakeEngine, signs_streams: bool):
    async def on_stream(conversation: Conversation) -> None:
        await conversation.socket.close()

    engine.on_stream = on_stream
    async with LoopbackCarrier(ACCOUNT, TOKEN, engine.voice_url, 10, signs_streams=signs_streams) as carrier:
        await carrier.call(FROM, TO, Caller())
    signature = engine.conversations[0].headers.get("X-Twilio-Signature")
    if signs_streams:
        assert RequestValidator(TOKEN).validate(engine.stream_url, {}, signature)
    else:
        assert signature is None


@pytest.mark.parametrize("speed", [4, 25])
async def test_a_mark_returns_when_the_audio_before_it_was_played(engine: FakeEngine, speed: float):
    frames_before: dict[str, int] = {}

    async def on_stream(conversation: Conversation) -> None:
        await conversation.send("mark", mark={"name": "at once"})
        assert (await conversation.next("mark"))["mark"]["name"] == "at once"
        began = len(conversation.frames())
        await conversation.play(PROMPT, "first")
        await conversation.play(PROMPT, "second")
        for _ in range(2):
            name = (await conversation.next("mark"))["mark"]["name"]
            frames_before[name] = len(conversation.frames()) - began

    engine.on_stream = on_stream
    async with LoopbackCarrier(ACCOUNT, TOKEN, engine.voice_url, speed) as carrier:
        call = await carrier.call(FROM, TO, Caller())
    assert list(frames_before) == ["first", "second"]
    assert frames_before["first"] >= 50  # a second of audio lasts fifty frames, whatever the speed
    assert frames_before["second"] - frames_before["first"] >= 50
    assert call.heard.audio() == PROMPT + PROMPT


async def test_a_clear_empties_the_buffer_and_returns_the_marks_at_once(
    engine: FakeEngine, carrier: LoopbackCarrier
):
    returned: list[str] = []

    async def on_stream(conversation: Conversation) -> None:
        await conversation.play(PROMPT, "a")
        await conversation.play(PROMPT * 30, "b")
        await conversation.play(PROMPT * 30, "c")
        returned.append((await conversation.next("mark"))["mark"]["name"])
        await conversation.send("clear")
        returned.extend([(await conversation.next("mark"))["mark"]["name"] for _ in range(2)])
        await conversation.play(PROMPT, "after")
        returned.append((await conversation.next("mark"))["mark"]["name"])

    engine.on_stream = on_stream
    call = await carrier.call(FROM, TO, Caller())
    assert returned == ["a", "b", "c", "after"]
    assert 2 * len(PROMPT) <= len(call.heard.audio()) < 30 * len(PROMPT)
    assert [one.what for one in call.timeline].count("audio_cleared") == 1


async def test_keys_are_pressed_after_each_prompt(engine: FakeEngine, carrier: LoopbackCarrier):
    pressed: list[str] = []

    async def on_stream(conversation: Conversation) -> None:
        for count in (5, 1, 1):
            await conversation.play(PROMPT, "question")
            assert (await conversation.next("mark", "dtmf"))["event"] == "mark"  # nobody interrupts
            pressed.append(await conversation.keys(count))

    engine.on_stream = on_stream
    await carrier.call(FROM, TO, Caller.keys(["78701", "2", "#"]))
    assert pressed == ["78701", "2", "#"]
    assert engine.conversations[0].messages[-1]["dtmf"]["track"] == "inbound_track"


async def test_a_caller_in_a_hurry_interrupts_each_prompt(engine: FakeEngine, carrier: LoopbackCarrier):
    pressed: list[str] = []

    async def on_stream(conversation: Conversation) -> None:
        for _ in range(2):
            await conversation.play(PROMPT * 20, "question")
            assert (await conversation.next("mark", "dtmf"))["event"] == "dtmf"
            await conversation.send("clear")
            assert (await conversation.next("mark"))["mark"]["name"] == "question"
            pressed.append("key")

    engine.on_stream = on_stream
    call = await carrier.call(FROM, TO, Caller.keys(["1", "2"], barge_in=True))
    assert pressed == ["key", "key"]
    assert [one.detail for one in call.timeline if one.what == "key_pressed"] == ["1", "2"]


async def test_the_callers_voice_reaches_the_engine(engine: FakeEngine, carrier: LoopbackCarrier):
    call = await carrier.call(FROM, TO, Caller().waits(0.2).says(caller_voice()).waits(0.2).hangs_up())
    [conversation] = engine.conversations
    audio = b"".join(base64.b64decode(frame["media"]["payload"]) for frame in conversation.frames())
    assert hears_tone(audio, CALLER_HZ, min_ms=900)
    assert call.ended_by == "caller"


async def test_who_hangs_up_ends_the_stream_with_stop(engine: FakeEngine, carrier: LoopbackCarrier):
    engine.documents["/voice"] = engine.connects(then="<Redirect>/again</Redirect>")
    call = await carrier.call(FROM, TO, Caller().waits(0.3).hangs_up())
    [conversation] = engine.conversations
    await conversation.socket.wait_closed()
    assert conversation.kinds()[-1] == "stop"
    assert conversation.messages[-1]["stop"] == {"accountSid": ACCOUNT, "callSid": call.sid}
    assert (call.status, call.ended_by) == ("completed", "caller")
    assert [told.path for told in engine.told] == ["/voice"]


async def test_after_the_engine_closes_the_next_verb_runs(engine: FakeEngine, carrier: LoopbackCarrier):
    engine.documents["/voice"] = engine.connects(then="<Say>Sorry</Say><Redirect>/again?try=2</Redirect>")
    engine.documents["/again"] = HANG_UP

    async def on_stream(conversation: Conversation) -> None:
        await conversation.socket.close(1011)

    engine.on_stream = on_stream
    call = await carrier.call(FROM, TO, Caller())
    assert [(told.path, told.form["CallStatus"]) for told in engine.told] == [
        ("/voice", "ringing"),
        ("/again", "in-progress"),
    ]
    assert all(told.is_signed for told in engine.told)
    assert "Say Sorry" in [one.detail for one in call.timeline]
    assert not call.complaints


async def test_a_rejected_call_is_never_answered(engine: FakeEngine, carrier: LoopbackCarrier):
    engine.documents["/voice"] = '<Response><Reject reason="busy"/></Response>'
    call = await carrier.call(FROM, TO, Caller())
    assert (call.status, call.duration_s, call.answered_ms) == ("busy", 0, None)


@pytest.mark.parametrize(
    ("document", "code"),
    [("<Response><Connect>", 12100), ("<Response><Dial/></Response>", 12200), (None, 11200)],
)
async def test_a_webhook_that_fails_is_noted_and_ends_the_call(
    engine: FakeEngine, carrier: LoopbackCarrier, document: str | None, code: int
):
    engine.documents["/voice"] = document  # type: ignore[assignment]
    call = await carrier.call(FROM, TO, Caller())
    assert [one.code for one in call.complaints] == [code]
    assert call.status == "failed"


async def test_a_webhook_of_another_content_type_is_noted(engine: FakeEngine, carrier: LoopbackCarrier):
    engine.content_type = "application/json"
    call = await carrier.call(FROM, TO, Caller())
    assert [one.code for one in call.complaints] == [12300]


async def test_an_engine_that_redirects_in_a_circle_is_left(engine: FakeEngine, carrier: LoopbackCarrier):
    engine.documents["/voice"] = "<Response><Redirect>/voice</Redirect></Response>"
    call = await carrier.call(FROM, TO, Caller())
    assert "circle" in call.complaints[-1].message


async def test_a_refused_stream_is_noted_and_the_next_verb_runs(engine: FakeEngine, carrier: LoopbackCarrier):
    stream = f'<Stream url="{engine.http.replace("http", "ws")}/voice"/>'
    engine.documents["/voice"] = f"<Response><Connect>{stream}</Connect><Say>Goodbye</Say></Response>"
    call = await carrier.call(FROM, TO, Caller())
    assert [one.code for one in call.complaints] == [31920]
    assert "Say Goodbye" in [one.detail for one in call.timeline]


async def test_what_the_engine_sends_wrong_is_noted_and_the_stream_goes_on(
    engine: FakeEngine, carrier: LoopbackCarrier
):
    async def on_stream(conversation: Conversation) -> None:
        await conversation.socket.send(b"\x00\x01")
        await conversation.socket.send("not json")
        await conversation.socket.send(json.dumps({"event": "clear", "streamSid": "MZ-other"}))
        await conversation.send("mark", mark={"name": "still here"})
        await conversation.next("mark")

    engine.on_stream = on_stream
    call = await carrier.call(FROM, TO, Caller())
    assert [one.code for one in call.complaints] == [31950, 31924, 31951]


async def test_a_silent_engine_is_a_rehearsal_that_is_stuck(engine: FakeEngine):
    async with LoopbackCarrier(ACCOUNT, TOKEN, engine.voice_url, patience_s=0.3) as carrier:
        with pytest.raises(RehearsalStuck, match="a prompt to be heard to its end") as caught:
            await carrier.call(FROM, TO, Caller.keys(["1"]))
    assert "stream_opened" in [one.what for one in caught.value.timeline]
    assert "stream opened" in str(caught.value)


async def test_a_call_that_never_ends_is_stuck_too(engine: FakeEngine):
    async def on_stream(conversation: Conversation) -> None:
        while await conversation.next("media"):
            await conversation.play(PROMPT[:160])

    engine.on_stream = on_stream
    async with LoopbackCarrier(ACCOUNT, TOKEN, engine.voice_url, longest_call_s=0.5) as carrier:
        with pytest.raises(RehearsalStuck, match=r"still up after 0\.5 s"):
            await carrier.call(FROM, TO, Caller())
    await engine.conversations[0].socket.wait_closed()
    assert engine.conversations[0].kinds()[-1] == "stop"


async def test_a_display_is_told_everything_in_order(engine: FakeEngine, carrier: LoopbackCarrier):
    shown: list[str] = []
    carrier.on_event(lambda happening: shown.append(happening.what))

    async def on_stream(conversation: Conversation) -> None:
        await conversation.play(PROMPT, "hello")
        await conversation.keys(1)

    engine.on_stream = on_stream
    await carrier.call(FROM, TO, Caller.keys(["1"]))
    assert shown == [
        "call_began",
        "webhook_sent",
        "document_given",
        "call_answered",
        "stream_opened",
        "prompt_began",
        "mark_returned",
        "prompt_ended",
        "key_pressed",
        "stream_closed",
        "call_ended",
    ]


async def test_leaving_the_carrier_hangs_up_what_is_still_up(engine: FakeEngine):
    async with LoopbackCarrier(ACCOUNT, TOKEN, engine.voice_url) as carrier:
        call = carrier.begin_call(FROM, TO, Caller())
    assert (call.is_over, call.ended_by) == (True, "carrier")


def is_the_carriers(task: asyncio.Task) -> bool:
    return "engine/rehearsal" in task.get_coro().cr_code.co_filename


async def test_nothing_is_left_running_when_the_carrier_is_gone(engine: FakeEngine):
    before = asyncio.all_tasks()
    async with LoopbackCarrier(
        ACCOUNT, TOKEN, engine.voice_url, 10, status_url=f"{engine.http}/status"
    ) as carrier:
        await carrier.call(FROM, TO, Caller().waits(0.5).hangs_up())
        carrier.begin_call(FROM, TO, Caller())
        await told_when(engine, lambda: len(engine.conversations) == 2)
        ours = {task for task in asyncio.all_tasks() - before if is_the_carriers(task)}
        assert ours
    assert not {task for task in ours if not task.done()}
    assert engine.statuses() == ["completed", "completed"]


async def test_a_caller_can_only_press_what_a_phone_has():
    with pytest.raises(ValueError, match="no phone has the key 'x'"):
        Caller().presses("1x")
