"""Browsers: the key that hands out leaves, the tabs that wait, and the calls that are up.

There is nobody but the engine and the tabs, so it is its own carrier: it knows how long a call lasted from
its own clock, and ends a call by closing its stream.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import cast

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from engine.carriers.browser.leaves import Leaves
from engine.carriers.browser.stream import BrowserStream
from engine.carriers.browser.tabs import RingingLeg, Tabs
from engine.carriers.browser.webhooks import TabRequests
from engine.carriers.contract import (
    CallLength,
    CarrierAccount,
    CarrierRefused,
    EngineDoor,
    LegNews,
    LegsToJoin,
    LegToRing,
)
from engine.carriers.requests import CarrierWebhook, WebhookAnswer
from engine.core.events import LegOutcome
from engine.media.streams import Capabilities, Upgrade


class BrowserSettings(BaseSettings):
    """CORDBOARD_BROWSER_…"""

    browser_key: SecretStr = Field(
        SecretStr(""), description="bearer token that lets browsers call and be rung; empty lets none"
    )


class BrowserAccount:
    """Tabs that call by a leave, and tabs that are rung."""

    name = "browser"
    subprotocols: tuple[str, ...] = ()
    streams_announce = False
    capabilities = Capabilities(is_binary=True, comes_back=False)
    joins = False
    streams_stay = False

    def __init__(self, given: BrowserSettings, door: EngineDoor) -> None:
        self._door = door
        key = given.browser_key.get_secret_value()
        self.is_set_up = bool(key)
        self._tabs = Tabs(door.now_s)
        self._requests = TabRequests(door, key, Leaves(), self._tabs)
        self._telling: set[asyncio.Task[None]] = set()

    # Streams: only who knows an address that we gave out comes in.

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        return is_expected

    def open_stream(self, upgrade: Upgrade) -> BrowserStream:
        return BrowserStream()

    # What pages ask

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        return self._requests.may_hold(webhook)

    def holds(self, webhook: CarrierWebhook) -> bool:
        return self._requests.hold(webhook)

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        return await self._requests.answer(webhook)

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        """Ring the tabs that wait for the number. Where there are none, nobody answers, at once."""
        name = f"tab-{secrets.token_hex(12)}"
        tabs = self._tabs.waiting_for(placing.to)
        if not tabs:
            raise CarrierRefused(404, 0, f"no tab waits for calls to {placing.to}", of="dialled")
        at = placing.stream()

        def unanswered(said: str) -> None:
            self._ended(placing.call, placing.leg, name, "busy" if said == "busy" else "noanswer")

        ringing = RingingLeg(
            name, placing.call, placing.leg, placing.shown, at.url, at.token, tabs, unanswered
        )
        self._tabs.ring(ringing, placing.ring_s)
        self._tell(self._door.leg_news(placing.call, placing.leg, LegNews("ringing", name, said="ringing")))
        return name

    async def end(self, carrier_call: str) -> None:
        """Stop ringing. Of an answered leg the engine closes the stream, by which the tab knows."""
        self._tabs.stop(carrier_call)

    async def length(self, carrier_call: str) -> CallLength:
        """Nobody but the engine that led it could say how long it lasted."""
        return CallLength("completed", None)

    async def join(self, legs: LegsToJoin) -> None:
        raise CarrierRefused(400, 0, "two tabs can't be joined by themselves")

    async def close(self) -> None:
        self._tabs.close_all()
        for task in self._telling:
            task.cancel()

    def _ended(self, call: str, leg: str, name: str, outcome: LegOutcome) -> None:
        """Nobody took it."""
        news = LegNews("ended", name, outcome, said="declined" if outcome == "busy" else "no answer")
        self._tell(self._door.leg_news(call, leg, news))

    def _tell(self, telling: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(telling)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


@dataclass(frozen=True, slots=True)
class Browser:
    """The carrier."""

    name: str = "browser"
    title: str = "The browser phone"
    needs: tuple[str, ...] = ("browser_key",)
    settings: type[BaseSettings] = BrowserSettings

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        return BrowserAccount(cast("BrowserSettings", settings), door)
