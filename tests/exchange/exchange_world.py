"""A small network and a call in it, for the tests of the exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.core.call import Call
from engine.core.conditions import All, Clause, Condition, Value
from engine.core.events import CallArrived, Contact
from engine.core.facts import Candidate, Leg
from engine.core.flow import Flow, Revision
from engine.core.places import Place
from engine.core.records import changed
from engine.exchange.market import NetworkMarket
from engine.exchange.terms import (
    Buyer,
    Campaign,
    Caps,
    Hours,
    Network,
    Publisher,
    Terms,
    TimerFrom,
    TrackedNumber,
)
from engine.language.kept.reference import Reference
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.digits import Digits
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip

CALLER = "+15125550123"
NUMBER = "+15550100"
NOON = "2026-11-23 12:00"  # a Monday
CHICAGO = "America/Chicago"

FLOW = Flow(
    name="roofing",
    language="en-US",
    start="welcome",
    nodes={},
    answers={
        "zip": Zip(),
        "need": Choice({"repair": ChoiceOption("1"), "replace": ChoiceOption("2")}),
        "insured": YesNo(),
        "ssn": Digits(length=4, sensitive=True),
    },
    commands={},
)


def place(line: int) -> Place:
    return Place("network.yaml", line, 5)


def instant(local: str, zone: str = CHICAGO, *, fold: int = 0) -> int:
    """Milliseconds since 1970 of a wall time."""
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def clause(text: str, name: str, holds: Callable[[Value], bool], *, line: int = 41) -> Clause:
    """A clause over one name: unknown where the name has no value."""

    def evaluate(values: Mapping[str, Value]) -> bool | None:
        value = values.get(name)
        return None if value is None else holds(value)

    answer = name.partition(".")[0]
    return Clause(text, place(line), (name,), (answer,), evaluate)


def equals(name: str, wanted: Value, *, line: int = 41) -> Clause:
    return clause(f'{name} == "{wanted}"', name, lambda value: value == wanted, line=line)


IN_TEXAS = equals("zip.state", "TX", line=41)
WANTS_NEW = equals("need", "replace", line=42)


def terms(
    amount_micros: int = 45_000_000,
    after_ms: int = 90_000,
    timer_from: TimerFrom = "bridged",
    requires: tuple[str, ...] = (),
    when: Condition | None = None,
) -> Terms:
    places = {"after": place(52), "requires": place(53), "when": place(54)}
    return Terms(amount_micros, after_ms, timer_from, requires, when, place(51), places)


def buyer(key: str, accepts: Condition | None = IN_TEXAS, **changes: object) -> Buyer:
    plain = Buyer(
        key=key,
        name=key.title(),
        to="+15550111",
        accepts=accepts,
        hours=None,
        caps=Caps(),
        duplicates=None,
        priority=1,
        weight=1,
        billable=terms(),
        place=place(40),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def hours(
    windows: Mapping[int, tuple[tuple[int, int], ...]],
    zone: str = CHICAGO,
    *,
    closed: tuple[str, ...] = (),
    holidays: tuple[str, ...] = (),
) -> Hours:
    return Hours(zone, windows, frozenset(closed), holidays, place(45))


ALMANAC = Reference()  # what the installed packages say


def network(*buyers: Buyer, payout: Terms | None = None) -> Network:
    keys = tuple(buyer.key for buyer in buyers)
    return Network(
        name="acme",
        currency="USD",
        zone="America/New_York",
        numbers={NUMBER: TrackedNumber(NUMBER, "roofing", "radio", place(3))},
        publishers={"radio": Publisher("radio", "Radio Texas", place(5))},
        campaigns={"roofing": Campaign("roofing", "roofing", keys, payout, place(7))},
        buyers={buyer.key: buyer for buyer in buyers},
        almanac=ALMANAC,
    )


def call(
    network: Network,
    *,
    at: str = NOON,
    zone: str = CHICAGO,
    caller: str = CALLER,
    seed: int = 7,
    contacts: tuple[Contact, ...] = (),
    publisher: str = "radio",
    **answers: Value,
) -> Call:
    """A call of this network with these answers, at its start."""
    revision = Revision("sha256:test", {"roofing": FLOW}, NetworkMarket(network))
    started_at = instant(at, zone)
    arrived = CallArrived(0, "c1", "twilio", "CA1", caller, NUMBER, started_at, seed, contacts)
    made = Call(revision, FLOW, arrived)
    made.campaign, made.publisher, made.node = "roofing", publisher, "find"
    made.know(revision.market.values(made.moment))
    for name, value in answers.items():
        understood = FLOW.answers[name].understand_value(value)
        assert understood is not None, (name, value)
        made.learn(name, understood, raw=str(value), mode="flow")
    return made


def candidates(call: Call) -> dict[str, Candidate]:
    return {each.buyer: each for each in call.revision.market.choose(call.moment, "roofing").candidates}


def order(call: Call) -> list[str]:
    """The eligible buyers, best first."""
    ranked = [each for each in candidates(call).values() if each.rank is not None]
    return [each.buyer for each in sorted(ranked, key=lambda each: each.rank or 0)]


def talked(call: Call, buyer: str | None, talk_ms: int, **changes: object) -> Leg:
    """A leg to the buyer, or to nobody's number, that was bridged for so long, put among the call's."""
    name = f"buyer-{len(call.legs) + 1}"
    leg = Leg(
        leg=name,
        buyer=buyer,
        to="+15550111",
        campaign="roofing",
        price_micros=45_000_000,
        dialled_at=10_000,
        answered_at=14_000,
        accepted_at=18_000,
        bridged_at=20_000,
        ended_at=20_000 + talk_ms,
        outcome="completed",
        ended_by="buyer",
    )
    leg = changed(leg, **changes)  # type: ignore[arg-type]
    call.legs[name] = leg
    call.at = max(call.at, leg.ended_at or 0)
    return leg


def all_of(*children: Condition) -> All:
    return All(children)
