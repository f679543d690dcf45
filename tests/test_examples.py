"""Every example network: checked without a word, its stories pass and go through every node and exit."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language.revisions import check_all
from engine.rehearsal.coverage import coverage
from engine.rehearsal.spoken import RecogniserEar
from engine.rehearsal.stories import run_story

ROOT = Path(__file__).parents[1]
NETWORKS = sorted(file.parent for file in (ROOT / "examples" / "flows").glob("*/network.yaml"))
NAMES = [folder.name for folder in NETWORKS]

VERTICALS = {
    *("home_services", "roofing", "personal_injury", "medicare", "aca_health"),
    *("auto_insurance", "final_expense", "tax_relief", "rehab"),
}


def test_every_vertical_has_its_folder() -> None:
    assert set(NAMES) == VERTICALS


@pytest.mark.parametrize("folder", NETWORKS, ids=NAMES)
def test_an_example_checks_clean(folder: Path) -> None:
    assert [str(mistake) for mistake in check_all(folder).mistakes] == []


@pytest.mark.parametrize("folder", NETWORKS, ids=NAMES)
def test_an_examples_stories_pass_and_cover_every_node_and_exit(folder: Path) -> None:
    checked = check_all(folder)
    assert checked.published.revision is not None
    ear = RecogniserEar(folder)
    results = [run_story(story, checked.published, ear) for story in checked.stories]
    assert [line for result in results for line in result.differences] == []
    assert [line for flow in coverage(checked.published.revision, results) for line in flow.missing()] == []


@pytest.mark.parametrize("folder", NETWORKS, ids=NAMES)
def test_no_story_of_an_exit_can_be_deleted_unnoticed(folder: Path) -> None:
    """Without the stories that take an exit, of a subflow too, coverage names it."""
    checked = check_all(folder)
    assert checked.published.revision is not None
    ear = RecogniserEar(folder)
    results = [run_story(story, checked.published, ear) for story in checked.stories]
    for flow in checked.published.revision.flows.values():
        for node, placed in flow.nodes.items():
            for exit_ in placed.exits:
                left = [
                    result
                    for result in results
                    if result.flow != flow.name
                    or (node, exit_) not in {(step.node, step.exit) for step in result.steps}
                ]
                assert len(left) < len(results), f"no story leaves {node} by {exit_}"
                named = f"node '{node}'"
                missing = [
                    line for each in coverage(checked.published.revision, left) for line in each.missing()
                ]
                assert any(named in line for line in missing), f"{node} {exit_}"


def test_subflows_of_examples_are_covered_where_they_are_entered() -> None:
    checked = check_all(ROOT / "examples" / "flows" / "home_services")
    assert checked.published.revision is not None
    nodes = [node for flow in checked.published.revision.flows.values() for node in flow.nodes if "." in node]
    assert len(nodes) > 4


@pytest.mark.parametrize("folder", NETWORKS, ids=NAMES)
def test_an_example_says_what_it_is_and_how_to_run_it(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"cordboard test examples/flows/{folder.name}" in text
