"""Every example network: checked without a word, its stories pass and go through every node and exit."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language.revisions import check_all
from engine.rehearsal.coverage import coverage
from engine.rehearsal.spoken import DefaultEar
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
    ear = DefaultEar(folder)
    results = [run_story(story, checked.published, ear) for story in checked.stories]
    assert [line for result in results for line in result.differences] == []
    assert [line for flow in coverage(checked.published.revision, results) for line in flow.missing()] == []


@pytest.mark.parametrize("folder", NETWORKS, ids=NAMES)
def test_an_example_says_what_it_is_and_how_to_run_it(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"cordboard test examples/flows/{folder.name}" in text
