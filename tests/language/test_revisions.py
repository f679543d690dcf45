"""Publishing: what a revision is made of, what it is called, and that no file can break it."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.conditions import All, Evaluator, judge
from engine.core.flow import Revision
from engine.exchange.terms import Caps, Duplicates, Network
from engine.language.revisions import check, load, publish, read_network_dir
from engine.nodes.bridge import Accept, BridgeNode
from engine.nodes.collect import Collect

ROOT = Path(__file__).parents[2]
ROOFING = ROOT / "examples/flows/roofing"
NETWORKS = [ROOFING, ROOT / "flows"]

FILES = read_network_dir(ROOFING)


def roofing() -> tuple[Revision, Network]:
    published = load(ROOFING)
    assert published.revision is not None
    assert published.network is not None
    return published.revision, published.network


@pytest.mark.parametrize("folder", NETWORKS, ids=lambda folder: folder.name)
def test_the_networks_we_ship_have_no_mistake(folder: Path) -> None:
    assert [str(mistake) for mistake in check(folder)] == []


def test_settings_become_the_fields_of_nodes() -> None:
    flow = roofing()[0].flows["roofing"]
    ask_zip = flow.nodes["ask_zip"].node
    assert isinstance(ask_zip, Collect)
    assert ask_zip.prompt.text == "Please say or enter your five digit ZIP code."
    assert [prompt.text for prompt in ask_zip.nomatch] == [
        "That is not a ZIP code. Please enter five digits."
    ]
    connect = flow.nodes["connect"].node
    assert isinstance(connect, BridgeNode)
    assert connect.ring_timeout_ms == 20_000
    assert connect.accept == Accept("1", None, 6_000)
    assert str(flow.nodes["connect"].place).startswith("roofing.yaml:")


def test_next_is_the_completed_exit_of_a_bridge() -> None:
    exits = roofing()[0].flows["roofing"].nodes["desk"].exits
    assert exits["completed"] == "bye"
    assert "next" not in exits


def test_the_flows_exits_are_taken_where_a_node_wires_none() -> None:
    exits = roofing()[0].flows["roofing"].nodes["ask_need"].exits
    assert (exits["noinput"], exits["nomatch"]) == ("desk", "desk")


def test_commands_are_kept_by_their_key() -> None:
    commands = roofing()[0].flows["roofing"].commands
    assert commands["0"].goto == "desk"
    assert commands["*"].goto is None


def test_terms_become_the_fields_of_buyers() -> None:
    network = roofing()[1]
    lonestar = network.buyers["lonestar"]
    assert lonestar.caps == Caps(concurrent=2, day=40, month=600, day_spend_micros=2_000_000_000)
    assert (lonestar.price_micros, lonestar.billable.after_ms) == (45_000_000, 90_000)
    assert lonestar.billable.requires == ("zip", "need", "insurance")
    assert lonestar.hours is None
    duplicates = network.buyers["sunstate"].duplicates
    assert isinstance(duplicates, Duplicates)
    assert duplicates.within_ms == 30 * 86_400_000
    payout = network.campaigns["roofing"].payout
    assert payout is not None
    assert payout.amount_micros == 30_000_000


def test_a_term_knows_its_line() -> None:
    places = roofing()[1].buyers["lonestar"].billable.places
    lines = FILES["network.yaml"].splitlines()
    assert set(places) == {"after", "requires"}
    assert "billable: {after: 90s" in lines[places["after"].line - 1]


def test_a_buyers_clauses_judge_a_calls_answers() -> None:
    accepts = roofing()[1].buyers["lonestar"].accepts
    assert isinstance(accepts, All)
    known = {"zip": "78701", "zip.state": "TX", "need": "replace"}
    assert judge(accepts, Evaluator(known)) is True
    assert judge(accepts, Evaluator({"zip.state": "OK"})) is False
    assert judge(accepts, Evaluator({"zip.state": "TX"})) is None


def test_the_same_content_has_the_same_id_whatever_its_order() -> None:
    backwards = dict(reversed(FILES.items()))
    first, second = publish(FILES).revision, publish(backwards).revision
    assert first is not None
    assert second is not None
    assert first.id == second.id
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", first.id)


def test_one_changed_letter_makes_another_revision() -> None:
    changed = FILES | {"roofing.yaml": FILES["roofing.yaml"].replace("Goodbye.", "Good bye.")}
    first, second = publish(FILES).revision, publish(changed).revision
    assert first is not None
    assert second is not None
    assert first.id != second.id


def test_a_folder_without_a_network_is_told_what_is_missing(tmp_path: Path) -> None:
    assert [str(mistake).split(";")[0] for mistake in check(tmp_path)] == [
        "network.yaml:1:1: network.yaml is missing"
    ]


def test_a_folder_that_is_not_there_is_a_mistake_and_no_crash(tmp_path: Path) -> None:
    assert "doesn't exist" in str(check(tmp_path / "nowhere")[0])


def test_a_file_in_another_encoding_is_a_mistake_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "network.yaml").write_bytes(b"network: caf\xe9\n")
    assert any("UTF-8" in str(mistake) for mistake in check(tmp_path))


def test_a_file_that_yaml_readers_would_expect_elsewhere_is_noticed(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "extra.yml").write_text("flow: extra\n", "utf-8")
    assert [str(mistake) for mistake in check(tmp_path)] == [
        "extra.yml:1:1: warning: this file is ignored; rename it to extra.yaml"
    ]


def test_a_sensitive_code_is_declared_in_one_line() -> None:
    flow = """
flow: code
start: ask
answers: {ssn_last4: {type: digits, length: 4, sensitive: true}}
nodes:
  ask: {type: collect, answer: ssn_last4, prompt: Four digits please., next: bye, exits: {noinput: bye, nomatch: bye}}
  bye: {type: hangup}
"""
    network = """
network: small
numbers: {"+15550100": {campaign: codes}}
campaigns: {codes: {flow: code, buyers: [one]}}
buyers: {one: {to: "+15550111", price: "1"}}
"""
    published = publish({"network.yaml": network, "code.yaml": flow})
    assert published.mistakes == []
    assert published.revision is not None
    assert published.revision.flows["code"].answers["ssn_last4"].sensitive


def mutated(text: str, seed: int) -> str:
    """A text as a tired hand leaves it: words swapped, lines lost or doubled, letters struck."""
    draw = random.Random(seed)
    lines = text.splitlines(keepends=True)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(lines))
        line = lines[at]
        kind = draw.randrange(7)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, line)
        elif kind == 2:
            lines[at] = draw.choice(["  ", " ", "\t", "    "]) + line
        elif kind == 3 and line.strip():
            cut = draw.randrange(len(line))
            lines[at] = line[:cut] + draw.choice(list("{}[]:\"',#&*!|>%@`-~0é\x00")) + line[cut:]
        elif kind == 4:
            lines[at] = re.sub(r": .*", f": {draw.choice(VALUES)}", line)
        elif kind == 5 and line.strip():
            cut = draw.randrange(len(line))
            lines[at] = line[:cut] + line[cut + 1 :]
        else:
            other = draw.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        lines = lines or [""]
    return "".join(lines)


VALUES = [
    *(
        "null",
        "true",
        "12",
        "-1",
        "1.5",
        "[]",
        "{}",
        "[1, 2]",
        "{a: b}",
        '""',
        "'x'",
        "{all: []}",
        "{not: {}}",
    ),
    *(
        "{type: say}",
        "[[[]]]",
        "99999999999999999999",
        "{next: next}",
        "1 +",
        "zip ==",
        '"{{"',
        '"{{ zip | x }}"',
    ),
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), name=st.sampled_from(sorted(FILES)))
def test_no_content_of_a_file_raises(seed: int, name: str) -> None:
    published = publish(FILES | {name: mutated(FILES[name], seed)})
    has_error = any(mistake.severity == "error" for mistake in published.mistakes)
    assert (published.revision is None) == has_error
