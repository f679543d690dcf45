"""Calls that nobody made: callers drawn from a seed, played through a revision in the virtual world."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from engine.core.commands import Dial
from engine.core.events import CallArrived, Event
from engine.core.flow import Revision
from engine.exchange.panels import panel_of
from engine.exchange.terms import Network
from engine.language.revisions import Published
from engine.language.stories import BuyerOutcome, BuyerPlan, CallerAct, PressKeys
from engine.rehearsal.bookings import Bookings
from engine.rehearsal.comparison.cases import cases_of
from engine.rehearsal.comparison.reach import codes_taken
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld
from engine.understanding.zip_table import zip_table

WEEK_MS = 7 * 86_400_000
PATIENCE = 25  # questions that a caller answers before giving up
ZIP_LENGTH = 5
AT_HOME = 0.8  # of the callers live where some buyer takes calls
DEFAULT_FROM = 1_795_341_600_000  # 2026-11-22T10:00:00Z

_OUTCOMES: Sequence[tuple[BuyerOutcome, int]] = (("answers", 85), ("busy", 6), ("noanswer", 9))
_MEAN_TALK_MS = 150_000


def generated_calls(published: Published, count: int, seed: int) -> Iterator[Sequence[Event]]:
    """The journal of each call. The same seed gives the same calls of the same revision.

    Callers dial the network's numbers in turn, over a week, four in five from a ZIP code that some buyer
    takes; they key a right answer to each question, one in twenty hangs up before the end of the questions.
    Raises ValueError where nothing could be published.
    """
    revision, network = published.revision, published.network
    if revision is None or network is None:
        raise ValueError("the network has mistakes; calls need one that can be published")
    anywhere, wanted = zip_table().codes(), _wanted_codes(revision, network)
    bookings = Bookings(network)
    tracked = list(network.numbers)
    for number in range(count):
        draw = random.Random(f"{seed} {number}")  # noqa: S311  a rehearsal, no secret
        people = _People(draw, wanted if draw.random() < AT_HOME else anywhere)
        world = people.world(revision, bookings)
        world.run(people.arrived(number, tracked[number % len(tracked)]))
        yield [entry.event for entry in world.journal]


def _wanted_codes(revision: Revision, network: Network) -> Sequence[str]:
    """Where callers come from whom some buyer of some campaign takes."""
    codes: set[str] = set()
    for campaign in network.campaigns.values():
        panel = panel_of(network, campaign.key)
        codes |= codes_taken(panel, cases_of((panel,), revision.flows[campaign.flow].answers))
    return sorted(codes) or zip_table().codes()


class _People:
    """The caller and the buyers of one call."""

    def __init__(self, draw: random.Random, codes: Sequence[str]) -> None:
        self._draw = draw
        self._codes = codes
        self._is_impatient = draw.randrange(20) == 0
        self._asked = 0
        self._world: VirtualWorld | None = None

    def world(self, revision: Revision, bookings: Bookings) -> VirtualWorld:
        self._world = VirtualWorld(revision, ScriptedCaller((), self._next_act), self._plan, bookings)
        return self._world

    def arrived(self, number: int, called_number: str) -> CallArrived:
        name = f"generated-{number}"
        return CallArrived(
            at=0,
            call=name,
            carrier="generated",
            carrier_call=name,
            caller_number=f"+1555{self._draw.randrange(2_000_000, 9_999_999)}",
            called_number=called_number,
            started_at=DEFAULT_FROM + self._draw.randrange(WEEK_MS),
            seed=self._draw.getrandbits(63),
        )

    def _next_act(self, listens: bool) -> CallerAct | None:
        assert self._world is not None
        self._asked += 1
        asking = self._world.call.asking
        if asking is None or self._asked > PATIENCE or (self._is_impatient and self._asked > 2):
            self._world.hangs_up()
            return None
        keypad = asking.listening.keypad
        if keypad.min_keys == keypad.max_keys == ZIP_LENGTH:
            return PressKeys(self._draw.choice(self._codes))
        first = self._draw.choice(sorted(keypad.first_keys - {"*", "#"}) or ["1"])
        length = self._draw.randint(keypad.min_keys, keypad.max_keys)
        return PressKeys(first + "".join(self._draw.choices("0123456789", k=length - 1)))

    def _plan(self, dial: Dial) -> BuyerPlan:
        outcomes = [outcome for outcome, _ in _OUTCOMES]
        outcome = self._draw.choices(outcomes, [weight for _, weight in _OUTCOMES])[0]
        return BuyerPlan(outcome=outcome, talks_ms=int(self._draw.expovariate(1 / _MEAN_TALK_MS)) + 1_000)
