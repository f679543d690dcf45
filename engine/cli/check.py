"""cordboard check: every mistake in a network's YAML, in one pass."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.cli.options import folder_argument, json_option, network_folder, print_json
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
    errors = sum(mistake.severity == "error" for mistake in checked.mistakes)
    warnings = len(checked.mistakes) - errors
    if as_json:
        revision = checked.published.revision
        print_json(
            {
                "revision": revision.id if revision else None,
                "errors": errors,
                "warnings": warnings,
                "more": max(0, len(checked.mistakes) - MOST_SHOWN),
                "mistakes": [
                    {
                        "file": mistake.place.file,
                        "line": mistake.place.line,
                        "column": mistake.place.column,
                        "severity": mistake.severity,
                        "message": mistake.message,
                    }
                    for mistake in checked.mistakes[:MOST_SHOWN]
                ],
            }
        )
    else:
        print_mistakes(folder, checked.mistakes)
        click.echo(_summary(errors, warnings, len(checked.stories)), err=True)
    sys.exit(1 if errors else 0)


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
