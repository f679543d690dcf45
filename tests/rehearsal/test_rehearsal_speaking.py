"""Callers who speak and key in one call."""

import base64

from engine.rehearsal.loopback import Caller, LoopbackCarrier, tone
from engine.rehearsal.loopback.acts import WaitForTurn
from engine.rehearsal.loopback.tones import has_sound
from tests.rehearsal.fake_engine import Conversation, FakeEngine

FROM, TO = "+15125550123", "+15550100"
PROMPT = tone(300, 1000)
VOICE = tone(700, 400)


async def test_who_speaks_waits_for_a_pause_to_be_over(engine: FakeEngine, carrier: LoopbackCarrier):
    async def on_stream(conversation: Conversation) -> None:
        await conversation.play(PROMPT, "first")
        await conversation.next("mark")
        for _ in range(60):  # a pause of 1.2 s
            await conversation.next("media")
        await conversation.play(PROMPT, "second")
        await conversation.until_closed()

    engine.on_stream = on_stream
    caller = Caller().waits_for_its_turn(quiet_ms=4_000).says(VOICE).hangs_up()
    call = await carrier.call(FROM, TO, caller)
    told = [happening.what for happening in call.timeline if happening.who == "caller"]
    assert told[told.index("prompt_began") :][:5] == [
        *("prompt_began", "prompt_ended", "prompt_began", "prompt_ended", "voice_raised"),
    ]


async def test_answers_are_said_and_keyed_one_a_prompt(engine: FakeEngine, carrier: LoopbackCarrier):
    given: list[str] = []

    async def on_stream(conversation: Conversation) -> None:
        await conversation.play(PROMPT)
        while not has_sound(base64.b64decode((await conversation.next("media"))["media"]["payload"])):
            continue
        given.append("voice")
        for _ in range(100):  # the voice is over
            await conversation.next("media")
        await conversation.play(PROMPT)
        given.append(await conversation.keys(2))
        await conversation.socket.close()

    engine.on_stream = on_stream
    await carrier.call(FROM, TO, Caller.answers([VOICE, "12"]))
    assert given == ["voice", "12"]


def test_keys_wait_for_the_prompt_and_words_for_their_turn():
    acts = Caller.answers(["1", b"\x00", "2"]).acts
    assert [isinstance(act, WaitForTurn) for act in acts] == [False, False, True, False, False, False]
