"""cordboard test: run a network's stories, show what differed and what they cover."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from engine.cli.check import print_mistakes
from engine.cli.options import folder_argument, json_option, network_folder, print_json, stop
from engine.core.json_values import Json, JsonObject
from engine.core.money import format_money
from engine.language.revisions import check_all
from engine.rehearsal.coverage import FlowCoverage, coverage
from engine.rehearsal.spoken import RecogniserEar
from engine.rehearsal.stories import StoryResult, run_story


@click.command()
@folder_argument
@json_option
@click.option("--story", metavar="WORD", help="Run only stories whose name contains WORD.")
def test(folder: Path, as_json: bool, story: str | None) -> None:
    """Run the stories of the network in DIR and show results, billing and coverage.

    Exits with 1 if a story fails or the network has errors.
    """
    checked = check_all(network_folder(folder))
    if checked.has_errors or checked.published.revision is None:
        print_mistakes(folder, checked.mistakes, err=True)
        stop("no stories were run: the network has errors", 1)
    chosen = [item for item in checked.stories if story is None or story in item.name]
    ear = RecogniserEar(folder)
    results = [run_story(item, checked.published, ear) for item in chosen]
    covered = coverage(checked.published.revision, results)
    failed = sum(not result.passed for result in results)
    if as_json:
        print_json(_document(results, covered))
    else:
        _tell(folder, results, covered)
    if not results:
        click.echo(f"{folder} has no stories; write one in a *.stories.yaml file", err=True)
    sys.exit(1 if failed else 0)


def _tell(folder: Path, results: Sequence[StoryResult], covered: Sequence[FlowCoverage]) -> None:
    for result in results:
        mark = click.style("✓", fg="green") if result.passed else click.style("✗", fg="red")
        owed = f"  {format_money(result.revenue_micros)}" if result.revenue_micros else ""
        click.echo(f"{mark} {result.story.name}{click.style(owed, dim=True)}")
        click.echo(click.style(f"    {' → '.join(result.path)}", dim=True))
        for difference in result.differences:
            click.echo(click.style(f"    {folder}/{difference}", fg="red"))
        for note in result.notes if not result.passed else ():
            click.echo(f"    note: {note}")
    for flow in covered:
        click.echo(
            f"flow {flow.flow}: {flow.covered_node_count} of {flow.node_count} nodes, "
            f"{flow.covered_exit_count} of {flow.exit_count} exits covered"
        )
        for line in flow.missing():
            click.echo(f"    {folder}/{line}")
    passed = sum(result.passed for result in results)
    click.echo(f"{passed} passed, {len(results) - passed} failed")


def _document(results: Sequence[StoryResult], covered: Sequence[FlowCoverage]) -> JsonObject:
    stories: list[Json] = [
        {
            "story": result.story.name,
            "at": result.story.place.at,
            "passed": result.passed,
            "differences": list(result.differences),
            "notes": list(result.notes),
            "path": list(result.path),
            "answers": dict(result.answers),
            "modes": dict(result.modes),
            "buyer": result.buyer,
            "tried": list(result.tried),
            "ended_by": result.ended_by,
            "billable": result.billable,
            "reason": result.reason,
            "revenue": format_money(result.revenue_micros),
            "payout": format_money(result.payout_micros),
        }
        for result in results
    ]
    flows: list[Json] = [
        {
            "flow": flow.flow,
            "nodes": {"covered": flow.covered_node_count, "all": flow.node_count},
            "exits": {"covered": flow.covered_exit_count, "all": flow.exit_count},
            "missing": list(flow.missing()),
        }
        for flow in covered
    ]
    passed = sum(result.passed for result in results)
    return {"passed": passed, "failed": len(results) - passed, "stories": stories, "coverage": flows}
