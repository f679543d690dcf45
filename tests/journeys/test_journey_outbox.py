"""A whole call over real sockets is told to the network's webhook, and what came of it is seen over the API."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from engine.rehearsal.loopback import Caller, caller_voice
from tests.journeys.journey_world import (
    ANSWERS,
    LONESTAR,
    SHORT_BILLS,
    answering,
    network,
    open_house,
)
from tests.runtime.bidders import http, says, serving

EVENTS = ["answered", "qualified", "bridged", "billed", "ended"]


async def test_a_sold_call_is_told_from_its_answer_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDBOARD_SECRET_CRM", "between us")
    async with serving(crm=says(http({}))) as server:
        flows = network(tmp_path / "flows", SHORT_BILLS)
        settings = (
            f"{{url: '{server.url('crm')}', events: [{', '.join(EVENTS)}], reveal: [zip], timeout: 30s}}"
        )
        with (flows / "network.yaml").open("a") as file:
            file.write(f"\nwebhooks:\n  crm: {settings}\n")
        async with open_house(tmp_path, flows, api_token="open sesame") as house:
            house.carrier.buyer(LONESTAR, answering(talk_s=5))
            await house.call(Caller.keys(ANSWERS, voice=caller_voice()))
            async with asyncio.timeout(30):
                while (await house.engine.store.outbox.counts())["delivered"] < len(EVENTS):
                    await asyncio.sleep(0.05)
            headers = {"Authorization": "Bearer open sesame"}
            base = f"http://{house.engine.http_address}/api/v1"
            async with httpx.AsyncClient(base_url=base, headers=headers) as api:
                shown = (await api.get("/outbox", params={"state": "delivered"})).json()
                nothing = await api.post("/outbox/retries", json={"all_dead": True})
    assert [asked.json["event"] for asked in server.asked] == EVENTS
    assert server.asked[0].json["answers"] == {}  # nothing was asked yet
    assert server.asked[-1].json["answers"] == {"zip": "78701"}
    assert shown["counts"] == {"waiting": 0, "delivered": 5, "dead": 0}
    assert nothing.json() == {"retried": 0}
