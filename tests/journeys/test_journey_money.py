"""What operators do with buyers and bills over the API, and what the carrier's own figures do to them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from engine.evidence.vcon import read_evidence
from engine.evidence.verifying import verify
from tests.journeys.journey_world import (
    LONESTAR,
    REDRIVER,
    SHORT_BILLS,
    House,
    answering,
    keys,
    network,
    open_house,
)
from tests.waiting import until

DESK = "the-desk's-token"


async def asked(house: House, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    url = f"http://{house.engine.http_address}/api/v1{path}"
    async with httpx.AsyncClient(verify=False) as http:
        return await http.request(method, url, json=body, headers={"Authorization": f"Bearer {DESK}"})


async def carriers_word(house: House) -> dict[str, Any]:
    """The carrier's record of the newest call's buyer, once the engine has read it."""

    async def read() -> dict[str, Any] | None:
        records = (await house.shown())["carrier_records"]
        return dict(records[0]) if records and records[0]["finding"] else None

    found = await until(read)
    assert found is not None
    return found


async def test_a_paused_buyer_is_passed_over_until_it_is_resumed(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", SHORT_BILLS)
    async with open_house(tmp_path, flows, api_token=DESK) as house:
        for number in (LONESTAR, REDRIVER):
            house.carrier.buyer(number, answering())
        step = {"why": "a storm", "by": "desk"}
        paused = await asked(house, "POST", "/buyers/lonestar/pauses", step)
        assert (paused.status_code, paused.json()["changed"]) == (200, True)
        (standing,) = (await asked(house, "GET", "/pauses")).json()
        assert (standing["buyer"], standing["why"], standing["by"]) == ("lonestar", "a storm", "desk")
        await house.call(keys())
        (decision,) = (await house.shown())["decisions"]
        codes = {candidate["buyer"]: candidate["code"] for candidate in decision["candidates"]}
        assert (decision["chosen"], codes["lonestar"]) == ("redriver", "paused")
        await asked(house, "POST", "/buyers/lonestar/pauses", {**step, "action": "resume"})
        await house.call(keys(), from_="+15125550124")
        assert (await house.shown())["decisions"][0]["chosen"] == "lonestar"
        typo = await asked(house, "POST", "/buyers/lonstar/pauses", step)
        assert (typo.status_code, "did you mean 'lonestar'?" in typo.text) == (409, True)
        assert await house.all_replay() == 2


async def test_a_bill_is_held_against_the_carriers_figures_disputed_and_corrected(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", SHORT_BILLS)
    async with open_house(tmp_path, flows, api_token=DESK) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=8))
        await house.call(keys())
        record = await carriers_word(house)
        assert (record["leg"], record["carrier"]) == ("buyer-1", "twilio")
        shown = await house.shown()
        assert [entry["amount"] for entry in shown["ledger"]] == ["45.00", "30.00"]
        call = shown["call"]

        claim = {"call": call, "buyer": "lonestar", "clause": 'zip.state == "TX"', "says": "no", "by": "they"}
        opened = await asked(house, "POST", "/disputes", claim)
        assert opened.status_code == 201
        assert opened.json()["proposal"]["outcome"] == "reject"
        assert (await asked(house, "POST", "/disputes", claim)).status_code == 409
        number = opened.json()["dispute"]
        decision = {"decision": "amount", "amount": "20.00", "by": "desk", "why": "goodwill"}
        decided = await asked(house, "POST", f"/disputes/{number}/decision", decision)
        assert (decided.json()["state"], decided.json()["amount"]) == ("partly", "20.00")
        assert (await asked(house, "GET", "/disputes?state=open")).json() == []

        wanted = {"buyer": "lonestar", "payout": "10.00", "why": "shared", "by": "desk"}
        corrected = await asked(house, "POST", f"/calls/{call}/corrections", wanted)
        assert [entry["amount"] for entry in corrected.json()["ledger"]] == [
            "45.00",
            "30.00",
            "-25.00",
            "-20.00",
        ]
        assert (await asked(house, "POST", f"/calls/{call}/corrections", wanted)).status_code == 409
        heads = (await asked(house, "GET", "/ledger/heads")).json()
        assert [(head["party"], head["holds"], head["entries"]) for head in heads] == [
            ("lonestar", True, 2),
            ("radio-tx", True, 2),
        ]


async def test_nobody_without_the_token_touches_money(tmp_path: Path) -> None:
    async with (
        open_house(tmp_path, network(tmp_path / "flows"), api_token=DESK) as house,
        httpx.AsyncClient(verify=False, base_url=f"http://{house.engine.http_address}/api/v1") as http,
    ):
        for path in ("/buyers/lonestar/pauses", "/calls/x/corrections", "/disputes"):
            assert (await http.post(path, json={})).status_code == 401


async def test_a_caller_on_two_lines_is_billed_once_and_the_evidence_of_both_holds(tmp_path: Path) -> None:
    once = "after: 2s, duplicates: {within: 30d}"
    async with open_house(
        tmp_path, network(tmp_path / "flows", {"after: 90s": once}), api_token=DESK
    ) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=4))
        lines = [house.begin(keys()), house.begin(keys())]
        await house.quiet()
        shown = [await house.shown(line.sid) for line in lines]
        assert [[leg["outcome"] for leg in each["legs"]] for each in shown] == [["completed"]] * 2
        bridged, ended = zip(*[times_of(each) for each in shown], strict=True)
        assert max(bridged) < min(ended), "both talked at the same time"

        billed, unbilled = sorted(shown, key=lambda each: not each["ledger"])
        assert [entry["amount"] for entry in billed["ledger"]] == ["45.00", "30.00"]
        assert unbilled["ledger"] == []
        (verdict,) = unbilled["verdicts"]
        assert (verdict["billable"], verdict["reason"]) == (False, "duplicate")
        assert verdict["clauses"][-1]["values"]["owed_for_call"] == billed["call"]
        for each in shown:
            proof = (await asked(house, "GET", f"/calls/{each['call']}/evidence")).json()
            report = verify(read_evidence(json.dumps(proof)))
            assert [finding for finding in report.findings if finding.outcome == "fails"] == []
        assert await house.all_replay() == 2


def times_of(shown: dict[str, Any]) -> tuple[int, int]:
    """When the call's buyer was joined with the caller, and when that ended, in milliseconds since 1970."""
    began = datetime.fromisoformat(shown["started_at"]).timestamp() * 1000
    (leg,) = shown["legs"]
    return int(began) + leg["bridged_at_ms"], int(began) + leg["ended_at_ms"]
