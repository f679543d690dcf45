"""Calls between an engine and tabs, without a browser: what its page does, done by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from engine.runtime.engine import Engine
from tests.carriers.browser_world import KEY, phone
from tests.journeys.journey_world import ALL_AT_ONCE, CALLED, LONESTAR
from tests.shown import show_json
from tests.waiting import until

pytestmark = pytest.mark.real_time

SILENCE = b"\xff" * 160
Fields = Mapping[str, str]


class Page:
    """Who asks as the page does."""

    def __init__(self, engine: Engine, http: httpx.AsyncClient) -> None:
        self._base = f"{engine.public_url}/carriers/browser"
        self._http = http

    async def ask(self, what: str, body: Fields, key: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return await self._http.post(f"{self._base}/{what}", json=dict(body), headers=headers, timeout=60)

    async def leave(self, of: str, number: str) -> str:
        given = await self.ask("tokens", {"as": of, "number": number}, KEY)
        return str(given.json()["token"])

    async def tab(self, number: str) -> str:
        return str((await self.ask("tabs", {"token": await self.leave("buyer", number)})).json()["tab"])

    async def rings(self, tab: str) -> str:
        """The leg that rings in the tab, once one does."""
        while True:
            told = (await self.ask("tabs/next", {"tab": tab, "knows": ""})).json()
            if told["rings"]:
                return str(told["rings"]["leg"])

    @contextlib.asynccontextmanager
    async def speaks(self, at: Fields, leg: str) -> AsyncIterator[ClientConnection]:
        """The leg's websocket, on which silence is said, and marks come back at once."""
        async with connect(at["url"]) as socket:
            await socket.send(json.dumps({"event": "start", "call": leg, "token": at["token"]}))
            tasks = [asyncio.create_task(_says(socket)), asyncio.create_task(_hears(socket))]
            yield socket
            for task in tasks:
                task.cancel()


async def _says(socket: ClientConnection) -> None:
    while True:
        await socket.send(SILENCE)
        await asyncio.sleep(0.02)


async def _hears(socket: ClientConnection) -> None:
    async for message in socket:
        if isinstance(message, str) and json.loads(message)["event"] == "mark":
            await socket.send(message)


async def press(socket: ClientConnection, keys: str) -> None:
    for key in keys:
        await socket.send(json.dumps({"event": "key", "key": key}))


@contextlib.asynccontextmanager
async def page(folder: Path) -> AsyncIterator[tuple[Engine, Page]]:
    async with phone(folder, speech="off") as engine, httpx.AsyncClient() as http:
        yield engine, Page(engine, http)


async def test_a_leave_is_good_once_and_only_the_key_gives_one(tmp_path: Path) -> None:
    async with page(tmp_path) as (engine, ours):
        assert (await ours.ask("tokens", {"as": "caller", "number": CALLED})).status_code == 403
        token = {"token": await ours.leave("caller", CALLED)}
        assert (await ours.ask("tabs", token)).status_code == 403  # a caller's
        assert set((await ours.ask("calls", token)).json()) == {"url", "token", "call"}
        assert (await ours.ask("calls", token)).status_code == 403
        async with httpx.AsyncClient() as http:
            shown = await http.get(f"{engine.public_url}/carriers/browser/phone")
        assert shown.headers["content-type"].startswith("text/html")
        assert KEY not in shown.text


async def test_who_declines_is_busy_and_where_no_tab_waits_the_next_is_called(tmp_path: Path) -> None:
    async with page(tmp_path) as (engine, ours):
        tab = await ours.tab(LONESTAR)
        at = (await ours.ask("calls", {"token": await ours.leave("caller", CALLED)})).json()
        async with ours.speaks(at, at["call"]) as caller:
            await press(caller, ALL_AT_ONCE)
            leg = await ours.rings(tab)
            assert (await ours.ask("tabs/answer", {"tab": tab, "leg": "another"})).status_code == 409
            await ours.ask("tabs/decline", {"tab": tab, "leg": leg})
            await until(lambda: not engine.calls)  # nobody else is there
        (summary,) = await engine.store.calls(9, practice=True)
        view = await engine.store.call(summary.record.call)
        assert view is not None
        legs = [(each["buyer"], each["outcome"]) for each in show_json(view)["legs"]]
    assert legs[0] == ("lonestar", "busy")
    assert {outcome for _, outcome in legs[1:]} == {"failed"}
    assert len(legs) > 1


async def test_a_buyers_tab_that_is_closed_ends_the_talk_at_once(tmp_path: Path) -> None:
    async with page(tmp_path) as (engine, ours):
        tab = await ours.tab(LONESTAR)
        at = (await ours.ask("calls", {"token": await ours.leave("caller", CALLED)})).json()
        async with ours.speaks(at, at["call"]) as caller:
            await press(caller, ALL_AT_ONCE)
            leg = await ours.rings(tab)
            theirs = (await ours.ask("tabs/answer", {"tab": tab, "leg": leg})).json()
            (live,) = engine.calls.values()
            async with ours.speaks(theirs, leg) as buyer:
                await until(lambda: any(line for line in live.legs.lines))
                await asyncio.sleep(1)
                await press(buyer, "1")
                call = live.machine.call
                assert call is not None
                await until(lambda: any(one.bridged_at is not None for one in call.legs.values()))
            await until(lambda: not engine.calls)
        (summary,) = await engine.store.calls(9, practice=True)
        view = await engine.store.call(summary.record.call)
        assert view is not None
        shown = show_json(view)
    assert (shown["legs"][0]["outcome"], shown["legs"][0]["ended_by"]) == ("completed", "buyer")
    assert shown["practice"] is True
    assert shown["ledger"] == []
