"""Callers and buyers that nobody is: each does the same whatever revision meets it.

Everything about a person hangs on the seed, the person's number and what is asked, never on the order of
asking: so two revisions meet the same people, and what moves is the revisions' doing. Some call again: who
they are then hangs on the number of their first call, what happens on that of this one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache

from engine.core.answers import AnswerType
from engine.core.commands import Dial
from engine.core.conditions import Value
from engine.core.events import CallArrived, Contact
from engine.language.stories.outside import BidPlan
from engine.language.stories.story import BuyerOutcome, BuyerPlan
from engine.rehearsal.comparison.occasions import DAYS, FIRST_DAY, Occasions
from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table

DAY_MS = 86_400_000
AT_HOME = 0.5  # of the callers live where some buyer takes calls
IN_AN_AREA = 0.3  # of the callers live in one of the areas that the terms tell apart, each as likely
AT_AN_EDGE = 0.25  # of the callers call when something opens, closes or turns
AT_ANY_HOUR = 0.2  # of the others call at night as well as by day
CALLS_AGAIN = 0.2  # of the calls are by somebody who called before
WITHHELD = 1 / 15  # of the callers do not show their number
KNOWN = 0.08  # of the callers have a number that a list or a condition names
SENT_ALONG = 0.8  # of the answers that a publisher may send are sent
GIVES_UP = 0.02  # of the callers hang up at any one question
CALLED_BEFORE = 1 / 10  # of the callers had a buyer before the week
AT_A_SPAN = 0.5  # of these about as long ago as some terms ask
LATE = 0.08  # of the bids
FOUND = 2 / 3  # of the lookups
KEYED_TRIES = 30
TODAY = FIRST_DAY
HOUR_MS = 3_600_000
AGAIN_AFTER_MS: Sequence[int] = tuple(int(hours * HOUR_MS) for hours in (0.1, 0.5, 2, 5, 20, 30, 72))

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
    occasions: Occasions

    def draw(self, *what: object) -> random.Random:
        """Of this call."""
        return _drawn(self.seed, self.number, *what)

    def draw_of_caller(self, *what: object) -> random.Random:
        """Of whoever calls, in every call alike."""
        return _drawn(self.seed, self.caller, *what)

    @property
    def caller(self) -> int:
        """The number of the first call of whoever calls."""
        number = self.number
        while number and (draw := _drawn(self.seed, number, "calls again")).random() < CALLS_AGAIN:
            number = draw.randrange(number)
        return number

    def prefers(self, what: str, options: Sequence[str]) -> str:
        """One of them, each as likely; where options come or go, only those who wanted them choose anew."""
        return max(options, key=lambda option: self.draw_of_caller(what, option).random())

    @property
    def zip_code(self) -> str:
        draw = self.draw_of_caller("home")
        lot = draw.random()
        wanted, areas = self.occasions.wanted_codes, self.occasions.areas
        if wanted and lot < AT_HOME:
            return draw.choice(wanted)
        return draw.choice(draw.choice(areas) if areas and lot < AT_HOME + IN_AN_AREA else _every_code())

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
        if kind.few_values:
            label = _meaning(self._preferred(name, kind))
            return next(key for key, meaning in kind.key_meanings.items() if meaning == label)
        draw = self.draw_of_caller(name)
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

    def arrived(
        self,
        called_number: str,
        contacts: Sequence[Contact] = (),
        earlier_calls: Sequence[int] = (),
        parameters: Mapping[str, str] | None = None,
    ) -> CallArrived:
        name = f"generated-{self.number}"
        shown = self.caller_number
        return CallArrived(
            at=0,
            call=name,
            carrier="generated",
            carrier_call=name,
            caller_number=shown,
            called_number=called_number,
            started_at=self.started_at,
            seed=self.draw("arrives").getrandbits(63),
            contacts=tuple(contacts) if shown else (),
            earlier_calls=tuple(earlier_calls) if shown else (),
            parameters=parameters or {},
        )

    @property
    def caller_number(self) -> str:
        """ "" where it is withheld."""
        draw = self.draw_of_caller("number")
        lot, known = draw.random(), self.occasions.numbers
        if lot < WITHHELD:
            return ""
        number = f"+1{draw.randrange(201, 990)}555{draw.randrange(10_000):04d}"
        if known and lot < WITHHELD + KNOWN:
            begins = draw.choice(known)
            number = begins + number[len(begins) :]
        return number

    @property
    def started_at(self) -> int:
        """Some time of a week in the network's zone, most often by day; or where the terms turn."""
        if (first := self.caller) != self.number:
            return self._again_after(Person(self.seed, first, self.occasions).started_at)
        draw = self.draw("when")
        if self.occasions.edges and draw.random() < AT_AN_EDGE:
            return draw.choice(self.occasions.edges) + draw.randrange(60_000)
        is_any = draw.random() < AT_ANY_HOUR
        minutes = draw.randrange(24 * 60) if is_any else int(draw.triangular(7 * 60, 22 * 60, 14 * 60))
        day = FIRST_DAY + timedelta(draw.randrange(DAYS))
        local = datetime.combine(day, time(*divmod(minutes, 60)), self.occasions.zone)
        return int(local.timestamp()) * 1000 + draw.randrange(60_000)

    def _again_after(self, earlier: int) -> int:
        """Within the week, if the earlier call was."""
        draw = self.draw("again after")
        gap = int(draw.choice(AGAIN_AFTER_MS) * draw.uniform(0.9, 1.1))
        end = datetime.combine(FIRST_DAY + timedelta(DAYS), time(), self.occasions.zone)
        left = int(end.timestamp()) * 1000 - earlier
        return earlier + (gap if gap < left or left <= 0 else int(left * draw.random()))

    def sends(self, parameter: str, name: str, kind: AnswerType) -> str | None:
        """What the publisher says of this one's answer, if anything."""
        draw = self.draw("sent along", parameter)
        return answer_text(self.answer(name, kind)) if draw.random() < SENT_ALONG else None

    def contacts(self, campaign: str, buyers: Sequence[str]) -> Sequence[Contact]:
        """Some were had by a buyer of the campaign within two months, many about as long ago as terms ask."""
        draw = self.draw("had")
        if not buyers or draw.random() >= CALLED_BEFORE:
            return ()
        ago = draw.uniform(0.1, 60) * DAY_MS
        if self.occasions.spans and draw.random() < AT_A_SPAN:
            ago = draw.choice(self.occasions.spans) * draw.uniform(0.7, 1.3)
        started_at = self.started_at - int(ago)
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


def answer_text(value: Value) -> str:
    """As publishers write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _drawn(seed: int, number: int, *what: object) -> random.Random:
    return random.Random(f"{seed} {number} {what}")  # noqa: S311  a rehearsal, no secret
