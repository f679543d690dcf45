"""Stories whose buyers are told as they are called: what, when, and what is never told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.language.revisions import check_all
from engine.rehearsal.stories import run_story

NETWORK = """
network: acme
numbers: {"+15550100": {campaign: homes}}
campaigns: {homes: {flow: homes, buyers: [lonestar]}}
buyers:
  lonestar:
    to: "sip:calls@pbx.example.com"
    price: "45.00"
    tell:
      sends: [zip.state, ssn]
      webhook: {url: "https://crm.example.com/calls", timeout: 3s}
      headers: true
      reveal: [ssn]
      secret: LONESTAR
"""
FLOW = """
flow: homes
start: ask
answers:
  zip: {type: zip}
  ssn: {type: digits, length: 4, sensitive: true}
nodes:
  ask: {type: collect, answer: zip, prompt: Your ZIP?, next: ask_ssn, exits: {noinput: bye, nomatch: bye}}
  ask_ssn: {type: collect, answer: ssn, prompt: Four digits?, next: find, exits: {noinput: bye, nomatch: bye}}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup, say: Bye.}
"""
STORIES = """
stories:
  told:
    caller: [{keys: "78701"}, {keys: "4242"}]
    expect: {buyer: lonestar}
"""


def mistakes(folder: Path, network: str = NETWORK) -> list[str]:
    (folder / "network.yaml").write_text(network)
    (folder / "homes.yaml").write_text(FLOW)
    (folder / "homes.stories.yaml").write_text(STORIES)
    return [str(mistake) for mistake in check_all(folder).mistakes]


def commands(folder: Path, network: str = NETWORK) -> list[Any]:
    assert mistakes(folder, network) == []
    checked = check_all(folder)
    result = run_story(checked.stories[0], checked.published)
    assert result.differences == ()
    return [command for entry in result.journal for command in entry.commands]


def test_the_buyer_is_told_just_before_it_is_dialled_and_the_result_is_kept(tmp_path: Path) -> None:
    all_ = commands(tmp_path)
    kinds = [command["type"] for command in all_]
    assert kinds.index("Dial") == kinds.index("TellBuyer") + 1
    legs = [c["fact"] for c in all_ if c["type"] == "Record" and c["fact"]["type"] == "Leg"]
    assert legs[-1]["told"] == {"outcome": "delivered", "ms": 150, "said": "HTTP 200"}


def test_what_is_sensitive_is_told_and_written_nowhere(tmp_path: Path) -> None:
    all_ = commands(tmp_path)
    assert "4242" not in str(all_)
    (dial,) = [command for command in all_ if command["type"] == "Dial"]
    assert [told["name"] for told in dial["headers"]] == ["zip.state", "ssn"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      reveal: [ssn]\n", "", "'ssn' is sensitive; remove it, or add 'reveal: [ssn]'"),
        ("zip.state, ssn", "zip.stat, ssn", "'zip.stat' isn't an answer of flow 'homes'"),
        (
            'to: "sip:calls@pbx.example.com"',
            'to: "+15550111"',
            "it asks for headers, but phone calls can't carry them",
        ),
        (
            '      webhook: {url: "https://crm.example.com/calls", timeout: 3s}\n      headers: true\n',
            "",
            "'tell' says what to send, but not how",
        ),
        ("https://crm", "http://crm", "expected an https:// URL"),
        ("sip:calls@pbx.example.com", "sip:calls", "expected a phone number"),
    ],
)
def test_mistakes_of_telling_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in NETWORK
    found = mistakes(tmp_path, NETWORK.replace(old, new))
    assert any(said in mistake for mistake in found), found
