"""Stories of what comes after the choice, on a network read from YAML: races, rollover, recovery."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.language.revisions import check_all
from engine.rehearsal.stories import StoryResult, run_story

ROOFING = Path(__file__).parents[2] / "examples/flows/roofing"
IN_TEXAS = "[{keys: '78701'}, {keys: '2'}, {keys: '1'}]"


def mistakes_of(folder: Path, *changes: tuple[str, str], stories: str = "") -> list[str]:
    """Check the roofing network with these changes in its flow."""
    for file in ROOFING.glob("*.yaml"):
        if ".stories." not in file.name:
            shutil.copy(file, folder / file.name)
    flow = (ROOFING / "roofing.yaml").read_text()
    for old, new in changes:
        assert old in flow
        flow = flow.replace(old, new)
    (folder / "roofing.yaml").write_text(flow)
    if stories:
        (folder / "roofing.stories.yaml").write_text(stories)
    return [str(mistake) for mistake in check_all(folder).mistakes]


def told(folder: Path, buyers: str, *changes: tuple[str, str]) -> StoryResult:
    story = (
        f"stories:\n  told:\n    caller: {IN_TEXAS}\n    buyers: {buyers}\n    expect: {{ended_by: flow}}\n"
    )
    assert mistakes_of(folder, *changes, stories=story) == []
    checked = check_all(folder)
    result = run_story(checked.stories[0], checked.published)
    assert result.differences == ()
    return result


RING = ("type: choose_buyer", "type: choose_buyer\n    ring: 2")
RECOVER = (
    "exits: {busy: find, noanswer: find, rejected: find, failed: find}",
    "recover: {at_most: 2}\n    exits: {busy: find, noanswer: find, rejected: find, failed: find, recovered: find}",
)


def test_of_two_that_ring_the_quicker_gets_the_call(tmp_path: Path) -> None:
    buyers = "{lonestar: {answers: {after: 19s, talks: 95s}}, redriver: {answers: {after: 2s, talks: 95s}}}"
    result = told(tmp_path, buyers, RING)
    assert result.tried == ("lonestar", "redriver")
    assert result.buyer == "redriver"
    assert [(verdict.buyer, verdict.reason) for verdict in result.verdicts] == [("redriver", "billable")]


def test_a_whisper_to_one_that_lost_is_judged_and_owes_nothing(tmp_path: Path) -> None:
    buyers = (
        "{lonestar: {answers: {after: 2s, accepts: false}}, redriver: {answers: {after: 3s, talks: 95s}}}"
    )
    result = told(tmp_path, buyers, RING)
    assert [(verdict.buyer, verdict.reason) for verdict in result.verdicts] == [
        ("lonestar", "lost_race"),
        ("redriver", "billable"),
    ]


def test_a_caller_that_the_buyer_hung_up_on_reaches_the_next(tmp_path: Path) -> None:
    buyers = "{lonestar: {answers: {after: 2s, talks: 80s}}, redriver: {answers: {after: 2s, talks: 95s}}}"
    result = told(tmp_path, buyers, RECOVER)
    assert [(verdict.buyer, verdict.reason) for verdict in result.verdicts] == [
        ("lonestar", "below_duration"),
        ("redriver", "billable"),
    ]
    assert result.path[-4:] == ("connect", "find", "connect", "bye")


def test_a_recovery_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    change = ("accept: {key", "recover: {}\n    accept: {key")
    (mistake,) = mistakes_of(tmp_path, change)
    assert "node 'connect': exit 'recovered' isn't connected; add 'recovered: …' under 'exits'" in mistake


def test_rollover_needs_its_limit(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, ("type: choose_buyer", "type: choose_buyer\n    rollover: {}"))
    assert "at_most" in mistake
