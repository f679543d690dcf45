"""A caller who is forgotten while the engine takes calls: at once, or when the call that goes on has ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from pathlib import Path

import httpx
import pytest

from engine.core.events import LegBridged
from engine.exchange.retention import Retention
from tests.accounts.forgetting_world import places_of
from tests.journeys.journey_world import LONESTAR, SHORT_BILLS, House, answering, keys, network, open_house
from tests.waiting import until

TOKEN = "open sesame"
PERSON = "+15125550177"
THEIRS = (b"5125550177", b"79936", b"El Paso")


async def forget(house: House, **asked: object) -> httpx.Response:
    url = f"http://{house.engine.http_address}/api/v1/forgettings"
    async with httpx.AsyncClient(verify=False) as http:
        return await http.post(
            url,
            json={"number": "512 555 0177", "by": "the desk", **asked},
            headers={"Authorization": f"Bearer {TOKEN}"},
        )


async def test_a_caller_is_forgotten_when_the_call_that_goes_on_has_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "aiosqlite")  # logs of others, which an engine does not turn on
    flows = network(tmp_path / "network", SHORT_BILLS)
    async with open_house(tmp_path, flows, api_token=TOKEN) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=3))
        await house.call(keys("79936", "2", "1"), from_=PERSON)
        house.carrier.buyer(LONESTAR, answering(talk_s=None))
        bridged = asyncio.Event()
        house.engine.watch(lambda call, event, commands: isinstance(event, LegBridged) and bridged.set())
        going_on = house.begin(keys("79936", "2", "1"), from_=PERSON)
        await bridged.wait()
        tried = (await forget(house, dry_run=True)).json()
        assert (tried["own"], tried["going_on"], tried["erased"]) == (2, 1, None)
        done = (await forget(house)).json()
        assert (done["own"], done["going_on"], done["erased"]) == (2, 1, 1)
        going_on.end("caller")
        await house.quiet()
        store = house.engine.store

        async def is_gone() -> bool:
            names = [line.record.call for line in await store.calls(10)]
            views = [await store.call(name) for name in names]
            return (
                all(view is not None and view.erasures for view in views)
                and not await store.shredder.has_traces()
            )

        await until(is_gone)
        assert list(places_of(tmp_path, THEIRS)) == []
        revenues: list[str] = []
        for line in await store.calls(10):
            shown = await house.shown_by_name(line.record.call)
            assert shown["from"] == "[erased]"
            revenues.append(shown["verdicts"][0]["revenue"])
        assert revenues[-1] == "45.00"  # the second talk may have been too short
    assert not any(one.decode() in caplog.text for one in THEIRS)


async def test_what_the_network_says_of_retention_the_engine_keeps(tmp_path: Path) -> None:
    """In its file each kind has a time of its own; those that are over go, and the rest stays."""
    kept = (
        "retention: {recordings: 30d, transcripts: 1s, answers: 1y, numbers: 2s, journals: 2y, letters: 9d}"
    )
    flows = network(tmp_path / "network", {**SHORT_BILLS, "currency: USD\n": f"currency: USD\n{kept}\n"})
    async with open_house(tmp_path, flows) as house:
        assert house.engine.published is not None
        day_ms = 86_400_000
        assert house.engine.published.market.network.retention == Retention(
            recordings_ms=30 * day_ms,
            transcripts_ms=1_000,
            answers_ms=365 * day_ms,
            numbers_ms=2_000,
            journals_ms=2 * 365 * day_ms,
            letters_ms=9 * day_ms,
        )
        house.carrier.buyer(LONESTAR, answering(talk_s=3))
        await house.call(keys("79936", "2", "1"), from_=PERSON)
        store = house.engine.store
        (line,) = await store.calls(10)

        async def erased() -> set[str]:
            view = await store.call(line.record.call)
            assert view is not None
            assert {each.made_by for each in view.erasures} <= {"retention"}
            return {each.what for each in view.erasures}

        async def are_gone() -> bool:
            return await erased() == {"transcripts", "numbers"}

        await until(are_gone)
        shown = await house.shown_by_name(line.record.call)
        assert (shown["from"], shown["verdicts"][0]["revenue"]) == ("[erased]", "45.00")
        assert shown["answers"]["zip"]["value"] == "79936"
        assert await store.journal(line.record.call)


async def test_the_api_refuses_what_is_no_number(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "network"), api_token=TOKEN) as house:
        refused = await forget(house, number="nobody")
        assert refused.status_code == 422
        assert "expected a telephone number" in refused.json()["detail"]
        refused = await forget(house, why="asked by +1 512 555 0177")
        assert refused.status_code == 422
        assert "without the number" in refused.json()["detail"]


async def test_leases_are_renewed_while_the_file_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, network(tmp_path / "network"), lease_s=2) as house:
        store, sweeping = house.engine.store, asyncio.Event()

        async def hangs() -> bool:
            sweeping.set()
            await asyncio.Event().wait()
            return True

        async def leased_until() -> int:
            with contextlib.closing(sqlite3.connect(tmp_path / "cordboard.db")) as file:
                ((until_ms,),) = file.execute("SELECT lease_until FROM calls WHERE ended_at IS NULL")
            return int(until_ms)

        monkeypatch.setattr(store.shredder, "has_traces", lambda: asyncio.sleep(0, result=True))
        monkeypatch.setattr(store.shredder, "sweep", hangs)
        await sweeping.wait()
        house.carrier.buyer(LONESTAR, answering(talk_s=None))
        talking = house.begin(keys("78701", "2", "1"))
        await until(lambda: store.calls(1))
        first_ms = await leased_until()

        async def is_renewed() -> bool:
            return await leased_until() > first_ms

        await until(is_renewed)
        talking.end("caller")
        await house.quiet()
