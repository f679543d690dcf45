"""A whole call over real sockets is told to the network's webhook, and what came of it is seen over the API."""

from __future__ import annotations

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
from tests.runtime.kept_calls import kept_call
from tests.waiting import until

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

            async def are_delivered() -> bool:
                return (await house.engine.store.outbox.counts())["delivered"] == len(EVENTS)

            await until(are_delivered)
            headers = {"Authorization": "Bearer open sesame"}
            base = f"http://{house.engine.http_address}/api/v1"
            async with httpx.AsyncClient(verify=False, base_url=base, headers=headers) as api:
                shown = (await api.get("/outbox", params={"state": "delivered"})).json()
                nothing = await api.post("/outbox/retries", json={"all_dead": True})
    assert [asked.json["event"] for asked in server.asked] == EVENTS
    assert server.asked[0].json["answers"] == {}  # nothing was asked yet
    assert server.asked[-1].json["answers"] == {"zip": "78701"}
    assert shown["counts"] == {"waiting": 0, "delivered": 5, "dead": 0}
    assert nothing.json() == {"retried": 0}


async def test_reports_and_exports_are_told_over_the_api(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), api_token="open sesame") as house:
        await kept_call(house.engine.store, "call-1")
        headers = {"Authorization": "Bearer open sesame"}
        base = f"http://{house.engine.http_address}/api/v1"
        async with httpx.AsyncClient(verify=False, base_url=base, headers=headers) as api:
            day = {"from": "2026-11-22", "to": "2026-11-22"}
            (row,) = (await api.get("/reports/campaign", params=day)).json()
            funnel = (await api.get("/reports/node")).json()
            ledger = await api.get("/export/ledger", params={"format": "json"})  # posted today
            calls = await api.get("/export/calls")
            refused = await api.get("/reports/day", params={"zone": "Mars/Base"})
            closed = await api.get("/reports/day", headers={"Authorization": "Bearer no"})
    assert (row["campaign"], row["calls"], row["revenue"]) == ("roofing", 1, "45.00")
    assert {one["node"]: one["entered"] for one in funnel}["ask_zip"] == 1
    assert [entry["amount"] for entry in ledger.json()] == ["45.00", "30.00"]
    assert calls.headers["content-type"].startswith("text/csv")
    assert len(calls.text.splitlines()) == 2
    assert (refused.status_code, closed.status_code) == (422, 401)
