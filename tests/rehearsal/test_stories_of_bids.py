"""Stories whose buyers bid, on a network read from YAML: who wins, who confirms, what is owed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.core.commands import Record
from engine.core.facts import Decision
from engine.core.journal import event_from_json, to_json
from engine.core.replay import replay
from engine.language.revisions import check_all
from engine.rehearsal.stories import StoryResult, run_story

ROOFING = Path(__file__).parents[2] / "examples/flows/roofing"
CHANGES = {
    '    price: "45.00"\n': """    bid:
      ping: {url: "https://bids.example.com/lonestar", timeout: 600ms}
      confirm: {url: "https://bids.example.com/lonestar/won"}
      release: {url: "https://bids.example.com/lonestar/released"}
      floor: "25.00"
      sends: [zip, need]
      secret: LONESTAR
""",
    '    price: "38.00"\n': '    bid: {ping: {url: "http://127.0.0.1:9/redriver"}, sends: [zip.state]}\n',
    "priority: 2 ": "priority: 1 ",
    "    flow: roofing   ": '    bidding: {deadline: 700ms, floor: "20.00"}\n    flow: roofing   ',
}


def folder_of(folder: Path, stories: str, changes: dict[str, str] = CHANGES) -> Path:
    network = (ROOFING / "network.yaml").read_text()
    for old, new in changes.items():
        assert old in network
        network = network.replace(old, new)
    (folder / "network.yaml").write_text(network)
    for flow in ROOFING.glob("roofing*.yaml"):
        if ".stories." not in flow.name:
            shutil.copy(flow, folder / flow.name)
    (folder / "roofing.stories.yaml").write_text(stories)
    return folder


def told(folder: Path, bids: str) -> tuple[StoryResult, Decision]:
    story = (
        "stories:\n  told:\n    caller: [{keys: '78701'}, {keys: '2'}, {keys: '1'}]\n"
        f"    buyers: {{lonestar: {{answers: {{talks: 95s}}}}, redriver: {{answers: {{talks: 95s}}}}}}\n"
        f"    bids: {bids}\n    expect: {{ended_by: flow}}\n"
    )
    checked = check_all(folder_of(folder, story))
    assert [str(one) for one in checked.mistakes if one.severity == "error"] == []
    result = run_story(checked.stories[0], checked.published)
    assert result.differences == ()
    revision = checked.published.revision
    assert revision is not None
    events = [event_from_json(to_json(entry.event)) for entry in result.journal]
    assert [entry.event for entry in result.journal] == events
    commands = [command for some in replay(result.journal, revision).commands for command in some]
    decisions = [c.fact for c in commands if isinstance(c, Record) and isinstance(c.fact, Decision)]
    return result, decisions[0]


def test_the_higher_bid_gets_the_call_and_is_what_is_owed(tmp_path: Path) -> None:
    result, decision = told(tmp_path, '{lonestar: "31.50", redriver: "33.25"}')
    assert result.tried == ("redriver",)
    assert result.revenue_micros == 33_250_000
    said = {candidate.buyer: candidate.bid for candidate in decision.candidates if candidate.bid}
    assert {(bid.buyer, bid.outcome, bid.amount_micros, bid.ms) for bid in said.values()} == {
        ("lonestar", "bid", 31_500_000, 150),
        ("redriver", "bid", 33_250_000, 150),
    }


@pytest.mark.parametrize(
    ("lonestar", "code"),
    [
        ("late", "bid_late"),
        ("malformed", "bid_malformed"),
        ("failed", "bid_failed"),
        ("no_bid", "no_bid"),
        ("breaker_open", "bid_breaker_open"),
        ('"24.99"', "bid_below_floor"),
        ('{amount: "50.00", after: 650ms}', "bid_late"),
        ('{amount: "50.00", confirms: false}', "bid_unconfirmed"),
    ],
)
def test_one_whose_bid_does_not_stand_is_passed_over_and_the_decision_says_why(
    tmp_path: Path, lonestar: str, code: str
) -> None:
    result, decision = told(tmp_path, f'{{lonestar: {lonestar}, redriver: "20.00"}}')
    assert result.tried == ("redriver",)
    assert result.revenue_micros == 20_000_000
    assert {candidate.buyer: candidate.code for candidate in decision.candidates}["lonestar"] == code


def test_a_bidder_may_name_the_number_that_it_wants_called(tmp_path: Path) -> None:
    result, _ = told(tmp_path, '{lonestar: {amount: "40.00", to: "+15550177"}}')
    dialled = [
        command["to"] for entry in result.journal for command in entry.commands if command["type"] == "Dial"
    ]
    assert dialled == ["+15550177"]


def released(folder: Path, more: str, acts: str = "") -> tuple[StoryResult, list[str]]:
    """A story of a call that lonestar, the best bidder, was promised; the differences that it found."""
    story = (
        f"stories:\n  told:\n    caller: [{{keys: '78701'}}, {{keys: '2'}}, {{keys: '1'}}{acts}]\n"
        '    bids: {lonestar: "40.00", redriver: "20.00"}\n'
        f"{more}"
    )
    checked = check_all(folder_of(folder, story))
    assert [str(one) for one in checked.mistakes if one.severity == "error"] == []
    result = run_story(checked.stories[0], checked.published)
    return result, list(result.differences)


@pytest.mark.parametrize(
    ("conduct", "reason"),
    [
        ("busy", "busy"),
        ("noanswer", "noanswer"),
        ("rejects", "rejected"),
        ("fails", "failed"),
        ("{answers: {accepts: false}}", "rejected"),
    ],
)
def test_a_bidder_whose_leg_fails_is_told_that_the_call_does_not_come(
    tmp_path: Path, conduct: str, reason: str
) -> None:
    result, differences = released(
        tmp_path,
        f"    buyers: {{lonestar: {conduct}}}\n"
        f"    expect: {{buyer: redriver, tried: [lonestar, redriver], released: {{lonestar: {reason}}}}}\n",
    )
    assert differences == []
    (told,) = [c for entry in result.journal for c in entry.commands if c["type"] == "ReleaseBid"]
    (won,) = [c for entry in result.journal for c in entry.commands if c["type"] == "Confirm"]
    assert (told["ping"], told["bid"]) == (won["ping"], won["bid"])
    assert told["bidder"]["answers"] == {}  # type: ignore[index,call-overload]


@pytest.mark.parametrize("during", ["find", "connect"])
def test_a_bidder_whose_caller_hangs_up_is_told(tmp_path: Path, during: str) -> None:
    """Also one that hangs up while the bidder is told that it gets the call: it may have taken it."""
    _, differences = released(
        tmp_path,
        "    expect: {buyer: null, ended_by: caller, released: {lonestar: caller_hung_up}}\n",
        acts=f", {{hangs_up: {{after: 200ms, during: {during}}}}}",
    )
    assert differences == []


def test_a_bidder_that_talked_to_the_caller_is_told_nothing(tmp_path: Path) -> None:
    _, differences = released(
        tmp_path,
        "    buyers: {lonestar: {answers: {talks: 95s}}}\n    expect: {buyer: lonestar, released: {}}\n",
    )
    assert differences == []


def test_a_release_that_a_story_does_not_expect_is_a_difference(tmp_path: Path) -> None:
    _, differences = released(tmp_path, "    buyers: {lonestar: busy}\n    expect: {released: {}}\n")
    assert [
        "bidder 'lonestar': expected to be released by nothing, got busy" in each for each in differences
    ] == [True]


def test_a_bidder_that_clearly_refused_is_not_released(tmp_path: Path) -> None:
    result, _ = told(tmp_path, '{lonestar: {amount: "50.00", confirms: false}, redriver: "20.00"}')
    assert result.released == {}


def test_the_callers_number_goes_to_nobody_who_only_bids(tmp_path: Path) -> None:
    result, _ = told(tmp_path, '{lonestar: "31.50", redriver: "33.25"}')
    (ping,) = [c for entry in result.journal for c in entry.commands if c["type"] == "Ping"]
    assert "5550123" not in str(ping)
    assert ping["area"] == "512"
    assert [(b["answers"], b["secret"]) for b in ping["bidders"]] == [  # type: ignore[union-attr,call-overload,index]
        ({"zip": "78701", "need": "replace"}, "LONESTAR"),
        ({"zip.state": "TX"}, ""),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({'    price: "45.00"\n': ""}, "buyer 'lonestar': 'price' is missing"),
        (
            {
                '    price: "45.00"\n': '    price: "45.00"\n    bid: {ping: {url: "https://b.example.com/"}}\n'
            },
            "it has both a price and a bid",
        ),
        (
            {'    price: "45.00"\n': '    bid: {ping: {url: "http://b.example.com/"}}\n'},
            "expected an https:// URL",
        ),
        (
            {'    price: "45.00"\n': '    bid: {ping: {url: "https://b.example.com/"}, sends: [zipp]}\n'},
            "'zipp' isn't an answer of flow 'roofing' or 'roofing_form'; did you mean 'zip'?",
        ),
    ],
)
def test_mistakes_of_bids_are_named(tmp_path: Path, change: dict[str, str], said: str) -> None:
    mistakes = [str(mistake) for mistake in check_all(folder_of(tmp_path, "", change)).mistakes]
    assert any(said in mistake for mistake in mistakes), mistakes
