"""Areas, lists in files, callers and schedules: read into clauses with their lines, mistakes named at theirs."""

from __future__ import annotations

from engine.core.call import Call
from engine.core.conditions import Evaluator
from engine.core.events import CallArrived
from engine.language.revisions import Published, publish
from engine.understanding.zip import Zip
from engine.understanding.zip_circles import miles_between, point_of, zips_within

FLOW = """\
flow: main
start: ask_zip
answers: {zip: {type: zip}, need: {type: choice, options: {repair: {key: "1"}, replace: {key: "2"}}}}
exits: {noinput: find, nomatch: find}
nodes:
  ask_zip: {type: collect, answer: zip, prompt: Your ZIP code?, next: ask_need}
  ask_need: {type: collect, answer: need, prompt: Repair 1 or new 2?, next: find}
  find: {type: choose_buyer, next: bye, exits: {none: bye}}
  bye: {type: hangup}
"""
HEAD = """\
network: areas
numbers: {"+15550100": {campaign: main}}
campaigns: {main: {flow: main, buyers: [lonestar]}}
"""


def published(buyer: str, rest: str = "", **files: str) -> Published:
    text = f'{HEAD}{rest}buyers:\n  lonestar:\n    to: "+15550111"\n    price: "45.00"\n{buyer}'
    named = {name.replace("__", "/") + ".txt": held for name, held in files.items()}
    return publish({"network.yaml": text, "main.yaml": FLOW, **named})


def mistakes(of: Published) -> list[str]:
    return [str(mistake) for mistake in of.mistakes]


def takes(of: Published, code: str) -> bool | None:
    assert mistakes(of) == []
    assert of.network is not None
    area = of.network.buyers["lonestar"].area
    assert area is not None
    understood = Zip().understand_value(code)
    assert understood is not None
    return area.judged(Evaluator(understood.named("zip")))


def test_any_part_of_an_area_will_do() -> None:
    of = published(
        '    area:\n      states: [OK]\n      counties: ["Hays County, TX"]\n'
        "      zips: [78701, 02134]\n      within: {miles: 5, of: 10001}\n"
    )
    told = {code: takes(of, code) for code in ("73102", "78610", "78701", "02134", "10011", "78702")}
    assert told == {"73102": True, "78610": True, "78701": True, "02134": True, "10011": True, "78702": False}


def test_each_part_is_a_clause_with_its_line() -> None:
    of = published(
        "    area:\n      states: [OK]\n      zips: {file: zips/a.txt}\n      within: [{miles: 5, of: 10001}]\n",
        zips__a="78701 # Austin\n",
    )
    assert of.network is not None
    area = of.network.buyers["lonestar"].area
    assert area is not None
    assert [(leaf.text, leaf.place.at, leaf.answers) for leaf in area.leaves()] == [
        ('zip.state in ["OK"]', "network.yaml:9", ("zip",)),
        ("zip in zips/a.txt (1 ZIPs)", "network.yaml:10", ("zip",)),
        ("zip within 5 miles of 10001", "network.yaml:11", ("zip",)),
    ]


def test_a_list_belongs_to_the_revision() -> None:
    area = "    area: {zips: {file: zips/a.txt}}\n"
    one, other = (published(area, zips__a=codes).revision for codes in ("78701", "78701, 78702"))
    assert one is not None
    assert other is not None
    assert one.id != other.id


def test_a_state_or_a_county_that_is_nowhere_is_named() -> None:
    of = published('    area: {counties: ["Traviss County, TX", "Hays County, TX"], states: [OK, TZ]}\n')
    assert mistakes(of) == [
        "network.yaml:8:23: warning: buyer 'lonestar': 'Traviss County, TX' has no ZIP codes; did you mean 'Travis County, TX'?",
        "network.yaml:8:78: warning: buyer 'lonestar': 'TZ' has no ZIP codes; remove it; no caller can be there",
    ]


def test_what_is_wrong_in_a_list_is_named_at_its_own_line() -> None:
    of = published("    area: {zips: {file: zips/a.txt}}\n", zips__a="78701\n# none\n78702, 7870\n00000\n")
    assert mistakes(of) == [
        "zips/a.txt:3:8: buyer 'lonestar': '7870' isn't a ZIP code; expected five digits, as in \"78701\"",
        "zips/a.txt:4:1: warning: buyer 'lonestar': ZIP code 00000 doesn't exist; remove it; no caller can have it",
    ]


def test_a_list_that_is_not_there_and_a_middle_that_nobody_knows_are_named() -> None:
    assert mistakes(published("    area: {zips: {file: zips/b.txt}}\n", zips__a="78701")) == [
        (
            "network.yaml:8:25: buyer 'lonestar': network.yaml lists 'zips/b.txt', and that file doesn't exist; "
            "did you mean 'zips/a.txt'?"
        )
    ]
    (found,) = mistakes(published("    area: {within: {miles: 5, of: Austin}}\n"))
    assert "'Austin' isn't a place we know; expected a ZIP code" in found


def test_an_area_over_an_answer_that_is_no_zip_is_named() -> None:
    (found,) = mistakes(published("    area: {answer: need, states: [TX]}\n"))
    assert "its area uses 'need', which isn't a ZIP answer here" in found


def test_hours_by_the_name_of_a_schedule() -> None:
    office = 'schedules: {office: {zone: America/Chicago, mon-fri: ["08:00-18:00"]}}\n'
    of = published("    hours: office\n", office)
    assert mistakes(of) == []
    assert of.revision is not None
    assert of.revision.market.schedule("office").text == "hours mon-fri 08:00-18:00 America/Chicago"
    (found,) = mistakes(published("    hours: ofice\n", office))
    assert found.endswith("schedule 'ofice' doesn't exist; did you mean 'office'?")


def test_a_date_that_is_closed_and_has_windows_is_a_mistake() -> None:
    hours = (
        '{zone: UTC, mon: ["08:00-18:00"], closed: ["2026-12-24"], dates: {"2026-12-24": ["08:00-12:00"]}}'
    )
    (found,) = mistakes(published(f"    hours: {hours}\n"))
    assert "2026-12-24 is closed, but it also has hours of its own" in found


def test_blocked_numbers_may_be_prefixes_and_nothing_else() -> None:
    of = published("", 'callers: {blocked: ["+15125550166", "1900", "+1900*"]}\n')
    assert mistakes(of) == [
        (
            "network.yaml:4:37: '1900' isn't a number or prefix that can be blocked; "
            'expected a number such as "+15550133", or a prefix such as "+1900*"'
        )
    ]


def test_a_strategy_that_does_not_exist_is_named() -> None:
    of = publish(
        {
            "network.yaml": HEAD.replace("[lonestar]", "[lonestar], strategy: cheapest")
            + 'buyers: {lonestar: {to: "+15550111", price: "1.00"}}\n',
            "main.yaml": FLOW,
        }
    )
    assert any("strategy" in mistake and "cheapest" in mistake for mistake in mistakes(of))


def test_a_market_tells_how_far_back_calls_are_counted() -> None:
    of = published("", "callers: {velocity: {calls: 3, within: 2h}}\n")
    assert of.revision is not None
    assert of.revision.market.velocity_ms == 7_200_000  # type: ignore[attr-defined]
    arrived = CallArrived(0, "c", "t", "c", "+15125550123", "+15550100", 10**12, 1)
    call = Call(of.revision, of.revision.flows["main"], arrived)
    assert of.revision.market.choose(call.moment, "main").candidates[0].clauses[0].values == {"calls": 1}


def test_a_circle_is_as_wide_as_the_crow_flies() -> None:
    austin, dallas = point_of("78701"), point_of("75201")
    assert austin is not None
    assert dallas is not None
    assert 175 < miles_between(austin, dallas) < 190
    near = zips_within(25, austin)
    assert {"78701", "78610", "78664"} <= near
    assert "78201" not in near
    assert zips_within(0, austin) >= {"78701"}
