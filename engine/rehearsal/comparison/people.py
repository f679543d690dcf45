"""Callers and buyers that nobody is: each does the same whatever revision meets it.

Everything about a person hangs on the seed, the person's number and what is asked, never on the order of
asking: so two revisions meet the same people, and what moves is the revisions' doing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from engine.core.answers import AnswerType
from engine.core.commands import Dial
from engine.core.conditions import Value
from engine.core.events import CallArrived, Contact
from engine.language.stories.outside import BidPlan
from engine.language.stories.story import BuyerOutcome, BuyerPlan
from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
DEFAULT_FROM = 1_795_341_600_000  # 2026-11-22T10:00:00Z
AT_HOME = 0.8  # of the callers live where some buyer takes calls
GIVES_UP = 0.02  # of the callers hang up at any one question
CALLED_BEFORE = 1 / 12  # of the callers had a buyer within the last two months
LATE = 0.08  # of the bids
FOUND = 2 / 3  # of the lookups
KEYED_TRIES = 30
TODAY = date(2026, 11, 22)

_OUTCOMES: Sequence[tuple[BuyerOutcome, float]] = (("answers", 0.85), ("busy", 0.91), ("noanswer", 1.0))
_MEAN_TALK_MS = 150_000


@cache
def _every_code() -> Sequence[str]:
    return zip_table().codes()


@dataclass(frozen=True, slots=True)
class Person:
    """One caller, and how the buyers behave towards this one."""

    seed: int
    number: int
    wanted_codes: Sequence[str]

    def draw(self, *what: object) -> random.Random:
        return random.Random(f"{self.seed} {self.number} {what}")  # noqa: S311  a rehearsal, no secret

    def prefers(self, what: str, options: Sequence[str]) -> str:
        """One of them, each as likely; where options come or go, only those who wanted them choose anew."""
        return max(options, key=lambda option: self.draw(what, option).random())

    @property
    def zip_code(self) -> str:
        draw = self.draw("home")
        anywhere = _every_code()
        return draw.choice(self.wanted_codes or anywhere if draw.random() < AT_HOME else anywhere)

    def gives_up_at(self, question: str) -> bool:
        return self.draw("gives up", question).random() < GIVES_UP

    def is_found_at(self, lookup: str) -> bool:
        return self.draw("found", lookup).random() < FOUND

    # Answers

    def answer(self, name: str, kind: AnswerType) -> Value:
        """What this one would answer, as conditions read it; text for what only keys can tell."""
        if isinstance(kind, Zip):
            return self.zip_code
        return self._preferred(name, kind) if kind.few_values else self.keys(name, kind)

    def keys(self, name: str, kind: AnswerType) -> str:
        """The same, keyed."""
        if isinstance(kind, Zip):
            return self.zip_code
        if kind.key_meanings:
            label = _meaning(self._preferred(name, kind))
            return next(key for key, meaning in kind.key_meanings.items() if meaning == label)
        draw = self.draw(name)
        likely = kind.likely_keys(TODAY, draw.randrange)
        if likely is not None:
            return likely
        pad = kind.keypad
        for _ in range(KEYED_TRIES):
            length = draw.randint(pad.min_keys, min(pad.max_keys, max(pad.min_keys, 6)))
            keys = "".join(draw.choices("0123456789", k=length))
            if kind.understand_keys(keys) is not None:
                return keys
        return keys

    def _preferred(self, name: str, kind: AnswerType) -> Value:
        by_label = {_meaning(value): value for value in kind.few_values}
        return by_label[self.prefers(name, list(by_label))]

    # The world around

    def arrived(self, called_number: str, contacts: Sequence[Contact] = ()) -> CallArrived:
        name = f"generated-{self.number}"
        draw = self.draw("arrives")
        return CallArrived(
            at=0,
            call=name,
            carrier="generated",
            carrier_call=name,
            caller_number=f"+1555{draw.randrange(2_000_000, 9_999_999)}",
            called_number=called_number,
            started_at=self.started_at,
            seed=draw.getrandbits(63),
            contacts=tuple(contacts),
        )

    @property
    def started_at(self) -> int:
        """Some time of a week, most of them by day in America."""
        draw = self.draw("when")
        minutes = int(draw.triangular(12 * 60, 27 * 60, 19 * 60))  # of a day in UTC
        midnight = DEFAULT_FROM - DEFAULT_FROM % DAY_MS
        return midnight + draw.randrange(7) * DAY_MS + minutes * 60_000 + draw.randrange(60_000)

    def contacts(self, campaign: str, buyers: Sequence[str]) -> Sequence[Contact]:
        """One in twelve was had by a buyer of the campaign within two months."""
        draw = self.draw("had")
        if not buyers or draw.random() >= CALLED_BEFORE:
            return ()
        started_at = self.started_at - int(draw.uniform(0.1, 60) * DAY_MS)
        billed = draw.random() < 0.6
        return (Contact(self.prefers("had", buyers), started_at, billed, campaign, paid=billed),)

    def behaviour(self, buyer: str, dial: Dial) -> BuyerPlan:
        """What happens when that buyer, or that number, is called for this one."""
        draw = self.draw("called", buyer or dial.to)
        lot = draw.random()
        outcome = next(outcome for outcome, below in _OUTCOMES if lot < below)
        return BuyerPlan(outcome=outcome, talks_ms=int(draw.expovariate(1 / _MEAN_TALK_MS)) + 1_000)

    def bid(self, buyer: str, around_micros: Mapping[str, int]) -> BidPlan:
        """What that buyer would bid for this one: from a fifth below to a half above what it usually does."""
        draw = self.draw("bids", buyer)
        if draw.random() < LATE:
            return BidPlan("late")
        cents = around_micros.get(buyer, 0) * draw.uniform(0.8, 1.5) // 10_000
        return BidPlan(amount_micros=int(cents) * 10_000)


def _meaning(value: Value) -> str:
    """The value as the kind's keys mean it: an option's name, yes, no."""
    return value if isinstance(value, str) else "yes" if value else "no"
