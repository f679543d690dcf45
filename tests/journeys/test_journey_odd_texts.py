"""Half characters and NULs from outside cost nobody his call, on either database."""

# ruff: noqa: F401  the server's fixtures, which belong to the store's tests

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.journey_world import LONESTAR, SHORT_BILLS, answering, keys, network, open_house
from tests.runtime.bidders import http, says, serving
from tests.store.conftest import empty_url, server

ODD = [b'{"bid": "99.00", "id": "\\ud800"}', b'{"bid": "99.00", "id": "\\u0000", "reason": "\\ud800"}']


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
@pytest.mark.parametrize("said", ODD, ids=["half a character", "NUL"])
async def test_a_bidders_odd_text_refuses_its_bid_and_the_others_stand(
    tmp_path: Path, said: bytes, database: str, request: pytest.FixtureRequest
) -> None:
    chosen = {"db": request.getfixturevalue("empty_url")} if database == "PostgreSQL" else {}
    async with serving(odd=says(http(said))) as bidders:
        buyers = (
            f'\nbuyers:\n  odd:\n    to: "+15550201"\n    bid: {{ping: {{url: "{bidders.url("odd")}"}}}}\n'
            "    billable: {after: 2s}\n"
        )
        changes = {
            **SHORT_BILLS,
            "    flow: roofing   ": "    bidding: {deadline: 12s}\n    flow: roofing   ",
            "buyers: [lonestar, redriver, sunstate]   # who": "buyers: [odd, lonestar]   # who",
            "\nbuyers:\n": buyers,
        }
        async with open_house(tmp_path, network(tmp_path / "flows", changes), **chosen) as house:
            house.carrier.buyer(LONESTAR, answering())
            await house.call(keys())
            shown = await house.shown()
            assert await house.all_replay() == 1
    (decision,) = shown["decisions"]
    assert {each["buyer"]: each["code"] for each in decision["candidates"]}["odd"] == "bid_malformed"
    assert decision["chosen"] == "lonestar"
    assert shown["ended_by"] == "flow"
    assert shown["faults"] == []


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
async def test_a_carriers_name_for_a_call_may_hold_a_nul(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    """Asked by such a name, the engine answers as for any other that it doesn't know."""
    chosen = {"db": request.getfixturevalue("empty_url")} if database == "PostgreSQL" else {}
    async with open_house(tmp_path, network(tmp_path / "flows"), **chosen) as house:
        form = {"CallSid": "CA\0", "From": "+15125550123", "To": "+15550100", "CallDuration": "5"}
        after = await house.post("/carriers/twilio/after/0", form)
        assert after.status_code == 400
