"""Networks at random, as an operator might write them, with callers and buyers to play calls in them.

Everything goes the long way: drawn as YAML, published, walked by the machine. Whoever hunts longer sets
CORDBOARD_HUNT to the number of examples.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from engine.core.conditions import All, AnyOf, ClauseOutcome, Condition, Not
from engine.core.facts import Candidate
from engine.language.revisions import Published, publish
from engine.language.stories.story import BuyerPlan

Drawn = dict[str, Any]

# What callers may answer, as they key it.
KEYS: Mapping[str, tuple[str, ...]] = {
    "zip": ("78701", "10001", "73102", "33130"),  # Texas, New York, Oklahoma, Florida
    "need": ("1", "2"),
    "insured": ("1", "2"),
    "roofs": ("1#", "3#", "7#"),
}
NUMBERS = {"always": "+15550100", "when_needed": "+15550101", "interview": "+15550102"}


def hunting(max_examples: int, **more: Any) -> settings:
    """So many examples, always the same ones; or as many as CORDBOARD_HUNT says, new ones each time."""
    hunt = int(os.environ.get("CORDBOARD_HUNT", "0"))
    return settings(
        max_examples=hunt or max_examples,
        derandomize=not hunt,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )


# Terms

_LEAVES = st.sampled_from(
    (
        'zip.state == "TX"',
        'zip.state in ["TX", "OK"]',
        'zip.state != "NY"',
        'zip == "33130"',
        'need == "repair"',
        'need == "replace"',
        "insured == true",
        "insured == false",
        "roofs >= 3",
        "roofs < 5",
        'zip.state == "TX" || roofs > 2',
        'need == "repair" && insured == true',
        'call.publisher == "radio"',
    )
)
CONDITIONS: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"all": some}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"any": some}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=5,
)
NARROW = st.sampled_from((None, None, None, 'need == "repair"', "insured == true", {"not": "roofs < 2"}))
SIMPLE = st.none() | _LEAVES | CONDITIONS  # seldom so much that nobody is sold anything
_REQUIRES = st.lists(st.sampled_from(sorted(KEYS)), unique=True, max_size=2)
_OPEN = {"zone": "America/Chicago", "mon-fri": ["08:00-18:00"]}
_SHUT = {"zone": "America/New_York", "sat": ["09:00-13:00"]}
_NIGHT = {"zone": "America/Chicago", "mon-sun": ["09:00-12:00", "18:00-04:00"]}
_ALWAYS = {"zone": "America/Chicago", "mon-sun": ["00:00-24:00"]}
HOURS = (None, None, _OPEN, _SHUT)
OFTEN_OPEN = (None, _ALWAYS, _ALWAYS, _NIGHT)  # whose days begin an hour beside the network's


def _without_nothing(drawn: Drawn) -> Drawn:
    return {key: value for key, value in drawn.items() if value not in (None, [], {})}


def _terms(when: st.SearchStrategy[Any]) -> st.SearchStrategy[Drawn]:
    both = {"requires": _REQUIRES, "when": when}
    lasting = {
        "after": st.sampled_from(("20s", "20s", "60s", "90s")),
        "timer_from": st.sampled_from(("answered", "accepted", "bridged")),
        "rounding": st.sampled_from((None, None, "up_second", "down_second")),
        **both,
    }
    at_once = {"trigger": st.sampled_from(("answered", "accepted", "bridged")), **both}
    drawn = st.one_of(*[st.fixed_dictionaries(lasting)] * 3, st.fixed_dictionaries(at_once))
    return drawn.map(_without_nothing)


def _once(terms: st.SearchStrategy[Drawn]) -> st.SearchStrategy[Drawn]:
    """Terms that may be owed but once for a caller in some time."""
    windows = st.sampled_from((None, None, {"within": "30d"}, {"within": "10m"}))
    return st.tuples(terms, windows).map(lambda both: _without_nothing({**both[0], "duplicates": both[1]}))


def _money(least: int, most: int) -> st.SearchStrategy[str]:
    cents = st.integers(least * 100, most * 100).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
    return st.integers(least, most).map(lambda amount: f"{amount}.00") | cents


def _some_of(*caps: tuple[str, Any]) -> st.SearchStrategy[Drawn]:
    """One or two of these caps."""
    chosen = st.lists(st.sampled_from(caps), min_size=1, max_size=2, unique_by=lambda cap: cap[0])
    return chosen.map(dict)


BUYER_CAPS = _some_of(
    ("concurrent", 1),
    ("concurrent", 2),
    ("hour", 2),
    ("day", 1),
    ("day", 3),
    ("day_spend", "70.00"),
    ("connected", {"hour": 2}),
    ("billed", {"hour": 1}),
    ("billed", {"day": 2}),
    ("spend", {"hour": "60.00"}),
    ("spend", {"total": "100.00"}),
)
CAMPAIGN_CAPS = _some_of(
    ("concurrent", 2), ("hour", 3), ("day", 4), ("billed", {"day": 2}), ("spend", {"day": "90.00"})
)
PUBLISHER_CAPS = _some_of(
    ("concurrent", 3), ("hour", 3), ("day", 5), ("connected", {"hour": 3}), ("spend", {"day": "40.00"})
)
PAYOUT_CAPS = _some_of(("hour", 1), ("day", 2), ("spend", {"total": "30.00"}))
SELDOM_DUPLICATES = st.sampled_from(
    (
        *(None,) * 8,
        {"within": "30d"},
        {"within": "1h", "per": "campaign"},
        {"within": "30d", "after": "billed"},
        {"within": "10m", "after": "billed", "per": "campaign"},
    )
)
BID = {
    "ping": {"url": "https://bids.example.com/ping", "timeout": "300ms"},
    "confirm": {"url": "https://bids.example.com/confirm"},
}
DUPLICATES = st.sampled_from(
    (
        None,
        {"within": "30d"},
        {"within": "30d", "after": "billed", "per": "campaign"},
        {"within": "1h", "then": "route_same"},
        {"within": "1h", "then": "route_other"},
    )
)


@st.composite
def networks(draw: st.DrawFn, *, are_capped: bool = False) -> Drawn:
    """A network of a few buyers, whose three campaigns ask callers the long way and the short ways.

    A capped one takes nearly every call, so that its caps are what decides.
    """
    wanted, terms = (NARROW, _once(_terms(NARROW))) if are_capped else (SIMPLE, _terms(SIMPLE))
    buyers = {}
    for number in range(draw(st.sampled_from((1, 2, 3, 3)) if are_capped else st.integers(1, 5))):
        buyers[f"b{number}"] = _without_nothing(
            {
                "to": f"+155501{number:02}0",
                "price": draw(_money(10, 50)),
                "accepts": draw(wanted),
                "area": draw(st.sampled_from((None, None, None, {"states": ["TX", "NY"]}))),
                "hours": draw(st.sampled_from(OFTEN_OPEN if are_capped else HOURS)),
                "priority": draw(st.integers(1, 2)),
                "weight": draw(st.integers(1, 3)),
                "duplicates": draw(SELDOM_DUPLICATES if are_capped else DUPLICATES),
                "caps": draw(BUYER_CAPS) if are_capped else None,
                "billable": draw(terms),
            }
        )
        if are_capped and draw(st.integers(0, 3)) == 0:
            del buyers[f"b{number}"]["price"]
            buyers[f"b{number}"]["bid"] = BID
    payout = None
    if draw(st.integers(0, 7 if are_capped else 2)):
        caps = draw(st.none() | PAYOUT_CAPS) if are_capped else None
        payout = _without_nothing({"amount": draw(_money(5, 20)), **draw(terms), "caps": caps})
    campaign = _without_nothing(
        {
            "buyers": list(buyers),
            "payout": payout,
            "strategy": draw(st.sampled_from(("priority", "highest_price", "weighted"))),
            "caps": draw(st.none() | CAMPAIGN_CAPS) if are_capped else None,
            "bidding": {"deadline": "500ms", "floor": "5.00"} if are_capped else None,
        }
    )
    of_publisher = draw(st.none() | st.none() | PUBLISHER_CAPS) if are_capped else None
    return {
        "network": "drawn",
        "zone": draw(st.sampled_from(("America/New_York", "America/Los_Angeles"))),
        "numbers": {number: {"campaign": way, "publisher": "radio"} for way, number in NUMBERS.items()},
        "publishers": {"radio": _without_nothing({"name": "Radio", "caps": of_publisher})},
        "campaigns": {way: {"flow": way, **campaign} for way in NUMBERS},
        "buyers": buyers,
    }


# Flows

_ANSWERS = {
    "zip": {"type": "zip"},
    "need": {"type": "choice", "options": {"repair": {"key": "1"}, "replace": {"key": "2"}}},
    "insured": {"type": "yes_no"},
    "roofs": {"type": "number", "max": 9},
}
_TAIL = {
    "find": {"type": "choose_buyer", "next": "connect", "exits": {"none": "bye"}},
    "connect": {
        "type": "bridge",
        "next": "bye",
        "exits": {"busy": "find", "noanswer": "find", "rejected": "find", "failed": "find"},
    },
    "bye": {"type": "hangup"},
}


TAILS = (  # one buyer after the other; two that ring at once, and short talks sold again; with rollover
    _TAIL,
    {
        **_TAIL,
        "find": {**_TAIL["find"], "ring": 2},
        "connect": {
            **_TAIL["connect"],
            "whisper": "Press 1.",
            "accept": {"key": "1", "timeout": "5s"},
            "recover": {"below_duration": True, "at_most": 2},
            "exits": {**_TAIL["connect"]["exits"], "recovered": "find"},
        },
    },
    {
        **_TAIL,
        "find": {**_TAIL["find"], "rollover": {"at_most": 2}},
        "connect": {
            **_TAIL["connect"],
            "recover": {"below_duration": False, "at_most": 5},
            "exits": {**_TAIL["connect"]["exits"], "recovered": "find"},
        },
    },
)


def _flow(way: str, order: list[str], tail: Drawn) -> str:
    start = "interview" if way == "interview" else f"ask_{order[0]}"
    nodes: Drawn = {}
    for answer, following in zip(order, (*order[1:], None), strict=True):
        after = f"ask_{following}" if following else "find"
        after = "interview" if way == "interview" else after
        exits = {"noinput": after, "nomatch": after}
        node = {"type": "collect", "answer": answer, "prompt": f"{answer}?", "attempts": 1}
        if way == "when_needed":
            node["ask"] = way
        nodes[f"ask_{answer}"] = {**node, "next": after, "exits": exits}
    if way == "interview":
        questions = {answer: f"ask_{answer}" for answer in order}
        nodes["interview"] = {"type": "interview", "answers": questions, "next": "find"}
    flow = {"flow": way, "start": start, "answers": _ANSWERS, "nodes": {**nodes, **tail}}
    return json.dumps(flow)


ORDERS = st.permutations(sorted(KEYS))


def files_of(network: Drawn, order: list[str], tail: Drawn = _TAIL) -> dict[str, str]:
    """The network with its three flows, which look for a buyer by `tail`: JSON is YAML too."""
    flows = {f"{way}.yaml": _flow(way, order, tail) for way in NUMBERS}
    return {"network.yaml": json.dumps(network), **flows}


def published(network: Drawn, order: list[str], tail: Drawn = _TAIL) -> Published:
    """The network as it goes live."""
    made = publish(files_of(network, order, tail))
    assert made.revision is not None, [str(mistake) for mistake in made.mistakes]
    return made


# People

_GIVEN = {name: st.sampled_from(keys) for name, keys in KEYS.items()}
TALKERS = st.fixed_dictionaries(_GIVEN)
CALLERS = TALKERS | st.fixed_dictionaries({}, optional=_GIVEN)
PLANS = st.builds(
    BuyerPlan,
    outcome=st.sampled_from((*("answers",) * 8, "busy", "noanswer", "fails", "rejects")),
    talks_ms=st.sampled_from((120_000, 90_000, 89_001, 60_000, 59_999, 5_000)),
)


# What a trace says, put together again as the terms are


def outcome_told(condition: Condition | None, clauses: list[ClauseOutcome]) -> bool | None:
    """The condition's outcome by the lines of its trace, which are taken from the front of `clauses`."""
    match condition:
        case None:
            return True
        case All(children=children):
            return _all([outcome_told(child, clauses) for child in children])
        case AnyOf(children=children):
            told = _all([_opposite(outcome_told(child, clauses)) for child in children])
            return _opposite(told)
        case Not(child=child):
            return _opposite(outcome_told(child, clauses))
    line = clauses.pop(0)
    known = {name: value for name, value in line.values.items() if value is not None}
    assert (line.clause, line.place) == (condition.text, condition.place)
    assert condition.evaluate(known) is line.outcome, line
    return line.outcome


def _all(outcomes: list[bool | None]) -> bool | None:
    return False if False in outcomes else None if None in outcomes else True


def _opposite(outcome: bool | None) -> bool | None:
    return None if outcome is None else not outcome


def is_explained(candidate: Candidate, terms: tuple[Condition | None, ...]) -> bool:
    """Whether the candidate's lines alone give its outcome: `terms` are its buyer's area and accepts."""
    clauses = list(candidate.clauses)
    wanted = _all([outcome_told(condition, clauses) for condition in terms])
    others = [line for line in clauses if line.outcome is not True]
    if candidate.eligible:
        return wanted is True and not others
    if candidate.code == "terms_not_met":
        return wanted is False
    if candidate.code == "terms_unknown":  # nothing else refuses
        return wanted is None and not others
    return wanted is not False and len(others) >= 1
