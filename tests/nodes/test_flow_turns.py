"""Nodes that decide by themselves: hours by the clock, split by the caller, tags noted on the way."""

from __future__ import annotations

import textwrap
from collections import Counter
from datetime import datetime

import pytest

from engine.core.commands import Record
from engine.core.events import CallArrived
from engine.core.facts import Tag, Turn
from engine.core.machine import CallMachine
from engine.language.revisions import Published, publish
from engine.wording.sentences import turn_sentence

NETWORK = """
network: small
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: example, buyers: [one]}}
buyers: {one: {to: "+15550111", price: "1"}}
"""


def published(nodes: str, answers: str = "") -> Published:
    flow = f"flow: example\nstart: start\n{answers}\nnodes:\n" + textwrap.indent(textwrap.dedent(nodes), "  ")
    return publish({"network.yaml": NETWORK, "example.yaml": flow})


def turn_of(
    of: Published, *, at: str = "2026-11-23T15:00:00Z", caller: str = "+15125550123", seed: int = 7
) -> Turn:
    (turn,) = [fact for fact in facts_of(of, at=at, caller=caller, seed=seed) if isinstance(fact, Turn)]
    return turn


def facts_of(of: Published, *, at: str, caller: str = "+15125550123", seed: int = 7) -> list[object]:
    assert of.revision is not None, [str(mistake) for mistake in of.mistakes]
    started_at = round(datetime.fromisoformat(at).timestamp() * 1000)
    machine = CallMachine(of.revision)
    commands = machine.receive(
        CallArrived(0, "c1", "practice", "CA1", caller, "+15550100", started_at, seed=seed)
    )
    return [command.fact for command in commands if isinstance(command, Record)]


OFFICE = """
start:
  type: hours
  hours: {zone: America/Chicago, mon-fri: ["08:00-12:00", "13:00-18:00"], closed: [us_holidays, "2026-12-31"]}
  next: bye
  exits: {closed: bye, holiday: bye}
bye: {type: hangup}
"""


@pytest.mark.parametrize(
    ("at", "way"),
    [
        ("2026-11-23T13:59:59.999Z", "closed"),  # 07:59:59.999 in Chicago
        ("2026-11-23T14:00:00Z", "open"),
        ("2026-11-23T18:00:00Z", "closed"),  # lunch
        ("2026-11-23T19:00:00Z", "open"),
        ("2026-11-24T00:00:00Z", "closed"),  # 18:00
        ("2026-11-22T16:00:00Z", "closed"),  # a Sunday
        ("2026-11-26T16:00:00Z", "holiday"),  # Thanksgiving
        ("2026-12-31T16:00:00Z", "holiday"),  # a date of the operator's own
        ("2026-07-01T13:00:00Z", "open"),  # 08:00 in summer
        ("2026-07-01T12:59:00Z", "closed"),
    ],
)
def test_an_office_opens_and_closes_by_its_own_wall_clock(at: str, way: str) -> None:
    turn = turn_of(published(OFFICE), at=at)
    assert (turn.node, turn.exit) == ("start", way)


def test_a_turn_says_what_time_it_was_and_what_was_agreed() -> None:
    turn = turn_of(published(OFFICE), at="2026-11-26T16:00:00Z")
    assert turn_sentence(turn) == (
        "It is Thu 10:00, Thanksgiving Day in America/Chicago: closed, by hours mon-fri 08:00-12:00, "
        "13:00-18:00 America/Chicago, closed us_holidays, 2026-12-31."
    )
    assert turn.values == {"local": "Thu 10:00", "closed": "Thanksgiving Day"}


def test_a_day_off_is_closed_where_no_exit_is_wired_for_it() -> None:
    of = published(OFFICE.replace("{closed: bye, holiday: bye}", "{closed: bye}"))
    assert [str(mistake) for mistake in of.mistakes] == []
    assert turn_of(of, at="2026-11-26T16:00:00Z").exit == "closed"


def test_hours_that_make_no_sense_are_named_all_at_once() -> None:
    of = published(
        OFFICE.replace("America/Chicago", "America/Chicagoo").replace("08:00-12:00", "08:00-14:00")
    )
    assert [str(mistake).partition(": ")[2] for mistake in of.mistakes] == [
        "node 'start': 'America/Chicagoo' isn't a time zone; did you mean 'America/Chicago'?",
        "node 'start': window 13:00-18:00 overlaps another on the same day; merge the two, or move one",
    ]


def test_an_office_may_keep_the_hours_of_one_of_the_networks_schedules() -> None:
    nodes = "start: {type: hours, hours: office, next: bye, exits: {closed: bye}}\nbye: {type: hangup}"
    (found,) = [str(mistake) for mistake in published(nodes).mistakes]
    assert found == "example.yaml:5:31: node 'start': schedule 'office' doesn't exist"
    network = NETWORK + 'schedules: {office: {zone: America/Chicago, mon-fri: ["08:00-18:00"]}}\n'
    flow = "flow: example\nstart: start\nnodes:\n" + textwrap.indent(nodes, "  ")
    of = publish({"network.yaml": network, "example.yaml": flow})
    assert turn_of(of).exit == "open"
    assert turn_of(of, at="2026-11-24T00:00:00Z").exit == "closed"


SPLIT = """
start: {type: split, branches: {short: 70, long: 30, never: 0}, exits: {short: bye, long: bye, never: bye}}
bye: {type: hangup}
"""


def ways(of: Published, count: int = 2_000) -> list[str]:
    return [turn_of(of, caller=f"+1555{number:07}").exit for number in range(count)]


def test_a_split_shares_callers_by_weight() -> None:
    shares = Counter(ways(published(SPLIT)))
    assert set(shares) == {"short", "long"}
    assert 1_320 <= shares["short"] <= 1_480  # 70 of 100, within four standard deviations


def test_a_caller_goes_the_same_way_again_whatever_the_calls_seed() -> None:
    of = published(SPLIT)
    assert len({turn_of(of, seed=seed).exit for seed in range(50)}) == 1


def test_another_salt_shuffles_callers_anew() -> None:
    salted = published(SPLIT.replace("type: split,", "type: split, salt: spring,"))
    changed = sum(old != new for old, new in zip(ways(published(SPLIT)), ways(salted), strict=True))
    assert 720 <= changed <= 960  # two independent draws differ for 42 in 100 of the callers


def test_who_withholds_the_number_is_drawn_by_the_calls_seed() -> None:
    of = published(SPLIT)
    drawn = Counter(turn_of(of, caller="", seed=seed).exit for seed in range(500))
    assert set(drawn) == {"short", "long"}
    turn = turn_of(of, caller="", seed=3)
    assert turn.values["by"] == "call"
    assert turn_sentence(turn).startswith("The call's seed drew lot ")


def test_each_call_may_be_drawn_by_itself() -> None:
    of = published(SPLIT.replace("type: split,", "type: split, sticky: call,"))
    assert len({turn_of(of, seed=seed).exit for seed in range(50)}) == 2


def test_a_split_that_nobody_can_leave_is_an_error() -> None:
    of = published(SPLIT.replace("70", "0").replace("30", "0"))
    assert [str(mistake) for mistake in of.mistakes] == [
        "example.yaml:6:3: node 'start': every branch weighs 0, so none could be taken; give one a weight of 1 or more"
    ]


ANSWERS = """
answers:
  zip: {type: zip}
  ssn: {type: digits, length: 4, sensitive: true}
  owner: {type: yes_no}
"""

TAGS = """
start: {type: set, values: {zip: "78701", ssn: "1234", owner: true}, next: mark}
mark:
  type: tag
  tags:
    tier: gold
    area: "{{ zip.state }} {{ zip }}"
    owner: "{{ owner }}"
    proof: "{{ ssn }}"
    later: "{{ call.publisher }}"
  next: mark_again
mark_again: {type: tag, tags: {tier: silver}, next: bye}
bye: {type: hangup}
"""


def test_tags_hold_answers_as_they_are_and_mask_the_sensitive() -> None:
    facts = facts_of(published(TAGS, ANSWERS), at="2026-11-23T15:00:00Z")
    tags = [(fact.name, fact.value) for fact in facts if isinstance(fact, Tag)]
    assert tags == [
        ("tier", "gold"),
        ("area", "TX 78701"),
        ("owner", "yes"),
        ("proof", "•••"),
        ("later", ""),
        ("tier", "silver"),
    ]
