"""Stories whose flow looks things up, on YAML of their own: every exit, and what is refused at load."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.facts import Answer
from engine.language.revisions import check_all
from engine.rehearsal.stories import StoryResult, run_story

NETWORK = """
network: acme
numbers: {"+15550100": {campaign: homes}}
campaigns: {homes: {flow: homes, buyers: [lonestar]}}
buyers: {lonestar: {to: "+15550111", price: "45.00", accepts: owner}}
lookups: {hosts: [api.example.com]}
"""
FLOW = """
flow: homes
start: ask
answers:
  zip: {type: zip}
  ssn: {type: digits, length: 4, sensitive: true}
  owner: {type: yes_no}
nodes:
  ask: {type: collect, answer: zip, prompt: Your ZIP?, next: ask_ssn, exits: {noinput: bye, nomatch: bye}}
  ask_ssn: {type: collect, answer: ssn, prompt: Four digits?, next: home, exits: {noinput: bye, nomatch: bye}}
  home:
    type: lookup
    url: https://api.example.com/homes
    method: post
    sends: {zip: zip.code, ssn: ssn}
    reveal: [ssn]
    headers: {Authorization: "Bearer ${CRM}"}
    answers: {owner: home.owner}
    schema: {type: object, required: [home]}
    cache: 10m
    next: known
    exits: {failed: unknown, timeout: slow, notfound: none}
  known: {type: say, say: "Known: {{ owner }}.", next: bye}
  unknown: {type: say, say: Failed., next: bye}
  slow: {type: say, say: Slow., next: bye}
  none: {type: say, say: None., next: bye}
  bye: {type: hangup, say: Bye.}
"""


def mistakes(folder: Path, network: str = NETWORK, flow: str = FLOW, stories: str = "") -> list[str]:
    (folder / "network.yaml").write_text(network)
    (folder / "homes.yaml").write_text(flow)
    if stories:
        (folder / "homes.stories.yaml").write_text(stories)
    return [str(mistake) for mistake in check_all(folder).mistakes]


def told(folder: Path, lookups: str) -> StoryResult:
    story = (
        "stories:\n  told:\n    caller: [{keys: '78701'}, {keys: '4242'}]\n"
        f"    lookups: {lookups}\n    expect: {{ended_by: flow}}\n"
    )
    assert mistakes(folder, stories=story) == []
    checked = check_all(folder)
    result = run_story(checked.stories[0], checked.published)
    assert result.differences == ()
    return result


@pytest.mark.parametrize(
    ("lookups", "node"),
    [
        ("{home: {owner: true}}", "known"),
        ("{home: {owner: maybe}}", "unknown"),
        ("{home: failed}", "unknown"),
        ("{}", "unknown"),
        ("{home: timeout}", "slow"),
        ("{home: notfound}", "none"),
    ],
)
def test_each_outcome_has_its_exit(tmp_path: Path, lookups: str, node: str) -> None:
    assert told(tmp_path, lookups).path == ("ask", "ask_ssn", "home", node, "bye")


def test_an_answer_that_was_looked_up_says_where_it_is_from(tmp_path: Path) -> None:
    result = told(tmp_path, "{home: {owner: true}}")
    assert (result.answers["owner"], result.modes["owner"]) == (True, "lookup")
    facts = [
        command["fact"]
        for entry in result.journal
        for command in entry.commands
        if command["type"] == "Record"
    ]
    (owner,) = [fact for fact in facts if fact["type"] == Answer.__name__ and fact["name"] == "owner"]  # type: ignore[index,call-overload]
    assert owner["source"] == {"name": "https://api.example.com/homes", "detail": "HTTP 200", "sha256": ""}  # type: ignore[index,call-overload]


def test_what_was_told_is_masked_where_it_is_sensitive_and_the_secret_is_nowhere(tmp_path: Path) -> None:
    result = told(tmp_path, "{home: {owner: true}}")
    (asked,) = [c for entry in result.journal for c in entry.commands if c["type"] == "LookUp"]
    assert asked["told"] == [
        {"name": "zip", "value": "78701", "sensitive": False},
        {"name": "ssn", "value": "•••", "sensitive": True},
    ] or "4242" not in str(asked)
    assert asked["headers"] == {"Authorization": "Bearer ${CRM}"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "    reveal: [ssn]\n",
            "",
            "'ssn' reveals 'ssn', which is sensitive; remove it, or add 'reveal: [ssn]'",
        ),
        ("reveal: [ssn]", "reveal: [sn]", "'sn' isn't an answer of this flow"),
        (
            "api.example.com/homes",
            "apl.example.com/homes",
            "apl.example.com isn't one of the network's lookup hosts",
        ),
        ("https://api", "http://api", "expected an https:// URL"),
        ("{owner: home.owner}", "{ower: home.owner}", "'ower' isn't an answer of this flow"),
        ("{type: object, required", "{type: objekt, required", "not a valid JSON Schema at type"),
        ("required: [home]}", '$ref: "https://evil.example.com/"}', "outside references aren't fetched"),
        ("zip: zip.code", "zip: zipp.code", "zipp"),
    ],
)
def test_mistakes_of_lookups_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in FLOW
    found = mistakes(tmp_path, flow=FLOW.replace(old, new))
    assert any(said in mistake for mistake in found), found
