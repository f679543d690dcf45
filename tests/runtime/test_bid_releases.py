"""A bidder that was promised a call is told that it does not come: after its confirmation, until it hears."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from engine.core.commands import Bidder, ReleaseBid
from engine.runtime.clock import Clock
from engine.runtime.outward import bid_releases
from engine.runtime.outward.bid_releases import BidReleases
from engine.runtime.outward.requests import SIGNATURE, Outward, Secrets
from tests.runtime.bidders import Asked, Bidders, http, says, serving


@pytest.fixture
async def releases(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BidReleases]:
    monkeypatch.setattr(bid_releases, "RETRY_AFTER_MS", (1, 1))
    outward = Outward(Clock(), Secrets({"CORDBOARD_SECRET_COAST": "hush"}))
    made = BidReleases(outward)
    yield made
    await made.close()
    await outward.close()


def release(server: Bidders, name: str) -> ReleaseBid:
    bidder = Bidder("coast", server.url(name), 1_000, "COAST", 5, 30_000, {})
    return ReleaseBid("c1", "b2", "bid-7", "busy", bidder)


async def test_a_release_names_the_request_that_was_confirmed_and_why(releases: BidReleases) -> None:
    async with serving(over=says(http({}))) as server:
        releases.tell(release(server, "over"), "call-1")
        await releases.close()
        (asked,) = server.asked
    assert asked.json == {"request": "call-1.b2", "id": "bid-7", "reason": "busy"}
    assert SIGNATURE.lower() in asked.headers


async def test_a_release_waits_for_its_confirmation_to_be_over(releases: BidReleases) -> None:
    is_over = asyncio.Event()
    async with serving(over=says(http({}))) as server:
        releases.tell(release(server, "over"), "call-1", after=is_over)
        for _ in range(20):
            await asyncio.sleep(0)
        assert server.asked == []
        is_over.set()
        await releases.close()
        assert len(server.asked) == 1


async def test_a_release_is_sent_again_until_it_is_taken(releases: BidReleases) -> None:
    answers = [http({}, "500 Internal Server Error"), None, http({})]

    async def conduct(_: Asked) -> bytes | None:
        return answers.pop(0)

    async with serving(over=conduct) as server:
        releases.tell(release(server, "over"), "call-1")
        await releases.close()
        assert len({asked.body for asked in server.asked}) == 1
        assert len(server.asked) == 3


async def test_a_release_that_nobody_takes_is_a_warning_and_ends(
    releases: BidReleases, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(over=says(http(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n"))) as server:
        with caplog.at_level(logging.WARNING):
            releases.tell(release(server, "over"), "call-1")
            await releases.close()
        assert len(server.asked) == 3
    assert (
        "call call-1: bidder coast was not told that the call does not come (busy): HTTP 302" in caplog.text
    )
