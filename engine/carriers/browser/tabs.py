"""Tabs that wait to be rung, each for one number, and the legs that ring in them.

A tab asks again and again what rings; one that has not asked for `GONE_AFTER_S` is closed. A leg rings in
every tab of its number, until the first answers, all have declined, its time is over, or the engine ends it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

ANSWER_WITHIN_S = 10.0
"""How long a tab's question waits for something to ring."""
GONE_AFTER_S = 15.0
MOST = 1_000
"""Tabs at once."""


@dataclass(slots=True)
class RingingLeg:
    """A leg of ours that is being rung. `name` is the tab's name for it."""

    name: str
    call: str
    leg: str
    shown: str
    url: str
    token: str
    tabs: set[str]
    on_unanswered: Callable[[str], None]
    """Told how it ended where nobody answers: noanswer, busy."""
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class _Tab:
    number: str
    asked_s: float
    news: asyncio.Event = field(default_factory=asyncio.Event)
    asking: int = 0


class TooManyTabs(Exception):
    """No more of them are kept."""


class Tabs:
    """The waiting tabs of one engine."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._tabs: dict[str, _Tab] = {}
        self._ringing: dict[str, RingingLeg] = {}

    def open(self, number: str) -> str:
        """A tab waits for calls to the number from now on; its secret name. Raises TooManyTabs."""
        self._forget_gone()
        if len(self._tabs) >= MOST:
            raise TooManyTabs
        name = secrets.token_urlsafe(24)
        self._tabs[name] = _Tab(number, self._clock_s())
        return name

    def knows(self, tab: str) -> bool:
        return tab in self._tabs

    def close(self, tab: str) -> None:
        """It waits no more; what rings there alone is not answered."""
        gone = self._tabs.pop(tab, None)
        if gone is not None:
            gone.news.set()
        for leg in list(self._ringing.values()):
            self._unring(leg, tab, "noanswer")

    async def next(self, tab: str, known: str) -> RingingLeg | None:
        """What rings in the tab, once that is something else than what it `known`, "" for nothing; after
        ANSWER_WITHIN_S whatever it is."""
        waiting = self._tabs.get(tab)
        if waiting is None:
            return None
        waiting.asked_s = self._clock_s()
        waiting.asking += 1
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while tab in self._tabs and _name_of(self._in(tab)) == known:
                    waiting.news.clear()
                    await waiting.news.wait()
        except TimeoutError:
            pass
        finally:
            waiting.asking -= 1
            waiting.asked_s = self._clock_s()
        return self._in(tab)

    def waiting_for(self, number: str) -> set[str]:
        """The tabs that are there and wait for calls to the number."""
        self._forget_gone()
        return {name for name, tab in self._tabs.items() if tab.number == number}

    def ring(self, leg: RingingLeg, ring_s: float) -> None:
        """Ring in its tabs for so many seconds."""
        self._ringing[leg.name] = leg
        loop = asyncio.get_running_loop()
        leg.timer = loop.call_later(ring_s, lambda: self._unanswered(leg, "noanswer"))
        self._tell(leg.tabs)

    def answer(self, tab: str, name: str) -> RingingLeg | None:
        """The leg is the tab's, if it still rings there."""
        leg = self._ringing.get(name)
        if leg is None or tab not in leg.tabs:
            return None
        self.stop(name)
        return leg

    def decline(self, tab: str, name: str) -> None:
        leg = self._ringing.get(name)
        if leg is not None:
            self._unring(leg, tab, "busy")

    def stop(self, name: str) -> bool:
        """Ring no more; whether it rang."""
        leg = self._ringing.pop(name, None)
        if leg is None:
            return False
        if leg.timer is not None:
            leg.timer.cancel()
        self._tell(leg.tabs)
        return True

    def close_all(self) -> None:
        for name in list(self._ringing):
            self.stop(name)
        for tab in list(self._tabs):
            self.close(tab)

    def _in(self, tab: str) -> RingingLeg | None:
        """The first leg that rings there."""
        return next((leg for leg in self._ringing.values() if tab in leg.tabs), None)

    def _unring(self, leg: RingingLeg, tab: str, said: str) -> None:
        """Ring in that tab no more; with no tab left nobody answers."""
        if tab not in leg.tabs:
            return
        leg.tabs.discard(tab)
        self._tell((tab,))
        if not leg.tabs:
            self._unanswered(leg, said)

    def _unanswered(self, leg: RingingLeg, said: str) -> None:
        if self.stop(leg.name):
            leg.on_unanswered(said)

    def _tell(self, names: Iterable[str]) -> None:
        for name in names:
            if (tab := self._tabs.get(name)) is not None:
                tab.news.set()

    def _forget_gone(self) -> None:
        before_s = self._clock_s() - GONE_AFTER_S
        for name, tab in list(self._tabs.items()):
            if not tab.asking and tab.asked_s < before_s:
                self.close(name)


def _name_of(leg: RingingLeg | None) -> str:
    return "" if leg is None else leg.name
