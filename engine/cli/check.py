"""cordboard check: every mistake in a network's YAML, in one pass."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.cli.options import folder_argument, json_option, network_folder, print_json
from engine.core.flow import Revision
from engine.core.sayers import tongue_of
from engine.language.mistakes import Mistake
from engine.language.revisions import check_all

MOST_SHOWN = 100  # the rest is counted


@click.command()
@folder_argument
@json_option
def check(folder: Path, as_json: bool) -> None:
    """Check the network in DIR. Each mistake has its file:line:column, what's wrong, and how to fix it.

    Exits with 1 if there are errors, with 0 if there are only warnings.
    """
    checked = check_all(network_folder(folder))
    revision = checked.published.revision
    mistakes = sorted([*checked.mistakes, *(_lacking_here(revision) if revision else ())])
    errors = sum(mistake.severity == "error" for mistake in mistakes)
    warnings = len(mistakes) - errors
    if as_json:
        print_json(
            {
                "revision": revision.id if revision else None,
                "errors": errors,
                "warnings": warnings,
                "more": max(0, len(mistakes) - MOST_SHOWN),
                "mistakes": [
                    {
                        "file": mistake.place.file,
                        "line": mistake.place.line,
                        "column": mistake.place.column,
                        "severity": mistake.severity,
                        "message": mistake.message,
                    }
                    for mistake in mistakes[:MOST_SHOWN]
                ],
            }
        )
    else:
        print_mistakes(folder, mistakes)
        click.echo(_summary(errors, warnings, len(checked.stories)), err=True)
    sys.exit(1 if errors else 0)


def _lacking_here(revision: Revision) -> list[Mistake]:
    """What this machine lacks to speak and hear other languages than English."""
    flows = [each for flow in revision.flows.values() for each in flow.in_all]
    if all(tongue_of(flow.language) == "en" for flow in flows):
        return []
    # Only now: most networks are in English, and these take a second to import.
    from engine.cli.stated import settings_from
    from engine.runtime.languages_served import lacking

    return lacking(flows, settings_from({}))


def print_mistakes(folder: Path, mistakes: list[Mistake], *, err: bool = False) -> None:
    """One a line, with paths that an editor can open from here."""
    for mistake in mistakes[:MOST_SHOWN]:
        click.echo(f"{folder}/{mistake}" if str(folder) != "." else str(mistake), err=err)
    if len(mistakes) > MOST_SHOWN:
        click.echo(f"and {len(mistakes) - MOST_SHOWN} more", err=err)


def _summary(errors: int, warnings: int, stories: int) -> str:
    if not errors and not warnings:
        return f"no mistakes; {stories} stories"
    return f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
