"""Bidders asked over real sockets: together, within one deadline, each failure told apart."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Iterable

import pytest

from engine.core.commands import Bidder, Confirm, Ping
from engine.core.events import Bid
from engine.runtime.outward.pinging import AskingCall, Pinging
from engine.runtime.outward.requests import MOST_BYTES, Outward, Secrets
from tests.runtime.bidders import Bidders, bids, http, never, says, serving
from tests.runtime.moved_clock import MovedClock

CALLER = "+15125550123"
SECRETS = Secrets({"CORDBOARD_SECRET_LONESTAR": "between us", "PATH": "/bin"})


@pytest.fixture
async def clock() -> MovedClock:
    return MovedClock(seconds=asyncio.get_running_loop().time)


@pytest.fixture
async def pinging(clock: MovedClock) -> AsyncIterator[Pinging]:
    outward = Outward(clock, SECRETS)
    yield Pinging(outward)
    await outward.close()


def bidder(server: Bidders, name: str, **more: object) -> Bidder:
    known = {"url": server.url(name), "timeout_ms": 400, "secret": "", "failures": 5, "rest_ms": 30_000}
    return Bidder(buyer=name, answers={"zip": "78701"}, **{**known, **more})  # type: ignore[arg-type]


def ping(bidders: Iterable[Bidder], deadline_ms: int = 400, name: str = "b1") -> Ping:
    return Ping(name, "roofing", deadline_ms, "512", tuple(bidders))


def asking(number: str = CALLER, call: str = "c1") -> AskingCall:
    return AskingCall(call, number, lambda: 5_000)


def outcomes(said: Iterable[Bid]) -> dict[str, str]:
    return {bid.buyer: bid.outcome for bid in said}


async def test_of_eight_that_are_asked_at_once_each_is_told_for_what_it_did(pinging: Pinging) -> None:
    async with serving(
        high=bids("41.50"),
        low=bids(28.25, id="b-7", expires_in=30, to="+15550177"),
        slow=never,
        slower=never,
        liar=says(http({"bid": "a fortune", "to": 5})),
        cheap=bids("3.00"),
        dead=says(None),
        none=bids(0, reason="no agents"),
    ) as server:
        said = await pinging.ask(ping([bidder(server, name) for name in server.conducts]), asking())
    assert outcomes(said) == {
        "high": "bid",
        "low": "bid",
        "slow": "late",
        "slower": "late",
        "liar": "malformed",
        "cheap": "bid",  # the floor is the exchange's business
        "dead": "failed",
        "none": "no_bid",
    }
    by_name = {bid.buyer: bid for bid in said}
    assert by_name["high"].amount_micros == 41_500_000
    assert (by_name["low"].to, by_name["low"].name, by_name["low"].expires_at) == ("+15550177", "b-7", 35_000)
    assert by_name["slow"].detail == "no answer within 400 ms"
    assert "bid: found a fortune" in by_name["liar"].detail
    assert by_name["none"].detail == "no agents"


async def test_a_ping_hides_the_caller_and_is_signed(pinging: Pinging) -> None:
    async with serving(lonestar=bids("30.00")) as server:
        await pinging.ask(ping([bidder(server, "lonestar", secret="LONESTAR")]), asking())
    (asked,) = server.asked
    assert "5550123" not in asked.body.decode()
    assert asked.json == {
        "request": "c1.b1",
        "campaign": "roofing",
        "area": "512",
        "deadline_ms": 400,
        "answers": {"zip": "78701"},
    }
    signed = dict(part.split("=") for part in asked.headers["x-cordboard-signature"].split(","))
    expected = hmac.new(b"between us", f"{signed['t']}.".encode() + asked.body, hashlib.sha256).hexdigest()
    assert signed["v1"] == expected


async def test_a_secret_that_is_not_given_is_named_and_nothing_is_sent(pinging: Pinging) -> None:
    async with serving(lonestar=bids("30.00")) as server:
        (bid,) = await pinging.ask(ping([bidder(server, "lonestar", secret="REDRIVER")]), asking())
    assert (bid.outcome, bid.detail) == (
        "failed",
        "the secret REDRIVER is missing; set CORDBOARD_SECRET_REDRIVER",
    )
    assert server.asked == []
    assert "between us" not in repr(SECRETS)


@pytest.mark.parametrize(
    ("reply", "outcome", "detail"),
    [
        (http(b"", "204 No Content"), "no_bid", ""),
        (http(b"oops", "500 Internal Server Error"), "failed", "HTTP 500"),
        (http(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n"), "failed", "HTTP 302"),
        (http(b"x" * (MOST_BYTES + 1)), "failed", f"more than {MOST_BYTES} bytes came back"),
        (b"not http at all\r\n\r\n", "failed", "RemoteProtocolError"),
        (http(b"<html>"), "malformed", "it isn't JSON"),
    ],
)
async def test_other_answers_are_told_apart(
    pinging: Pinging, reply: bytes, outcome: str, detail: str
) -> None:
    async with serving(odd=says(reply)) as server:
        (bid,) = await pinging.ask(ping([bidder(server, "odd")]), asking())
    assert bid.outcome == outcome
    assert detail in bid.detail


async def test_a_bid_stands_for_the_same_caller_and_answers_until_it_expires(
    pinging: Pinging, clock: MovedClock
) -> None:
    async with serving(lonestar=bids("30.00", expires_in=60, id="b-9")) as server:
        asked = ping([bidder(server, "lonestar")])
        (first,) = await pinging.ask(asked, asking())
        (again,) = await pinging.ask(asked, asking(call="c2"))
        await pinging.ask(asked, asking("+15125550124"))
        await pinging.ask(ping([bidder(server, "lonestar", url=server.url("lonestar") + "?other")]), asking())
        assert len(server.asked) == 3, "another caller and another question are asked anew"
        clock.ahead_ms = 61_000
        (later,) = await pinging.ask(asked, asking())
    assert (first.outcome, again.outcome, later.outcome) == ("bid", "cached", "bid")
    assert (again.amount_micros, again.name) == (first.amount_micros, "b-9")
    assert again.expires_at is not None
    assert 0 < again.expires_at <= 65_000


async def test_without_expires_in_a_bid_is_for_once(pinging: Pinging) -> None:
    async with serving(lonestar=bids("30.00")) as server:
        for _ in range(2):
            await pinging.ask(ping([bidder(server, "lonestar")]), asking())
    assert len(server.asked) == 2


async def test_a_bidder_that_keeps_failing_is_left_alone_then_tried_by_one_request(
    pinging: Pinging, clock: MovedClock
) -> None:
    async with serving(ill=says(None)) as server:
        asked = ping([bidder(server, "ill", failures=3)])
        said = [outcomes(await pinging.ask(asked, asking()))["ill"] for _ in range(5)]
        assert said == ["failed", "failed", "failed", "breaker_open", "breaker_open"]
        clock.ahead_ms = 30_001
        assert outcomes(await pinging.ask(asked, asking())) == {"ill": "failed"}
        assert outcomes(await pinging.ask(asked, asking())) == {"ill": "breaker_open"}, "one was enough"
        clock.ahead_ms = 60_002
        server.conducts["ill"] = bids("30.00")
        assert outcomes(await pinging.ask(asked, asking())) == {"ill": "bid"}
        assert outcomes(await pinging.ask(asked, asking())) == {"ill": "bid"}, "well again"
    assert len(server.asked) == 6


async def test_while_the_one_request_is_on_its_way_no_other_is_sent(
    pinging: Pinging, clock: MovedClock
) -> None:
    async with serving(ill=says(None)) as server:
        one = bidder(server, "ill", failures=1)
        await pinging.ask(ping([one]), asking())
        clock.ahead_ms = 30_001
        server.conducts["ill"] = bids("30.00")
        both = await pinging.ask(ping([one, one]), asking())
    assert [bid.outcome for bid in both] == ["bid", "breaker_open"]


async def test_who_is_late_counts_as_failing(pinging: Pinging) -> None:
    async with serving(slow=never) as server:
        asked = ping([bidder(server, "slow", failures=1)], deadline_ms=50)
        first = await pinging.ask(asked, asking())
        again = await pinging.ask(asked, asking())
    assert [bid.outcome for bid in (*first, *again)] == ["late", "breaker_open"]


def confirm(server: Bidders, name: str) -> Confirm:
    return Confirm("c1", "b1", "b-7", 31_500_000, bidder(server, name))


async def test_the_winner_is_told_who_calls(pinging: Pinging) -> None:
    async with serving(lonestar=says(http({"accepted": True, "to": "+15550188"}))) as server:
        said = (await pinging.confirm(confirm(server, "lonestar"), asking())).answer
    assert (said.accepted, said.to) == (True, "+15550188")
    assert server.asked[0].json == {
        "request": "c1.b1",
        "id": "b-7",
        "bid": "31.50",
        "caller": CALLER,
        "answers": {"zip": "78701"},
    }


@pytest.mark.parametrize(
    ("reply", "reason", "is_clear"),
    [
        (http({"accepted": False, "reason": "all agents busy"}), "all agents busy", True),
        (http({"accepted": "yes"}), "no confirmation", False),
        (http({}, "503 Service Unavailable"), "HTTP 503", False),
        (None, "RemoteProtocolError", False),
    ],
)
async def test_anything_but_a_clear_yes_is_a_refusal_and_only_a_clear_no_is_clear(
    pinging: Pinging, reply: bytes | None, reason: str, *, is_clear: bool
) -> None:
    async with serving(lonestar=says(reply)) as server:
        said = await pinging.confirm(confirm(server, "lonestar"), asking())
    assert not said.answer.accepted
    assert said.is_clear is is_clear
    assert reason in said.answer.reason
