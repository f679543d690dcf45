"""Every network that we ship: checked without a word, its stories pass; an example's go through every exit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine.language.revisions import Checked, check_all
from engine.rehearsal.coverage import coverage
from engine.rehearsal.spoken import RecogniserEar
from engine.rehearsal.stories import StoryResult, run_story

ROOT = Path(__file__).parents[1]
NETWORKS = sorted(file.parent for file in (ROOT / "examples" / "flows").glob("*/network.yaml"))
NAMES = [folder.name for folder in NETWORKS]

VERTICALS = {
    *("home_services", "roofing", "roofing_bilingual", "personal_injury", "medicare", "aca_health"),
    *("auto_insurance", "final_expense", "tax_relief", "rehab"),
}


@cache
def checked(folder: Path) -> Checked:
    return check_all(folder)


@cache
def results(folder: Path) -> tuple[StoryResult, ...]:
    """Of each of its stories."""
    network, ear = checked(folder), RecogniserEar(folder)
    return tuple(run_story(story, network.published, ear) for story in network.stories)


def test_every_vertical_has_its_folder() -> None:
    assert set(NAMES) == VERTICALS


@pytest.mark.parametrize("folder", [ROOT / "flows", *NETWORKS], ids=["flows", *NAMES])
def test_a_network_checks_clean_and_its_stories_pass(folder: Path) -> None:
    assert [str(mistake) for mistake in checked(folder).mistakes] == []
    assert results(folder)
    assert [line for result in results(folder) for line in result.differences] == []
    assert [result.story.name for result in results(folder) if not result.passed] == []


@pytest.mark.parametrize("folder", NETWORKS, ids=NAMES)
def test_an_examples_stories_cover_every_node_and_exit(folder: Path) -> None:
    revision = checked(folder).published.revision
    assert revision is not None
    assert [line for flow in coverage(revision, results(folder)) for line in flow.missing()] == []


@pytest.mark.parametrize("folder", NETWORKS, ids=NAMES)
def test_no_story_of_an_exit_can_be_deleted_unnoticed(folder: Path) -> None:
    """Without the stories that take an exit, of a subflow too, coverage names it."""
    revision = checked(folder).published.revision
    assert revision is not None
    for flow in revision.flows.values():
        for node, placed in flow.nodes.items():
            for exit_ in placed.exits:
                left = [
                    result
                    for result in results(folder)
                    if result.flow != flow.name
                    or (node, exit_) not in {(step.node, step.exit) for step in result.steps}
                ]
                assert len(left) < len(results(folder)), f"no story leaves {node} by {exit_}"
                named = f"node '{node}'"
                missing = [line for each in coverage(revision, left) for line in each.missing()]
                assert any(named in line for line in missing), f"{node} {exit_}"


def test_subflows_of_examples_are_covered_where_they_are_entered() -> None:
    revision = checked(ROOT / "examples" / "flows" / "home_services").published.revision
    assert revision is not None
    nodes = [node for flow in revision.flows.values() for node in flow.nodes if "." in node]
    assert len(nodes) > 4


@pytest.mark.parametrize("folder", NETWORKS, ids=NAMES)
def test_an_example_says_what_it_is_and_how_to_run_it(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"cordboard test examples/flows/{folder.name}" in text
