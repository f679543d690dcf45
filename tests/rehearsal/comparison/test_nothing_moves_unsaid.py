"""Edits that once went without a word: each is told, in the operator's own terms, or shown by generated calls."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.language.revisions import Published, publish, read_network_dir
from engine.rehearsal.comparison.comparing import reach_moved, settings_moved, side_of
from engine.rehearsal.comparison.generated import generated_money
from engine.rehearsal.comparison.occasions import Occasions, edges_of, numbers_of
from engine.rehearsal.comparison.people import Person
from engine.rehearsal.comparison.unseen import unseen_sentences

FILES = read_network_dir(Path("examples/flows/roofing"))
ACCEPTS = 'accepts: zip.state == "FL"'
BID = "bid: {ping: {url: 'https://bids.example.com/ping'}, floor: \"33.50\"}"
CHICAGO = ZoneInfo("America/Chicago")
ANONYMOUS = ("currency: USD", "currency: USD\ncallers: {anonymous: refuse}")


def roofing(*edits: tuple[str, str], **files: str) -> Published:
    text = FILES["network.yaml"]
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    added = {f"{name}.txt": content for name, content in files.items()}
    published = publish({**FILES, **added, "network.yaml": text})
    assert published.revision is not None, published.mistakes
    return published


def told(old: Published, new: Published) -> list[str]:
    before, after = side_of(old), side_of(new)
    reach = [sentence for campaign, sentence in reach_moved(before, after) if campaign == "roofing"]
    return [*settings_moved(before, after), *reach]


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        ([('price: "45.00"', 'price: "46.00"')], "lonestar: price 45.00 → 46.00"),
        ([("currency: USD", "currency: CAD")], "network: currency USD → CAD"),
        ([("network: acme-home-services", "network: acme")], "network: network acme-home-services → acme"),
        ([ANONYMOUS], "network: callers.anonymous none → refuse"),
        ([("priority: 2 ", "")], "redriver: priority 2 → 1 (the default)"),
        ([("zone: America/Chicago ", "")], "network: zone America/Chicago → America/New_York (the default)"),
        (
            [("after: 60s, timer_from: accepted", "after: 60s")],
            "sunstate: billable.timer_from accepted → bridged (the default)",
        ),
        (
            [("    flow: roofing  ", "    bidding: {deadline: 1500ms}\n    flow: roofing  ")],
            "campaign roofing: bidding.deadline 800ms → 1500ms",
        ),
        ([("day: 40", "day: 39")], "lonestar: caps.day 40 → 39"),
        ([("within: 30d", "within: 31d")], "sunstate: duplicates.within 30d → 31d"),
        ([('amount: "30.00"', 'amount: "29.00"')], "campaign roofing: payout.amount 30.00 → 29.00"),
        ([(", publisher: radio-tx}", "}")], "number +15550100: publisher radio-tx → none"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_setting_is_told_by_its_path_and_the_words_of_the_file(
    edits: list[tuple[str, str]], sentence: str
) -> None:
    assert told(roofing(), roofing(*edits)) == [sentence]


def test_a_bidders_least_price_is_told_as_its_floor() -> None:
    bidding = roofing(('price: "33.50"', BID))
    dearer = roofing(('price: "33.50"', BID.replace("33.50", "35.00")))
    assert told(bidding, dearer) == ["sunstate: bid.floor 33.50 → 35.00"]


def test_a_blocked_prefix_is_told_as_it_is_written() -> None:
    before = roofing(("currency: USD", 'currency: USD\ncallers: {blocked: ["+1900*"]}'))
    after = roofing(("currency: USD", 'currency: USD\ncallers: {blocked: ["+1800*"]}'))
    assert told(before, after) == [
        "network: callers.blocked loses +1900*",
        "network: callers.blocked gains +1800*",
    ]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("call.hour < 17", "call.hour < 18"),
        ('call.date >= "2026-11-01"', 'call.date >= "2026-11-25"'),
        ('call.from.startsWith("+1512")', 'call.from.startsWith("+1713")'),
        ('call.publisher == "radio-tx"', 'call.publisher != "radio-tx"'),
    ],
)
def test_a_condition_on_the_call_itself_is_shown_when_it_changes(was: str, now: str) -> None:
    old, new = (roofing((ACCEPTS, f"accepts: '{text}'")) for text in (was, now))
    assert told(old, new) == [f"sunstate: accepts {was} → {now}"]
    assert generated_money(old, new, 60, 7).is_moved


def test_the_order_of_conditions_is_still_no_change() -> None:
    both = ('- zip.state == "TX"  ', '- call.hour < 17\n        - zip.state == "TX"  ')
    other = ('- zip.state == "TX"  ', '- zip.state == "TX"\n        - call.hour < 17  ')
    assert told(roofing(both), roofing(other)) == []


# Generated callers


def test_some_callers_withhold_their_number() -> None:
    refusing = generated_money(roofing(), roofing(ANONYMOUS), 60, 7)
    assert refusing.is_moved
    assert {now for _, now in refusing.moved} == {"nobody"}


def test_some_callers_call_again_within_the_week() -> None:
    once = ("currency: USD", "currency: USD\ncallers: {velocity: {calls: 1, within: 7d}}")
    assert generated_money(roofing(), roofing(once), 250, 7).is_moved


def test_some_callers_are_those_that_a_list_names() -> None:
    blocking = roofing(
        ("currency: USD", "currency: USD\ncallers: {blocked: {file: b.txt}}"), b="+15125550166 +1900*\n"
    )
    assert generated_money(roofing(), blocking, 250, 7).is_moved


def test_a_number_that_is_new_is_called_too() -> None:
    new = ('  "+15550101":', '  "+15550102": {campaign: roofing}\n  "+15550101":')
    moved = generated_money(roofing(), roofing(new), 60, 7)
    assert {was for was, _ in moved.moved} == {"nobody"}


def test_callers_come_at_every_hour_and_on_both_sides_of_every_edge() -> None:
    office = 'hours: {zone: America/Denver, mon-fri: ["08:00-17:30"], closed: [us_holidays], dates: {"2027-02-06": ["10:00-11:00"]}}'
    network = roofing((ACCEPTS, f"{ACCEPTS}\n    {office}")).network
    assert network is not None
    edges = edges_of([network], [])
    schedule = network.almanac.zone("America/Denver")
    local = {datetime.fromtimestamp(edge / 1000, schedule).strftime("%a %m-%d %H:%M") for edge in edges}
    assert {"Mon 11-23 07:59", "Mon 11-23 08:00", "Mon 11-23 17:29", "Mon 11-23 17:30"} <= local
    assert {"Thu 11-26 12:00", "Sat 02-06 09:59", "Sat 02-06 10:59", "Fri 12-25 12:00"} <= local
    people = [Person(7, number, Occasions(CHICAGO, edges=edges)) for number in range(400)]
    hours = {datetime.fromtimestamp(each.started_at / 1000, CHICAGO).hour for each in people}
    assert hours == set(range(24))


def test_an_area_of_few_zip_codes_has_callers_too() -> None:
    occasions = Occasions(CHICAGO, wanted_codes=["78701"], areas=[["33130"], ["73102", "73103"]])
    homes = [Person(7, number, occasions).zip_code for number in range(200)]
    assert {"33130", "73102", "73103", "78701"} <= {*homes}
    assert len({*homes}) > 20  # and from anywhere else


def test_who_calls_again_is_the_same_person() -> None:
    people = [Person(7, number, Occasions(CHICAGO)) for number in range(200)]
    again = [each for each in people if each.caller != each.number]
    assert 20 < len(again) < 70
    for each in again:
        first = people[each.caller]
        assert (each.caller_number, each.zip_code) == (first.caller_number, first.zip_code)
        assert each.started_at > first.started_at


def test_numbers_of_lists_and_conditions_are_known() -> None:
    network = roofing(
        ("currency: USD", 'currency: USD\ncallers: {blocked: ["+1900*", "+15125550166"]}'),
        (ACCEPTS, """accepts: '!call.from.startsWith("+1713")'"""),
    ).network
    assert network is not None
    assert numbers_of([network]) == ["+15125550166", "+1713", "+1900"]


# What is not seen, and money of two kinds


def test_amounts_of_two_currencies_are_never_compared() -> None:
    moved = generated_money(roofing(), roofing(("currency: USD", "currency: CAD")), 20, 7)
    (revenue,) = [line for line in moved.sentences("20 calls") if line.startswith("revenue ")]
    assert revenue.endswith(" CAD, which can't be compared")
    assert " USD → " in revenue
    assert "%" not in revenue


def test_what_calls_cannot_show_is_named() -> None:
    plain, bidding = roofing(), roofing(('price: "33.50"', BID))
    kinds = [
        line.partition(":")[0]
        for line in unseen_sentences(side_of(plain), side_of(bidding), stored=False, generated=True)
    ]
    assert kinds == [
        "live prices of bidders (sunstate)",
        "what the database holds for caps and duplicates",
        "pauses of buyers, and how buyers stand in the database",
        "speech",
        "the world outside",
    ]
    nothing = unseen_sentences(side_of(plain), side_of(plain), stored=False, generated=False)
    assert nothing == ["no calls were tried, so nothing here says what the change earns or costs"]


def test_the_command_ends_with_what_it_could_not_see() -> None:
    folder = "examples/flows/roofing"
    result = CliRunner().invoke(main, ["diff", folder, folder, "--generate", "5"])
    assert result.exit_code == 0, result.output
    assert "\nnot seen here:\n  what the database holds for caps and duplicates: " in result.output
    document = json.loads(
        CliRunner().invoke(main, ["diff", folder, folder, "--generate", "5", "--json"]).stdout
    )
    assert document["unseen"][0].startswith("what the database holds")
    assert document["calls"][0]["currency"] == {"was": "USD", "would_be": "USD"}
