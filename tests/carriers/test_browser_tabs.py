"""What tabs ask, without a browser: leaves, ringing, declining, and the stream's messages."""

from __future__ import annotations

import asyncio
import base64
import json

from engine.carriers.browser.account import BrowserAccount, BrowserSettings
from engine.carriers.browser.leaves import GOOD_FOR_S, Leave, Leaves
from engine.carriers.browser.stream import BrowserStream
from engine.carriers.browser.tabs import RingingLeg, Tabs
from engine.carriers.requests import CarrierWebhook
from engine.media.messages import Audio, Key, Malformed, MarkPlayed, Started, Stopped
from tests.carriers.at_door import AtDoor
from tests.waiting import until

KEY = "the-operator's-key"
FRAME = bytes(range(160))


def leg(tabs: Tabs, number: str, ended: list[str], name: str = "leg-1") -> RingingLeg:
    return RingingLeg(
        name, "c", "buyer-1", "+15550100", "ws://x", "t", tabs.waiting_for(number), ended.append
    )


def test_a_leave_is_good_once_for_what_it_was_given_for_and_not_for_ever() -> None:
    leaves = Leaves()
    token = leaves.issue(Leave("caller", "+15550100"), 0)
    assert leaves.use(token, "buyer", 1) is None
    assert leaves.use(token, "caller", 1) == Leave("caller", "+15550100")
    assert leaves.use(token, "caller", 1) is None
    late = leaves.issue(Leave("caller", "+15550100"), 0)
    assert leaves.use(late, "caller", GOOD_FOR_S) is None
    assert leaves.use("", "caller", 0) is None


async def test_the_first_tab_that_answers_has_the_leg() -> None:
    tabs, ended = Tabs(lambda: 0.0), list[str]()
    one, two, other = (tabs.open(number) for number in ("+15550111", "+15550111", "+15550112"))
    tabs.ring(leg(tabs, "+15550111", ended), 30)
    for tab in (one, two):
        rings = await tabs.next(tab, "")
        assert rings is not None
        assert rings.name == "leg-1"
    assert tabs.answer(other, "leg-1") is None
    assert tabs.answer(two, "leg-1") is not None
    assert tabs.answer(one, "leg-1") is None
    assert await tabs.next(one, "leg-1") is None  # and it rings there no more
    assert ended == []


async def test_a_leg_is_busy_once_all_have_declined_and_unanswered_once_all_have_gone() -> None:
    tabs, ended = Tabs(lambda: 0.0), list[str]()
    one, two = (tabs.open("+15550111") for _ in range(2))
    tabs.ring(leg(tabs, "+15550111", ended), 30)
    tabs.decline(one, "leg-1")
    assert ended == []
    tabs.decline(two, "leg-1")
    assert ended == ["busy"]
    tabs.ring(leg(tabs, "+15550111", ended, "leg-2"), 30)
    tabs.close(one)
    tabs.close(two)
    assert ended == ["busy", "noanswer"]
    tabs.ring(leg(tabs, "+15550111", ended, "leg-3"), 0.01)
    await until(lambda: len(ended) == 3)
    assert ended == ["busy", "noanswer", "noanswer"]
    assert not tabs.stop("leg-3")


async def test_a_tab_that_asks_no_more_is_not_rung() -> None:
    now = [0.0]
    tabs = Tabs(lambda: now[0])
    tab = tabs.open("+15550111")
    now[0] = 14
    assert tabs.waiting_for("+15550111") == {tab}
    now[0] = 16
    assert tabs.waiting_for("+15550111") == set()
    assert not tabs.knows(tab)


async def test_what_waits_is_told_at_once() -> None:
    tabs, ended = Tabs(lambda: 0.0), list[str]()
    tab = tabs.open("+15550111")
    asking = asyncio.create_task(tabs.next(tab, ""))
    await asyncio.sleep(0)
    tabs.ring(leg(tabs, "+15550111", ended), 30)
    rings = await asking
    assert rings is not None
    asking = asyncio.create_task(tabs.next(tab, "leg-1"))
    await asyncio.sleep(0)
    assert tabs.stop("leg-1")
    assert await asking is None


def test_the_streams_messages() -> None:
    stream = BrowserStream()
    start = json.dumps({"event": "start", "call": "tab-1", "token": "tok"})
    started = stream.decode(start)
    assert isinstance(started, Started)
    assert (started.carrier_call, started.parameters) == ("tab-1", {"token": "tok"})
    assert stream.decode(FRAME) == Audio(base64.b64encode(FRAME))
    assert stream.decode('{"event": "key", "key": "#"}') == Key("#")
    assert stream.decode('{"event": "mark", "name": "p1"}') == MarkPlayed("p1")
    assert stream.decode('{"event": "stop"}') == Stopped()
    for wrong in (start, '{"event": "key", "key": "x"}', '{"event": "mark"}', "[]", "no JSON"):
        assert isinstance(stream.decode(wrong), Malformed)


def test_what_is_short_of_a_frame_is_heard_before_its_mark() -> None:
    stream = BrowserStream()
    assert stream.audio(base64.b64encode(FRAME + FRAME[:40])) == FRAME
    flushed, mark = stream.mark("p1")
    assert flushed == FRAME[:40] + b"\xff" * 120
    assert json.loads(mark) == {"event": "mark", "name": "p1"}
    assert json.loads(stream.clear()) == {"event": "clear"}


def asked(
    route: str, body: dict[str, str] | None = None, key: str = "", method: str = "POST"
) -> CarrierWebhook:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return CarrierWebhook(method, route, "", (), headers, "127.0.0.1", json.dumps(body or {}).encode())


def account(key: str = KEY) -> BrowserAccount:
    return BrowserAccount(BrowserSettings(browser_key=key), AtDoor("browser"))


def test_nothing_is_proven_but_by_the_key_and_what_it_gave() -> None:
    ours = account()
    assert ours.may_hold(asked("phone", method="GET"))
    assert not ours.may_hold(asked("../account.py", method="GET"))
    assert ours.holds(asked("tokens", key=KEY))
    for key in ("", "another"):
        assert not ours.may_hold(asked("tokens", key=key))
    for route in ("calls", "tabs"):
        assert not ours.holds(asked(route, {"token": "guessed"}))
    for route in ("tabs/next", "tabs/answer", "tabs/decline", "tabs/leave"):
        assert not ours.holds(asked(route, {"tab": "guessed"}))
    assert not ours.may_hold(asked("elsewhere"))


def test_without_a_key_nobody_may_do_anything() -> None:
    for route, method in (("phone", "GET"), ("tokens", "POST"), ("calls", "POST"), ("tabs", "POST")):
        assert not account("").may_hold(asked(route, method=method))
        assert not account("").holds(asked(route, method=method))


async def test_a_call_by_a_page_is_announced_as_a_browsers() -> None:
    door = AtDoor("browser")
    ours = BrowserAccount(BrowserSettings(browser_key=KEY), door)
    given = await ours.answer(asked("tokens", {"as": "caller", "number": "+15550100"}, KEY))
    placed = json.loads((await ours.answer(asked("calls", json.loads(given.body)))).body)
    ((told, arriving),) = door.told
    assert told == "welcome"
    assert (arriving.called, arriving.by_browser) == ("+15550100", True)  # type: ignore[attr-defined]
    assert placed["call"] == arriving.carrier_call  # type: ignore[attr-defined]
    assert (await ours.answer(asked("calls", json.loads(given.body)))).status == 403
