"""Stories run on the real machine: what people do, what is compared, and that a run repeats exactly."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.events import LegEnded, PromptCleared
from engine.core.replay import replay
from engine.language.revisions import Checked, Published, check_all
from engine.rehearsal.coverage import coverage
from engine.rehearsal.stories import StoryResult, run_story

ROOT = Path(__file__).parents[2]
NETWORK = ROOT / "examples/flows/roofing"
STORIES = Path(__file__).parent / "roofing.stories.yaml"
SHIPPED = [NETWORK, ROOT / "flows"]


def network_with(folder: Path, stories: str) -> Checked:
    for name in ("network.yaml", "roofing.yaml", "roofing_form.yaml"):
        shutil.copy(NETWORK / name, folder / name)
    (folder / "roofing.stories.yaml").write_text(stories)
    checked = check_all(folder)
    assert [str(mistake) for mistake in checked.mistakes] == []
    return checked


def results_of(folder: Path, stories: str) -> list[StoryResult]:
    checked = network_with(folder, stories)
    return [run_story(story, checked.published) for story in checked.stories]


def result_of(folder: Path, story: str) -> StoryResult:
    indented = "".join(f"    {line.strip()}\n" for line in story.strip().splitlines())
    return results_of(folder, f"stories:\n  told:\n{indented}")[0]


def test_a_file_of_stories_holds(tmp_path: Path) -> None:
    results = results_of(tmp_path, STORIES.read_text())
    assert {result.story.name: result.differences for result in results if not result.passed} == {}
    assert len(results) > 10


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_the_stories_we_ship_hold(folder: Path) -> None:
    checked = check_all(folder)
    results = [run_story(story, checked.published) for story in checked.stories]
    assert [line for result in results for line in result.differences] == []
    assert results


def test_the_same_story_gives_the_same_journal_and_its_replay_the_same_commands(tmp_path: Path) -> None:
    checked = network_with(tmp_path, STORIES.read_text())
    assert checked.published.revision is not None
    for story in checked.stories:
        first, second = (run_story(story, checked.published) for _ in range(2))
        assert first == second
        assert replay(first.journal, checked.published.revision).difference is None


def test_what_differs_is_said_with_its_place(tmp_path: Path) -> None:
    result = result_of(
        tmp_path,
        """
        caller: [{keys: "78701"}, {keys: "2"}, {keys: "1"}]
        expect: {path: [welcome, desk], answers: {zip: "73301"}, buyer: redriver, revenue: "38.00", billable: false}
        """,
    )
    assert not result.passed
    assert [line.split(": ", 1)[1] for line in result.differences] == [
        "path: expected welcome → desk, got welcome → ask_zip → ask_need → ask_insurance → find → connect → bye",
        "answer 'zip': expected '73301', got '78701'",
        "buyer: expected redriver, got lonestar",
        "revenue: expected 38.00, got 45.00",
        "billable: expected false, got true",
    ]
    assert all(line.startswith("roofing.stories.yaml:4:") for line in result.differences)


def test_a_caller_with_nothing_left_to_do_is_silent_and_the_result_says_so(tmp_path: Path) -> None:
    result = result_of(
        tmp_path,
        """
        caller: [{keys: "78701"}]
        expect: {path: [welcome, ask_zip, ask_need, desk, bye]}
        """,
    )
    assert result.passed
    assert result.notes == ("the caller is silent from 'ask_need' on: the story has no acts left",)


def test_acts_that_the_call_never_came_to_are_told(tmp_path: Path) -> None:
    result = result_of(
        tmp_path,
        """
        caller: [{hangs_up: {after: 1s}}, {keys: "78701"}, silence]
        expect: {ended_by: caller}
        """,
    )
    assert result.passed
    assert result.notes == ("the call ended before the caller's remaining acts: keys 78701, silence",)


def test_what_was_not_understood_is_noted_with_its_question(tmp_path: Path) -> None:
    result = result_of(
        tmp_path,
        """
        caller: [{keys: "120#"}, {says: what was that}, {says: {text: "78701", confidence: 0.5}}, {says: that's right}, {keys: "2"}, {keys: "1"}]
        expect: {buyer: lonestar}
        """,
    )
    assert result.passed
    assert result.notes == (
        "“120” was not understood at 'ask_zip'",
        "“what was that” was not understood at 'ask_zip'",
    )


def test_keys_pressed_during_a_prompt_cut_it(tmp_path: Path) -> None:
    result = result_of(
        tmp_path,
        """
        caller: [{keys: "7", during_prompt: true, after: 120ms}, {keys: "78701"}, hangs_up]
        expect: {answers: {zip: "78701"}}
        """,
    )
    assert result.passed
    cut = [entry.event for entry in result.journal if isinstance(entry.event, PromptCleared)]
    assert cut[0].heard_ms == 120


def test_a_buyer_who_refuses_hangs_up_in_the_whisper(tmp_path: Path) -> None:
    result = result_of(
        tmp_path,
        """
        caller: [{keys: "78701"}, {keys: "2"}, {keys: "1"}]
        buyers: {lonestar: rejects}
        expect: {tried: [lonestar, redriver], buyer: redriver}
        """,
    )
    assert result.passed, result.differences
    over = [entry.event for entry in result.journal if isinstance(entry.event, LegEnded)]
    assert (over[0].outcome, over[0].ended_by) == ("completed", "buyer")
    assert [verdict.reason for verdict in result.verdicts] == ["not_accepted", "billable"]
    assert result.reason == "billable"


def test_a_spend_cap_below_the_price_is_full_from_the_start(tmp_path: Path) -> None:
    told = 'stories:\n  t: {caller: [{keys: "78701"}, {keys: "2"}, {keys: "1"}], expect: {buyer: redriver}}\n'
    network_with(tmp_path, told)
    network = (tmp_path / "network.yaml").read_text()
    (tmp_path / "network.yaml").write_text(network.replace('day_spend: "2000.00"', 'day_spend: "44.99"'))
    checked = check_all(tmp_path)
    result = run_story(checked.stories[0], checked.published)
    assert result.passed, result.differences
    assert result.tried == ("redriver",)


def test_a_talk_longer_than_a_day_is_a_call_that_never_ends(tmp_path: Path) -> None:
    stories = """
stories:
  told:
    caller: [{keys: "78701"}, {keys: "2"}, {keys: "1"}]
    buyers: {lonestar: {answers: {talks: 30h}}}
    expect: {buyer: lonestar}
"""
    network_with(tmp_path, stories)
    flow = (tmp_path / "roofing.yaml").read_text()
    limit = 'max_duration: 48h\n    accept: {key: "1"'
    (tmp_path / "roofing.yaml").write_text(flow.replace('accept: {key: "1"', limit))
    checked = check_all(tmp_path)
    assert not checked.has_errors, checked.mistakes
    result = run_story(checked.stories[0], checked.published)
    assert not result.passed
    assert result.ended_by is None
    assert result.differences == (
        "roofing.stories.yaml:3:3: expected the call to end, but it had not ended after 24 hours",
    )


def test_a_network_with_mistakes_runs_no_story(tmp_path: Path) -> None:
    checked = network_with(tmp_path, STORIES.read_text())
    with pytest.raises(ValueError, match="the network has errors"):
        run_story(checked.stories[0], Published(None, None, []))


def test_coverage_counts_wired_exits_and_names_what_no_story_went_through(tmp_path: Path) -> None:
    checked = network_with(tmp_path, STORIES.read_text())
    assert checked.published.revision is not None
    results = [run_story(story, checked.published) for story in checked.stories]
    flow, _ = coverage(checked.published.revision, results)
    nodes = checked.published.revision.flows["roofing"].nodes
    assert (flow.flow, flow.covered_node_count, flow.node_count) == ("roofing", len(nodes), len(nodes))
    assert flow.exit_count == sum(len(placed.exits) for placed in nodes.values())
    left = {
        (step.node, step.exit)
        for result in results
        for step in result.steps
        if step.exit in nodes[step.node].exits
    }
    assert flow.covered_exit_count == len(left)
    assert len(flow.missing()) == flow.exit_count - flow.covered_exit_count
    (ask_need,) = [node for node in flow.nodes if node.node == "ask_need"]
    assert f"{ask_need.place}: no story leaves node 'ask_need' by 'nomatch'" in flow.missing()
    unseen, _ = coverage(checked.published.revision, [])
    assert unseen.covered_node_count == unseen.covered_exit_count == 0
    assert len(unseen.missing()) == unseen.node_count
    partly, _ = coverage(checked.published.revision, [replace(results[0], steps=())])
    assert partly.covered_node_count > 0
