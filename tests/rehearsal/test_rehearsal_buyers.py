import asyncio

import httpx
import pytest

from engine.rehearsal.loopback import (
    BUYER_HZ,
    CALLER_HZ,
    BuyerPhone,
    Caller,
    LoopbackCarrier,
    caller_voice,
    hears_tone,
    tone,
)
from tests.rehearsal.fake_engine import ACCOUNT, HANG_UP, TOKEN, Conversation, FakeEngine, told_when

FROM, BUYER = "+15550100", "+15550111"
EVENTS = ["initiated", "ringing", "answered", "completed"]
WHISPER = tone(300, 1000)


class Rest:
    """The engine's hand on the carrier's API."""

    def __init__(self, carrier: LoopbackCarrier, engine: FakeEngine) -> None:
        self._http = httpx.AsyncClient(
            verify=False, base_url=carrier.api_url, auth=(ACCOUNT, TOKEN), trust_env=False
        )
        self._root = f"/2010-04-01/Accounts/{ACCOUNT}/Calls"
        self._engine = engine

    async def dial(self, **changes: object) -> httpx.Response:
        form: dict[str, object] = {
            "To": BUYER,
            "From": FROM,
            "Twiml": self._engine.connects(),
            "StatusCallback": f"{self._engine.http}/status?leg=1",
            "StatusCallbackEvent": EVENTS,
        }
        form |= changes
        return await self._http.post(
            f"{self._root}.json", data={name: value for name, value in form.items() if value is not None}
        )

    async def change(self, sid: str, **form: str) -> httpx.Response:
        return await self._http.post(f"{self._root}/{sid}.json", data=form)

    async def show(self, sid: str) -> httpx.Response:
        return await self._http.get(f"{self._root}/{sid}.json")

    async def close(self) -> None:
        await self._http.aclose()


@pytest.fixture
async def rest(carrier: LoopbackCarrier, engine: FakeEngine):
    hand = Rest(carrier, engine)
    yield hand
    await hand.close()


async def test_an_answered_call_reports_every_step_signed(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest
):
    carrier.buyer(BUYER, BuyerPhone.answers(presses=[(None, "1")], talk_s=5))
    pressed: list[str] = []

    async def on_stream(conversation: Conversation) -> None:
        await conversation.play(WHISPER, "whisper")
        pressed.append(await conversation.keys(1))
        await conversation.until_closed()

    engine.on_stream = on_stream
    answer = await rest.dial()
    assert answer.status_code == 201
    created = answer.json()
    assert (created["to"], created["from"], created["direction"]) == (BUYER, FROM, "outbound-api")
    assert created["sid"].startswith("CA")
    assert created["uri"] == f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{created['sid']}.json"
    await carrier.settled()
    assert pressed == ["1"]
    assert engine.statuses() == ["initiated", "ringing", "in-progress", "completed"]
    assert all(told.is_signed for told in engine.told)
    assert [told.form["SequenceNumber"] for told in engine.told] == ["0", "1", "2", "3"]
    last = engine.told[-1].form
    assert last["CallSid"] == created["sid"]
    assert int(last["CallDuration"]) >= 6  # a second of whisper, five of talk
    [leg] = carrier.buyer_calls
    assert leg.ended_by == "buyer"
    shown = (await rest.show(created["sid"])).json()
    assert (shown["status"], shown["duration"]) == ("completed", last["CallDuration"])


@pytest.mark.parametrize(
    ("conduct", "statuses"),
    [
        (BuyerPhone.busy(), ["initiated", "ringing", "busy"]),
        (BuyerPhone.noanswer(), ["initiated", "ringing", "no-answer"]),
        (BuyerPhone.answers(after_s=60), ["initiated", "ringing", "no-answer"]),
        (BuyerPhone.fails(), ["initiated", "failed"]),
    ],
)
async def test_a_call_that_nobody_takes_says_why(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest, conduct: BuyerPhone, statuses: list[str]
):
    carrier.buyer(BUYER, conduct)
    await rest.dial(Timeout="2")
    await carrier.settled()
    assert engine.statuses() == statuses
    assert all(told.is_signed for told in engine.told)
    assert engine.told[-1].form["CallDuration"] == "0"
    assert not engine.conversations


async def test_only_completed_is_reported_unless_more_is_asked_for(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest
):
    carrier.buyer(BUYER, BuyerPhone.busy())
    await rest.dial(StatusCallbackEvent=None)
    await carrier.settled()
    assert engine.statuses() == ["busy"]


async def test_ringing_that_the_engine_ends_is_canceled(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest
):
    carrier.buyer(BUYER, BuyerPhone.noanswer())
    sid = (await rest.dial(Timeout="600")).json()["sid"]
    assert (await rest.change(sid, Status="canceled")).status_code == 200
    await carrier.settled()
    assert engine.statuses() == ["initiated", "ringing", "canceled"]


async def test_a_call_that_the_engine_completes_gets_its_stop(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest
):
    carrier.buyer(BUYER, BuyerPhone.rejects(after_s=0.1))
    sid = (await rest.dial()).json()["sid"]
    await told_when(engine, lambda: any(one.frames() for one in engine.conversations))
    assert (await rest.change(sid, Status="completed")).status_code == 200
    await carrier.settled()
    [conversation] = engine.conversations
    await conversation.socket.wait_closed()
    assert conversation.kinds()[-1] == "stop"
    assert carrier.calls[sid].ended_by == "engine"
    refused = await rest.change(sid, Status="completed")
    assert (refused.status_code, refused.json()["code"]) == (400, 21220)


async def test_another_document_replaces_the_running_one(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest
):
    engine.documents["/elsewhere"] = HANG_UP
    carrier.buyer(BUYER, BuyerPhone.rejects(after_s=0.1))
    sid = (await rest.dial()).json()["sid"]
    await told_when(engine, lambda: any(one.frames() for one in engine.conversations))
    await rest.change(sid, Twiml="<Response><Redirect>" + engine.http + "/elsewhere</Redirect></Response>")
    await carrier.settled()
    assert engine.conversations[0].kinds()[-1] == "stop"
    assert "/elsewhere" in [told.path for told in engine.told]
    assert carrier.calls[sid].status == "completed"


async def test_a_document_by_url_is_fetched_when_the_buyer_answers(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest
):
    engine.documents["/leg"] = HANG_UP
    carrier.buyer(BUYER, BuyerPhone.answers(after_s=0.1))
    await rest.dial(Twiml=None, Url=f"{engine.http}/leg?a=1", Method="GET", StatusCallback=None)
    await carrier.settled()
    [told] = engine.told
    assert (told.path, told.form["CallStatus"], told.is_signed) == ("/leg", "in-progress", True)


async def test_a_buyer_who_hangs_up_during_the_whisper_leaves_it_unheard(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest
):
    carrier.buyer(BUYER, BuyerPhone.hangs_up_during_whisper())

    async def on_stream(conversation: Conversation) -> None:
        await conversation.play(WHISPER * 30, "whisper")
        await conversation.until_closed()

    engine.on_stream = on_stream
    await rest.dial()
    await carrier.settled()
    assert "mark" not in engine.conversations[0].kinds()
    assert carrier.buyer_calls[0].ended_by == "buyer"


async def test_the_next_call_to_a_number_takes_its_next_conduct(carrier: LoopbackCarrier, rest: Rest):
    carrier.buyer(BUYER, BuyerPhone.busy(), BuyerPhone.fails())
    for _ in range(3):
        await rest.dial()
    await carrier.settled()
    assert [call.status for call in carrier.buyer_calls] == ["busy", "failed", "failed"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"To": None}, 400, 21201),
        ({"To": "5550111"}, 400, 21211),
        ({"To": "+15550199"}, 400, 21211),
        ({"From": None}, 400, 21213),
        ({"From": "radio"}, 400, 21212),
        ({"Twiml": None}, 400, 21205),
        ({"Timeout": "soon"}, 400, 20001),
        ({"StatusCallbackEvent": "dreamt"}, 400, 21626),
    ],
)
async def test_a_request_that_is_wrong_is_refused_in_twilios_form(
    carrier: LoopbackCarrier, rest: Rest, changes: dict[str, str | None], status: int, code: int
):
    carrier.buyer("+15550199", BuyerPhone.fails(is_refused=True))
    answer = await rest.dial(**changes)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message", "more_info", "status"}
    assert (answer.json()["code"], answer.json()["status"]) == (code, status)
    assert not carrier.calls


async def test_strangers_and_unknown_calls_are_refused(carrier: LoopbackCarrier, rest: Rest):
    unknown = await rest.show("CA" + "f" * 32)
    assert (unknown.status_code, unknown.json()["code"]) == (404, 20404)
    async with httpx.AsyncClient(verify=False, base_url=carrier.api_url, trust_env=False) as stranger:
        for auth in (None, (ACCOUNT, "wrong"), ("AC" + "1" * 32, TOKEN)):
            answer = await stranger.post(
                f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", data={"To": BUYER}, auth=auth
            )
            assert (answer.status_code, answer.json()["code"]) == (401, 20003)


async def test_caller_and_buyer_hear_each_other_through_a_relaying_engine(
    engine: FakeEngine, carrier: LoopbackCarrier, rest: Rest
):
    carrier.buyer(BUYER, BuyerPhone.answers(after_s=0.2, presses=[], talk_s=3))
    legs: dict[str, Conversation] = {}
    both = asyncio.Event()

    async def on_stream(conversation: Conversation) -> None:
        leg = conversation.messages[-1]["start"]["customParameters"].get("leg", "buyer")
        legs[leg] = conversation
        if leg == "caller":
            await rest.dial()
        else:
            both.set()
        await both.wait()
        other = legs["buyer" if leg == "caller" else "caller"]
        while frame := await conversation.next("media"):
            await other.send("media", media={"payload": frame["media"]["payload"]})
        await other.socket.close()

    engine.documents["/voice"] = engine.connects(leg="caller")
    engine.on_stream = on_stream
    caller = Caller().talks(caller_voice()).listens_until_tone(BUYER_HZ).stays_until_end()
    call = await carrier.call("+15125550123", FROM, caller)
    await carrier.settled()
    [leg] = carrier.buyer_calls
    assert hears_tone(call.heard.audio(), BUYER_HZ)
    assert hears_tone(leg.heard.audio(), CALLER_HZ)
    assert not hears_tone(call.heard.audio(), CALLER_HZ)
    assert (call.ended_by, leg.ended_by) == ("engine", "buyer")
