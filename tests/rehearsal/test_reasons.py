"""Every code of a decision and every reason of a verdict is produced by a story."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from engine.core.json_values import JsonObject
from engine.exchange.codes import CANDIDATE_CODES, VERDICT_REASONS
from engine.language.revisions import check_all
from engine.rehearsal.stories import StoryResult, run_story

ROOT = Path(__file__).parents[2]
REASONS = Path(__file__).parent / "reasons"
CALLEES = Path(__file__).parent / "callees"
NETWORKS = [
    CALLEES,
    *sorted(
        file.parent
        for folder in (ROOT / "examples" / "flows", REASONS)
        for file in folder.glob("*/network.yaml")
    ),
]


def results_of(folder: Path) -> list[StoryResult]:
    checked = check_all(folder)
    assert [str(mistake) for mistake in checked.mistakes if mistake.severity == "error"] == []
    return [run_story(story, checked.published) for story in checked.stories]


def facts_of(results: list[StoryResult]) -> Iterator[JsonObject]:
    for result in results:
        for entry in result.journal:
            for command in entry.commands:
                if command["type"] == "Record":
                    yield cast("JsonObject", command["fact"])


def codes_of(results: list[StoryResult]) -> set[str]:
    """The codes of all candidates, written out or counted, and the reasons of all verdicts."""
    codes: set[str] = set()
    for fact in facts_of(results):
        if fact["type"] == "Decision":
            codes |= {str(each["code"]) for each in cast("list[JsonObject]", fact["candidates"])}
            codes |= set(cast("JsonObject", fact["others"]))
        elif fact["type"] == "Verdict":
            codes |= {str(fact["reason"]), str(fact["payout_reason"])}
    return codes


def is_of_a_cap(code: str) -> bool:
    return code.removeprefix("campaign_").removeprefix("publisher_").startswith("cap_")


def test_every_code_and_reason_but_those_of_caps_is_produced_by_a_written_story() -> None:
    produced = {code for folder in NETWORKS for code in codes_of(results_of(folder))}
    known = {code for code in CANDIDATE_CODES if not is_of_a_cap(code)} | set(VERDICT_REASONS)
    assert known - produced == set()
    assert produced - known - set(CANDIDATE_CODES) == set()  # nothing is said that is not documented


@pytest.mark.parametrize("folder", sorted(REASONS.iterdir()), ids=lambda folder: folder.name)
def test_the_stories_of_reasons_pass(folder: Path) -> None:
    assert [line for result in results_of(folder) for line in result.differences] == []


NETWORK = """
network: full
numbers: {{"+15550100": {{campaign: one, publisher: radio}}}}
publishers: {{radio: {{name: Radio{publisher}}}}}
campaigns: {{one: {{flow: quick, buyers: [bought], payout: {{amount: "5.00"}}{campaign}}}}}
buyers: {{bought: {{to: "+15550111", price: "10.00"{buyer}}}}}
"""

STORY = """
stories:
  the_cap_is_full:
    given: {{{given}: {used}}}
    expect: {{buyer: null, tried: []}}
"""


@pytest.mark.parametrize("code", [code for code in CANDIDATE_CODES if is_of_a_cap(code)])
def test_every_cap_that_is_full_refuses_by_its_own_code(code: str, tmp_path: Path) -> None:
    scope, _, cap = code.rpartition("cap_")
    scope = scope.removesuffix("_") or "buyer"
    what, _, window = cap.partition("_")
    amount = '"6.00"' if "spend" in cap else "1"
    limit = f"{cap}: {amount}" if window in ("", "spend") else f"{what}: {{{window}: {amount}}}"
    parts = dict.fromkeys(("buyer", "campaign", "publisher"), "") | {scope: f", caps: {{{limit}}}"}
    used = '{calls: 1, concurrent: 1, spend: "5.00"}'
    given, used = ("used", f"{{bought: {used}}}") if scope == "buyer" else (f"{scope}_used", used)
    (tmp_path / "network.yaml").write_text(NETWORK.format(**parts), encoding="utf-8")
    (tmp_path / "quick.yaml").write_text((REASONS / "callers" / "quick.yaml").read_text(), encoding="utf-8")
    (tmp_path / "full.stories.yaml").write_text(STORY.format(given=given, used=used), encoding="utf-8")
    results = results_of(tmp_path)
    assert [line for result in results for line in result.differences] == []
    assert codes_of(results) == {code}
