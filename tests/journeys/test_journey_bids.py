"""Whole calls whose buyers bid over HTTP, ring together, are told, and lose a caller that they hung up on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.exchange.destinations import Destinations
from engine.exchange.market import NetworkMarket
from engine.rehearsal.loopback import BuyerPhone
from tests.journeys.journey_world import (
    LONESTAR,
    REDRIVER,
    SHORT_BILLS,
    answering,
    keys,
    network,
    open_house,
)
from tests.runtime.bidders import Bidders, bids, http, never, says, serving

DEADLINE = "12s"  # of a clock that runs eight times as fast


def bidder(server: Bidders, name: str, number: int, more: str = "") -> str:
    return f"""
  {name}:
    to: "+1555020{number}"
    accepts: zip.state == "TX"
    bid: {{ping: {{url: "{server.url(name)}"}}, sends: [zip]{more}}}
    billable: {{after: 2s}}
"""


async def test_of_eight_bidders_the_best_that_stands_gets_the_call_and_owes_its_bid(tmp_path: Path) -> None:
    async with serving(
        high=bids("41.50", id="b-1"),
        low=bids("28.25"),
        slow=never,
        slower=never,
        liar=says(http({"bid": "a fortune"})),
        cheap=bids("3.00"),
        dead=says(None),
        keen=bids("99.00"),
        won=says(http({"accepted": True, "to": "+15550299"})),
        lost=says(http({"accepted": False, "reason": "all agents busy"})),
        crm=says(http({})),
    ) as server:
        names = ("high", "low", "slow", "slower", "liar", "cheap", "dead", "keen")
        more = {
            "high": f', confirm: {{url: "{server.url("won")}"}}',
            "keen": f', confirm: {{url: "{server.url("lost")}"}}',
        }
        buyers = "".join(bidder(server, name, n, more.get(name, "")) for n, name in enumerate(names))
        tell = f'    tell: {{sends: [need], webhook: {{url: "{server.url("crm")}"}}}}\n'
        buyers = buyers.replace('to: "+15550200"\n', f'to: "+15550200"\n{tell}')
        changes = {
            **SHORT_BILLS,
            "    flow: roofing   ": f'    bidding: {{deadline: {DEADLINE}, floor: "20.00"}}\n    flow: roofing   ',
            "buyers: [lonestar, redriver, sunstate]   # who": f"buyers: [{', '.join(names)}]   # who",
            "\nbuyers:\n": f"\nbuyers:{buyers}",
        }
        async with open_house(tmp_path, network(tmp_path / "flows", changes)) as house:
            house.carrier.buyer("+15550299", answering())
            await house.call(keys())
            shown = await house.shown()
            assert await house.all_replay() == 1
            assert set(house.reservations()) == {("r1", "freed"), ("r2", "used")}
    (decision,) = shown["decisions"]
    said = {each["buyer"]: (each["code"], each["bid"]["outcome"]) for each in decision["candidates"]}
    assert said == {
        "high": ("eligible", "bid"),
        "low": ("eligible", "bid"),
        "slow": ("bid_late", "late"),
        "slower": ("bid_late", "late"),
        "liar": ("bid_malformed", "malformed"),
        "cheap": ("bid_below_floor", "below_floor"),
        "dead": ("bid_failed", "failed"),
        "keen": ("bid_unconfirmed", "bid"),
    }
    assert decision["chosen"] == "high"
    assert [(verdict["buyer"], verdict["revenue"]) for verdict in shown["verdicts"]] == [("high", "41.50")]
    assert "5550123" not in str([asked.body for name in names for asked in server.asked_of(name)])
    (won,) = server.asked_of("won")
    assert (won.json["caller"], won.json["id"]) == ("+15125550123", "b-1")
    (told,) = server.asked_of("crm")
    assert told.json["answers"] == {"need": "replace"}


@pytest.fixture
def ringing_together(tmp_path: Path) -> Path:
    return network(
        tmp_path / "flows",
        {
            **SHORT_BILLS,
            "    type: choose_buyer\n": "    type: choose_buyer\n    ring: 2\n",
            "failed: find": "failed: find, recovered: find",
            '    accept: {key: "1", timeout: 6s}': '    accept: {key: "1", timeout: 6s}\n    recover: {at_most: 2}',
        },
    )


async def test_of_two_phones_that_ring_the_one_that_takes_the_call_gets_it(
    tmp_path: Path, ringing_together: Path
) -> None:
    async with open_house(tmp_path, ringing_together) as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.noanswer())
        house.carrier.buyer(REDRIVER, answering())
        await house.call(keys())
        shown = await house.shown()
        assert [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]] == [
            ("lonestar", "lost_race"),
            ("redriver", "completed"),
        ]
        assert shown["decisions"][0]["chosen"] == "lonestar"
        assert sorted(house.reservations()) == [("r1", "freed"), ("r2", "used")]
        assert house.open_legs() == []
        assert await house.all_replay() == 1


async def test_a_caller_whose_buyer_hung_up_too_early_reaches_the_other(
    tmp_path: Path, ringing_together: Path
) -> None:
    async with open_house(tmp_path, ringing_together) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=0.5))
        house.carrier.buyer(REDRIVER, BuyerPhone.answers(after_s=12, talk_s=6))
        await house.call(keys())
        shown = await house.shown()
        assert sorted((leg["buyer"], leg["outcome"]) for leg in shown["legs"]) == [
            ("lonestar", "completed"),
            ("redriver", "completed"),
            ("redriver", "lost_race"),
        ]
        assert [(verdict["buyer"], verdict["reason"]) for verdict in shown["verdicts"]] == [
            ("lonestar", "below_duration"),
            ("redriver", "billable"),
        ]
        assert house.open_legs() == []
        assert await house.all_replay() == 1


async def test_a_bidder_whose_phone_is_busy_is_told_that_the_call_does_not_come(tmp_path: Path) -> None:
    async with serving(
        keen=bids("41.50", id="b-1"),
        low=bids("28.25"),
        won=says(http({"accepted": True})),
        over=says(http({})),
    ) as server:
        promised = f', confirm: {{url: "{server.url("won")}"}}, release: {{url: "{server.url("over")}"}}'
        buyers = bidder(server, "keen", 0, promised) + bidder(server, "low", 1)
        changes = {
            **SHORT_BILLS,
            "    flow: roofing   ": f"    bidding: {{deadline: {DEADLINE}}}\n    flow: roofing   ",
            "buyers: [lonestar, redriver, sunstate]   # who": "buyers: [keen, low]   # who",
            "\nbuyers:\n": f"\nbuyers:{buyers}",
        }
        async with open_house(tmp_path, network(tmp_path / "flows", changes)) as house:
            house.carrier.buyer("+15550200", BuyerPhone.busy())
            house.carrier.buyer("+15550201", answering())
            await house.call(keys())
            shown = await house.shown()
            assert await house.all_replay() == 1
        (won,), (over,) = server.asked_of("won"), server.asked_of("over")
    assert [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]] == [
        ("keen", "busy"),
        ("low", "completed"),
    ]
    assert over.json == {"request": won.json["request"], "id": "b-1", "reason": "busy"}


async def test_a_bidder_that_names_a_premium_number_is_refused_and_the_next_gets_the_call(
    tmp_path: Path,
) -> None:
    async with serving(
        greedy=bids("99.00", to="+19005551234"),
        abroad=bids("98.00"),
        elsewhere=says(http({"accepted": True, "to": "+18765551234"})),
        honest=bids("31.50", to="+15550299"),
    ) as server:
        more = f', confirm: {{url: "{server.url("elsewhere")}"}}'
        buyers = bidder(server, "greedy", 1) + bidder(server, "abroad", 2, more) + bidder(server, "honest", 3)
        changes = {
            **SHORT_BILLS,
            "    flow: roofing   ": f"    bidding: {{deadline: {DEADLINE}}}\n    flow: roofing   ",
            "buyers: [lonestar, redriver, sunstate]   # who": "buyers: [greedy, abroad, honest]   # who",
            "\nbuyers:\n": f"\nbuyers:{buyers}",
        }
        async with open_house(tmp_path, network(tmp_path / "flows", changes)) as house:
            house.carrier.buyer("+15550299", answering())
            await house.call(keys())
            shown = await house.shown()
            rung = {call.to for call in house.carrier.buyer_calls}
            assert await house.all_replay() == 1
    (decision,) = shown["decisions"]
    said = {each["buyer"]: each["code"] for each in decision["candidates"]}
    assert said == {"greedy": "bid_not_dialled", "abroad": "bid_unconfirmed", "honest": "eligible"}
    assert rung == {"+15550299"}
    assert decision["chosen"] == "honest"


async def test_the_last_step_before_a_dial_holds_to_what_may_be_dialled(tmp_path: Path) -> None:
    """Whoever named the number, and however it came by the checks before."""
    async with open_house(tmp_path, network(tmp_path / "flows", SHORT_BILLS)) as house:
        published = house.engine.published
        assert published is not None
        elsewhere = dataclasses.replace(published.market.network, dialling=Destinations(("CA",)))
        house.engine.published = dataclasses.replace(published, market=NetworkMarket(elsewhere))
        await house.call(keys())
        shown = await house.shown()
        assert list(house.carrier.buyer_calls) == []
        assert {(leg["outcome"], leg["ended_by"]) for leg in shown["legs"]} == {("failed", "network")}
        assert shown["ledger"] == []
